"""One policy rule: make it, check it, and which requests it covers.

Source: Twilio, "Constructing JWTs", https://www.twilio.com/docs/taskrouter/js-sdk-v1/workspace/constructing-jwts
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypedDict

from .checks import check_mapping, check_str, check_text, shown, shown_text, wrong_type
from .errors import ConflictingRulesError, InvalidRuleError
from .urls import is_whole

#: A matcher: the parameter must be there, with any value.
REQUIRED: Final = {"required": True}
#: A matcher: the parameter may be there, with any value.
OPTIONAL: Final = {"required": False}

#: What a request's parameters must be: each name with a value or a matcher.
Filter: TypeAlias = Mapping[str, str | Mapping[str, object]]

#: A request's parameters: each name with all its values.
Values: TypeAlias = Mapping[str, Sequence[str]]

#: The methods that a rule can have.
METHODS: Final = frozenset({"GET", "POST", "DELETE"})


class PolicyRule(TypedDict):
    """A policy rule as a token holds it: a plain ``dict`` with these five keys."""

    #: A literal URL without a query, or a pattern that ends in ``/*`` or ``/**``.
    url: str
    #: ``GET``, ``POST`` or ``DELETE``.
    method: str
    #: Whether the rule allows the requests that it covers, or denies them.
    allow: bool
    #: What the query parameters must be: each name with a value or a matcher. ``{}`` accepts any.
    query_filter: dict[str, Any]
    #: The same for the form parameters.
    post_filter: dict[str, Any]


def make_policy(
    url: str,
    method: str,
    query_filter: Filter | None = None,
    post_filter: Filter | None = None,
    allowed: bool = True,  # noqa: FBT001, FBT002 - the signature of twilio-python 3.7.0
) -> PolicyRule:
    """Return a policy rule.

    :param url: a literal URL without a query, or a pattern that ends in ``/*`` or ``/**``.
    :param method: ``GET``, ``POST`` or ``DELETE``, in upper or lower case.
    :param query_filter: what the query parameters must be: each name with a value or a matcher. A matcher
        is :data:`REQUIRED`, :data:`OPTIONAL`, or one of them with a ``"value"`` added.
    :param post_filter: the same for the form parameters.
    :param allowed: ``False`` for a rule that denies.
    :raises TypeError: if a parameter has another type.
    :raises ValueError: if the URL is empty, the method is another one, or a matcher has other keys.
    """
    return make_rule(url, method, allowed, query_filter, post_filter)


def make_rule(
    url: str,
    method: str,
    allowed: bool = True,  # noqa: FBT001, FBT002 - the signature of twilio-python 5.7.0
    query_filter: Filter | None = None,
    post_filter: Filter | None = None,
) -> PolicyRule:
    """Return a policy rule. Mind the order: the parameters are those of :func:`make_policy` otherwise."""
    # What needs no check or copy is passed on at once, since a capability makes half a dozen rules.
    return {
        "url": url if type(url) is str and url and url.isascii() else _check_url(url),
        "method": method if type(method) is str and method in METHODS else _check_method(method),
        "allow": allowed if allowed is True else _check_flag("allowed", allowed),
        "query_filter": {} if query_filter is None else _check_filter("query_filter", query_filter),
        "post_filter": {} if post_filter is None else _check_filter("post_filter", post_filter),
    }


class Matcher(NamedTuple):
    """What a filter says about one parameter."""

    required: bool
    #: The only value that the parameter may have, or ``None`` if it may have any.
    value: str | None


class Mismatch(NamedTuple):
    """What a filter finds wrong with one parameter of a request."""

    #: Which of the request's parameters it is about.
    kind: Literal["query", "form"]
    name: str
    problem: Literal["missing", "unexpected", "repeated", "different"]
    #: The value that the filter wants and the one that the request has, if they are ``different``.
    wanted: str | None = None
    actual: str | None = None


class Rule(NamedTuple):
    """A rule as TaskRouter reads it."""

    url: str
    method: str
    allow: bool
    query_filter: Mapping[str, Matcher]
    post_filter: Mapping[str, Matcher]
    #: The rule as a token holds it, checked. Do not hand it out: :meth:`as_dict` makes a copy.
    checked: PolicyRule

    def __str__(self) -> str:
        return f"{self.method} {shown_text(self.url)}"

    def as_dict(self) -> PolicyRule:
        """Return a copy of the rule as a token holds it, with all five keys."""
        rule = self.checked.copy()
        rule["query_filter"] = _copied(rule["query_filter"])
        rule["post_filter"] = _copied(rule["post_filter"])
        return rule

    @property
    def has_filter(self) -> bool:
        """Whether the rule asks for anything but a method and a URL."""
        return bool(self.query_filter or self.post_filter)

    @property
    def covers_nothing(self) -> bool:
        """Whether the URL is no request's: it is not whole, or has a query or a fragment."""
        return "?" in self.url or "#" in self.url or not is_whole(self.url)

    @property
    def identity(self) -> object:
        """What makes two rules the same but for ``allow``."""
        filters = (frozenset(self.query_filter.items()), frozenset(self.post_filter.items()))
        return (self.method, self.url, *filters)

    @property
    def prefix_and_wildcard(self) -> tuple[str, str]:
        """The URL in two parts, the second of which is ``/*``, ``/**`` or empty."""
        if self.url.endswith("/*"):
            return self.url[:-2], "/*"
        if self.url.endswith("/**"):
            return self.url[:-3], "/**"
        return self.url, ""

    def mismatches(self, query: Values, form: Values) -> Iterator[Mismatch]:
        """Yield what the filters find wrong with a request's parameters.

        A filter that is not empty is a closed list: it names every parameter that a request may have.
        """
        if self.query_filter:
            yield from _mismatches("query", self.query_filter, query)
        if self.post_filter:
            yield from _mismatches("form", self.post_filter, form)


def read_rule(value: object) -> Rule:
    """Read a rule that a token holds, or that somebody wrote by hand.

    :param value: a mapping with the keys of :class:`PolicyRule`. Without ``allow`` the rule denies; without
        a filter, or if it is ``None``, it accepts any parameters.
    :raises TypeError: if it is not a mapping, or one of its values has another type.
    :raises ValueError: if a key is missing or unknown, or has a value that it cannot have.
    """
    rule: PolicyRule = {"url": "", "method": "", "allow": False, "query_filter": {}, "post_filter": {}}
    for key, part in check_mapping("a policy rule", value, "a mapping").items():
        if key == "url":
            rule["url"] = _check_url(part)
        elif key == "method":
            rule["method"] = _check_method(part)
        elif key == "allow":
            rule["allow"] = _check_flag("allow", part)
        elif key == "query_filter":
            rule["query_filter"] = _read_filter("query_filter", part)
        elif key == "post_filter":
            rule["post_filter"] = _read_filter("post_filter", part)
        else:
            raise ValueError(f"{shown(key)} is no key of a policy rule")
    for required in ("url", "method"):
        if not rule[required]:
            raise ValueError(f"{required} is missing")
    query_filter, post_filter = _matchers(rule["query_filter"]), _matchers(rule["post_filter"])
    return Rule(rule["url"], rule["method"], rule["allow"], query_filter, post_filter, rule)


def read_rules(values: Iterable[object]) -> list[Rule]:
    """Read the rules of an access policy.

    :raises InvalidRuleError: if a rule is malformed.
    :raises ConflictingRulesError: if two rules are the same, except that one allows and one denies.
    """
    rules = [_read(index, value) for index, value in enumerate(values)]
    if not all(rule.allow for rule in rules):
        first_of: dict[object, int] = {}
        for index, rule in enumerate(rules):
            first = first_of.setdefault(rule.identity, index)
            if rules[first].allow != rule.allow:
                raise ConflictingRulesError(first, index, str(rule))
    return rules


def _read(index: int, value: object) -> Rule:
    try:
        return read_rule(value)
    except (TypeError, ValueError) as error:
        raise InvalidRuleError(index, str(error)) from None


def _check_url(value: object) -> str:
    url = check_text("url", value)
    if not url:
        raise ValueError("url must be a URL, got ''")
    return url


def _check_method(value: object) -> str:
    method = check_str("method", value)
    if method.isascii() and method.upper() in METHODS:
        return method.upper()
    raise ValueError(f"method must be GET, POST or DELETE, got {shown(method)}")


def _check_flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(name, "True or False", value)
    return value


def _read_filter(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, list):
        raise TypeError(
            f"{wrong_type(name, _FILTER, value)}; twilio-php's addPostFilter makes such lists, and it is not "
            "known how TaskRouter reads them"
        )
    return {} if value is None else _check_filter(name, value)


_FILTER = "a mapping of parameter names to values or matchers"


def _check_filter(name: str, value: object) -> dict[str, Any]:
    """Return a plain copy of a filter.

    :raises TypeError: if it is not a mapping of parameter names to a ``str`` or a matcher.
    :raises ValueError: if a matcher has other keys than ``"required"`` and ``"value"``.
    """
    checked: dict[str, Any] = {}
    matchers = check_mapping(name, value, _FILTER)
    for parameter, matcher in matchers.items():
        if not isinstance(parameter, str):
            raise wrong_type(f"{name}: a parameter's name", "a str", parameter)
        # The grants' filters have no other matcher.
        plain = {"required": True} if matcher is REQUIRED else _check_matcher(name, parameter, matcher)
        checked[check_text(name, parameter)] = plain
    return checked


def _check_matcher(filter_name: str, parameter: str, matcher: object) -> str | dict[str, object]:
    if isinstance(matcher, str):
        return check_text(_matcher_name(filter_name, parameter), matcher)
    if type(matcher) is not dict and not isinstance(matcher, Mapping):
        name = _matcher_name(filter_name, parameter)
        raise wrong_type(name, 'a str or a matcher such as {"required": True}', matcher)
    checked: dict[str, object] = {}
    for key, value in matcher.items():
        if key == "required" and isinstance(value, bool):
            checked["required"] = value
        elif key == "value" and isinstance(value, str):
            checked["value"] = check_text(f'{_matcher_name(filter_name, parameter)}["value"]', value)
        else:
            raise _matcher_error(_matcher_name(filter_name, parameter), key, value)
    return checked


def _matcher_name(filter_name: str, parameter: str) -> str:
    return f"{filter_name}[{shown(parameter)}]"


def _matcher_error(name: str, key: object, value: object) -> Exception:
    if key == "required":
        return wrong_type(f'{name}["required"]', "True or False", value)
    if key == "value":
        return wrong_type(f'{name}["value"]', "a str", value)
    return ValueError(f'{name} must have no keys but "required" and "value", got {shown(key)}')


def _copied(checked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: matcher if isinstance(matcher, str) else dict(matcher) for name, matcher in checked.items()}


def _matchers(checked: Mapping[str, Any]) -> dict[str, Matcher]:
    return {
        name: Matcher(required=True, value=matcher)
        if isinstance(matcher, str)
        else Matcher(matcher.get("required", False), matcher.get("value"))
        for name, matcher in checked.items()
    }


def _mismatches(
    kind: Literal["query", "form"], matchers: Mapping[str, Matcher], parameters: Values
) -> Iterator[Mismatch]:
    for name, (required, wanted) in matchers.items():
        if required and name not in parameters:
            yield Mismatch(kind, name, "missing")
        for value in parameters.get(name, ()):
            if wanted not in (None, value):
                yield Mismatch(kind, name, "different", wanted, value)
    for name, values in parameters.items():
        if name not in matchers:
            yield Mismatch(kind, name, "unexpected")
        elif len(values) > 1:
            yield Mismatch(kind, name, "repeated")
