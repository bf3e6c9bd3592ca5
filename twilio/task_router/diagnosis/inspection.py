"""The inspection of a token, good or not: its claims, rules, problems, notes and grants."""

from __future__ import annotations

import os
import re
import time
from base64 import urlsafe_b64decode
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

import jwt

from twilio.task_router import tokens
from twilio.task_router.access.notes import notes_on_claims, notes_on_token
from twilio.task_router.access.own_class import CLASSES, own_capability, rules_from_the_start
from twilio.task_router.access.own_urls import own_urls
from twilio.task_router.access.policy import AccessPolicy, policy_of
from twilio.task_router.access.rule_index import RuleIndex
from twilio.task_router.capability import Capability, TaskRouterCapability, TaskRouterWorkerCapability
from twilio.task_router.checks import check_auth_token, shown
from twilio.task_router.errors import ComparisonTooHardError, ConflictingRulesError, InvalidRuleError
from twilio.task_router.pages.grants import grant_in_words, with_each_grant
from twilio.task_router.rule import Rule, read_rule
from twilio.task_router.sentences import clause
from twilio.task_router.sids import sids_of
from twilio.task_router.times import is_numeric_date, moment
from twilio.task_router.urls import root_and_path
from twilio.task_router.verification import check_header, check_signature, claim_problems, lifetime

from .denials import Denials
from .maker import Maker, maker_of

if TYPE_CHECKING:
    from twilio.task_router.access.notes import Note
    from twilio.task_router.access.own_urls import OwnUrls
    from twilio.task_router.sids import Sids

Signature: TypeAlias = Literal["good", "bad", "not checked"]

#: The kinds of problems, in the order in which a token is judged.
ProblemKind: TypeAlias = Literal[
    "unreadable", "bad-signature", "expired", "not-yet-valid", "bad-claims", "channel-denied"
]

#: The most unreadable rules that are named one by one.
MOST_BAD_RULES: Final = 20


class Problem(NamedTuple):
    """A problem of a token, apart from the rules' decision about a request."""

    kind: ProblemKind
    #: The problem in words, of which the first is not capitalised.
    text: str


