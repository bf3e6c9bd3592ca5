"""The parts of an answer that several commands give: a verdict for JSON, and a fix in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twilio.task_router.diagnosis.fix import Fix
    from twilio.task_router.diagnosis.inspection import Inspection
    from twilio.task_router.diagnosis.verdict import Verdict

    from .terminal import Terminal


def token_as_dict(inspection: Inspection, verdict: Verdict) -> dict[str, Any]:
    """Return a verdict on a token alone for JSON."""
    return {
        "good": verdict.good,
        "kind": verdict.kind,
        "reason": next(iter(verdict.reasons), None),
        "reasons": verdict.reasons,
        "signature": inspection.signature,
    }


def verdict_as_dict(verdict: Verdict, fix: Fix | None) -> dict[str, Any]:
    """Return a verdict on a request for JSON."""
    decision = verdict.decision
    return {
        "allowed": bool(verdict),
        "kind": verdict.kind,
        "reason": verdict.reasons[0],
        "reasons": verdict.reasons,
        "rule_index": None if decision is None else decision.rule_index,
        "rule": None if decision is None else decision.rule,
        "missing_rule": fix.rule if fix else None,
        "missing_channel_rules": fix.channel_rules if fix else [],
        "grants": [fix.grant] if fix and fix.grant else [],
    }


def show_fix(fix: Fix | None, terminal: Terminal) -> None:
    """Print a fix, if there is one."""
    if fix is None:
        return
    if fix.grant:
        terminal.say(f"Grant it: {fix.grant}", indent=2)
    if fix.lines:
        rules = "this rule" if len(fix.lines) == 1 else "these rules"
        if fix.docs is None:
            terminal.say(f"{_start(fix)} paste {rules}:", indent=2)
        else:
            terminal.say(f"Add {rules} where the token is made ({fix.docs} shows how):", indent=2)
        for line in fix.lines:
            terminal.say(line, indent=2, wrap=False)
    if fix.obstacle:
        terminal.say(fix.obstacle, indent=2)


def _start(fix: Fix) -> str:
    if fix.grant:
        return "Or"
    return "A grant would override a rule that denies;" if fix.overrides else "No grant allows this;"
