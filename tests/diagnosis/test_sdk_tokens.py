"""The tokens of other SDKs, and those made up after public code: what shows in each, and what would help."""

from __future__ import annotations

import base64
import hmac
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from freezegun import freeze_time

from tests.command_line.samples import KEY
from tests.judges import recorded, second_opinion
from twilio.task_router.access.request import Request
from twilio.task_router.diagnosis.fix import fix_for
from twilio.task_router.diagnosis.inspection import inspect_token
from twilio.task_router.diagnosis.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twilio.task_router.diagnosis.fix import Fix

VECTORS = recorded.load("sdk-tokens.json")["tokens"]
WORKSPACE = "https://taskrouter.twilio.com/v1/Workspaces/WS456"
WORKER, LEGACY, QUEUE, WHOLE = (
    f"TaskRouter{name}Capability" for name in ("Worker", "", "TaskQueue", "Workspace")
)
OTHER = "other rules"
CHANNELS_URL = "https://event-bridge.twilio.com/v1/wschannels/AC123"
RUBY, NODE, PHP, JAVA = "twilio-ruby 5 or newer", "twilio-node", "twilio-php", "twilio-java"
PYTHON = "twilio-python 6 or newer"

ACTIVITY = "POST /Workers/WK789?ActivitySid=WA1"
COMPLETE = "POST /Tasks/WT1?AssignmentStatus=completed"
CHANNELS = "GET /Workers/WK789/Channels"
DELETE = "DELETE /Tasks/WT1"
MEND = "Mend policy rule 6 first"


class Expected(NamedTuple):
    made_by: str | None
    kind: str
    #: What is refused: a method, a path and, for a ``POST``, form parameters.
    request: str
    #: The rule that would help, or the beginning of the reason why none is offered.
    help: str
    #: The kinds of the notes, with the rules' indexes.
    notes: tuple[str, ...] = ()
    kind_of_verdict: str = "good"
    grant: str | None = None


# In the vector's order. What is expected follows from the rules that the vector lists: a note "redundant" for
# each rule that others make needless, but for those of a class; a rule for any task, and for the own worker.
EXPECTED = [
    Expected(RUBY, WORKER, ACTIVITY, "POST /Workers/WK789"),
    Expected(RUBY, WORKER, CHANNELS, "GET /Workers/WK789/Channels", ("redundant 6", "redundant 7")),
    Expected(RUBY, WORKER, DELETE, "DELETE /Tasks/*"),
    Expected(RUBY, OTHER, "GET /Activities", "GET /Activities", ("wrong-channel",), "bad-claims"),
    Expected(RUBY, WHOLE, "POST /Workers/WK1?Attributes={}", "POST /Workers/WK1"),
    Expected(PHP, WORKER, COMPLETE, "POST /Tasks/*"),
    Expected(PHP, WORKER, "POST /Workers/WK789?Attributes={}", "POST /Workers/WK789"),
    Expected(PHP, WORKER, DELETE, "DELETE /Tasks/*", ("redundant 6", "redundant 7")),
    Expected(PHP, QUEUE, "POST /TaskQueues/WQ789?FriendlyName=x", "POST /TaskQueues/WQ789"),
    Expected(PHP, WHOLE, "DELETE /Workers/WK1", "DELETE /Workers/WK1"),
    Expected(PHP, WORKER, "POST /Tasks?Attributes={}", MEND, (), "bad-claims"),
    Expected(NODE, WORKER, "POST /Tasks/WT1/Reservations/WR1?Instruction=dequeue", "POST /Tasks/**"),
    Expected(NODE, WORKER, "POST /Workers/WK789?ActivitySid=WA1&Attributes={}", "POST /Workers/WK789"),
    Expected(NODE, WORKER, COMPLETE, "POST /Tasks/*"),
    Expected(NODE, WORKER, CHANNELS, "GET /Workers/WK789/Channels"),
    Expected(NODE, WHOLE, DELETE, "DELETE /Tasks/*", ("wide 4",)),
    Expected(NODE, OTHER, "GET /Activities", "", ("channel-denied",), "channel-denied"),
    Expected(NODE, WORKER, ACTIVITY, "POST /Workers/WK789", ("redundant 6",)),
    Expected(RUBY, WORKER, ACTIVITY, "POST /Workers/WK789", ("redundant 6",)),
    Expected(
        RUBY,
        OTHER,
        "GET https://taskrouter.twilio.com/v1/Accounts",
        "The request is for nothing in the token's workspace, WS456.",
        ("wide 1", "wide 2"),
    ),
    Expected(RUBY, OTHER, "DELETE /TaskQueues/WQ789", "DELETE /TaskQueues/WQ789"),
    Expected(None, WORKER, ACTIVITY, "POST /Workers/WK789", ("wrong-channel",), "bad-claims"),
    Expected(None, WORKER, "GET /Workflows/WW1", "GET /Workflows/WW1"),
    Expected(None, OTHER, "GET /Activities", "", (), "bad-claims"),
    Expected(None, WORKER, COMPLETE, "POST /Tasks/*"),
    Expected(None, OTHER, "GET /Activities", "GET /Activities"),
    Expected(JAVA, WORKER, ACTIVITY, "POST /Workers/WK789"),
    Expected(None, WORKER, CHANNELS, "GET /Workers/WK789/Channels"),
    Expected(None, WORKER, ACTIVITY, MEND, (), "bad-claims"),
    Expected(None, WORKER, ACTIVITY, "POST /Workers/WK789"),
    Expected(None, WORKER, COMPLETE, MEND, (), "bad-claims"),
    Expected(None, WORKER, ACTIVITY, MEND, (), "bad-claims"),
    Expected(
        None, OTHER, CHANNELS, "Set the claim account_sid to a SID first", ("channel-denied",), "bad-claims"
    ),
    Expected(PYTHON, WORKER, ACTIVITY, "POST /Workers/WK789", grant="allow_update_activities=True"),
    Expected(PYTHON, WORKER, COMPLETE, "POST /Tasks/*", grant="allow_update_reservations=True"),
    Expected(PYTHON, OTHER, "GET /Activities", "GET /Activities"),
    Expected(PYTHON, LEGACY, "GET /Tasks/WT1", "GET /Tasks/*"),
]


