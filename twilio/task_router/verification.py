"""Verify a token's signature, times and claims.

Source: RFC 7519 §7.2 and RFC 8725. HS256 is the only algorithm accepted.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import jwt
from jwt.algorithms import HMACAlgorithm

from . import tokens
from .access.notes import notes_on_token
from .access.own_urls import own_urls
from .access.policy import AccessPolicy
from .checks import check_auth_token, check_type, shown
from .errors import ConflictingRulesError, InvalidRuleError
from .sids import Sids
from .times import is_numeric_date, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .access.notes import Note
    from .access.own_urls import OwnUrls


class InvalidClaimError(jwt.InvalidTokenError):
    """A token's signature is valid, but one of its claims is not.

    :param claim: the claim's name.
    :param problem: the problem, in words that follow the claim's name.
    """

    def __init__(self, claim: str, problem: str) -> None:
        super().__init__(claim, problem)
        #: The claim's name.
        self.claim = claim
        #: The problem, in words that follow the claim's name.
        self.problem = problem

    def __str__(self) -> str:
        return f"the claim {self.claim} {self.problem}"


@dataclass(frozen=True, kw_only=True, eq=False)
class VerifiedToken:
    """The claims of a verified token."""

    #: The account's SID.
    account_sid: str
    #: The workspace's SID.
    workspace_sid: str
    #: The SID of the worker, task queue or workspace that the page is for.
    channel: str
    #: The worker's SID, in a worker's token.
    worker_sid: str | None
    #: The task queue's SID, in a task queue's token.
    taskqueue_sid: str | None
    #: The channel's friendly name.
    friendly_name: str | None
    #: The API's version.
    version: str | None
    #: The time when the token expires, in UTC. A time after the year 9999 counts as its end.
    expires_at: datetime
    #: The token's rules.
    access_policy: AccessPolicy
    #: All claims. Changes to this ``dict`` do not affect the other attributes.
    claims: dict[str, Any] = field(repr=False)
    _lifetime: timedelta | None = field(repr=False)

    def notes(self) -> list[Note]:
        """Return notes on oddities worth a second look, such as a rule that can never match.

        The token's lifetime counts from the claim ``iat``, else from ``nbf``, else from the time of
        verification (*at*).

        :raises ComparisonTooHardError: if the search for wide or redundant rules would take too many steps.
        """
        return notes_on_token(self.access_policy.index, self._sids, self.expires_at, self._lifetime)

    @property
    def workspace_url(self) -> str:
        """The workspace's URL, with the base URL of the first rule for the workspace, or else Twilio's."""
        return self._urls.workspace

    @property
    def resource_url(self) -> str:
        """The URL of the worker, task queue or workspace that the page is for.

        The base URL is that of :attr:`workspace_url`. If the SIDs differ, :attr:`worker_sid` and
        :attr:`taskqueue_sid` count, which Worker.js reads, and not :attr:`channel`.
        """
        return self._urls.resource

    @property
    def channel_url(self) -> str:
        """The URL of the page's channel on the event bridge, with the SID of :attr:`resource_url`.

        The base URL is that of the first rule for the channel, or else Twilio's.
        """
        return self._urls.channel

    @property
    def _urls(self) -> OwnUrls:
        return own_urls(self.access_policy.index.rules, self._sids)

    @property
    def _sids(self) -> Sids:
        return Sids(
            self.account_sid,
            self.workspace_sid,
            self.channel,
            self.worker_sid or "",
            self.taskqueue_sid or "",
        )


def verify_token(
    token: str | bytes, auth_token: str, *, leeway: float | timedelta = 0, at: datetime | None = None
) -> VerifiedToken:
    """Verify a token, and return its claims.

    :param token: the token, of at most 65,536 characters.
    :param auth_token: the auth token of the account that must have signed the token.
    :param leeway: the tolerance for this machine's clock: seconds, or a ``timedelta``.
    :param at: the time at which the token must be in force, with a time zone. ``None`` means now.
    :raises jwt.InvalidTokenError: if the token is not valid. The subclass says why: one of PyJWT's, such as
        ``jwt.ExpiredSignatureError`` and ``jwt.InvalidSignatureError``, or :class:`InvalidClaimError`.
    :raises TypeError: if a parameter has the wrong type.
    :raises ValueError: if ``auth_token`` is empty or begins or ends with white space, if ``leeway`` is
        negative or not finite, or if ``at`` has no time zone.
    """
    key = check_auth_token(auth_token)
    check_type("token", token, (str, bytes), "a str or bytes")
    seconds = _leeway_in_seconds(leeway)
    now = time.time() if at is None else _timestamp(at)
    read = _read_token(token)
    check_header(read)
    check_signature(read, key)
    _check_in_force(read.claims, now, seconds)
    return _read_claims(read.claims, now)


def _read_token(token: str | bytes) -> tokens.Token:
    """Return the parts of a token, not verified.

    :raises jwt.DecodeError: if *token* is malformed.
    """
    try:
        return tokens.read(token)
    except ValueError as error:
        raise jwt.DecodeError(f"the token cannot be read: {error}") from error


_HS256 = HMACAlgorithm(HMACAlgorithm.SHA256)
_HS256_BYTES = 32


def check_header(token: tokens.Token) -> None:
    """Check that a token's header asks for HS256 and no extensions. This proves nothing yet.

    :raises jwt.InvalidTokenError: if not, so that the token cannot be valid, whatever the key.
    """
    if token.header.get("alg") != "HS256":  # RFC 8725 §3.1
        raise jwt.InvalidAlgorithmError(
            f"the header's alg must be HS256, not {shown(token.header.get('alg'))}"
        )
    if not {"crit", "b64"}.isdisjoint(token.header):  # RFC 7515 §4.1.11 and RFC 7797 §3
        raise jwt.InvalidTokenError("the header asks for extensions that no token of TaskRouter uses")
    if not isinstance(token.header.get("kid", ""), str):  # RFC 7515 §4.1.4
        raise jwt.InvalidTokenError(f"the header's kid must be a string, not {shown(token.header['kid'])}")
    if len(token.signature) != _HS256_BYTES:
        raise jwt.InvalidSignatureError(
            f"an HS256 signature has {_HS256_BYTES} bytes, not {len(token.signature)}"
        )


def check_signature(token: tokens.Token, auth_token: str) -> None:
    """Check that a token is signed with this auth token by HS256, whatever the header says.

    :raises jwt.InvalidSignatureError: if the signature does not match.
    """
    # PyJWT would also check whether the key is short or looks like one of another algorithm. Only HS256 is
    # accepted and Twilio chose the key, so neither check helps.
    if not _HS256.verify(token.signing_input, auth_token.encode(), token.signature):
        raise jwt.InvalidSignatureError("Signature verification failed")


def _check_in_force(claims: Mapping[str, Any], now: float, leeway: float) -> None:
    """Check that a token has not expired, and that its ``nbf``, if any, has passed.

    :param now: the Unix time at which the token must be in force.
    :param leeway: the tolerance for this machine's clock, in seconds.
    :raises jwt.InvalidTokenError: if the token is not in force, or one of the two claims is not a number.
    """
    if _time(claims, "exp") <= now - leeway:
        raise jwt.ExpiredSignatureError("Signature has expired")
    if "nbf" in claims and _time(claims, "nbf") > now + leeway:
        raise jwt.ImmatureSignatureError("The token is not yet valid (nbf)")


def _read_claims(claims: dict[str, Any], now: float) -> VerifiedToken:
    """Read the claims of a token that is in force.

    :param now: the Unix time from which the lifetime counts if the claims have neither ``iat`` nor ``nbf``.
    :raises jwt.InvalidTokenError: if a claim is missing or invalid.
    """
    access_policy = _read_access_policy(claims)
    issuer, account_sid = _text(claims, "iss"), _text(claims, "account_sid")
    if issuer != account_sid:
        raise jwt.InvalidIssuerError(_differ(issuer, account_sid))
    return VerifiedToken(
        account_sid=account_sid,
        workspace_sid=_text(claims, "workspace_sid"),
        channel=_text(claims, "channel"),
        worker_sid=_text_or_none(claims, "worker_sid"),
        taskqueue_sid=_text_or_none(claims, "taskqueue_sid"),
        friendly_name=_text_or_none(claims, "friendly_name"),
        version=_text_or_none(claims, "version"),
        expires_at=moment(claims["exp"]),
        access_policy=access_policy,
        claims=claims,
        _lifetime=lifetime(claims, start=now),
    )


def _differ(issuer: str, account_sid: str) -> str:
    return f"the claims iss and account_sid differ: {shown(issuer)}, {shown(account_sid)}"


def _read_access_policy(claims: Mapping[str, Any]) -> AccessPolicy:
    """Read the claim ``policies`` of a token.

    :raises jwt.InvalidTokenError: if the claim is missing or not an access policy.
    """
    rules = _claim(claims, "policies")
    if not isinstance(rules, list):
        raise InvalidClaimError("policies", f"must be a list, not {shown(rules)}")
    try:
        return AccessPolicy(rules)
    except (InvalidRuleError, ConflictingRulesError) as error:
        raise InvalidClaimError("policies", f"is not an access policy: {error}") from error


def lifetime(claims: Mapping[str, Any], start: float | None = None) -> timedelta | None:
    """Return a token's lifetime: from the claim ``iat``, or else ``nbf``, until ``exp``.

    :param claims: the claims, of any types.
    :param start: the Unix time to count from if the token has neither ``iat`` nor ``nbf``.
    :returns: ``None`` if the beginning or the end is unknown. Times beyond the range of ``datetime`` count as
        its limits.
    """
    starts = [claims[name] for name in ("iat", "nbf") if is_numeric_date(claims.get(name))]
    start, end = next(iter(starts), start), claims.get("exp")
    return moment(end) - moment(start) if start is not None and is_numeric_date(end) else None


def claim_problems(claims: Mapping[str, Any]) -> list[str]:
    """Return all problems with a token's claims, without judging its rules or whether it is in force."""
    readers = {
        "exp": _time,
        **({"nbf": _time} if "nbf" in claims else {}),
        "iss": _text,
        "account_sid": _text,
        "workspace_sid": _text,
        "channel": _text,
        "worker_sid": _text_or_none,
        "taskqueue_sid": _text_or_none,
        "friendly_name": _text_or_none,
        "version": _text_or_none,
    }
    problems: list[str] = []
    for name, read in readers.items():
        try:
            read(claims, name)
        except jwt.InvalidTokenError as error:  # noqa: PERF203 - each claim is read, good or not
            problems.append(str(error))
    issuer, account_sid = claims.get("iss"), claims.get("account_sid")
    if isinstance(issuer, str) and isinstance(account_sid, str) and issuer != account_sid:
        problems.append(_differ(issuer, account_sid))
    return problems


