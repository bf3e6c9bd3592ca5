"""The command line on arguments, standard input and environments of all kinds.

It ends with 0, 1 or 2 and no traceback. A message about misuse is one line with a reason, and there is none
if nothing was misused. Nothing that it prints moves the cursor, or shows the auth token or the signature of a
token that was given. (``--json`` leaves words of 32 digits, unless the environment says that they are the
auth token.) What ``--json`` prints is strict JSON. A token is called good only if PyJWT finds its signature
good, and never without an auth token.
"""

from __future__ import annotations

import io
import json
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from unittest import mock

import jwt
from hypothesis import strategies as st

from tests.example import CHANNEL_URL, WORKER_URL, WORKSPACE_URL
from tests.fuzz.forged_tokens import KEY, PLANTED, PLANTED_TOKEN, Token, tokens
from tests.fuzz.hostile_json import strictly_read
from tests.fuzz.weighted import weighted
from twilio.task_router.command_line import main

if TYPE_CHECKING:
    from tests.fuzz.conftest import Fuzz


class Case(NamedTuple):
    """What somebody types, and where."""

    arguments: list[str]
    stdin: bytes
    auth_token: str | None
    encoding: str
    #: The tokens that are given, whole or broken.
    tokens: tuple[Token, ...] = ()
    #: Whether nothing is misused, as far as this knows.
    is_proper: bool = False


#: Arguments after the command, standard input, and whether nothing about them is misuse.
_Typed: TypeAlias = tuple[list[str], bytes, bool]


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


_TOKENS = weighted({tokens([]): 1, tokens(PLANTED): 1})
_GAPS = st.sampled_from(("\n", " ", "\r\n\t", "\u200b", "%0A"))
_BODIES = st.fixed_dictionaries(
    {"url": _URLS, "method": st.sampled_from(("GET", "POST", "delete", "G\x1b", KEY, ""))},
    optional={
        "params": st.dictionaries(st.sampled_from(("A", KEY, "\ud800")), _URLS | st.integers(), max_size=2)
    },
)
_STATUSES = st.sampled_from((200, 200, 403, 401, 0, "403", None))
_COMMANDS = (
    ("inspect",) * 3 + ("check",) * 2 + ("compare",) * 2 + ("replay",) * 2 + ("token", "demo", "x", "")
)


_SELDOM = st.sampled_from((False,) * 5 + (True,))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    command = draw(st.sampled_from(_COMMANDS))
    given = tuple(draw(st.lists(_TOKENS, min_size=2, max_size=2))[: 2 if command == "compare" else 1])
    kind = {"token": _minting, "replay": _replaying, "check": _checking}.get(command, _reading)
    arguments, stdin, is_proper = draw(kind(given))
    arguments.insert(0, command)
    if command not in {"token", "demo"} and draw(st.booleans()):
        arguments.append("--json")
    if draw(_SELDOM):
        arguments.insert(draw(st.integers(0, len(arguments))), draw(_ODD | _broken(given[0])))
        is_proper = False
    auth_token = draw(st.sampled_from((None, KEY, KEY, f"{KEY}\n", KEY.upper())))
    is_proper = is_proper and command in {"inspect", "compare", "replay"} and auth_token != f"{KEY}\n"
    encoding = draw(st.sampled_from(("utf-8", "ascii", "cp1252")))
    return Case(arguments, stdin, auth_token, encoding, given, is_proper)


@st.composite
def _minting(draw: st.DrawFn, _: tuple[Token, ...]) -> _Typed:
    arguments = draw(st.lists(_SIDS, max_size=2)) or ["WS456", "WK789"]
    arguments += draw(st.lists(st.sampled_from(_GRANTS), max_size=3))
    if draw(st.booleans()):
        arguments += ["--ttl", draw(_TTLS)]
    return arguments, b"", False


@st.composite
def _reading(draw: st.DrawFn, given: tuple[Token, ...]) -> _Typed:
    """Draw one token or two, of which the first may come from standard input."""
    is_proper = all(token.is_real for token in given)
    words, stdin = [_as_text(token) for token in given], b""
    if draw(st.booleans()):
        words[:1] = ["-"] * (len(words) > 1)
        stdin = _as_bytes(given[0]) + draw(st.sampled_from((b"", b"\n", b"\r\n")))
    return words, stdin, is_proper


@st.composite
def _checking(draw: st.DrawFn, given: tuple[Token, ...]) -> _Typed:
    arguments = [draw(st.sampled_from(("GET", "post", "DELETE", "G\x1b", KEY))), draw(_URLS)]
    for flag in draw(st.lists(st.sampled_from(("--query", "--form")), max_size=3)):
        arguments += [flag, draw(_PAIRS)]
    words, stdin, _ = draw(_reading(given))
    return arguments + words, stdin, False


