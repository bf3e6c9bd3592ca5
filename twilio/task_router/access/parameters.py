"""The parameters of all requests, as far as the filters of some rules can tell them apart.

A filter says something about each parameter on its own, so the requests that it matches are a box: some
choices for each parameter, in every combination. What one rule lets through and others do not is one box
without some others. Whether a point is left there is a hard question in general (it is satisfiability), but
an easy one for the filters that people write.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from twilio.task_router.rule import Matcher, Rule

#: Pairs of a name and a value.
Pairs: TypeAlias = tuple[tuple[str, str], ...]

#: Wanted: a point of the first box that is in none of the others.
Case: TypeAlias = "tuple[int, Sequence[int]]"

#: How many steps a comparison may take, which is a second or two. A step holds one box against another.
MOST_STEPS = 2_000_000
#: How many steps more it may take, once a point is found, to find one with fewer parameters.
_STEPS_FOR_FEWER = 3_000


class ComparisonTooHardError(ValueError):
    """Two access policies cannot be compared in reasonable time.

    That takes about a thousand rules with filters for the same URL, or a hundred or more whose filters are a
    puzzle: so many of them each exclude a few combinations of parameters that only trying would tell whether
    one is left. Rules without a filter and rules for different URLs do no harm in any number.
    """

    def __init__(self) -> None:
        super().__init__(f"the rules' filters cannot be compared within {MOST_STEPS:,} steps")

    def __reduce__(self) -> tuple[type[ComparisonTooHardError], tuple[()]]:
        return (type(self), ())


class Steps:
    """How many steps a search may still take."""

    def __init__(self, left: int = MOST_STEPS) -> None:
        self.left = left

    def take(self, steps: int) -> None:
        """Count steps.

        :raises ComparisonTooHardError: if no more were left.
        """
        self.left -= steps
        if self.left < 0:
            raise ComparisonTooHardError


class _Parameter(NamedTuple):
    """A parameter that some filter mentions, or one that stands for all others."""

    name: str
    #: The values that filters mention, then one that none mentions.
    values: tuple[str, ...]
    #: Where its bits start in a box: the first means "absent", the others a value each.
    offset: int

    @property
    def guard(self) -> int:
        """The place of its guard bit."""
        return self.offset + 1 + len(self.values)

    @property
    def absent(self) -> int:
        """The choice to leave it out."""
        return 1 << self.offset

    @property
    def present(self) -> int:
        """All choices but to leave it out."""
        return (1 << self.guard) - 2 * self.absent

    def matching(self, matcher: Matcher) -> int:
        """Return the choices that a matcher accepts."""
        values = self.present
        if matcher.value is not None:
            values = self.absent << 1 + self.values.index(matcher.value)
        return values if matcher.required else values | self.absent


class _Fields:
    """The fields of the query's or the form's parameters, from one bit to another.

    :param filters: the filters that say which parameters and values are to be told apart.
    :param made_up: a word that none of them contains.
    :param offset: where the bits start.
    """

    def __init__(self, filters: Iterable[Mapping[str, Matcher]], made_up: str, offset: int) -> None:
        values: dict[str, dict[str, None]] = {}
        for matchers in filters:
            for name, matcher in matchers.items():
                mentioned = values.setdefault(name, {})
                if matcher.value is not None:
                    mentioned[matcher.value] = None
        values[made_up] = {}
        self.parameters: dict[str, _Parameter] = {}
        self.absent = self.guards = 0
        for name, mentioned in values.items():
            parameter = _Parameter(name, (*mentioned, made_up), offset)
            self.parameters[name] = parameter
            self.absent |= parameter.absent
            self.guards |= 1 << parameter.guard
            offset = parameter.guard + 1
        #: Where the bits end.
        self.end = offset

    def matching(self, matchers: Mapping[str, Matcher]) -> int:
        """Return the choices that a filter matches."""
        if not matchers:
            return self.guards - self.absent
        choices = self.absent
        for name, matcher in matchers.items():
            parameter = self.parameters[name]
            choices += parameter.matching(matcher) - parameter.absent
        return choices

    def pairs(self, point: int) -> Pairs:
        """Return the parameters of a point."""
        return tuple(
            (parameter.name, value)
            for parameter in self.parameters.values()
            for at, value in enumerate(parameter.values, 1)
            if point >> parameter.offset + at & 1
        )


class ParameterSpace:
    """The boxes of some rules, and a search for points in them.

    A box is one ``int``. Each parameter has a field of bits: "absent", each value that a filter mentions, and
    any other value. The bits that are set are the box's choices. A point is a box with one choice in each
    field. Behind each field is a guard bit, which is 0, so that one subtraction tells which fields are empty.

    A parameter that repeats needs no bit of its own. Only empty filters match it, as with a parameter that no
    filter mentions.

    :param rules: the rules.
    :param made_up: a word that none of them contains.
    :param steps: how many steps all searches together may take.
    """

    def __init__(self, rules: Sequence[Rule], made_up: str, steps: Steps) -> None:
        self._query = _Fields([rule.query_filter for rule in rules], made_up, 0)
        self._form = _Fields([rule.post_filter for rule in rules], made_up, self._query.end)
        self._count = len(self._query.parameters) + len(self._form.parameters)
        self._absent = self._query.absent | self._form.absent
        self._guards = self._query.guards | self._form.guards
        self._steps = steps
        steps.take(self._count)

    def box(self, rule: Rule) -> int:
        """Return the parameters that match a rule's filters."""
        return self._query.matching(rule.query_filter) | self._form.matching(rule.post_filter)

    def overlap(self, one: int, other: int) -> bool:
        """Return whether two boxes have a point in common."""
        return self._filled(one & other) == self._guards

    def pairs(self, point: int) -> tuple[Pairs, Pairs]:
        """Return the query parameters and the form parameters of a point."""
        return self._query.pairs(point), self._form.pairs(point)

    def has_point(self, cases: Iterable[Case]) -> bool:
        """Return whether any case has a point.

        :raises ComparisonTooHardError: if the steps do not suffice to find out.
        """
        return any(self._search(box, others, math.inf, self._steps) is not None for box, others in cases)

    def simplest_point(self, cases: Iterable[Case]) -> int | None:
        """Return the point with the fewest parameters that any case has.

        If the steps for that do not suffice, return one that has more.

        :raises ComparisonTooHardError: if the steps do not suffice to find out whether there is one.
        """
        simplest = None
        for box, others in cases:
            if simplest is None:
                simplest = self._search(box, others, math.inf, self._steps)
            if simplest is not None:
                simplest = self._with_fewer(box, others, simplest)
        return simplest

    def _with_fewer(self, box: int, others: Sequence[int], point: int) -> int:
        """Return a point with fewer parameters than this one if a search finds one soon, or else this one."""
        steps = Steps(_STEPS_FOR_FEWER)
        with suppress(ComparisonTooHardError):
            while (simpler := self._search(box, others, self._size(point) - 1, steps)) is not None:
                point = simpler
        return point

    def _search(self, box: int, others: Sequence[int], most: float, steps: Steps) -> int | None:
        """Return a point of a box that is in none of the others and has at most so many parameters.

        Find the other box that leaves the fewest ways out of it, and try one way after the other.
        """
        left_for: dict[tuple[frozenset[int], int], float] = {}
        states = [(box, others)]
        while states:
            box, others = states.pop()
            steps.take(1 + len(others))
            left = most - self._size(box)
            if left < 0:
                continue
            if left == 0:
                box = self._without_more(box)
            others = [one for one in others if self.overlap(box, one)]
            simplest = box & ~((box | self._guards) - self._absent)  # the first choice of each field
            if not any(simplest & one == simplest for one in others):
                return simplest
            ways_out = [box & ~one for one in others]
            if not all(ways_out):
                continue
            # What is to come depends on nothing but this.
            state = (frozenset(ways_out), self._still_open(box, ways_out))
            if left_for.get(state, -1) >= left:
                continue
            left_for[state] = left
            fewest = min(ways_out, key=lambda ways: self._filled(ways).bit_count())
            states += [(smaller, others) for smaller in self._split(box, fewest, others, steps)]
        return None

    def _split(self, box: int, ways_out: int, others: Sequence[int], steps: Steps) -> list[int]:
        """Split a box into parts that each take another of some ways out, the most promising one last."""
        ways = []
        for field in self._fields(ways_out):
            steps.take(len(others))
            way = ways_out & field
            costs = way & self._absent == 0 and box & field & self._absent != 0
            ways.append((not costs, sum(not one & way for one in others), way, field))
        ways.sort(reverse=True)
        parts = []
        for _, _, way, field in ways:
            parts.append(box & ~field | way)
            box &= ~way
        return parts[::-1]

    def _size(self, box: int) -> int:
        """Return how many parameters each point of a box has at least."""
        return self._count - (box & self._absent).bit_count()

    def _filled(self, bits: int) -> int:
        """Return the guard bits of the fields in which any bit is set."""
        return ((bits | self._guards) - self._absent) & self._guards

    def _without_more(self, box: int) -> int:
        """Return the part of a box without the parameters that may be absent."""
        absent = box & self._absent
        return box & ~(self._optional(box) - absent) | absent

    def _optional(self, box: int) -> int:
        """Return the guard bits of the fields that may be absent."""
        return (self._guards - self._absent + (box & self._absent)) & self._guards

    def _still_open(self, box: int, ways_out: Iterable[int]) -> int:
        """Return the guard bits of the fields that may be absent and that a way out goes through."""
        together = 0
        for ways in ways_out:
            together |= ways
        return self._filled(together) & self._optional(box)

    def _fields(self, bits: int) -> Iterator[int]:
        """Yield the whole fields in which any bit is set."""
        while bits:
            lowest = bits & -bits
            guard = self._guards & -lowest
            first = 1 << (self._absent & 2 * lowest - 1).bit_length() - 1
            field = (guard & -guard) - first
            yield field
            bits &= ~field
