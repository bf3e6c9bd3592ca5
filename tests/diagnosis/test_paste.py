from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.command_line.pastes import ALL, BODIES, BODY, TOKEN, TOKENS
from tests.command_line.samples import CHANNEL_URL, DIGITS, KEY, TASK_URL, body_of, har_of, token_of
from tests.judges import recorded
from twilio.task_router.diagnosis.paste import Paste, read_paste

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal_of(text: str) -> str | None:
    try:
        read_paste(text)
    except ValueError as error:
        return str(error)
    return None


class TestToken:
    @pytest.mark.parametrize("text", TOKENS.values(), ids=TOKENS)
    def test_token_is_read(self, text: str) -> None:
        assert read_paste(text.format(TOKEN)) == Paste(TOKEN)

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\n  ", " ", "\u200b", "\u00a0\n"])
    def test_token_may_be_wrapped(self, end: str) -> None:
        lines = [TOKEN[at : at + 76] for at in range(0, len(TOKEN), 76)]
        assert read_paste(end.join(lines)) == Paste(TOKEN)

    @pytest.mark.parametrize("text", ["hello", "a.b.c", "a b.c.d", "", TOKEN[:-5] + "\u00e9"])
    def test_token_may_be_anything(self, text: str) -> None:
        assert read_paste(text).body is None

    @pytest.mark.parametrize("text", ["Use {}.", "token={}; a=b", "\u2026 {} \u2026", "<b>{}<"])
    def test_token_stands_in_a_text(self, text: str) -> None:
        assert read_paste(text.format(TOKEN)) == Paste(TOKEN)

    @pytest.mark.parametrize("rest", [".e30", "=", "+", "/x", "\u00e9", "...", ".."])
    def test_token_is_not_a_part_of_more(self, rest: str) -> None:
        assert read_paste(f"{TOKEN}{rest}") == Paste(f"{TOKEN}{rest}")
        assert read_paste(f"It is {TOKEN}{rest} today") != Paste(TOKEN)

    def test_token_is_not_one_of_two(self) -> None:
        with pytest.raises(ValueError, match="these are 2 tokens: give one of them"):
            read_paste(f"{TOKEN}\n{token_of(ttl=60)}\n{TOKEN}")


class TestBody:
    @pytest.mark.parametrize("copy", BODIES.values(), ids=BODIES)
    def test_body_is_read(self, copy: Callable[[str], str]) -> None:
        paste = read_paste(copy(BODY))
        assert paste.token == TOKEN
        assert paste.request is not None
        assert (paste.request.method, paste.request.url) == ("POST", TASK_URL)

    @pytest.mark.parametrize(
        "copy", ["as it is", "HTML", "Request Payload", "over lines", "JSON in a string"]
    )
    def test_body_keeps_its_parameters(self, copy: str) -> None:
        request = read_paste(BODIES[copy](BODY)).request
        assert request is not None
        assert request.form == (("Reason", 'said "it\'s done"'),)

    def test_body_keeps_curly_quotes(self) -> None:
        request = read_paste(body_of("POST", TASK_URL, TOKEN, A="\u201cx\u201d &amp;")).request
        assert request is not None
        assert request.form == (("A", "\u201cx\u201d &amp;"),)


class TestRefusal:
    """What a text looks like, and what to copy."""

    PAYLOAD = json.dumps(recorded.claims_of(TOKEN, KEY))

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (PAYLOAD, "this is the decoded payload of a token: give the token itself"),
            ('{"iss": "AC1", "exp": 5, "grants": {}}', "this is the decoded payload of a token"),
            (f'{{"alg": "HS256", "typ": "JWT"}}\n{PAYLOAD}', "this is the decoded header of a token"),
            (json.dumps(har_of()), "this is a HAR file: run replay on it"),
            (f"{BODY}\n{BODY}", "this is more than one request"),
            ('{url: "https://t", method: "POST"}', "must be JSON: copy all of its source"),
            ("{url:https://t,method:POST}", "and put it into a file, since shells change quotes"),
            ("{'url': 'https://t'}", "must be JSON"),
            (
                '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
                "must be JSON",
            ),
            ('{"url": "https://t"}', 'must have "url", "method" and "token"'),
            (json.dumps({"url": "https://t", "token": TOKEN}), 'must have "url", "method" and "token"'),
            (json.dumps({"a": TOKEN, "b": TOKEN}), 'must have "url", "method" and "token"'),
            (f"curl '{CHANNEL_URL}'", "this is a curl command without a body: copy all of the POST to"),
            (f'fetch("{CHANNEL_URL}")', "this is a fetch call without a body"),
            (f'Invoke-WebRequest -Uri "{CHANNEL_URL}"', "this is a PowerShell command without a body"),
            (f"curl '{CHANNEL_URL}' -d 'a=b'", "must be JSON"),
            (
                '{"event_type": "error", "payload": {"message": "x"}}',
                "this is the answer to a request: copy the body of the request",
            ),
            (f"POST {CHANNEL_URL} 403 (Forbidden)", "this is the channel, to which every request goes: copy"),
            (CHANNEL_URL.replace("https", "wss"), "this is the channel, to which every request goes: copy"),
            ("curl a\ncurl b", "these are 2 requests: give one of them, or all of them to replay"),
        ],
    )
    def test_refusal_says_what_it_is(self, text: str, says: str) -> None:
        with pytest.raises(ValueError, match=says):
            read_paste(text)

    @pytest.mark.parametrize("text", ["{", '{"url": "https://t"', '{"url": "htt', html.escape(BODY)[:250]])
    def test_refusal_says_that_it_is_cut(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"the body of the request ends in the middle: many terminals"):
            read_paste(text)

    @pytest.mark.parametrize("text", ALL.values(), ids=ALL)
    def test_refusal_is_one_sentence(self, text: str) -> None:
        for message in filter(None, (refusal_of(text[:end]) for end in range(0, len(text), 100))):
            assert re.match("(this|the|these) ", message)
            assert "\n" not in message
            assert DIGITS not in message

    @pytest.mark.parametrize("name", BODIES)
    def test_refusal_is_of_half_a_body(self, name: str) -> None:
        text = BODIES[name](BODY)
        with pytest.raises(ValueError, match=r"ends in the middle"):
            read_paste(text[: len(text) - len(TOKEN) // 2])
