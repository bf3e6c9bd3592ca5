"""``verify_token`` on tokens, real and forged.

It returns a ``VerifiedToken`` or raises ``jwt.InvalidTokenError``, and nothing else. If it returns, PyJWT
finds the same claims and a good signature, and the claims are TaskRouter's and in force. Real tokens are
good. No error shows the key, and ``str`` and ``bytes`` make no difference.
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import jwt

from tests.fuzz.forged_tokens import KEY, PLANTED, Token, base64url, tokens
from tests.fuzz.hostile_json import strictly_read
from twilio.task_router import VerifiedToken, verify_token

if TYPE_CHECKING:
    from tests.fuzz.conftest import Fuzz

_SIGNATURE_ONLY: Any = dict.fromkeys(
    [f"verify_{claim}" for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")], False
)


def test_fuzz_verify_token(fuzz: Fuzz) -> None:
    fuzz(check, tokens(PLANTED))


def check(token: Token) -> None:
    outcome = _outcome(token.text)
    if isinstance(outcome, VerifiedToken):
        _check_verified(outcome, token.text)
    else:
        assert not token.is_real
        _check_messages(outcome)
    if isinstance(token.text, bytes) and token.text.isascii():
        assert _kind(_outcome(token.text.decode())) == _kind(outcome)


def _outcome(token: str | bytes) -> VerifiedToken | jwt.InvalidTokenError:
    try:
        return verify_token(token, KEY)
    except jwt.InvalidTokenError as error:
        return error


def _kind(outcome: VerifiedToken | jwt.InvalidTokenError) -> tuple[type, str]:
    return type(outcome), repr(outcome) if isinstance(outcome, VerifiedToken) else str(outcome)


def _check_verified(verified: VerifiedToken, token: str | bytes) -> None:
    claims = verified.claims
    written = token if isinstance(token, str) else token.decode()
    segments = [base64.urlsafe_b64decode(segment + "===") for segment in written.split(".")]
    assert b".".join(map(base64url, segments)).decode() == written
    header, payload, _ = segments
    assert claims == strictly_read(payload)
    assert not {"crit", "b64"} & strictly_read(header).keys()
    assert claims == jwt.decode(written, KEY, algorithms=["HS256"], options=_SIGNATURE_ONLY)
    assert claims["exp"] > time.time() - 60
    assert claims.get("nbf", 0) < time.time() + 60
    assert claims["iss"] == claims["account_sid"] == verified.account_sid
    assert len(verified.access_policy.rules) == len(claims["policies"])
    for name in ("workspace_sid", "channel"):
        assert getattr(verified, name) == claims[name]
    for name in ("worker_sid", "taskqueue_sid", "friendly_name", "version"):
        assert getattr(verified, name) == claims.get(name)


def _check_messages(error: BaseException | None) -> None:
    while error is not None:
        assert KEY not in str(error).lower()
        error = error.__cause__ or error.__context__
