"""The SIDs in a token's claims, and the channel that Worker.js opens.

Source: Worker.js 1.1.1 and 1.21. A worker's page opens the channel of ``worker_sid``, a task queue's page
that of ``taskqueue_sid``, and a workspace's page that of ``workspace_sid``. None of them reads ``channel``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The kinds of pages, one for each object of Worker.js.
PageKind: TypeAlias = Literal["worker", "task queue", "workspace"]

#: The part of a SID after its prefix, as a pattern. A digit tells a SID from a name such as ``Tasks``.
AFTER_PREFIX: Final = "(?=[A-Za-z]*[0-9])[A-Za-z0-9]+"

#: The claim from which each kind of page takes its channel.
CLAIMS: Final[Mapping[PageKind, str]] = {
    "worker": "worker_sid",
    "task queue": "taskqueue_sid",
    "workspace": "workspace_sid",
}
_PAGE_OF_CHANNEL: Final[Mapping[str, PageKind]] = {"WK": "worker", "WQ": "task queue", "WS": "workspace"}


class Sids(NamedTuple):
    """The SIDs in a token's claims. A SID is empty if its claim is missing or not a string."""

    account: str
    workspace: str
    channel: str
    worker: str
    task_queue: str

    @property
    def page(self) -> PageKind | None:
        """The kind of page that the token is for, or ``None`` if no claim tells."""
        of_channel = _PAGE_OF_CHANNEL.get(self.channel[:2])
        if self.worker and not (self.task_queue and of_channel == "task queue"):
            return "worker"
        return "task queue" if self.task_queue else of_channel

    @property
    def opened(self) -> str:
        """The SID of the channel that Worker.js opens. Empty if the claim is missing."""
        by_page = {"worker": self.worker, "task queue": self.task_queue, "workspace": self.workspace}
        return by_page.get(self.page or "", "")

    @property
    def names_two_pages(self) -> bool:
        """Whether ``channel`` has the SID of another page of the same kind than Worker.js opens."""
        return self.opened[:2] == self.channel[:2] and self.opened != self.channel

    @property
    def own_channel(self) -> str:
        """The SID of the page's channel: the one that Worker.js opens, or else the claim ``channel``."""
        return self.opened or self.channel


def sids_of(claims: Mapping[str, object]) -> Sids:
    """Return the SIDs in a token's claims, which may be of any type."""
    values = [
        claims.get(name)
        for name in ("account_sid", "workspace_sid", "channel", "worker_sid", "taskqueue_sid")
    ]
    return Sids(*(value if isinstance(value, str) else "" for value in values))
