"""What there is to see in a token, good or not: the command line's ``inspect``, as text and as JSON."""

from __future__ import annotations

import textwrap
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from .access_policy import AccessPolicy
from .capability import TASK_ROUTER_BASE_URL, TASK_ROUTER_BASE_WS_URL, TASK_ROUTER_VERSION
from .policy import Policy
from .verification import as_written, check_signature, decode_unverified, moment, verify_claims
from .worker_js import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .worker_js import Explanation

_COLUMNS = 100


@dataclass(frozen=True)
class Inspection:
    """A token that can be read, whether it is good or not."""

    header: dict[str, Any]
    claims: dict[str, Any]
    #: Whether the signature is good; ``None`` where it was not checked.
    signed: bool | None
    #: Why the token is not good, if it is not.
    problem: str | None
    #: What the token permits, if its rules are well-formed.
    access_policy: AccessPolicy | None

    @property
    def worker_js(self) -> dict[str, Explanation]:
        """The calls of Worker.js, for a worker's token whose claims allow to tell."""
        account_sid, workspace_sid, worker_sid = (
            self.claims.get(claim) for claim in ("account_sid", "workspace_sid", "worker_sid")
        )
        if self.access_policy is None or not all(
            isinstance(sid, str) for sid in (account_sid, workspace_sid, worker_sid)
        ):
            return {}
        # The API and the event bridge of these rules, which may be those of another region or of a test.
        base_url, _, version = self._before(f"/Workspaces/{workspace_sid}").rpartition("/")
        base_ws_url = self._before(f"/{account_sid}/{worker_sid}") or TASK_ROUTER_BASE_WS_URL
        try:
            return explain(
                self.access_policy,
                str(workspace_sid),
                str(worker_sid),
                account_sid=str(account_sid),
                base_url=base_url or TASK_ROUTER_BASE_URL,
                version=version or TASK_ROUTER_VERSION,
                base_ws_url=base_ws_url,
            )
        except ValueError:  # a claim is not the SID that it should be
            return {}

    def _before(self, part: str) -> str:
        """Return what stands before this part of a URL in the first rule that has it, or nothing."""
        policies = self.access_policy.policies if self.access_policy else ()
        return next((rule["url"].partition(part)[0] for rule in policies if part in rule["url"]), "")

    def as_dict(self) -> dict[str, Any]:
        """Return all of it in a form that JSON can hold."""
        return {
            "good": self.problem is None,
            "problem": self.problem,
            "signature": {None: "not checked", True: "good", False: "bad"}[self.signed],
            "expires_at": utc(self.claims.get("exp")),
            "header": self.header,
            "claims": self.claims,
            "worker_js": {
                call: {"allowed": bool(told), "reason": told.reason, "grants": list(told.grants)}
                for call, told in self.worker_js.items()
            },
        }

    def as_text(self, encoding: str | None) -> str:
        """Return all of it for people, in lines of at most 100 columns that *encoding* can hold."""
        if not self.claims:
            return "\n".join(columns("Not good:", 12, self.problem))
        lines = [*self._heading(), "", *self._rules()]
        if calls := self.worker_js:
            lines += ["", "Worker.js", *_calls(calls, encoding)]
        return "\n".join(lines)

    def _heading(self) -> Iterator[str]:
        claims = self.claims
        sids = ("Worker:", "worker_sid"), ("Task queue:", "taskqueue_sid"), ("Channel:", "channel")
        told: list[object] = [claims.get("workspace_sid")]
        for label, claim in sids:
            if claim in claims and claims[claim] not in told:
                yield from columns(label, 12, claims[claim])
                told.append(claims[claim])
        if claims.get("friendly_name") not in (None, *told):
            yield from columns("Name:", 12, claims["friendly_name"])
        yield from columns("Workspace:", 12, claims.get("workspace_sid"))
        yield from columns("Account:", 12, claims.get("account_sid"))
        expires_at = utc(claims.get("exp"))
        yield from columns(
            "Expires:", 12, f"{expires_at} ({_from_now(claims['exp'])})" if expires_at else None
        )
        yield from columns(
            "Signature:",
            12,
            {
                None: "NOT CHECKED: anybody may have written this (set TWILIO_AUTH_TOKEN to have it checked)",
                True: "good",
                False: "BAD",
            }[self.signed],
        )
        if self.problem is not None:
            yield from columns("Not good:", 12, self.problem)

    def _rules(self) -> Iterator[str]:
        if self.access_policy is None:
            yield "Policy rules: they cannot be read"
            return
        sids = {"channel": "channel", "account_sid": "account", "workspace_sid": "workspace"}
        names = {
            str(self.claims[claim]): f"{{{name}}}" for claim, name in sids.items() if self.claims.get(claim)
        }
        yield f" # rule  method URL, with {', '.join(names.values())} for the SIDs above"
        for index, rule in enumerate(self.access_policy.policies):
            policy = Policy(rule)
            url = "/".join(names.get(segment, segment) for segment in policy.url.split("/"))
            start = f"{index:>2} {'allow' if policy.allow else 'DENY':5} {policy.method:6} "
            yield from columns(start, len(start), url.removeprefix("https://"))
            for kind, matchers in (("query", policy.query_filter), ("form", policy.post_filter)):
                for name, matcher in matchers.items():
                    must = "required" if matcher.required else "optional"
                    value = "" if matcher.value is None else f", {matcher.value!r} alone"
                    yield from columns("", len(start), f"with {kind} parameter {name} ({must}{value})")


