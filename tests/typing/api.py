"""The public API as a user would write it. Type checkers read this file; nothing runs it."""

from datetime import datetime, timedelta, timezone
from typing import Any

import jwt

import twilio.task_router
from twilio.task_router import (
    OPTIONAL,
    REQUIRED,
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    AccessPolicy,
    Capability,
    ComparisonTooHardError,
    ConflictingRulesError,
    Decision,
    Explanation,
    Filter,
    InvalidClaimError,
    InvalidRuleError,
    Note,
    Parameters,
    PolicyRule,
    Request,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    VerifiedToken,
    WorkflowConfig,
    WorkflowRule,
    WorkflowRuleTarget,
    explain,
    make_policy,
    verify_token,
)

capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
capability.allow_worker_fetch_attributes()
capability.allow_worker_activity_updates()
capability.allow_task_reservation_updates()
token: str = capability.generate_token()
token = capability.generate_token(600)
token = capability.generate_token(60 * 60 / 2)
token = capability.generate_token(ttl=timedelta(minutes=10), attributes={"friendly_name": "Alice"})

elsewhere = TaskRouterCapability(
    account_sid="AC123",
    auth_token="secret",
    workspace_sid="WS456",
    worker_sid="WK789",
    base_url=TASK_ROUTER_BASE_URL,
    version="v1",
    base_ws_url=TASK_ROUTER_BASE_WS_URL,
)
url: str = elsewhere.workspace_url + elsewhere.worker_url

rule: PolicyRule = make_policy(url, "POST", post_filter={"ActivitySid": REQUIRED, "FriendlyName": "Alice"})
capability.policies.append(rule)
capability.policies.append(make_policy(url, "GET", query_filter={"FriendlyName": OPTIONAL}, allowed=False))
allowed: bool = capability.policies[0]["allow"]
any_filter: Filter = {"FriendlyName": "Alice", "ActivitySid": REQUIRED, "Status": {"required": False}}
capability.deny(url, "POST", post_filter=any_filter)
own_filter = {"Status": {"required": False, "value": "pending"}}
capability.policies.append(make_policy(url, "GET", own_filter))

worker = TaskRouterWorkerCapability(
    "AC123", "secret", "WS456", worker_sid="WK789", version=TASK_ROUTER_VERSION
)
worker.allow_activity_updates()
worker.allow_reservation_updates()
queue = TaskRouterTaskQueueCapability(
    "AC123", "secret", "WS456", channel_id="WQ789", base_url="http://api.test"
)
workspace = TaskRouterWorkspaceCapability("AC123", "secret", workspace_sid="WS456")
every: list[Capability] = [capability, worker, queue, workspace]
for one in every:
    one.allow_fetch_subresources()
    one.allow(f"{one.resource_url}/Statistics", "GET", {"Minutes": OPTIONAL})
    one.deny(one.base_url, "DELETE")
    one.add_policy(one.workspace_url, "GET", True, post_filter={})
    one.policies.append(one.make_policy(one.get_resource_url(), "GET", False))

config = WorkflowConfig(
    [WorkflowRule("1==1", [WorkflowRuleTarget("WQ1", priority=10), {"queue": "WQ2"}], "everything")],
    WorkflowRuleTarget(queue="WQ9"),
)
text: str = WorkflowConfig.json2obj(config.to_json()).to_json()
step = WorkflowRuleTarget(
    "WQ1", "1==1", 1, 30, order_by="worker.level DESC", skip_if="workers.available == 0"
)
known = WorkflowRuleTarget(
    "WQ1", priority=60 / 2, timeout=30.5, known_worker_sid="task.sid", known_worker_friendly_name="task.name"
)
targets: list[WorkflowRuleTarget] = [step, known]
queue_rules: list[WorkflowRule] = [WorkflowRule("1==1", targets)]
dict_rules: list[dict[str, Any]] = [{"expression": "1==1", "targets": [{"queue": "WQ1"}]}]
configs = [WorkflowConfig(queue_rules, {"queue": "WQ9"}), WorkflowConfig(dict_rules, None)]
configs[0].task_routing.filters.append(WorkflowRule("2==2", []))
WorkflowConfig(["nonsense", 5], 7)  # type: ignore[list-item, arg-type]
old = twilio.task_router.workflow_config.WorkflowConfig(
    [twilio.task_router.workflow_rule.WorkflowRule("", [])]
)

policy: AccessPolicy = worker.access_policy()
decision: Decision = policy.decide("POST", worker.resource_url, form={"ActivitySid": "WA1"})
if not decision:
    why: str = decision.reason
    match decision.kind:
        case "denied-by-rule":
            decider: PolicyRule | None = decision.rule
            at: int | None = decision.rule_index
        case "wrong-parameters" | "wrong-method" | "near-miss":
            tried: Request = decision.request
        case _:
            pass
seen: set[Decision] = {decision}
rules: list[PolicyRule] = policy.rules
again: AccessPolicy = AccessPolicy([*rules, rule])
yes: bool = policy.allows("GET", url, query=[("A", "x"), ("A", "y")], form=None) and decision.allowed
request = Request("POST", url, form={"ActivitySid": "WA1"})
asked_method, asked_url, asked_query, asked_form = request
pairs: tuple[tuple[str, str], ...] = request.form + asked_query
several: Parameters = [("A", "x"), ("A", "y")]
yes = policy.allows(request) and policy.decide(request).allowed and request.query == ()
yes = policy.allows(Request(method="GET", url=url, query=several)) or policy.allows("GET", url, form=several)
try:
    new: list[Request] = policy.beyond(capability.access_policy())
    needless: list[int] = policy.redundant()
except ComparisonTooHardError:
    pass
try:
    AccessPolicy([{"url": url, "method": "GET"}, rule])
except InvalidRuleError as error:
    index: int = error.index
    wrong: str = error.problem
except ConflictingRulesError as error:
    first, second = error.indexes

try:
    verified: VerifiedToken = verify_token(token, "secret", leeway=timedelta(seconds=5))
    expires_at: datetime = verified.expires_at
    worker_sid: str | None = verified.worker_sid
    channel: str = verified.channel
    urls: list[str] = [verified.workspace_url, verified.resource_url, verified.channel_url, queue.channel_url]
    claims: dict[str, Any] = verified.claims
    worth_a_look: list[Note] = verified.notes()
    about: int | None = worth_a_look[0].rule_index
    said: str = worth_a_look[0].kind + worth_a_look[0].reason + worth_a_look[0].advice
    verified = verify_token(token, "secret", at=datetime(2026, 1, 1, tzinfo=timezone.utc))
    told: Explanation = explain(verified, base_url="http://localhost:8000")["reservation.accept"]
    told = explain(worker)["connect"]
    decisions: tuple[Decision, ...] = told.decisions
    named: str = told.call + told.reason
    grants: tuple[str, ...] = told.grants
except InvalidClaimError as error:
    claim: str = error.claim + error.problem
except jwt.InvalidTokenError:
    pass
