"""Compare access policies: find requests that one allows beyond another, and redundant rules.

The answers are exact. Wildcards stand only at the end of a URL, so a few URLs represent all others. The
module ``parameters`` does the same for parameters.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from twilio.task_router.urls import is_whole

from .parameters import Search, Steps, boxes, pairs, simplest_point
from .request import Request
from .rule_index import RuleIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twilio.task_router.rule import Rule

    from .parameters import Box
    from .request import Pairs


def beyond(ours: RuleIndex, theirs: RuleIndex) -> list[tuple[int, Request]]:
    """Return the requests of :meth:`AccessPolicy.beyond`, each after the index of the allowing rule."""
    rules, steps = [*ours.rules, *theirs.rules], Steps()
    made_up = made_up_word(rules, steps)
    methods = sorted({rule.method for rule in ours.rules})
    targets = ((method, url) for method in methods for url in representatives(rules, method, made_up, steps))
    return sorted(witnesses(ours, theirs, targets, made_up, steps).items())


def witnesses(
    ours: RuleIndex, theirs: RuleIndex, targets: Iterable[tuple[str, str]], made_up: str, steps: Steps
) -> dict[int, Request]:
    """Return requests that our rules allow and theirs do not, by the index of the allowing rule.

    :param targets: the methods and URLs to try. Each rule gets one request, for the first possible target.
    :param made_up: a word that no rule contains.
    :raises ComparisonTooHardError: if the steps do not suffice.
    """
    pairings = _Pairings(ours, theirs, made_up, steps, unfiltered=1)
    found: dict[int, Request] = {}
    for method, url in targets:
        indexes, pairing = pairings.at(method, url)
        for position, index in enumerate(indexes):
            if ours.rules[index].allow and index not in found:
                parameters = pairing.simplest(position)
                if parameters is not None:
                    found[index] = Request(method, url, query=parameters[0], form=parameters[1])
    return found


def is_beyond(ours: RuleIndex, theirs: RuleIndex, since: int, steps: Steps) -> bool:
    """Return whether any of our rules from index *since* on allows a request that theirs do not.

    :raises ComparisonTooHardError: if the steps do not suffice.
    """
    rules = [*ours.rules, *theirs.rules]
    made_up = made_up_word(rules, steps)
    pairings = _Pairings(ours, theirs, made_up, steps, unfiltered=1)
    for method in sorted({rule.method for rule in ours.rules[since:]}):
        for url in representatives(rules, method, made_up, steps):
            indexes, pairing = pairings.at(method, url)
            for position, index in enumerate(indexes):
                if index >= since and ours.rules[index].allow and pairing.simplest(position) is not None:
                    return True
    return False


def redundant(ours: RuleIndex, steps: Steps) -> list[int]:
    """Return the indexes of :meth:`AccessPolicy.redundant`.

    :raises ComparisonTooHardError: if the steps do not suffice.
    """
    # Without the first unfiltered rule, the second would decide.
    made_up = made_up_word(ours.rules, steps)
    pairings = _Pairings(ours, RuleIndex([]), made_up, steps, unfiltered=2)
    needed: set[int] = set()
    for method in sorted({rule.method for rule in ours.rules}):
        for url in representatives(ours.rules, method, made_up, steps):
            indexes, pairing = pairings.at(method, url)
            needed.update(
                index
                for position, index in enumerate(indexes)
                if index not in needed and pairing.changes_anything(position)
            )
    return [index for index in range(len(ours.rules)) if index not in needed]


def decided_otherwise(
    rule: Rule, others: Sequence[Rule], made_up: str, steps: Steps
) -> dict[str, str] | None:
    """Return form parameters that match a rule and that other rules decide otherwise, or ``None``.

    :param rule: a rule without a query filter.
    :param others: the other rules, the most specific first, also without query filters.
    :param made_up: a word that no rule contains.
    :raises ComparisonTooHardError: if the steps do not suffice.
    """
    parameters = _Pairing([rule], others, made_up, steps).simplest(0)
    return None if parameters is None else dict(parameters[1])


def representatives(rules: Sequence[Rule], method: str, made_up: str, steps: Steps) -> list[str]:
    """Return one URL of every kind that these rules can tell apart, the simplest first.

    The simplest URL has the fewest made-up segments, and then is the shortest.

    A URL that is in no rule is covered by the wildcards of its nearest ancestor with one, and by any ``/**``
    above, unless an improper segment stands between. Such a URL is decided like the ancestor followed by one
    made-up segment or, if further below, by two. A trailing slash counts as further below: ``/**`` matches
    the slash, ``/*`` does not.

    :param made_up: a word that no rule contains.
    :raises ComparisonTooHardError: if the steps do not suffice.
    """
    steps.take(2 * len(rules))
    urls: dict[str, int] = {}
    for rule in rules:
        if rule.method == method and not rule.covers_nothing:
            prefix, wildcard = rule.prefix_and_wildcard
            urls[prefix] = 0
            if wildcard:
                urls[f"{prefix}/{made_up}"] = 1
                urls[f"{prefix}/{made_up}/{made_up}"] = 2
    steps.take(16 * len(urls) + sum(map(len, urls)) // 200)
    return sorted(filter(is_whole, urls), key=lambda url: (urls[url], len(url), url))


def made_up_word(rules: Sequence[Rule], steps: Steps) -> str:
    """Return a word that no rule contains.

    This is the beginning of a comparison, so steps for reading and sorting the rules are taken here.

    :raises ComparisonTooHardError: if the steps do not suffice.
    """
    steps.take(sum(20 + len(rule.query_filter) + len(rule.post_filter) for rule in rules))
    texts: set[str] = set()
    for rule in rules:
        texts.add(rule.url)
        for matchers in (rule.query_filter, rule.post_filter):
            texts.update(matchers, (matcher.value or "" for matcher in matchers.values()))
    everything = "\n".join(texts)
    steps.take(len(everything) // 50)
    if "any" not in everything:
        return "any"
    # "any-12" contains "any-1", too. No free number has more digits than the length of all texts.
    lengths = range(1, len(str(len(everything))) + 1)
    numbers = re.findall("any-([0-9]+)", everything)
    steps.take(5 * len(numbers))
    taken = {digits[:length] for digits in numbers for length in lengths}
    return next(f"any-{number}" for number in count(2) if str(number) not in taken)


class _Pairings:
    """The pairings of two policies' rules, each made once, since the same rules cover many URLs.

    :param made_up: a word that no rule contains.
    :param unfiltered: the number of rules without a filter after which no other rule matters.
    """

    def __init__(
        self, ours: RuleIndex, theirs: RuleIndex, made_up: str, steps: Steps, *, unfiltered: int
    ) -> None:
        self._ours = ours
        self._theirs = theirs
        self._unfiltered = unfiltered
        self._made_up = made_up
        self._steps = steps
        # Rules with equal numbers differ only in method and URL.
        numbers: dict[object, int] = {}
        self._our_numbers, self._their_numbers = (
            [numbers.setdefault(_about_parameters(rule), len(numbers)) for rule in side.rules]
            for side in (ours, theirs)
        )
        self._known: dict[tuple[tuple[int, ...], tuple[int, ...]], _Pairing] = {}

    def at(self, method: str, url: str) -> tuple[list[int], _Pairing]:
        """Return the indexes of our rules that cover a URL, the most specific first, and the pairing."""
        ours, theirs = self._in_order(self._ours, method, url), self._in_order(self._theirs, method, url)
        key = (
            tuple([self._our_numbers[index] for index in ours]),
            tuple([self._their_numbers[index] for index in theirs]),
        )
        if key not in self._known:
            our_rules = [self._ours.rules[index] for index in ours]
            their_rules = [self._theirs.rules[index] for index in theirs]
            self._known[key] = _Pairing(our_rules, their_rules, self._made_up, self._steps)
        return ours, self._known[key]

    def _in_order(self, side: RuleIndex, method: str, url: str) -> list[int]:
        """Return the indexes of the rules that cover a URL and matter, the most specific first."""
        indexes: list[int] = []
        reached = 0
        unfiltered = self._unfiltered
        for index in side.covering(method, url):
            indexes.append(index)
            unfiltered -= not side.rules[index].has_filter
            if not unfiltered:
                reached = len(side.rules[index].url)
                break
        segments = url.count("/", reached)
        prefixes = min(segments, len(side.rules))
        self._steps.take(1 + 10 * len(indexes) + segments // 2 + prefixes * len(url) // 1000)
        return indexes


def _about_parameters(rule: Rule) -> object:
    """Return a value that two rules share if they differ only in method and URL."""
    return rule.allow, tuple(rule.query_filter.items()), tuple(rule.post_filter.items())


class _Pairing:
    """Our rules and theirs that cover a URL, the most specific first."""

    def __init__(self, ours: Sequence[Rule], theirs: Sequence[Rule], made_up: str, steps: Steps) -> None:
        rules = [*ours, *theirs]
        boxed = [
            _Boxed(rule.allow, box) for rule, box in zip(rules, boxes(rules, made_up, steps), strict=True)
        ]
        self._ours, self._theirs = boxed[: len(ours)], boxed[len(ours) :]
        self._steps = steps
        self._simplest: dict[int, tuple[Pairs, Pairs] | None] = {}
        self._changes_anything: dict[int, bool] = {}

    def simplest(self, position: int) -> tuple[Pairs, Pairs] | None:
        """Return the smallest set of parameters that our rule here decides, and their rules otherwise."""
        if position not in self._simplest:
            point = simplest_point(self._searches(position, self._theirs), self._steps)
            self._simplest[position] = (
                None if point is None else (pairs(point, "query"), pairs(point, "form"))
            )
        return self._simplest[position]

    def changes_anything(self, position: int) -> bool:
        """Return whether the decisions would change without our rule at this position."""
        if position not in self._changes_anything:
            searches = self._searches(position, self._ours[position + 1 :])
            self._changes_anything[position] = simplest_point(searches, self._steps) is not None
        return self._changes_anything[position]

    def _searches(self, position: int, instead: Sequence[_Boxed]) -> Iterator[Search]:
        """Yield searches for points that our rule here decides, and that *instead* would decide otherwise."""
        allow, box = self._ours[position]
        self._steps.take((position + len(instead)) // 4)
        others = [other.box for other in self._ours[:position]]
        for other in instead:
            if other.allow == allow:
                others.append(other.box)
            else:
                self._steps.take(2 * min(box.size, other.box.size))
                common = box.common(other.box)
                if common is not None:
                    yield Search(common, tuple(others))
        if allow:  # a request that matches no rule is denied
            yield Search(box, others)


class _Boxed(NamedTuple):
    """A rule reduced to its parameters, once its method and URL are settled."""

    allow: bool
    box: Box
