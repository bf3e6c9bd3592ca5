from __future__ import annotations

from typing import get_args

import pytest
from freezegun import freeze_time

from tests.command_line.samples import UNSIGNED, capability_of, token_of, with_claims, with_header
from tests.judges import recorded
from twilio.task_router.diagnosis.inspection import inspect_token
from twilio.task_router.diagnosis.problem import ProblemKind
from twilio.task_router.diagnosis.verdict import judge

NOW = int(recorded.RECORDED.timestamp())

with freeze_time(recorded.RECORDED):
    BAD = {
        "unreadable": "x",
        "bad-signature": with_header(*UNSIGNED["alg none"]),
        "expired": token_of(ttl=-1),
        "not-yet-valid": with_claims(nbf=NOW + 60),
        "bad-claims": with_claims(iss="AC9"),
        "channel-denied": with_claims(policies=capability_of().policies[1:]),
    }


class TestKind:
    @freeze_time(recorded.RECORDED)
    @pytest.mark.parametrize(("kind", "token"), BAD.items())
    def test_is_that_of_one_fault(self, kind: str, token: str) -> None:
        (problem,) = judge(inspect_token(token)).problems
        assert problem.kind == kind
        assert problem.text[0].islower()
        assert not problem.text.endswith(".")

    def test_is_none_of_others(self) -> None:
        assert list(get_args(ProblemKind)) == [*BAD]
