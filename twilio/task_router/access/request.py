"""A request to TaskRouter: a method, a URL and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl

from twilio.task_router.checks import check_iterable, check_str, shown, shown_text, wrong_type
from twilio.task_router.mask import masked
from twilio.task_router.rule import METHODS
from twilio.task_router.urls import is_whole

if TYPE_CHECKING:
    from typing_extensions import Self

#: A request's parameters as callers pass them: a mapping, or pairs in which a name may repeat.
Parameters: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
#: A request's parameters as a :class:`Request` holds them.
Pairs: TypeAlias = tuple[tuple[str, str], ...]

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §9.1 and §5.6.2
_PLAIN = re.compile(r"[^\s'\"&=\\]+")


@dataclass(frozen=True, init=False, eq=False)
class Request(tuple[str, str, Pairs, Pairs]):
    """A request to TaskRouter, for :meth:`AccessPolicy.decide`.

    A request is a tuple of method, URL, query and form, normalized so that requests with the same meaning are
    equal. Parameters keep their order.

    :param method: the HTTP method, in upper or lower case.
    :param url: the whole URL. Its query, if any, comes before the other query parameters; a fragment is
        dropped.
    :param query: query parameters: a mapping, or pairs in which a name may repeat.
    :param form: form parameters, likewise.
    :raises TypeError: if a parameter has the wrong type.
    :raises ValueError: if ``method`` is not an HTTP method, or if ``url`` lacks a scheme or a host.
    """

    #: The HTTP method, in upper case.
    method: str
    #: The whole URL, without query and fragment.
    url: str
    #: The query parameters, as pairs of a name and a value. A name may repeat.
    query: Pairs
    #: The form parameters, likewise.
    form: Pairs

    __slots__ = ()

    def __new__(  # noqa: D102 - the class describes the parameters
        cls, method: str, url: str, *, query: Parameters | None = None, form: Parameters | None = None
    ) -> Self:
        if type(method) is not str or method not in METHODS:  # the usual methods need no check
            method = _checked_method(method)
        url = check_str("url", url)
        if not is_whole(url):
            raise ValueError(f"url must be a whole URL, got {shown(url)}")
        query_pairs = () if query is None else _pairs("query", query)
        form_pairs = () if form is None else _pairs("form", form)
        if "?" in url or "#" in url:
            url, _, query_string = url.partition("#")[0].partition("?")
            query_pairs = (*parse_qsl(query_string, keep_blank_values=True), *query_pairs)
        return super().__new__(cls, (method, url, query_pairs, form_pairs))

    def __getnewargs_ex__(self) -> tuple[tuple[str, str], dict[str, Pairs]]:
        return self[:2], {"query": self.query, "form": self.form}

    def __repr__(self) -> str:
        named = ", ".join(f"{field.name}={value!r}" for field, value in zip(fields(self), self, strict=True))
        return masked(f"{type(self).__name__}({named})")

    def __str__(self) -> str:
        kinds = {"query": self.query, "form": self.form}
        parameters = [f"{kind} {_in_words(pairs)}" for kind, pairs in kinds.items() if pairs]
        request = f"{shown_text(self.method)} {shown_text(self.url)}"
        return f"{request} with {' and '.join(parameters)}" if parameters else request


# Request is a dataclass for its fields, which dataclasses.asdict and replace need. Their values are in the
# tuple.
for _at, _field in enumerate(fields(Request)):
    setattr(Request, _field.name, property(itemgetter(_at)))


def read_request(method: object, url: object, query: Parameters | None, form: Parameters | None) -> Request:
    """Return the request that a caller passes as a :class:`Request` or in parts.

    The errors are those of :class:`Request`.
    """
    if not isinstance(method, Request):
        return Request(method, url, query=query, form=form)  # type: ignore[arg-type]
    if not (url is query is form is None):
        raise TypeError("a Request must be the only argument")
    return method


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return each name with all its values."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _checked_method(value: object) -> str:
    method = check_str("method", value)
    if _METHOD.fullmatch(method):
        return method.upper()
    swapped = " (the method comes first, then the URL)" if "/" in method else ""
    raise ValueError(f"method must be an HTTP method, got {shown(method)}{swapped}")


def _pairs(name: str, parameters: Parameters) -> Pairs:
    items: Iterable[object]
    if isinstance(parameters, Mapping):
        # Flask's and Django's items() return one value for a repeated name; getlist() has all of them.
        all_of = getattr(type(parameters), "getlist", None)
        items = (
            parameters.items()
            if all_of is None
            else [(key, value) for key in parameters for value in all_of(parameters, key)]
        )
    else:
        items = check_iterable(name, parameters, "a mapping or pairs")
    pairs: list[tuple[str, str]] = []
    for item in items:
        match item:
            case (str(parameter), str(value)):
                pairs.append((check_str(name, parameter), check_str(name, value)))
            case (str(parameter), value):
                raise wrong_type(f"{name}[{shown(parameter)}]", "a str", value)
            case (parameter, _):
                raise wrong_type(f"{name}: a parameter's name", "a str", parameter)
            case _:
                raise wrong_type(f"{name}: a parameter", "a pair of a name and a value", item)
    return tuple(pairs)


def _in_words(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_plain_or_quoted(name)}={_plain_or_quoted(value)}" for name, value in pairs)


def _plain_or_quoted(text: str) -> str:
    return shown_text(text) if _PLAIN.fullmatch(text) else shown(text)
