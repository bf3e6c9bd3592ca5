"""The encoding of a file: UTF-16 if the file begins with its byte order mark, or else UTF-8."""

from __future__ import annotations

import codecs


def encoding_of(start: bytes) -> str:
    """Return the name of the encoding, whose decoder drops a byte order mark.

    :param start: the first bytes of the file, two or more if there are as many.
    """
    return "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
