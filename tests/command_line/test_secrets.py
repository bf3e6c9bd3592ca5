"""No command but ``token`` and ``demo`` prints a token, and none prints an auth token."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.command_line.samples import (
    KEY,
    WORKER_URL,
    WORKSPACE_URL,
    body_of,
    capability_of,
    entry_of,
    har_of,
    token_of,
    with_claims,
)
from twilio.task_router.command_line import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.command_line.conftest import Run

ANOTHER = with_claims(exp=4_102_444_800)
SIGNATURE = ANOTHER.rpartition(".")[2]
SECRETS = {"token": ANOTHER, "auth token": KEY, "auth token in upper case": KEY.upper()}
API_SECRET = "SomeKeysSecretOfNoDigits"

JSON = pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])


@pytest.fixture(params=list(SECRETS.values()), ids=list(SECRETS))
def secret(request: pytest.FixtureRequest) -> str:
    text: str = request.param
    return text


def planted(secret: str) -> str:
    """A token with a secret wherever it is shown."""
    rule = {
        "url": f"{WORKER_URL}/{secret}",
        "method": "POST",
        "allow": True,
        "query_filter": {},
        "post_filter": {secret: {"required": True}, "A": {"required": True, "value": secret}},
    }
    return with_claims(
        policies=[*capability_of().policies, rule],
        friendly_name=secret,
        version=f"'{secret}'",
        other=[{secret: 1}],
    )


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command prints, to standard output and standard error, with no secret in it."""

    def printed(*arguments: str) -> str:
        with contextlib.suppress(SystemExit):
            main(arguments)
        out = "".join(capsys.readouterr())
        joined = "".join(out.split())
        assert SIGNATURE[-12:] not in joined
        assert KEY not in joined.lower()
        if "--json" in arguments:
            json.loads(out)
        return out

    return printed


@JSON
class TestSecret:
    def test_inspect_shows_no_secret(
        self, options: tuple[str, ...], secret: str, printed: Callable[..., str]
    ) -> None:
        assert "not shown)" in printed("inspect", planted(secret), *options)

    @pytest.mark.parametrize("asked", ["{} --form A=x", "x --form A={}", "x --form {}=x", "x --query {}={}"])
    def test_check_shows_no_secret(
        self, asked: str, options: tuple[str, ...], secret: str, printed: Callable[..., str]
    ) -> None:
        words = (word.replace("{}", secret) for word in f"{WORKER_URL}/{asked}".split())
        printed("check", "POST", *words, *options, planted(secret))

    @pytest.mark.parametrize("asked", ["{} --form A=x", "x --form {}=x"])
    def test_secret_is_in_no_rule(
        self, asked: str, options: tuple[str, ...], secret: str, printed: Callable[..., str]
    ) -> None:
        words = (word.replace("{}", secret) for word in f"{WORKSPACE_URL}/Tasks/{asked}".split())
        out = printed("check", "POST", *words, *options, token_of())
        assert json.loads(out)["rule"] is None if options else "capability.allow(" not in out

    def test_compare_shows_no_secret(
        self, options: tuple[str, ...], secret: str, printed: Callable[..., str]
    ) -> None:
        printed("compare", planted(secret), token_of(), *options)
        printed("compare", with_claims(channel=secret), token_of(), *options)

    @pytest.mark.parametrize(("path", "params"), [("/{}", {}), ("", {"A": "{}"}), ("", {"{}": "x"})])
    def test_replay_shows_no_secret(
        self,
        path: str,
        params: dict[str, str],
        options: tuple[str, ...],
        secret: str,
        tmp_path: Path,
        printed: Callable[..., str],
    ) -> None:
        file = tmp_path / "page.har"
        given = {name.format(secret): value.format(secret) for name, value in params.items()}
        body = body_of("POST", f"{WORKER_URL}{path.format(secret)}", planted(secret), **given)
        file.write_text(json.dumps(har_of(entry_of(body, status=403))), encoding="utf-8")
        printed("replay", str(file), *options)


class TestBrokenToken:
    """The rest of it, after a newline or a space, is not shown either."""

    @pytest.mark.parametrize("gap", ["\n", " "], ids=["newline", "space"])
    @pytest.mark.parametrize(
        "before",
        [
            [],
            ["demo"],
            ["replay"],
            ["replay", "x"],
            ["token"],
            ["token", "WS456"],
            ["token", "WS456", "WK789", "--ttl"],
            ["check", "GET", "https://t", "--form"],
            ["inspect", "--x"],
        ],
        ids=" ".join,
    )
    def test_broken_token_is_not_shown(
        self, before: list[str], gap: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for place in range(1, len(ANOTHER), 7):
            *start, last = [*before, ""]
            with pytest.raises(SystemExit):
                main([*start, f"{last}{ANOTHER[:place]}{gap}{ANOTHER[place:]}"])
            err = "".join(capsys.readouterr())
            assert SIGNATURE[-8:] not in err
            assert SIGNATURE[:8] not in err

    @pytest.mark.parametrize(
        "before",
        [["demo"], ["token"], ["token", "WS456"], ["token", "WS456", "--ttl"]],
        ids=" ".join,
    )
    @pytest.mark.parametrize("start", ["", "-"], ids=["a word", "an option"])
    def test_token_of_several_words(self, start: str, before: list[str], misuse: Callable[..., str]) -> None:
        for length in (12, 30, 42, 43):
            rest = f"{start}{SIGNATURE[-length + len(start) :]}"
            err = misuse(*before, ANOTHER[:-length], rest)
            assert SIGNATURE[-8:] not in err
            assert "not shown)" in err

    def test_whole_token_hides_no_more(self, misuse: Callable[..., str]) -> None:
        assert misuse("inspect", ANOTHER, "--frobnicate").endswith("unrecognized arguments: --frobnicate")


class TestAuthToken:
    """Another kind of key, by mistake."""

    def test_auth_token_is_hidden(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", API_SECRET)
        for options in ((), ("--json",)):
            out = run("inspect", with_claims(friendly_name=f"-{API_SECRET}-"), *options, status=1)
            assert "(the auth token, not shown)-" in out

    def test_auth_token_is_in_no_rule(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        arguments = "check", "--json", "GET", f"{WORKSPACE_URL}/Events/{API_SECRET}", token_of()
        assert json.loads(run(*arguments, status=1))["missing_rule"] is not None
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", API_SECRET)
        assert json.loads(run(*arguments, status=1))["missing_rule"] is None

    def test_seven_characters(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "expires")
        assert "Expires" in run("inspect", token_of(), status=1)


@pytest.mark.parametrize("command", [["demo"], ["token", "WS456", "WK789"]], ids=" ".join)
def test_a_token_is_printed_by(command: list[str], run: Run) -> None:
    assert "eyJ" in run(*command)


def test_a_long_option_takes_linear_work(misuse: Callable[..., str]) -> None:
    """With a step for each pair of characters, this would take an hour."""
    assert misuse("inspect", "x", f"--{'a' * 1_000_000}").startswith("unrecognized arguments: --aaa")
