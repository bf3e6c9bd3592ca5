"""What is hidden in JSON and text that commands print; tests/command_line/test_secrets.py runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.samples import DIGITS, WORKSPACE_URL, body_of, entry_of, har_of, token_of
from twilio.task_router.diagnosis.hidden import can_be_pasted, hidden, hidden_in_json

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line.conftest import Run

TOKEN = token_of()
ODD = ["\udcff", "\ud800"]


def through_json(value: Any) -> Any:
    return json.loads(hidden_in_json(json.dumps(value, indent=2)))


class TestText:
    def test_text_hides_32_digits(self) -> None:
        assert hidden(DIGITS) == "(32 hexadecimal digits, not shown)"

    def test_text_hides_the_auth_token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", " An+Odd(Key\n")
        assert hidden("xAN+ODD(KEYx") == "x(the auth token, not shown)x"

    def test_text_without_an_auth_token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for auth_token in ("", " ", "seven 7"):
            monkeypatch.setenv("TWILIO_AUTH_TOKEN", auth_token)
            assert hidden("as seven 7 were") == "as seven 7 were"


class TestJson:
    def test_json_leaves_32_digits(self) -> None:
        assert through_json({DIGITS: [DIGITS]}) == {DIGITS: [DIGITS]}

    @pytest.mark.parametrize(
        "text", ['"', "\\", "\\u0041", "\u2028", "\U0001f600", '\\"', "é\n", ""], ids=ascii
    )
    def test_json_leaves_escapes(self, text: str) -> None:
        assert through_json({text: [text, 1, None]}) == {text: [text, 1, None]}
        assert through_json({f"{text}{TOKEN}": 1}) == {f"{text}(a token, not shown)": 1}

    def test_json_hides_the_auth_token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", 'a "quoted" key')
        assert through_json(['(a "Quoted" key)']) == ["((the auth token, not shown))"]

    def test_json_has_no_lone_surrogate(self) -> None:
        assert through_json({"\ud800": "x\udc80\U0001f600"}) == {"\\ud800": "x\\udc80\U0001f600"}

    def test_json_takes_linear_work(self) -> None:
        """With a step for each pair of characters, this would take an hour."""
        value = ["\\" * 500_000, '"' * 500_000, "eyJ " * 250_000]
        assert through_json(value) == value


class TestPaste:
    @pytest.mark.parametrize("text", ["", f"https://t/WS{DIGITS}", "é"])
    def test_text_can_be_pasted(self, text: str) -> None:
        assert can_be_pasted(text)

    @pytest.mark.parametrize("text", [TOKEN, f"https://t/{DIGITS}", "\udcff", "x\ud800"], ids=ascii)
    def test_text_cannot_be_pasted(self, text: str) -> None:
        assert not can_be_pasted(text)


class TestOddText:
    """A byte that is not UTF-8, or half a surrogate pair, is answered as the rules say."""

    @pytest.mark.parametrize("odd", ODD, ids=ascii)
    def test_odd_text_in_a_url(self, odd: str, run: Run) -> None:
        assert run("check", "GET", f"/Tasks/{odd}", token_of()).startswith("✓ allowed by the rules")

    @pytest.mark.parametrize(
        "words", [("/Queues/{}",), ("/Queues", "--form", "{}=x"), ("/Queues/{}", "--query", "A={}")]
    )
    @pytest.mark.parametrize("odd", ODD, ids=ascii)
    def test_odd_text_is_in_no_rule(self, odd: str, words: tuple[str, ...], run: Run) -> None:
        arguments = "POST", *(word.format(odd) for word in words), token_of()
        assert "capability.allow(" not in run("check", *arguments, status=1)
        assert '": "POST"' not in run("check", "--json", *arguments, status=1)

    def test_odd_text_in_a_body(self, run: Run) -> None:
        body = body_of("GET", f"{WORKSPACE_URL}/Queues/\ud800", token_of(), A="\udc00")
        assert "No policy rule allows GET on /Queues/\\ud800" in run("check", body, status=1)

    def test_odd_text_in_a_recording(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        bodies = [body_of("GET", f"{WORKSPACE_URL}/Tasks/{odd}", token_of()) for odd in ("\ud800", "x")]
        file.write_text(json.dumps(har_of(*map(entry_of, bodies))), encoding="utf-8")
        told = json.loads(run("replay", "--json", str(file)))
        assert [request["url"].rpartition("/")[2] for request in told["requests"]] == ["\\ud800", "x"]
