"""The fix for a request that a token's rules deny, as ``check`` offers it.

With the rule or the grant added, the second evaluator allows the request. The rule allows nothing but the
request, except with other tasks and reservations, other values, and query parameters that choose a part of
an answer. The rule is for the token's own host, account and workspace and, on a worker's page, for no other
worker. Neither allows anything that a rule of the token denies.
"""

from __future__ import annotations

import itertools
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from hypothesis import strategies as st

from tests.example import ARGUMENTS, CHANNEL_URL, WORKSPACE_URL, sign
from tests.fuzz.forged_tokens import KEY
from tests.fuzz.weighted import weighted
from tests.judges import recorded, second_opinion
from twilio import task_router
from twilio.task_router import (
    OPTIONAL,
    REQUIRED,
    AccessPolicy,
    Capability,
    Request,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    make_policy,
)
from twilio.task_router.access.own_class import own_capability
from twilio.task_router.diagnosis.fix import fix_for
from twilio.task_router.diagnosis.inspection import inspect_token
from twilio.task_router.diagnosis.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fuzz.conftest import Fuzz
    from tests.judges.second_opinion import Pairs
    from twilio.task_router.access.own_urls import OwnUrls

_HOST = "https://taskrouter.twilio.com"
_BRIDGE = "https://event-bridge.twilio.com"


class Case(NamedTuple):
    """A token's class and rules, and a request."""

    kind: type[Capability]
    rules: list[dict[str, Any]]
    request: Request


_CHANNELS = {TaskRouterTaskQueueCapability: ("WQ789",), TaskRouterWorkspaceCapability: ()}
_KINDS = st.sampled_from(
    (
        TaskRouterWorkerCapability,
        TaskRouterWorkerCapability,
        TaskRouterCapability,
        TaskRouterTaskQueueCapability,
        TaskRouterWorkspaceCapability,
    )
)


def _capability(kind: type[Capability]) -> Capability:
    return kind(*ARGUMENTS[:3], *_CHANNELS.get(kind, ("WK789",)))


_SEGMENTS = weighted(
    {
        st.sampled_from(
            ("Tasks", "Tasks", "Workers", "Reservations", "Activities", "TaskQueues", "Statistics")
        ): 6,
        st.sampled_from(("WT1", "WR1", "WK789", "WK2", "WQ789", "WS2", "AC2", "WRAPUP", "WT", "tasks")): 6,
        st.sampled_from(("*", "**", "", ".", "..", "a b", "%2F", "\\", "é", '"', "{", "\n", "\ud800")): 2,
        st.sampled_from((KEY, "WT1*", "%57K2", "%25%35%37K2", "WK789%2F..%2FWK2", "x%2f..", "WT1;a")): 1,
    }
)
_USUAL = st.sampled_from(
    (
        "",
        "/Activities",
        "/Tasks",
        "/Tasks/WT1",
        "/Tasks/WT1/Reservations/WR1",
        "/Tasks/WT1/",
        "/Tasks/WT2",
        "/TaskQueues/WQ789",
        "/TaskQueues/WQ789/Statistics",
        "/Workers",
        "/Workers/Statistics",
        "/Workers/WK789",
        "/Workers/WK789/Channels/voice",
        "/Workers/WK789/Reservations/WR1",
        "/Workers/WK2",
    )
)
_OWN = _USUAL.map(lambda path: f"{WORKSPACE_URL}{path}")
_ODD = st.lists(_SEGMENTS, max_size=4).map(lambda segments: "".join(f"/{one}" for one in segments))
_ELSEWHERE = st.sampled_from(
    (
        f"{_HOST}/v1/Workspaces/WS2",
        f"{_HOST}/v1/Accounts/AC2/Workspaces/WS456",
        WORKSPACE_URL.replace("https", "http"),
        WORKSPACE_URL.replace("com", "org"),
        WORKSPACE_URL.replace("t", "T"),
        WORKSPACE_URL.replace("WS", "ws"),
        WORKSPACE_URL.replace("W", "w"),
        WORKSPACE_URL.replace("v1", "v2"),
        _HOST,
        CHANNEL_URL,
        CHANNEL_URL.rpartition("/")[0],
        CHANNEL_URL.partition("/v1")[0],
    )
)
_URLS = weighted(
    {
        _OWN: 6,
        _ODD.map(lambda path: f"{WORKSPACE_URL}{path}"): 2,
        st.builds(str.__add__, _ELSEWHERE, _USUAL | _ODD): 1,
    }
)
_TAILS = st.sampled_from(("",) * 6 + ("?A=x", "?Page=1&A=x&A=y", "#A", "?\ud800"))

