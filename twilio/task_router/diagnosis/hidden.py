"""Hide secrets in the output of commands: tokens, the account's auth token, and anything that looks like one.

All output passes through this module, but for the tokens that ``token`` and ``demo`` are there to print.
"""

from __future__ import annotations

import json
import os
import re

from twilio.task_router.checks import has_lone_surrogate
from twilio.task_router.mask import masked, without_tokens

_SHORTEST = 8  # characters of an auth token; a shorter one can be guessed by trying
_JSON_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')


def hidden(text: str) -> str:
    """Return *text* for people, without secrets."""
    return masked(_without_auth_token(text))


def can_be_pasted(text: str) -> bool:
    """Return whether a rule can contain *text*: nothing is hidden, and UTF-8 can encode the text."""
    return hidden(text) == text and not has_lone_surrogate(text)


def hidden_in_json(document: str) -> str:
    """Return JSON for programs, without secrets or lone surrogates in strings.

    Words that only look like an auth token stay: programs need whole data.
    """
    return _JSON_STRING.sub(_hidden_in_string, document)


def _hidden_in_string(literal: re.Match[str]) -> str:
    if "\\" not in literal[0]:
        return without_tokens(_without_auth_token(literal[0]))
    text = json.loads(literal[0]).encode("utf-8", "backslashreplace").decode()
    return json.dumps(without_tokens(_without_auth_token(text)))


def _without_auth_token(text: str) -> str:
    auth_token = os.environ.get("TWILIO_AUTH_TOKEN", "").strip()
    if len(auth_token) < _SHORTEST:
        return text
    return re.sub(re.escape(auth_token), "(the auth token, not shown)", text, flags=re.IGNORECASE)
