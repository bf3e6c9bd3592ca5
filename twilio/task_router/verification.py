"""Verifying a token with PyJWT: is it the account's, is it in force, and what does it say.

RFC 7519 §7.2 and RFC 8725; of signature algorithms, HS256 and no other.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import jwt
from jwt.algorithms import HMACAlgorithm

from .access_policy import AccessPolicy, ConflictingPoliciesError, InvalidPolicyError
from .arguments import check_auth_token, check_type, shown
from .tokens import base64url, compact_json

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from jwt.types import Options


_SEGMENTS = 3


class InvalidClaimError(jwt.InvalidTokenError):
    """A claim of a well-signed token is not what TaskRouter's tokens have there.

    :param claim: the claim's name.
    :param problem: what is wrong with it.
    """

    def __init__(self, claim: str, problem: str) -> None:
        super().__init__(claim, problem)
        #: The claim's name.
        self.claim = claim
        self._problem = problem

    def __str__(self) -> str:
        return f"the claim {self.claim} {self._problem}"


@dataclass(frozen=True, eq=False)
class VerifiedToken:
    """What a good token says. It is immutable."""

    #: The account's SID.
    account_sid: str
    #: The workspace's SID.
    workspace_sid: str
    #: The SID of the worker, task queue or workspace that the page is for.
    channel: str
    #: The worker's SID, on a worker's token.
    worker_sid: str | None
    #: The task queue's SID, on a task queue's token.
    taskqueue_sid: str | None
    #: The channel's name for people.
    friendly_name: str | None
    #: The API's version.
    version: str | None
    #: When the token expires, in UTC. A time after the year 9999 counts as its end.
    expires_at: datetime
    #: What the token permits.
    access_policy: AccessPolicy
    _payload: bytes = field(repr=False)

    @property
    def policies(self) -> tuple[Mapping[str, Any], ...]:
        """The policy rules, read-only."""
        return self.access_policy.policies

    @property
    def claims(self) -> Mapping[str, Any]:
        """All claims, as a read-only mapping. What is in it is a copy, made anew each time."""
        return MappingProxyType(json.loads(self._payload))


def verify_token(token: str | bytes, auth_token: str, *, leeway: float | timedelta = 0) -> VerifiedToken:
    """Return what a token says, if it is good.

    :param token: the token.
    :param auth_token: the auth token of the account that it has to come from.
    :param leeway: how far this machine's clock may be off: seconds, or a ``timedelta``.
    :raises jwt.InvalidTokenError: if the token is not good. PyJWT's subclasses say why, such as
        ``jwt.ExpiredSignatureError`` and ``jwt.InvalidSignatureError``, and :class:`InvalidClaimError`
        where a claim is not what TaskRouter's tokens have there.
    :raises TypeError: if a parameter has another type than these.
    :raises ValueError: if ``auth_token`` is empty, or ``leeway`` is negative or not finite.
    """
    check_auth_token(auth_token)
    check_type("token", token, (str, bytes), "a str or bytes")
    seconds = _leeway_in_seconds(leeway)
    written = as_written(token)
    check_signature(written, auth_token)
    return verify_claims(written, seconds)


def as_written(token: str | bytes) -> bytes:
    """Return a token's ASCII form, if it is three segments of base64url, each in the one way to write it.

    Some releases of PyJWT read over what RFC 7515 §2 and RFC 4648 §3.5 do not allow: padding, other
    characters, and other values of the bits that a segment's last character has to spare.

    :raises jwt.DecodeError: if it is not.
    """
    with _only_invalid_token_errors():
        written = str.encode(token) if isinstance(token, str) else token
        segments = written.split(b".")
        for segment in segments:
            if base64url(base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))) != segment:
                raise jwt.DecodeError("a segment is not written as base64url has it")
    if len(segments) != _SEGMENTS:
        raise jwt.DecodeError(f"a token has three segments, not {len(segments)}")
    return written


def verify_claims(token: bytes, leeway: float = 0) -> VerifiedToken:
    """Do all that :func:`verify_token` does but for the signature, so that nothing here is proven."""
    claims, payload = _decode(token)
    now = time.time()
    if _time(claims, "exp") <= now - leeway:
        raise jwt.ExpiredSignatureError("Signature has expired")
    if "nbf" in claims and _time(claims, "nbf") > now + leeway:
        raise jwt.ImmatureSignatureError("The token is not yet valid (nbf)")
    issuer, account_sid = _text(claims, "iss"), _text(claims, "account_sid")
    if issuer != account_sid:
        raise jwt.InvalidIssuerError(
            f"the claims iss and account_sid differ: {shown(issuer)}, {shown(account_sid)}"
        )
    return VerifiedToken(
        account_sid=account_sid,
        workspace_sid=_text(claims, "workspace_sid"),
        channel=_text(claims, "channel"),
        worker_sid=_text_or_none(claims, "worker_sid"),
        taskqueue_sid=_text_or_none(claims, "taskqueue_sid"),
        friendly_name=_text_or_none(claims, "friendly_name"),
        version=_text_or_none(claims, "version"),
        expires_at=moment(claims["exp"]),
        access_policy=_access_policy(claims),
        _payload=payload,
    )


def decode_unverified(token: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a token's header and claims without any check of who signed it, when, or what they are.

    :raises jwt.InvalidTokenError: if it is no JWT.
    """
    with _only_invalid_token_errors():
        return jwt.get_unverified_header(token), _decode(token)[0]


