"""A token that the command line was given, good or not, and everything there is to see in it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from twilio.task_router.access_policy import AccessPolicy
from twilio.task_router.capability import (
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
)
from twilio.task_router.checks import check_auth_token
from twilio.task_router.verification import check_header, check_signature, read_token, verify_claims
from twilio.task_router.worker_js import explain

if TYPE_CHECKING:
    from twilio.task_router.worker_js import Explanation


@dataclass(frozen=True)
class Inspection:
    """A token, good or not."""

    header: dict[str, Any]
    claims: dict[str, Any]
    #: Whether the signature is good, or ``None`` if it was not checked.
    signed: bool | None
    #: Why the token is not good, if it is not.
    problem: str | None
    #: What the token permits, if its rules are well-formed.
    access_policy: AccessPolicy | None

    @property
    def good(self) -> bool | None:
        """Whether the token is good, or ``None`` if only its signature would tell."""
        return False if self.problem is not None else self.signed

    @property
    def worker_js(self) -> dict[str, Explanation]:
        """The calls of Worker.js, if it is a worker's token with the claims that this takes."""
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
        except ValueError:  # a claim is not a SID
            return {}

    def _before(self, part: str) -> str:
        """Return what comes before this part of a URL in the first rule that has it, or nothing."""
        rules = self.access_policy.rules if self.access_policy else ()
        return next((rule.url.partition(part)[0] for rule in rules if part in rule.url), "")


def inspection_of(token: str | None) -> Inspection:
    """Return what there is to see in the token that was given as an argument or on standard input.

    :raises ValueError: if there is none, or the auth token in the environment cannot be one.
    """
    if token is None and (sys.stdin is None or sys.stdin.isatty()):
        raise ValueError("TOKEN is missing: give it as an argument or on standard input")
    auth_token = os.environ.get("TWILIO_AUTH_TOKEN")
    return inspect_token(
        sys.stdin.buffer.read().strip() if token is None else token,
        check_auth_token(auth_token) if auth_token else None,
    )


def inspect_token(token: str | bytes, auth_token: str | None) -> Inspection:
    """Return what there is to see in a token.

    :param auth_token: the key to check the signature with, or ``None`` to check all but the signature.
    """
    try:
        read = read_token(token)
    except jwt.InvalidTokenError as error:
        return Inspection({}, {}, None, f"this is not a token: {error}", None)
    signed = access_policy = None
    problems: list[str] = []
    try:
        if auth_token is None:
            check_header(read)
        else:
            check_signature(read, auth_token)
            signed = True
    except jwt.InvalidTokenError as error:
        signed = False
        problems.append(str(error))
    try:
        access_policy = verify_claims(read.claims).access_policy
    except jwt.InvalidTokenError as error:
        problems.append(str(error))
        with suppress(TypeError, ValueError):
            access_policy = AccessPolicy(read.claims.get("policies"))  # type: ignore[arg-type]
    return Inspection(read.header, read.claims, signed, "; ".join(problems) or None, access_policy)
