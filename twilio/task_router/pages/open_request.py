"""Requests whose SIDs or parameters are not known yet. One counts as allowed only if every choice is."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from twilio.task_router.access.comparison import decided_otherwise, made_up_word
from twilio.task_router.access.request import Request
from twilio.task_router.checks import is_sid, shown
from twilio.task_router.rule import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twilio.task_router.access.decision import Decision
    from twilio.task_router.access.parameters import Steps
    from twilio.task_router.access.policy import AccessPolicy
    from twilio.task_router.rule import Rule

#: A version of Worker.js.
Version: TypeAlias = Literal["1.1.1", "1.21"]

#: In place of a parameter's name: any number of parameters, whose names the page chooses, too.
ANY: Final = "..."
#: In a path: the SID of the worker or task queue that the page is for.
OWN_SID: Final = "{sid}"

# The open segments of a URL, each with its name in messages.
_OPEN_SIDS = {
    "{WA}": "the activity's SID",
    "{WK}": "the worker's SID",
    "{WQ}": "the task queue's SID",
    "{WR}": "the reservation's SID",
    "{WT}": "the task's SID",
    "{WW}": "the workflow's SID",
}

_MAYBE = Matcher(required=False, value=None)


class OpenRequest(NamedTuple):
    """A request with parts that are still open."""

    method: str
    #: The URL, or in the tables of calls its path below the workspace. A segment in braces is open: any SID
    #: with this prefix, such as ``{WT}``.
    url: str
    #: The query parameters of a ``GET``, or the form parameters of a ``POST``. An open value is ``None``.
    params: tuple[tuple[str, str | None], ...] = ()
    #: Parameters that the page may leave out. Decisions are about the request without them.
    optional: tuple[str, ...] = ()
    #: The only version that sends the request, or ``None`` if every version that has the call does.
    only_in: Version | None = None
    #: The consequence of a refusal, in a sentence.
    otherwise: str = ""

    @property
    def kind(self) -> Literal["query", "form"]:
        """Whether the parameters are in the query or in the form."""
        return "query" if self.method == "GET" else "form"


class _Choice(NamedTuple):
    """A choice for each open part of a request."""

    #: The SIDs of the open segments.
    sids: dict[str, str]
    params: dict[str, str]


class OpenPolicy:
    """An access policy that decides open requests.

    The decisions are exact, although only a few choices of SIDs are tried. For given parameters, consider the
    rules that match them. The minimal choice of a rule A consists of the SIDs that A demands and otherwise of
    SIDs that no rule demands. If A decides any choice, A decides its minimal choice, too: an earlier rule B
    covering that choice would demand no more than A, so B would cover everything that A covers, and A would
    never decide. If no rule covers some choice, no rule covers SIDs that none demands. The minimal choices
    and those SIDs therefore stand for all choices. For each, a comparison looks for parameters that change
    the decision.

    :param steps: the steps that all decisions together may take.
    :raises ComparisonTooHardError: if the steps do not suffice.
    """

    def __init__(self, policy: AccessPolicy, steps: Steps) -> None:
        self._policy = policy
        self._rules = policy.index.rules
        self._segments = {segment for rule in self._rules for segment in rule.url.split("/")}
        self._steps = steps
        self._made_up = made_up_word(self._rules, steps)
        # Many calls send the same requests.
        self.decide = cache(self._decide)
        self.allows = cache(self._allows)

    def _decide(self, request: OpenRequest) -> Decision:
        """Decide a request. If the decision depends on an open part, the request counts as denied.

        :raises ComparisonTooHardError: if the comparison would take too many steps.
        """
        usual = _Choice(self._unknown_sids(request), self._unknown_params(request))
        decision = self._policy.decide(_filled(request, usual))
        other = self._choice(request, allow=not decision.allowed)
        if other is None:
            return decision
        other = self._closest(request, usual, other)
        condition = self._difference(request, usual, other)
        if decision:
            denial = self._policy.decide(_filled(request, other))
            reason = f"It depends: it is denied if {condition}. {denial.reason}"
            return replace(denial, kind="depends", reason=reason)
        reason = f"{decision.reason} It depends: it is allowed if {condition}."
        return replace(decision, kind="depends", reason=reason)

    def _allows(self, request: OpenRequest) -> bool:
        """Return whether every choice for a request's open parts is allowed.

        :raises ComparisonTooHardError: if the comparison would take too many steps.
        """
        return self._choice(request, allow=False) is None

    def refused_options(self, request: OpenRequest) -> list[str]:
        """Return the optional parameters that would turn an allowed request into a denied one.

        :raises ComparisonTooHardError: if the comparison would take too many steps.
        """
        if not request.optional or self._choice(request, allow=False, options=True) is None:
            return []
        alone = [
            name
            for name in request.optional
            if not self.allows(request._replace(params=(*request.params, (name, None))))
        ]
        return alone or list(request.optional)

    def _unknown_sids(self, request: OpenRequest) -> dict[str, str]:
        """Return, for each open segment, a SID that no rule demands."""
        sids: dict[str, str] = {}
        for segment in request.url.split("/"):
            if segment in _OPEN_SIDS:
                sid = f"{segment[1:-1]}0"
                while sid in self._segments:
                    sid += "0"
                sids[segment] = sid
        return sids

    def _unknown_params(self, request: OpenRequest) -> dict[str, str]:
        """Return the parameters, with a made-up word for each open name and value."""
        return {
            self._made_up if name == ANY else name: self._made_up if value is None else value
            for name, value in request.params
        }

    def _choice(self, request: OpenRequest, *, allow: bool, options: bool = False) -> _Choice | None:
        """Return a choice that is allowed or, with *allow* false, one that is denied. ``None`` if none is.

        :param options: whether the choice may have the optional parameters.
        """
        for sids in self._choices_of_sids(request, allow=allow):
            params = self._params(request, _with_sids(request.url, sids), allow=allow, options=options)
            if params is not None:
                return _Choice(sids, params)
        return None

    def _choices_of_sids(self, request: OpenRequest, *, allow: bool) -> Iterator[dict[str, str]]:
        """Yield SIDs that no rule demands, then those that each allowing (or denying) rule demands."""
        unknown = self._unknown_sids(request)
        yield unknown
        fixed = request.url.partition("{")[0]
        if not unknown:
            return
        self._steps.take(len(self._rules))
        for rule in self._rules:
            if rule.allow is allow and rule.method == request.method and rule.url.startswith(fixed):
                demanded = _demanded_sids(rule, request.url)
                if demanded:
                    yield unknown | demanded

    def _params(self, request: OpenRequest, url: str, *, allow: bool, options: bool) -> dict[str, str] | None:
        """Return parameters with which a URL is allowed (or denied), or ``None`` if there are none."""
        covering = (self._rules[index] for index in self._policy.index.covering(request.method, url))
        rules = [rule for rule in (_about_params(request, rule) for rule in covering) if rule]
        wanted = dict.fromkeys(request.optional if options else (), _MAYBE)
        for name, value in request.params:
            wanted[name] = _MAYBE if name == ANY else Matcher(required=True, value=value)
        if not wanted:
            decides = next((rule for rule in rules if not any(rule.mismatches({}, {}))), None)
            return {} if (decides is not None and decides.allow) is allow else None
        if not rules or not rules[0].has_filter:
            return self._unknown_params(request) if (bool(rules) and rules[0].allow) is allow else None
        if ANY in wanted:
            del wanted[ANY]
            mentioned = [self._made_up, *(name for rule in rules for name in rule.post_filter)]
            wanted = dict.fromkeys(mentioned, _MAYBE) | wanted
        opposite = rules[0]._replace(allow=not allow, post_filter=wanted)
        return decided_otherwise(opposite, rules, self._made_up, self._steps)

    def _closest(self, request: OpenRequest, usual: _Choice, other: _Choice) -> _Choice:
        """Return *other*, made as much like *usual* as possible without changing its decision."""
        allowed = self._policy.allows(_filled(request, other))
        for field in _Choice._fields:
            for part in getattr(other, field):
                value = getattr(usual, field).get(part, self._made_up)
                closer = other._replace(**{field: getattr(other, field) | {part: value}})
                if self._policy.allows(_filled(request, closer)) is allowed:
                    other = closer
        return other

    def _difference(self, request: OpenRequest, usual: _Choice, other: _Choice) -> str:
        """Describe how a choice differs from the usual one."""
        kind = request.kind
        conditions = [
            f"{_OPEN_SIDS[segment]} is {shown(sid)}"
            for segment, sid in other.sids.items()
            if sid != usual.sids[segment]
        ]
        if other.params.keys() != usual.params.keys():
            conditions.append(self._only(kind, other.params))
        else:
            conditions += (
                f"the {kind} parameter {shown(name)} is {shown(value)}"
                for name, value in other.params.items()
                if value != usual.params[name]
            )
        return " and ".join(conditions)

    def _only(self, kind: str, params: Mapping[str, str]) -> str:
        """Describe a request that has only these parameters."""
        if not params:
            return f"there is no {kind} parameter"
        names = [
            shown(name) if value == self._made_up else f"{shown(name)} with the value {shown(value)}"
            for name, value in params.items()
        ]
        return f"the only {kind} parameter{' is' if len(names) == 1 else 's are'} {' and '.join(names)}"


def _filled(request: OpenRequest, choice: _Choice) -> Request:
    """Return a request with its open parts filled in."""
    url, params = _with_sids(request.url, choice.sids), tuple(choice.params.items())
    return Request(request.method, url, **{request.kind: params})


def _with_sids(url: str, sids: Mapping[str, str]) -> str:
    return "/".join(sids.get(segment, segment) for segment in url.split("/"))


def _demanded_sids(rule: Rule, url: str) -> dict[str, str] | None:
    """Return the SIDs that a rule demands in a URL's open segments, or ``None`` if no SIDs would do."""
    prefix, wildcard = rule.prefix_and_wildcard
    wanted, segments = prefix.split("/"), url.split("/")
    if len(wanted) > len(segments) or (len(wanted) < len(segments) and not wildcard):
        return None
    demanded: dict[str, str] = {}
    for segment, part in zip(wanted, segments, strict=False):
        if segment != part:
            if part not in _OPEN_SIDS or not is_sid(segment, part[1:-1]):
                return None
            demanded[part] = segment
    return demanded


def _about_params(request: OpenRequest, rule: Rule) -> Rule | None:
    """Return a rule with only the filter for a request's kind of parameters.

    ``None`` if the other filter requires a parameter: in Worker.js, a ``GET`` has no form, and other requests
    have no query.
    """
    if request.kind == "query":
        own, other = rule.query_filter, rule.post_filter
    else:
        own, other = rule.post_filter, rule.query_filter
    if any(matcher.required for matcher in other.values()):
        return None
    return rule._replace(query_filter={}, post_filter=own)
