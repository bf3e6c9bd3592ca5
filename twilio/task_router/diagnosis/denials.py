"""Denials that added rules would override. No fix suggests such rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twilio.task_router.access.policy import AccessPolicy
from twilio.task_router.errors import ComparisonTooHardError
from twilio.task_router.rule import make_rule, read_rule
from twilio.task_router.urls import root_and_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twilio.task_router.access.rule_index import RuleIndex
    from twilio.task_router.rule import Rule


def overrides_a_denial(indexed: RuleIndex, added: Sequence[Rule]) -> bool:
    """Return whether added rules would allow a request that a rule denies.

    A request that no rule matches does not count.

    :param added: rules that conflict with none of the others.
    """
    # Two rules match the same URL only if one's prefix begins with the other's, so most rules do not matter.
    if not any(_meet(denial, rule) for denial in indexed.denials for rule in added):
        return False
    nearby = [other.as_dict() for other in indexed.rules if any(_meet(other, rule) for rule in added)]
    denied = {denial.identity for denial in indexed.denials}
    everything = [
        read_rule(make_rule(f"{root}/**", method))
        for root, method in {(root_and_path(rule.url)[0], rule.method) for rule in added}
    ]
    undenied = [rule.as_dict() for rule in everything if rule.identity not in denied]
    extended = AccessPolicy([*nearby, *(rule.as_dict() for rule in added)])
    try:
        return bool(extended.beyond(AccessPolicy([*nearby, *undenied])))
    except ComparisonTooHardError:
        return True


def _meet(one: Rule, other: Rule) -> bool:
    prefix, other_prefix = one.prefix_and_wildcard[0], other.prefix_and_wildcard[0]
    return one.method == other.method and (prefix.startswith(other_prefix) or other_prefix.startswith(prefix))
