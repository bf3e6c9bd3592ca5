"""A page's channel on the event bridge, through which every request goes, and the rules for the channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twilio.task_router.checks import is_sid, shown_text
from twilio.task_router.sids import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twilio.task_router.sids import Sids

    from .rule_index import RuleIndex


class Lack(NamedTuple):
    """A method that the rules do not allow on the channel."""

    method: str
    #: The index of the rule that denies the method, or ``None`` if no rule matches.
    rule_index: int | None


def claim_without_sid(sids: Sids) -> str | None:
    """Return the claim that has no SID although the channel's URL needs one, or ``None``."""
    if not is_sid(sids.account, "AC"):
        return "account_sid"
    if is_sid(sids.own_channel, sids.own_channel[:2]):
        return None
    return CLAIMS[sids.page] if sids.page and sids.opened else "channel"


def lacking(indexed: RuleIndex, url: str) -> list[Lack]:
    """Return the methods that a page needs on its channel but that the rules do not allow."""
    deciding = {method: _deciding(indexed, method, url) for method in ("GET", "POST")}
    return [
        Lack(method, index)
        for method, index in deciding.items()
        if index is None or not indexed.rules[index].allow
    ]


def _deciding(indexed: RuleIndex, method: str, url: str) -> int | None:
    """Return the index of the rule that decides about a request without parameters, or ``None``."""
    return next(
        (
            index
            for index in indexed.covering(method, url)
            if not any(indexed.rules[index].mismatches({}, {}))
        ),
        None,
    )


def lack_in_words(lacks: Sequence[Lack], url: str = "") -> str:
    """Name the methods that the rules do not allow on the channel, without a full stop.

    :param url: the channel's URL, to be named, too.
    """
    methods = " and ".join(lack.method for lack in lacks)
    named = f", {shown_text(url)}," if url else ","
    denials = [f"; policy rule {index} denies {method}" for method, index in lacks if index is not None]
    return f"the token lacks {methods} on its channel{named} through which everything goes{''.join(denials)}"


def advice_on_lack(lacks: Sequence[Lack], without_sid: str | None = None) -> str:
    """Advise on methods that the rules do not allow, in one sentence or two.

    :param without_sid: the claim that lacks the SID for the channel's URL, if any.
    """
    if without_sid:
        return f"Set the claim {without_sid} to a SID."
    denying = dict.fromkeys(str(lack.rule_index) for lack in lacks if lack.rule_index is not None)
    absent = [lack.method for lack in lacks if lack.rule_index is None]
    advice: list[str] = []
    if denying:
        noun = "policy rule" if len(denying) == 1 else "policy rules"
        advice.append(f"Change or remove {noun} {' and '.join(denying)}.")
    if absent:
        change = "a rule that allows" if len(absent) == 1 else "rules that allow"
        advice.append(f"Add {change} {' and '.join(absent)}.")
    return " ".join(advice)