@dataclass(frozen=True)
class Inspection:
    """An inspected token, good or not."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signature: Signature
    #: The problems, in the order in which a token is judged: its form, its signature, its claims.
    problems: list[Problem]
    #: The rules by their indexes, with ``None`` for each rule that cannot be read.
    rules: list[Rule | None]
    #: The access policy of the rules that can be read, or ``None`` if the claim ``policies`` is not a list,
    #: has only unreadable rules, or has two rules that conflict.
    access_policy: AccessPolicy | None
    #: The token's maker, or ``None`` if unknown.
    made_by: Maker | None = None

    @property
    def expired(self) -> bool | None:
        """Whether the token has expired, or ``None`` if the claims have no expiry."""
        return self.expired_at(time.time())

    def expired_at(self, moment: float) -> bool | None:
        """Return whether the token had expired at a Unix time, or ``None`` if the claims have no expiry."""
        exp = self.claims.get("exp")
        return exp <= moment if is_numeric_date(exp) else None

    def begins_after(self, moment: float) -> bool:
        """Return whether the token was not valid yet at a Unix time."""
        nbf = self.claims.get("nbf")
        return bool(nbf > moment) if is_numeric_date(nbf) else False

    @property
    def notes(self) -> list[Note]:
        """The notes on the token. For a good token, ``verify_token(...).notes()`` returns the same."""
        return self._notes[0]

    @property
    def are_rules_compared(self) -> bool:
        """Whether the notes include wide and redundant rules. Finding those may take too long."""
        return self._notes[1]

    @cached_property
    def _notes(self) -> tuple[list[Note], bool]:
        if self.access_policy is None:
            return [], True
        exp = self.claims.get("exp")
        expires_at = moment(exp) if is_numeric_date(exp) else None
        lasts = lifetime(self.claims, start=time.time())
        about = (self.access_policy.index, self.sids, expires_at, lasts)
        try:
            notes, compared = notes_on_token(*about), True
        except ComparisonTooHardError:
            notes, compared = notes_on_token(*about, compared=False), False
        readable = [
            note for note in notes if note.rule_index is None or self.rules[note.rule_index] is not None
        ]
        return readable, compared

    @cached_property
    def sids(self) -> Sids:
        """The SIDs in the claims."""
        return sids_of(self.claims)

    @cached_property
    def urls(self) -> OwnUrls:
        """The token's own URLs, with the base URLs of its rules."""
        return own_urls([rule for rule in self.rules if rule is not None], self.sids)

    @cached_property
    def roots(self) -> frozenset[str]:
        """The schemes and hosts of the token's own URLs and of its rules' URLs."""
        urls = [rule.url for rule in self.rules if rule is not None]
        return frozenset(root_and_path(url)[0] for url in (*urls, self.urls.workspace, self.urls.channel))

    @cached_property
    def unreadable_rules(self) -> list[int]:
        """The indexes of the rules that cannot be read."""
        return [index for index, rule in enumerate(self.rules) if rule is None]

    @cached_property
    def own_class(self) -> type[Capability] | None:
        """The newest of our classes whose initial rules are all in the token, or ``None``."""
        page = self.sids.page
        if page is None:
            return None
        has = {rule.identity for rule in self.rules if rule is not None and rule.allow}
        for kind in CLASSES[page]:
            with suppress(ValueError):  # a SID or a URL cannot be one
                if rules_from_the_start(kind, self.sids, self.urls) <= has:
                    return kind
        return None

    @cached_property
    def denials(self) -> Denials:
        """The token's denials, which no fix may override."""
        return Denials((self.access_policy or AccessPolicy([])).index)

    @cached_property
    def granted(self) -> list[tuple[type[Capability], str, AccessPolicy]]:
        """The helpful grants: the class, the name, and the policy with the grant."""
        own = self.own_class
        if own is None or self.access_policy is None:
            return []
        classes = [own, TaskRouterWorkerCapability] if own is TaskRouterCapability else [own]
        make = partial(own_capability, sids=self.sids, urls=self.urls)
        return [*with_each_grant(self.access_policy, classes, make)]

    @cached_property
    def overriding(self) -> frozenset[str]:
        """The names of the grants that would override a denial. No fix suggests them."""
        own_rules = len(self.rules)
        return frozenset(
            grant_in_words(kind, grant)
            for kind, grant, granted in self.granted
            if self.denials.are_overridden(granted.index.rules[own_rules:])
        )

    @cached_property
    def grantable(self) -> RuleIndex:
        """The rules of all these policies in one index, since most requests are covered by none."""
        return RuleIndex([rule for _, _, granted in self.granted for rule in granted.index.rules])


def inspect_token(token: str) -> Inspection:
    """Inspect a token. The signature is checked if ``TWILIO_AUTH_TOKEN`` is set.

    :raises ValueError: if ``TWILIO_AUTH_TOKEN`` cannot be an auth token.
    """
    auth_token = os.environ.get("TWILIO_AUTH_TOKEN")
    key = check_auth_token(auth_token) if auth_token else None
    try:
        read = tokens.read(token)
    except ValueError as error:
        # Decoder errors are subclasses of ValueError and mean nothing to users.
        says_more = type(error) is ValueError and _A_TOKEN.fullmatch(token)
        problem = f"the token cannot be read ({error}): copy all of it" if says_more else _NOT_ONE
        return Inspection({}, {}, "not checked", [Problem("unreadable", problem)], [], None)
    if other := _other_kind(read):
        return Inspection(read.header, {}, "not checked", [Problem("unreadable", other)], [], None)
    signature, problems = _check_signature(read, key)
    wrong_types = claim_problems(read.claims)
    # verify_token returns a token with such notes, but the token's page does not work.
    wrong_channel = (
        [] if wrong_types else [clause(note.reason) for note in notes_on_claims(sids_of(read.claims))]
    )
    rules, access_policy, bad_rules = _read_rules(read.claims.get("policies"))
    problems += (Problem("bad-claims", text) for text in (*wrong_types, *wrong_channel, *bad_rules))
    made_by = maker_of(read.claims, _payload(read))
    return Inspection(read.header, read.claims, signature, problems, rules, access_policy, made_by)


