"""What is compared. Each comparison first makes sure that both sides do the same."""

from __future__ import annotations

import base64
import hmac
from functools import partial
from typing import TYPE_CHECKING, Any

from .libraries import (
    CASBIN,
    JWT,
    ORJSON,
    OUR_ENVIRONMENT,
    OURS,
    SDK_3,
    SDK_5,
    SDK_9,
    SDK_ENVIRONMENT,
    sdk_version,
)
from .timing import Comparison, clock, process_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

AUTH_TOKEN = "5ca1ab1e" * 4
WORKSPACE_SID = "WS" + "0123456789abcdef" * 2
WORKER = ("AC" + "fedcba9876543210" * 2, AUTH_TOKEN, WORKSPACE_SID, "WK" + "0011223344556677" * 2)
WORKSPACE_URL = f"https://taskrouter.twilio.com/v1/Workspaces/{WORKSPACE_SID}"


def minting() -> list[Comparison]:
    claims = decode(mint_worker_capability(OURS))
    sign = fastest_signer(claims)

    assert lasting_claims(mint_capability(OURS)) == lasting_claims(mint_capability(SDK_3))
    for theirs in (mint_worker_capability(SDK_5), mint_with_sdk(SDK_9), sign()):
        assert lasting_claims(mint_worker_capability(OURS)) == lasting_claims(theirs)

    our_clock = clock(mint_worker_capability, OURS)
    return [
        Comparison(
            "TaskRouterCapability, grants, sign / twilio-python 3.7.0",
            clock(mint_capability, OURS),
            clock(mint_capability, SDK_3),
            limit=0.95,
        ),
        Comparison(
            "TaskRouterWorkerCapability, grants, sign / twilio-python 5.7.0",
            our_clock,
            clock(mint_worker_capability, SDK_5),
            limit=1.0,
        ),
        Comparison(
            f"... / the official SDK, twilio-python {sdk_version()}",
            our_clock,
            clock(mint_with_sdk, SDK_9),
            limit=0.75,
        ),
        Comparison(
            "... / jwt.encode of the same claims alone",
            our_clock,
            clock(JWT.encode, claims, AUTH_TOKEN, "HS256"),
            limit=0.85,
        ),
        Comparison(
            "... / the floor: orjson, hmac.digest and base64 of the same claims",
            our_clock,
            clock(sign),
            limit=3.3,
        ),
    ]


def mint_capability(library: ModuleType) -> str:
    capability = library.TaskRouterCapability(*WORKER)
    capability.allow_worker_fetch_attributes()
    capability.allow_worker_activity_updates()
    capability.allow_task_reservation_updates()
    token: str = capability.generate_token()
    return token


def mint_worker_capability(library: ModuleType) -> str:
    capability = library.TaskRouterWorkerCapability(*WORKER)
    capability.allow_activity_updates()
    capability.allow_reservation_updates()
    token: str = capability.generate_token()
    return token


def mint_with_sdk(library: ModuleType) -> str:
    updates = {"allow_update_activities": True, "allow_update_reservations": True}
    token: str = library.WorkerCapabilityToken(*WORKER, **updates).to_jwt()
    return token


