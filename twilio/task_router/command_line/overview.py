"""What ``inspect`` shows of a token, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .text import columns, from_now, marks, utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twilio.task_router.access_policy import AccessPolicy
    from twilio.task_router.worker_js import Explanation

    from .inspection import Inspection


def as_lines(inspection: Inspection, encoding: str | None) -> Iterator[str]:
    """Yield lines of at most 100 columns, with marks that *encoding* can encode."""
    if not inspection.claims:
        yield from columns("Not good:", 12, inspection.problem)
        return
    yield from _heading(inspection)
    yield ""
    if inspection.access_policy is None:
        yield "Policy rules: they cannot be read"
    else:
        yield from _rules(inspection.access_policy, inspection.claims)
    if calls := inspection.worker_js:
        yield ""
        yield "Worker.js"
        yield from _calls(calls, encoding)


def _heading(inspection: Inspection) -> Iterator[str]:
    claims = inspection.claims
    seen: list[object] = [claims.get("workspace_sid")]
    for label, claim in (
        ("Worker:", "worker_sid"),
        ("Task queue:", "taskqueue_sid"),
        ("Channel:", "channel"),
    ):
        if claim in claims and claims[claim] not in seen:
            yield from columns(label, 12, claims[claim])
            seen.append(claims[claim])
    if claims.get("friendly_name") not in (None, *seen):
        yield from columns("Name:", 12, claims["friendly_name"])
    yield from columns("Workspace:", 12, claims.get("workspace_sid"))
    yield from columns("Account:", 12, claims.get("account_sid"))
    expires_at = utc(claims.get("exp"))
    yield from columns("Expires:", 12, f"{expires_at} ({from_now(claims['exp'])})" if expires_at else None)
    signature = {
        None: "NOT CHECKED: anybody may have written this (set TWILIO_AUTH_TOKEN to have it checked)",
        True: "good",
        False: "BAD",
    }[inspection.signed]
    yield from columns("Signature:", 12, signature)
    if inspection.problem is not None:
        yield from columns("Not good:", 12, inspection.problem)


def _rules(policy: AccessPolicy, claims: dict[str, Any]) -> Iterator[str]:
    sids = {"channel": "channel", "account_sid": "account", "workspace_sid": "workspace"}
    names = {str(claims[claim]): f"{{{name}}}" for claim, name in sids.items() if claims.get(claim)}
    yield f" # rule  method URL, with {', '.join(names.values())} for the SIDs above"
    for place, rule in enumerate(policy.rules):
        url = "/".join(names.get(segment, segment) for segment in rule.url.split("/"))
        start = f"{place:>2} {'allow' if rule.allow else 'DENY':5} {rule.method:6} "
        yield from columns(start, len(start), url.removeprefix("https://"))
        for kind, matchers in (("query", rule.query_filter), ("form", rule.post_filter)):
            for name, matcher in matchers.items():
                must = "required" if matcher.required else "optional"
                value = "" if matcher.value is None else f", {matcher.value!r} alone"
                yield from columns("", len(start), f"with {kind} parameter {name} ({must}{value})")


def _calls(calls: dict[str, Explanation], encoding: str | None) -> Iterator[str]:
    yes, no = marks(encoding)
    for call, explanation in calls.items():
        if explanation:
            needs = ""
        elif explanation.grants:
            needs = f"needs {' or '.join(explanation.grants)}"
        else:
            needs = "no grant allows this"
        yield from columns(f"{yes if explanation else no} {call}", 36, needs)
