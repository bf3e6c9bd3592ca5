from __future__ import annotations

import enum
from typing import Any

import pytest
import second_opinion

import twilio.task_router
from twilio.task_router import (
    REQUIRED,
    AccessPolicy,
    TaskRouterCapability,
    TaskRouterWorkerCapability,
    explain,
)
from twilio.task_router.worker_js import CALLS

ARGUMENTS = ("AC123", "secret", "WS456", "WK789")
GRANTS_OF_3_7_0 = (
    "allow_worker_fetch_attributes",
    "allow_worker_activity_updates",
    "allow_task_reservation_updates",
)


def allowed_under(capability: Any, *grants: str) -> set[str]:
    for grant in grants:
        getattr(capability, grant)()
    return {call for call, told in explain(capability.access_policy(), "WS456", "WK789").items() if told}


class TestAsSeenInChromium:
    """What was seen of Worker.js 1.1.1 and 1.21 against a server that enforces policies."""

    def test_the_default_rules_let_activities_be_fetched_alone(self) -> None:
        assert allowed_under(TaskRouterCapability(*ARGUMENTS)) == {"worker.activities.fetch"}

    @pytest.mark.parametrize(
        ("grant", "calls"),
        [
            ("allow_worker_fetch_attributes", {"ready"}),
            ("allow_worker_activity_updates", {'worker.update("ActivitySid", ...)'}),
            ("allow_task_reservation_updates", {"reservation.accept", "reservation.reject"}),
        ],
    )
    def test_each_grant_of_3_7_0_lets_its_calls_through(self, grant: str, calls: set[str]) -> None:
        capability = TaskRouterCapability(*ARGUMENTS)
        assert allowed_under(capability, grant) == calls | {"worker.activities.fetch"}

    def test_all_three_never_lead_to_a_callback_or_a_reservation_event(self) -> None:
        allowed = allowed_under(TaskRouterCapability(*ARGUMENTS), *GRANTS_OF_3_7_0)
        assert not allowed & {"reservation.created", "reservation.accept: callback", "worker.completeTask"}

    def test_a_workers_capability_lets_all_but_two_calls_through(self) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        allowed = allowed_under(capability, "allow_activity_updates", "allow_reservation_updates")
        assert set(CALLS) - allowed == {"connect", "worker.update({...})", "worker.fetchChannels"}

    def test_channels_need_the_subresources(self) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        assert "worker.fetchChannels" in allowed_under(capability, "allow_fetch_subresources")


class TestGrants:
    @pytest.mark.parametrize("call", CALLS)
    def test_each_that_is_named_would_let_the_call_through(self, call: str) -> None:
        for grant in explain(AccessPolicy([]), "WS456", "WK789", account_sid="AC123")[call].grants:
            kind, _, method = grant.removesuffix(" (from the start)").removesuffix("()").partition(".")
            capability = getattr(twilio.task_router, kind)(*ARGUMENTS)
            if method:
                getattr(capability, method)()
            for request in CALLS[call]:
                url = request.url.format(
                    channel_url="https://event-bridge.twilio.com/v1/wschannels/AC123/WK789",
                    workspace_url="https://taskrouter.twilio.com/v1/Workspaces/WS456",
                    worker_sid="WK789",
                    task_sid="WT1",
                    reservation_sid="WR1",
                )
                pairs = [(name, "x") for name in request.params]
                query, form = (pairs, []) if request.method == "GET" else ([], pairs)
                assert second_opinion.is_allowed(capability.policies, request.method, url, query, form)

    def test_are_the_narrowest_of_each_class(self) -> None:
        told = explain(AccessPolicy([]), "WS456", "WK789")
        assert told["ready"].grants == (
            "TaskRouterCapability.allow_worker_fetch_attributes()",
            "TaskRouterWorkerCapability (from the start)",
        )
        assert told['worker.update("ActivitySid", ...)'].grants == (
            "TaskRouterCapability.allow_worker_activity_updates()",
            "TaskRouterWorkerCapability.allow_activity_updates()",
        )

    def test_are_none_where_the_call_goes_through(self) -> None:
        policy = TaskRouterWorkerCapability(*ARGUMENTS).access_policy()
        assert explain(policy, "WS456", "WK789")["ready"].grants == ()

    def test_are_none_where_a_rule_denies_it(self) -> None:
        capability = TaskRouterCapability(*ARGUMENTS)
        capability.deny(capability.worker_url, "GET")
        told = explain(capability.access_policy(), "WS456", "WK789")["ready"]
        assert not told
        assert told.grants == ()
        assert told.reason.startswith("Policy rule 3 denies GET")


