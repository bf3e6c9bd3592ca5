"""One policy rule: what a token says of one kind of request.

Source: Twilio, "Constructing JWTs", https://www.twilio.com/docs/taskrouter/js-sdk-v1/workspace/constructing-jwts
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, TypedDict, cast

from .arguments import check_mapping, check_text, check_type, shown, shown_text, wrong_type

#: A matcher: the parameter must be there, with any value.
REQUIRED: Final = {"required": True}
#: A matcher: the parameter may be there, with any value.
OPTIONAL: Final = {"required": False}

#: What parameters must be: their names, each with its value or a matcher.
Filter: TypeAlias = Mapping[str, str | Mapping[str, object]]

#: A request's parameters: names, which may repeat, and values.
Parameters: TypeAlias = Sequence[tuple[str, str]]

_A_FILTER = "a mapping of parameter names to values or matchers"
_NOT_EMPTY = re.compile(r".+", re.DOTALL)
_METHOD = re.compile(r"GET|POST|DELETE", re.ASCII | re.IGNORECASE)


class PolicyRule(TypedDict):
    """A policy rule as it stands in a token: a plain ``dict`` of these five keys."""

    #: A literal URL without a query, or a pattern that ends in ``/*`` or ``/**``.
    url: str
    #: ``GET``, ``POST`` or ``DELETE``.
    method: str
    #: Whether a request that this rule decides is allowed.
    allow: bool
    #: What the query parameters must be: names to values or matchers. ``{}`` asks for nothing.
    query_filter: dict[str, Any]
    #: What the form parameters must be, alike.
    post_filter: dict[str, Any]


def make_policy(
    url: str,
    method: str,
    query_filter: Filter | None = None,
    post_filter: Filter | None = None,
    allowed: bool = True,  # noqa: FBT001, FBT002 - the signature of twilio-python 3.7.0
) -> PolicyRule:
    """Return one policy rule.

    :param url: a literal URL without a query, or a pattern that ends in ``/*`` or ``/**``.
    :param method: ``GET``, ``POST`` or ``DELETE``, in any case.
    :param query_filter: what the query parameters must be: names to a value or a matcher, which is
        :data:`REQUIRED`, :data:`OPTIONAL` or either with a ``"value"`` beside it.
    :param post_filter: what the form parameters must be, alike.
    :param allowed: ``False`` for a rule that denies.
    :raises TypeError: if a parameter has another type than these.
    :raises ValueError: if the URL is empty, the method is another one, or a matcher has other keys.
    """
    check_type("allowed", allowed, bool, "True or False")
    return {
        "url": check_text("url", url, _NOT_EMPTY, "a URL"),
        "method": check_text("method", method, _METHOD, "GET, POST or DELETE").upper(),
        "allow": allowed,
        "query_filter": _copy_filter("query_filter", query_filter),
        "post_filter": _copy_filter("post_filter", post_filter),
    }


class Matcher(NamedTuple):
    """What a filter says of one parameter: must it be there, and with which value (``None``: any)."""

    required: bool
    value: str | None


class Policy:
    """One rule as TaskRouter reads it: which requests it is for, and how closely it fits them.

    :param rule: a mapping of the keys of :class:`PolicyRule`, of which ``allow`` and the filters may be
        absent: ``False``, and no filter.
    :raises TypeError: if it is not a mapping, or one of its values is of another type.
    :raises ValueError: if a key is missing or unknown, or a value is none that it can have.
    """

    def __init__(self, rule: object) -> None:
        given = check_mapping("a policy rule", rule, "a mapping")
        for needed in ("url", "method"):
            if needed not in given:
                raise ValueError(f"{needed} is missing")
        for key in given:
            if key not in PolicyRule.__annotations__:
                raise ValueError(f"{shown(key)} is no key of a policy rule")
        self.url = check_text("url", given["url"], _NOT_EMPTY, "a URL")
        self.method = check_text("method", given["method"], _METHOD, "GET, POST or DELETE").upper()
        allow = given.get("allow", False)
        check_type("allow", allow, bool, "True or False")
        self.allow = allow is True
        self.query_filter = _read_filter("query_filter", given.get("query_filter", {}))
        self.post_filter = _read_filter("post_filter", given.get("post_filter", {}))
        #: The rule as it was given, read-only.
        self.rule = _frozen(given)
        #: ``/*`` or ``/**``, or nothing.
        self.wildcard: str = next((ending for ending in ("/**", "/*") if self.url.endswith(ending)), "")
        #: The URL without its wildcard.
        self.prefix = self.url.removesuffix(self.wildcard)

    def __str__(self) -> str:
        return f"{self.method} {shown_text(self.url)}"

    @property
    def identity(self) -> object:
        """What two rules have in common that must not differ in ``allow``."""
        filters = (frozenset(self.query_filter.items()), frozenset(self.post_filter.items()))
        return (self.method, self.url, *filters)

    @property
    def specificity(self) -> tuple[int, int, bool]:
        """Which of several rules that match decides: the greatest."""
        return (
            self.prefix.count("/"),
            ("/**", "/*", "").index(self.wildcard),
            bool(self.query_filter or self.post_filter),
        )

    def matches_url(self, url: str) -> bool:
        """Whether the rule is for this URL, which has neither query nor fragment."""
        if not self.wildcard:
            return url == self.url
        if not url.startswith(self.prefix):
            return False
        below = url[len(self.prefix) :]
        if self.wildcard == "/**":
            below = below.removesuffix("/")
            return not below or (below[0] == "/" and _are_segments(below[1:]))
        return below[:1] == "/" and "/" not in below[1:] and _are_segments(below[1:])

    def gap(self, url: str) -> str | None:
        """Say what stands between this URL and one that the rule matches, if it is little."""
        toggled = url[:-1] if url.endswith("/") else url + "/"
        if self.matches_url(toggled):
            return "only a trailing slash differs"
        if url == (self.prefix if self.wildcard else self.prefix.rpartition("/")[0]):
            return "it is for one more segment"
        if not url.startswith(self.prefix + "/"):
            return None
        if not self.wildcard:
            return "it has no wildcard for what is below"
        if not _are_segments(url[len(self.prefix) + 1 :]):
            return "a wildcard matches no segment that is empty, '.' or '..'"
        return "/* matches just one segment, where /** would match more"

    def objections(self, query: Parameters, form: Parameters) -> list[str]:
        """Say what the filters have against a request's parameters."""
        return [
            *_objections("query", self.query_filter, query),
            *_objections("form", self.post_filter, form),
        ]


def _are_segments(path: str) -> bool:
    """Whether a wildcard may match these segments: none is empty or leads elsewhere."""
    return not {"", ".", ".."} & set(path.split("/"))


def _objections(kind: str, matchers: Mapping[str, Matcher], parameters: Parameters) -> Iterator[str]:
    if not matchers:
        return
    values: dict[str, list[str]] = {}
    for name, value in parameters:
        values.setdefault(name, []).append(value)
    for name, (required, wanted) in matchers.items():
        if required and name not in values:
            yield f"the {kind} parameter {shown(name)} is missing"
        for value in values.get(name, ()):
            if wanted not in (None, value):
                yield f"the {kind} parameter {shown(name)} must be {shown(wanted)}, not {shown(value)}"
    for name, given in values.items():
        if name not in matchers:
            yield f"the {kind} parameter {shown(name)} is unexpected"
        elif len(given) > 1:
            yield f"the {kind} parameter {shown(name)} is repeated"


def _read_filter(name: str, given: object) -> dict[str, Matcher]:
    """Return what a filter asks for. ``{}`` asks for nothing.

    :raises TypeError: if it is not a mapping of parameter names to a ``str`` or a matcher.
    :raises ValueError: if a matcher has other keys than ``"required"`` and ``"value"``.
    """
    matchers: dict[str, Matcher] = {}
    for parameter, matcher in check_mapping(name, given, _A_FILTER).items():
        if not isinstance(parameter, str):
            raise wrong_type(f"{name}: a parameter's name", "a str", parameter)
        matchers[parameter] = _read_matcher(f"{name}[{shown(parameter)}]", matcher)
    return matchers


def _read_matcher(name: str, given: object) -> Matcher:
    if isinstance(given, str):
        return Matcher(required=True, value=given)
    matcher = check_mapping(name, given, 'a str or a matcher such as {"required": True}')
    for key in matcher:
        if key not in ("required", "value"):
            raise ValueError(f'{name} must have no keys but "required" and "value", got {shown(key)}')
    required, value = matcher.get("required", False), matcher.get("value")
    check_type(f'{name}["required"]', required, bool, "True or False")
    if "value" in matcher:
        check_type(f'{name}["value"]', value, str, "a str")
    return Matcher(cast("bool", required), cast("str | None", value))


def _frozen(mapping: Mapping[Any, Any]) -> Mapping[str, Any]:
    """Return a read-only copy, also of the mappings in it."""
    copied: dict[str, Any] = {}
    for key, value in mapping.items():
        # join, since an enum's member is its text here, and str() would give its name
        copied["".join(key)] = _frozen(value) if isinstance(value, Mapping) else value
    return MappingProxyType(copied)


def thawed(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plain copy of what :func:`_frozen` made."""
    return {key: thawed(value) if isinstance(value, Mapping) else value for key, value in mapping.items()}


def _copy_filter(name: str, given: Filter | None) -> dict[str, Any]:
    """Return a filter as a ``dict`` that shares nothing with what the caller keeps."""
    if given is None:
        return {}
    check_type(name, given, Mapping, _A_FILTER)
    copied = {
        key: dict(matcher) if isinstance(matcher, Mapping) else matcher for key, matcher in given.items()
    }
    _read_filter(name, copied)
    return copied
