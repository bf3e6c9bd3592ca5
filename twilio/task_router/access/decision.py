"""The decision of an access policy about a request, with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from twilio.task_router.rule import PolicyRule

    from .request import Request


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An access policy's decision about a request. A decision is true if the request is allowed."""

    #: Whether the request is allowed.
    allowed: bool
    #: The outcome, for programs:
    #:
    #: - ``allowed`` and ``denied-by-rule``: a rule decided.
    #: - ``wrong-parameters``: no rule matches, but an allowing rule would match other parameters.
    #: - ``wrong-method``: rules allow the URL with other methods only.
    #: - ``near-miss``: an allowing rule has almost this URL.
    #: - ``no-rule``: no allowing rule comes close.
    #: - ``depends``: only from :func:`explain`. The decision depends on the task, the reservation or a value
    #:   that the page chooses.
    #:
    #: Later versions may add kinds.
    kind: Literal[
        "allowed", "denied-by-rule", "wrong-parameters", "wrong-method", "near-miss", "no-rule", "depends"
    ]
    #: The reason, in a sentence for people. The wording may change in later versions.
    reason: str
    #: The index of the rule that decided, from 0, or ``None`` if no rule matches.
    rule_index: int | None = None
    #: A copy of the rule that decided, or ``None`` if no rule matches.
    rule: PolicyRule | None = field(default=None, hash=False)
    #: The request that was decided.
    request: Request

    def __bool__(self) -> bool:
        return self.allowed
