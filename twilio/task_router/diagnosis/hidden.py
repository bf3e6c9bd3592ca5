"""What no command prints: tokens, the account's auth token, and what looks like one.

All that a command prints passes here. Only ``token`` and ``demo``, whose job it is, print a token.
"""

from __future__ import annotations

import json
import os
import re

from twilio.task_router.checks import has_lone_surrogate
from twilio.task_router.mask import masked, without_tokens

_SHORTEST = 8  # characters of an auth token; whoever has one token can guess a shorter one
_JSON_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')


def hidden(text: str) -> str:
    """Return *text*, for people, without secrets."""
    return masked(_without_auth_token(text))


def can_be_pasted(text: str) -> bool:
    """Whether a rule with this text can be offered: nothing in it is hidden, and UTF-8 can encode it."""
    return hidden(text) == text and not has_lone_surrogate(text)


def hidden_in_json(document: str) -> str:
    """Return JSON, for programs, without secrets in its strings, and without lone surrogates.

    Words that only look like an auth token are left: programs need their data whole.
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
