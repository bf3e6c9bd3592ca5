"""Access policies: the rules of a token, which decide about requests.

Source: Twilio, "Constructing JWTs", https://www.twilio.com/docs/taskrouter/js-sdk-v1/workspace/constructing-jwts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from twilio.task_router.checks import check_iterable, check_type
from twilio.task_router.rule import check_conflicts, read_rules

from . import comparison
from .decision import Decision
from .denial import denied
from .parameters import Steps
from .request import Request, grouped, read_request
from .rule_index import RuleIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twilio.task_router.rule import PolicyRule, Rule

    from .request import Parameters


def policy_of(rules: Iterable[Rule]) -> AccessPolicy:
    """Return the access policy of rules that have been read.

    :raises ConflictingRulesError: if two rules differ only in ``allow``.
    """
    policy = AccessPolicy(())
    policy.index = RuleIndex(check_conflicts(list(rules)))
    return policy


class AccessPolicy:
    """The policy rules of a token, read as TaskRouter reads them.

    :param rules: mappings with the keys of :class:`PolicyRule`. ``allow`` defaults to ``False``, and the
        filters to none.
    :raises TypeError: if ``rules`` is not iterable, or is a mapping or a ``str``.
    :raises InvalidRuleError: if a rule is malformed.
    :raises ConflictingRulesError: if two rules differ only in ``allow``.
    """

    def __init__(self, rules: Iterable[Mapping[str, Any]]) -> None:
        # Internal to the package: the rules, checked and indexed.
        self.index = RuleIndex(read_rules(check_iterable("rules", rules, "an iterable of policy rules")))

    def __repr__(self) -> str:
        return f"<AccessPolicy of {len(self.index.rules)} policy rules>"

    @property
    def rules(self) -> list[PolicyRule]:
        """A copy of the rules, in order, each with all five keys."""
        return [rule.as_dict() for rule in self.index.rules]

    @overload
    def allows(self, request: Request, /) -> bool: ...

    @overload
    def allows(
        self,
        method: str,
        url: str,
        *,
        query: Parameters | None = None,
        form: Parameters | None = None,
    ) -> bool: ...

    def allows(
        self,
        method: str | Request,
        url: str | None = None,
        *,
        query: Parameters | None = None,
        form: Parameters | None = None,
    ) -> bool:
        """Return whether a request is allowed. The parameters and errors are those of :meth:`decide`."""
        index = self._decider(read_request(method, url, query, form))
        return index is not None and self.index.rules[index].allow

    @overload
    def decide(self, request: Request, /) -> Decision: ...

    @overload
    def decide(
        self,
        method: str,
        url: str,
        *,
        query: Parameters | None = None,
        form: Parameters | None = None,
    ) -> Decision: ...

    def decide(
        self,
        method: str | Request,
        url: str | None = None,
        *,
        query: Parameters | None = None,
        form: Parameters | None = None,
    ) -> Decision:
        """Decide whether a request is allowed, and say which rule decides, or why none matches.

        The most specific matching rule decides: the longer path first; then a literal before ``/*`` before
        ``/**``; then a rule with a filter before one without; then a denial.

        :param method: the HTTP method, in upper or lower case, or a :class:`Request` as the only argument.
        :param url: the whole URL. Its query, if any, is added to the query parameters; a fragment is dropped.
        :param query: query parameters: a mapping, or pairs in which a name may repeat.
        :param form: form parameters, likewise.
        :raises TypeError: if a parameter has the wrong type.
        :raises ValueError: if ``method`` is not an HTTP method, or if ``url`` lacks a scheme or a host.
        """
        request = read_request(method, url, query, form)
        index = self._decider(request)
        if index is None:
            return denied(self.index, request)
        rule = self.index.rules[index]
        return Decision(
            allowed=rule.allow,
            kind="allowed" if rule.allow else "denied-by-rule",
            reason=f"Policy rule {index} {'allows' if rule.allow else 'denies'} {rule}.",
            rule_index=index,
            rule=rule.as_dict(),
            request=request,
        )

    def beyond(self, other: AccessPolicy) -> list[Request]:
        """Return requests that this policy allows and the other does not. The list is empty if none exist.

        The answer is exact for all URLs and all combinations of parameters.

        :returns: one request for each rule that allows something new, in the order of the rules. Each is as
            simple as possible: the fewest made-up segments, then the shortest URL, then the fewest
            parameters. Made-up words are ``any``, or ``any-2`` and so on if a rule contains ``any``.
            :meth:`decide` accepts these requests unchanged.
        :raises TypeError: if ``other`` is not an :class:`AccessPolicy`.
        :raises ComparisonTooHardError: if the comparison would take too many steps.
        """
        check_type("other", other, AccessPolicy, "an AccessPolicy")
        return [request for _, request in comparison.beyond(self.index, other.index)]

    def redundant(self) -> list[int]:
        """Return the indexes of rules that could be removed, one at a time, without changing any outcome.

        Remove one, then ask again. Two equal rules are both listed, but one has to stay.

        :raises ComparisonTooHardError: if the comparison would take too many steps.
        """
        return comparison.redundant(self.index, Steps())

    def _decider(self, request: Request) -> int | None:
        """Return the index of the rule that decides, or ``None`` if no rule matches."""
        parameters = None
        rules = self.index.rules
        method, url, query, form = request
        for index in self.index.covering(method, url):
            rule = rules[index]
            if not (rule.query_filter or rule.post_filter):
                return index
            if parameters is None:
                parameters = (grouped(query), grouped(form))
            if next(rule.mismatches(*parameters), None) is None:
                return index
        return None