def _leeway_in_seconds(leeway: object) -> float:
    check_type("leeway", leeway, (int, float, timedelta), "seconds or a timedelta")
    seconds = leeway.total_seconds() if isinstance(leeway, timedelta) else cast("float", leeway)
    if not 0 <= seconds <= sys.float_info.max:
        raise ValueError(f"leeway must be finite and not negative, got {shown(leeway)}")
    return seconds


def _timestamp(at: object) -> float:
    check_type("at", at, datetime, "a datetime")
    moment_in_force = cast("datetime", at)
    if moment_in_force.utcoffset() is None:
        raise ValueError(f"at must have a time zone, as datetime.now(timezone.utc) has, got {shown(at)}")
    return moment_in_force.timestamp()


def _time(claims: Mapping[str, Any], name: str) -> float:
    """Return a claim that is a NumericDate (RFC 7519 §2): a number, not a string of digits."""
    value = _claim(claims, name)
    if not is_numeric_date(value):
        raise InvalidClaimError(name, f"must be a number, not {shown(value)}")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = _claim(claims, name)
    if not isinstance(value, str):
        raise InvalidClaimError(name, f"must be a string, not {shown(value)}")
    return value


def _text_or_none(claims: Mapping[str, Any], name: str) -> str | None:
    return None if claims.get(name) is None else _text(claims, name)


def _claim(claims: Mapping[str, Any], name: str) -> object:
    if name not in claims:
        raise jwt.MissingRequiredClaimError(name)
    return claims[name]