def _decode(token: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the claims, and their JSON."""
    options: Options = {
        "verify_signature": False,
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_aud": False,
    }
    with _only_invalid_token_errors():
        claims = jwt.decode(token, algorithms=["HS256"], options=options)
        # NaN and infinities, which Python reads, are no JSON (RFC 8259 §6).
        return claims, compact_json("the payload", claims)


class _AuthToken(HMACAlgorithm):
    """HMAC with an auth token as its key, whatever it looks like.

    PyJWT asks whether a key is short, or looks like one of another algorithm. Here just one algorithm is
    accepted and the account's owner chose no key, so neither question has an answer that would help.
    """

    def prepare_key(self, key: str | bytes) -> bytes:
        return key.encode() if isinstance(key, str) else key

    def check_key_length(self, key: bytes) -> None:
        """Find nothing to say of it, as PyJWT 2.11 and newer ask."""


_JWS = jwt.PyJWS(algorithms=[])
_JWS.register_algorithm("HS256", _AuthToken(HMACAlgorithm.SHA256))


def check_signature(token: bytes, auth_token: str) -> None:
    """Check that the token is signed HS256 with this auth token.

    :raises jwt.InvalidTokenError: if it is not.
    """
    with _only_invalid_token_errors():
        _JWS.decode(token, auth_token, algorithms=["HS256"])
        # RFC 7515 §4.1.11 and RFC 7797 §3: extensions, of which not every release of PyJWT takes notice.
        if {"crit", "b64"} & set(jwt.get_unverified_header(token)):
            raise jwt.InvalidTokenError("the header asks for extensions that no token of TaskRouter uses")


@contextmanager
def _only_invalid_token_errors() -> Generator[None]:
    """Turn what PyJWT lets through, such as a RecursionError of the JSON parser, into what it promises."""
    try:
        yield
    except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise jwt.DecodeError(f"the token cannot be read: {error}") from error


def _leeway_in_seconds(leeway: object) -> float:
    check_type("leeway", leeway, (int, float, timedelta), "seconds or a timedelta")
    seconds = leeway.total_seconds() if isinstance(leeway, timedelta) else cast("float", leeway)
    if not 0 <= seconds <= sys.float_info.max:
        raise ValueError(f"leeway must be finite and not negative, got {shown(leeway)}")
    return seconds


def _time(claims: Mapping[str, Any], name: str) -> float:
    """Return a claim that is a NumericDate (RFC 7519 §2): a number, and not one in a string."""
    if name not in claims:
        raise jwt.MissingRequiredClaimError(name)
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidClaimError(name, f"must be a number, not {shown(value)}")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    if name not in claims:
        raise jwt.MissingRequiredClaimError(name)
    if not isinstance(claims[name], str):
        raise InvalidClaimError(name, f"must be a string, not {shown(claims[name])}")
    return str(claims[name])


def _text_or_none(claims: Mapping[str, Any], name: str) -> str | None:
    return None if claims.get(name) is None else _text(claims, name)


def _access_policy(claims: Mapping[str, Any]) -> AccessPolicy:
    if "policies" not in claims:
        raise jwt.MissingRequiredClaimError("policies")
    if not isinstance(claims["policies"], list):
        raise InvalidClaimError("policies", f"must be a list, not {shown(claims['policies'])}")
    try:
        return AccessPolicy(claims["policies"])
    except (InvalidPolicyError, ConflictingPoliciesError) as error:
        raise InvalidClaimError("policies", f"is not an access policy: {error}") from error


def moment(timestamp: float) -> datetime:
    """Return a Unix time in UTC, or where a ``datetime`` cannot hold it, the last or first that it can."""
    try:
        return datetime.fromtimestamp(timestamp, timezone.utc)
    except (OSError, OverflowError, ValueError):
        last, first = datetime.max.replace(tzinfo=timezone.utc), datetime.min.replace(tzinfo=timezone.utc)
        return last if timestamp > 0 else first
