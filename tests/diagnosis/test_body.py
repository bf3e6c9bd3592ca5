from __future__ import annotations

import json
from typing import Any

import pytest

from tests.command_line.samples import TASK_URL, WORKER_URL, body_of
from twilio.task_router import Request
from twilio.task_router.diagnosis.body import Body, read_body


def read(method: str, url: str, **params: Any) -> Body:
    body = read_body(json.loads(body_of(method, url, "t", **params)))
    assert body is not None
    return body


class TestReadBody:
    def test_body_of_a_get(self) -> None:
        request = read("get", WORKER_URL, ReservationStatus="pending").request
        assert request == Request("GET", WORKER_URL, query=(("ReservationStatus", "pending"),))

    @pytest.mark.parametrize("method", ["POST", "DELETE", "post"])
    def test_read_body_has_form_parameters(self, method: str) -> None:
        request = read(method, TASK_URL, AssignmentStatus="completed").request
        assert request == Request(method.upper(), TASK_URL, form=(("AssignmentStatus", "completed"),))

    @pytest.mark.parametrize(
        ("value", "sent"), [(5, "5"), (True, "true"), ({"a": 1}, '{"a": 1}'), ("5", "5")]
    )
    def test_read_body_takes_any_value(self, value: Any, sent: str) -> None:
        assert read("POST", TASK_URL, Priority=value).request.form == (("Priority", sent),)

    def test_read_body_leaves_out_null(self) -> None:
        assert read("POST", TASK_URL, Reason=None).request.form == ()

    @pytest.mark.parametrize("params", [None, {}, ...])
    def test_read_body_needs_no_params(self, params: Any) -> None:
        body = json.loads(body_of("GET", WORKER_URL, "t")) | {"params": params}
        body = {name: value for name, value in body.items() if value is not ...}
        assert read_body(body) == Body("t", Request("GET", WORKER_URL))

    @pytest.mark.parametrize(("event", "read"), [("ready", "ready"), (5, None)])
    def test_read_body_has_the_event_type(self, event: Any, read: str | None) -> None:
        body = read_body(json.loads(body_of("GET", WORKER_URL, "t")) | {"event_type": event})
        assert body is not None
        assert body.event_type == read

    @pytest.mark.parametrize(
        "change", [{"url": None}, {"method": 5}, {"token": ["x"]}, {"params": "A=x"}, {"params": ["A"]}]
    )
    def test_read_body_knows_other_json(self, change: dict[str, Any]) -> None:
        assert read_body(json.loads(body_of("GET", WORKER_URL, "t")) | change) is None

    @pytest.mark.parametrize("value", [[], None, 5, "url method token"])
    def test_body_is_no_object(self, value: Any) -> None:
        assert read_body(value) is None
