"""The checks on what callers pass, and the one form that their errors have."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

_SHORTENED = reprlib.Repr()
_SHORTENED.maxstring = _SHORTENED.maxother = _SHORTENED.maxlong = 200  # a reservation's URL is shown whole

_AFTER_PREFIX = re.compile(r"[A-Za-z0-9]+")
_ABSOLUTE_URL = re.compile(r"(?:https?|wss?)://[A-Za-z0-9._:\[\]-]+(?:/[A-Za-z0-9._~%-]+)*")
_LOOKS_LIKE_AN_AUTH_TOKEN = re.compile(r"[0-9a-fA-F]{32}")
_PATH_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def shown(value: object) -> str:
    """Return ``repr(value)`` for an error message, shortened where it is long.

    What looks like an auth token is not shown: it may have come in the place of another argument.
    """
    if isinstance(value, str) and _LOOKS_LIKE_AN_AUTH_TOKEN.fullmatch(value):
        return "32 hexadecimal digits (not shown: an auth token looks like this)"
    try:
        return _SHORTENED.repr(value)
    except ValueError:  # Python does not write out an int of more than 4,300 digits
        return "a number too long to show"


def shown_text(text: str) -> str:
    """Return *text* for a message, shortened and escaped as ``repr`` would, without the quotes."""
    return _SHORTENED.repr(text)[1:-1]


def wrong_type(name: str, expected: str, value: object) -> TypeError:
    """Return the error for a parameter whose value has a type other than *expected*."""
    return TypeError(f"{name} must be {expected}, not {type(value).__name__}: {shown(value)}")


def check_text(name: str, value: object, pattern: re.Pattern[str], expected: str) -> str:
    """Return *value* as a plain ``str`` if all of it matches *pattern*.

    :raises TypeError: if it is not a ``str``.
    :raises ValueError: if it does not match; the message says that it must be *expected*.
    """
    if not isinstance(value, str):
        raise wrong_type(name, "a str", value)
    match = pattern.fullmatch(value)
    if match is None:
        raise ValueError(f"{name} must be {expected}, got {shown(value)}")
    return match[0]  # of a subclass, too, the text alone: an enum's member would format as its name


def check_type(name: str, value: object, kind: type | tuple[type, ...], expected: str) -> None:
    """Check that *value* is of a type. A ``bool`` is not an ``int`` here.

    :raises TypeError: if it is not; the message says that it must be *expected*.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise wrong_type(name, expected, value)


def check_mapping(name: str, value: object, expected: str) -> Mapping[object, object]:
    """Return *value* if it is a mapping.

    :raises TypeError: if it is not; the message says that it must be *expected*.
    """
    check_type(name, value, Mapping, expected)
    return cast("Mapping[object, object]", value)


def check_iterable(name: str, value: object, expected: str) -> Iterable[Any]:
    """Return *value* if it can be iterated over, and is neither text nor a mapping.

    :raises TypeError: if it is not; the message says that it must be *expected*.
    """
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, Mapping)):
        raise wrong_type(name, expected, value)
    return value


def json_text(name: str, write: Callable[[], str]) -> str:
    """Return the JSON that *write* makes of what a caller passed.

    :raises TypeError: if a part of it has no JSON form; the message names *name*.
    :raises ValueError: if it holds NaN or an infinity, or itself, or is nested too deeply.
    """
    try:
        return write()
    except TypeError as error:
        raise TypeError(f"{name} must have a JSON form: {error}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} must have a JSON form: {error}") from None


def check_sid(name: str, value: object, prefix: str) -> str:
    """Return *value* if it is a SID: *prefix*, then one or more ASCII letters or digits.

    SIDs become parts of URL patterns, where ``/``, ``*``, ``?`` or ``%`` would change what a rule covers.
    Their length (34 in production) is not checked, so that examples can be short.

    :raises TypeError: if it is not a ``str``.
    :raises ValueError: if it is not of that form.
    """
    pattern = re.compile(prefix + _AFTER_PREFIX.pattern)
    return check_text(
        name, value, pattern, f"a SID: it must start with {prefix} and go on with ASCII letters or digits"
    )


def check_url(name: str, value: object) -> str:
    """Return *value* if it is an absolute URL to which path segments can be added."""
    return check_text(
        name, value, _ABSOLUTE_URL, "an http(s) or ws(s) URL without query, wildcard or trailing slash"
    )


def check_segment(name: str, value: object) -> str:
    """Return *value* if it can be one segment of a URL's path, as ``v1`` is."""
    return check_text(name, value, _PATH_SEGMENT, "one segment of a URL's path, such as 'v1'")


def check_auth_token(value: object) -> str:
    """Return *value* if it can be an auth token. No message shows it.

    :raises TypeError: if it is not a ``str``.
    :raises ValueError: if it is empty, or has no UTF-8 form.
    """
    if not isinstance(value, str):
        raise TypeError(f"auth_token must be a str, not {type(value).__name__}")
    if not value:
        raise ValueError("auth_token must not be empty")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("auth_token must be text that UTF-8 can encode; it has a lone surrogate")
    return value
