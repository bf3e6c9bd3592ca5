from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import runpy
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import twilio.task_router
from tests.command_line.samples import WORKER_URL, body_of, entry_of, har_of, token_of, with_claims
from twilio.task_router.command_line import _COMMANDS, _parse, main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Run

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-W", "error", "-m", "twilio.task_router"]
SHARED = ("__init__", "taskrouter_config", "workflow_config", "workflow_rule", "workflow_ruletarget")
LOOKS_LIKE_AN_AUTH_TOKEN = "0123456789abcdef" * 2


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a module imports, also inside of functions, but for those that only types need."""
    package = ".".join(path.relative_to(ROOT).parts[:-1])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(filter(None, [above, node.module]))
            for alias in node.names:
                is_module = (ROOT / module.replace(".", "/") / f"{alias.name}.py").exists()
                yield f"{module}.{alias.name}" if is_module else module


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("upgraded")
    folder = root / "twilio" / "task_router"
    shutil.copytree(ROOT / "twilio" / "task_router", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SHARED:
        (folder / f"{name}.py").unlink()
    return root


class TestHelp:
    def test_help_without_a_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            main([])
        assert caught.value.code == 2
        out, err = capsys.readouterr()
        assert err == ""
        assert all(f"    {command} " in out for command in ("demo", "token", "inspect", "check", "replay"))

    @pytest.mark.parametrize(
        ("command", "usage", "description"),
        [
            (
                "",
                "[-h] [--version] COMMAND ...",
                "Capability tokens for Twilio TaskRouter's Worker.js: make one, see what",
            ),
            ("demo", "[-h]", "Show an example's token and its contents."),
            ("token", "WORKSPACE_SID [CHANNEL_SID] [options]", "Print a token for a worker (WK...)"),
            ("inspect", "[TOKEN] [--json]", "Show whether a token is good"),
            ("check", "[BODY] [--json]", "Say whether a token permits a request, and why."),
            ("compare", "OLD NEW [--no-new] [--json]", "Compare the permissions of two tokens, exactly."),
            ("replay", "FILE.har [--json]", "Go through every request to the event bridge in a HAR file"),
        ],
    )
    def test_help_is_printed_if_asked(
        self, command: str, usage: str, description: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            main([*command.split(), "--help"])
        assert caught.value.code == 0
        out = " ".join(capsys.readouterr().out.split())
        assert out.startswith(" ".join(["usage: python -m twilio.task_router", *command.split(), usage]))
        assert description in out

    @pytest.mark.parametrize(
        ("program", "name"),
        [
            ("/usr/bin/twilio-task-router", "twilio-task-router"),
            ("twilio-task-router.exe", "twilio-task-router"),
            ("/x/twilio/task_router/__main__.py", "python -m twilio.task_router"),
        ],
    )
    def test_help_names_the_program(
        self, program: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "argv", [program])
        with pytest.raises(SystemExit):
            main()
        assert capsys.readouterr().out.startswith(f"usage: {name} [-h]")


class TestVersion:
    @pytest.mark.parametrize("words", [["--version"], ["--version", "inspect"]])
    def test_version_is_printed(
        self, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(metadata, "version", {"twilio-task-router": "1.2.3"}.__getitem__)
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 0
        assert capsys.readouterr() == ("twilio-task-router 1.2.3\n", "")

    def test_version_may_be_unknown(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def missing(name: str) -> str:
            raise metadata.PackageNotFoundError(name)

        monkeypatch.setattr(metadata, "version", missing)
        with pytest.raises(SystemExit):
            main(["--version"])
        assert capsys.readouterr().out == "twilio-task-router (not installed)\n"


class TestUpgrade:
    """An upgrade that removes twilio-python 5 removes the files whose names both packages have."""

    CURE = "pip install --force-reinstall --no-deps twilio-task-router"

    @pytest.mark.parametrize("command", ["", "--help", "--version", *_COMMANDS, "dance"])
    def test_upgrade_is_told_by_each_command(self, command: str, upgraded: Path) -> None:
        # -S leaves out an installed copy of the package, which is whole.
        program = [sys.executable, "-S", *COMMAND[1:], *command.split()]
        done = subprocess.run(program, cwd=upgraded, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "python -m twilio.task_router: an upgrade of twilio has removed files of this package, which "
            f"twilio 5 had too. This puts them back: {self.CURE}\n"
        )

    def test_upgrade_is_told_by_the_script(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delattr(twilio.task_router, "__file__")
        monkeypatch.setattr(sys, "argv", ["/usr/bin/twilio-task-router", "demo"])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("twilio-task-router: an upgrade of twilio has removed files")

    def test_upgrade_removes_no_import(self) -> None:
        """Neither the names of the package itself nor the modules that twilio-python 5 had."""
        imported = {
            (path.name, name)
            for path in (ROOT / "twilio" / "task_router").rglob("*.py")
            if path.stem not in SHARED or path.parent.name != "task_router"
            for name in imports_of(path)
        }
        assert ("inspection.py", "twilio.task_router.tokens") in imported
        shared = {"twilio.task_router", *(f"twilio.task_router.{name}" for name in SHARED)}
        assert [pair for pair in imported if pair[1] in shared] == []


class TestMisuse:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["dance"], "'dance'"),
            (["inspect", "x", "--frob"], "unrecognized arguments: --frob"),
            (["token", "WS456", "WK789", "--tt\nl"], "--tt l"),
            (["token", "WS456", "--ttl"], "--ttl"),
        ],
    )
    def test_misuse_is_one_line_and_status_2(
        self, arguments: list[str], says: str, misuse: Callable[..., str]
    ) -> None:
        assert says in misuse(*arguments)

    @pytest.mark.parametrize(
        ("word", "shown"),
        [
            ("x" * 371, "x" * 371),
            ("x" * 372, f"{'x' * 371}..."),
        ],
    )
    def test_misuse_is_shortened(self, word: str, shown: str, misuse: Callable[..., str]) -> None:
        assert misuse("demo", word) == f"demo takes no arguments, got {shown}"

    @pytest.mark.parametrize(
        "arguments",
        [
            ["token", "WS456", LOOKS_LIKE_AN_AUTH_TOKEN],
            ["token", LOOKS_LIKE_AN_AUTH_TOKEN],
            ["token", "WS456", "WK789", LOOKS_LIKE_AN_AUTH_TOKEN],
            ["token", "WS456", "WK789", "--ttl", LOOKS_LIKE_AN_AUTH_TOKEN],
            ["token", "WS456", "WK789", "--ttl", f"{LOOKS_LIKE_AN_AUTH_TOKEN}\n"],
            ["token", "WS456", "WK789", f"--{LOOKS_LIKE_AN_AUTH_TOKEN}"],
            ["demo", LOOKS_LIKE_AN_AUTH_TOKEN],
            ["check", "GET", "https://t", "--form", LOOKS_LIKE_AN_AUTH_TOKEN, "x"],
            ["check", "GET", LOOKS_LIKE_AN_AUTH_TOKEN, "x"],
            ["replay", f"{LOOKS_LIKE_AN_AUTH_TOKEN}.har"],
            [LOOKS_LIKE_AN_AUTH_TOKEN],
        ],
    )
    def test_misuse_masks_auth_tokens(self, arguments: list[str], misuse: Callable[..., str]) -> None:
        err = misuse(*arguments)
        assert LOOKS_LIKE_AN_AUTH_TOKEN not in err
        assert "32 hexadecimal digits, not shown" in err

    @pytest.mark.parametrize(
        "arguments",
        [
            ["inspect", "x", LOOKS_LIKE_AN_AUTH_TOKEN],
            ["check", LOOKS_LIKE_AN_AUTH_TOKEN, "https://t", "x"],
            ["replay", "x", LOOKS_LIKE_AN_AUTH_TOKEN],
        ],
    )
    def test_misuse_hides_auth_tokens(self, arguments: list[str], misuse: Callable[..., str]) -> None:
        assert LOOKS_LIKE_AN_AUTH_TOKEN not in misuse(*arguments)

    @pytest.mark.parametrize(
        "before",
        [
            [],
            ["demo"],
            ["token"],
            ["token", "WS456"],
            ["token", "WS456", "WK789", "--ttl"],
            ["inspect", "x"],
            ["check"],
            ["check", "GET"],
            ["check", "GET", "https://t", "--form"],
            ["replay"],
            ["replay", "x"],
        ],
    )
    @pytest.mark.parametrize("start", ["", "Bearer ", "--"])
    def test_misuse_never_repeats_a_token(
        self, before: list[str], start: str, misuse: Callable[..., str]
    ) -> None:
        token = token_of()
        after = ["GET", "x"] if before == ["check"] else ["x"] if before == ["check", "GET"] else []
        err = misuse(*before, f"{start}{token}", *after)
        assert not [part for part in token.split(".") if part in err or part[-20:] in err]

    def test_misuse_hides_a_token(self, misuse: Callable[..., str]) -> None:
        assert misuse("demo", token_of()) == "demo takes no arguments, got (a token, not shown)"

    def test_misuse_hides_long_headers(self, misuse: Callable[..., str]) -> None:
        header = "eyJ" + "hbGciOiJIUzI1NiIs" * 20
        err = misuse("token", "WS456", f"{header}.{token_of().partition('.')[2]}")
        assert token_of().rpartition(".")[2][-20:] not in err

    def test_misuse_shows_no_traceback(self) -> None:
        done = subprocess.run([*COMMAND, "token", "x", "y"], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr


class TestFile:
    def read_in_ascii(self, *arguments: str) -> Any:
        """What a command reads from files where text is ASCII if nothing else is said."""
        done = subprocess.run(
            [*COMMAND, *arguments, "--json"],
            cwd=ROOT,
            env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            capture_output=True,
            check=True,
        )
        return json.loads(done.stdout)

    def test_file_of_a_token_in_locales(self, tmp_path: Path) -> None:
        file = tmp_path / "token.txt"
        file.write_text(token_of(), encoding="utf-8-sig")
        assert self.read_in_ascii("compare", str(file), str(file))["same"] is True

    def test_file_of_a_har_in_locales(self, tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        har = json.dumps(har_of(entry_of(body_of("GET", WORKER_URL, token_of(), FriendlyName="(name)"))))
        file.write_text(har.replace("(name)", "Zoë ☎"), encoding="utf-8")
        (request,) = self.read_in_ascii("replay", str(file))["requests"]
        assert request["params"] == {"FriendlyName": "Zoë ☎"}


class TestOutput:
    def test_output_is_redirected(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main(["token", "WS456", "WK789"]) == 0
        assert out.getvalue().count(".") == 2

    def test_layout_is_redirected(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main(["inspect", token_of()]) == 0
        assert out.getvalue().startswith("✓ good")

    def test_no_standard_output(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdout", None)
        with pytest.raises(SystemExit) as caught:
            main(["demo"])
        assert caught.value.code == 2
        assert "there is no standard output" in capsys.readouterr().err

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    @pytest.mark.parametrize("command", [["demo"], ["inspect", "x"]])
    def test_output_on_a_full_disk(
        self, command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Path("/dev/full").open("w") as full:
            monkeypatch.setattr(sys, "stdout", full)
            with pytest.raises(SystemExit) as caught:
                main(command)
        assert caught.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1

    def test_output_may_be_broken_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("twilio.task_router.command_line.inspect.inspect_token", interrupt)
        assert main(["inspect", "x"]) == 130

    @pytest.mark.parametrize("arguments", [["demo"], ["inspect", "x"]])
    @pytest.mark.parametrize("environment", [{}, {"LANG": "C.UTF-8", "TERM": "xterm"}])
    def test_closed_pipe_is_quiet(self, arguments: list[str], environment: dict[str, str]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]} | environment,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writer)
        assert done.stderr == b""
        assert done.returncode == 141

    def test_closed_pipe_in_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as closed_pipe:
            monkeypatch.setattr(sys, "stdout", closed_pipe)
            assert main(["token", "WS456", "WK789"]) == 141

    def test_closed_pipe_of_rich(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as closed_pipe:
            monkeypatch.setattr(sys, "stdout", closed_pipe)
            assert main(["inspect", "x"]) == 141

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
    def test_output_without_utf_8(self, encoding: str) -> None:
        done = subprocess.run(
            [*COMMAND, "inspect", with_claims(friendly_name="Zoë ☎")],
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        )
        assert done.stdout.startswith(b"+ good")
        assert b"\n  - needs " in done.stdout
        assert b"\\u260e" in done.stdout

    def test_output_in_ascii_has_other_marks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal = io.TextIOWrapper(io.BytesIO(), "ascii")
        monkeypatch.setattr(sys, "stdout", terminal)
        assert main(["inspect", token_of()]) == 0
        written = terminal.buffer.getvalue()
        assert written.startswith(b"+ good; expires in 1 hour")
        assert b"\n  - needs " in written

    @pytest.mark.usefixtures("without_key")
    def test_output_in_ascii_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal = io.TextIOWrapper(io.BytesIO(), "ascii")
        monkeypatch.setattr(sys, "stdout", terminal)
        assert main(["inspect", token_of()]) == 0
        assert terminal.buffer.getvalue().startswith(b"? signature not checked")


class TestColour:
    def coloured(self, *arguments: str) -> bytes:
        """What a terminal gets."""
        pty = pytest.importorskip("pty", reason="this system has no pseudoterminals")
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=ROOT, stdout=follower, env=os.environ | {"TERM": "xterm-256color"}
        )
        os.close(follower)
        out = b""
        with contextlib.suppress(OSError):  # how Linux says that nobody holds the other end
            while part := os.read(leader, 4096):
                out += part
        os.close(leader)
        process.wait()
        return out

    def test_colour_on_a_terminal(self) -> None:
        out = self.coloured("inspect", token_of())
        assert out.startswith("\x1b[32m✓ good; expires in 1 hour\x1b[0m".encode())
        assert "\x1b[31m  ✗ needs ".encode() in out

    def test_colour_with_no_color(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NO_COLOR", "1")
        out = self.coloured("inspect", token_of())
        assert out.startswith("✓ good; expires in 1 hour\r\n".encode())
        assert b"\x1b[3" not in out

    @pytest.mark.parametrize(
        "arguments",
        [["inspect", token_of()], ["check", "GET", WORKER_URL, token_of()]],
        ids=["inspect", "check"],
    )
    def test_colour_is_left_out_in_a_pipe(self, arguments: list[str], run: Run) -> None:
        assert "\x1b" not in run(*arguments)

    def test_colour_is_forced_by_force_color(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        assert run("inspect", token_of()).startswith("\x1b[32m✓ good")


def test_python_m_runs_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["task_router", "demo"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("twilio.task_router", run_name="__main__")
    assert caught.value.code == 0
    assert '"alg": "HS256"' in capsys.readouterr().out


def test_words_that_argparse_leaves_over_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an option, as Python 3.10 to 3.13.0 do."""
    left_over = argparse.Namespace(command=None, words=["GET", "https://t"]), ["a.b.c"]
    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", lambda *_: left_over)
    parser = argparse.ArgumentParser()
    assert _parse(parser, []).words == ["GET", "https://t", "a.b.c"]


def test_misuse_moves_no_cursor(misuse: Callable[..., str]) -> None:
    assert "\\x1b[2J" in misuse("demo", "\x1b[2J")
