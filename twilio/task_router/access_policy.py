"""Access policies: a set of rules, and whether it allows a request, by which rule, or why not.

Source: Twilio, "Constructing JWTs", https://www.twilio.com/docs/taskrouter/js-sdk-v1/workspace/constructing-jwts
Where that page leaves a question open, the answer here is the one that its examples and the SDKs' rules need,
or else the one that denies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from .arguments import check_iterable, check_type, shown_text, wrong_type
from .policy import Parameters, Policy, thawed

#: A request's parameters as callers give them: a mapping, or pairs where a name may repeat.
GivenParameters: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]


class InvalidPolicyError(ValueError):
    """A policy rule is not of a rule's form.

    :param index: the rule's place in the list, from 0.
    :param problem: what is wrong with it.
    """

    def __init__(self, index: int, problem: str) -> None:
        super().__init__(index, problem)
        #: The rule's place in the list, from 0.
        self.index = index
        self._problem = problem

    def __str__(self) -> str:
        return f"policy rule {self.index}: {self._problem}"


class ConflictingPoliciesError(ValueError):
    """Two rules differ only in that one allows and the other denies. TaskRouter refuses such a token.

    :param first: the one rule's place in the list, from 0.
    :param second: the other's.
    :param rule: the method and URL that both have.
    """

    def __init__(self, first: int, second: int, rule: str) -> None:
        super().__init__(first, second, rule)
        #: The places of the two rules in the list, from 0.
        self.indexes = (first, second)
        self._rule = rule

    def __str__(self) -> str:
        first, second = self.indexes
        return f"policy rules {first} and {second} conflict: one allows and one denies {self._rule}"


@dataclass(frozen=True)
class Decision:
    """What an access policy says of a request. It is true where the request is allowed."""

    #: Whether the request is allowed.
    allowed: bool
    #: The rule that decided, or ``None`` where no rule matched.
    policy: Mapping[str, Any] | None
    #: Why, in a sentence.
    reason: str

    def __bool__(self) -> bool:
        return self.allowed

    def __reduce__(self) -> tuple[type[Decision], tuple[bool, dict[str, Any] | None, str]]:
        return Decision, (self.allowed, None if self.policy is None else thawed(self.policy), self.reason)


class AccessPolicy:
    """The policy rules of a token, read as TaskRouter reads them. It is immutable.

    :param policies: the rules: mappings with the keys of :class:`PolicyRule`, of which ``allow`` and the
        filters may be absent (``False``, no filter).
    :raises TypeError: if ``policies`` cannot be iterated over, or is a mapping or a ``str``.
    :raises InvalidPolicyError: if a rule is not of a rule's form.
    :raises ConflictingPoliciesError: if two rules are the same but that one allows and one denies.
    """

    __slots__ = ("_policies",)

    _policies: tuple[Policy, ...]

    def __init__(self, policies: Iterable[Mapping[str, Any]]) -> None:
        rules = check_iterable("policies", policies, "an iterable of policy rules")
        read = tuple(_read(index, rule) for index, rule in enumerate(rules))
        _refuse_conflicts(read)
        object.__setattr__(self, "_policies", read)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an AccessPolicy is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an AccessPolicy is immutable: {name} cannot be deleted")

    def __reduce__(self) -> tuple[type[AccessPolicy], tuple[list[dict[str, Any]]]]:
        return AccessPolicy, ([thawed(policy.rule) for policy in self._policies],)

    def __repr__(self) -> str:
        return f"<AccessPolicy of {len(self._policies)} policy rules>"

    @property
    def policies(self) -> tuple[Mapping[str, Any], ...]:
        """The rules, read-only, in their order."""
        return tuple(policy.rule for policy in self._policies)

    def allows(
        self,
        method: str,
        url: str,
        *,
        query: GivenParameters | None = None,
        form: GivenParameters | None = None,
    ) -> bool:
        """Return whether a request is allowed. The parameters and errors are those of :meth:`decide`."""
        return self.decide(method, url, query=query, form=form).allowed

    def decide(
        self,
        method: str,
        url: str,
        *,
        query: GivenParameters | None = None,
        form: GivenParameters | None = None,
    ) -> Decision:
        """Return whether a request is allowed, by which rule, or why not.

        Of the rules that match, the most specific decides: the longer path; then a literal before ``/*``
        before ``/**``; then a rule with a filter; then a denial.

        :param method: the HTTP method, in any case.
        :param url: the whole URL. Its query, if any, counts as query parameters; a fragment is dropped.
        :param query: query parameters: a mapping, or pairs where a name may repeat.
        :param form: form parameters, alike.
        :raises TypeError: if a parameter has another type than these.
        """
        check_type("method", method, str, "a str")
        check_type("url", url, str, "a str")
        address, _, query_string = url.partition("#")[0].partition("?")
        request = _Request(
            method.upper() if method.isascii() else method,
            address,
            [*parse_qsl(query_string, keep_blank_values=True), *_pairs("query", query)],
            _pairs("form", form),
        )
        matching = [
            (policy.specificity, not policy.allow, -index)
            for index, policy in enumerate(self._policies)
            if request.is_covered_by(policy)
        ]
        if not matching:
            return Decision(allowed=False, policy=None, reason=_nearest_miss(self._policies, request))
        index = -max(matching)[2]
        decider = self._policies[index]
        verb = "allows" if decider.allow else "denies"
        return Decision(decider.allow, decider.rule, f"Policy rule {index} {verb} {decider}.")


class _Request(NamedTuple):
    method: str
    url: str
    query: Parameters
    form: Parameters

    def is_covered_by(self, policy: Policy) -> bool:
        return (
            policy.method == self.method
            and policy.matches_url(self.url)
            and not policy.objections(self.query, self.form)
        )


def _nearest_miss(policies: Sequence[Policy], request: _Request) -> str:
    """Say what a request lacked that no rule covers, looking at the rules that allow."""
    allowing = [(index, policy) for index, policy in enumerate(policies) if policy.allow]
    on_url = [(index, policy) for index, policy in allowing if policy.matches_url(request.url)]
    nothing = f"No policy rule allows {shown_text(request.method)} on {shown_text(request.url)}"

    if refusals := [
        (policy.objections(request.query, request.form), index, policy)
        for index, policy in on_url
        if policy.method == request.method
    ]:
        objections, index, policy = min(refusals, key=lambda refusal: len(refusal[0]))
        return f"Policy rule {index} allows {policy}, but {', '.join(objections)}."

    if on_url:
        first_of = {policy.method: index for index, policy in reversed(on_url)}
        methods = " and ".join(f"{method} (rule {index})" for method, index in sorted(first_of.items()))
        return f"{nothing}, only {methods}."

    near = [(index, policy, gap) for index, policy in allowing if (gap := policy.gap(request.url))]
    if near:
        index, policy, gap = max(
            near, key=lambda miss: (miss[1].method == request.method, len(miss[1].prefix), -miss[0])
        )
        method = "" if policy.method == request.method else ", and the method differs"
        return f"{nothing}; the nearest is rule {index}, {policy}: {gap}{method}."
    return f"{nothing}."


def _read(index: int, rule: object) -> Policy:
    try:
        return Policy(rule)
    except (TypeError, ValueError) as error:
        raise InvalidPolicyError(index, str(error)) from None


def _refuse_conflicts(policies: Sequence[Policy]) -> None:
    first_of: dict[object, int] = {}
    for index, policy in enumerate(policies):
        first = first_of.setdefault(policy.identity, index)
        if policies[first].allow != policy.allow:
            raise ConflictingPoliciesError(first, index, str(policy))


def _pairs(name: str, given: GivenParameters | None) -> Parameters:
    if given is None:
        return []
    items: Iterable[object]
    if isinstance(given, Mapping):
        # Of a name that repeats, the items() of Flask's and Django's forms have one value alone.
        all_of = getattr(given, "getlist", None)
        items = given.items() if all_of is None else [(key, value) for key in given for value in all_of(key)]
    else:
        items = check_iterable(name, given, "a mapping or pairs")
    pairs: list[tuple[str, str]] = []
    for item in items:
        match item:
            case (str(parameter), str(value)):
                pairs.append((parameter, value))
            case _:
                raise wrong_type(name, "names and values that are str", item)
    return pairs
