"""Tokens, real and forged, drawn by hypothesis."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from freezegun import freeze_time
from hypothesis import strategies as st

from tests.fuzz.hostile_json import edited
from tests.fuzz.weighted import weighted
from tests.judges import recorded
from twilio.task_router import (
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "8badf00d0ff1ce15deadbeefcafed00d"
_OTHER_KEY = "8badf00d0ff1ce15deadbeefcafed00e"

#: A token that no command may print, since others have it in their claims.
with freeze_time(recorded.RECORDED):
    PLANTED_TOKEN = TaskRouterWorkerCapability("AC9", _OTHER_KEY, "WS9", "WK9").generate_token()

#: The key and a token as values in JSON: where a forger, or somebody's mistake, may put them.
PLANTED = [
    json.dumps(text)
    for text in (
        KEY,
        f"{KEY}\n",
        f" '{KEY}'",
        f"https://AC123:{KEY}@t/",
        KEY.upper(),
        KEY.encode("utf-16").decode("latin-1"),
        PLANTED_TOKEN,
        PLANTED_TOKEN.replace(".", "%2E"),
        f"https://t/?token={PLANTED_TOKEN}\u2028",
    )
]


class Token(NamedTuple):
    """A token and what is known about how it came about."""

    text: str | bytes
    #: Whether it is as the library or an SDK made it.
    is_real: bool = False


def _minted() -> list[str]:
    workspace = ("AC123", KEY, "WS456")
    older = TaskRouterCapability(*workspace, "WK789")
    older.allow_worker_fetch_attributes()
    older.allow_worker_activity_updates()
    older.allow_task_reservation_updates()
    worker = TaskRouterWorkerCapability(*workspace, "WK789")
    worker.allow_activity_updates()
    worker.allow_reservation_updates()
    worker.deny(f"{worker.base_url}/Tasks/WT1", "POST", {"A": "x"}, {"B": {"required": True, "value": "y"}})
    queue = TaskRouterTaskQueueCapability(*workspace, "WQ789")
    queue.allow_updates()
    whole = TaskRouterWorkspaceCapability(*workspace)
    whole.allow_fetch_subresources()
    whole.allow_delete_subresources()
    with freeze_time(recorded.RECORDED):
        return [capability.generate_token(2 * 10**9) for capability in (older, worker, queue, whole)]


def _json_of(segment: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + "==="))
    return read


_MINTED = _minted()
_RECORDED = [vector["token"] for vector in recorded.load("tokens.json")]
_SEGMENTS = [token.split(".") for token in (*_MINTED, *_RECORDED)]
#: The claims of real tokens.
CLAIMS = [_json_of(claims) for _, claims, _ in _SEGMENTS]
_HEADERS = [
    *(_json_of(header) for header, _, _ in _SEGMENTS[-4:]),
    {"alg": "none"},
    {"alg": "HS512", "typ": "JWT"},
    {"alg": "HS256", "typ": "JWT", "crit": ["b64"], "b64": False},
    {
        "alg": "HS256",
        "typ": "JWT",
        "kid": "1",
        "jku": "https://t",
        "jwk": {"kty": "oct", "k": ""},
        "zip": "DEF",
    },
]


def base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _with_spare_bits(segment: bytes) -> bytes:
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.find(segment[-1:])
    return segment[:-1] + alphabet[last ^ 1 : (last ^ 1) + 1]


# Other ways to write a segment, none of which is allowed.
_OTHER_WAYS = (
    lambda segment: segment + b"=" * (-len(segment) % 4 or 4),
    lambda segment: segment.replace(b"-", b"+").replace(b"_", b"/") + b"+",
    lambda segment: segment + b"\n",
    lambda segment: b" " + segment,
    lambda segment: segment[:7] + b"\xff" + segment[7:],
    _with_spare_bits,
    lambda segment: segment + b"A",
    lambda _: b"",
)


def _signature(data: bytes, key: str = KEY, name: str = "sha256") -> bytes:
    return hmac.digest(key.encode(), data, name)


# What is not the signature.
_OTHER_SIGNATURES = (
    lambda data: _signature(data, _OTHER_KEY),
    lambda data: _signature(data, ""),
    lambda data: _signature(data, name="sha512"),
    lambda data: _signature(data, name="sha512")[:32],
    lambda data: _signature(data.partition(b".")[2]),
    lambda data: _signature(data)[:-1],
    lambda data: _signature(data) + b"\0",
    lambda data: hashlib.sha256(KEY.encode() + data).digest(),
    lambda _: bytes(32),
    lambda _: b"",
)


def _one_in(number: int) -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * (number - 1) + [True])


_EDITED_HEADERS = edited(_HEADERS, most=2)
_OTHERWISE, _NOT_SIGNED = st.sampled_from(_OTHER_WAYS), st.sampled_from(_OTHER_SIGNATURES)
_SOMETIMES, _SELDOM, _RARELY = _one_in(4), _one_in(8), _one_in(16)


@st.composite
def _forged(draw: st.DrawFn, edited_claims: st.SearchStrategy[str]) -> Token:
    """Edit header and claims as JSON. Most are signed with the key, to get past the signature's check."""
    header = draw(_EDITED_HEADERS) if draw(_SOMETIMES) else '{"alg":"HS256","typ":"JWT"}'
    claims = draw(edited_claims)
    # A lone surrogate that is not escaped becomes bytes that are not UTF-8.
    segments = [base64url(text.encode("utf-8", "surrogatepass")) for text in (header, claims)]
    otherwise = draw(st.integers(0, 2)) if draw(_SELDOM) else None
    if otherwise in {0, 1}:
        segments[otherwise] = draw(_OTHERWISE)(segments[otherwise])
    signing_input = b".".join(segments)
    sign = draw(_NOT_SIGNED) if draw(_SOMETIMES) else _signature
    segments.append(base64url(sign(signing_input)))
    if otherwise == 2:
        segments[2] = draw(_OTHERWISE)(segments[2])
    if draw(_RARELY):
        segments.insert(draw(st.integers(0, 3)), draw(st.sampled_from((b"", b"e30", b"." * 1_000))))
    return Token(b".".join(segments))


_SPLICES = st.sampled_from((b"", b".", b"..", b"=", b"\0", b"\xff", b"A" * 70_000)) | st.binary(max_size=8)
_LENGTHS = st.sampled_from((0, 1, 1, 2, 4, 40, 10_000))


@st.composite
def _damaged(draw: st.DrawFn) -> Token:
    """A real token, some of whose bytes change."""
    data = bytearray((_MINTED + _RECORDED)[draw(st.integers(0, 7))].encode())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(_LENGTHS)
        part, kind = bytes(data[start:end]), draw(st.integers(0, 3))
        data[start:end] = {0: part * 2, 1: part[::-1]}.get(kind) or draw(_SPLICES)
    return Token(bytes(data))


def tokens(planted: Sequence[str]) -> st.SearchStrategy[Token]:
    """Return tokens, real and forged.

    :param planted: values, as JSON, that claims have more often than others.
    """
    real = st.sampled_from(_MINTED).map(lambda token: Token(token, is_real=True))
    noise = (st.binary(max_size=60) | st.text(max_size=60)).map(Token)
    forged = _forged(edited(CLAIMS, planted=planted))
    return weighted({forged: 10, _damaged(): 3, real: 1, noise: 1})
