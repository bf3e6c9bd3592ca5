"""Sign compact JSON Web Tokens with HS256, and read them without verifying the signature.

Source: RFC 7515 §3.1 and §7.1 (the compact form), RFC 7518 §3.2 (HS256), RFC 7519 (claims).
"""

# Without "from __future__ import annotations", under which a NamedTuple compiles its annotations: a thirtieth
# of the time to start Python and mint a token.

import binascii
import hmac
import json
from typing import Any, Final, NamedTuple

from .checks import finite, holds_lone_surrogate, refuse_constant

# Worker.js decodes the payload byte by byte, so escape non-ASCII characters (json's default). Values that
# contain themselves hit the recursion limit, so there is no separate check.
write_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


def _base64url(data: bytes) -> bytes:
    """Encode as in RFC 7515 §2: with the URL-safe alphabet, without padding."""
    encoded = binascii.b2a_base64(data, newline=False)
    return encoded.rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")


_HEADER = _base64url(b'{"alg":"HS256","typ":"JWT"}') + b"."


def sign(payload: str, key: str) -> str:
    """Return a token with this payload, which is JSON in ASCII, signed HS256 with *key*.

    Signing with the standard library takes a third of the time of ``jwt.encode``, and scripts that only mint
    tokens need not import PyJWT.
    """
    signing_input = _HEADER + _base64url(payload.encode("ascii"))
    signature = _base64url(hmac.digest(key.encode(), signing_input, "sha256"))
    return (signing_input + b"." + signature).decode("ascii")


#: The longest token that is read, in characters. Tokens travel in HTTP headers and URLs, which hold 8 to
#: 16 KiB.
MAX_LENGTH: Final = 64 * 1024


class Token(NamedTuple):
    """The parts of a token, decoded but not verified."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signature: bytes
    #: The encoded header and payload, over which the signature is made.
    signing_input: bytes


def read(token: str | bytes) -> Token:
    """Read a token without verifying the signature or any claim.

    Each segment must be encoded in the one way that RFC 7515 §2 allows: without padding or any other
    character, and with zeros in the spare bits of the last character (RFC 4648 §3.5).

    :raises ValueError: if the token is longer than :data:`MAX_LENGTH`, is not three segments of base64url, or
        if the first two are not JSON objects.
    """
    if len(token) > MAX_LENGTH:
        raise ValueError(f"a token has at most {MAX_LENGTH:,} characters, not {len(token):,}")
    if isinstance(token, str) and not token.isascii():  # the codec's own error would keep the token
        raise ValueError("a token is written in ASCII")
    written = token.encode("ascii") if isinstance(token, str) else token
    segments = written.split(b".")
    if len(segments) != _SEGMENTS:
        raise ValueError(f"a token has three segments, not {len(segments)}")
    header, payload, signature = map(_decode_base64url, segments)
    return Token(
        _read_object("header", header),
        _read_object("payload", payload),
        signature,
        written[: written.rindex(b".")],
    )


_SEGMENTS = 3


def _decode_base64url(segment: bytes) -> bytes:
    standard = segment.replace(b"-", b"+").replace(b"_", b"/")
    data = binascii.a2b_base64(standard + b"=" * (-len(segment) % 4))
    if _base64url(data) != segment:
        raise ValueError("a segment is not valid base64url")
    return data


def _read_object(name: str, data: bytes) -> dict[str, Any]:
    text = data.decode("utf-8")
    try:
        value = _read_json(text)
        if "\\" in text and "\\u" in text and holds_lone_surrogate(value):
            raise ValueError(f"the {name} has a lone surrogate, which is not text")
    except RecursionError:
        raise ValueError(f"the {name} is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError(f"the {name} must be a JSON object")  # noqa: TRY004 - the token is wrong, not the argument's type
    return value


_read_json = json.JSONDecoder(parse_constant=refuse_constant, parse_float=finite).decode
