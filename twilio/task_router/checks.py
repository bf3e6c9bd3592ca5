"""Checks of arguments, with one form for all error messages."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, NoReturn, cast

from .mask import masked

_LONGEST = 200  # characters: enough for a reservation's whole URL
_MOST_BITS = 2_000  # of an int that is written out; Python itself writes no more than 4,300 digits


class _Shortened(reprlib.Repr):
    """``repr``, masked and then shortened, also inside lists and dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = _LONGEST

    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(masked(x), level)

    def repr_int(self, x: int, level: int) -> str:
        # For a longer number, reprlib raises an error on older Pythons and shows an address on newer ones.
        if isinstance(x, int) and x.bit_length() > _MOST_BITS:
            return "a number too long to show"
        return super().repr_int(x, level)

    def repr_instance(self, x: object, level: int) -> str:  # noqa: ARG002 - the signature of reprlib
        try:
            text = masked(repr(x))
        except Exception:  # noqa: BLE001 - the repr of a caller's object may raise anything
            return f"<{type(x).__name__}>"
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 2 :]}"


_shortened = _Shortened()


def shown(value: object) -> str:
    """Return ``repr(value)`` for a message: masked, and shortened if long."""
    return _shortened.repr(value)


def shown_text(text: str) -> str:
    """Return *text* for a message: masked, shortened and escaped like ``repr``, but without quotes."""
    return _shown_short(text) if len(text) <= _LONGEST else _shortened.repr(text)[1:-1]


@lru_cache(maxsize=1024)  # the reasons of decisions show the same few URLs again and again
def _shown_short(text: str) -> str:
    if text.isprintable() and "\\" not in text:
        return masked(text)
    return _shortened.repr(text)[1:-1]


def wrong_type(name: str, expected: str, value: object) -> TypeError:
    """Return the error for an argument that must be *expected*."""
    return TypeError(f"{name} must be {expected}, not {type(value).__name__}: {shown(value)}")


def check_type(name: str, value: object, kind: type | tuple[type, ...], expected: str) -> None:
    """Check the type of *value*. A ``bool`` does not pass for an ``int``.

    :param expected: the type in words, for the message.
    :raises TypeError: if *value* has another type.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise wrong_type(name, expected, value)


def check_finite(name: str, value: object) -> None:
    """Check that *value*, if a ``float``, can be written as JSON.

    :raises ValueError: if *value* is NaN or infinite.
    """
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}")


def check_str(name: str, value: object) -> str:
    """Return *value* as a plain ``str``.

    A subclass may format as another text: an enum's member formats as its name. An object that only claims to
    be a ``str``, such as Django's ``SimpleLazyObject``, is converted by ``str()``.

    :raises TypeError: if *value* is not a ``str``.
    """
    if type(value) is str:
        return value
    if not isinstance(value, str):
        raise wrong_type(name, "a str", value)
    return str.__str__(value if issubclass(type(value), str) else str(value))


def check_text(name: str, value: object) -> str:
    """Return *value* as a plain ``str`` that UTF-8 can encode.

    :raises TypeError: if *value* is not a ``str``.
    :raises ValueError: if *value* has a lone surrogate.
    """
    if type(value) is str and value.isascii():  # the usual case first
        return value
    text = check_str(name, value)
    if has_lone_surrogate(text):
        raise ValueError(f"{name} must be text that UTF-8 can encode, got {shown(text)}")
    return text


def check_mapping(name: str, value: object, expected: str) -> Mapping[object, object]:
    """Return *value*, which must be a mapping.

    :param expected: the type in words, for the message.
    :raises TypeError: if *value* is not a mapping.
    """
    if type(value) is not dict:  # the usual case first: checking an abstract class takes five times as long
        check_type(name, value, Mapping, expected)
    return cast("Mapping[object, object]", value)


def check_iterable(name: str, value: object, expected: str) -> Iterable[Any]:
    """Return *value*, which must be iterable, and neither text nor a mapping.

    :param expected: the type in words, for the message.
    :raises TypeError: if *value* is something else.
    """
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, Mapping)):
        raise wrong_type(name, expected, value)
    return value


def json_text(name: str, write: Callable[[Any], str], value: object) -> str:
    """Return *value* as JSON in ASCII.

    :param name: the name of *value* in messages.
    :param write: the JSON encoder.
    :raises TypeError: if a part of *value* is not JSON serializable.
    :raises ValueError: if *value* contains NaN, an infinity, a lone surrogate or itself, or is nested too
        deeply.
    """
    try:
        text = write(value)
        # Searching for one character first takes a thirtieth of the time; URLs and SIDs have no escapes.
        is_text = not ("\\" in text and "\\ud" in text and holds_lone_surrogate(value))
    except TypeError as error:
        raise TypeError(f"{name} must be JSON serializable: {error}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} must be JSON serializable: {error}") from None
    if not is_text:
        raise ValueError(f"{name} must be text that UTF-8 can encode; it has a lone surrogate")
    return text


def plain_json(name: str, value: object, convert: Callable[[object], object] | None = None) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy of *value* with plain ``str`` for all text, including the keys of each ``dict``.

    Different keys may become the same name in JSON. The last one counts.

    :param name: the name of *value* in messages.
    :param convert: called with each part before the copy; returns a ``dict``, a ``list`` or another value.
    :raises TypeError: if a key is not a ``str``.
    :raises ValueError: if *value* contains itself or is nested too deeply.
    """
    try:
        return _plain(name, value, convert)
    except RecursionError:
        raise ValueError(
            f"{name} must be JSON serializable: it contains itself or is nested too deeply"
        ) from None


