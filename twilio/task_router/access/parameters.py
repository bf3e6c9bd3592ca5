"""The parameters of requests, as far as the filters of some rules can tell them apart.

A filter constrains each parameter on its own, so the matching requests form a box: some choices for each
parameter, in every combination. The requests that one rule allows and others do not are a box minus other
boxes. Finding a point that is left is hard in general (as hard as satisfiability), but easy for usual
filters.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from heapq import heappop, heappush
from itertools import chain, count
from math import ceil
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from twilio.task_router.errors import ComparisonTooHardError
from twilio.task_router.rule import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from twilio.task_router.rule import Rule

    from .request import Pairs

    Kind: TypeAlias = Literal["query", "form"]

#: The most steps that a comparison may take: about two seconds. A step looks at one parameter of a box, or at
#: ten of a parameter's values.
MOST_STEPS = 10_000_000


class Steps:
    """The number of steps that a comparison may still take."""

    def __init__(self, left: int = MOST_STEPS) -> None:
        self.left = left

    def take(self, steps: int) -> None:
        """Count steps.

        :raises ComparisonTooHardError: if fewer were left.
        """
        self.left -= steps
        if self.left < 0:
            raise ComparisonTooHardError(f"the rules cannot be compared within {MOST_STEPS:,} steps")


class Parameter:
    """A parameter that some filter names, or one that represents all others.

    :param values: the values that filters mention, followed by one that no filter mentions.
    """

    def __init__(self, kind: Kind, name: str, values: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.values = tuple(values)


#: The values that a parameter may have, and ``None`` if the parameter may be left out.
Choices: TypeAlias = frozenset[str | None]
#: The parameters of a request, each with its value.
Point: TypeAlias = dict[Parameter, str]

_LEFT_OUT: Choices = frozenset({None})


class Box(dict[Parameter, Choices]):
    """Choices for each parameter. Parameters without an entry are left out of the request."""

    def __init__(self, choices: Mapping[Parameter, Choices]) -> None:
        super().__init__(choices)
        #: The parameters that no point leaves out.
        self.required = frozenset([parameter for parameter, some in self.items() if None not in some])
        #: The number of steps to look at the whole box.
        self.size = 1 + len(self) + sum(map(len, self.values())) // 10

    def __missing__(self, parameter: Parameter) -> Choices:
        return _LEFT_OUT

    def simplest_point(self) -> Point:
        """Return the point with the fewest parameters."""
        return {
            parameter: next(value for value in parameter.values if value in some)
            for parameter, some in self.items()
            if parameter in self.required
        }

    def common(self, other: Box) -> Box | None:
        """Return the box of the points that both boxes have, or ``None`` if there are none."""
        if not (other.required <= self.keys() and self.required <= other.keys()):
            return None
        one, two = (self, other) if len(self) <= len(other) else (other, self)
        choices = {parameter: some & two[parameter] for parameter, some in one.items() if parameter in two}
        return Box(choices) if all(choices.values()) else None

    def agreement(self, other: Box) -> set[Parameter]:
        """Return the parameters for which another box has every choice of this one."""
        return {parameter for parameter in self.keys() & other.keys() if self[parameter] <= other[parameter]}

    def without(self, other: Box, agreements: Mapping[Parameter, int]) -> Iterator[Box]:
        """Yield disjoint parts of this box, which together have all its points outside another box.

        The parts with fewer parameters come first, then those whose way out leaves more boxes.

        :param other: a box with points in common.
        :param agreements: the number of boxes to be left that agree with this one, for each parameter.
        """
        ways_out = [parameter for parameter, some in self.items() if not some <= other[parameter]]
        ways_out.sort(key=lambda parameter: (parameter not in self.required, agreements[parameter]))
        rest = dict(self)
        for parameter in ways_out:
            yield Box(rest | {parameter: rest[parameter] - other[parameter]})
            rest[parameter] &= other[parameter]


def boxes(rules: Sequence[Rule], made_up: str, steps: Steps) -> list[Box]:
    """Return, for each rule, the box of the parameters that match its filters.

    Repeated parameters need no choice of their own. Like a parameter that no filter names, they match only
    empty filters.

    :param made_up: a word that none of the rules contains.
    """
    found: list[Box] = []
    queries = _choices("query", [rule.query_filter for rule in rules], made_up)
    forms = _choices("form", [rule.post_filter for rule in rules], made_up)
    for rule, query, form in zip(rules, queries, forms, strict=True):
        box = Box(query | form)
        steps.take(40 + 3 * box.size + 25 * (len(rule.query_filter) + len(rule.post_filter)))
        found.append(box)
    return found


def pairs(point: Point, kind: Kind) -> Pairs:
    """Return the query or form parameters of a point."""
    return tuple((parameter.name, value) for parameter, value in point.items() if parameter.kind == kind)


def _choices(
    kind: Kind, filters: Sequence[Mapping[str, Matcher]], made_up: str
) -> Iterator[dict[Parameter, Choices]]:
    """Yield the choices that match each filter."""
    values: dict[str, dict[str, None]] = {made_up: {}}
    for matchers in filters:
        for name, matcher in matchers.items():
            mentioned = values.setdefault(name, {})
            if matcher.value is not None:
                mentioned[matcher.value] = None
    parameters = {name: Parameter(kind, name, (*mentioned, made_up)) for name, mentioned in values.items()}

    @cache
    def matching(parameter: Parameter, matcher: Matcher) -> Choices:
        choices: Choices = frozenset(parameter.values if matcher.value is None else [matcher.value])
        return choices if matcher.required else choices | _LEFT_OUT

    anything = {}
    if not all(filters):
        optional = Matcher(required=False, value=None)
        anything = {parameter: matching(parameter, optional) for parameter in parameters.values()}
    for matchers in filters:
        named = {parameters[name]: matcher for name, matcher in matchers.items()}
        yield {parameter: matching(parameter, matcher) for parameter, matcher in named.items()} or anything


class Search(NamedTuple):
    """A search for a point of one box that is in none of the others."""

    box: Box
    others: Sequence[Box]


def simplest_point(searches: Iterable[Search], steps: Steps) -> Point | None:
    """Return the point with the fewest parameters that any search finds, or ``None``.

    Take the part with the fewest parameters, and its simplest point. If no other box contains that point, no
    point is simpler. Otherwise, split the part along the ways out of a box that does.

    :raises ComparisonTooHardError: if the steps do not suffice.
    """
    queue: list[tuple[int, int, Search, Iterator[Box], int]] = []
    order = count(0, -1)  # among parts with equally few parameters, the last that was found comes first

    def put(parts: Iterator[Box], others: Sequence[Box], fewest: int) -> None:
        """Queue the first of some parts. The next one follows when the first has been taken."""
        part = next(parts, None)
        if part is not None:
            steps.take(2 * part.size + len(others) * (1 + len(part.required) // 10))
            heappush(
                queue, (max(fewest, len(part.required)), next(order), Search(part, others), parts, fewest)
            )

    for box, others in searches:
        put(iter([box]), others, 0)
    while queue:
        _, _, (box, others), siblings, fewest = heappop(queue)
        put(siblings, others, fewest)
        point = box.simplest_point()
        around = _around(point, others, steps)
        if not around:
            return point
        steps.take(sum(5 + min(box.size, other.size) for other in around))
        agreements = [box.agreement(other) for other in around]
        nearest, _ = max(zip(around, agreements, strict=True), key=lambda pair: len(pair[1]))
        counts = Counter(chain.from_iterable(agreements))
        # Leaving a box that agrees on all required parameters needs another parameter. One parameter leaves
        # at most this many boxes:
        most = len(around) - min((counts[parameter] for parameter in box), default=0)
        further = sum(box.required <= agreement for agreement in agreements)
        put(box.without(nearest, counts), others, len(box.required) + ceil(further / max(most, 1)))
    return None


def _around(point: Point, others: Iterable[Box], steps: Steps) -> list[Box]:
    """Return the boxes that contain a point."""
    around = [other for other in others if other.required <= point.keys()]
    for parameter, value in point.items():
        steps.take(len(around))
        around = [other for other in around if value in other[parameter]]
    return around
