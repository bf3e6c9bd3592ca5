from __future__ import annotations

import enum
from random import Random
from typing import Any

import pytest

import twilio.task_router
from tests.example import ARGUMENTS, CHANNEL_URL, WORKER_URL, WORKSPACE_URL
from tests.judges import second_opinion
from twilio.task_router import (
    REQUIRED,
    AccessPolicy,
    Explanation,
    TaskRouterCapability,
    TaskRouterWorkerCapability,
    explain,
    make_policy,
)
from twilio.task_router.pages.open_request import decide_open, words_of
from twilio.task_router.pages.worker_js import CALLS

GRANTS_OF_3_7_0 = (
    "allow_worker_fetch_attributes",
    "allow_worker_activity_updates",
    "allow_task_reservation_updates",
)


def allowed_under(capability: Any, *grants: str) -> set[str]:
    for grant in grants:
        getattr(capability, grant)()
    return {call for call, told in explain(capability.access_policy(), "WS456", "WK789").items() if told}


# The calls and their requests, as read off the browser library. The page chooses a value that is * here.
TABLE = """
connect                            GET  {channel_url}
ready                              GET  {workspace_url}/Workers/{worker_sid}
worker.activities.fetch            GET  {workspace_url}/Activities
worker.update("ActivitySid", ...)  POST {workspace_url}/Workers/{worker_sid} ActivitySid=*
worker.update({...})               POST {workspace_url}/Workers/{worker_sid} ActivitySid=* Attributes=*
worker.fetchReservations           GET  {workspace_url}/Workers/{worker_sid}/Reservations ReservationStatus=*
worker.fetchChannels               GET  {workspace_url}/Workers/{worker_sid}/Channels
reservation.created                GET  {workspace_url}/Tasks/{task_sid}
reservation.created                GET  {workspace_url}/Tasks/{task_sid}/Reservations/{reservation_sid}
reservation.accept                 POST {reservation} ReservationStatus=accepted
reservation.accept: callback       GET  {workspace_url}/Tasks/{task_sid}
reservation.reject                 POST {reservation} ReservationStatus=rejected
reservation.reject(activity)       POST {reservation} ReservationStatus=rejected WorkerActivitySid=*
reservation.dequeue                POST {reservation} Instruction=dequeue DequeueFrom=*
reservation.call                   POST {reservation} Instruction=call CallFrom=* CallUrl=*
reservation.redirect               POST {reservation} Instruction=redirect RedirectCallSid=* RedirectUrl=*
reservation.conference             POST {reservation} Instruction=conference From=*
worker.updateTask                  POST {workspace_url}/Tasks/{task_sid} Attributes=*
worker.completeTask                POST {workspace_url}/Tasks/{task_sid} AssignmentStatus=completed
task.complete                      POST {workspace_url}/Tasks/{task_sid} AssignmentStatus=completed
"""


def test_the_calls_are_those_of_the_table() -> None:
    written = []
    for call, requests in CALLS.items():
        for method, url, params in requests:
            shown = [f"{name}={'*' if value is None else value}" for name, value in params]
            written.append(" ".join([f"{call:34} {method:4}", url, *shown]))
    reservation = "{workspace_url}/Tasks/{task_sid}/Reservations/{reservation_sid}"
    assert written == TABLE.replace("{reservation} ", f"{reservation} ").strip().splitlines()


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
                    channel_url=CHANNEL_URL,
                    workspace_url=WORKSPACE_URL,
                    worker_sid="WK789",
                    task_sid="WT1",
                    reservation_sid="WR1",
                )
                pairs = [(name, "x" if value is None else value) for name, value in request.params]
                query, form = (pairs, []) if request.method == "GET" else ([], pairs)
                assert second_opinion.is_allowed(capability.policies, request.method, url, query, form)

    def test_are_named_beside_one_that_conflicts_with_a_denial(self) -> None:
        policy = AccessPolicy([{"url": WORKER_URL, "method": "GET", "allow": False}])
        told = explain(policy, "WS456", "WK789")
        assert told["ready"].grants == ()
        assert told["reservation.accept"].grants == ("TaskRouterCapability.allow_task_reservation_updates()",)

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

    def test_are_the_same_at_other_places(self) -> None:
        elsewhere = {"base_url": "http://localhost:1", "version": "v2", "base_ws_url": "ws://localhost:2"}
        policy = TaskRouterCapability(*ARGUMENTS).access_policy()
        here = explain(AccessPolicy([]), "WS456", "WK789", account_sid="AC123")
        there = explain(policy, "WS456", "WK789", account_sid="AC123", **elsewhere)
        assert {call: told.grants for call, told in there.items()} == {
            call: told.grants for call, told in here.items()
        }

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


