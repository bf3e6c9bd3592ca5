from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.pastes import ALL
from tests.command_line.samples import KEY, WORKER_URL, body_of, entry_of, har_of, token_of, with_claims
from tests.judges.copied import FORMS
from twilio.task_router.command_line import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.command_line.conftest import Run

TOKEN = token_of()
COMMANDS = [["inspect"], ["check", "GET", WORKER_URL], ["compare", TOKEN]]
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])


CHECK_ALONE = (
    "copy the body of the refused request in the browser's network view, save it in a file, and run check "
    "FILE; or run check METHOD URL TOKEN"
)


class Keyboard(io.TextIOWrapper):
    """Standard input at a terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO())

    def isatty(self) -> bool:
        return True


class TestSource:
    @each_command
    def test_source_is_an_argument(self, command: list[str], run: Run) -> None:
        run(*command, f"'{TOKEN}'")

    @each_command
    def test_source_is_standard_input(self, command: list[str], run: Run) -> None:
        run(*command, "-", stdin=f"'{TOKEN}'\n")

    @each_command
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_source_is_a_file(self, command: list[str], encoding: str, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(f"\u201c{TOKEN}\u201d\r\n", encoding=encoding)
        run(*command, str(file))

    @pytest.mark.parametrize("command", COMMANDS[:2], ids=lambda words: words[0])
    def test_source_needs_no_dash(self, command: list[str], run: Run) -> None:
        run(*command, stdin=TOKEN)

    def test_source_may_be_no_text(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xff\x00")))
        assert "this is not a token" in run("inspect", status=1)

    def test_source_may_have_odd_characters(self, run: Run) -> None:
        assert "this is not a token" in run("inspect", "\ud800", status=1)

    @pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
    def test_source_may_be_a_snippet(self, form: Callable[[str, str], str], run: Run) -> None:
        text = form(
            "https://event-bridge.twilio.com/v1/wschannels/AC1/WK1", body_of("GET", WORKER_URL, TOKEN)
        )
        run("check", text)
        run("inspect", stdin=text)
        run("compare", TOKEN, "-", stdin=text)

    def test_source_of_replay(self, run: Run, tmp_path: Path) -> None:
        body = body_of("GET", WORKER_URL, TOKEN)
        file = tmp_path / "page"
        for text in (body, json.dumps(har_of(entry_of(body))), FORMS["Chrome, fetch"]("https://t/x", body)):
            file.write_text(text)
            for words, stdin in (([text], None), (["-"], text), ([str(file)], None)):
                told = json.loads(run("replay", "--json", *words, stdin=stdin))
                assert [one["url"] for one in told["requests"]] == [WORKER_URL]

    def test_source_gives_inspect_its_token(self, run: Run) -> None:
        claims = json.loads(run("inspect", "--json", body_of("GET", WORKER_URL, with_claims(x=1))))["claims"]
        assert claims["x"] == 1


class TestMissingSource:
    @pytest.mark.parametrize("stdin", [None, Keyboard()])
    @pytest.mark.parametrize(
        ("command", "says"),
        [
            (["inspect"], "a token is missing: inspect TOKEN, inspect FILE, or a token on standard input"),
            (["check", "GET", WORKER_URL], "a token is missing: check BODY, or check METHOD URL TOKEN"),
            (["check"], CHECK_ALONE),
            (["compare", "a.b.c", "-"], "a token is missing: compare OLD NEW"),
            (["replay", "-"], "give a file, or pipe it in: replay FILE.har"),
        ],
    )
    def test_missing_source(
        self,
        command: list[str],
        says: str,
        stdin: Any,
        misuse: Callable[..., str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert misuse(*command) == says


class TestFile:
    @pytest.mark.parametrize("command", [*COMMANDS, ["replay"], ["check"]], ids=lambda words: words[0])
    @pytest.mark.parametrize("name", ["token.txt", "./token", "my/token", r"C:\token", "page.har", "a b/c"])
    def test_file_must_be_there(self, command: list[str], name: str, misuse: Callable[..., str]) -> None:
        assert misuse(*command, name) == f"there is no file {name!r}"

    @pytest.mark.parametrize(
        "text", ["hello", "a.b.c", "eyJ.eyJ", "eyJhbGciOi/x.y.z", "hello there.", "x" * 10_000]
    )
    def test_file_is_not_any_text(self, text: str, run: Run) -> None:
        assert "not" in run("inspect", text, status=1)

    def test_file_may_be_a_folder(self, misuse: Callable[..., str], tmp_path: Path) -> None:
        assert misuse("inspect", str(tmp_path)).endswith(" cannot be read: Is a directory")

    def test_file_may_be_too_long(self, misuse: Callable[..., str], tmp_path: Path) -> None:
        file = tmp_path / "page"
        file.write_text(" " * (1 << 20) + "x")
        says = "a token or a request has at most 1,048,576 bytes, and this has more"
        assert misuse("inspect", str(file)) == f"{says}: if it is a HAR file, run replay on it"

    def test_file_may_be_just_short_enough(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "page"
        file.write_text(TOKEN.ljust(1 << 20))
        run("inspect", str(file))


class TestMisuse:
    @pytest.mark.parametrize("text", ['{"url": "https://t"', "[{", "curl 'x", '{"token": "x'])
    @pytest.mark.parametrize("command", ["inspect", "check", "replay"])
    def test_misuse_is_a_cut_text(self, command: str, text: str, misuse: Callable[..., str]) -> None:
        assert "ends in the middle: many terminals cut a typed line at 1,024" in misuse(command, text)

    @pytest.mark.parametrize("command", ["inspect", "check"])
    def test_misuse_is_one_line(self, command: str, misuse: Callable[..., str]) -> None:
        assert (
            misuse(command, '{"url": 5}') == 'the body of the request must have "url", "method" and "token"'
        )

    def test_misuse_never_repeats_a_token(self, misuse: Callable[..., str]) -> None:
        assert TOKEN[-43:] not in misuse("check", body_of("GET /", WORKER_URL, TOKEN))
        assert TOKEN[-43:] not in misuse("inspect", f"{TOKEN} {token_of(ttl=60)}")

    def test_misuse_is_a_key_beside_a_body(self, misuse: Callable[..., str]) -> None:
        err = misuse("inspect", body_of("GET", WORKER_URL, TOKEN), KEY)
        assert "too many arguments" in err
        assert KEY not in err


class TestPaste:
    """Whatever is pasted, whole or cut off, gets an answer or one sentence."""

    @pytest.mark.parametrize("text", ALL.values(), ids=ALL)
    def test_paste_is_answered(
        self, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for cut in [text, *(text[:end] for end in range(0, len(text), 100))]:
            alike = [["inspect"], ["compare", TOKEN, "-"]] if cut == text else []  # they read as check does
            for words in (["check"], ["replay", "-"], *alike):
                monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(cut.encode())))
                try:
                    status = main([*words, "--json"])
                except SystemExit as caught:
                    assert caught.code == 2  # noqa: PT017 - most of them end well
                    out, err = capsys.readouterr()
                    assert (out, err.count("\n")) == ("", 1)
                else:
                    out, err = capsys.readouterr()
                    assert status in {0, 1}
                    assert (bool(json.loads(out)), err) == (True, "")
                assert TOKEN[-43:] not in out + err
