from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from freezegun import freeze_time

from tests.command_line.samples import (
    ACCOUNT,
    CHANNEL_URL,
    KEY,
    QUEUE,
    TASK_URL,
    WORKER,
    WORKER_URL,
    WORKSPACE,
    WORKSPACE_URL,
    capability_of,
    token_of,
    with_claims,
)
from tests.judges import recorded
from twilio.task_router import (
    Capability,
    Request,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.access import policy as access_policy
from twilio.task_router.access.policy import AccessPolicy
from twilio.task_router.access.rule_index import RuleIndex
from twilio.task_router.diagnosis import replay as replay_module
from twilio.task_router.diagnosis.body import Body
from twilio.task_router.diagnosis.har import Entry
from twilio.task_router.diagnosis.inspection import Inspection, inspect_token
from twilio.task_router.diagnosis.replay import replay

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = recorded.RECORDED.timestamp()
WORKFLOWS = f"{WORKSPACE_URL}/Workflows"


@pytest.fixture(autouse=True)
def _recorded_then() -> Any:
    with freeze_time(recorded.RECORDED):
        yield


def entry(
    status: int | None,
    method: str = "GET",
    url: str = WORKER_URL,
    *,
    token: str | None = None,
    to: str = CHANNEL_URL,
    at: float | None = NOW,
    event: str | None = None,
) -> Entry:
    return Entry(to, Body(token or token_of(), Request(method, url), event), status, at)


def unread(status: int | None) -> Entry:
    return Entry(CHANNEL_URL, None, status, NOW)


def websocket(status: int, token: str | None = None, to: str = CHANNEL_URL) -> Entry:
    return entry(status, "GET", to, token=token, to=to)


def reasons(*entries: Entry | None) -> str:
    replayed = replay(entries)
    assert bool(replayed) is not bool(replayed.reasons)
    return " ".join(replayed.reasons)


class TestReplay:
    """It is green only if every request went through, and should have."""

    @pytest.mark.parametrize("status", [200, 204, 304, None])
    def test_replay_is_true(self, status: int | None) -> None:
        assert replay([entry(status), websocket(101), None])

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
    def test_replay_is_false_after_a_refusal(self, status: int) -> None:
        assert not replay([entry(200), entry(status), entry(200)])

    @pytest.mark.parametrize("status", [200, 401, 403, 0, None])
    def test_replay_is_false_without_a_body(self, status: int | None) -> None:
        assert not replay([entry(200), unread(status)])

    def test_replay_without_requests(self) -> None:
        """Nothing was seen to go through, as when the network view was opened too late."""
        assert "The recording has no request to an event bridge." in reasons()
        assert "The recording has no request to an event bridge." in reasons(None)

    def test_replay_counts_others(self) -> None:
        assert replay([None, entry(200), None]).skipped == 2

    def test_replay_is_false_if_damaged(self) -> None:
        def damaged() -> Iterator[Entry]:
            yield entry(200)
            raise ValueError("this breaks off")

        replayed = replay(damaged())
        assert len(replayed.exchanges) == 1
        assert replayed.reasons == ["This breaks off. The requests after that are missing here."]

    def test_replay_damaged_at_once(self) -> None:
        def damaged() -> Iterator[Entry | None]:
            yield None
            raise ValueError("this breaks off")

        with pytest.raises(ValueError, match=r"^this breaks off$"):
            replay(damaged())

    def test_replay_does_not_hide_a_bad_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", " x")
        with pytest.raises(ValueError, match="auth_token must be stripped"):
            replay([entry(200)])


class TestReasons:
    @pytest.mark.parametrize(
        ("number", "says"),
        [
            (1, "1 refused request to the event bridge has no readable body."),
            (3, "3 refused requests to the event bridge have no readable body."),
        ],
    )
    def test_reasons_of_missing_bodies(self, number: int, says: str) -> None:
        assert reasons(entry(200), *[unread(403)] * number).startswith(says)

    def test_reasons_of_unread_bodies(self) -> None:
        says = "2 requests to the event bridge have no readable body, and cannot be judged."
        assert reasons(unread(200), unread(None), entry(200)) == says

    def test_reasons_of_bad_tokens(self) -> None:
        """If a rule cannot be read, nobody knows whether the token allows the request."""
        rules = capability_of().policies
        odd = with_claims(policies=[*rules, {**rules[0], "query_filter": []}])
        assert reasons(entry(200, token=odd)) == "1 request to the event bridge has a token that is not good."
        assert reasons(entry(403, "DELETE"), *[entry(403, token=odd)] * 2) == (
            "2 requests to the event bridge have a token that is not good. "
            "1 request to the event bridge is not allowed by the token."
        )

    def test_reasons_of_all_401(self) -> None:
        says = reasons(entry(401), websocket(401), entry(0), entry(None))
        assert says.startswith(
            "Every answer is a 401 (2 requests). A 401 says that the token itself is not good: it has "
            "expired, is not valid yet, or is not signed with the account's auth token. "
        )

    def test_reasons_of_some_401(self) -> None:
        assert reasons(entry(401), entry(200)).startswith("1 request was answered 401. A 401 says that")

    def test_reasons_of_an_allowed_403(self) -> None:
        says = "1 answer of the server and ours differ. The mistake may be ours: please report it"
        assert reasons(entry(403)).startswith(says)

    def test_reasons_of_a_denied_200(self) -> None:
        says = reasons(entry(200, "DELETE"), entry(200))
        assert says.startswith("1 request to the event bridge is not allowed by the token. 1 answer of")

    @pytest.mark.parametrize("status", [404, 500])
    def test_reasons_of_another_refusal(self, status: int) -> None:
        says = (
            "1 request was refused with a status other than 401 and 403, which says nothing about the token."
        )
        assert reasons(entry(status)) == says

    def test_reasons_of_no_answer(self) -> None:
        """What a firewall blocks has no status either: if nothing else failed, this is the failure."""
        assert reasons(entry(0), unread(0), entry(200)).startswith(
            "2 requests got no answer: they were cancelled"
        )

    def test_cancelled_requests(self) -> None:
        """A page that was refused something is often left, which cancels the rest."""
        says = reasons(entry(0), unread(0), entry(404))
        assert says == reasons(entry(404))


class TestFailed:
    """Which requests are in the summary's number."""

    @pytest.mark.parametrize(
        ("entries", "number"),
        [
            ([entry(200), entry(None)], 0),
            ([entry(200), entry(0)], 1),
            ([entry(403), entry(0), unread(0)], 1),
            ([unread(0)], 1),
            ([unread(200)], 1),
            ([entry(0, "DELETE"), entry(403)], 2),
            ([entry(200, "DELETE")], 1),
        ],
    )
    def test_failed_requests_are_counted(self, entries: list[Entry], number: int) -> None:
        replayed = replay(entries)
        assert sum(map(replayed.is_failed, replayed.exchanges)) == number


class TestDiffers:
    """If the server's answer and ours differ, the mistake may be ours."""

    @pytest.mark.parametrize(("method", "status"), [("GET", 403), ("DELETE", 200), ("DELETE", 204)])
    def test_answer_differs(self, method: str, status: int) -> None:
        assert replay([entry(status, method)]).exchanges[0].differs

    @pytest.mark.parametrize("status", [200, 401, 404, 500, 0, None])
    def test_allowed_does_not_differ(self, status: int | None) -> None:
        assert not replay([entry(status)]).exchanges[0].differs

    @pytest.mark.parametrize("status", [403, 401, 404, 500, 0, None])
    def test_denied_does_not_differ(self, status: int | None) -> None:
        assert not replay([entry(status, "DELETE")]).exchanges[0].differs

    def test_signature_does_not_differ(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", KEY[::-1])
        assert not replay([entry(200)]).exchanges[0].differs
        assert not replay([entry(403)]).exchanges[0].differs

    def test_other_tokens_do_not_differ(self) -> None:
        assert not replay([entry(200, token="hello")]).exchanges[0].differs
        assert not replay([unread(403)]).exchanges[0].differs


class TestExpiry:
    @pytest.mark.parametrize(("at", "expired"), [(NOW, False), (NOW + 3_600, True)])
    def test_expiry_is_that_of_then(self, at: float, expired: object) -> None:
        with freeze_time("2026-01-01"):
            (exchange,) = replay([entry(200, at=at, token=with_claims(exp=NOW + 3_600))]).exchanges
        assert (exchange.expired, exchange.is_allowed) == (expired, not expired)

    def test_expiry_is_that_of_today(self) -> None:
        token = with_claims(exp=NOW + 3_600)
        assert replay([entry(200, at=None, token=token)])
        with freeze_time("2026-01-01"):
            assert not replay([entry(200, at=None, token=token)])

    def test_expiry_may_be_unknown(self) -> None:
        assert replay([entry(401, token="hello")]).exchanges[0].expired is None

    def test_expiry_may_be_in_the_middle(self) -> None:
        token = with_claims(exp=NOW + 60, nbf=NOW - 60)
        times = (NOW - 120, NOW, NOW + 120)
        allowed = [one.is_allowed for one in replay(entry(200, token=token, at=at) for at in times).exchanges]
        assert allowed == [False, True, False]


class TestChannel:
    """Where a request was sent is part of the question."""

    REGION = CHANNEL_URL.replace("event-bridge.", "event-bridge.ie1.us1.")

    @pytest.mark.parametrize("status", [200, 403])
    def test_channel_may_be_in_a_region(self, status: int) -> None:
        (exchange,) = replay([entry(status, to=self.REGION)]).exchanges
        assert exchange.is_allowed

    def test_websocket_in_a_region(self) -> None:
        assert replay([websocket(101, to=self.REGION)])

    def test_channel_in_a_rules_region(self) -> None:
        base = CHANNEL_URL.replace("event-bridge.", "event-bridge.ie1.us1.").rpartition(f"/{ACCOUNT}")[0]
        capability = TaskRouterWorkerCapability(ACCOUNT, KEY, WORKSPACE, WORKER, base_ws_url=base)
        token = capability.generate_token()
        assert replay([entry(200, token=token), entry(200, token=token, to=self.REGION)])

    @pytest.mark.parametrize(
        "host",
        [
            "event-bridge.example.com",
            "event-bridge.twilio.com.example.com",
            "event-bridge.ie1.us2.twilio.com",
            "event-bridge.a.b.us1.twilio.com",
            "event-bridge.us1.twilio.com",
            "xevent-bridge.twilio.com",
        ],
    )
    def test_channel_may_not_be_anywhere(self, host: str) -> None:
        (exchange,) = replay([entry(200, to=CHANNEL_URL.replace("event-bridge.twilio.com", host))]).exchanges
        assert not exchange.is_allowed

    def test_channel_must_be_allowed(self) -> None:
        token = with_claims(policies=[rule for rule in capability_of().policies if rule["method"] != "POST"])
        (exchange,) = replay([entry(403, token=token)]).exchanges
        assert exchange.case is not None
        assert exchange.case.verdict.kind == "channel-denied"

    def test_channel_must_be_the_pages_own(self) -> None:
        other = CHANNEL_URL.replace(WORKER, QUEUE)
        replayed = replay([entry(200, to=other)])
        assert not replayed
        case = replayed.exchanges[0].case
        assert case is not None
        says = f"The request went to {other}, which is not the token's own channel."
        assert case.verdict.reasons == [says]
        assert case.fix is not None
        assert (case.fix.lines, case.fix.grant) == ([], None)
        assert (case.fix.obstacle or "").startswith("Use the token of the page that sent the request: ")

    @pytest.mark.parametrize("to", ["", "https://example.org/bridge", "https://example.org/wschannel/x"])
    def test_channel_may_be_a_proxy(self, to: str) -> None:
        assert replay([entry(200, to=to)])


class TestWebsocket:
    @pytest.mark.parametrize("status", [401, 403, 0])
    def test_websocket_is_judged(self, status: int) -> None:
        expired = with_claims(exp=NOW - 60)
        (exchange,) = replay([websocket(status, token=expired)]).exchanges
        assert exchange.case is not None
        assert exchange.case.verdict.kind == "expired"

    def test_websocket_needs_the_rule(self) -> None:
        token = with_claims(
            policies=[rule for rule in capability_of().policies if rule["url"] != CHANNEL_URL]
        )
        assert not replay([websocket(403, token=token)]).exchanges[0].is_allowed


class TestUnusedRules:
    READY = entry(200, event="ready")

    def unused(self, *entries: Entry, kind: type[Capability] = TaskRouterWorkerCapability) -> list[str]:
        capability = capability_of(kind)
        capability.allow(WORKFLOWS, "GET")
        token = capability.generate_token()
        ours = [
            one._replace(body=one.body._replace(token=token)) if one.body is not None else one
            for one in entries
        ]
        return [f"{rule['method']} {rule['url']}" for rule in replay(ours).unused_rules]

    def test_unused_rules_decided_none(self) -> None:
        assert self.unused(self.READY) == [f"GET {WORKFLOWS}"]
        assert self.unused(self.READY, entry(200, "GET", WORKFLOWS)) == []

    def test_unused_rules_if_ready(self) -> None:
        assert self.unused(entry(200)) == []
        assert self.unused(entry(0, event="ready"), entry(200)) == []
        assert self.unused(entry(None, event="ready")) == []

    @pytest.mark.parametrize("status", [401, 403, 404, 500])
    def test_no_unused_after_a_refusal(self, status: int) -> None:
        assert self.unused(self.READY, entry(status, "GET", TASK_URL)) == []
        assert self.unused(self.READY, unread(status)) == []

    @pytest.mark.parametrize("status", [200, 0, None])
    def test_no_unused_without_a_body(self, status: int | None) -> None:
        assert self.unused(self.READY, unread(status)) == []

    def test_no_unused_if_cut_off(self) -> None:
        capability = capability_of()
        capability.allow(WORKFLOWS, "GET")
        ready = entry(200, event="ready", token=capability.generate_token())

        def damaged() -> Iterator[Entry]:
            yield ready
            raise ValueError("this breaks off")

        assert replay([ready]).unused_rules
        assert replay(damaged()).unused_rules == []

    def test_no_unused_if_not_ready(self) -> None:
        assert self.unused(entry(403, event="ready")) == []

    @pytest.mark.parametrize(
        ("kind", "sid"),
        [
            (TaskRouterWorkerCapability, WORKER),
            (TaskRouterCapability, WORKER),
            (TaskRouterTaskQueueCapability, QUEUE),
            (TaskRouterWorkspaceCapability, WORKSPACE),
        ],
    )
    def test_no_unused_of_a_class(self, kind: type[Capability], sid: str) -> None:
        to = CHANNEL_URL.replace(WORKER, sid)
        assert self.unused(entry(200, "GET", TASK_URL, to=to, event="ready"), kind=kind) == [
            f"GET {WORKFLOWS}"
        ]

    def test_no_unused_of_a_class_twice(self) -> None:
        capability = capability_of()
        capability.policies *= 2
        assert replay([entry(200, event="ready", token=capability.generate_token())]).unused_rules == []

    def test_no_unused_denials(self) -> None:
        """Without one, the page could do more."""
        capability = capability_of()
        capability.deny(f"{WORKER_URL}/Reservations/WR1", "GET")
        assert replay([entry(200, event="ready", token=capability.generate_token())]).unused_rules == []

    def test_no_unused_of_the_channel(self) -> None:
        wide = {"url": f"{CHANNEL_URL.rpartition('/')[0]}/**", "method": "POST", "allow": True}
        token = with_claims(policies=[*capability_of().policies, wide])
        url = {rule["url"] for rule in replay([entry(200, token=token, event="ready")]).unused_rules}
        assert url == set()

    def test_unused_rules_are_told_once(self) -> None:
        tokens = []
        for grants in ([], ["allow_delete"]):
            capability = capability_of(TaskRouterWorkerCapability, *grants)
            capability.allow(WORKFLOWS, "GET")
            tokens.append(capability.generate_token())
        unused = replay([entry(200, token=token, event="ready") for token in tokens]).unused_rules
        assert [(rule["method"], rule["url"]) for rule in unused] == [
            ("GET", WORKFLOWS),
            ("DELETE", WORKER_URL),
        ]

    def test_no_unused_of_other_tokens(self) -> None:
        assert replay([entry(200, token="hello", event="ready")]).unused_rules == []


class TestWork:
    """Each distinct request is decided once, and each token's grants are tried on once."""

    @pytest.fixture
    def decided(self, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
        decided: list[Request] = []
        decide = AccessPolicy.decide

        def counting(self: AccessPolicy, *arguments: Any, **parameters: Any) -> Any:
            decided.append(arguments[0])
            return decide(self, *arguments, **parameters)

        monkeypatch.setattr(AccessPolicy, "decide", counting)
        return decided

    def test_one_decision_for_each(self, decided: list[Request]) -> None:
        token = token_of()
        asked = [
            entry(200, "GET", f"{WORKSPACE_URL}/Tasks/{number % 3}", token=token) for number in range(60)
        ]
        asked += [
            entry(403, "DELETE", f"{WORKSPACE_URL}/Tasks/{number % 2}", token=token) for number in range(60)
        ]
        replay(asked)
        assert len(decided) == 5

    def test_one_policy_for_each_grant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        token, made = token_of(), []

        def counting(rules: Any) -> RuleIndex:
            made.append(len(rules))
            return RuleIndex(rules)

        monkeypatch.setattr(access_policy, "RuleIndex", counting)
        for path, number in (
            ("/Events/X", 1),
            ("/Events/X", 100),
            ("/Tasks/WT", 100),
        ):  # a grant covers the last ones
            made.clear()
            replay(entry(403, "POST", f"{WORKSPACE_URL}{path}{at}", token=token) for at in range(number))
            # The token's own, one for each grant and the class, and a small one for each rule that is tried.
            assert sum(length > 5 for length in made) == 9
            assert made.count(1) == number

    def test_one_inspection_for_each(self, monkeypatch: pytest.MonkeyPatch) -> None:
        inspected: list[str] = []

        def counting(token: str) -> Inspection:
            inspected.append(token)
            return inspect_token(token)

        monkeypatch.setattr(replay_module, "inspect_token", counting)
        tokens = [token_of(), token_of(ttl=60)]
        replay(entry(200, token=tokens[number % 2]) for number in range(20))
        assert inspected == tokens


class TestOddEntries:
    """Whatever an entry holds, the others are judged."""

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    @pytest.mark.parametrize(
        "url", ["https://t/\ud800", f"{WORKSPACE_URL}/\ud800/WT1", "https://t/%ff", "https://t"]
    )
    def test_odd_entries_are_judged(self, method: str, url: str) -> None:
        replayed = replay([entry(403, method, url), entry(200)])
        assert [exchange.is_allowed for exchange in replayed.exchanges] == [False, True]

    @pytest.mark.parametrize("token", ["", "\ud800", "a.b.c", "\ud800.\ud800.\ud800", "x" * 100_000])
    def test_odd_entries_have_odd_tokens(self, token: str) -> None:
        body = Body(token, Request("GET", WORKER_URL))
        replayed = replay([Entry(CHANNEL_URL, body, 403, NOW), entry(200)])
        assert [exchange.is_allowed for exchange in replayed.exchanges] == [False, True]

    @pytest.mark.parametrize("at", [-1e18, 1e18, 0.0])
    def test_odd_entries_have_odd_times(self, at: float) -> None:
        assert len(replay([entry(200, at=at), entry(200)]).exchanges) == 2