@st.composite
def _replaying(draw: st.DrawFn, given: tuple[Token, ...]) -> _Typed:
    har = draw(_hars(given[0]))
    is_cut = draw(_SELDOM)
    return ["-"], har[: draw(st.integers(0, len(har)))] if is_cut else har, not is_cut


@st.composite
def _hars(draw: st.DrawFn, token: Token) -> bytes:
    """Draw what a browser saved: most requests with this token, and some with none that can be read."""
    entries: list[Any] = []
    for body in draw(st.lists(_BODIES, max_size=3)):
        text = json.dumps(body | {"token": _as_text(token)})
        method = draw(st.sampled_from(("POST", "POST", "post", "GET")))
        request: dict[str, Any] = {"method": method, "url": draw(_URLS)}
        if not draw(_SELDOM):
            request["postData"] = {"text": text[: draw(st.sampled_from((None, None, None, -1)))]}
        entries.append({"request": request, "response": {"status": draw(_STATUSES)}})
        if draw(_SELDOM):
            entries.append(
                draw(st.sampled_from((None, [], {}, {"request": []}, {"request": {"method": "POST"}})))
            )
    return json.dumps({"log": {"entries": entries}}, ensure_ascii=draw(st.booleans())).encode(
        "utf-8", "replace"
    )


@st.composite
def _broken(draw: st.DrawFn, token: Token) -> str:
    """Draw a token with a gap, such as one that was copied from two lines."""
    text = _as_text(token)
    place = draw(st.integers(0, len(text)))
    return f"{draw(st.sampled_from(('', '--', 'A=')))}{text[:place]}{draw(_GAPS)}{text[place:]}"


def _as_text(token: Token) -> str:
    return token.text if isinstance(token.text, str) else os.fsdecode(token.text)


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
    _check_secrets(case, result)
    for text in (result.stdout, result.stderr):
        assert "Traceback" not in text
        assert text.replace("\n", "").isprintable()
    if result.status == 2:
        _check_misuse(case, result)
        return
    assert result.stderr == ""
    if "usage: " in result.stdout:
        return
    if "--json" in takewhile("--".__ne__, case.arguments):
        strictly_read(result.stdout)
    if case.arguments[0] == "inspect":
        _check_inspection(case, result)
    elif case.arguments[0] == "check" and result.status == 0:
        assert _may_be_good(case)


def _check_secrets(case: Case, result: Result) -> None:
    written = "".join(f"{result.stdout}{result.stderr}".split()).lower()
    told = "" if case.arguments[0] in {"token", "demo"} else written
    if case.auth_token is not None or "--json" not in case.arguments:
        assert KEY not in written
    assert all(nul.join(KEY) not in written for nul in ("\\x00", "\\u0000", "%00"))
    for text in (PLANTED_TOKEN, *map(_as_text, case.tokens)):
        signature = text.rpartition(".")[2].lower()
        assert len(signature) < 43 or not signature.isprintable() or signature not in told


def _check_misuse(case: Case, result: Result) -> None:
    assert result.stdout == ""
    reason = re.fullmatch(
        r"python -m twilio\.task_router(?: \w+)?: (\S.*) \(--help says more\)\n", result.stderr
    )
    assert reason is not None
    assert len(reason[1]) > 10
    assert not case.is_proper or "nested too deeply for --json" in reason[1], reason[1]


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
        # No word is broken in two, so a line with a long word may be a long one.
        lines = [line for line in result.stdout.splitlines() if max(map(len, line.split()), default=0) <= 40]
        assert case.encoding != "utf-8" or all(len(line) <= 100 for line in lines)
    if result.status == 0:
        assert _may_be_good(case)


def _may_be_good(case: Case) -> bool:
    """Whether the signature is good or, without an auth token, could be for all one can see."""
    if case.auth_token is not None:
        return _is_signed(case)
    return any(map(_looks_signed, _runs(case)))


def _looks_signed(run: str) -> bool:
    try:
        header: dict[str, Any] = jwt.get_unverified_header(run)
    except jwt.InvalidTokenError:
        return False
    return (
        header["alg"] == "HS256" and not {"crit", "b64"} & header.keys() and len(run.rpartition(".")[2]) == 43
    )


def _is_signed(case: Case) -> bool:
    key = case.auth_token
    return key is not None and any(_is_signed_with(key, run) for run in _runs(case))


def _is_signed_with(key: str, run: str) -> bool:
    try:
        jwt.api_jws.PyJWS().decode(run, key, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return False
    return True


def _runs(case: Case) -> set[str]:
    """Return the longest texts that could be tokens: people copy quotes with them, and wrap their lines."""
    runs: set[str] = set()
    for text in (*case.arguments[1:], case.stdin.decode("utf-8", "backslashreplace")):
        for unwrapped in (text, "".join(text.split())):
            runs.update(run.removesuffix(".") for run in re.findall(r"[\w.+/=~-]+", unwrapped))
    runs.update([re.split("[+/=~]", run)[-1] for run in runs])  # after a name, or at the end of a path
    return runs
