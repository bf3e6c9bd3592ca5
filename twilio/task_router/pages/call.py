"""Calls of Worker.js with their requests, and the families of calls that several objects share.

Source: Worker.js 1.1.1 and 1.21. Every call was made in both versions, and its requests were recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .open_request import ANY, OpenRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .open_request import Version

# The objects that fetch statistics, and the resource of each. 1.1.1 has only the first.
_STATISTICS = {
    "statistics": "Statistics",
    "realtimeStats": "RealTimeStatistics",
    "cumulativeStats": "CumulativeStatistics",
}


class Call(NamedTuple):
    """A call or an event, and the requests that must all be allowed."""

    #: The call as written in JavaScript. A colon precedes a part of the call, such as the callback.
    name: str
    requests: tuple[OpenRequest, ...]
    #: The only version that has the call, or ``None`` if both have it.
    only_in: Version | None = None


def get(
    path: str,
    *chosen: str,
    optional: Iterable[str] = (),
    only_in: Version | None = None,
    otherwise: str = "",
    **values: str,
) -> OpenRequest:
    """Return a ``GET`` request. The page chooses the values of *chosen*; those in *values* are fixed."""
    return OpenRequest("GET", path, _params(chosen, values), tuple(optional), only_in, otherwise)


def post(path: str, *chosen: str, optional: Iterable[str] = (), **values: str) -> OpenRequest:
    """Return a ``POST`` request, with parameters as in :func:`get`."""
    return OpenRequest("POST", path, _params(chosen, values), tuple(optional))


def delete(path: str) -> OpenRequest:
    """Return a ``DELETE`` request."""
    return OpenRequest("DELETE", path)


def _params(chosen: Iterable[str], values: dict[str, str]) -> tuple[tuple[str, str | None], ...]:
    return (*values.items(), *((name, None) for name in chosen))


def call(name: str, *requests: OpenRequest, only_in: Version | None = None) -> Call:
    """Return a call with its requests."""
    return Call(name, requests, only_in)


def resource_calls(name: str, path: str) -> Iterator[Call]:
    """Yield the calls of one resource, such as ``task``."""
    yield call(f"{name}.fetch", get(path))
    yield call(f"{name}.update", post(path, ANY))
    yield call(f"{name}.delete", delete(path))


def list_calls(name: str, path: str, item: str) -> Iterator[Call]:
    """Yield the calls of a list, such as ``workspace.workers``; *item* is the path of one item."""
    yield call(f"{name}.fetch", get(path, optional=[ANY]))
    yield call(f"{name}.fetch: next", get(path, "PageSize", "Page", "PageToken"))
    yield call(f"{name}.fetch(sid)", get(item))
    yield call(f"{name}.create", post(path, ANY))
    yield call(f"{name}.update", post(item, ANY))
    yield call(f"{name}.delete", delete(item))


def statistics_calls(name: str, path: str, kinds: Iterable[str] = tuple(_STATISTICS)) -> Iterator[Call]:
    """Yield the calls that fetch the statistics of a resource or a list."""
    for kind in kinds:
        only_in: Version | None = None if kind == "statistics" else "1.21"
        yield call(
            f"{name}.{kind}.fetch", get(f"{path}/{_STATISTICS[kind]}", optional=[ANY]), only_in=only_in
        )
