"""The page of a workspace, such as a supervisor's: the calls of ``Twilio.TaskRouter.Workspace``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .call import call, delete, get, list_calls, post, resource_calls, statistics_calls
from .open_request import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .call import Call
    from .open_request import OpenRequest

# The lists of a workspace, each with its path and with the prefix of its items' SIDs.
_LISTS = {
    "activities": ("/Activities", "WA"),
    "workflows": ("/Workflows", "WW"),
    "taskqueues": ("/TaskQueues", "WQ"),
    "workers": ("/Workers", "WK"),
    "tasks": ("/Tasks", "WT"),
}


def _calls_of_lists() -> Iterator[Call]:
    for name, (path, prefix) in _LISTS.items():
        item = f"{path}/{{{prefix}}}"
        yield from list_calls(f"workspace.{name}", path, item)
        yield from resource_calls(f"{name}[i]", item)
        if name in ("workers", "taskqueues"):
            yield from statistics_calls(f"workspace.{name}", path)
        if name == "workers":
            yield from statistics_calls(f"{name}[i]", item, ["statistics"])
        if name in ("taskqueues", "workflows"):
            yield from statistics_calls(f"{name}[i]", item)


def _with_slash(request: OpenRequest) -> OpenRequest:
    """Return a request for the workspace with a trailing slash, as Worker.js sends it.

    By Twilio's description of policy rules, a literal URL without the slash does not cover that URL. Yet the
    SDKs grant these pages only that literal, and no document says whether TaskRouter ignores the slash.
    Remove this function once somebody has seen that TaskRouter does.
    """
    otherwise = (
        "The URL ends in a slash, and no document says whether TaskRouter ignores that: beside a rule for "
        f'the URL without the slash, capability.allow(f"{{capability.resource_url}}/", "{request.method}") '
        "covers both readings."
    )
    return request._replace(url="/", otherwise=otherwise)


#: The calls and events, in the order in which people meet them.
CALLS: Final = (
    call("ready", _with_slash(get(""))),
    call("workspace.fetch", _with_slash(get(""))),
    call("workspace.update", _with_slash(post("", ANY))),
    call("workspace.delete", _with_slash(delete(""))),
    *statistics_calls("workspace", ""),
    *_calls_of_lists(),
)
