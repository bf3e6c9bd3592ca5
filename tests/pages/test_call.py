from __future__ import annotations

import pytest

from twilio.task_router.pages.call import (
    call,
    delete,
    get,
    list_calls,
    post,
    resource_calls,
    statistics_calls,
)
from twilio.task_router.pages.open_request import ANY, OpenRequest


def test_values_are_open_or_fixed() -> None:
    request = get("/Tasks", "Page", optional=["Reason"], AssignmentStatus="completed")
    assert request.params == (("AssignmentStatus", "completed"), ("Page", None))
    assert request.optional == ("Reason",)


@pytest.mark.parametrize(
    ("request_", "method", "kind"),
    [(get("/x"), "GET", "query"), (post("/x"), "POST", "form"), (delete("/x"), "DELETE", "form")],
)
def test_methods(request_: OpenRequest, method: str, kind: str) -> None:
    assert (request_.method, request_.url, request_.kind) == (method, "/x", kind)


def test_calls_of_a_resource() -> None:
    assert list(resource_calls("task", "/Tasks/{WT}")) == [
        call("task.fetch", get("/Tasks/{WT}")),
        call("task.update", post("/Tasks/{WT}", ANY)),
        call("task.delete", delete("/Tasks/{WT}")),
    ]


def test_calls_of_a_list_or_an_item() -> None:
    paths = {one.name: one.requests[0].url for one in list_calls("workers", "/Workers", "/Workers/{WK}")}
    assert [name for name, path in paths.items() if path == "/Workers"] == [
        "workers.fetch",
        "workers.fetch: next",
        "workers.create",
    ]
    assert [name for name, path in paths.items() if path == "/Workers/{WK}"] == [
        "workers.fetch(sid)",
        "workers.update",
        "workers.delete",
    ]


def test_statistics_of_1_1_1() -> None:
    """Version 1.1.1 has one of the three objects."""
    both = [one.name for one in statistics_calls("worker", "/Workers/{sid}") if one.only_in is None]
    assert both == ["worker.statistics.fetch"]
