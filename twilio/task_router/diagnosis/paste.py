"""Pastes: tokens and requests to the event bridge, in all the forms in which people copy them."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from twilio.task_router.urls import CHANNELS

from .body import Body, read_body
from .json_stream import breaks_off
from .snippet import CUT_OFF, Snippet, read_snippets

if TYPE_CHECKING:
    from collections.abc import Callable

    from twilio.task_router.access.request import Request


class Paste(NamedTuple):
    """A token, and the body of the request that contained the token, if any."""

    token: str
    body: Body | None = None

    @property
    def request(self) -> Request | None:
        """The request that the body asks for."""
        return self.body.request if self.body else None


def read_paste(text: str) -> Paste:
    """Read a token or the body of a request, with anything that is usually copied along.

    Text of no known form is returned as a token.

    :raises ValueError: if the text has several requests or tokens, or is of another known form. The message
        names the form, and the text to copy instead.
    """
    text = text.strip(_SPACE)
    snippets = [*read_snippets(text)]
    if len(snippets) > 1:
        raise ValueError(f"these are {len(snippets)} requests: give one of them, or all of them to replay")
    if snippets:
        return read_snippet(snippets[0])
    return _read_json(text) if "{" in text else _read_token(text)


def read_snippet(snippet: Snippet) -> Paste:
    """Read a request that was copied as a command or a call.

    :raises ValueError: if the request does not go to the event bridge.
    """
    if snippet.body is not None:
        return _read_json(snippet.body)
    if token := _TOKEN_IN_URL.search(snippet.url):
        return Paste(token[1])
    raise ValueError(
        f"this is {snippet.kind} without a body: copy all of the POST to /wschannels/ that was refused"
    )


# White space, and characters without width, which web pages put between others.
_SPACE: Final = " \t\r\n\f\v\u00a0\u200b\u200c\u200d\u2060\ufeff"
_AROUND: Final = f"{_SPACE}'\"`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_STRAIGHT: Final = str.maketrans("\u201c\u201d\u201e\u201f\u2018\u2019", '""""\'\'')
# The forms of JSON: plain, HTML-escaped, with curly quotes, both, or escaped as in a string.
_READINGS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    html.unescape,
    lambda text: text.translate(_STRAIGHT),
    lambda text: html.unescape(text).translate(_STRAIGHT),
    lambda text: re.sub(r"\\(.)", r"\1", text),
)


def _read_json(text: str) -> Paste:
    start, is_cut_off = text.find("{"), False
    for reading in _READINGS:
        json_text = reading(text[max(start, 0) :])
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(json_text)
        except (ValueError, RecursionError) as error:
            is_cut_off = is_cut_off or breaks_off(error)
        else:
            return _read_value(value, json_text[end:])
    if is_cut_off:
        raise ValueError(f"the body of the request {CUT_OFF}")
    raise ValueError(
        "the body of the request must be JSON: copy all of its source, from { to } (in Chrome, Payload and "
        "then view source), and put it into a file, since shells change quotes"
    )


def _read_value(value: Any, rest: str) -> Paste:  # noqa: ANN401 - any JSON
    body = read_body(value)
    if body is not None:
        if "{" in rest:
            raise ValueError("this is more than one request: give one of them")
        return Paste(body.token, body)
    fields = value if isinstance(value, dict) else {}
    for names, thing, advice in _OTHER_JSON:
        if names <= fields.keys():
            raise ValueError(f"this is {thing}: {advice}")
    tokens = [field for field in fields.values() if isinstance(field, str) and _TOKEN.fullmatch(field)]
    if len(tokens) == 1 and not {"url", "method"} & fields.keys():
        return Paste(tokens[0])
    raise ValueError('the body of the request must have "url", "method" and "token"')


_GIVE_IT_WHOLE: Final = "give the token itself, which has three parts (eyJ\u2026.eyJ\u2026.\u2026)"
# The fields by which other JSON is known, its name, and the advice.
_OTHER_JSON: Final = (
    ({"log"}, "a HAR file", "run replay on it"),
    ({"event_type", "payload"}, "the answer to a request", "copy the body of the request (its payload)"),
    ({"policies"}, "the decoded payload of a token", _GIVE_IT_WHOLE),
    ({"iss", "exp"}, "the decoded payload of a token", _GIVE_IT_WHOLE),
    ({"alg"}, "the decoded header of a token", _GIVE_IT_WHOLE),
)

_TOKEN = re.compile(r"e[yw][\w-]*\.[\w-]+\.[\w-]*", re.ASCII)  # JSON in base64url begins like this
# Text may follow a token, but not with characters that tokens have: such a word is broken, or not a token.
_TOKEN_IN_TEXT = re.compile(rf"(?<![\w.-])(?a:{_TOKEN.pattern})(?![\w+/=~-]|\.[\w.+/=~-])")
_TOKEN_IN_URL = re.compile(r"[?&]token=([^&#\s]*)")
_BEFORE_A_TOKEN = re.compile(r"(?:authorization:\s*)?bearer\s+|b(?=['\"])", re.IGNORECASE)


def _read_token(text: str) -> Paste:
    text = html.unescape(text)
    if "://" in text and (token := _TOKEN_IN_URL.search(text)):
        return Paste(token[1])
    word = _BEFORE_A_TOKEN.sub("", text, count=1).strip(_AROUND)
    unwrapped = "".join(re.sub(f"[{_SPACE}]", " ", word).split())
    if _TOKEN.fullmatch(unwrapped):
        return Paste(unwrapped)
    tokens = {*_TOKEN_IN_TEXT.findall(text)}
    if len(tokens) > 1:
        raise ValueError(f"these are {len(tokens)} tokens: give one of them")
    if not tokens and CHANNELS in text:
        raise ValueError(
            "this is the channel, to which every request goes: copy the body of the POST that was refused"
        )
    return Paste(tokens.pop() if tokens else word)
