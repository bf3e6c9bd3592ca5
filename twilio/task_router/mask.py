"""Mask secrets: tokens, and anything that looks like an auth token.

A token lets its holder act as the worker until the token expires; an auth token, as the account.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

# A secret may follow an escape of a repr or a URL, which ends in a letter or digit: \n, \x0b, \u2028, %22.
_ESCAPE: Final = (
    r"(?<=\\[abfnrtv])|(?<=\\x[\da-fA-F]{2})|(?<=\\u[\da-fA-F]{4})|(?<=\\U[\da-fA-F]{8})|(?<=%[\da-fA-F]{2})"
)
_BORDER: Final = rf"(?:(?<![0-9A-Za-z])|{_ESCAPE})"

# "eyJ" is '{"' in base64. Unless a signature of full length follows and ends the token, the token has another
# form or is broken, for example by a newline. Then the rest may hold the signature, so everything is hidden
# up to the next quote, slash or other ASCII punctuation that base64 and percent-encoding do not use.
_REST: Final = r"[^!-$&-*,/:-<>-@\[\]^`{-~]"
_TOKEN: Final = rf"{_BORDER}eyJ[\w-]{{5,}}(?:\.[\w-]+\.[\w-]{{43,}}(?![\w-]|\.{_REST})|{_REST}*)"
# The signature of a token whose beginning is missing or unusual. That of HS256 has 43 characters. Programs
# that encode a whole URL once more encode the dot as well.
_SIGNATURE: Final = r"(\.|%(?:25)*2[Ee])[\w-]{43,}"

# Text in UTF-16 that was read as bytes, or as another encoding. Anything as long as an auth token is hidden:
# nobody needs to read a SID in this form.
_NUL: Final = r"(?:\0|\\x00|\\u0000|%00)"
_UTF_16: Final = rf"(?:[\w.-]{_NUL}){{31,}}[\w.-]?"

_DIGITS: Final = r"[0-9a-fA-F]{32,}"
_LONGER: Final = 34  # digits: too many for an auth token, even with a typing error
_SID: Final = rf"{_BORDER}[A-Za-z]{{2}}[0-9a-fA-F]{{32,33}}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern on first use: most programs that mint tokens never show a message."""
    return re.compile(pattern, re.ASCII)


def masked(text: str) -> str:
    """Return *text* for a message, without tokens and anything that looks like an auth token.

    Either may have been passed as the wrong argument, or inside white space or quotes.
    """
    return _compiled(_DIGITS).sub(_unless_harmless, without_tokens(text))


def without_tokens(text: str) -> str:
    """Return *text* without tokens, or at least without their signatures."""
    if "eyJ" in text:
        text = _compiled(_TOKEN).sub("(a token, not shown)", text)
    text = _compiled(_SIGNATURE).sub(r"\1(a signature, not shown)", text)
    if "\0" in text or "00" in text:
        text = _compiled(_UTF_16).sub("(text in UTF-16, not shown)", text)
    return text


def _unless_harmless(digits: re.Match[str]) -> str:
    """Hide hexadecimal digits that may be an auth token: 32 of them, or 33 with a typing error.

    Letters around the digits change nothing, with one exception: a word of two letters and the digits is a
    SID, with or without a typing error. The letters of some SIDs (AC, CA) are digits, too, so 34 or more
    digits are shown, such as the 40 or 64 of a digest.
    """
    text, end = digits.string, digits.end()
    escape, sid = _compiled(_ESCAPE), _compiled(_SID)
    escaped = escape.match(text, end - 32) or escape.match(text, end - 33)
    is_sid = sid.match(text, max(end - 34, 0)) or sid.match(text, max(end - 35, 0))
    if not escaped and (len(digits[0]) >= _LONGER or is_sid):
        return digits[0]
    return "(32 hexadecimal digits, not shown)"
