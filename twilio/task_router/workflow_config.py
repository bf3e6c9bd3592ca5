"""Workflow configurations: the documents by which TaskRouter sends tasks to task queues.

Source: Twilio, "Workflows Overview", https://www.twilio.com/docs/taskrouter/workflow-configuration, and the
pages linked there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from types import NoneType
from typing import Any, cast

from .checks import (
    check_finite,
    check_iterable,
    check_str,
    check_type,
    finite,
    json_text,
    plain_json,
    refuse_constant,
    shown,
    wrong_type,
)

__all__ = ["TaskRouterConfig", "WorkflowConfig", "WorkflowRule", "WorkflowRuleTarget"]


@dataclass(eq=False)
class WorkflowRuleTarget:
    """A target of a rule: a task queue, and the workers who may get the task there.

    :param queue: the task queue's SID.
    :param expression: the condition for workers of the queue. ``None`` means all of them.
    :param priority: the task's priority in the queue: a number, also as a ``str``. ``None`` means
        TaskRouter's default.
    :param timeout: the seconds until the next target is tried: a number, also as a ``str``. ``None`` means
        never.
    :param order_by: the order in which workers are asked, such as ``"worker.level DESC"``. ``None`` means the
        longest idle first.
    :param skip_if: the condition for trying the next target at once, such as ``"workers.available == 0"``.
        ``None`` means waiting for the timeout.
    :param known_worker_sid: the task attribute with the SID of the one worker to ask, such as
        ``"task.agent_sid"``.
    :param known_worker_friendly_name: the task attribute with the worker's name instead. TaskRouter takes one
        of the two.
    :raises TypeError: if a parameter has the wrong type.
    :raises ValueError: if a number is NaN or infinite.
    """

    queue: str
    expression: str | None = None
    priority: float | str | None = None
    timeout: float | str | None = None
    _: KW_ONLY
    order_by: str | None = None
    skip_if: str | None = None
    known_worker_sid: str | None = None
    known_worker_friendly_name: str | None = None

    def __post_init__(self) -> None:
        check_type("queue", self.queue, str, "a str")
        check_type("expression", self.expression, (str, NoneType), "a str or None")
        for name, number in (("priority", self.priority), ("timeout", self.timeout)):
            check_type(name, number, (int, float, str, NoneType), "a number, a str or None")
            check_finite(name, number)
        for name in ("order_by", "skip_if", "known_worker_sid", "known_worker_friendly_name"):
            check_type(name, getattr(self, name), (str, NoneType), "a str or None")


@dataclass(eq=False, init=False)
class WorkflowRule:
    """A rule of a workflow: a condition for tasks, and the targets to try for them, in order.

    :param expression: the condition on a task's attributes.
    :param targets: :class:`WorkflowRuleTarget` objects, or dicts with the same keys.
    :param friendly_name: the rule's name.
    :raises TypeError: if a parameter has the wrong type.
    """

    expression: str
    targets: list[Any]
    friendly_name: str | None = None

    def __init__(
        self,
        expression: str,
        targets: Sequence[WorkflowRuleTarget | Mapping[str, Any]],
        friendly_name: str | None = None,
    ) -> None:
        check_type("expression", expression, str, "a str")
        _check_targets("targets", targets)
        check_type("friendly_name", friendly_name, (str, NoneType), "a str or None")
        self.expression = expression
        self.targets = cast("list[Any]", targets)  # kept, not copied: the caller may append to it
        self.friendly_name = friendly_name


class TaskRouterConfig:
    """The part of a configuration below ``task_routing``.

    :param rules: :class:`WorkflowRule` objects, or dicts with the same keys, whose other keys are kept. A
        list is not copied, so rules that you append later count, too. Twilio's pages call a rule's name
        ``friendly_name`` or ``filter_friendly_name``; the latter counts if a dict has both. The document
        always has ``friendly_name``, as in 5.3.0 to 5.7.0.
    :param default_target: the target for tasks that match no rule: a :class:`WorkflowRuleTarget`, a dict with
        the same keys or others, or ``None``.
    :raises TypeError: if a parameter has the wrong type.
    """

    #: The rules.
    filters: list[Any]
    #: The target for tasks that match no rule.
    default_filter: Any

    def __init__(
        self,
        rules: Iterable[WorkflowRule | Mapping[str, Any]] = (),
        default_target: WorkflowRuleTarget | Mapping[str, Any] | None = None,
    ) -> None:
        check_iterable("rules", rules, "a list of rules")
        self.filters = rules if isinstance(rules, list) else list(rules)
        self.default_filter = default_target
        _check_routing(self)

    def __repr__(self) -> str:
        return f"TaskRouterConfig({self.filters!r}, {self.default_filter!r})"


class WorkflowConfig:
    """A whole workflow configuration.

    :param workflow_rules: the rules, as in :class:`TaskRouterConfig`.
    :param default_target: the target for tasks that match no rule.
    :raises TypeError: if a parameter has the wrong type.
    """

    #: The rules and the default target.
    task_routing: TaskRouterConfig

    def __init__(
        self,
        workflow_rules: Iterable[WorkflowRule | Mapping[str, Any]] = (),
        default_target: WorkflowRuleTarget | Mapping[str, Any] | None = None,
    ) -> None:
        self.task_routing = TaskRouterConfig(workflow_rules, default_target)

    def __repr__(self) -> str:
        routing = self.task_routing
        return f"WorkflowConfig({routing.filters!r}, {routing.default_filter!r})"

    def to_json(self) -> str:
        """Return the document for the Workflow resource's ``Configuration``, without values of ``None``.

        :raises TypeError: if a rule or a target has the wrong type, or a part is not JSON serializable.
        :raises ValueError: if the configuration contains NaN, an infinity, a lone surrogate or itself.
        """
        if isinstance(self.task_routing, TaskRouterConfig):
            _check_routing(self.task_routing)  # the lists may have changed
        document = plain_json("the configuration", self, _converted)
        return json_text("the configuration", _write, document)

    @staticmethod
    def json2obj(data: str | bytes) -> WorkflowConfig:
        """Read a configuration.

        Rules, targets and the default target stay dicts. :meth:`to_json` writes all their fields back,
        including unknown ones, with two exceptions: ``null`` values are left out, and
        ``filter_friendly_name`` becomes ``friendly_name`` (see :class:`TaskRouterConfig`). A target without a
        queue stays without one. Fields beside ``filters`` and ``default_filter`` are dropped.

        :param data: the document.
        :raises TypeError: if *data* is not a ``str`` or ``bytes``.
        :raises ValueError: if *data* is not JSON, or not a configuration.
        """
        check_type("data", data, (str, bytes), "a str or bytes")
        text = data if isinstance(data, bytes) else check_str("data", data)
        document, problem = None, ""
        try:
            document = json.loads(text, parse_constant=refuse_constant, parse_float=finite)
        except (ValueError, RecursionError) as error:
            problem = f"data must be JSON: {error}"
        if problem:  # raised here, since the error above keeps the text, which may be a token
            raise ValueError(problem)
        routing = document.get("task_routing") if isinstance(document, dict) else None
        if not isinstance(routing, dict):
            raise ValueError(  # noqa: TRY004 - the document is wrong, not the argument's type
                f"data must be an object with a task_routing object, got {shown(document)}"
            )
        filters = routing.get("filters", [])
        if not isinstance(filters, list) or not all(isinstance(rule, dict) for rule in filters):
            raise ValueError(f"data: task_routing.filters must be a list of objects, got {shown(filters)}")
        default_filter = routing.get("default_filter")
        if not isinstance(default_filter, (dict, NoneType)):
            raise ValueError(  # noqa: TRY004 - as above
                f"data: task_routing.default_filter must be an object, got {shown(default_filter)}"
            )
        config = WorkflowConfig([_renamed(rule) for rule in filters], default_filter)
        try:
            config.to_json()
        except ValueError as error:  # newer Pythons read deeper nesting than they write
            raise ValueError(f"data: {error}") from None
        return config


_write = partial(json.dumps, sort_keys=True, indent=4, allow_nan=False)


def _check_routing(routing: TaskRouterConfig) -> None:
    """Check the types of the rules and targets, also in lists that callers keep."""
    for index, rule in enumerate(check_iterable("rules", routing.filters, "a list of rules")):
        _check_part(f"rules[{index}]", rule, "a WorkflowRule or a dict")
        if isinstance(rule, WorkflowRule):
            _check_targets(f"rules[{index}].targets", rule.targets)
    if routing.default_filter is not None:
        _check_part("default_target", routing.default_filter, "a WorkflowRuleTarget, a dict or None")


def _check_targets(name: str, targets: object) -> None:
    check_type(name, targets, (list, tuple), "a list of targets")
    for index, target in enumerate(cast("Iterable[object]", targets)):
        _check_part(f"{name}[{index}]", target, "a WorkflowRuleTarget or a dict")


def _check_part(name: str, value: object, expected: str) -> None:
    """Check that *value* can be a rule or a target.

    5.7.0 accepted any object, but most have attributes that must not end up in the document, such as a
    capability's auth token.
    """
    if not isinstance(value, (Mapping, WorkflowRule, WorkflowRuleTarget)):
        raise wrong_type(name, expected, value)


def _renamed(rule: Any) -> Any:  # noqa: ANN401 - a rule of any type, or a part of JSON
    if not isinstance(rule, Mapping) or "filter_friendly_name" not in rule:
        return rule
    renamed = dict(rule)
    name = renamed.pop("filter_friendly_name")
    return renamed if name is None else renamed | {"friendly_name": name}


def _converted(value: object) -> object:
    """Return a part of the configuration as a ``dict``, a list or another value, without ``None`` inside."""
    if isinstance(value, TaskRouterConfig):
        value = vars(value) | {"filters": [_renamed(rule) for rule in value.filters]}
    elif isinstance(value, (WorkflowConfig, WorkflowRule, WorkflowRuleTarget)):
        value = vars(value)
    if isinstance(value, Mapping):
        return {key: part for key, part in value.items() if part is not None}
    if isinstance(value, (list, tuple)):
        return [part for part in value if part is not None]
    return value