def inspect_token(token: str | bytes, auth_token: str | None) -> Inspection:
    """Return what there is to see in a token.

    :param auth_token: the key to check the signature with, or ``None`` to check all but the signature.
    """
    try:
        written = as_written(token)
        header, claims = decode_unverified(written)
    except jwt.InvalidTokenError as error:
        return Inspection({}, {}, None, f"this is not a token: {error}", None)
    signed = access_policy = None
    problems: list[str] = []
    if auth_token is not None:
        try:
            check_signature(written, auth_token)
            signed = True
        except jwt.InvalidTokenError as error:
            signed = False
            problems.append(str(error))
    try:
        access_policy = verify_claims(written).access_policy
    except jwt.InvalidTokenError as error:
        problems.append(str(error))
        with suppress(TypeError, ValueError):
            access_policy = AccessPolicy(claims.get("policies"))  # type: ignore[arg-type]
    return Inspection(header, claims, signed, "; ".join(problems) or None, access_policy)


def utc(timestamp: object) -> str | None:
    """Return a Unix time in UTC for people to read, or ``None`` if it is none."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, (int, float)):
        return None
    return moment(timestamp).strftime("%Y-%m-%d %H:%M:%S UTC")


def _calls(calls: dict[str, Explanation], encoding: str | None) -> Iterator[str]:
    try:
        "✓✗".encode(encoding or "ascii")
        yes, no = "✓", "✗"
    except UnicodeError:
        yes, no = "+", "-"
    for call, told in calls.items():
        needs = (
            "" if told else f"needs {' or '.join(told.grants)}" if told.grants else "no grant would let it"
        )
        yield from columns(f"{yes if told else no} {call}", 36, needs)


def columns(start: str, width: int, text: object) -> list[str]:
    """Return lines of *start*, padded, and then *text*, wrapped and with nothing that moves the cursor."""
    shown = "not there" if text is None else str(text)
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    wrapped = textwrap.wrap(plain, _COLUMNS - width, break_on_hyphens=False) or [""]
    return [f"{start:{width}}{wrapped[0]}".rstrip(), *(" " * width + line for line in wrapped[1:])]


def _from_now(timestamp: float) -> str:
    seconds = int(timestamp) - int(time.time())
    amount, unit = abs(seconds), "second"
    for size, larger in ((60, "minute"), (60, "hour"), (24, "day")):
        if amount < 2 * size:
            break
        amount, unit = amount // size, larger
    words = f"{amount} {unit}{'' if amount == 1 else 's'}"
    return f"in {words}" if seconds >= 0 else f"{words} ago"
