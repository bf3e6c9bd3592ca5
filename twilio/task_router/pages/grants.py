"""The grants of each capability class, and access policies with a grant added."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from twilio.task_router.access.policy import policy_of
from twilio.task_router.capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.errors import ConflictingRulesError
from twilio.task_router.rule import read_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from twilio.task_router.access.policy import AccessPolicy

_Class = TypeVar("_Class", bound=type[Capability])

_SHARED = (
    "allow_updates",
    "allow_delete",
    "allow_fetch_subresources",
    "allow_updates_subresources",
    "allow_delete_subresources",
)

#: The grants of each class, narrow ones first: the first that allows a request is the one to suggest.
GRANTS: Final[dict[type[Capability], tuple[str, ...]]] = {
    TaskRouterCapability: (
        "allow_worker_fetch_attributes",
        "allow_worker_activity_updates",
        "allow_task_reservation_updates",
        *_SHARED,
    ),
    TaskRouterWorkerCapability: ("allow_activity_updates", "allow_reservation_updates", *_SHARED),
    TaskRouterTaskQueueCapability: _SHARED,
    TaskRouterWorkspaceCapability: _SHARED,
}


def with_each_grant(
    policy: AccessPolicy, classes: Iterable[_Class], make: Callable[[_Class], Capability]
) -> Iterator[tuple[_Class, str, AccessPolicy]]:
    """Yield each class with each of its grants, and the policy with the rules of both added.

    The grant's name is empty for the rules that the class has from the start. Grants whose rules conflict
    with the policy's are left out.

    :param make: returns a capability of a class.
    """
    rules = policy.index.rules
    for kind in classes:
        capability = make(kind)
        from_the_start = capability.policies
        for grant in ("", *GRANTS[kind]):
            capability.policies = from_the_start.copy()
            if grant:
                getattr(capability, grant)()
            with suppress(ConflictingRulesError):
                yield kind, grant, policy_of([*rules, *map(read_rule, capability.policies)])


def grant_in_words(kind: type[Capability], grant: str) -> str:
    """Return a grant as code, such as ``TaskRouterWorkerCapability.allow_updates()``."""
    return f"{kind.__name__}.{grant}()" if grant else f"{kind.__name__} (from the start)"
