"""The values that error messages show, and the secrets that they never show."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judges import recorded
from twilio.task_router import (
    AccessPolicy,
    TaskRouterCapability,
    TaskRouterWorkspaceCapability,
    WorkflowRuleTarget,
    make_policy,
)
from twilio.task_router.checks import shown, shown_text

AUTH_TOKEN = "0123456789abcdef0123456789ABCDEF"
ACCOUNT = f"AC{AUTH_TOKEN}"


class Loud:
    """An object whose repr shows its text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Loud({self._text!r})"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


WRAPPED: dict[str, Any] = {
    "alone": AUTH_TOKEN,
    "with a newline": f"{AUTH_TOKEN}\n",
    "after a newline": f"\n{AUTH_TOKEN}",
    "with spaces": f" {AUTH_TOKEN} ",
    "in quotes": f"'{AUTH_TOKEN}'",
    "with a name": f"TWILIO_AUTH_TOKEN={AUTH_TOKEN}",
    "after an underscore": f"token_{AUTH_TOKEN}",
    "as bytes": AUTH_TOKEN.encode(),
    "as bytes with a newline": f"\n{AUTH_TOKEN}\n".encode(),
    "as bytes after a control character": b"\x0b" + AUTH_TOKEN.encode(),
    "as bytes after a tab": b"\t" + AUTH_TOKEN.encode(),
    "as a bytearray": bytearray(AUTH_TOKEN.encode()),
    "in a list": [AUTH_TOKEN],
    "in a list of lists": [[AUTH_TOKEN]],
    "in a dict": {"key": AUTH_TOKEN},
    "as a dict's key": {AUTH_TOKEN: 1},
    "in an object": Loud(AUTH_TOKEN),
    "in an object after a newline": Loud(f"\n{AUTH_TOKEN}"),
    "behind a long text": "x " * 60 + AUTH_TOKEN,
    "in a URL": f"https://user:{AUTH_TOKEN}@example.com",
    "in lower case": AUTH_TOKEN.lower(),
    "in upper case": AUTH_TOKEN.upper(),
}


class TestShown:
    @pytest.mark.parametrize("value", WRAPPED.values(), ids=WRAPPED)
    def test_shown_auth_token(self, value: Any) -> None:
        assert "0123456789abcdef" not in shown(value).lower()

    @pytest.mark.parametrize(
        "text", [ACCOUNT, f"https://taskrouter.twilio.com/v1/Workspaces/WS{AUTH_TOKEN}", AUTH_TOKEN[:-1]]
    )
    def test_shown_sid(self, text: str) -> None:
        assert shown(text) == repr(text)
        assert shown_text(text) == text

    def test_shown_text_is_masked(self) -> None:
        for text in (f"https://t/{AUTH_TOKEN}", f"https://t/\\/{AUTH_TOKEN}"):
            assert AUTH_TOKEN not in shown_text(text)

    def test_mask_names_the_secret(self) -> None:
        assert shown_text(f"https://t/{AUTH_TOKEN}") == "https://t/(32 hexadecimal digits, not shown)"

    def test_shown_whole(self) -> None:
        for text in ("x" * 200, "\n" + "x" * 100):
            assert shown_text(text) == text.replace("\n", "\\n")

    def test_shown_shortened(self) -> None:
        assert shown_text("<" + "x" * 199 + ">") == "<" + "x" * 96 + "..." + "x" * 97 + ">"

    def test_shown_long_number(self) -> None:
        for value in (10**5000, [10**5000], -(10**5000)):
            assert "a number too long to show" in shown(value)

    def test_shown_number(self) -> None:
        assert shown(10**100) == "1" + "0" * 100
        assert shown(10**300).startswith("1000")
        assert len(shown(10**300)) == 200

    def test_shown_broken_repr(self) -> None:
        assert shown(Broken()) == "<Broken>"

    def test_shown_long_repr(self) -> None:
        text = shown(Loud("x" * 1000))
        assert text == "Loud('" + "x" * 94 + "..." + "x" * 98 + "')"
        assert shown(Loud("x" * 192)) == "Loud('" + "x" * 192 + "')"

    def test_shown_impostor(self) -> None:
        impostor = type("int", (), {"__repr__": lambda _: "an impostor"})()
        assert shown(impostor) == "an impostor"


