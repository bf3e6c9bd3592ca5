"""The secrets that the mask hides, and text just beyond its borders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import jwt
import pytest
from freezegun import freeze_time

from tests.judges import recorded
from twilio.task_router import AccessPolicy, TaskRouterCapability, TaskRouterWorkspaceCapability, verify_token
from twilio.task_router.checks import shown
from twilio.task_router.mask import masked, without_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS = "0123456789abcdef0123456789abcdef"
with freeze_time(recorded.RECORDED):
    TOKEN = TaskRouterCapability("AC123", "secret", "WS456", "WK789").generate_token()
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")

AUTH_TOKENS = {
    "alone": DIGITS,
    "in upper case": DIGITS.upper(),
    "with one digit more": f"{DIGITS}0",
    "with one digit before": f"0{DIGITS}",
    "after a letter": f"x{DIGITS}",
    "before a letter": f"{DIGITS}x",
    "after a word": f"token{DIGITS}",
    "after an underscore": f"token_{DIGITS}",
    "after a letter in an escape's place": f"\\x{DIGITS}",
    "after a backslash": f"\\{DIGITS}",
    "in quotes of a URL": f"%22{DIGITS}%22",
    "after a newline of a URL": f"%0A{DIGITS}%0A",
    "after a byte order mark of a URL": f"%EF%BB%BF{DIGITS}",
    **{
        f"after {character!a} in a repr": ascii(f"{character}{DIGITS}")
        for character in "\n\a\b\f\x0b\xac\ufeff\u2028\U0001f600"
    },
}

NO_AUTH_TOKENS = {
    "one digit less": DIGITS[:-1],
    "two digits more": f"00{DIGITS}",
    "a digest of 40 digits": f"{DIGITS}01234567",
    "a digest of 64 digits": DIGITS * 2,
    **{
        f"{prefix} SID {place}": f"{before}{prefix}{DIGITS}{after}"
        for prefix in ("AC", "CA", "WA", "CH", "WK", "wk")
        for place, before, after in (
            ("alone", "", ""),
            ("in a path", "/", "/"),
            ("after a name", "sid_", ""),
            ("in quotes of a URL", "%22", "%22"),
            ("in a query of a URL", "%3D", "%26"),
            ("after a newline in a repr", "\\n", "\\n"),
            ("after a character in a repr", "\\u2028", ""),
            ("after a backslash", "\\", ""),
            ("with one digit more", "", "2"),
        )
    },
}


class TestAuthToken:
    @pytest.mark.parametrize("text", AUTH_TOKENS.values(), ids=AUTH_TOKENS)
    def test_auth_token_is_hidden(self, text: str) -> None:
        assert DIGITS not in masked(text).lower()
        assert "(32 hexadecimal digits, not shown)" in masked(text)

    @pytest.mark.parametrize("text", NO_AUTH_TOKENS.values(), ids=NO_AUTH_TOKENS)
    def test_no_auth_token(self, text: str) -> None:
        assert masked(text) == text

    def test_auth_token_may_stay(self) -> None:
        assert without_tokens(DIGITS) == DIGITS


class TestToken:
    @pytest.mark.parametrize("before", ["", "Bearer ", "--", "x=", "%22", "\\n", "\\ufeff", "?token="])
    def test_token_is_hidden(self, before: str) -> None:
        assert masked(f"{before}{TOKEN} in a word") == f"{before}(a token, not shown) in a word"

    @pytest.mark.parametrize(
        "gap", ["\n", " ", "\r\n  ", "\\n", "%0A", "=", "+", "\u200b", "\u2028", "\\u2028"]
    )
    def test_broken_token(self, gap: str) -> None:
        for place in range(1, len(TOKEN)):
            text = masked(f"'{TOKEN[:place]}{gap}{TOKEN[place:]}'")
            assert SIGNATURE[-6:] not in text, text
            assert SIGNATURE[:6] not in text, text

    @pytest.mark.parametrize("gap", ["", "\n", " ", "%0A", "\\n"])
    def test_token_of_more_parts(self, gap: str) -> None:
        text = masked(f"{HEADER}.e30.{PAYLOAD}.{gap}{SIGNATURE}")
        assert text == "(a token, not shown)"

    def test_token_at_a_full_stop(self) -> None:
        assert masked(f"It is {TOKEN}.") == "It is (a token, not shown)."

    @pytest.mark.parametrize("dot", ["%2E", "%2e", "%252E"])
    @pytest.mark.parametrize("start", ["eyJ", "ewo"])
    def test_token_with_encoded_dots(self, dot: str, start: str) -> None:
        text = masked(dot.join([start + HEADER[3:], start + PAYLOAD[3:], SIGNATURE]))
        assert SIGNATURE not in text

    def test_wrapped_token(self) -> None:
        lines = "\n".join(TOKEN[place : place + 64] for place in range(0, len(TOKEN), 64))
        assert masked(f"'{lines}' here") == "'(a token, not shown)' here"

    def test_shortened_token(self) -> None:
        assert masked(f"{TOKEN[:30]}...{TOKEN[-30:]}") == "(a token, not shown)"

    def test_signature_alone(self) -> None:
        assert masked(f"x{PAYLOAD[4:]}.{SIGNATURE}") == f"x{PAYLOAD[4:]}.(a signature, not shown)"

    @pytest.mark.parametrize(
        "text",
        [
            "event-bridge.singapore.us1.twilio.com",
            "surveyJourneyIdentifier",
            "eyJ",
            "eyJabcd.",
            f"x.{'y' * 42}",
            f"x%2E{'y' * 42}",
            f"x%2F{'y' * 43}",
        ],
    )
    def test_no_token(self, text: str) -> None:
        assert masked(text) == text


class TestUtf16:
    """Text in UTF-16 that was taken for bytes, or for another encoding."""

    @pytest.mark.parametrize("secret", [DIGITS, DIGITS.upper(), TOKEN], ids=["digits", "upper", "token"])
    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize(
        "form",
        [repr, quote, lambda data: data.decode("latin-1"), lambda data: json.dumps(data.decode("latin-1"))],
        ids=["repr", "URL", "text", "JSON"],
    )
    def test_secret_in_utf16(self, secret: str, encoding: str, form: Callable[[bytes], str]) -> None:
        text = masked(form(secret.encode(encoding)))
        assert "(text in UTF-16, not shown)" in text
        assert len(text) < 50

    @pytest.mark.parametrize("text", ["a\0b\0c", "a\0" * 30, "a\\x00" * 30, "\0" * 99, "a%00" * 30])
    def test_short_word_in_utf16(self, text: str) -> None:
        assert masked(text) == text


def test_long_texts_take_linear_work() -> None:
    """With a step for each pair of characters, this would take an hour."""
    for part in (
        "a",
        "-eyJ",
        "eyJ",
        "a.",
        "%0A",
        "eyJaaaaa.",
        "eyJ aaaaa",
        "eyJaaaaaaaaaaaaaaaaaaaaa/",
        f"eyJaaaaa.a.{'a' * 43}.",
        "%25",
        "a\\x00",
        "a\0-",
        DIGITS,
    ):
        masked(part * (1_000_000 // len(part)))


class TestErrors:
    """A token in the wrong place."""

    @pytest.mark.parametrize(
        "value",
        [
            TOKEN,
            [TOKEN],
            {TOKEN: 1},
            TOKEN.encode(),
            bytearray(TOKEN.encode()),
            f"{TOKEN[:-20]}\n{TOKEN[-20:]}",
        ],
        ids=["str", "list", "dict", "bytes", "bytearray", "broken"],
    )
    def test_errors_show_no_token(self, value: Any) -> None:
        capability = TaskRouterWorkspaceCapability("AC1", "secret", "WS1")
        attempts: list[Any] = [
            lambda: verify_token(value, "secret" if isinstance(value, (list, dict)) else "another"),
            lambda: verify_token([value], "secret"),  # type: ignore[arg-type]
            lambda: TaskRouterWorkspaceCapability("AC1", "secret", value),
            lambda: capability.generate_token(value),
            lambda: capability.generate_token(attributes=cast("Any", [value])),
            lambda: capability.generate_token(attributes={"exp": value}),
            lambda: AccessPolicy([{"url": value, "method": value}]),
        ]
        for attempt in attempts:
            with pytest.raises(Exception) as caught:  # noqa: PT011 - whichever it is
                attempt()
            assert SIGNATURE[-20:] not in str(caught.value)
            assert SIGNATURE[-20:] not in str(caught.value.__cause__)

    @pytest.mark.parametrize(
        "value", [f"{TOKEN}\u20ac", f"{TOKEN}\u20ac".encode(), f"{TOKEN}\udc80"], ids=ascii
    )
    def test_errors_keep_no_token(self, value: Any) -> None:
        with pytest.raises(jwt.DecodeError) as caught:
            verify_token(value, "secret")
        cause = caught.value.__cause__
        assert type(cause) is ValueError
        assert SIGNATURE not in f"{vars(cause)} {cause.args} {caught.value.args}"
        assert cause.__context__ is None

    def test_decisions_show_no_token(self) -> None:
        policy = AccessPolicy(
            [{"url": "https://t", "method": "POST", "allow": True, "post_filter": {"A": "x"}}]
        )
        for method, url, form in (
            ("POST", "https://t", {"A": TOKEN}),
            ("POST", "https://t", {TOKEN: "x"}),
            ("GET", f"https://t/{TOKEN}", {}),
        ):
            assert SIGNATURE not in policy.decide(method, url, form=form).reason

    def test_errors_show_a_sid(self) -> None:
        assert shown(["WS" + DIGITS]) == f"['WS{DIGITS}']"
