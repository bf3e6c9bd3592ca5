"""TaskRouter's URLs: the base URLs, and those of workspaces, resources and channels.

Source: Twilio, "TaskRouter REST API", https://www.twilio.com/docs/taskrouter/api
"""

from __future__ import annotations

import re
from typing import Final

from .checks import check_str, shown

#: The base URL of TaskRouter's REST API, without the version.
TASK_ROUTER_BASE_URL: Final = "https://taskrouter.twilio.com"
#: The base URL of the event bridge's websocket channels.
TASK_ROUTER_BASE_WS_URL: Final = "https://event-bridge.twilio.com/v1/wschannels"
#: The name of :data:`TASK_ROUTER_BASE_WS_URL` in twilio-python 4.5.0 to 5.7.0.
TASK_ROUTER_BASE_EVENTS_URL: Final = TASK_ROUTER_BASE_WS_URL
#: The version of TaskRouter's REST API.
TASK_ROUTER_VERSION: Final = "v1"

#: A part of every channel's URL.
CHANNELS: Final = "/wschannels/"

# Patterns as text, since most programs use the usual URLs and need no compiled pattern.
_BASE_URL = r"(?:https?|wss?)://[A-Za-z0-9._:\[\]-]+(?:/[A-Za-z0-9._~%-]+)*"
_PATH_SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]*"

#: The workspace's activities, below its URL.
ACTIVITIES: Final = "/Activities"
#: The pattern of the workspace's tasks and their reservations, below its URL.
TASKS: Final = "/Tasks/**"
#: The pattern of a worker's reservations, below the worker's URL.
RESERVATIONS: Final = "/Reservations/**"

_FOLDERS = {"WK": "/Workers/", "WQ": "/TaskQueues/"}


def workspace_url(
    workspace_sid: str, base_url: str = TASK_ROUTER_BASE_URL, version: str = TASK_ROUTER_VERSION
) -> str:
    """Return a workspace's URL."""
    return f"{base_url}/{version}/Workspaces/{workspace_sid}"


def workspace_path(workspace_sid: str) -> str:
    """Return the path of a workspace, below the base URL and the version."""
    return f"/Workspaces/{workspace_sid}"


def resource_url(workspace: str, sid: str) -> str:
    """Return the URL of a worker or task queue. For any other SID, return the workspace's URL.

    :param workspace: the workspace's URL.
    """
    folder = _FOLDERS.get(sid[:2])
    return f"{workspace}{folder}{sid}" if folder else workspace


def channel_url(account_sid: str, channel: str, base_ws_url: str = TASK_ROUTER_BASE_WS_URL) -> str:
    """Return the URL of a page's channel on the event bridge."""
    return f"{base_ws_url}/{account_sid}/{channel}"


def channel_path(account_sid: str, channel: str = "") -> str:
    """Return the path of a channel, or of all of an account's channels, below the base URL of channels."""
    return f"/{account_sid}/{channel}" if channel else f"/{account_sid}"


def base_before(url: str, path: str) -> str | None:
    """Return the part of a URL before whole segments, such as ``/Workspaces/WS456``, or ``None``."""
    before, found, _ = f"{url}/".partition(f"{path}/")
    return before if found else None


def is_whole(url: str) -> bool:
    """Return whether a URL has a scheme, such as ``https``, and a host."""
    scheme, _, rest = url.partition("://")
    return scheme.isascii() and scheme.isalpha() and rest != "" and rest[0] not in "/?#"


def root_and_path(url: str) -> tuple[str, str]:
    """Return a URL's scheme and host, such as ``https://taskrouter.twilio.com``, and its path."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}", path


def is_of_twilio(host: str) -> bool:
    """Return whether a host is ``twilio.com`` or one of its subdomains."""
    return host == "twilio.com" or host.endswith(".twilio.com")


def check_base_url(name: str, value: object) -> str:
    """Return *value*, which must be an absolute URL to which path segments can be added.

    :raises TypeError: if *value* is not a ``str``.
    :raises ValueError: if *value* is not such a URL.
    """
    return _check_match(
        name, value, _BASE_URL, "an http(s) or ws(s) URL without query, wildcard or trailing slash"
    )


def check_segment(name: str, value: object) -> str:
    """Return *value*, which must be one segment of a URL's path, such as ``v1``.

    :raises TypeError: if *value* is not a ``str``.
    :raises ValueError: if *value* is not such a segment.
    """
    return _check_match(name, value, _PATH_SEGMENT, "one segment of a URL's path, such as 'v1'")


def _check_match(name: str, value: object, pattern: str, expected: str) -> str:
    text = check_str(name, value)
    if not re.fullmatch(pattern, text):
        raise ValueError(f"{name} must be {expected}, got {shown(text)}")
    return text
