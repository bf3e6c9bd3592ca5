"""The command line on arguments, standard input and environments of all kinds.

It ends with 0, 1 or 2 and no traceback. A message about misuse is one line. Nothing that it prints moves the
cursor, or shows the auth token. (If a claim of the token holds it, ``inspect`` shows the claim, but no
message does.) What ``--json`` prints is strict JSON. A token is called good only if PyJWT finds its signature
good, and never without an auth token.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import jwt
from hypothesis import strategies as st

from tests.example import CHANNEL_URL, WORKER_URL, WORKSPACE_URL
from tests.fuzz.forged_tokens import KEY, PLANTED, Token, tokens
from tests.fuzz.hostile_json import strictly_read
from twilio.task_router.command_line import main

if TYPE_CHECKING:
    from tests.fuzz.conftest import Fuzz


class Case(NamedTuple):
    """What somebody types, and where."""

    arguments: list[str]
    stdin: bytes
    auth_token: str | None
    encoding: str
    #: Whether a claim may hold the auth token.
    is_planted: bool


class Result(NamedTuple):
    """What came of it."""

    status: object
    stdout: str
    stderr: str


_URLS = st.sampled_from(
    (
        WORKER_URL,
        f"{WORKSPACE_URL}/Tasks/WT1/Reservations?x=%ff",
        CHANNEL_URL,
        f"https://AC123:{KEY}@taskrouter.twilio.com",
        "://\x1b[31m",
        "://\ud800",
        "x",
        "",
    )
)
_PAIRS = st.sampled_from(
    ("ActivitySid=WA1", "A=", "=", "A", f"A={KEY}", KEY, "A=\ud800", "A=\x1b[2J", "A=" + "x" * 999)
)
_SIDS = st.sampled_from(
    (
        "WS456",
        "WK789",
        "WQ789",
        "WS",
        "WK1\n",
        " WK1",
        KEY,
        f"{KEY}\n",
        f"'{KEY}'",
        "WK" + "1" * 999,
        "-1",
        "W\x1b",
        "",
    )
)
_TTLS = st.sampled_from(("0", "-1", "60", "1e3", "9" * 30, "9" * 5_000, "NaN", KEY, "\u0663", "1_0", ""))
_GRANTS = (
    "--with-reservations",
    "--fetch-attributes",
    "--activity-updates",
    "--delete",
    "--updates-subresources",
)
_ODD = (
    st.sampled_from(
        ("--", "-", "-h", "--help", "--json", "--q", "--ttl", f"--{KEY}", f"--ttl={KEY}", "@x", "\ud800", KEY)
    )
    | _SIDS
    | _PAIRS
    | st.text(max_size=6)
)


_TOKENS, _PLANTED_TOKENS = tokens([]), tokens(PLANTED)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    is_planted = draw(st.booleans())
    token = draw(_PLANTED_TOKENS if is_planted else _TOKENS)
    command = draw(
        st.sampled_from(("inspect", "inspect", "inspect", "check", "check", "token", "demo", "x", ""))
    )
    arguments = [command]
    if command == "token":
        arguments += draw(st.lists(_SIDS, max_size=2)) or ["WS456", "WK789"]
        arguments += draw(st.lists(st.sampled_from(_GRANTS), max_size=3))
        if draw(st.booleans()):
            arguments += ["--ttl", draw(_TTLS)]
    if command == "check":
        arguments += [draw(st.sampled_from(("GET", "post", "DELETE", "G\x1b", KEY))), draw(_URLS)]
        for flag in draw(st.lists(st.sampled_from(("--query", "--form")), max_size=3)):
            arguments += [flag, draw(_PAIRS)]
    if command == "inspect" and draw(st.booleans()):
        arguments.append("--json")
    stdin = b""
    if command in {"inspect", "check"}:
        if draw(st.booleans()):
            arguments.append(token.text if isinstance(token.text, str) else os.fsdecode(token.text))
        else:
            stdin = _as_bytes(token) + draw(st.sampled_from((b"", b"\n", b"\r\n")))
    for _ in range(draw(st.integers(0, 5)) // 4):
        arguments.insert(draw(st.integers(0, len(arguments))), draw(_ODD))
    return Case(
        arguments,
        stdin,
        draw(st.sampled_from((None, KEY, KEY, f"{KEY}\n", KEY.upper()))),
        draw(st.sampled_from(("utf-8", "ascii", "cp1252"))),
        is_planted,
    )


def _as_bytes(token: Token) -> bytes:
    return token.text.encode("utf-8", "surrogatepass") if isinstance(token.text, str) else token.text


def test_fuzz_command_line(fuzz: Fuzz) -> None:
    fuzz(check, cases())


def run(case: Case) -> Result:
    stdin = io.TextIOWrapper(io.BytesIO(case.stdin), case.encoding)
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), case.encoding, newline="") for _ in range(2))
    environment = {"TWILIO_ACCOUNT_SID": "AC123", "COLUMNS": "80"}
    if case.auth_token is not None:
        environment["TWILIO_AUTH_TOKEN"] = case.auth_token
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch("sys.stdin", stdin),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        status: object
        try:
            status = main(case.arguments)
        except SystemExit as stop:
            status = stop.code or 0
        stdout.flush()
        stderr.flush()
    return Result(status, *(_written(stream) for stream in (stdout, stderr)))


def _written(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(stream.encoding)


def check(case: Case) -> None:
    result = run(case)
    assert result.status in (0, 1, 2)
    for text in (result.stdout, result.stderr):
        assert "Traceback" not in text
        assert text.replace("\n", "").isprintable()
    assert KEY not in result.stderr.lower()
    if not case.is_planted:
        assert KEY not in result.stdout.lower()
    if result.status == 2:
        assert result.stdout == ""
        assert result.stderr.endswith(" (--help says more)\n")
        assert result.stderr.count("\n") == 1
        return
    if "usage: " in result.stdout:
        return
    if case.arguments[0] == "inspect":
        _check_inspection(case, result)
    elif case.arguments[0] == "check" and result.status == 0:
        assert _may_be_good(case)


def _check_inspection(case: Case, result: Result) -> None:
    if "--json" in takewhile("--".__ne__, case.arguments):
        shown = strictly_read(result.stdout)
        messages = [*shown["reasons"], *(call["reason"] for call in shown["worker_js"].values())]
        assert KEY not in json.dumps(messages).lower()
        assert (result.status == 0) is (shown["good"] is not False)
        assert shown["good"] is not True or shown["signature"] == "good"
        assert shown["signature"] != "good" or _is_signed(case)
        assert shown["good"] is not None or case.auth_token is None
    else:
        assert case.encoding != "utf-8" or all(len(line) <= 100 for line in result.stdout.splitlines())
    if result.status == 0:
        assert _may_be_good(case)


def _may_be_good(case: Case) -> bool:
    """Whether the signature is good or, without an auth token, could be for all one can see."""
    if case.auth_token is not None:
        return _is_signed(case)
    token = _token(case)
    header: dict[str, Any] = jwt.get_unverified_header(token)
    return (
        header["alg"] == "HS256"
        and not {"crit", "b64"} & header.keys()
        and len(token.rpartition(".")[2]) == 43
    )


def _is_signed(case: Case) -> bool:
    try:
        jwt.api_jws.PyJWS().decode(_token(case), case.auth_token or "", algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return False
    return case.auth_token is not None


def _token(case: Case) -> str:
    return case.stdin.decode().strip() or next(
        word for word in case.arguments[1:] if word.count(".") == 2 and "/" not in word
    )
