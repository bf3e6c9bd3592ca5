"""One policy rule: what a token says of one kind of request.

Source: Twilio, "Constructing JWTs", https://www.twilio.com/docs/taskrouter/js-sdk-v1/workspace/constructing-jwts
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias, TypedDict, cast

from .arguments import check_mapping, check_text, check_type, shown, wrong_type

#: A matcher: the parameter must be there, with any value.
REQUIRED: Final = {"required": True}
#: A matcher: the parameter may be there, with any value.
OPTIONAL: Final = {"required": False}

#: What parameters must be: their names, each with its value or a matcher.
Filter: TypeAlias = Mapping[str, str | Mapping[str, object]]

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


def read_filter(name: str, given: object) -> dict[str, Matcher]:
    """Return what a filter asks for. ``None`` and ``{}`` ask for nothing.

    :raises TypeError: if it is not a mapping of parameter names to a ``str`` or a matcher.
    :raises ValueError: if a matcher has other keys than ``"required"`` and ``"value"``.
    """
    if given is None:
        return {}
    matchers: dict[str, Matcher] = {}
    for parameter, matcher in check_mapping(
        name, given, "a mapping of parameter names to values or matchers"
    ).items():
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


def _copy_filter(name: str, given: Filter | None) -> dict[str, Any]:
    """Return a filter as a ``dict`` that shares nothing with what the caller keeps."""
    read_filter(name, given)
    if given is None:
        return {}
    return {key: matcher if isinstance(matcher, str) else dict(matcher) for key, matcher in given.items()}