class Case(NamedTuple):
    claims: dict[str, Any]
    token: str
    expected: Expected

    @property
    def request(self) -> Request:
        method, url = self.expected.request.split(" ")
        url, _, params = url.partition("?")
        form = [
            (name, value) for name, _, value in (pair.partition("=") for pair in params.split("&")) if name
        ]
        return Request(method, url if "://" in url else WORKSPACE + url, form=form)

    @property
    def fix(self) -> Fix | None:
        inspection = inspect_token(self.token)
        return fix_for(inspection, self.request, judge(inspection, self.request))

    def allows(self, added: list[Any], method: str, url: str) -> bool:
        """Whether the token's rules and more allow this with the request's parameters, to another judge."""
        rules = [{**rule, "method": rule["method"].upper()} for rule in self.claims["policies"]]
        return second_opinion.is_allowed([*rules, *added], method, url, [], list(self.request.form))


def signed(*parts: str) -> str:
    encoded = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in parts]
    signature = hmac.digest(KEY.encode(), b".".join(encoded), "sha256")
    return b".".join([*encoded, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


CASES = [
    Case(json.loads(vector["payload"]), signed(vector["header"], vector["payload"]), expected)
    for vector, expected in zip(VECTORS, EXPECTED, strict=True)
]
NAMES = [f"{vector['made_by']}, {vector['what']}" for vector in VECTORS]
each = pytest.mark.parametrize("case", CASES, ids=NAMES)
with_rule = pytest.mark.parametrize(
    "case", [case for case in CASES if case.expected.help[:4] in ("GET ", "POST", "DELE")]
)


@pytest.fixture(autouse=True)
def _when_they_begin() -> Iterator[None]:
    with freeze_time("2030-03-17 17:46:40"):
        yield


class TestToken:
    @each
    def test_token_shows_its_maker(self, case: Case) -> None:
        assert inspect_token(case.token).made_by == case.expected.made_by

    @each
    def test_token_shows_its_class(self, case: Case) -> None:
        kind = inspect_token(case.token).own_class
        assert (kind.__name__ if kind else OTHER) == case.expected.kind

    @each
    def test_token_has_notes(self, case: Case) -> None:
        notes = inspect_token(case.token).notes
        named = [note.kind if note.rule_index is None else f"{note.kind} {note.rule_index}" for note in notes]
        assert named == [*case.expected.notes]

    @each
    def test_token_has_a_verdict(self, case: Case) -> None:
        assert judge(inspect_token(case.token)).kind == case.expected.kind_of_verdict


class TestRequest:
    @each
    def test_request_is_refused(self, case: Case) -> None:
        assert not judge(inspect_token(case.token), case.request)

    @each
    def test_request_has_a_fix_or_a_reason(self, case: Case) -> None:
        fix = case.fix
        if fix is None:  # no rule can be read, and the verdict says of each why
            assert len(judge(inspect_token(case.token)).problems) == len(case.claims["policies"])
        elif fix.rule is None:
            assert (fix.obstacle or "").startswith(case.expected.help)
        else:
            method, path = case.expected.help.split(" ")
            assert (fix.rule["method"], fix.rule["url"]) == (method, WORKSPACE + path)
            assert fix.obstacle is None

    @each
    def test_request_has_the_grant(self, case: Case) -> None:
        assert (case.fix.grant if case.fix else None) == case.expected.grant


def added(case: Case) -> list[Any]:
    """The rules in the lines of a fix, read as whoever makes the token would write them."""
    assert case.fix
    if case.expected.made_by == PYTHON:
        policies: list[Any] = []
        for line in case.fix.lines:
            exec(line.removeprefix("token."), {"policies": policies})  # noqa: S102 - as its user would
        return policies
    return [json.loads(line) for line in case.fix.lines]


class TestLines:
    @with_rule
    def test_lines_let_the_request_through(self, case: Case) -> None:
        assert not case.allows([], case.request.method, case.request.url)
        assert case.allows(added(case), case.request.method, case.request.url)

    @with_rule
    def test_lines_cover_no_other_worker(self, case: Case) -> None:
        paths = ("WK2", "WK2/Channels", "WK2/Reservations", "WK2/Reservations/WR1")
        others = [f"{WORKSPACE}/Workers/{path}" for path in paths]
        for url in (*others, f"{CHANNELS_URL}/WK2", f"{CHANNELS_URL}/WS2"):
            assert not second_opinion.is_allowed(
                added(case), case.request.method, url, [], list(case.request.form)
            )

    def test_lines_open_the_channel_too(self) -> None:
        (case,) = (case for case in CASES if case.expected.kind_of_verdict == "channel-denied")
        asked = [(method, f"{CHANNELS_URL}/WK789") for method in ("GET", "POST")]
        assert [case.allows([], *one) for one in asked] == [False, False]
        assert [case.allows(added(case), *one) for one in asked] == [True, True]
