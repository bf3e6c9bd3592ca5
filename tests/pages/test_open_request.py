from __future__ import annotations

from itertools import product
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

from tests.example import WORKER_URL, WORKSPACE_URL
from tests.judges import second_opinion
from twilio.task_router import REQUIRED, AccessPolicy, Decision
from twilio.task_router.access.parameters import Steps
from twilio.task_router.pages.call import delete, get, post
from twilio.task_router.pages.open_request import ANY, OpenPolicy, OpenRequest

TASKS = f"{WORKSPACE_URL}/Tasks"
TASK = get(f"{TASKS}/{{WT}}")
RESERVATION = f"{TASKS}/{{WT}}/Reservations/{{WR}}"
SET_ACTIVITY = post(WORKER_URL, "ActivitySid")
CALL = post(RESERVATION, "CallFrom", "CallUrl", Instruction="call")
UPDATE = post(WORKER_URL, ANY)


def decided(request: OpenRequest, *rules: dict[str, Any]) -> Decision:
    return OpenPolicy(AccessPolicy(rules), Steps()).decide(request)


def rule(url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"url": url, "method": method, "allow": True, "query_filter": {}, "post_filter": {}} | more


class TestAnySid:
    def test_any_task_is_not_one_task(self) -> None:
        decision = decided(TASK, rule(f"{TASKS}/WT1"))
        assert (decision.allowed, decision.kind) == (False, "depends")
        assert decision.reason == (
            f"No policy rule allows GET on {TASKS}/WT0. It depends: it is allowed if the task's SID is 'WT1'."
        )

    def test_one_denied_task(self) -> None:
        rules = [rule(f"{TASKS}/**"), rule(f"{TASKS}/WT0", allow=False)]
        decision = decided(TASK, *rules)
        assert (decision.allowed, decision.kind, decision.rule) == (False, "depends", rules[1])
        assert decision.request.url == f"{TASKS}/WT0"
        assert decision.reason == (
            f"It depends: it is denied if the task's SID is 'WT0'. Policy rule 1 denies GET {TASKS}/WT0."
        )

    def test_one_denied_reservation(self) -> None:
        rules = [rule(f"{TASKS}/**"), rule(f"{TASKS}/WT1/Reservations/WR1", allow=False)]
        assert decided(get(RESERVATION), *rules).reason.startswith(
            "It depends: it is denied if the task's SID is 'WT1' and the reservation's SID is 'WR1'."
        )

    def test_denial_below_the_task(self) -> None:
        assert decided(
            get(RESERVATION), rule(f"{TASKS}/**"), rule(f"{TASKS}/WT1/Attachments/**", allow=False)
        )

    @pytest.mark.parametrize("task", ["x", "WT*", "WK1", ""])
    def test_task_sids_only(self, task: str) -> None:
        assert decided(TASK, rule(f"{TASKS}/**"), rule(f"{TASKS}/{task}", allow=False))

    def test_sid_with_a_hyphen(self) -> None:
        assert not decided(TASK, rule(f"{TASKS}/**"), rule(f"{TASKS}/WT-1", allow=False))

    def test_overruled_denial(self) -> None:
        assert decided(TASK, rule(f"{TASKS}/*"), rule(f"{TASKS}/**", allow=False), rule(f"{TASKS}/WT1"))

    @pytest.mark.parametrize(("prefix", "name"), [("WA", "activity"), ("WK", "worker"), ("WW", "workflow")])
    def test_name_of_an_open_sid(self, prefix: str, name: str) -> None:
        decision = decided(
            delete(f"{WORKSPACE_URL}/X/{{{prefix}}}"), rule(f"{WORKSPACE_URL}/X/{prefix}1", "DELETE")
        )
        assert decision.reason.endswith(f"it is allowed if the {name}'s SID is '{prefix}1'.")


