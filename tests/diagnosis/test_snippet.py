from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.command_line.samples import CHANNEL_URL, TASK_URL, body_of
from tests.judges.copied import BASH, FORMS, chrome_bash, chrome_cmd, curl, fetch
from twilio.task_router.diagnosis.snippet import read_snippets

if TYPE_CHECKING:
    from collections.abc import Callable

    from twilio.task_router.diagnosis.snippet import Snippet

ODD = 'it\'s "100% ok"! \\ ^&|<>$x `y` %PATH% \u00fc\u20ac\U0001f600\n\u201cq\u201d &amp;'
BODY = json.dumps(json.loads(body_of("POST", TASK_URL, "t", Reason=ODD)), ensure_ascii=False)
ENDS = "ends in the middle: many terminals cut a typed line"
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def only(text: str) -> Snippet:
    (snippet,) = read_snippets(text)
    return snippet


class TestSnippet:
    @each_form
    def test_snippet_has_its_body(self, form: Callable[[str, str | None], str]) -> None:
        snippet = only(form(CHANNEL_URL, BODY))
        assert snippet.body is not None
        assert json.loads(snippet.body) == json.loads(BODY)

    @each_form
    def test_snippet_has_its_url(self, form: Callable[[str, str | None], str]) -> None:
        url = f"{CHANNEL_URL}?a=100%25&b=[1]!"
        assert only(form(url, BODY)).url == url

    @each_form
    def test_snippet_may_have_no_body(self, form: Callable[[str, str | None], str]) -> None:
        assert only(form(CHANNEL_URL, None)).body is None

    @each_form
    def test_snippet_may_be_one_of_several(self, form: Callable[[str, str | None], str]) -> None:
        one, other = (form(f"{CHANNEL_URL}?{number}", BODY) for number in (1, 2))
        found = [snippet.url for snippet in read_snippets(f"{one} ;\n{other}")]
        assert found == [f"{CHANNEL_URL}?1", f"{CHANNEL_URL}?2"]

    def test_snippet_may_follow_a_prompt(self) -> None:
        assert only(f"$ curl '{CHANNEL_URL}' -d '{{}}'") == ("a curl command", CHANNEL_URL, "{}")

    def test_snippet_may_be_written_by_hand(self) -> None:
        assert only(rf'curl.exe "{CHANNEL_URL}" --json "{{\"a\": 1}}"').body == '{"a": 1}'

    def test_snippet_may_have_a_header_first(self) -> None:
        assert only(f"curl -H 'Origin: https://a.example' '{CHANNEL_URL}' -d x").url == CHANNEL_URL

    @pytest.mark.parametrize("escape", [r"\x41", r"\u0041", r"\101", r"\A"])
    def test_snippet_has_the_escapes_of_bash(self, escape: str) -> None:
        assert only(f"curl x -d $'{escape}\\t'").body == "A\t"

    def test_fetch_without_options(self) -> None:
        assert only(f'fetch("{CHANNEL_URL}");') == ("a fetch call", CHANNEL_URL, None)

    def test_fetch_with_an_odd_body(self) -> None:
        assert only('fetch("x", {"body": 5})').body is None
        assert only('fetch("x", [])').body is None

    @pytest.mark.parametrize("text", ["", "hello", "{}", "see: curl x", "fetching", "curly"])
    def test_snippet_is_not_any_text(self, text: str) -> None:
        assert list(read_snippets(text)) == []


class TestCut:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            (curl(CHANNEL_URL, BODY, chrome_bash, BASH)[:200], "curl command"),
            (curl(CHANNEL_URL, BODY, chrome_bash, BASH)[:-20], "curl command"),
            (curl(CHANNEL_URL, BODY, chrome_cmd, BASH)[:-20], "curl command"),
            ("curl 'x' \\", "curl command"),
            ("curl $'\\", "curl command"),
            ('curl "\\', "curl command"),
            (fetch(CHANNEL_URL, BODY)[:200], "fetch call"),
            ('fetch("', "fetch call"),
            ("fetch(", "fetch call"),
            ('fetch("x",', "fetch call"),
            ('fetch("x"', "fetch call"),
            ("$session = New-Object", "PowerShell command"),
            ('Invoke-WebRequest -Uri "x', "PowerShell command"),
            ('Invoke-WebRequest -Uri "x" -Body "{`"', "PowerShell command"),
            ('Invoke-WebRequest -Uri "x" `\n', "PowerShell command"),
        ],
    )
    def test_cut_off_is_said(self, text: str, kind: str) -> None:
        with pytest.raises(ValueError, match=f"^this {kind} {ENDS}"):
            list(read_snippets(text))


class TestRefusal:
    @pytest.mark.parametrize("argument", ["'x'", "`x`", '"x", {method: "POST"}', "[" * 100_000, "1" * 5_000])
    def test_refusal_of_fetch_by_hand(self, argument: str) -> None:
        with pytest.raises(ValueError, match="this fetch call is not one that a browser has copied"):
            list(read_snippets(f"fetch({argument}, {{}}) // and more"))

    def test_refusal_of_a_long_command(self) -> None:
        list(read_snippets(f"curl {'x ' * 49_000}"))
        with pytest.raises(ValueError, match="too long: it has more than 100,000 characters"):
            list(read_snippets(f"curl {'x ' * 51_000}"))
