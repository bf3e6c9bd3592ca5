from __future__ import annotations

import pytest

from twilio.task_router.sentences import clause, sentence


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("the token lacks GET", "The token lacks GET."),
        ("\u00e9t\u00e9 is no SID", "\u00c9t\u00e9 is no SID."),
        ("the URL ends in '..'", "The URL ends in '..'."),
        ("x", "X."),
    ],
)
def test_sentence_of_a_clause(words: str, whole: str) -> None:
    assert sentence(words) == whole
    assert clause(whole) == words