class TestAnyValue:
    def test_any_value_is_not_one_value(self) -> None:
        decision = decided(SET_ACTIVITY, rule(WORKER_URL, "POST", post_filter={"ActivitySid": "WA1"}))
        assert (decision.allowed, decision.kind) == (False, "depends")
        assert decision.reason == (
            f"Policy rule 0 allows POST {WORKER_URL}, but the form parameter 'ActivitySid' must be 'WA1', "
            "not 'any'. It depends: it is allowed if the form parameter 'ActivitySid' is 'WA1'."
        )

    def test_open_value_in_the_query(self) -> None:
        wanted = {"ReservationStatus": "pending"}
        decision = decided(get(WORKER_URL, "ReservationStatus"), rule(WORKER_URL, query_filter=wanted))
        assert decision.reason.endswith(
            "it is allowed if the query parameter 'ReservationStatus' is 'pending'."
        )

    def test_open_value_may_be_empty(self) -> None:
        decision = decided(SET_ACTIVITY, rule(WORKER_URL, "POST", post_filter={"ActivitySid": ""}))
        assert decision.reason.endswith("it is allowed if the form parameter 'ActivitySid' is ''.")

    @pytest.mark.parametrize("value", ["any", "any-2"])
    def test_open_value_is_new(self, value: str) -> None:
        rules = [
            rule(WORKER_URL, "POST", post_filter={"ActivitySid": value}),
            rule(WORKER_URL, "POST", allow=False, post_filter={"Other": "any"}),
        ]
        assert not decided(SET_ACTIVITY, *rules)

    def test_one_denied_value(self) -> None:
        rules = [
            rule(WORKER_URL, "POST"),
            rule(WORKER_URL, "POST", allow=False, post_filter={"ActivitySid": "WA1"}),
        ]
        decision = decided(SET_ACTIVITY, *rules)
        assert (decision.kind, decision.rule) == ("depends", rules[1])
        assert decision.reason == (
            "It depends: it is denied if the form parameter 'ActivitySid' is 'WA1'. "
            f"Policy rule 1 denies POST {WORKER_URL}."
        )

    def test_two_denied_values(self) -> None:
        wanted = {"CallFrom": "+1", "CallUrl": "https://t", "Instruction": "call"}
        decision = decided(
            CALL, rule(f"{TASKS}/**", "POST"), rule(f"{TASKS}/**", "POST", allow=False, post_filter=wanted)
        )
        assert decision.reason.startswith(
            "It depends: it is denied if the form parameter 'CallFrom' is '+1' and the form parameter "
            "'CallUrl' is 'https://t'."
        )

    def test_only_the_difference_is_named(self) -> None:
        rules = [
            rule(f"{TASKS}/**", "POST"),
            rule(
                f"{TASKS}/**",
                "POST",
                allow=False,
                post_filter={"Instruction": {}, "CallFrom": {}, "CallUrl": "u"},
            ),
            rule(f"{TASKS}/**", "POST", post_filter={"Instruction": "x", "CallFrom": "+1"}),
        ]
        assert decided(CALL, *rules).reason.startswith(
            "It depends: it is denied if the form parameter 'CallUrl' is 'u'. "
        )

    def test_fixed_value_is_known(self) -> None:
        accept = post(RESERVATION, ReservationStatus="accepted")
        rules = [rule(f"{TASKS}/**", "POST", post_filter={"ReservationStatus": "accepted"})]
        assert decided(accept, *rules)
        assert decided(post(RESERVATION, ReservationStatus="rejected"), *rules).kind == "wrong-parameters"

    def test_post_has_no_query(self) -> None:
        wanted = rule(WORKER_URL, "POST", query_filter={"A": REQUIRED})
        assert not decided(SET_ACTIVITY, wanted)
        assert decided(SET_ACTIVITY, wanted | {"query_filter": {"A": {}}})


class TestAnyName:
    def test_any_name_with_a_filter(self) -> None:
        decision = decided(UPDATE, rule(WORKER_URL, "POST", post_filter={"ActivitySid": REQUIRED}))
        assert (decision.allowed, decision.kind) == (False, "depends")
        assert decision.reason.endswith(
            " It depends: it is allowed if the only form parameter is 'ActivitySid'."
        )

    def test_no_parameter_at_all(self) -> None:
        decision = decided(UPDATE, rule(WORKER_URL, "POST", post_filter={"ActivitySid": {}}))
        assert decision.reason.endswith(" It depends: it is allowed if there is no form parameter.")

    def test_two_denied_names(self) -> None:
        denied = {"A": REQUIRED, "B": "x"}
        decision = decided(
            UPDATE, rule(WORKER_URL, "POST"), rule(WORKER_URL, "POST", allow=False, post_filter=denied)
        )
        assert decision.reason.startswith(
            "It depends: it is denied if the only form parameters are 'A' and 'B' with the value 'x'. "
        )

    def test_any_name_without_a_filter(self) -> None:
        assert decided(UPDATE, rule(f"{WORKSPACE_URL}/**", "POST"))

    def test_any_name_beside_a_denial(self) -> None:
        rules = [
            rule(f"{WORKSPACE_URL}/**", "POST"),
            rule(f"{WORKSPACE_URL}/**", "POST", allow=False, post_filter={"A": "x"}),
            rule(WORKER_URL, "POST", post_filter={"A": {}}),
        ]
        assert decided(UPDATE, *rules)


