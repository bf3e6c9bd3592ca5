"""The public API as a user would write it. Type checkers read this file; nothing runs it."""

from datetime import timedelta

from twilio.task_router import (
    OPTIONAL,
    REQUIRED,
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    PolicyRule,
    TaskRouterCapability,
    make_policy,
)

capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
capability.allow_worker_fetch_attributes()
capability.allow_worker_activity_updates()
capability.allow_task_reservation_updates()
token: str = capability.generate_token()
token = capability.generate_token(600)
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
own_filter = {"Status": {"required": False, "value": "pending"}}
capability.policies.append(make_policy(url, "GET", own_filter))
