from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from twilio.task_router import ComparisonTooHardError, ConflictingRulesError, InvalidRuleError


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


def test_malformed_rule_is_named() -> None:
    error = InvalidRuleError(1, "url is missing")
    assert (error.index, error.problem) == (1, "url is missing")
    assert str(error) == "policy rule 1: url is missing"


def test_conflicting_rules_are_named() -> None:
    error = ConflictingRulesError(1, 3, "GET https://t")
    assert error.indexes == (1, 3)
    assert str(error) == "policy rules 1 and 3 conflict: one allows and one denies GET https://t"


@pytest.mark.parametrize("duplicate", [copy.copy, pickled])
@pytest.mark.parametrize(
    "error",
    [
        InvalidRuleError(1, "url is missing"),
        ConflictingRulesError(1, 3, "GET https://t"),
        ComparisonTooHardError("too hard"),
    ],
)
def test_errors_can_be_copied(duplicate: Any, error: ValueError) -> None:
    again = duplicate(error)
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)
    assert vars(again) == vars(error)
