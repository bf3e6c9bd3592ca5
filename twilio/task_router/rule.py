"""Policy rules: make and read them, and match them with a request's parameters.

Source: Twilio, "Constructing JWTs", https://www.twilio.com/docs/taskrouter/js-sdk-v1/workspace/constructing-jwts
"""

# Without "from __future__ import annotations", under which a NamedTuple compiles its annotations: a thirtieth
# of the time to start Python and mint a token.

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypedDict

from .checks import check_mapping, check_str, check_text, shown, shown_text, wrong_type
from .errors import ConflictingRulesError, InvalidRuleError
from .urls import is_whole

#: A matcher: the parameter must be present, with any value.
REQUIRED: Final = {"required": True}
#: A matcher: the parameter may be present, with any value.
OPTIONAL: Final = {"required": False}

#: A filter of a request's parameters: each name with a value or a matcher.
Filter: TypeAlias = Mapping[str, str | Mapping[str, object]]

#: A request's parameters: each name with all its values.
Values: TypeAlias = Mapping[str, Sequence[str]]

#: The methods that a rule can have.
METHODS: Final = frozenset({"GET", "POST", "DELETE"})


class PolicyRule(TypedDict):
    """A policy rule as in a token: a plain ``dict`` with these five keys."""

    #: A literal URL without a query, or a pattern that ends in ``/*`` or ``/**``.
    url: str
    #: ``GET``, ``POST`` or ``DELETE``.
    method: str
    #: Whether the rule allows the requests that it covers, or denies them.
    allow: bool
    #: The filter of the query parameters: each name with a value or a matcher. ``{}`` accepts any parameters.
    query_filter: dict[str, Any]
    #: The filter of the form parameters, likewise.
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
    :param query_filter: the filter of the query parameters: each name with a value or a matcher. A matcher is
        :data:`REQUIRED`, :data:`OPTIONAL`, or one of them with a ``"value"`` added.
    :param post_filter: the filter of the form parameters, likewise.
    :param allowed: ``False`` for a rule that denies.
    :raises TypeError: if a parameter has the wrong type.
    :raises ValueError: if the URL is empty, the method is another one, or a matcher has unknown keys.
    """
    return make_rule(url, method, allowed, query_filter, post_filter)


def make_rule(
    url: str,
    method: str,
    allowed: bool = True,  # noqa: FBT001, FBT002 - the signature of twilio-python 5.7.0
    query_filter: Filter | None = None,
    post_filter: Filter | None = None,
) -> PolicyRule:
    """Return a policy rule. The parameters are those of :func:`make_policy`, but *allowed* is the third."""
    # Values that need no check or copy take a short cut, since a capability makes half a dozen rules.
    return {
        "url": url if type(url) is str and url and url.isascii() else _check_url(url),
        "method": method if type(method) is str and method in METHODS else _check_method(method),
        "allow": allowed if allowed is True else _check_flag("allowed", allowed),
        "query_filter": {} if query_filter is None else _check_filter("query_filter", query_filter),
        "post_filter": {} if post_filter is None else _check_filter("post_filter", post_filter),
    }


class Matcher(NamedTuple):
    """A filter's condition for one parameter."""

    required: bool
    #: The only value that the parameter may have, or ``None`` if it may have any.
    value: str | None


class Mismatch(NamedTuple):
    """A parameter that does not match a filter."""

    #: The kind of the parameter.
    kind: Literal["query", "form"]
    name: str
    problem: Literal["missing", "unexpected", "repeated", "different"]
    #: The filter's value and the request's value, if they are ``different``.
    wanted: str | None = None
    actual: str | None = None


class Rule(NamedTuple):
    """A policy rule as TaskRouter reads it."""

    url: str
    method: str
    allow: bool
    query_filter: Mapping[str, Matcher]
    post_filter: Mapping[str, Matcher]
    #: The rule as in a token, checked. For callers, :meth:`as_dict` makes a copy.
    checked: PolicyRule

    def __str__(self) -> str:
        return f"{self.method} {shown_text(self.url)}"

    def as_dict(self) -> PolicyRule:
        """Return a copy of the rule as in a token, with all five keys."""
        rule = self.checked.copy()
        rule["query_filter"] = _copied(rule["query_filter"])
        rule["post_filter"] = _copied(rule["post_filter"])
        return rule

    @property
    def has_filter(self) -> bool:
        """Whether a filter of the rule is not empty."""
        return bool(self.query_filter or self.post_filter)

    @property
    def covers_nothing(self) -> bool:
        """Whether no request can have the URL: it lacks a scheme or host, or has a query or fragment."""
        return "?" in self.url or "#" in self.url or not is_whole(self.url)

    @property
    def identity(self) -> object:
        """A value that two rules share if they differ only in ``allow``."""
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
        """Yield the request's parameters that do not match the filters.

        A filter that is not empty is a closed list: a request may have only the parameters in the list.
        """
        if self.query_filter:
            yield from _mismatches("query", self.query_filter, query)
        if self.post_filter:
            yield from _mismatches("form", self.post_filter, form)


def read_rule(value: object) -> Rule:
    """Read a rule from a token or written by hand.

    :param value: a mapping with the keys of :class:`PolicyRule`. ``allow`` defaults to ``False``. A filter
        that is missing or ``None`` accepts any parameters.
    :raises TypeError: if *value* is not a mapping, or a key's value has the wrong type.
    :raises ValueError: if a key is missing or unknown, or a key's value is malformed.
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
            raise ValueError(f"unknown key {shown(key)}")
    for required in ("url", "method"):
        if not rule[required]:
            raise ValueError(f"{required} is missing")
    query_filter, post_filter = _matchers(rule["query_filter"]), _matchers(rule["post_filter"])
    return Rule(rule["url"], rule["method"], rule["allow"], query_filter, post_filter, rule)


def read_rules(values: Iterable[object]) -> list[Rule]:
    """Read the rules of an access policy.

    :raises InvalidRuleError: if a rule is malformed.
    :raises ConflictingRulesError: if two rules differ only in ``allow``.
    """
    return check_conflicts([_read(index, value) for index, value in enumerate(values)])


def check_conflicts(rules: list[Rule]) -> list[Rule]:
    """Return the rules of an access policy, no two of which may differ only in ``allow``.

    :raises ConflictingRulesError: if two do.
    """
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
        raise ValueError("url must not be empty")
    return url


def _check_method(value: object) -> str:
    if type(value) is str and value in METHODS:  # the usual case first
        return value
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
        origin = (
            "twilio-php's addPostFilter makes such lists" if value else "PHP writes an empty array like this"
        )
        raise TypeError(
            f"{wrong_type(name, _FILTER, value)}; {origin}, and it is not known how TaskRouter reads a list"
        )
    if value is None or (type(value) is dict and not value):  # the usual case first
        return {}
    return _check_filter(name, value)


_FILTER = "a mapping of parameter names to values or matchers"


def _check_filter(name: str, value: object) -> dict[str, Any]:
    """Return a plain copy of a filter.

    :raises TypeError: if *value* is not a mapping of parameter names to a ``str`` or a matcher.
    :raises ValueError: if a matcher has keys other than ``"required"`` and ``"value"``.
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


def _copied(checked: dict[str, Any]) -> dict[str, Any]:
    copy = checked.copy()
    for name, matcher in copy.items():
        if not isinstance(matcher, str):
            copy[name] = matcher.copy()
    return copy


def _matchers(checked: dict[str, Any]) -> dict[str, Matcher]:
    if not checked:  # the usual case first
        return {}
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
