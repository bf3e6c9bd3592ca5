"""One request, as an access policy looks at it: a method, a URL and parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from .checks import check_iterable, check_str, wrong_type

if TYPE_CHECKING:
    from .rule import Parameters

#: A request's parameters as callers pass them: a mapping, or pairs in which a name may repeat.
GivenParameters: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]


class Request(NamedTuple):
    """A request that can be held against rules."""

    #: In upper case.
    method: str
    #: Without a query and a fragment.
    url: str
    query: Parameters
    form: Parameters


def read_request(
    method: object, url: object, query: GivenParameters | None, form: GivenParameters | None
) -> Request:
    """Read a request as a caller describes it.

    :raises TypeError: if a parameter has another type.
    """
    method, url = check_str("method", method), check_str("url", url)
    address, _, query_string = url.partition("#")[0].partition("?")
    in_url = parse_qsl(query_string, keep_blank_values=True) if query_string else []
    return Request(
        method.upper() if method.isascii() else method,
        address,
        _grouped([*in_url, *_pairs("query", query)]),
        _grouped(_pairs("form", form)),
    )


def _grouped(pairs: Iterable[tuple[str, str]]) -> Parameters:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _pairs(name: str, given: GivenParameters | None) -> list[tuple[str, str]]:
    if given is None:
        return []
    items: Iterable[object]
    if isinstance(given, Mapping):
        # Of a name that repeats, items() of Flask's and Django's forms returns just one value.
        all_of = getattr(type(given), "getlist", None)
        items = (
            given.items()
            if all_of is None
            else [(key, value) for key in given for value in all_of(given, key)]
        )
    else:
        items = check_iterable(name, given, "a mapping or pairs")
    pairs: list[tuple[str, str]] = []
    for item in items:
        match item:
            case (str(parameter), str(value)):
                pairs.append((check_str(name, parameter), check_str(name, value)))
            case _:
                raise wrong_type(name, "names and values that are str", item)
    return pairs