def fastest_signer(claims: dict[str, Any]) -> Callable[[], str]:
    """Return a function that signs these claims with as little work as Python can: the JSON is compiled."""
    key = AUTH_TOKEN.encode()

    def segment(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    header = segment(b'{"typ":"JWT","alg":"HS256"}')

    def sign() -> str:
        signed = header + b"." + segment(ORJSON.dumps(claims))
        return (signed + b"." + segment(hmac.digest(key, signed, "sha256"))).decode()

    return sign


def decode(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = JWT.decode(token, AUTH_TOKEN, algorithms=["HS256"])
    return claims


def lasting_claims(token: str) -> dict[str, Any]:
    """Return a token's claims but for the times, of which the official SDK adds one (``nbf``)."""
    return {name: value for name, value in decode(token).items() if name not in {"exp", "nbf"}}


def reading() -> list[Comparison]:
    token = mint_worker_capability(OURS)
    rules = fetching_rules(20)
    assert dict(OURS.verify_token(token, AUTH_TOKEN).claims) == decode(token)

    their_clock = clock(partial(JWT.decode, algorithms=["HS256"]), token, AUTH_TOKEN)
    return [
        Comparison(
            "verify_token / jwt.decode of the same token",
            clock(OURS.verify_token, token, AUTH_TOKEN),
            their_clock,
            limit=0.45,
        ),
        Comparison(
            "one of the 20 rules that AccessPolicy reads / that jwt.decode",
            clock(OURS.AccessPolicy, rules, parts=len(rules)),
            their_clock,
            limit=0.025,
        ),
    ]


# As in an access policy, a rule may deny what another allows, so pycasbin has to try every rule.
CASBIN_MODEL = """
[request_definition]
r = method, url
[policy_definition]
p = method, url, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.method == p.method && keyMatch(r.url, p.url)
"""


def deciding() -> list[Comparison]:
    rules = fetching_rules(20)
    many_rules = fetching_rules(2_000)
    policy, large_policy = OURS.AccessPolicy(rules), OURS.AccessPolicy(many_rules)
    enforcer = CASBIN.Enforcer(CASBIN.Enforcer.new_model(text=CASBIN_MODEL))
    for rule in rules:
        enforcer.add_policy(rule["method"], rule["url"], "allow")

    allowed = [covered_request(rule) for rule in rules]
    denied = [("POST", rules[0]["url"]), ("GET", f"{WORKSPACE_URL}/Activities")]
    for request in allowed + denied:
        assert policy.allows(*request) == (request in allowed)
        assert large_policy.allows(*request) == (request in allowed)
        assert enforcer.enforce(*request) == (request in allowed)

    # A pattern in the middle decides, both among few rules and among many.
    request, request_among_many = covered_request(rules[11]), covered_request(many_rules[1_001])
    assert large_policy.allows(*request_among_many)
    our_clock = clock(policy.decide, *request)
    return [
        Comparison(
            "a decision on 20 rules / pycasbin's enforce with keyMatch",
            our_clock,
            clock(enforcer.enforce, *request),
            limit=0.06,
        ),
        Comparison(
            "a decision on 2,000 rules / one on 20",
            clock(large_policy.decide, *request_among_many),
            our_clock,
            limit=1.5,
        ),
    ]


def fetching_rules(count: int) -> list[dict[str, Any]]:
    """Return rules for a page that may fetch many workers and their reservations: two for each worker."""
    workers = [f"{WORKSPACE_URL}/Workers/WK{number:032x}" for number in range(count // 2)]
    return [
        {"url": url, "method": "GET", "allow": True, "query_filter": {}, "post_filter": {}}
        for worker in workers
        for url in (worker, f"{worker}/Reservations/**")
    ]


def covered_request(rule: dict[str, Any]) -> tuple[str, str]:
    return rule["method"], rule["url"].replace("**", "WR" + "8899aabbccddeeff" * 2)


OUR_PROGRAM = f"""
from twilio.task_router import TaskRouterWorkerCapability
capability = TaskRouterWorkerCapability(*{WORKER})
capability.allow_activity_updates()
capability.allow_reservation_updates()
capability.generate_token()
"""
SDK_PROGRAM = f"""
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken
WorkerCapabilityToken(*{WORKER}, allow_update_activities=True, allow_update_reservations=True).to_jwt()
"""


def starting() -> Comparison:
    return Comparison(
        f"CPU time to start Python, import and mint / twilio-python {sdk_version()}",
        process_clock(OUR_ENVIRONMENT, OUR_PROGRAM),
        process_clock(SDK_ENVIRONMENT, SDK_PROGRAM),
        limit=0.51,
    )
