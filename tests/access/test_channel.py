from __future__ import annotations

from typing import Any

import pytest

from tests.command_line.samples import CHANNEL_URL, capability_of
from twilio.task_router.access.channel import Lack, advice_on_lack, claim_without_sid, lack_in_words, lacking
from twilio.task_router.access.rule_index import RuleIndex
from twilio.task_router.rule import read_rule
from twilio.task_router.sids import sids_of

GET, POST = (dict(rule) for rule in capability_of().policies[:2])
DENIED = {**GET, "allow": False}


class TestLacking:
    @pytest.mark.parametrize(
        ("rules", "lacks"),
        [
            ([GET, POST], []),
            ([POST], [Lack("GET", None)]),
            ([], [Lack("GET", None), Lack("POST", None)]),
            ([POST, DENIED], [Lack("GET", 1)]),
            ([POST, GET, {**DENIED, "url": CHANNEL_URL.rpartition("/")[0] + "/*"}], []),
            ([POST, {**GET, "query_filter": {"A": "x"}}], [Lack("GET", None)]),
            ([POST, {**DENIED, "query_filter": {"A": "x"}}, GET], []),
        ],
    )
    def test_lacking_methods(self, rules: list[Any], lacks: list[Lack]) -> None:
        assert lacking(RuleIndex([*map(read_rule, rules)]), CHANNEL_URL) == lacks


class TestLackInWords:
    def test_lack_names_the_methods(self) -> None:
        assert lack_in_words([Lack("GET", None), Lack("POST", None)]) == (
            "the token lacks GET and POST on its channel, through which everything goes"
        )

    def test_lack_names_the_url(self) -> None:
        assert lack_in_words([Lack("GET", None)], "https://b/AC1/WK1") == (
            "the token lacks GET on its channel, https://b/AC1/WK1, through which everything goes"
        )

    def test_lack_names_the_denial(self) -> None:
        assert lack_in_words([Lack("GET", 3)]).endswith("everything goes; policy rule 3 denies GET")


class TestAdvice:
    @pytest.mark.parametrize(
        ("lacks", "advice"),
        [
            ([Lack("GET", None)], "Add a rule that allows GET."),
            ([Lack("GET", None), Lack("POST", None)], "Add rules that allow GET and POST."),
            ([Lack("GET", 3)], "Change or remove policy rule 3."),
            ([Lack("GET", 3), Lack("POST", 4)], "Change or remove policy rules 3 and 4."),
            (
                [Lack("GET", 3), Lack("POST", None)],
                "Change or remove policy rule 3. Add a rule that allows POST.",
            ),
        ],
    )
    def test_advice_on_rules(self, lacks: list[Lack], advice: str) -> None:
        assert advice_on_lack(lacks) == advice

    def test_advice_on_a_claim(self) -> None:
        assert advice_on_lack([Lack("GET", None)], "account_sid") == "Set the claim account_sid to a SID."


class TestClaimWithoutSid:
    @pytest.mark.parametrize(
        ("claims", "claim"),
        [
            ({"account_sid": "AC1", "channel": "WS1"}, None),
            ({"account_sid": "AC1", "channel": "CI123"}, None),
            ({"channel": "WS1"}, "account_sid"),
            ({"account_sid": "WS1", "channel": "WS1"}, "account_sid"),
            ({"account_sid": "AC/**", "channel": "WS1"}, "account_sid"),
            ({"account_sid": "AC1"}, "channel"),
            ({"account_sid": "AC1", "channel": "WK1/**"}, "channel"),
            ({"account_sid": "AC1", "channel": "WK1", "worker_sid": "WK1/**"}, "worker_sid"),
            ({"account_sid": "AC1", "channel": "WQ1", "taskqueue_sid": "*"}, "taskqueue_sid"),
        ],
    )
    def test_claim_without_a_sid(self, claims: dict[str, str], claim: str | None) -> None:
        assert claim_without_sid(sids_of(claims)) == claim
