from __future__ import annotations

import inspect
import json
import logging
import re
import sys
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.judges import recorded
from twilio.task_router import (
    TaskRouterCapability,
    TaskRouterConfig,
    WorkflowConfig,
    WorkflowRule,
    WorkflowRuleTarget,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# From Twilio's "Lifecycle of a Task: Workflows and Assignment",
# https://www.twilio.com/docs/taskrouter/lifecycle-task-workflows-and-assignment, with SIDs filled in.
FROM_TWILIOS_PAGE = """
{
  "task_routing": {
    "filters": [
      {
        "expression": "type==\\"Support\\"",
        "filter_friendly_name": "Support Calls",
        "targets": [
          {
            "queue": "WQ1",
            "timeout": 15,
            "expression": "worker.id IN task.preferred_agents"
          },
          {
            "timeout": 15
          }
        ]
      },
      {
        "expression": "type==\\"Sales\\"",
        "filter_friendly_name": "Sales Calls",
        "targets": [
          {
            "queue": "WQ2",
            "timeout": 15
          }
        ]
      }
    ],
    "default_filter": {
      "queue": "WQ9"
    }
  }
}
"""

RECORDED = recorded.load("workflows-5.7.0.json")


def example() -> WorkflowConfig:
    target = WorkflowRuleTarget("WQ1", "1==1", 10, 30)
    return WorkflowConfig(
        [WorkflowRule("a==1", [target], "first")], WorkflowRuleTarget(queue="WQ9", timeout=60)
    )


def written(routing: TaskRouterConfig) -> Any:
    """The rules in the document."""
    config = WorkflowConfig()
    config.task_routing = routing
    return json.loads(config.to_json())["task_routing"]["filters"]


class TestToJson:
    @pytest.mark.parametrize("vector", RECORDED["built"])
    def test_json_of_5_7_0(self, vector: dict[str, Any]) -> None:
        rules = [
            WorkflowRule(
                rule["expression"],
                [WorkflowRuleTarget(**target) for target in rule["targets"]],
                rule["friendly_name"],
            )
            for rule in vector["rules"]
        ]
        config = WorkflowConfig(rules, WorkflowRuleTarget(**vector["default_target"]))
        assert config.to_json() == vector["to_json"]

    def test_none_is_left_out(self) -> None:
        """TaskRouter refuses ``null``."""
        config = WorkflowConfig(
            workflow_rules=[WorkflowRule(expression="1==1", targets=[WorkflowRuleTarget(queue="WQ1")])],
            default_target={"queue": "WQ9", "expression": None, "order": ["a", None]},
        )
        assert json.loads(config.to_json()) == {
            "task_routing": {
                "filters": [{"expression": "1==1", "targets": [{"queue": "WQ1"}]}],
                "default_filter": {"queue": "WQ9", "order": ["a"]},
            }
        }

    def test_newer_fields_of_a_target(self) -> None:
        """Twilio's Java SDK writes the same names."""
        target = WorkflowRuleTarget(
            "QS123",
            "1==1",
            5,
            30,
            order_by="worker.english_level ASC",
            skip_if="workers.available == 0",
            known_worker_sid="task.requested_agent_id",
            known_worker_friendly_name="task.requested_agent",
        )
        # src/test/java/com/twilio/taskrouter/WorkflowRuleTargetTest.java of github.com/twilio/twilio-java
        assert json.loads(WorkflowConfig([], target).to_json())["task_routing"]["default_filter"] == {
            "queue": "QS123",
            "expression": "1==1",
            "priority": 5,
            "timeout": 30,
            "order_by": "worker.english_level ASC",
            "skip_if": "workers.available == 0",
            "known_worker_sid": "task.requested_agent_id",
            "known_worker_friendly_name": "task.requested_agent",
        }

    def test_targets_in_a_tuple(self) -> None:
        rule = WorkflowRule("1==1", (WorkflowRuleTarget("WQ1"), {"queue": "WQ2"}))
        assert json.loads(WorkflowConfig([rule]).to_json())["task_routing"]["filters"] == [
            {"expression": "1==1", "targets": [{"queue": "WQ1"}, {"queue": "WQ2"}]}
        ]

    def test_no_default_target(self) -> None:
        assert json.loads(WorkflowConfig([]).to_json()) == {"task_routing": {"filters": []}}

    def test_changes_are_written(self) -> None:
        config = example()
        config.task_routing.filters[0].targets.append(WorkflowRuleTarget("WQ2"))
        config.task_routing.default_filter.timeout = 5
        document = json.loads(config.to_json())["task_routing"]
        assert document["filters"][0]["targets"][1] == {"queue": "WQ2"}
        assert document["default_filter"] == {"queue": "WQ9", "timeout": 5}

    @pytest.mark.parametrize(
        "part",
        [
            object(),
            logging,
            TaskRouterCapability("AC1", "secret", "WS1", "WK1"),
            SimpleNamespace(queue="WQ1", expression="1==1", targets=[]),
        ],
    )
    def test_other_objects_are_refused(self, part: Any) -> None:
        with pytest.raises(TypeError, match=r"^rules\[0\] must be a WorkflowRule or a dict"):
            WorkflowConfig([part])
        with pytest.raises(TypeError, match=r"^default_target must be"):
            WorkflowConfig([], part)
        with pytest.raises(TypeError, match=r"^targets\[0\] must be"):
            WorkflowRule("1==1", [part])
        with pytest.raises(TypeError, match="the configuration must be JSON serializable"):
            WorkflowConfig([{"expression": "1==1", "more": [part]}]).to_json()

    def test_rules_of_any_mapping(self) -> None:
        rule = MappingProxyType({"targets": [MappingProxyType({"queue": "WQ1", "timeout": None})]})
        assert written(TaskRouterConfig([rule])) == [{"targets": [{"queue": "WQ1"}]}]

    @pytest.mark.parametrize("text", ["\ud800", "\ude00\ud83d", "a\udfff"])
    def test_lone_surrogates(self, text: str) -> None:
        for target in (WorkflowRuleTarget(text), {text: "WQ1"}, {"more": [text]}):
            with pytest.raises(ValueError, match=r"^the configuration must be text .* lone surrogate$"):
                WorkflowConfig([], target).to_json()

    def test_text_beyond_ascii(self) -> None:
        name = "Zo\u00eb \U0001f600 \\ud800"
        assert written(TaskRouterConfig([{"friendly_name": name}])) == [{"friendly_name": name}]

    @pytest.mark.parametrize("name", [1, True, b"queue"])
    def test_names_must_be_str(self, name: Any) -> None:
        with pytest.raises(TypeError, match=r"^the configuration: a name must be a str, not "):
            WorkflowConfig([], {"queue": {name: "x"}}).to_json()

    def test_subclass_of_str(self) -> None:
        class Sid(str):  # noqa: SLOT000 - with a __dict__
            pass

        config = WorkflowConfig([], WorkflowRuleTarget(Sid("WQ1")))
        assert json.loads(config.to_json())["task_routing"]["default_filter"] == {"queue": "WQ1"}

    def test_nan_and_infinity(self) -> None:
        with pytest.raises(TypeError, match="set"):
            WorkflowConfig([], {"queue": {"WQ1"}}).to_json()
        with pytest.raises(ValueError, match="JSON"):
            WorkflowConfig([], {"queue": "WQ1", "timeout": float("nan")}).to_json()
        itself: dict[str, Any] = {}
        itself["me"] = itself
        with pytest.raises(
            ValueError, match="the configuration must be JSON serializable: it contains itself or"
        ):
            WorkflowConfig([itself]).to_json()


class TestJson2Obj:
    @pytest.mark.parametrize("vector", RECORDED["read"])
    def test_reads_like_5_7_0(self, vector: dict[str, Any]) -> None:
        config = WorkflowConfig.json2obj(vector["text"])
        assert config.task_routing.filters == vector["filters"]
        assert config.task_routing.default_filter == vector["default_filter"]
        assert config.to_json() == vector["to_json"]

    def test_reads_its_own_json(self) -> None:
        text = example().to_json()
        assert WorkflowConfig.json2obj(text).to_json() == text
        assert WorkflowConfig.json2obj(text.encode()).to_json() == text

    @pytest.mark.parametrize("routing", [{}, {"filters": []}, {"default_filter": None}])
    def test_no_default_filter(self, routing: dict[str, Any]) -> None:
        config = WorkflowConfig.json2obj(json.dumps({"task_routing": routing}))
        assert config.task_routing.default_filter is None
        assert json.loads(config.to_json()) == {"task_routing": {"filters": []}}

    def test_example_of_twilio_is_kept(self) -> None:
        """Only a rule's name is written as in 5.7.0."""
        expected = json.loads(FROM_TWILIOS_PAGE.replace("filter_friendly_name", "friendly_name"))
        assert json.loads(WorkflowConfig.json2obj(FROM_TWILIOS_PAGE).to_json()) == expected

    def test_unknown_fields_are_kept(self) -> None:
        target = {"queue": "WQ1", "known_worker_sid": "task.agent_sid", "new_in_a_target": {"a": [1]}}
        document = {
            "task_routing": {
                "filters": [{"expression": "1==1", "targets": [target], "new_in_a_rule": ["b"]}],
                "default_filter": {"queue": "WQ9", "skip_if": "1==1", "new_in_the_default": True},
            }
        }
        assert json.loads(WorkflowConfig.json2obj(json.dumps(document)).to_json()) == document

    def test_target_without_a_queue(self) -> None:
        config = WorkflowConfig.json2obj(FROM_TWILIOS_PAGE)
        assert config.task_routing.filters[0]["targets"][1] == {"timeout": 15}

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            ("", "data must be JSON"),
            ("{", "data must be JSON"),
            (b"\xff", "data must be JSON"),
            ("[" * 100_000, "data must be JSON"),
            ('{"task_routing": {"priority": NaN}}', "NaN is not JSON"),
            ('{"task_routing": {"priority": -Infinity}}', "-Infinity is not JSON"),
            (
                '{"task_routing": {"default_filter": {"a": 1e400}}}',
                "^data must be JSON: 1e400 is too large a",
            ),
            ('{"task_routing": {"default_filter": {"a": "\\ud800"}}}', "^data: .* it has a lone surrogate$"),
            ("[]", "task_routing"),
            ("null", "task_routing"),
            ("{}", "task_routing"),
            ('{"task_routing": []}', "task_routing"),
            ('{"task_routing": {"filters": {}}}', "task_routing.filters"),
            ('{"task_routing": {"filters": ["x"]}}', "task_routing.filters"),
            ('{"task_routing": {"default_filter": 5}}', "task_routing.default_filter"),
        ],
        ids=lambda case: ascii(case)[:40],
    )
    def test_malformed_documents(self, data: str, says: str) -> None:
        with pytest.raises(ValueError, match=says):
            WorkflowConfig.json2obj(data)

    def test_error_keeps_no_document(self) -> None:
        """A token may have been passed instead."""
        with pytest.raises(ValueError, match="data must be JSON") as caught:
            WorkflowConfig.json2obj("eyJ.eyJ.signature")
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)

    @pytest.fixture
    def _300_frames(self) -> Iterator[None]:
        """A recursion limit at which each Python reads deeper nesting than it writes.

        Reading 200 levels and writing them takes less and more than that, or else 400 levels do.
        """
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(len(inspect.stack(0)) + 300)
        yield
        sys.setrecursionlimit(limit)

    @pytest.mark.usefixtures("_300_frames")
    @pytest.mark.parametrize("depth", [100, 200, 400, 100_000])
    def test_nesting_that_can_be_written(self, depth: int) -> None:
        text = '{"task_routing": {"default_filter": ' + '{"a":' * depth + "1" + "}" * depth + "}}"
        try:
            config = WorkflowConfig.json2obj(text)
        except ValueError:
            assert depth > 100
        else:
            assert config.to_json().count('"a"') == depth

    @pytest.mark.parametrize("data", [None, 5, {"task_routing": {}}])
    def test_document_must_be_text(self, data: Any) -> None:
        with pytest.raises(TypeError, match="data must be a str or bytes"):
            WorkflowConfig.json2obj(data)


