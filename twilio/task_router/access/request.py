"""One request, as an access policy looks at it: a method, a URL and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from twilio.task_router.checks import check_iterable, check_str, shown, shown_text, wrong_type

if TYPE_CHECKING:
    from twilio.task_router.rule import Parameters

#: A request's parameters as callers pass them: a mapping, or pairs in which a name may repeat.
GivenParameters: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]

_PLAIN = re.compile(r"[^\s'\"&=\\]+")


class Request(NamedTuple):
    """A request to TaskRouter: what :meth:`AccessPolicy.decide` decides about."""

    #: The HTTP method.
    method: str
    #: The whole URL.
    url: str
    #: The query parameters, as pairs of a name and a value. A name may repeat.
    query: tuple[tuple[str, str], ...] = ()
    #: The form parameters, likewise.
    form: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        kinds = {"query": self.query, "form": self.form}
        parameters = [f"{kind} {_in_words(pairs)}" for kind, pairs in kinds.items() if pairs]
        request = f"{shown_text(self.method)} {shown_text(self.url)}"
        return f"{request} with {' and '.join(parameters)}" if parameters else request


def read_request(
    method: object, url: object, query: GivenParameters | None, form: GivenParameters | None
) -> Request:
    """Read a request as a caller describes it: a :class:`Request` alone, or what one is made of.

    The result has its method in upper case, and a URL without query and fragment.

    :raises TypeError: if a parameter has another type.
    """
    if isinstance(method, Request):
        if not (url is query is form is None):
            raise TypeError("a Request must be the only argument")
        method, url, query, form = method
    method, url = check_str("method", method), check_str("url", url)
    address, _, query_string = url.partition("#")[0].partition("?")
    query_pairs = _pairs("query", query)
    if query_string:
        query_pairs = (*parse_qsl(query_string, keep_blank_values=True), *query_pairs)
    return Request(method.upper() if method.isascii() else method, address, query_pairs, _pairs("form", form))


def grouped(pairs: Iterable[tuple[str, str]]) -> Parameters:
    """Return each name with all its values."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _pairs(name: str, given: GivenParameters | None) -> tuple[tuple[str, str], ...]:
    if given is None:
        return ()
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
    return tuple(pairs)


def _in_words(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_plain_or_quoted(name)}={_plain_or_quoted(value)}" for name, value in pairs)


def _plain_or_quoted(text: str) -> str:
    return shown_text(text) if _PLAIN.fullmatch(text) else shown(text)
