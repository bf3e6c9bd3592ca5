"""Who made a token. What shows in the tokens of other SDKs is in test_sdk_tokens.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.samples import GRANTS, KEY, capability_of, token_of, with_claims
from tests.example import sign
from tests.judges import recorded
from twilio.task_router.diagnosis.inspection import inspect_token
from twilio.task_router.diagnosis.maker import OFFICIAL_SDK, OURS, maker_of

if TYPE_CHECKING:
    from twilio.task_router import Capability

US = "twilio-task-router, or twilio-python 4.5 to 5"
RULE = capability_of().policies[0]
RUBYS = ("url", "method", "query_filter", "post_filter", "allow")


def made_by(token: str) -> str | None:
    return inspect_token(token).made_by


def with_keys(*keys: str) -> dict[str, object]:
    rule: dict[str, Any] = dict(RULE)
    return {key: rule[key] for key in keys}


def in_order(*names: str, **claims: object) -> dict[str, object]:
    """Claims of which the first come in this order."""
    every = recorded.claims_of(token_of(), KEY) | claims
    return {name: every[name] for name in (*names, *every) if name in every}


class TestGenerateToken:
    """What ``generate_token`` makes must keep telling that this package has made it."""

    @pytest.mark.parametrize("kind", GRANTS)
    def test_maker_of_our_tokens(self, kind: type[Capability]) -> None:
        assert made_by(token_of(kind, *GRANTS[kind])) == US

    def test_maker_with_more_claims(self) -> None:
        token = capability_of().generate_token(attributes={"friendly_name": "Zoë", "iat": 1, "team": "x"})
        assert made_by(token) == US

    def test_maker_with_rules_by_hand(self) -> None:
        capability = capability_of()
        capability.policies.append({"method": "GET", "url": "https://t/x"})  # type: ignore[typeddict-item]
        assert made_by(capability.generate_token()) == US

    def test_maker_with_a_denial(self) -> None:
        capability = capability_of()
        capability.deny("https://t/x", "GET")
        assert made_by(capability.generate_token()) == US


class TestRecordedToken:
    @pytest.mark.parametrize(
        ("maker", "shown"),
        [
            ("twilio-python 3.7.0", None),  # on a Python that kept no order
            ("twilio-python 5.7.0", US),
            ("twilio-python 9.13.0", "twilio-python 6 or newer"),
            ("twilio-node 6.2.0", "twilio-node"),
        ],
    )
    def test_recorded_token_shows_its_maker(self, maker: str, shown: str | None) -> None:
        (token,) = (one["token"] for one in recorded.load("tokens.json") if one["made_by"] == maker)
        assert made_by(token) == shown


class TestMakerOf:
    @pytest.mark.parametrize(
        ("claims", "maker"),
        [
            (in_order(policies=[with_keys(*RUBYS)]), "twilio-ruby 3 or 4"),
            (in_order(policies=[with_keys(*RUBYS)], iat=1), "twilio-node"),
            (in_order("version", "friendly_name", "policies", "iss", "exp"), "twilio-python 3.7 to 4.4"),
            (in_order(policies=[with_keys("allow", "method", "url")]), "twilio-java"),
            (in_order("version"), None),
            (in_order(policies=[]), None),
            (in_order(policies=["x"]), None),
            (in_order(policies={}), None),
            ({}, None),
        ],
    )
    def test_maker_of_is_seen_in_the_order(self, claims: dict[str, Any], maker: str | None) -> None:
        assert maker_of(claims, json.dumps(claims)) == maker

    def test_maker_of_is_seen_in_the_slashes(self) -> None:
        claims = in_order("version")
        assert maker_of(claims, json.dumps(claims).replace("/", r"\/")) == "twilio-php"

    def test_maker_of_needs_all_claims(self) -> None:
        assert made_by(with_claims(version=...)) is None


def test_the_official_sdk_is_not_ours() -> None:
    """Its tokens are not made by ``capability.allow``."""
    assert OFFICIAL_SDK not in OURS
    claims = in_order("version", "policies")
    claims["iss"], claims["exp"] = claims.pop("iss"), claims.pop("exp")
    assert made_by(sign(claims, KEY)) == OFFICIAL_SDK
