"""Denials that added rules would override. No fix suggests such rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twilio.task_router.access.comparison import is_beyond
from twilio.task_router.access.parameters import Steps
from twilio.task_router.access.rule_index import RuleIndex
from twilio.task_router.errors import ComparisonTooHardError
from twilio.task_router.rule import make_rule, read_rule
from twilio.task_router.urls import root_and_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twilio.task_router.rule import Rule


class Denials:
    """The denials of a token. All comparisons together may take as many steps as one."""

    def __init__(self, indexed: RuleIndex) -> None:
        self._rules = indexed.rules
        self._denials = [rule for rule in indexed.rules if not rule.allow]
        self._steps = Steps()
        self._known: dict[tuple[object, ...], bool] = {}

    def are_overridden(self, added: Sequence[Rule]) -> bool:
        """Return whether added rules would allow a request that a denial matches.

        The answer is ``True``, too, if the comparison would take too many steps.

        :param added: allowing rules that conflict with none of the token's rules.
        """
        # Two rules match the same URL only if one's prefix begins with the other's: most rules do not matter.
        if not any(_meet(denial, rule) for denial in self._denials for rule in added):
            return False
        key = tuple(rule.identity for rule in added)
        if key not in self._known:
            self._known[key] = self._compare(added)
        return self._known[key]

    def _compare(self, added: Sequence[Rule]) -> bool:
        nearby = [other for other in self._rules if any(_meet(other, rule) for rule in added)]
        denied = {denial.identity for denial in self._denials}
        everything = [
            read_rule(make_rule(f"{root}/**", method))
            for root, method in {(root_and_path(rule.url)[0], rule.method) for rule in added}
        ]
        undenied = [rule for rule in everything if rule.identity not in denied]
        extended, old = RuleIndex([*nearby, *added]), RuleIndex([*nearby, *undenied])
        try:
            return is_beyond(extended, old, len(nearby), self._steps)
        except ComparisonTooHardError:
            return True


def _meet(one: Rule, other: Rule) -> bool:
    prefix, other_prefix = one.prefix_and_wildcard[0], other.prefix_and_wildcard[0]
    return one.method == other.method and (prefix.startswith(other_prefix) or other_prefix.startswith(prefix))
