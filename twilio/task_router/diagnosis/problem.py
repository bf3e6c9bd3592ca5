"""The problems of a token, apart from the rules' decision about a request."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

#: The kinds of problems, in the order in which a token is judged.
ProblemKind: TypeAlias = Literal[
    "unreadable", "bad-signature", "expired", "not-yet-valid", "bad-claims", "channel-denied"
]


class Problem(NamedTuple):
    """A problem of a token."""

    kind: ProblemKind
    #: The problem in words, of which the first is not capitalised.
    text: str