TASKS = f"{WORKSPACE_URL}/Tasks"


class TestOpenParts:
    """What the page chooses, and which task and reservation it is about."""

    def told(self, call: str, *rules: dict[str, Any]) -> Explanation:
        return explain(AccessPolicy(rules), "WS456", "WK789")[call]

    @pytest.mark.parametrize(
        ("call", "name", "value"),
        [
            ("reservation.accept", "ReservationStatus", "accepted"),
            ("reservation.reject", "ReservationStatus", "rejected"),
        ],
    )
    def test_a_value_that_worker_js_sends_itself_is_known(self, call: str, name: str, value: str) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        capability.allow(capability.reservations_url, "POST", post_filter={name: value})
        calls = explain(capability.access_policy(), "WS456", "WK789")
        posted = {call for call, requests in CALLS.items() if requests[0].method == "POST" and calls[call]}
        assert posted == {call}

    @pytest.mark.parametrize("instruction", ["dequeue", "call", "redirect", "conference"])
    def test_an_instruction_is_known(self, instruction: str) -> None:
        params = dict(CALLS[f"reservation.{instruction}"][0].params)
        wanted: dict[str, Any] = dict.fromkeys(params, REQUIRED) | {"Instruction": instruction}
        rule = make_policy(f"{TASKS}/**", "POST", post_filter=wanted)
        assert self.told(f"reservation.{instruction}", dict(rule))

    def test_a_completed_task_is_known(self) -> None:
        rule = make_policy(f"{TASKS}/*", "POST", post_filter={"AssignmentStatus": "completed"})
        for call in ("worker.completeTask", "task.complete"):
            assert self.told(call, dict(rule))

    def test_a_denial_of_a_value_that_worker_js_sends_refuses_the_call(self) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        capability.allow_reservation_updates()
        capability.deny(capability.reservations_url, "POST", post_filter={"ReservationStatus": "rejected"})
        calls = explain(capability.access_policy(), "WS456", "WK789")
        assert calls["reservation.accept"]
        assert not calls["reservation.reject"]
        assert calls["reservation.reject"].reason == f"Policy rule 8 denies POST {TASKS}/**."

    def test_a_rule_for_one_value_does_not_allow_the_call(self) -> None:
        rule = {"url": WORKER_URL, "method": "POST", "allow": True, "post_filter": {"ActivitySid": "WA1"}}
        told = self.told('worker.update("ActivitySid", ...)', rule)
        assert not told
        assert told.reason == (
            f"Policy rule 0 allows POST {WORKER_URL}, but the form parameter 'ActivitySid' must be 'WA1', "
            "not 'any'. It depends: it is allowed if the form parameter 'ActivitySid' is 'WA1'."
        )

    def test_a_rule_for_one_value_in_the_query_does_not_allow_the_call(self) -> None:
        reservations = f"{WORKER_URL}/Reservations"
        wanted = {"ReservationStatus": "pending"}
        rule = {"url": reservations, "method": "GET", "allow": True, "query_filter": wanted}
        told = self.told("worker.fetchReservations", rule)
        assert not told
        assert told.reason.endswith("it is allowed if the query parameter 'ReservationStatus' is 'pending'.")

    def test_a_rule_for_an_empty_value_does_not_allow_the_call(self) -> None:
        rule = {"url": WORKER_URL, "method": "POST", "allow": True, "post_filter": {"ActivitySid": ""}}
        told = self.told('worker.update("ActivitySid", ...)', rule)
        assert told.reason.endswith("it is allowed if the form parameter 'ActivitySid' is ''.")

    @pytest.mark.parametrize("value", ["any", "any0"])
    def test_a_rule_for_any_one_value_does_not_allow_the_call(self, value: str) -> None:
        rules: Any = [
            {"url": WORKER_URL, "method": "POST", "allow": True, "post_filter": {"ActivitySid": value}},
            {"url": WORKER_URL, "method": "POST", "allow": False, "post_filter": {"Other": "0"}},
        ]
        assert not self.told('worker.update("ActivitySid", ...)', *rules)

    def test_a_denial_but_for_one_value_is_the_rule_that_decides(self) -> None:
        rules: Any = [
            {"url": WORKER_URL, "method": "POST", "allow": True, "post_filter": {"ActivitySid": "WA1"}},
            {"url": f"{WORKSPACE_URL}/**", "method": "POST", "allow": False},
        ]
        told = self.told('worker.update("ActivitySid", ...)', *rules)
        assert told.decisions[0].rule == AccessPolicy(rules).rules[1]

    def test_a_denial_of_one_value_refuses_the_call(self) -> None:
        rules: Any = [
            {"url": WORKER_URL, "method": "POST", "allow": True},
            {"url": WORKER_URL, "method": "POST", "post_filter": {"ActivitySid": "WA1"}},
        ]
        told = self.told('worker.update("ActivitySid", ...)', *rules)
        assert not told
        assert told.decisions[0].rule == AccessPolicy(rules).rules[1]
        assert told.reason == (
            "It depends: it is denied if the form parameter 'ActivitySid' is 'WA1'. "
            f"Policy rule 1 denies POST {WORKER_URL}."
        )

    @pytest.mark.parametrize("call", ["worker.updateTask", "worker.update({...})"])
    def test_a_denial_of_one_value_in_the_whole_workspace_refuses_the_call(self, call: str) -> None:
        values = dict.fromkeys(dict(CALLS[call][0].params), REQUIRED)
        rules: Any = [
            {"url": f"{WORKSPACE_URL}/**", "method": "POST", "allow": True},
            {"url": f"{WORKSPACE_URL}/**", "method": "POST", "post_filter": values | {"Attributes": "{}"}},
        ]
        told = self.told(call, *rules)
        assert not told
        assert told.reason.startswith("It depends: it is denied if the form parameter 'Attributes' is '{}'.")

    def test_a_denial_of_two_values_together_refuses_the_call(self) -> None:
        wanted = {"CallFrom": "+1", "CallUrl": "https://t", "Instruction": "call"}
        rules: Any = [
            {"url": f"{TASKS}/**", "method": "POST", "allow": True},
            {"url": f"{TASKS}/**", "method": "POST", "post_filter": wanted},
        ]
        told = self.told("reservation.call", *rules)
        assert told.reason.startswith(
            "It depends: it is denied if the form parameter 'CallFrom' is '+1' and the form parameter "
            "'CallUrl' is 'https://t'."
        )

    def test_a_denial_that_a_nearer_rule_overrules_refuses_nothing(self) -> None:
        rules: Any = [
            {"url": f"{TASKS}/*", "method": "GET", "allow": True},
            {"url": f"{TASKS}/*/Reservations/*", "method": "GET", "allow": True},
            {"url": f"{TASKS}/**", "method": "GET"},
            {"url": f"{TASKS}/WT1", "method": "GET", "allow": True},
        ]
        assert self.told("reservation.accept: callback", *rules)

    def test_a_rule_for_one_task_does_not_allow_the_call(self) -> None:
        rule = {"url": f"{TASKS}/WT1", "method": "GET", "allow": True}
        told = self.told("reservation.accept: callback", rule)
        assert not told
        assert told.reason == (
            f"No policy rule allows GET on {TASKS}/WT0. It depends: it is allowed if the task's SID is 'WT1'."
        )

    def test_a_denial_of_one_task_and_reservation_refuses_the_call(self) -> None:
        rules: Any = [
            {"url": f"{TASKS}/**", "method": "GET", "allow": True},
            {"url": f"{TASKS}/WT0/Reservations/*", "method": "GET"},
            {"url": f"{TASKS}/WT1/Reservations/WR0", "method": "GET", "allow": True},
        ]
        told = self.told("reservation.created", *rules)
        assert [bool(decision) for decision in told.decisions] == [True, False]
        assert told.reason.startswith("It depends: it is denied if the task's SID is 'WT0'.")

    def test_a_denial_of_one_reservation_refuses_the_call(self) -> None:
        rules: Any = [
            {"url": f"{TASKS}/**", "method": "GET", "allow": True},
            {"url": f"{TASKS}/WT1/Reservations/WR1", "method": "GET"},
        ]
        told = self.told("reservation.created", *rules)
        assert [bool(decision) for decision in told.decisions] == [True, False]
        assert told.reason.startswith(
            "It depends: it is denied if the task's SID is 'WT1' and the reservation's SID is 'WR1'."
        )

    def test_a_denial_of_something_else_below_a_task_refuses_nothing(self) -> None:
        rules: Any = [
            {"url": f"{TASKS}/**", "method": "GET", "allow": True},
            {"url": f"{TASKS}/WT1/Attachments/**", "method": "GET"},
        ]
        assert self.told("reservation.created", *rules)

    @pytest.mark.parametrize("task", ["WT1", "WT_1", "WT-1"])
    def test_a_denial_of_one_task_refuses_the_call(self, task: str) -> None:
        rules: Any = [
            {"url": f"{TASKS}/**", "method": "GET", "allow": True},
            {"url": f"{TASKS}/{task}", "method": "GET"},
        ]
        assert not self.told("reservation.accept: callback", *rules)

    @pytest.mark.parametrize("task", ["x", "WT*", "WK1", "", "WT", "WT%31", "WTé"])
    def test_a_denial_of_what_is_no_task_refuses_nothing(self, task: str) -> None:
        rules: Any = [
            {"url": f"{TASKS}/**", "method": "GET", "allow": True},
            {"url": f"{TASKS}/{task}", "method": "GET"},
        ]
        assert self.told("reservation.accept: callback", *rules)

    @pytest.mark.long
    def test_hundreds_of_requests_are_decided_as_by_trying_every_task_and_value(self) -> None:
        """The second opinion tries all SIDs and values that the rules have, and some that they have not."""
        random = Random(7)  # noqa: S311 - to be repeated, not to be secret
        (asked,) = CALLS["reservation.call"]
        request = asked._replace(url=f"{TASKS}/{{task_sid}}/Reservations/{{reservation_sid}}")
        counted = {True: 0, False: 0}
        while min(counted.values()) < 500:
            rules = [self.drawn(random) for _ in range(random.randint(1, 4))]
            if second_opinion.in_direct_conflict(rules):
                continue
            expected = all(
                second_opinion.is_allowed(
                    rules,
                    "POST",
                    f"{TASKS}/{task}/Reservations/{reservation}",
                    [],
                    [("Instruction", "call"), ("CallFrom", caller), ("CallUrl", url)],
                )
                for task in ("WT0", "WT1", "WT9")
                for reservation in ("WR0", "WR9")
                for caller in ("+1", "any", "https://t", "other")
                for url in ("+1", "any", "https://t", "other")
            )
            policy = AccessPolicy(rules)
            assert decide_open(policy, request, words_of(policy)).allowed is expected, rules
            counted[expected] += 1

    def drawn(self, random: Random) -> dict[str, Any]:
        path = random.choice(
            ["/**", "/*/**", "/*/Reservations/*", "/WT0/**", "/WT1/**", "/WT0/Reservations/WR0"]
        )
        rule: dict[str, Any] = {
            "url": TASKS + path.replace("/*/", f"/{random.choice(['WT0', 'WT1', '**'])}/")
        }
        rule["url"] = rule["url"].partition("/**")[0] + "/**" if "/**" in rule["url"] else rule["url"]
        rule |= {"method": "POST", "allow": random.random() < 0.6}
        if random.random() < 0.6:
            matchers: list[Any] = [REQUIRED, {}, "+1", "any", "https://t"]
            rule["post_filter"] = {
                name: random.choice(matchers) for name in ("CallFrom", "CallUrl") if random.random() < 0.9
            } | {"Instruction": random.choice(["call", {}])}
        return rule

    def test_a_grant_is_named_only_if_it_helps_with_every_task(self) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        capability.deny(f"{TASKS}/WT1", "POST")
        told = explain(capability.access_policy(), "WS456", "WK789")["worker.updateTask"]
        assert not told
        assert told.grants == ()


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

    def test_knows_which_call_it_is_about(self) -> None:
        told = explain(AccessPolicy([]), "WS456", "WK789")
        assert [one.call for one in told.values()] == list(told)

    def test_is_about_one_worker(self) -> None:
        policy = TaskRouterWorkerCapability(*ARGUMENTS).access_policy()
        assert not explain(policy, "WS456", "WK1")["ready"]
        assert not explain(policy, "WS1", "WK789")["ready"]

    @pytest.mark.parametrize(
        ("bad", "error", "says"),
        [
            ({"access_policy": []}, TypeError, "access_policy must be an AccessPolicy, not list"),
            ({"workspace_sid": 5}, TypeError, "workspace_sid must be a str"),
            ({"workspace_sid": None}, ValueError, "workspace_sid must be a SID: .*, got None"),
            ({"workspace_sid": "WS1/**"}, ValueError, "workspace_sid must be a SID"),
            ({"worker_sid": "WQ1"}, ValueError, "worker_sid must be a SID"),
            ({"account_sid": "WK1"}, ValueError, "account_sid must be a SID"),
            ({"base_ws_url": ""}, ValueError, r"base_ws_url must be an http\(s\) or ws\(s\) URL"),
            ({"base_url": "/"}, ValueError, r"base_url must be an http\(s\) or ws\(s\) URL"),
            ({"version": ""}, ValueError, "version must be one segment"),
        ],
        ids=ascii,
    )
    def test_refuses_bad_input(self, bad: dict[str, Any], error: type[Exception], says: str) -> None:
        arguments: dict[str, Any] = {
            "access_policy": AccessPolicy([]),
            "workspace_sid": "WS456",
            "worker_sid": "WK789",
        }
        with pytest.raises(error, match=f"^{says}"):
            explain(**(arguments | bad))
