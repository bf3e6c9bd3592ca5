"""The parameters of all requests, as far as the filters of some rules can tell them apart.

A filter says something about each parameter on its own, so the requests that it matches are a box: some
choices for each parameter, in every combination. The requests that one rule lets through and others do not
are a box without some other boxes. Whether a point is left there is a hard question in general (it is
satisfiability), but an easy one for the filters that people write.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from heapq import heappop, heappush
from itertools import chain, count
from math import ceil
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from twilio.task_router.errors import ComparisonTooHardError
from twilio.task_router.rule import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from twilio.task_router.rule import Rule

#: How many steps a comparison may take, which is a second or two. A step looks at one parameter of a box, or
#: at ten of the parameter's values.
MOST_STEPS = 10_000_000


class Steps:
    """How many steps a comparison may still take."""

    def __init__(self, left: int = MOST_STEPS) -> None:
        self.left = left

    def take(self, steps: int) -> None:
        """Count steps.

        :raises ComparisonTooHardError: if no more were left.
        """
        self.left -= steps
        if self.left < 0:
            raise ComparisonTooHardError(f"the rules' filters cannot be compared within {MOST_STEPS:,} steps")


class Parameter:
    """A parameter that some filter names, or one that stands for all others.

    :param kind: ``query`` or ``form``.
    :param name: its name.
    :param values: the values that filters mention, and last one that none mentions.
    """

    def __init__(self, kind: str, name: str, values: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.values = tuple(values)


#: The values that a parameter may have, and ``None`` if it may be left out.
Choices: TypeAlias = frozenset[str | None]
#: The parameters of a request, each with its value.
Point: TypeAlias = dict[Parameter, str]
#: Pairs of a name and a value.
Pairs: TypeAlias = tuple[tuple[str, str], ...]

_LEFT_OUT: Choices = frozenset({None})


class Box(dict[Parameter, Choices]):
    """Some choices for each parameter. A parameter that is not among them is left out."""

    def __init__(self, choices: Mapping[Parameter, Choices]) -> None:
        super().__init__(choices)
        #: The parameters that no point leaves out.
        self.required = frozenset([parameter for parameter, some in self.items() if None not in some])
        #: How many steps it takes to look at the whole box.
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
        """Return the points that both boxes have, or ``None`` if there are none."""
        if not other.required <= self.keys():
            return None
        choices = {parameter: some & other[parameter] for parameter, some in self.items()}
        return Box(choices) if all(choices.values()) else None

    def agreement(self, other: Box) -> set[Parameter]:
        """Return the parameters for which another box has all the choices that this one has."""
        return {parameter for parameter in self.keys() & other.keys() if self[parameter] <= other[parameter]}

    def without(self, other: Box, agreements: Mapping[Parameter, int]) -> Iterator[Box]:
        """Yield parts that share no point and together have all points but those of another box.

        The parts with fewer parameters come first, then those whose way out leaves more boxes.

        :param other: a box that has points in common with this one.
        :param agreements: with how many of the boxes that are to be left this one agrees on a parameter.
        """
        ways_out = [parameter for parameter, some in self.items() if not some <= other[parameter]]
        ways_out.sort(key=lambda parameter: (parameter not in self.required, agreements[parameter]))
        rest = dict(self)
        for parameter in ways_out:
            yield Box(rest | {parameter: rest[parameter] - other[parameter]})
            rest[parameter] &= other[parameter]


def boxes(rules: Sequence[Rule], made_up: str, steps: Steps) -> list[Box]:
    """Return the parameters that match each rule's filters.

    A parameter that repeats needs no choice of its own. Only empty filters match it, as with a parameter that
    no filter names.

    :param made_up: a word that none of the rules contains.
    """
    found: list[Box] = []
    queries = _choices("query", [rule.query_filter for rule in rules], made_up)
    forms = _choices("form", [rule.post_filter for rule in rules], made_up)
    for query, form in zip(queries, forms, strict=True):
        box = Box(query | form)
        steps.take(40 + 3 * box.size)
        found.append(box)
    return found


def pairs(point: Point, kind: str) -> Pairs:
    """Return the query parameters of a point, or its form parameters."""
    return tuple((parameter.name, value) for parameter, value in point.items() if parameter.kind == kind)


def _choices(
    kind: str, filters: Sequence[Mapping[str, Matcher]], made_up: str
) -> Iterator[dict[Parameter, Choices]]:
    """Yield the choices that each filter matches."""
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

    anything = {
        parameter: matching(parameter, Matcher(required=False, value=None))
        for parameter in parameters.values()
    }
    for matchers in filters:
        named = {parameters[name]: matcher for name, matcher in matchers.items()}
        yield {parameter: matching(parameter, matcher) for parameter, matcher in named.items()} or anything


class Case(NamedTuple):
    """Wanted: a point of a box that is in none of the others."""

    box: Box
    others: Sequence[Box]


def simplest_point(cases: Iterable[Case], steps: Steps) -> Point | None:
    """Return the point with the fewest parameters that any case has.

    Of all parts of the boxes, take the one with the fewest parameters, and of that the simplest point. If
    this is in no other box, nothing is simpler. If it is, split the part along the ways out of that box.

    :raises ComparisonTooHardError: if the steps do not suffice to find out.
    """
    queue: list[tuple[int, int, Case, Iterator[Box], int]] = []
    order = count(0, -1)  # among parts with equally few parameters, the last that was found comes first

    def put(parts: Iterator[Box], others: Sequence[Box], fewest: int) -> None:
        """Put the first of some parts into the queue. The next follows when that is taken."""
        part = next(parts, None)
        if part is not None:
            steps.take(2 * part.size + len(others) * (1 + len(part.required) // 10))
            heappush(queue, (max(fewest, len(part.required)), next(order), Case(part, others), parts, fewest))

    for box, others in cases:
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
        # A box that agrees on all required parameters is left by a further one only. One leaves so many:
        most = len(around) - min(counts[parameter] for parameter in box)
        further = sum(box.required <= agreement for agreement in agreements)
        put(box.without(nearest, counts), others, len(box.required) + ceil(further / max(most, 1)))
    return None


def _around(point: Point, others: Iterable[Box], steps: Steps) -> list[Box]:
    """Return the boxes that have a point."""
    around = [other for other in others if other.required <= point.keys()]
    for parameter, value in point.items():
        steps.take(len(around))
        around = [other for other in around if value in other[parameter]]
    return around
