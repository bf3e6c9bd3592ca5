from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.samples import KEY, TASK_URL, WORKER_URL, body_of, token_of, with_claims
from twilio.task_router import Request
from twilio.task_router.diagnosis.body import read_given

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.command_line.conftest import Run

AROUND = {
    "nothing": "{}",
    "white space": " \t{}\r\n",
    "single quotes": "'{}'",
    "double quotes": '"{}"',
    "backticks": "`{}`",
    "Bearer": "Bearer {}",
    "bearer in lower case": "bearer {}",
    "a whole header": "Authorization: Bearer {}",
    "Bearer and quotes": '"Bearer {}"',
    "Bearer before quotes": 'Bearer "{}"',
    "a byte order mark": "\ufeff{}\n",
}


class Keyboard(io.TextIOWrapper):
    """Standard input at a terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO())

    def isatty(self) -> bool:
        return True


class TestToken:
    @pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
    @pytest.mark.parametrize("command", [["inspect"], ["check", "GET", WORKER_URL]])
    def test_is_read_as_an_argument_with_what_was_copied_along(
        self, command: list[str], around: str, run: Run
    ) -> None:
        run(*command, around.format(token_of()))

    @pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
    @pytest.mark.parametrize("command", [["inspect"], ["check", "GET", WORKER_URL]])
    def test_is_read_from_standard_input_with_what_was_copied_along(
        self, command: list[str], around: str, run: Run
    ) -> None:
        run(*command, stdin=around.format(token_of()))

    def test_is_read_where_standard_input_is_not_text(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe")))
        assert "this is not a token" in run("inspect", status=1)

    @pytest.mark.parametrize("stdin", [None, Keyboard()])
    @pytest.mark.parametrize(
        ("command", "usage"),
        [
            (["inspect"], "inspect TOKEN"),
            (["check", "GET", WORKER_URL], "check BODY, or check METHOD URL TOKEN"),
            (["check"], "check BODY, or check METHOD URL TOKEN"),
            (["compare", "a.b.c", "-"], "compare OLD NEW"),
        ],
    )
    def test_is_not_waited_for_if_there_is_no_standard_input(
        self,
        command: list[str],
        usage: str,
        stdin: Any,
        misuse: Callable[..., str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert misuse(*command) == f"a token is missing: {usage}"


class TestBody:
    @pytest.mark.parametrize("around", ["{}", "  {}\n", "\ufeff{}"])
    def test_is_read_as_an_argument(self, around: str, run: Run) -> None:
        run("check", around.format(body_of("GET", WORKER_URL, token_of())))

    def test_is_read_from_standard_input(self, run: Run) -> None:
        run("check", stdin=body_of("GET", WORKER_URL, token_of()))

    def test_is_read_if_it_is_indented(self, run: Run) -> None:
        run("check", json.dumps(json.loads(body_of("GET", WORKER_URL, token_of())), indent=2))

    def test_gives_inspect_its_token(self, run: Run) -> None:
        claims = json.loads(run("inspect", "--json", body_of("GET", WORKER_URL, with_claims(x=1))))["claims"]
        assert claims["x"] == 1

    def test_may_have_more_than_is_needed(self, run: Run) -> None:
        body = json.loads(body_of("GET", WORKER_URL, token_of())) | {"event_type": "ready"}
        run("check", json.dumps(body))

    @pytest.mark.parametrize("params", [None, {}, ...])
    def test_needs_no_params(self, params: Any, run: Run) -> None:
        body = json.loads(body_of("GET", WORKER_URL, token_of())) | {"params": params}
        run("check", json.dumps({name: value for name, value in body.items() if value is not ...}))

    def test_has_query_parameters_if_it_is_a_get(self) -> None:
        given = read_given(body_of("get", WORKER_URL, "t", ReservationStatus="pending"))
        assert given.asked == Request("GET", WORKER_URL, query=(("ReservationStatus", "pending"),))

    @pytest.mark.parametrize("method", ["POST", "DELETE", "post"])
    def test_has_form_parameters_otherwise(self, method: str) -> None:
        given = read_given(body_of(method, TASK_URL, "t", AssignmentStatus="completed"))
        assert given.asked == Request(method.upper(), TASK_URL, form=(("AssignmentStatus", "completed"),))

    @pytest.mark.parametrize(
        ("value", "sent"), [(5, "5"), (True, "true"), ({"a": 1}, '{"a": 1}'), ("5", "5")]
    )
    def test_may_have_values_of_any_type(self, value: Any, sent: str) -> None:
        asked = read_given(body_of("POST", TASK_URL, "t", Priority=value)).asked
        assert asked is not None
        assert asked.form == (("Priority", sent),)

    def test_sends_no_parameter_that_is_null(self) -> None:
        asked = read_given(body_of("POST", TASK_URL, "t", Reason=None)).asked
        assert asked is not None
        assert asked.form == ()

    @pytest.mark.parametrize("text", ["{", '{"url": "https://t"', '{"a": ' + "[" * 100_000])
    @pytest.mark.parametrize("command", ["inspect", "check"])
    def test_that_breaks_off_is_misuse(self, command: str, text: str, misuse: Callable[..., str]) -> None:
        says = "the body of the request must be JSON; copy all of it, from { to }"
        assert misuse(command, text) == says

    @pytest.mark.parametrize(
        "change",
        [{"url": None}, {"method": 5}, {"token": ["x"]}, {"params": "A=x"}, {"params": ["A"]}],
    )
    def test_of_another_request_is_misuse(self, change: dict[str, Any], misuse: Callable[..., str]) -> None:
        body = json.loads(body_of("GET", WORKER_URL, token_of())) | change
        says = 'the body of the request must have "url", "method" and "token"'
        assert misuse("check", json.dumps(body)) == says

    def test_is_not_repeated_in_an_error(self, misuse: Callable[..., str]) -> None:
        token = token_of()
        assert token[-43:] not in misuse("check", body_of("PATCH", WORKER_URL, token))

    def test_with_a_key_beside_it_is_too_much(self, misuse: Callable[..., str]) -> None:
        err = misuse("inspect", body_of("GET", WORKER_URL, token_of()), KEY)
        assert "too many arguments" in err
        assert KEY not in err
