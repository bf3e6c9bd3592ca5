from __future__ import annotations

import copy
import enum
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

import twilio.task_router
from tests.example import ARGUMENTS, WORKSPACE_URL
from tests.judges import recorded, strategies
from twilio.task_router import (
    OPTIONAL,
    REQUIRED,
    AccessPolicy,
    Capability,
    ConflictingRulesError,
    InvalidRuleError,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE_5_3_0 = recorded.load("claims-4.5.0.json") + recorded.load("claims-5.2.0.json")

GRANTS = ("allow_worker_fetch_attributes", "allow_worker_activity_updates", "allow_task_reservation_updates")

ALL_FOUR = {
    TaskRouterCapability: ARGUMENTS,
    TaskRouterWorkerCapability: ARGUMENTS,
    TaskRouterTaskQueueCapability: ("AC123", "secret", "WS456", "WQ789"),
    TaskRouterWorkspaceCapability: ("AC123", "secret", "WS456"),
}

# The attributes of each class in twilio-python 3.7.0, or 5.7.0, without policies and the prefix.
_OF_3_7_0 = ("account_sid", "auth_token", "workspace_sid", "worker_sid", "version")
_URLS_OF_3_7_0 = ("base_url", "base_ws_url", "workspace_url", "worker_url")
_OF_5_7_0 = ("account_sid", "auth_token", "workspace_sid", "channel_id", "base_url", "resource_url")
_OF_A_WORKER = ("activity_url", "reservations_url", "worker_reservations_url")
OLD_ATTRIBUTES: list[tuple[type[Capability], str]] = [
    *((TaskRouterCapability, name) for name in (*_OF_3_7_0, *_URLS_OF_3_7_0)),
    *((TaskRouterWorkerCapability, name) for name in (*_OF_5_7_0, *_OF_A_WORKER)),
    *((TaskRouterTaskQueueCapability, name) for name in _OF_5_7_0),
    *((TaskRouterWorkspaceCapability, name) for name in _OF_5_7_0),
]
NEW_ATTRIBUTES: list[tuple[type[Capability], str]] = [
    *((TaskRouterCapability, name) for name in ("channel_id", "resource_url")),
    *(
        (kind, name)
        for kind in list(ALL_FOUR)[1:]
        for name in ("version", "base_ws_url", "workspace_url", "worker_sid", "worker_url")
    ),
    *((kind, "channel_url") for kind in ALL_FOUR),
]


@pytest.fixture(params=ALL_FOUR, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def capability(kind: Any) -> Any:
    return kind(*ALL_FOUR[kind])


def example() -> TaskRouterCapability:
    return TaskRouterCapability(*ARGUMENTS)


def claims_of(token: str) -> dict[str, Any]:
    return recorded.claims_of(token, "secret")


class Name(str):
    """A text that is another key of a dict than its equal."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 1


def signed(vector: dict[str, Any]) -> dict[str, Any]:
    """The claims of our token after the calls of a recorded one."""
    capability = getattr(twilio.task_router, vector["class"])(*vector["args"])
    for name, *arguments in vector["calls"]:
        getattr(capability, name)(*arguments)
    assert vector["now"] == recorded.RECORDED.timestamp()
    with freeze_time(recorded.RECORDED):
        ttl = [] if vector["ttl"] is None else [vector["ttl"]]
        token = capability.generate_token(*ttl)
    return recorded.claims_of(token, vector["args"][1])


def since_5_3_0(vector: dict[str, Any]) -> list[str]:
    """The methods of the rules that twilio-python adds since 5.3.0, all on a worker's reservations."""
    if vector["class"] != "TaskRouterWorkerCapability":
        return []
    return ["GET", *("POST" for call in vector["calls"] if call == ["allow_reservation_updates"])]


def as_before_5_3_0(claims: dict[str, Any], added: list[str]) -> dict[str, Any]:
    """Claims without the rules on the worker's reservations, which have these methods, and in any order."""
    reservations = f"/Workers/{claims['channel']}/Reservations/**"
    of_reservations = [rule for rule in claims["policies"] if rule["url"].endswith(reservations)]
    assert [(rule["method"], rule["allow"], rule["post_filter"]) for rule in of_reservations] == [
        (method, True, {}) for method in added
    ]
    others = [rule for rule in claims["policies"] if rule not in of_reservations]
    return claims | {"policies": sorted(others, key=json.dumps)}


@pytest.mark.filterwarnings("ignore:allow_.* is deprecated:DeprecationWarning")
class TestRecordedClaims:
    @pytest.mark.parametrize(
        "vector",
        [*recorded.load("claims-3.7.0.json"), *recorded.load("claims-5.7.0.json")],
        ids=recorded.title,
    )
    def test_claims_as_twilio_python(self, vector: dict[str, Any]) -> None:
        assert signed(vector) == vector["claims"]

    @pytest.mark.parametrize("vector", BEFORE_5_3_0, ids=recorded.title)
    def test_claims_before_5_3_0(self, vector: dict[str, Any]) -> None:
        ours = as_before_5_3_0(signed(vector), since_5_3_0(vector))
        assert ours == as_before_5_3_0(vector["claims"], [])

    @pytest.mark.parametrize("vector", BEFORE_5_3_0, ids=recorded.title)
    def test_access_before_5_3_0(self, vector: dict[str, Any]) -> None:
        """Older tokens allow no more, and less only for the worker's reservations."""
        ours, theirs = AccessPolicy(signed(vector)["policies"]), AccessPolicy(vector["claims"]["policies"])
        wide = ["allow_fetch_subresources"] in vector["calls"]  # in the vectors, with the updates
        workspace, channel = vector["args"][2], vector["args"][-1]
        url = f"https://taskrouter.twilio.com/v1/Workspaces/{workspace}/Workers/{channel}/Reservations"
        added = [] if wide else sorted(set(since_5_3_0(vector)))
        assert [str(request) for request in ours.beyond(theirs)] == [f"{method} {url}" for method in added]
        assert theirs.beyond(ours) == []


@pytest.mark.filterwarnings("ignore:allow_.* is deprecated:DeprecationWarning")
@given(
    vector=st.sampled_from(recorded.load("claims-3.7.0.json") + recorded.load("claims-5.7.0.json")),
    drawn=st.tuples(*map(strategies.sids, ("AC", "WS"))),
    body=strategies.sids(""),
)
def test_claims_for_any_sids(vector: Any, drawn: tuple[str, str], body: str) -> None:
    vector = with_other_sids(vector, *drawn, body)
    assert signed(vector) == vector["claims"]


@pytest.mark.filterwarnings("ignore:allow_.* is deprecated:DeprecationWarning")
@given(
    vector=st.sampled_from(BEFORE_5_3_0),
    drawn=st.tuples(*map(strategies.sids, ("AC", "WS"))),
    body=strategies.sids(""),
)
def test_old_claims_for_any_sids(vector: Any, drawn: tuple[str, str], body: str) -> None:
    vector = with_other_sids(vector, *drawn, body)
    ours = as_before_5_3_0(signed(vector), since_5_3_0(vector))
    assert ours == as_before_5_3_0(vector["claims"], [])


def with_other_sids(vector: Any, account: str, workspace: str, body: str) -> Any:
    """A recorded vector with all SIDs replaced."""
    old_account, _, old_workspace, *channel = vector["args"]
    others = {old_account: account, old_workspace: workspace} | {sid: sid[:2] + body for sid in channel}
    replaced = re.sub("|".join(others), lambda found: others[found[0]], json.dumps(vector))
    return json.loads(replaced)


class TestAttributes:
    def test_attributes_as_given(self) -> None:
        capability = example()
        assert (
            capability.account_sid,
            capability.auth_token,
            capability.workspace_sid,
            capability.worker_sid,
        ) == ARGUMENTS

    def test_urls_as_in_3_7_0(self) -> None:
        capability = example()
        assert capability.version == "v1"
        assert capability.base_url == "https://taskrouter.twilio.com/v1"
        assert capability.base_ws_url == "https://event-bridge.twilio.com/v1/wschannels"
        assert capability.workspace_url == "https://taskrouter.twilio.com/v1/Workspaces/WS456"
        assert capability.worker_url == "https://taskrouter.twilio.com/v1/Workspaces/WS456/Workers/WK789"

    def test_keywords_as_in_3_7_0(self) -> None:
        capability = TaskRouterCapability(
            account_sid="AC1",
            auth_token="secret",
            workspace_sid="WS1",
            worker_sid="WK1",
            base_url="http://localhost:8000",
            version="v2",
            base_ws_url="http://localhost:9000/ws",
        )
        assert capability.worker_url == "http://localhost:8000/v2/Workspaces/WS1/Workers/WK1"
        assert capability.policies[0]["url"] == "http://localhost:9000/ws/AC1/WK1" == capability.channel_url
        assert claims_of(capability.generate_token())["version"] == "v2"

    def test_urls_by_position(self) -> None:
        capability = TaskRouterCapability(*ARGUMENTS, "http://api", "v2", "http://ws")
        assert capability.base_url == "http://api/v2"
        assert capability.base_ws_url == "http://ws"

    def test_policies_are_plain(self) -> None:
        policies = example().policies
        assert type(policies) is list
        assert {type(rule) for rule in policies} == {dict}

    def test_appended_rule_is_signed(self) -> None:
        capability = example()
        rule: Any = {"url": "https://example.com", "method": "GET", "allow": False}
        capability.policies.append(rule)
        signed = claims_of(capability.generate_token())["policies"][-1]
        assert signed == rule | {"query_filter": {}, "post_filter": {}}

    def test_capabilities_share_no_rule(self) -> None:
        first, second = example(), example()
        first.allow_worker_activity_updates()
        first.policies[-1]["post_filter"]["ActivitySid"]["required"] = False
        second.allow_worker_activity_updates()
        assert REQUIRED == {"required": True}
        assert second.policies[-1]["post_filter"] == {"ActivitySid": {"required": True}}

    @pytest.mark.parametrize("worker_sid", ["WK_alice", "WK-1", "WK_", "WK-_-"])
    def test_sid_with_hyphens(self, worker_sid: str) -> None:
        assert TaskRouterCapability("AC_test", "secret", "WS-1", worker_sid).worker_sid == worker_sid

    def test_enum_member_as_a_sid(self) -> None:
        class Worker(str, enum.Enum):
            ALICE = "WK789"

        capability = TaskRouterCapability("AC123", "secret", "WS456", Worker.ALICE)
        assert capability.policies == example().policies

    @pytest.mark.parametrize(("kind", "name"), OLD_ATTRIBUTES)
    def test_old_attributes_are_fixed(self, kind: Any, name: str) -> None:
        capability = kind(*ALL_FOUR[kind])
        with pytest.raises(AttributeError, match=f"^cannot change {name}: .* create a new capability$"):
            setattr(capability, name, "WK1/**")
        assert vars(capability) == vars(kind(*ALL_FOUR[kind]))

    @pytest.mark.parametrize("name", ["policies", "account_sid", "auth_token", "workspace_sid", "worker_url"])
    def test_old_attributes_stay(self, name: str) -> None:
        capability = example()
        with pytest.raises(AttributeError, match=f"^cannot delete {name}: "):
            delattr(capability, name)
        assert vars(capability) == vars(example())

    def test_own_attribute_is_free(self) -> None:
        capability: Any = example()
        capability.team = "support"
        assert capability.team == "support"
        del capability.team
        assert vars(capability) == vars(example())

    def test_policies_are_replaced(self) -> None:
        capability = example()
        capability.policies = capability.policies[:2]
        assert len(claims_of(capability.generate_token())["policies"]) == 2

    @pytest.mark.parametrize("bad", [{}, (), "rules", None])
    def test_policies_must_be_a_list(self, bad: Any) -> None:
        capability = example()
        with pytest.raises(TypeError, match=r"^policies must be a list of rules"):
            capability.policies = bad
        assert capability.policies == example().policies

    def test_repr_names_the_sids(self) -> None:
        capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
        assert repr(capability) == "<TaskRouterCapability of WK789 in WS456 of AC123, 3 policy rules>"

    @pytest.mark.parametrize("show", [repr, str, "{}".format])
    def test_repr_hides_the_auth_token(self, show: Any) -> None:
        capability = TaskRouterCapability("AC123", "0123456789abcdef", "WS456", "WK789")
        assert "0123456789abcdef" not in show(capability)
        assert "WK789" in show(capability)


class TestNewerAttributes:
    @pytest.mark.parametrize(
        ("kind", "channel_id", "resource_url"),
        [
            (TaskRouterCapability, "WK789", f"{WORKSPACE_URL}/Workers/WK789"),
            (TaskRouterWorkerCapability, "WK789", f"{WORKSPACE_URL}/Workers/WK789"),
            (TaskRouterTaskQueueCapability, "WQ789", f"{WORKSPACE_URL}/TaskQueues/WQ789"),
            (TaskRouterWorkspaceCapability, "WS456", WORKSPACE_URL),
        ],
    )
    def test_channel_attributes(self, kind: Any, channel_id: str, resource_url: str) -> None:
        capability = kind(*ALL_FOUR[kind])
        assert capability.channel_id == channel_id
        assert capability.channel_prefix == channel_id[:2]
        assert capability.resource_url == capability.get_resource_url() == resource_url
        assert capability.channel_url == f"https://event-bridge.twilio.com/v1/wschannels/AC123/{channel_id}"

    @pytest.mark.parametrize("kind", list(ALL_FOUR)[1:])
    def test_base_url_as_in_5_7_0(self, kind: Any) -> None:
        assert kind(*ALL_FOUR[kind]).base_url == WORKSPACE_URL

    def test_worker_urls_as_in_5_7_0(self) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        assert capability.activity_url == f"{WORKSPACE_URL}/Activities"
        assert capability.reservations_url == f"{WORKSPACE_URL}/Tasks/**"
        assert capability.worker_reservations_url == f"{WORKSPACE_URL}/Workers/WK789/Reservations/**"


class TestEndpoints:
    def test_urls_by_keyword(self, kind: Any) -> None:
        capability = kind(
            *ALL_FOUR[kind], base_url="http://api.test", version="v2", base_ws_url="http://ws.test/channels"
        )
        urls = {rule["url"] for rule in capability.policies}
        assert f"http://ws.test/channels/AC123/{capability.channel_id}" in urls
        assert all(url.startswith(("http://api.test/v2/Workspaces/WS456", "http://ws.test/")) for url in urls)

    @pytest.mark.parametrize("kind", [TaskRouterTaskQueueCapability, TaskRouterWorkspaceCapability])
    def test_urls_not_by_position(self, kind: Any) -> None:
        """No release of twilio-python let callers of these classes pass URLs by position."""
        with pytest.raises(TypeError, match="positional"):
            kind(*ALL_FOUR[kind], "http://api.test")

    def test_unknown_keyword(self, kind: Any) -> None:
        with pytest.raises(TypeError, match="region"):
            kind(*ALL_FOUR[kind], region="ie1")


class TestRulesOfOnesOwn:
    def test_allow_adds_a_rule(self, capability: Capability) -> None:
        capability.allow("https://example.com/**", "get", {"A": OPTIONAL}, {"B": "x"})
        assert claims_of(capability.generate_token())["policies"][-1] == {
            "url": "https://example.com/**",
            "method": "GET",
            "allow": True,
            "query_filter": {"A": {"required": False}},
            "post_filter": {"B": "x"},
        }

    def test_deny_is_signed_as_false(self, capability: Capability) -> None:
        """The Node SDK turns a denial into a permission."""
        capability.deny("https://example.com/**", "DELETE")
        assert claims_of(capability.generate_token())["policies"][-1]["allow"] is False

    @pytest.mark.parametrize("allowed", [True, False])
    def test_add_policy_order(self, capability: Capability, allowed: Any) -> None:
        capability.add_policy("https://example.com", "POST", allowed, {"A": "x"}, {"B": "y"})
        assert capability.policies[-1] == {
            "url": "https://example.com",
            "method": "POST",
            "allow": allowed,
            "query_filter": {"A": "x"},
            "post_filter": {"B": "y"},
        }

    def test_make_policy_order(self, capability: Capability) -> None:
        before = list(capability.policies)
        rule = capability.make_policy("https://example.com", "POST", False, {"A": "x"}, {"B": "y"})
        assert rule == {
            "url": "https://example.com",
            "method": "POST",
            "allow": False,
            "query_filter": {"A": "x"},
            "post_filter": {"B": "y"},
        }
        assert capability.policies == before

    def test_make_policy_defaults(self, capability: Capability) -> None:
        assert capability.make_policy("https://example.com", "POST") == {
            "url": "https://example.com",
            "method": "POST",
            "allow": True,
            "query_filter": {},
            "post_filter": {},
        }

    @pytest.mark.parametrize("adds", ["allow", "deny", "add_policy"])
    @pytest.mark.parametrize(
        ("bad", "error"),
        [
            ({"url": ""}, ValueError),
            ({"url": None}, TypeError),
            ({"method": "PUT"}, ValueError),
            ({"query_filter": ["A"]}, TypeError),
            ({"post_filter": {"A": {"optional": True}}}, ValueError),
        ],
        ids=ascii,
    )
    def test_bad_rule_is_not_added(self, adds: str, bad: dict[str, Any], error: type[Exception]) -> None:
        capability = example()
        before = list(capability.policies)
        arguments = {"url": "https://example.com", "method": "GET"} | bad
        if adds == "add_policy":
            arguments["allowed"] = True
        with pytest.raises(error, match=next(iter(bad))):
            getattr(capability, adds)(**arguments)
        assert capability.policies == before


class NarrowedByAdding:
    """Mixed into a capability: no grant allows more than GET."""

    def add_policy(self, url: str, method: str, *more: Any) -> None:
        if method == "GET":
            super().add_policy(url, method, *more)  # type: ignore[misc]


class NarrowedByMaking:
    """Mixed into a capability: no grant allows a parameter."""

    def make_policy(self, url: str, method: str, *more: Any) -> Any:
        rule = super().make_policy(url, method, *more)  # type: ignore[misc]
        return rule | {"post_filter": {"Nothing": OPTIONAL}}


class TestSnapshot:
    def test_snapshot_has_no_later_rule(self) -> None:
        """Another thread that appends a conflicting rule after the check changes nothing."""
        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        capability.deny(WORKSPACE_URL, "POST")
        before = copy.deepcopy(capability.policies)

        class Clock:
            def __index__(self) -> int:
                capability.allow_updates()
                return 60

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("time.time", lambda: float(Clock().__index__()))
            token = capability.generate_token()
        assert len(capability.policies) == len(before) + 1
        assert claims_of(token)["policies"] == before

    def test_snapshot_copies_the_rules(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another thread that makes a rule deny after the check changes nothing."""
        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        capability.allow_updates()
        capability.allow_updates()
        before = copy.deepcopy(capability.policies)

        def deny() -> float:
            capability.policies[-1]["allow"] = False
            return 0.0

        monkeypatch.setattr("time.time", deny)
        token = capability.generate_token()
        assert claims_of(token)["policies"] == before

    def test_snapshot_has_one_allow(self) -> None:
        """JSON would have the name twice, and the last one counts (RFC 8259 §4)."""

        class Name(str):
            __slots__ = ()

            def __hash__(self) -> int:
                return 1

        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        capability.allow(WORKSPACE_URL, "POST")
        capability.policies.append(capability.policies[-1] | {Name("allow"): False})  # type: ignore[arg-type]
        with pytest.raises(ConflictingRulesError):
            capability.generate_token()

    def test_snapshot_without_allow(self) -> None:
        """JSON would have the name's own text, so the rule would deny."""

        class Name(str):
            __slots__ = ()

            def __hash__(self) -> int:
                return hash("allow")

            def __eq__(self, other: object) -> bool:
                return other == "allow"

        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        rule: dict[str, Any] = {"url": WORKSPACE_URL, "method": "POST", Name("permit"): True}
        capability.policies.append(rule)  # type: ignore[arg-type]
        signed = claims_of(capability.generate_token())["policies"][-1]
        assert signed == capability.make_policy(WORKSPACE_URL, "POST")

    def test_snapshot_beside_an_attribute(self) -> None:
        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        claims = claims_of(capability.generate_token(attributes={"a": {"allow": True}, "b": '"allow":'}))
        assert claims["a"] == {"allow": True}
        assert claims["policies"] == capability.policies

    def test_snapshot_reads_what_is_signed(self) -> None:
        """A dict of another class may answer otherwise than its JSON says."""

        class Rule(dict[str, Any]):
            def get(self, key: str, default: Any = None) -> Any:
                return True if key == "allow" else super().get(key, default)

            def copy(self) -> Rule:
                return self

        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        capability.allow(WORKSPACE_URL, "POST")
        capability.policies.append(Rule(capability.policies[-1] | {"allow": False}))  # type: ignore[arg-type]
        with pytest.raises(ConflictingRulesError):
            capability.generate_token()

    @pytest.mark.parametrize("kind", [OrderedDict, MappingProxyType, dict])
    @pytest.mark.parametrize("allow", [False, 0, None, ...])
    def test_snapshot_reads_denials(self, kind: Any, allow: Any) -> None:
        """A conflict is found with a denying rule of any form."""
        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        rule: dict[str, Any] = {"url": WORKSPACE_URL, "method": "GET", "allow": allow}
        if allow is ...:
            del rule["allow"]
        capability.policies.append(kind(rule))
        with pytest.raises((ConflictingRulesError, InvalidRuleError)):
            capability.generate_token()

    def test_snapshot_reads_mappings(self) -> None:
        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        rule = capability.policies[-1]
        odd: Any = MappingProxyType(rule)
        capability.policies.append(odd)
        assert claims_of(capability.generate_token())["policies"][-1] == rule

    def test_snapshot_is_read_once(self) -> None:
        class Rules(list[Any]):
            """A list that gets another rule once it has been read."""

            def __iter__(self) -> Iterator[Any]:
                yield from list.__iter__(self)
                self.append({"url": WORKSPACE_URL, "method": "GET", "allow": False})

        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        capability.policies = Rules(capability.policies)
        assert all(rule["allow"] for rule in claims_of(capability.generate_token())["policies"])


class TestSubclass:
    def made(self, kind: Any, mixin: type) -> Any:
        capability = type("Narrowed", (mixin, kind), {})(*ALL_FOUR[kind])
        for name in dir(capability):
            if name.startswith("allow_"):
                getattr(capability, name)()
        capability.allow("https://example.com", "POST")
        return capability

    @pytest.mark.filterwarnings("ignore:allow_.* is deprecated:DeprecationWarning")
    def test_own_add_policy_narrows(self, kind: Any) -> None:
        """All rules but the channel's are added by ``add_policy``."""
        channel, *others = kind(*ALL_FOUR[kind]).policies[1:]
        assert channel["method"] == "POST"
        narrowed = self.made(kind, NarrowedByAdding).policies
        assert narrowed[1 : len(others) + 2] == [channel, *others]
        assert {rule["method"] for rule in narrowed if rule is not narrowed[1]} == {"GET"}

    @pytest.mark.filterwarnings("ignore:allow_.* is deprecated:DeprecationWarning")
    def test_own_make_policy_narrows(self, kind: Any) -> None:
        policies = self.made(kind, NarrowedByMaking).policies
        assert len(policies) > 8
        assert all(rule["post_filter"] == {"Nothing": {"required": False}} for rule in policies)

    @pytest.mark.filterwarnings("ignore:allow_.* is deprecated:DeprecationWarning")
    def test_own_allow_without_filters(self, kind: Any) -> None:
        def allow(self: Any, url: str, method: str) -> None:
            self.add_policy(url, method, True, None, None)

        capability, plain = type("Ours", (kind,), {"allow": allow})(*ALL_FOUR[kind]), kind(*ALL_FOUR[kind])
        for name in dir(plain):
            if name.startswith("allow_"):
                getattr(capability, name)()
                getattr(plain, name)()
        assert capability.policies == plain.policies

    def test_own_add_without_filters(self) -> None:
        class Ours(TaskRouterTaskQueueCapability):
            def add_policy(self, url: str, method: str, allowed: bool) -> None:  # type: ignore[override]  # noqa: FBT001
                super().add_policy(url, method, allowed)

        kind = TaskRouterTaskQueueCapability
        assert Ours(*ALL_FOUR[kind]).policies == kind(*ALL_FOUR[kind]).policies

    @pytest.mark.parametrize("grant", GRANTS[1:])
    def test_own_grant_on_a_deprecated(self, grant: str) -> None:
        class Ours(TaskRouterWorkerCapability):
            def allow_activity_updates(self) -> None:
                self.allow_worker_activity_updates()

            def allow_reservation_updates(self) -> None:
                self.allow_task_reservation_updates()

        capability = Ours(*ARGUMENTS)
        with pytest.warns(DeprecationWarning, match="is deprecated"):
            getattr(capability, grant.replace("_worker_", "_").replace("_task_", "_"))()
        assert capability.policies[-1]["method"] == "POST"

    @pytest.mark.parametrize(("kind", "name"), [*OLD_ATTRIBUTES, *((kind, "policies") for kind in ALL_FOUR)])
    def test_attribute_set_early(self, kind: Any, name: str) -> None:
        def make(self: Any, *arguments: str) -> None:
            setattr(self, name, "early")
            assert getattr(self, name) == "early"
            self.account_sid = "AC0"  # as the second, it finds the first
            kind.__init__(self, *arguments)

        capability, plain = type("Ours", (kind,), {"__init__": make})(*ALL_FOUR[kind]), kind(*ALL_FOUR[kind])
        assert getattr(capability, name) == getattr(plain, name)
        assert capability.account_sid == "AC123"
        assert capability.policies == plain.policies

    def with_its_own(self, way: str, kind: Any, name: str) -> Any:
        def early(self: Any, *arguments: str) -> None:
            setattr(self, name, "own")
            kind.__init__(self, *arguments)

        def late(self: Any, *arguments: str) -> None:
            kind.__init__(self, *arguments)
            setattr(self, name, "own")

        body: dict[str, dict[str, Any]] = {
            "set early": {"__init__": early},
            "set late": {"__init__": late},
            "of the class": {name: "own"},
            "a property": {name: property(lambda _: "own")},
        }
        return type("Ours", (kind,), body[way])(*ALL_FOUR[kind])

    @pytest.mark.filterwarnings("ignore:allow_.* is deprecated:DeprecationWarning")
    @pytest.mark.parametrize(("kind", "name"), NEW_ATTRIBUTES)
    @pytest.mark.parametrize("way", ["set early", "set late", "of the class", "a property"])
    def test_own_use_of_a_new_name(self, way: str, kind: Any, name: str) -> None:
        """A subclass may use a name that the class in twilio-python did not have."""
        capability, plain = self.with_its_own(way, kind, name), kind(*ALL_FOUR[kind])
        assert getattr(capability, name) == "own"
        for grant in dir(plain):
            if grant.startswith("allow_"):
                getattr(capability, grant)()
                getattr(plain, grant)()
        with freeze_time(recorded.RECORDED):
            assert claims_of(capability.generate_token()) == claims_of(plain.generate_token())
        assert repr(capability) == repr(plain).replace(kind.__name__, "Ours")


class TestDeprecatedGrants:
    @pytest.mark.parametrize(
        ("grant", "advice"),
        [
            ("allow_worker_fetch_attributes", "the page may fetch the worker from the start"),
            ("allow_worker_activity_updates", "call allow_activity_updates()"),
            ("allow_task_reservation_updates", "call allow_reservation_updates()"),
        ],
    )
    def test_deprecated_grants_advise(self, grant: str, advice: str) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        says = re.escape(f"{grant}() is deprecated: {advice}")
        with pytest.warns(DeprecationWarning, match=f"^{says}$"):
            getattr(capability, grant)()

    @pytest.mark.parametrize("grant", GRANTS)
    def test_warn_at_the_callers_line(self, grant: str) -> None:
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        with pytest.warns(DeprecationWarning, match="is deprecated") as caught:
            getattr(capability, grant)()
        assert caught[0].filename == __file__

    @pytest.mark.parametrize("grant", GRANTS)
    def test_old_class_does_not_warn(self, grant: str) -> None:
        getattr(example(), grant)()


class Lifetime(enum.IntEnum):
    SHORT = 600


class TestGenerateToken:
    def test_lives_an_hour_by_default(self) -> None:
        with freeze_time(recorded.RECORDED + timedelta(milliseconds=999)):
            assert claims_of(example().generate_token())["exp"] == 1_430_003_600

    def test_clock_read_at_each_call(self) -> None:
        capability = example()
        with freeze_time(recorded.RECORDED) as clock:
            first = claims_of(capability.generate_token())
            clock.tick(10)
            second = claims_of(capability.generate_token())
        assert second["exp"] - first["exp"] == 10

    @pytest.mark.parametrize(
        ("ttl", "seconds"),
        [
            (0, 0),
            (-60, -60),
            (86_400_000, 86_400_000),
            (Lifetime.SHORT, 600),
            (timedelta(minutes=10), 600),
            (timedelta(days=1000), 86_400_000),
            (timedelta(seconds=-5), -5),
            (timedelta(milliseconds=1999), 1),
            (timedelta(milliseconds=-500), -1),
            (60 * 60 / 2, 1800),
            (timedelta(hours=8).total_seconds(), 28_800),
            (1.999, 1),
            (-0.5, -1),
            (-0.0, 0),
            (2.0**40, 1_099_511_627_776),
        ],
    )
    def test_ttl_in_seconds(self, ttl: float | timedelta, seconds: int) -> None:
        with freeze_time(recorded.RECORDED):
            assert claims_of(example().generate_token(ttl))["exp"] == 1_430_000_000 + seconds

    def test_minting_changes_nothing(self) -> None:
        capability = example()
        before = copy.deepcopy(vars(capability))
        capability.generate_token(attributes={"friendly_name": "Alice"})
        assert vars(capability) == before

    def test_minting_in_many_threads(self) -> None:
        capability = example()
        with ThreadPoolExecutor(8) as pool:
            tokens = list(pool.map(lambda _: capability.generate_token(), range(200)))
        # freezegun leaves the clock of other threads alone, so the expiry may differ.
        assert all(claims_of(token)["policies"] == capability.policies for token in tokens)

    def test_attributes_are_claims(self) -> None:
        attributes = {"friendly_name": "Zoë", "team": {"name": "support", "size": 3}}
        with freeze_time(recorded.RECORDED):
            plain = claims_of(example().generate_token())
            claims = claims_of(example().generate_token(attributes=attributes))
        assert claims == plain | attributes

    @recorded.needs_pyjwt_2
    def test_token_as_of_pyjwt(self) -> None:
        token = example().generate_token(attributes={"friendly_name": "Zoë ☎"})
        assert token == jwt.encode(claims_of(token), "secret", "HS256")

    def test_escaped_backslash_is_text(self) -> None:
        attributes = {"friendly_name": "\\ud800", "emoji": "\U0001f600"}
        assert claims_of(example().generate_token(attributes=attributes)).items() >= attributes.items()

    @pytest.mark.parametrize(
        ("attributes", "payload"),
        [
            ({Name("team"): 1, "team": 2}, '"team":2'),
            ({"a": {Name("b"): 1, "b": 2}}, '"a":{"b":2}'),
            ({"a": [{Name("b"): 1, "b": 2}]}, '"a":[{"b":2}]'),
            ({"a": ({"b": {Name("c"): 1, "c": 2}},)}, '"a":[{"b":{"c":2}}]'),
            ({Name("friendly_name"): "Alice"}, '"friendly_name":"Alice"'),
        ],
        ids=ascii,
    )
    def test_each_name_signed_once(self, attributes: dict[str, Any], payload: str) -> None:
        def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            assert len({name for name, _ in pairs}) == len(pairs)
            return dict(pairs)

        token = example().generate_token(attributes=attributes)
        signed = jwt.PyJWS().decode(token, "secret", algorithms=["HS256"]).decode()
        json.loads(signed, object_pairs_hook=read)
        assert payload in signed

    def test_attributes_encoded_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        written: list[Any] = []

        def write(value: Any) -> str:
            written.append(value)
            return json.dumps(value)

        for module in ("tokens", "capability"):
            monkeypatch.setattr(f"twilio.task_router.{module}.write_json", write)
        example().generate_token(attributes={"team": "support"})
        assert len(written) == 1

    def test_order_of_claims(self) -> None:
        """The order of claims shows which library made a token."""
        token = example().generate_token(attributes={"friendly_name": "Alice", "team": "support"})
        assert list(claims_of(token)) == [*recorded.example_claims([], release="5.7.0"), "team"]

    def test_payload_is_ascii(self) -> None:
        token = example().generate_token(attributes={"friendly_name": "Zoë ☎ 😀"})
        payload = jwt.PyJWS().decode(token, "secret", algorithms=["HS256"])
        assert payload.isascii()
        assert json.loads(payload)["friendly_name"] == "Zoë ☎ 😀"


class Itself(dict[str, object]):
    """A mapping that holds itself."""

    def __init__(self) -> None:
        super().__init__(me=self)


NOT_SIDS = (
    "",
    "{}",
    "wrong",
    "{}1/**",
    "{}1/../{}2",
    "{}1*",
    "{}1?x",
    "{}1#x",
    "{}1%2F",
    "{}1\n",
    " {}1",
    "{}1 2",
    "{}1.2",
    "{}1;2",
    "{}1~2",
    "{}1+2",
    "{}1:2",
    "{}-{}/..",
    "{}_\\",
    "{}１",  # noqa: RUF001 - a full-width digit
    "{}é",
    "{}1\x00",
    "XX1",
)


def lowered(prefix: str) -> str:
    return prefix.lower() + "1"


BAD_ARGUMENTS: list[tuple[str, Any, type[Exception]]] = [
    *(
        (name, text.format(prefix, prefix), ValueError)
        for name, prefix in (("account_sid", "AC"), ("workspace_sid", "WS"), ("worker_sid", "WK"))
        for text in (*NOT_SIDS, lowered(prefix))
    ),
    *((name, None, ValueError) for name in ("account_sid", "workspace_sid", "worker_sid")),
    *(
        (name, value, TypeError)
        for name in ("account_sid", "workspace_sid", "worker_sid")
        for value in (5, b"WK1", ["WK1"])
    ),
    ("auth_token", None, TypeError),
    ("auth_token", b"secret", TypeError),
    ("auth_token", 5, TypeError),
    ("auth_token", "", ValueError),
    ("auth_token", "\ud800", ValueError),
    ("auth_token", " ", ValueError),
    ("auth_token", "secret\n", ValueError),
    ("base_url", None, TypeError),
    ("base_url", "https://taskrouter.twilio.com/**", ValueError),
    ("base_ws_url", None, TypeError),
    ("base_ws_url", "https://event-bridge.twilio.com/#x", ValueError),
    ("version", None, TypeError),
    ("version", "v1/Workspaces", ValueError),
]

BAD_TOKENS: list[tuple[str, Any, type[Exception]]] = [
    *(("ttl", value, TypeError) for value in (True, False, "60", None, b"60", [60], Decimal(60))),
    *(("ttl", float(value), ValueError) for value in ("nan", "inf", "-inf")),
    *(("attributes", value, TypeError) for value in ("x", 5, [("a", 1)], {1: 2}, {None: 1})),
    *(
        ("attributes", {claim: "x"}, ValueError)
        for claim in (
            "iss",
            "exp",
            "version",
            "policies",
            "account_sid",
            "workspace_sid",
            "channel",
            "worker_sid",
            "taskqueue_sid",
        )
    ),
    ("attributes", {Name("exp"): 99_999_999_999}, ValueError),
    *(
        ("attributes", {"a": value}, TypeError)
        for value in ({1: "x", "1": "y"}, [{True: "x"}], {"b": ({None: "x"},)}, {b"c": 1})
    ),
    ("attributes", {"friendly_name": None}, TypeError),
    ("attributes", {"team": {"a set"}}, TypeError),
    ("attributes", {"team": b"bytes"}, TypeError),
    ("attributes", {"score": float("nan")}, ValueError),
    ("attributes", {"score": float("-inf")}, ValueError),
    ("attributes", Itself(), ValueError),
    ("attributes", {"team": "\ud800"}, ValueError),
    ("attributes", {"team": ["\udfff"]}, ValueError),
    ("attributes", {"\ud800": 1}, ValueError),
    ("attributes", {"friendly_name": "\ude00\ud83d"}, ValueError),
]


def name_of(case: object) -> str | None:
    return f"{case!a}"[:40] if not isinstance(case, type) else case.__name__


class TestBadInput:
    @pytest.mark.parametrize(("name", "value", "error"), BAD_ARGUMENTS, ids=name_of)
    def test_bad_arguments(self, name: str, value: Any, error: type[Exception]) -> None:
        arguments = dict(
            zip(("account_sid", "auth_token", "workspace_sid", "worker_sid"), ARGUMENTS, strict=True)
        )
        with pytest.raises(error, match=rf"\b{name}\b") as caught:
            TaskRouterCapability(**(arguments | {name: value}))
        assert name == "auth_token" or repr(value) in str(caught.value)

    @pytest.mark.parametrize(("name", "value", "error"), BAD_TOKENS, ids=name_of)
    def test_bad_ttl_or_attributes(self, name: str, value: Any, error: type[Exception]) -> None:
        with pytest.raises(error, match=rf"\b{name}\b") as caught:
            example().generate_token(**{name: value})
        assert "secret" not in str(caught.value)

    def test_shifting_attributes(self) -> None:
        """A mapping that changes between two readings sets none of our claims."""

        class Shifting(Mapping[str, str]):
            names = iter(["team"])

            def __getitem__(self, name: str) -> str:
                return "EVIL"

            def __iter__(self) -> Iterator[str]:
                yield next(self.names, "iss")

            def __len__(self) -> int:
                return 1

        assert claims_of(example().generate_token(attributes=Shifting()))["iss"] == "AC123"

    def test_bad_ttl_message(self) -> None:
        ttl: Any = "60"
        with pytest.raises(TypeError) as caught:
            example().generate_token(ttl)
        assert str(caught.value) == "ttl must be seconds (a number) or a timedelta, not str: '60'"

    def test_own_claim_is_named(self) -> None:
        with pytest.raises(ValueError, match="'exp'"):
            example().generate_token(attributes={"exp": 5})

    @pytest.mark.parametrize("auth_token", [b"hunter2", ["hunter2"], "hunter2\udfff"])
    def test_bad_auth_token_is_hidden(self, auth_token: Any) -> None:
        with pytest.raises((TypeError, ValueError)) as caught:
            TaskRouterCapability("AC123", auth_token, "WS456", "WK789")
        assert "hunter2" not in str(caught.value)

    def test_unserializable_rule(self) -> None:
        capability = example()
        rule: Any = {"url": {"a set"}, "allow": True}
        capability.policies.append(rule)
        for attributes in (None, {"team": "support"}):
            with pytest.raises(TypeError, match=r"^claims must be JSON serializable"):
                capability.generate_token(attributes=attributes)

    @pytest.mark.parametrize(
        ("kind", "sid", "parameter", "wanted", "has"),
        [
            (TaskRouterCapability, "WQ123", "worker_sid", "WK", "TaskRouterTaskQueueCapability"),
            (TaskRouterWorkerCapability, "WS123", "worker_sid", "WK", "TaskRouterWorkspaceCapability"),
            (TaskRouterTaskQueueCapability, "WK123", "channel_id", "WQ", "TaskRouterWorkerCapability"),
        ],
    )
    def test_class_for_another_sid(self, kind: Any, sid: str, parameter: str, wanted: str, has: str) -> None:
        says = rf"^{parameter} .*must start with {wanted}\b.*'{sid}'; for a .*, use {has}$"
        with pytest.raises(ValueError, match=says):
            kind("AC123", "secret", "WS456", sid)

    def test_class_without_a_prefix(self) -> None:
        for kind in (Capability, type("Ours", (Capability,), {})):
            says = f"^{kind.__name__} has no channel_prefix: make one of the four capabilities"
            with pytest.raises(TypeError, match=says):
                kind(*ARGUMENTS)

    def test_surrogate_in_a_rule(self) -> None:
        capability = example()
        rule: Any = {"url": "https://t/\ud800", "method": "GET", "allow": True}
        capability.policies.append(rule)
        with pytest.raises(ValueError, match="claims must be text that UTF-8 can encode"):
            capability.generate_token()

    def test_class_for_a_worker_sid(self) -> None:
        says = r"^workspace_sid .*must start with WS.*; for a worker, use TaskRouterWorkerCapability$"
        with pytest.raises(ValueError, match=says):
            TaskRouterWorkspaceCapability("AC123", "secret", "WK123")

    @pytest.mark.parametrize("kind", [TaskRouterTaskQueueCapability, TaskRouterWorkspaceCapability])
    def test_missing_sid(self, kind: Any) -> None:
        with pytest.raises(ValueError, match=r"_(sid|id) must be a SID: .*, got None$"):
            kind(*ALL_FOUR[kind][:-1], None)

    def test_channel_id_of_5_7_0(self) -> None:
        made: Any = TaskRouterCapability
        says = (
            "^TaskRouterCapability takes worker_sid, not channel_id: .* use TaskRouterWorkerCapability with"
        )
        with pytest.raises(TypeError, match=says):
            made(*ARGUMENTS[:3], channel_id="WK789")

    def test_class_for_an_enum_member(self) -> None:
        class Queue(str, enum.Enum):
            SUPPORT = "WQ123"

        with pytest.raises(ValueError, match="TaskRouterTaskQueueCapability"):
            TaskRouterWorkerCapability("AC123", "secret", "WS456", Queue.SUPPORT)

    def test_no_class_for_a_bad_sid(self) -> None:
        with pytest.raises(ValueError, match=r"got 'WQ/'$"):
            TaskRouterTaskQueueCapability("AC123", "secret", "WS456", "WQ/")


@given(account=strategies.sids("AC"), workspace=strategies.sids("WS"), worker=strategies.sids("WK"))
def test_sids_may_be_made_up(account: str, workspace: str, worker: str) -> None:
    channel = f"https://event-bridge.twilio.com/v1/wschannels/{account}/{worker}"
    activities = f"https://taskrouter.twilio.com/v1/Workspaces/{workspace}/Activities"
    capability = TaskRouterCapability(account, "secret", workspace, worker)
    assert [rule["url"] for rule in capability.policies] == [channel, channel, activities]


urls = st.text(min_size=1).map(lambda path: "https://taskrouter.twilio.com/v1/" + path)
matchers: st.SearchStrategy[Any] = st.one_of(
    st.text(),
    st.just({}),
    st.fixed_dictionaries({"required": st.booleans()}),
    st.fixed_dictionaries({"required": st.booleans(), "value": st.text()}),
)
filters = st.none() | st.dictionaries(st.text(), matchers, max_size=3)


@given(
    url=urls,
    method=st.sampled_from(["GET", "POST", "DELETE", "post"]),
    query_filter=filters,
    post_filter=filters,
    allowed=st.booleans(),
)
def test_rules_survive_pyjwt(
    url: str, method: str, query_filter: Any, post_filter: Any, allowed: Any
) -> None:
    capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
    add = capability.allow if allowed else capability.deny
    add(url, method, query_filter, post_filter)
    assert claims_of(capability.generate_token())["policies"][-1] == {
        "url": url,
        "method": method.upper(),
        "allow": allowed,
        "query_filter": query_filter or {},
        "post_filter": post_filter or {},
    }