def _payload(read: tokens.Token) -> str:
    encoded = read.signing_input.partition(b".")[2]
    return urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)).decode()


def _read_rules(policies: object) -> tuple[list[Rule | None], AccessPolicy | None, list[str]]:
    """Read a token's rules one by one."""
    if not isinstance(policies, list):
        return [], None, [f"the claim policies must be a list, not {shown(policies)}"]
    rules: list[Rule | None] = []
    problems: list[str] = []
    for index, policy in enumerate(policies):
        try:
            rules.append(read_rule(policy))
        except (TypeError, ValueError) as error:  # noqa: PERF203 - each rule is read, good or not
            rules.append(None)
            problems.append(str(InvalidRuleError(index, str(error))))
    if more := len(problems[MOST_BAD_RULES:]):
        problems[MOST_BAD_RULES:] = [f"{more:,} more policy rules cannot be read"]
    # In place of each rule that cannot be read, so that the others keep their indexes. The URL matches no
    # request, and is longer than any other, so that there is no conflict with another rule.
    longest = max((rule.url for rule in rules if rule is not None), key=len, default="")
    nothing = read_rule({"url": f"?{longest}", "method": "GET"})
    try:
        access_policy = policy_of(nothing if rule is None else rule for rule in rules)
    except ConflictingRulesError as error:
        return rules, None, [*problems, f"{error}, and TaskRouter refuses such a token"]
    return rules, access_policy if any(rules) or not rules else None, problems


_A_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_AN_AUTH_TOKEN = re.compile(r"[0-9a-fA-F]{32}")
_NOT_ONE = (
    "this is not a token: a token is three parts of letters, digits, - and _, joined by dots (eyJ….eyJ….…)"
)


def _check_signature(read: tokens.Token, key: str | None) -> tuple[Signature, list[Problem]]:
    try:
        check_header(read)
    except jwt.InvalidTokenError as error:
        advice = (
            ": copy all of the token, and no more" if isinstance(error, jwt.InvalidSignatureError) else ""
        )
        return "bad", [Problem("bad-signature", f"{error}{advice}")]
    if key is None:
        return "not checked", []
    try:
        check_signature(read, key)
    except jwt.InvalidTokenError:
        problem = "the token is signed with another auth token than TWILIO_AUTH_TOKEN"
        if not _AN_AUTH_TOKEN.fullmatch(key):
            problem += (
                ", which does not look like an auth token: that has 32 hexadecimal digits (usually this is "
                "an API key's secret, which cannot sign these tokens)"
            )
        return "bad", [Problem("bad-signature", problem)]
    return "good", []


def _other_kind(read: tokens.Token) -> str | None:
    """Name the kind of a token that is not a TaskRouter capability token, or return ``None``."""
    claims = read.claims
    if "policies" in claims:
        return None
    if read.header.get("cty") == "twilio-fpa;v=1" or "grants" in claims:
        grants = claims.get("grants")
        if isinstance(grants, dict) and "task_router" in grants:
            return (
                "this is a Twilio access token, not a TaskRouter capability token; it belongs to TaskRouter "
                "JS SDK v2 (npm twilio-taskrouter)"
            )
        return "this is a Twilio access token, not a TaskRouter capability token"
    if "scope" in claims:
        return "this is a Twilio voice capability token, not a TaskRouter capability token"
    return "this is some other JSON Web Token, not a TaskRouter capability token"