def test_options_are_tried_together() -> None:
    asked = post(WORKER_URL, optional=["A", "B"])
    denied = {"A": REQUIRED, "B": REQUIRED}
    rules = [rule(WORKER_URL, "POST"), rule(WORKER_URL, "POST", allow=False, post_filter=denied)]
    policy = OpenPolicy(AccessPolicy(rules), Steps())
    assert policy.decide(asked)
    assert policy.refused_options(asked) == ["A", "B"]


def test_each_request_is_decided_once() -> None:
    policy = AccessPolicy([rule(WORKER_URL)])
    with patch.object(policy, "decide", wraps=policy.decide) as decide:
        open_policy = OpenPolicy(policy, Steps())
        assert open_policy.decide(get(WORKER_URL)) == open_policy.decide(get(WORKER_URL))
    assert decide.call_count == 1


WORDS = ("+1", "any", "https://t", "other")


@pytest.mark.long
@pytest.mark.parametrize("names", ["values", "names", "options"])
def test_decisions_of_every_choice(names: str) -> None:
    """The second opinion tries all SIDs, names and values that the rules have, and some others."""
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    request = (
        CALL
        if names == "values"
        else post(RESERVATION, ANY)
        if names == "names"
        else CALL._replace(params=(("Instruction", "call"),), optional=("CallFrom", "CallUrl"))
    )
    counted = {True: 0, False: 0}
    while min(counted.values()) < 300:
        rules = [drawn(random) for _ in range(random.randint(1, 4))]
        if second_opinion.in_direct_conflict(rules):
            continue
        policy = OpenPolicy(AccessPolicy(rules), Steps())
        if names == "options":
            allowed = policy.decide(request).allowed and not policy.refused_options(request)
        else:
            allowed = policy.decide(request).allowed
            assert policy.allows(request) is allowed
        expected = all(
            second_opinion.is_allowed(rules, "POST", f"{TASKS}/{task}/Reservations/{reservation}", [], form)
            for task, reservation in product(("WT0", "WT1", "WT9"), ("WR0", "WR9"))
            for form in forms(names)
        )
        assert allowed is expected, rules
        counted[expected] += 1


def forms(names: str) -> list[list[tuple[str, str]]]:
    """The forms to try."""
    maybe = () if names == "values" else (None,)
    instructions = ("call", "other", None) if names == "names" else ("call",)
    others = ("x", None) if names == "names" else (None,)
    choices = product(instructions, (*WORDS, *maybe), (*WORDS, *maybe), others)
    parameters = ("Instruction", "CallFrom", "CallUrl", "Other")
    return [
        [pair for pair in zip(parameters, values, strict=True) if pair[1] is not None] for values in choices
    ]


def drawn(random: Random) -> dict[str, Any]:
    task = random.choice(["WT0", "WT1"])
    path = random.choice(["/**", f"/{task}/**", f"/{task}/Reservations/*", "/WT0/Reservations/WR0"])
    made = rule(TASKS + path, "POST", allow=random.random() < 0.6)
    if random.random() < 0.6:
        matchers: list[Any] = [REQUIRED, {}, "+1", "any", "https://t", {"required": False, "value": "+1"}]
        made["post_filter"] = {
            name: random.choice(matchers) for name in ("CallFrom", "CallUrl") if random.random() < 0.9
        } | {"Instruction": random.choice(["call", {}])}
    if random.random() < 0.1:
        made["query_filter"] = {"Q": random.choice([REQUIRED, {}])}
    return made
