"""Tokens and requests in all the ways in which people copy them."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

from tests.command_line.samples import CHANNEL_URL, TASK_URL, body_of, token_of
from tests.judges.copied import FORMS

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = token_of()
BODY = body_of("POST", TASK_URL, TOKEN, Reason='said "it\'s done"')
WEBSOCKET_URL = (
    f"wss://event-bridge.twilio.com/v1/wschannels/AC1/WK1?token={TOKEN}&closeExistingSessions=true"
)

# Ways to copy a token, with the token for {}.
TOKENS = {
    "nothing": "{}",
    "white space": " \t{}\r\n",
    "single quotes": "'{}'",
    "double quotes": '"{}"',
    "backticks": "`{}`",
    "curly quotes": "\u201c{}\u201d",
    "curly single quotes": "\u2018{}\u2019",
    "Bearer": "Bearer {}",
    "bearer in lower case": "bearer {}",
    "a whole header": "Authorization: Bearer {}",
    "Bearer and quotes": '"Bearer {}"',
    "Bearer before quotes": 'Bearer "{}"',
    "a byte order mark": "\ufeff{}\n",
    "characters without width": "\u200b{}\u200d",
    "Python's bytes": "b'{}'",
    "an assignment": 'const token = "{}";',
    "a call": 'new Twilio.TaskRouter.Worker("{}");',
    "HTML": "&quot;{}&quot;",
    "the answer of a page": '{{"token": "{}"}}',
    "an answer with more": '{{"identity": "Ann", "token": "{}"}}',
    "an answer with another name": '{{"jwt": "{}"}}',
    "the websocket's URL": "wss://event-bridge.twilio.com/v1/wschannels/AC1/WK1?token={}&a=b",
    "a URL in HTML": "https://example.org/?a=b&amp;token={}#c",
    "cURL of the websocket": "curl 'wss://event-bridge.twilio.com/v1/wschannels/AC1/WK1?token={}' -H 'a: b'",
}
# Ways to copy a body, with JSON for {}.
BODIES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "single quotes": lambda body: f"'{body}'",
    "curly quotes around": lambda body: f"\u201c{body}\u201d",
    "curly quotes inside": lambda body: body.replace('\\"', "").replace('"', "\u201d"),
    "HTML": html.escape,
    "Request Payload": lambda body: f"Request Payload\nview source\n{body}",
    "Firefox's heading": lambda body: f"Request payload\n1\n{body}\n",
    "Python's bytes": lambda body: f"b'{body}'",
    "JSON in a string": json.dumps,
    "over lines": lambda body: json.dumps(json.loads(body), indent=2),
    "a byte order mark": lambda body: f"\ufeff{body}",
    **{name: lambda body, form=form: form(CHANNEL_URL, body) for name, form in FORMS.items()},  # type: ignore[misc]
}
ALL = {name: text.format(TOKEN) for name, text in TOKENS.items()} | {
    name: copy(BODY) for name, copy in BODIES.items()
}
