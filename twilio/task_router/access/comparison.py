"""Compare access policies: what one allows beyond another, and which rules are redundant.

The answers are exact. Wildcards stand only at the end of a URL, so a few URLs represent all that rules can
tell apart. The module ``parameter_space`` does the same for parameters.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from twilio.task_router.urls import is_whole

from .parameters import ParameterSpace, Steps
from .request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twilio.task_router.rule import Rule

    from .parameters import Case, Pairs
    from .rule_index import RuleIndex


def beyond(policy: RuleIndex, other: RuleIndex) -> list[Request]:
    """Return what :meth:`AccessPolicy.beyond` does."""
    rules = [*policy.rules, *other.rules]
    methods = sorted({rule.method for rule in policy.rules})
    found = witnesses(
        policy, other, ((method, url) for method in methods for url in representatives(rules, method))
    )
    return [found[place] for place in sorted(found)]


def witnesses(policy: RuleIndex, other: RuleIndex, targets: Iterable[tuple[str, str]]) -> dict[int, Request]:
    """Return requests that one policy allows and the other does not, by the place of the rule that allows.

    :param targets: the methods and URLs to try. Each rule gets a request for the first at which it can.
    """
    pairings = _Pairings(policy, other)
    found: dict[int, Request] = {}
    for method, url in targets:
        places = _in_order(policy, method, url, unfiltered=1)
        pairing = pairings.of(places, _in_order(other, method, url, unfiltered=1))
        for at, place in enumerate(places):
            if policy.rules[place].allow and place not in found:
                parameters = pairing.simplest(at)
                if parameters is not None:
                    found[place] = Request(method, url, query=parameters[0], form=parameters[1])
    return found


def redundant(policy: RuleIndex) -> list[int]:
    """Return what :meth:`AccessPolicy.redundant` does."""
    pairings = _Pairings(policy, policy)
    needed: set[int] = set()
    for method in sorted({rule.method for rule in policy.rules}):
        for url in representatives(policy.rules, method):
            # Without the first rule that has no filter, the second would decide.
            places = _in_order(policy, method, url, unfiltered=2)
            pairing = pairings.of(places, ())
            needed.update(
                place
                for at, place in enumerate(places)
                if place not in needed and pairing.changes_anything(at)
            )
    return [place for place in range(len(policy.rules)) if place not in needed]


def decided_otherwise(
    rule: Rule, others: Sequence[Rule], made_up: str, steps: Steps
) -> dict[str, str] | None:
    """Return form parameters that match one rule and that others decide otherwise, if there are any.

    :param rule: a rule without a query filter.
    :param others: the rules that decide otherwise, the most specific first, without query filters too.
    :param made_up: a word that no rule contains.
    :raises ComparisonTooHardError: if the steps do not suffice.
    """
    parameters = _Pairing([rule], others, made_up, steps).simplest(0)
    return None if parameters is None else dict(parameters[1])


def representatives(rules: Sequence[Rule], method: str) -> list[str]:
    """Return URLs of every kind that these rules can tell apart, the simplest first.

    The simplest has the fewest made-up segments, and then is the shortest.

    A URL that is not in any rule is covered by the wildcards of its nearest ancestor that has one, and by the
    ``/**`` above that, unless an improper segment stands between. So it is decided like a made-up segment
    below that ancestor, or like two if it is further below. A trailing slash is like the latter: ``/**``
    matches it, and ``/*`` does not.
    """
    made_up = made_up_word(rules)
    urls: dict[str, int] = {}
    for rule in rules:
        if rule.method == method and not rule.covers_nothing:
            prefix, wildcard = rule.prefix_and_wildcard
            urls[prefix] = 0
            if wildcard:
                urls[f"{prefix}/{made_up}"] = 1
                urls[f"{prefix}/{made_up}/{made_up}"] = 2
    return sorted(filter(is_whole, urls), key=lambda url: (urls[url], len(url), url))


def made_up_word(rules: Iterable[Rule]) -> str:
    """Return a word that no rule contains."""
    texts: set[str] = set()
    for rule in rules:
        texts.add(rule.url)
        for matchers in (rule.query_filter, rule.post_filter):
            texts.update(matchers, (matcher.value or "" for matcher in matchers.values()))
    everything = "\n".join(texts)
    words = ("any" if number == 1 else f"any-{number}" for number in count(1))
    return next(word for word in words if word not in everything)


def _in_order(policy: RuleIndex, method: str, url: str, unfiltered: int) -> list[int]:
    """Return the places of the rules that cover a URL, the most specific first, to the last that can matter.

    :param unfiltered: with how many rules without a filter the list ends.
    """
    places: list[int] = []
    for place in policy.covering(method, url):
        places.append(place)
        unfiltered -= not policy.rules[place].has_filter
        if not unfiltered:
            break
    return places


class _Pairing:
    """The rules of two policies that cover a URL, the most specific first."""

    def __init__(self, own: Sequence[Rule], theirs: Sequence[Rule], made_up: str, steps: Steps) -> None:
        self._space = ParameterSpace([*own, *theirs], made_up, steps)
        self._own = [_Boxed(rule.allow, self._space.box(rule)) for rule in own]
        self._theirs = [_Boxed(rule.allow, self._space.box(rule)) for rule in theirs]
        self._simplest: dict[int, tuple[Pairs, Pairs] | None] = {}
        self._changes_anything: dict[int, bool] = {}

    def simplest(self, at: int) -> tuple[Pairs, Pairs] | None:
        """Return the fewest parameters with which our rule decides, and theirs say otherwise."""
        if at not in self._simplest:
            point = self._space.simplest_point(self._cases(at, self._theirs))
            self._simplest[at] = None if point is None else self._space.pairs(point)
        return self._simplest[at]

    def changes_anything(self, at: int) -> bool:
        """Return whether our rule decides anything that our other rules would not decide alike."""
        if at not in self._changes_anything:
            cases = self._cases(at, self._own[at + 1 :])
            self._changes_anything[at] = self._space.has_point(cases)
        return self._changes_anything[at]

    def _cases(self, at: int, instead: Sequence[_Boxed]) -> Iterator[Case]:
        """Yield where our rule decides, and others would say otherwise."""
        allow, box = self._own[at]
        others = [other.box for other in self._own[:at]]
        for other in instead:
            if other.allow == allow:
                others.append(other.box)
            elif self._space.overlap(box, other.box):
                yield box & other.box, tuple(others)
        if allow:  # what nothing matches is denied
            yield box, others


class _Boxed(NamedTuple):
    """All that matters of a rule once its method and URL are settled."""

    allow: bool
    box: int


class _Pairings:
    """The pairings of two policies, each made once: many URLs are covered by the same rules."""

    def __init__(self, policy: RuleIndex, other: RuleIndex) -> None:
        self._policy = policy
        self._other = other
        self._made_up = made_up_word([*policy.rules, *other.rules])
        self._steps = Steps()
        self._known: dict[tuple[tuple[int, ...], tuple[int, ...]], _Pairing] = {}

    def of(self, own: Sequence[int], theirs: Sequence[int]) -> _Pairing:
        """Return the pairing of the rules at these places."""
        places = (tuple(own), tuple(theirs))
        self._steps.take(1 + len(own) + len(theirs))
        if places not in self._known:
            self._known[places] = _Pairing(
                [self._policy.rules[place] for place in own],
                [self._other.rules[place] for place in theirs],
                self._made_up,
                self._steps,
            )
        return self._known[places]
