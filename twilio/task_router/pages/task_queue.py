"""The page of a task queue: the calls of ``Twilio.TaskRouter.TaskQueue``."""

from __future__ import annotations

from typing import Final

from .call import call, get, resource_calls, statistics_calls
from .open_request import OWN_SID

_TASK_QUEUE = f"/TaskQueues/{OWN_SID}"

#: The calls and events, in the order in which people meet them.
CALLS: Final = (
    call("ready", get(_TASK_QUEUE)),
    *resource_calls("taskqueue", _TASK_QUEUE),
    *statistics_calls("taskqueue", _TASK_QUEUE),
)