def _plain(name: str, value: object, convert: Callable[[object], object] | None) -> object:
    if convert is not None:
        value = convert(value)
    if isinstance(value, dict):
        plain_dict: dict[str, object] = {}
        for key, part in value.items():
            plain_dict[check_str(f"{name}: a name", key)] = _plain(name, part, convert)
        return plain_dict
    if isinstance(value, str):
        return check_str(name, value)
    if isinstance(value, (list, tuple)):
        plain_list: list[object] = []
        for part in value:
            plain_list.append(_plain(name, part, convert))  # noqa: PERF401 - a comprehension halves the depth
        return plain_list
    return value


def holds_lone_surrogate(value: object) -> bool:
    """Return whether any text in a JSON value has half of a surrogate pair."""
    return has_lone_surrogate(json.dumps(value, ensure_ascii=False))


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and infinities, which Python reads and JSON lacks (RFC 8259 §6). For ``parse_constant``."""
    raise ValueError(f"{name} is not JSON")


def finite(digits: str) -> float:
    """Return a ``float``, refusing numbers that are too large. For ``parse_float``."""
    number = float(digits)
    if not isfinite(number):
        raise ValueError(f"{digits} is too large a number")
    return number


def check_sid(name: str, value: object, prefix: str) -> str:
    """Return *value*, which must be a SID with this prefix (see :func:`is_sid`).

    :raises TypeError: if *value* is neither a ``str`` nor ``None``.
    :raises ValueError: if *value* is not a SID with this prefix. ``None`` is a missing SID, for which
        twilio-python 4.5.0 to 5.7.0 raised a ``ValueError`` that views catch.
    """
    if (
        type(value) is str
        and value.startswith(prefix)
        and value != prefix
        and value.isascii()
        and value.isalnum()
    ):
        return value  # the usual case first
    sid = None if value is None else check_str(name, value)
    if sid is not None and is_sid(sid, prefix):
        return sid
    raise ValueError(
        f"{name} must be a SID: it must start with {prefix} and go on with ASCII letters, digits, - or _, "
        f"got {shown(sid)}{_white_space_around(sid or '')}"
    )


def is_sid(text: str, prefix: str) -> bool:
    """Return whether *text* is a SID: *prefix*, then one or more ASCII letters, digits, ``-`` or ``_``.

    SIDs become parts of URL patterns, where ``/``, ``*``, ``?`` or ``%`` would change the requests that a
    rule covers. ``-`` and ``_`` are harmless there (RFC 3986 §2.3), and made-up SIDs in tests contain them.
    The length (34 in production) is not checked, so examples can be short.
    """
    letters_and_digits = text.replace("-", "").replace("_", "")
    return text.startswith(prefix) and text != prefix and text.isascii() and letters_and_digits.isalnum()


def _white_space_around(text: str) -> str:
    """Describe white space at the beginning or end of *text*, which is easy to overlook."""
    for verb, character in (("begins", text[:1]), ("ends", text[-1:])):
        if character.isspace():
            return f"; it {verb} with {'a newline' if character == chr(10) else 'white space'}"
    return ""


def check_auth_token(value: object) -> str:
    """Return *value*, which must be an auth token. No message shows the value.

    :raises TypeError: if *value* is not a ``str``.
    :raises ValueError: if *value* is empty, begins or ends with white space, or has a lone surrogate.
    """
    if type(value) is str and value and value == value.strip() and value.isascii():  # the usual case first
        return value
    if not isinstance(value, str):
        raise TypeError(f"auth_token must be a str, not {type(value).__name__}")
    auth_token = check_str("auth_token", value)
    if not auth_token:
        raise ValueError("auth_token must not be empty")
    if auth_token[0].isspace() or auth_token[-1].isspace():
        # Such as a newline from a file. TaskRouter would refuse every token signed with it.
        raise ValueError(f"auth_token must be stripped of white space{_white_space_around(auth_token)}")
    if has_lone_surrogate(auth_token):
        raise ValueError("auth_token must be text that UTF-8 can encode; it has a lone surrogate")
    return auth_token


def has_lone_surrogate(text: str) -> bool:
    """Return whether *text* has half of a surrogate pair, which strict JSON readers refuse."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