_NAMES = ("A", "A", "B", "Page", "PageSize")
_ODD_NAMES = ("a b", 'é"', "\ud800", KEY)
_PAIRS = st.lists(
    st.tuples(weighted({st.sampled_from(_NAMES): 12, st.sampled_from(_ODD_NAMES): 1}), st.sampled_from("xy")),
    max_size=2,
)
_SOMETIMES = weighted({st.just([]): 1, _PAIRS: 1})
_METHODS = st.sampled_from(("GET", "GET", "POST", "POST", "POST", "DELETE", "DELETE", "PUT"))

_FILTERS = st.dictionaries(
    st.sampled_from(_NAMES),
    st.sampled_from((REQUIRED, OPTIONAL, "x", {"required": False, "value": "x"})),
    max_size=2,
)
_RULES = st.fixed_dictionaries(
    {
        "url": st.builds(str.__add__, _URLS, st.sampled_from(("", "", "/*", "/**"))).filter(
            lambda url: "\ud800" not in url
        ),
        "method": st.sampled_from(("GET", "POST", "DELETE")),
        "allow": st.sampled_from((True, False)),
    },
    optional={"query_filter": _FILTERS, "post_filter": _FILTERS},
)
_NUMBERS_OF_RULES = st.sampled_from((0, 0, 0, 1, 1, 2, 3))
_SELDOM = st.sampled_from((False,) * 5 + (True,))
_NEARBY = (
    "/Tasks/WT2",
    "/Tasks/WT2/Reservations/**",
    "/Tasks/WT1/Reservations/*",
    "/Workers/WK789/Reservations/WR2",
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kind = draw(_KINDS)
    url = draw(_URLS) + draw(_TAILS)
    request = Request(draw(_METHODS), url, query=draw(_SOMETIMES), form=draw(_SOMETIMES))
    rules: list[dict[str, Any]] = [dict(rule) for rule in _capability(kind).policies]
    for _ in range(draw(_NUMBERS_OF_RULES)):
        if draw(st.booleans()) and rules:
            del rules[draw(st.integers(0, len(rules) - 1))]
        rules.append(draw(_RULES))
    if draw(_SELDOM):
        denial = {"url": f"{WORKSPACE_URL}{draw(st.sampled_from(_NEARBY))}", "allow": False}
        rules.append(draw(_RULES) | {"method": request.method} | denial)
    return Case(kind, rules, request)


def test_fuzz_fix(fuzz: Fuzz) -> None:
    outcomes = fuzz(check, cases())
    # Half of the requests reach a rule, and some of the rules cover what another one denies.
    assert outcomes["a rule"] * 2 > outcomes.total() * 0.8
    assert outcomes["a rule beside a denial"] > 0
    assert outcomes["an obstacle"] * 8 > outcomes.total()


def check(case: Case) -> str:
    claims = recorded.claims_of(_capability(case.kind).generate_token(), ARGUMENTS[1])
    inspection = inspect_token(sign(claims | {"policies": case.rules}, ARGUMENTS[1]))
    fix = fix_for(inspection, case.request, judge(inspection, case.request))
    if inspection.access_policy is None:
        return "a conflict"
    if second_opinion.is_allowed(case.rules, *_asked(case.request)):
        assert fix is None or (fix.rule, fix.grant, fix.obstacle) == (None, None, None)
        return "allowed"
    assert fix is not None
    if fix.grant is not None:
        kind, _, name = fix.grant.removesuffix("()").removesuffix(" (from the start)").partition(".")
        granted = own_capability(getattr(task_router, kind), inspection.sids, inspection.urls)
        if name:
            getattr(granted, name)()
        _check_added(case, granted.policies)
    if fix.rule is None:
        assert (fix.grant is None) is (fix.obstacle is not None)
        return "an obstacle" if fix.obstacle else "a grant alone"
    assert fix.obstacle is None
    rule = _added_by(fix.lines[-1], inspection.urls)
    assert rule == fix.rule
    beside_a_denial = _check_added(case, [rule])
    _check_own(case, rule["url"])
    assert AccessPolicy([rule]).beyond(AccessPolicy([_widest(*_asked(case.request))])) == []
    return "a rule beside a denial" if beside_a_denial else "a rule"


def _added_by(line: str, urls: OwnUrls) -> Any:
    """Return the rule that a line adds, run as its user would run it."""
    if line.startswith("{"):
        return json.loads(line)
    capability = SimpleNamespace(workspace_url=urls.workspace, resource_url=urls.resource, allow=make_policy)
    return eval(line, {"capability": capability, "REQUIRED": REQUIRED, "OPTIONAL": OPTIONAL})  # noqa: S307 - our own line


def _asked(request: Request) -> tuple[str, str, Pairs, Pairs]:
    """What the second evaluator is asked: the query of the URL counts, and the fragment does not."""
    address, _, query = request.url.partition("#")[0].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return request.method.upper(), address, [*pairs, *request.query], [*request.form]


def _check_added(case: Case, added: list[Any]) -> bool:
    """Check that rules allow the request if they are added, and nothing that a rule denies.

    Return whether there is anything that they cover and a rule denies.
    """
    extended = [*case.rules, *added]
    assert second_opinion.is_allowed(extended, *_asked(case.request))
    denials = [rule for rule in case.rules if not rule["allow"]]
    patterns = [rule["url"] for rule in extended]
    denied = [
        asked
        for denial, rule in itertools.product(denials, added)
        for asked in _matching(denial, rule, patterns)
    ]
    for asked in denied:
        assert not second_opinion.is_allowed(extended, *asked) or second_opinion.is_allowed(
            case.rules, *asked
        )
    return bool(denied)


def _matching(
    denial: dict[str, Any], rule: dict[str, Any], patterns: list[str]
) -> Iterator[tuple[str, str, Pairs, Pairs]]:
    """Yield requests that two rules match, with few parameters and with many."""
    if denial["method"] != rule["method"]:
        return
    prefixes = [re.sub(r"/\*\*?\Z", "", pattern) for pattern in patterns]
    urls = [url + tail for url in prefixes for tail in ("", "/any", "/any/", "/any/any")]
    for url in urls:
        if all(second_opinion.url_matches(one["url"], url) for one in (denial, rule)):
            for query, form in itertools.product(
                *(_pairs(denial.get(name), rule.get(name)) for name in ("query_filter", "post_filter"))
            ):
                yield denial["method"], url, query, form


def _pairs(*filters: dict[str, Any] | None) -> Iterator[Pairs]:
    wanted = [(name, matcher) for one in filters for name, matcher in (one or {}).items()]
    fewest = [name for name, matcher in wanted if isinstance(matcher, str) or matcher["required"]]
    for names in (fewest, [name for name, _ in wanted]):
        pairs = [(name, "x") for name in dict.fromkeys(names)]
        if all(second_opinion.filter_matches(one, pairs) for one in filters):
            yield pairs


def _check_own(case: Case, url: str) -> None:
    """Whether a URL is for nothing but the token's own hosts, account, workspace, channel and worker."""
    root, path = _root_and_path(url)
    assert root in {_HOST, _BRIDGE, *(_root_and_path(rule["url"])[0] for rule in case.rules)}
    assert not re.match(r"http://.*twilio\.com", root)
    while (decoded := unquote(path)) != path:
        path = decoded
    segments = path.split("/")
    assert not {"", ".", ".."} & {*segments[:-1]}
    assert "\\" not in path
    assert KEY not in path
    own = {"AC": "AC123", "WS": "WS456"} | ({} if case.kind in _CHANNELS else {"WK": "WK789"})
    for segment in segments:
        kind = segment[:2].upper()
        assert kind not in own or segment == own[kind] or not re.search("[0-9]", segment)
    assert root != _HOST or f"{path}/".find("/Workspaces/WS456/") >= 0
    assert root != _BRIDGE or "wschannels" not in path or f"{root}/{path}" == CHANNEL_URL


def _root_and_path(url: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}", path


_REST_OF_SID = r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]+(?![^/])"


def _widest(method: str, url: str, query: Pairs, form: Pairs) -> dict[str, Any]:
    """Return the widest rule that may be offered, after the words of the documentation."""
    found = re.match(rf"(.*?/Workspaces/WS456/(?:[^/]+/)*?)(?:Tasks/WT|Reservations/WR){_REST_OF_SID}", url)
    if found:
        collection = "Tasks" if "Tasks/WT" in found[0][found.end(1) :] else "Reservations"
        url = f"{found[1]}{collection}/" + ("*" if found.end() == len(url) else "**")
    else:
        assert not url.endswith(("/*", "/**"))  # such a literal cannot be written as a rule
    filters = {}
    for name, pairs, parts in (("query_filter", query, _PARTS), ("post_filter", form, set[str]())):
        names = [parameter for parameter, _ in pairs]
        if len(names) == len({*names}):  # a filter never matches a name that repeats
            filters[name] = {one: OPTIONAL if one in parts else REQUIRED for one in names}
    return {"url": url, "method": method, "allow": True, **filters}


_PARTS = {"Page", "PageToken", "PageSize", "Minutes", "StartDate", "EndDate"}