class TestRules:
    def test_given_dicts_stay_the_same(self) -> None:
        given = {"expression": "1==1", "filter_friendly_name": "old", "targets": []}
        config = TaskRouterConfig([given], None)
        assert written(config) == [{"expression": "1==1", "friendly_name": "old", "targets": []}]
        assert given == {"expression": "1==1", "filter_friendly_name": "old", "targets": []}

    def test_older_name_of_none(self) -> None:
        rule = {"filter_friendly_name": None, "friendly_name": "new"}
        assert written(TaskRouterConfig([rule])) == [{"friendly_name": "new"}]

    def test_rules_in_a_growing_list(self) -> None:
        rules: list[Any] = []
        config = WorkflowConfig(rules, None)
        rules.append(WorkflowRule("1==1", [], "late"))
        rules.append({"filter_friendly_name": "later"})
        assert written(config.task_routing) == [
            {"expression": "1==1", "friendly_name": "late", "targets": []},
            {"friendly_name": "later"},
        ]
        assert config.task_routing.filters is rules

    @pytest.mark.parametrize("kind", [tuple, iter])
    def test_rules_as_an_iterator(self, kind: Any) -> None:
        config = TaskRouterConfig(kind([{"a": 1}]))
        config.filters.append({"b": 2})
        assert written(config) == written(config) == [{"a": 1}, {"b": 2}]

    @pytest.mark.parametrize(
        "bad", ["x", None, object(), TaskRouterCapability("AC1", "secret", "WS1", "WK1")]
    )
    def test_rules_are_checked_again(self, bad: Any) -> None:
        rule = WorkflowRule("1==1", [])
        config = WorkflowConfig([rule])
        rule.targets.append(bad)
        with pytest.raises(
            TypeError, match=r"^rules\[0\]\.targets\[0\] must be a WorkflowRuleTarget or a dict"
        ):
            config.to_json()
        config.task_routing.filters[0] = bad
        with pytest.raises(TypeError, match=r"^rules\[0\] must be a WorkflowRule or a dict, not "):
            config.to_json()
        config.task_routing.filters = bad
        with pytest.raises(TypeError, match=r"^rules must be a list of rules, not "):
            config.to_json()

    def test_default_is_checked_again(self) -> None:
        config = WorkflowConfig()
        config.task_routing.default_filter = 5
        with pytest.raises(TypeError, match=r"^default_target must be a WorkflowRuleTarget, a dict or None"):
            config.to_json()

    def test_routing_as_a_dict(self) -> None:
        config: Any = WorkflowConfig()
        config.task_routing = {"filters": [], "default_filter": None}
        assert json.loads(config.to_json()) == {"task_routing": {"filters": []}}

    def test_numbers_may_be_floats(self) -> None:
        target = WorkflowRuleTarget("WQ1", priority=60 / 2, timeout=0.5)
        document = json.loads(WorkflowConfig([], target).to_json())["task_routing"]
        assert document["default_filter"] == {"queue": "WQ1", "priority": 30.0, "timeout": 0.5}

    @pytest.mark.parametrize("name", ["priority", "timeout"])
    @pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
    def test_numbers_must_be_finite(self, name: str, number: str) -> None:
        with pytest.raises(ValueError, match=f"^{name} must be a finite number, got {number}$"):
            WorkflowRuleTarget("WQ1", **{name: float(number)})  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("kind", "arguments", "says"),
        [
            (WorkflowRuleTarget, {"queue": None}, "queue must be a str"),
            (WorkflowRuleTarget, {"queue": "WQ1", "expression": 5}, "expression must be a str or None"),
            (
                WorkflowRuleTarget,
                {"queue": "WQ1", "priority": []},
                "priority must be a number, a str or None",
            ),
            (
                WorkflowRuleTarget,
                {"queue": "WQ1", "timeout": True},
                "timeout must be a number, a str or None",
            ),
            (
                WorkflowRuleTarget,
                {"queue": "WQ1", "order_by": ["worker.level"]},
                "order_by must be a str or None",
            ),
            (WorkflowRuleTarget, {"queue": "WQ1", "skip_if": True}, "skip_if must be a str or None"),
            (
                WorkflowRuleTarget,
                {"queue": "WQ1", "known_worker_sid": 5},
                "known_worker_sid must be a str or None",
            ),
            (
                WorkflowRuleTarget,
                {"queue": "WQ1", "known_worker_friendly_name": 5},
                "known_worker_friendly_name must be a str or None",
            ),
            (WorkflowRule, {"expression": None, "targets": []}, "expression must be a str"),
            (
                WorkflowRule,
                {"expression": "1==1", "targets": WorkflowRuleTarget("WQ1")},
                "targets must be a list of targets",
            ),
            (WorkflowRule, {"expression": "1==1", "targets": "WQ1"}, "targets must be a list of targets"),
            (
                WorkflowRule,
                {"expression": "1==1", "targets": [], "friendly_name": 5},
                "friendly_name must be a str or None",
            ),
            (
                WorkflowRule,
                {"expression": "1==1", "targets": [1]},
                "targets[0] must be a WorkflowRuleTarget or a dict, not int: 1",
            ),
            (
                TaskRouterConfig,
                {"rules": [{}, "x"]},
                "rules[1] must be a WorkflowRule or a dict, not str: 'x'",
            ),
            (TaskRouterConfig, {"rules": [None]}, "rules[0] must be a WorkflowRule or a dict"),
            (
                TaskRouterConfig,
                {"rules": [], "default_target": 5},
                "default_target must be a WorkflowRuleTarget, a dict or None",
            ),
            (TaskRouterConfig, {"rules": None}, "rules must be a list of rules"),
            (TaskRouterConfig, {"rules": "WQ1"}, "rules must be a list of rules"),
            (WorkflowConfig, {"workflow_rules": {"expression": "1==1"}}, "rules must be a list of rules"),
        ],
        ids=ascii,
    )
    def test_bad_rules_and_targets(self, kind: Any, arguments: dict[str, Any], says: str) -> None:
        with pytest.raises(TypeError, match=f"^{re.escape(says)}(, not |$)"):
            kind(**arguments)


class TestRepr:
    def test_repr_is_code(self) -> None:
        config = example()
        assert eval(repr(config)).to_json() == config.to_json()  # noqa: S307
        assert repr(eval(repr(config.task_routing))) == repr(config.task_routing)  # noqa: S307
