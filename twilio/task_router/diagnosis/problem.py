"""Problems: what can be wrong with a token or a request, apart from the rules' decision."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

#: What can be wrong with a token, in the order in which it is judged.
ProblemKind: TypeAlias = Literal[
    "unreadable", "bad-signature", "expired", "not-yet-valid", "bad-claims", "channel-denied"
]


class Problem(NamedTuple):
    """What is wrong with a token."""

    kind: ProblemKind
    #: In words, of which the first is not capitalised.
    text: str
