"""JSON that is meant to do harm, drawn by hypothesis as text.

It is text and not objects, since ``NaN``, a name that repeats or brackets that never close are only there in
text.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.fuzz.weighted import weighted

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEPTHS = (2, 100, 480, 980, 1_200, 5_000)

_NUMBERS = [
    "0", "-0", "-1", "1", "0.5", "1e-400", "1e308", "1e400", "-1e400", "1E+17", "1" + "0" * 17, "2147483648",
    "9007199254740993", "-9223372036854775809", "9" * 400, "9" * 4_300, "9" * 4_301, "-" + "9" * 9_000,
    "253402300800", "-62135596801",
]  # fmt: skip
_STRINGS = [
    r'""', r'"x"', r'"AC123"', r'"WK789"', r'"\ud800"', r'"x\udfff"', r'"\udc00\ud83d"', r'"\ud83d\ude00"',
    r'"\u0000"', r'"\n"', r'"WK789\n"', r'" "', r'"\u202e"', r'"\u001b[31m"', r'"../.."', r'"/*"', r'"**"',
    r'"https://taskrouter.twilio.com/v1/**"', r'"HS256"', r'"none"', r'"GET"', r'"get"', r'"PUT"', r'"v1"',
    r'"1e400"', '"é"', '"\U0001f600"', '"' + "x" * 300 + '"', '"' + r"\ud800" * 60 + '"', r'"{}"',
]  # fmt: skip
_COLLECTIONS = [
    "[]", "{}", "[[]]", "[{}]", '{"":{}}', '{"required":true}', '{"required":1}', '{"value":"x"}',
    '{"a":1,"a":2}', '["x",1,null]', '{"value":null,"required":false}',
    *("[" * depth + "]" * depth for depth in _DEPTHS),
    *('{"a":' * depth + "1" + "}" * depth for depth in _DEPTHS),
]  # fmt: skip
_NOT_JSON = [
    "NaN", "Infinity", "-Infinity", "", "01", "+1", "1.", "tru", "'x'", '"\x01"', '"\\x"', '"', "[", '{"a":',
    "[1,]", "[" * 5_000, "/**/1", "\ufeff1", "1 2", "\\ud800",
]  # fmt: skip

#: Values as text.
values = weighted(
    {
        st.sampled_from(
            [*_NUMBERS, *_STRINGS, *_COLLECTIONS, *_NOT_JSON, *["NaN", "null", "true", "false"] * 4]
        ): 6,
        st.text(max_size=20).map(json.dumps): 1,
    }
)

#: The same by the first character of what they stand in for. The others are of another type.
_ALIKE = {
    **dict.fromkeys("-0123456789", st.sampled_from(_NUMBERS)),
    '"': st.sampled_from(_STRINGS),
    **dict.fromkeys("[{", st.sampled_from(_COLLECTIONS)),
}
_NAMES = st.sampled_from([text for text in _STRINGS if len(text) < 30])

_COUNTS = st.sampled_from((0, 1, 1, 1, 1, 2, 2, 3, 4))

#: What to do with a member of an object or an item of a list.
_EDITS = st.sampled_from(("replace", "replace", "replace", "drop", "repeat", "add", "rename"))


class _Node:
    """An object or a list to be edited: pairs of a name, which is ``None`` in a list, and a value."""

    def __init__(self, value: Any) -> None:
        self.is_object = isinstance(value, dict)
        items = value.items() if self.is_object else ((None, item) for item in value)
        self.parts: list[tuple[str | None, _Node | str]] = [
            (None if name is None else json.dumps(name), _read(item)) for name, item in items
        ]

    def edit(self, draw: st.DrawFn, hostile: st.SearchStrategy[str]) -> None:
        """Make one change, here or somewhere below."""
        place = draw(st.integers(0, max(len(self.parts) - 1, 0)))
        name, value = self.parts[place] if self.parts else ('"x"' if self.is_object else None, "1")
        if isinstance(value, _Node) and draw(st.integers(0, 4)):
            value.edit(draw, hostile)
            return
        edit = draw(_EDITS)
        if edit == "drop":
            del self.parts[place : place + 1]
        elif edit == "repeat":
            self.parts.append((name, value))
        elif edit == "add" or not self.parts:
            self.parts.insert(place + draw(st.integers(0, 1)), (name, draw(hostile)))
        elif edit == "rename" and self.is_object:
            self.parts[place] = (draw(_NAMES), value)
        else:
            alike = _ALIKE.get(str(value)[:1], hostile)
            self.parts[place] = (name, draw(hostile if draw(st.booleans()) else alike))

    def __str__(self) -> str:
        start, end = "{}" if self.is_object else "[]"
        parts = (f"{value}" if name is None else f"{name}:{value}" for name, value in self.parts)
        return start + ",".join(parts) + end


def _read(value: Any) -> _Node | str:
    return _Node(value) if isinstance(value, (dict, list)) else json.dumps(value)


def edited(
    seeds: Sequence[dict[str, Any]], *, most: int = 4, planted: Sequence[str] = ()
) -> st.SearchStrategy[str]:
    """Return JSON text: one of the seeds after up to *most* edits.

    :param planted: values, as text, that come more often than others.
    """
    hostile = weighted({values: 2, st.sampled_from(planted): 1}) if planted else values

    @st.composite
    def draw_text(draw: st.DrawFn) -> str:
        node = _Node(seeds[draw(st.integers(0, len(seeds) - 1))])
        for _ in range(min(draw(_COUNTS), most)):
            node.edit(draw, hostile)
        return str(node)

    return draw_text()


def strictly_read(text: str | bytes) -> Any:
    """Return what a reader that knows no ``NaN`` and no infinity makes of a text.

    :raises ValueError: if it is not JSON.
    """

    def refuse(name: str) -> None:
        raise ValueError(name)

    def number(digits: str) -> float:
        if math.isinf(float(digits)):
            raise ValueError(digits)
        return float(digits)

    return json.loads(text, parse_constant=refuse, parse_float=number)