class TestExplain:
    def test_gives_the_reason_of_the_request_that_is_denied(self) -> None:
        capability = TaskRouterCapability(*ARGUMENTS)
        capability.allow(f"{capability.workspace_url}/Tasks/*", "GET")
        told = explain(capability.access_policy(), "WS456", "WK789")["reservation.created"]
        assert [bool(decision) for decision in told.decisions] == [True, False]
        assert told.reason == told.decisions[1].reason

    def test_sends_the_parameters_of_a_get_in_the_query(self) -> None:
        capability = TaskRouterCapability(*ARGUMENTS)
        reservations = f"{capability.worker_url}/Reservations"
        capability.allow(reservations, "GET", query_filter={"ReservationStatus": REQUIRED})
        assert "worker.fetchReservations" in allowed_under(capability)

    def test_counts_the_channel_where_the_account_is_named(self) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        policy = capability.access_policy()
        told = explain(policy, "WS456", "WK789", account_sid="AC123")
        assert told["connect"]
        assert told["ready"]
        elsewhere = explain(policy, "WS456", "WK789", account_sid="AC123", base_ws_url="http://localhost:1")
        assert not any(elsewhere.values())

    def test_a_denied_channel_denies_every_call(self) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        del capability.policies[1]
        told = explain(capability.access_policy(), "WS456", "WK789", account_sid="AC123")
        assert [call for call in told if told[call]] == ["connect"]
        assert told["ready"].grants == (
            "TaskRouterCapability (from the start)",
            "TaskRouterWorkerCapability (from the start)",
        )

    def test_knows_other_places(self) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS, base_url="http://localhost:1", version="v2")
        policy = capability.access_policy()
        assert explain(policy, "WS456", "WK789", base_url="http://localhost:1", version="v2")["ready"]
        assert not explain(policy, "WS456", "WK789")["ready"]

    def test_takes_an_enum_member_for_its_text(self) -> None:
        class Sid(str, enum.Enum):
            WORKSPACE = "WS456"
            WORKER = "WK789"

        policy = TaskRouterWorkerCapability(*ARGUMENTS).access_policy()
        assert explain(policy, Sid.WORKSPACE, Sid.WORKER)["ready"]

    def test_is_about_one_worker(self) -> None:
        policy = TaskRouterWorkerCapability(*ARGUMENTS).access_policy()
        assert not explain(policy, "WS456", "WK1")["ready"]
        assert not explain(policy, "WS1", "WK789")["ready"]

    @pytest.mark.parametrize(
        ("bad", "error"),
        [
            ({"access_policy": []}, TypeError),
            ({"workspace_sid": None}, TypeError),
            ({"workspace_sid": "WS1/**"}, ValueError),
            ({"worker_sid": "WQ1"}, ValueError),
            ({"account_sid": "WK1"}, ValueError),
            ({"base_ws_url": ""}, ValueError),
            ({"base_url": "/"}, ValueError),
            ({"version": ""}, ValueError),
        ],
        ids=ascii,
    )
    def test_refuses_bad_input(self, bad: dict[str, Any], error: type[Exception]) -> None:
        arguments: dict[str, Any] = {
            "access_policy": AccessPolicy([]),
            "workspace_sid": "WS456",
            "worker_sid": "WK789",
        }
        with pytest.raises(error, match=next(iter(bad))):
            explain(**(arguments | bad))