class TestMessages:
    """A secret as the wrong argument."""

    @pytest.mark.parametrize("value", WRAPPED.values(), ids=WRAPPED)
    @pytest.mark.parametrize("place", ["account_sid", "workspace_sid", "worker_sid", "base_url"])
    def test_capability_errors_mask(self, place: str, value: Any) -> None:
        arguments: dict[str, Any] = {
            "account_sid": "AC123",
            "auth_token": "secret",
            "workspace_sid": "WS456",
            "worker_sid": "WK789",
        }
        with pytest.raises((TypeError, ValueError)) as caught:
            TaskRouterCapability(**(arguments | {place: value}))
        assert "0123456789abcdef" not in str(caught.value).lower()

    @pytest.mark.parametrize("value", WRAPPED.values(), ids=WRAPPED)
    def test_rule_errors_mask(self, value: Any) -> None:
        attempts: list[Any] = [
            lambda: make_policy("https://t", value),
            lambda: make_policy("https://t", "GET", {"A": {"value": [value]}}),
            lambda: AccessPolicy([{"url": "https://t", "method": "GET", "key": value, str(value): 1}]),
            lambda: TaskRouterWorkspaceCapability("AC1", "secret", "WS1").generate_token(value),
            lambda: TaskRouterWorkspaceCapability("AC1", "secret", "WS1").generate_token(
                attributes={"exp": value}
            ),
            lambda: WorkflowRuleTarget("WQ1", expression=[value]),  # type: ignore[arg-type]
        ]
        for attempt in attempts:
            with pytest.raises((TypeError, ValueError)) as caught:
                attempt()
            assert "0123456789abcdef" not in str(caught.value).lower()

    def test_decision_reasons_mask(self) -> None:
        policy = AccessPolicy(
            [{"url": "https://t", "method": "POST", "allow": True, "post_filter": {"A": "x"}}]
        )
        for method, url, form in (
            ("POST", "https://t", {"A": AUTH_TOKEN}),
            ("POST", "https://t", {AUTH_TOKEN: "x"}),
            ("GET", f"https://t/{AUTH_TOKEN}", {}),
            (AUTH_TOKEN, "https://t", {}),
        ):
            assert AUTH_TOKEN not in policy.decide(method, url, form=form).reason


class Lazy:
    """Text that is made on demand, like Django's ``SimpleLazyObject``."""

    def __init__(self, text: str) -> None:
        self._text = text

    __class__: Any = property(lambda _: str)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Lazy: {self._text!r}>"


class TestALazyText:
    """Its type is not ``str``, though ``isinstance`` says so."""

    def test_lazy_text_in_a_capability(self) -> None:
        plain = ("AC123", "secret", "WS456", "WK789", "https://t", "v1", "https://b")
        lazy: list[Any] = [Lazy(text) for text in plain]
        assert vars(TaskRouterCapability(*lazy)) == vars(TaskRouterCapability(*plain))

    def test_lazy_text_in_a_rule(self) -> None:
        lazy: list[Any] = [
            Lazy("https://t"),
            Lazy("get"),
            {Lazy("A"): Lazy("x")},
            {"B": {"value": Lazy("y")}},
        ]
        assert make_policy(*lazy) == make_policy("https://t", "GET", {"A": "x"}, {"B": {"value": "y"}})

    def test_lazy_text_in_a_claim(self) -> None:
        attributes: Any = {Lazy("friendly_name"): Lazy("Alice"), "teams": [Lazy("support")]}
        token = TaskRouterCapability("AC123", "secret", "WS456", "WK789").generate_token(
            attributes=attributes
        )
        claims = recorded.claims_of(token, "secret")
        assert (claims["friendly_name"], claims["teams"]) == ("Alice", ["support"])

    def test_lazy_text_in_a_request(self) -> None:
        policy = AccessPolicy([make_policy("https://t", "POST", None, {"A": "x"})])
        lazy: list[Any] = [Lazy("POST"), Lazy("https://t")]
        form: Any = {Lazy("A"): Lazy("x")}
        assert policy.allows(*lazy, form=form)

    def test_lazy_text_no_sid_is_shown(self) -> None:
        lazy: Any = Lazy("WK/1")
        with pytest.raises(ValueError, match=r"^worker_sid must be a SID.* got 'WK/1'$"):
            TaskRouterCapability("AC123", "secret", "WS456", lazy)

    def test_lazy_auth_token_is_hidden(self) -> None:
        lazy: Any = Lazy("secret ")
        with pytest.raises(ValueError, match=r"^auth_token must be stripped of white space; it ends"):
            TaskRouterCapability("AC123", lazy, "WS456", "WK789")


class TestWhiteSpace:
    @pytest.mark.parametrize(
        ("auth_token", "says"),
        [
            (f"{AUTH_TOKEN}\n", "it ends with a newline"),
            (f"{AUTH_TOKEN} ", "it ends with white space"),
            (f"\t{AUTH_TOKEN}", "it begins with white space"),
            ("\n", "it begins with a newline"),
            (f"{AUTH_TOKEN}\u00a0", "it ends with white space"),
        ],
    )
    def test_space_around_auth_token(self, auth_token: str, says: str) -> None:
        with pytest.raises(ValueError, match=rf"^auth_token must be stripped of white space; {says}$"):
            TaskRouterCapability("AC1", auth_token, "WS1", "WK1")

    def test_space_within_auth_token(self) -> None:
        assert TaskRouterCapability("AC1", "a b", "WS1", "WK1").auth_token == "a b"

    @pytest.mark.parametrize(
        ("sid", "says"),
        [
            ("WK1\n", "it ends with a newline"),
            ("WK1 ", "it ends with white space"),
            (" WK1", "it begins with white space"),
        ],
    )
    def test_space_around_a_sid(self, sid: str, says: str) -> None:
        with pytest.raises(ValueError, match=rf"^worker_sid must be a SID.*; {says}$"):
            TaskRouterCapability("AC1", "secret", "WS1", sid)
