"""``WorkflowConfig.json2obj`` on documents, well-formed and not.

It returns a configuration or raises ``ValueError``, and nothing else. A configuration writes itself as strict
JSON that says what the document says, and reading this back gives the same. A document that has the form of a
configuration is accepted if it is strict JSON and not nested deeply.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.fuzz.hostile_json import edited, strictly_read, values
from tests.fuzz.weighted import weighted
from tests.judges import recorded
from twilio.task_router import WorkflowConfig

if TYPE_CHECKING:
    from tests.fuzz.conftest import Fuzz

_VECTORS = recorded.load("workflows-5.7.0.json")
_SEEDS = [
    *(json.loads(vector["to_json"]) for vector in _VECTORS["built"]),
    *(json.loads(vector["text"]) for vector in _VECTORS["read"]),
    {"task_routing": {"filters": [{"expression": "1", "filter_friendly_name": "x", "targets": []}]}},
]


def _encoded(text: str, encoding: str) -> str | bytes:
    return text.encode(encoding, "surrogatepass") if encoding else text


_DEEPEST = 200  # levels: how many more are read depends on Python and on the stack
_ENCODINGS = st.sampled_from(("", "", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32-be"))
_EDITED = st.builds(_encoded, edited(_SEEDS), _ENCODINGS)
documents = weighted({_EDITED: 14, st.builds(_encoded, values, _ENCODINGS): 1, st.binary(max_size=20): 1})


def test_fuzz_json2obj(fuzz: Fuzz) -> None:
    fuzz(check, documents)


def check(document: str | bytes) -> None:
    try:
        config = WorkflowConfig.json2obj(document)
    except ValueError:
        assert not _is_configuration(document)
        return
    written = config.to_json()
    assert strictly_read(written) == {"task_routing": _expected(strictly_read(document)["task_routing"])}
    assert WorkflowConfig.json2obj(written).to_json() == written


def _is_configuration(document: str | bytes) -> bool:
    try:
        read = strictly_read(document)
        json.dumps(read, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    routing = read.get("task_routing") if isinstance(read, dict) else None
    if _depth(read) > _DEEPEST:
        return False
    if not isinstance(routing, dict):
        return False
    filters = routing.get("filters", [])
    return (
        isinstance(filters, list)
        and all(isinstance(rule, dict) for rule in filters)
        and isinstance(routing.get("default_filter", {}), (dict, type(None)))
    )


def _depth(value: Any) -> int:
    depth, layer = 0, [value]
    while layer:
        depth += 1
        layer = [
            part
            for whole in layer
            if isinstance(whole, (dict, list))
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
    return depth


def _expected(routing: dict[str, Any]) -> Any:
    filters = []
    for rule in routing.get("filters", []):
        renamed = {name: value for name, value in rule.items() if name != "filter_friendly_name"}
        if rule.get("filter_friendly_name") is not None:
            renamed["friendly_name"] = rule["filter_friendly_name"]
        filters.append(renamed)
    return _without_null({"filters": filters, "default_filter": routing.get("default_filter")})


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {}
        for name, item in value.items():
            if item is not None:
                kept[name] = _without_null(item)
        return kept
    if isinstance(value, list):
        items = []
        for item in value:
            if item is not None:
                items.append(_without_null(item))  # noqa: PERF401 - a comprehension halves the depth
        return items
    return value
