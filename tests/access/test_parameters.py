from __future__ import annotations

from itertools import combinations, product
from random import Random
from typing import Any

import pytest

from twilio.task_router import AccessPolicy, ComparisonTooHardError, Request
from twilio.task_router.access import parameters
from twilio.task_router.access.comparison import made_up_word, representatives
from twilio.task_router.access.parameters import (
    Box,
    Choices,
    Parameter,
    Point,
    Search,
    Steps,
    boxes,
    simplest_point,
)
from twilio.task_router.access.rule_index import RuleIndex

URL = "https://taskrouter.twilio.com/v1/Workspaces/WS1/Workers/WK1"
REQUIRED = {"required": True}
OPTIONAL = {"required": False}

NAMES = [Parameter("form", name, ("x", "y", "any")) for name in "ABC"]
CHOICES = (None, "x", "y", "any")
POINTS: list[dict[Parameter, str | None]] = [
    dict(zip(NAMES, values, strict=True)) for values in product(CHOICES, repeat=len(NAMES))
]


def drawn_box(random: Random) -> Box:
    some = random.sample(NAMES, random.randint(1, len(NAMES)))
    return Box({name: frozenset(random.sample(CHOICES, random.randint(1, 4))) for name in some})


def points_of(box: Box) -> list[dict[Parameter, str | None]]:
    """The points of a box, by trying all."""
    left_out: Choices = frozenset({None})
    return [point for point in POINTS if all(point[name] in box.get(name, left_out) for name in NAMES)]


def size_of(point: dict[Parameter, str | None]) -> int:
    return sum(value is not None for value in point.values())


def whole(point: Point) -> dict[Parameter, str | None]:
    return {name: point.get(name) for name in NAMES}


@pytest.fixture
def random() -> Random:
    return Random(1)  # noqa: S311 - to be repeated, not to be secret


class TestBox:
    def test_simplest_point_of_a_box(self, random: Random) -> None:
        for _ in range(300):
            box = drawn_box(random)
            points = points_of(box)
            simplest = whole(box.simplest_point())
            assert simplest in points
            assert size_of(simplest) == min(map(size_of, points))

    def test_common_points_of_boxes(self, random: Random) -> None:
        disjoint = 0
        for _ in range(300):
            one, other = drawn_box(random), drawn_box(random)
            expected = [point for point in points_of(one) if point in points_of(other)]
            common = one.common(other)
            assert (points_of(common) if common is not None else []) == expected
            disjoint += not expected
        assert 50 < disjoint < 250

    def test_parts_of_a_box(self, random: Random) -> None:
        for _ in range(500):
            one, other = drawn_box(random), drawn_box(random)
            if one.common(other) is None:
                continue
            expected = [point for point in points_of(one) if point not in points_of(other)]
            parts = list(one.without(other, dict.fromkeys(NAMES, 0)))
            found = [point for part in parts for point in points_of(part)]
            assert sorted(map(POINTS.index, found)) == sorted(map(POINTS.index, expected))


class TestSimplestPoint:
    def test_fewest_of_all_cases(self, random: Random) -> None:
        nothing_left = 0
        for _ in range(1_000):
            cases = [
                Search(drawn_box(random), [drawn_box(random) for _ in range(random.randint(0, 6))])
                for _ in range(random.randint(0, 2))
            ]
            left = [
                point
                for box, others in cases
                for point in points_of(box)
                if not any(point in points_of(other) for other in others)
            ]
            found = simplest_point(cases, Steps())
            assert (found is None) == (not left)
            if found is not None:
                assert whole(found) in left
                assert size_of(whole(found)) == min(map(size_of, left))
            nothing_left += not left
        assert 100 < nothing_left < 900


class TestSteps:
    def test_one_step_too_many(self) -> None:
        steps = Steps(10)
        steps.take(10)
        with pytest.raises(ComparisonTooHardError, match="cannot be compared within 10,000,000 steps"):
            steps.take(1)


def policy(*filters: Any, **more: Any) -> AccessPolicy:
    return AccessPolicy(
        [{"url": URL, "method": "POST", "allow": True, "post_filter": one} | more for one in filters]
    )


def optional(names: Any) -> dict[str, Any]:
    return {f"P{name}": OPTIONAL for name in names}


def random_filters(seed: int, names: int, filters: int = 60, size: int = 40) -> AccessPolicy:
    random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    return policy(*(optional(random.sample(range(names), size)) for _ in range(filters)))


def pigeonhole(pigeons: int) -> tuple[AccessPolicy, AccessPolicy]:
    """Two policies that differ only if the pigeons fit into one hole less, one in each.

    A parameter that is present puts a pigeon into a hole.
    """
    holes = range(pigeons - 1)
    everything = {f"{pigeon} in {hole}": OPTIONAL for pigeon in range(pigeons) for hole in holes}
    homeless = [
        {name: OPTIONAL for name in everything if not name.startswith(f"{pigeon} in ")}
        for pigeon in range(pigeons)
    ]
    crowded = [
        everything | {f"{one} in {hole}": REQUIRED, f"{other} in {hole}": REQUIRED}
        for one, other in combinations(range(pigeons), 2)
        for hole in holes
    ]
    return policy(everything), policy(*homeless, *crowded)


class Effort:
    """The steps that were counted, and the parameters that were looked at."""

    def __init__(self) -> None:
        self.steps = self.looks = 0


@pytest.fixture
def effort(monkeypatch: pytest.MonkeyPatch) -> Effort:
    effort = Effort()
    take, make, agreement, common = Steps.take, Box.__init__, Box.agreement, Box.common
    at = RuleIndex.at

    def counted_take(self: Steps, steps: int) -> None:
        effort.steps += steps
        take(self, steps)

    def counted_make(self: Box, choices: Any) -> None:
        effort.looks += len(choices)
        make(self, choices)

    def counted_agreement(self: Box, other: Box) -> set[Parameter]:
        effort.looks += 1 + min(len(self), len(other))
        return agreement(self, other)

    def counted_common(self: Box, other: Box) -> Box | None:
        effort.looks += 1 + min(len(self), len(other))
        return common(self, other)

    def counted_at(self: RuleIndex, method: str, prefix: str, wildcard: str) -> Any:
        effort.looks += len(prefix) // 1_000
        return at(self, method, prefix, wildcard)

    monkeypatch.setattr(Box, "common", counted_common)
    monkeypatch.setattr(RuleIndex, "at", counted_at)
    monkeypatch.setattr(Steps, "take", counted_take)
    monkeypatch.setattr(Box, "__init__", counted_make)
    monkeypatch.setattr(Box, "agreement", counted_agreement)
    return effort


LONG = range(0, 30_000, 150)

HARD = {
    "80,000 names": lambda: (policy(optional(range(80_000))), policy(optional(range(1, 80_000)))),
    "1,500 rules with 16,000 names": lambda: (
        policy(*(optional(range(n, n + 20)) for n in range(0, 15_000, 10))),
        policy(*(optional(range(n, n + 19)) for n in range(0, 15_000, 10))),
    ),
    "one of 16,000 names, 1,500 rules on 40 levels": lambda: (
        AccessPolicy(
            [{"url": f"{URL}/**", "method": "POST", "allow": True, "post_filter": optional(range(16_000))}]
        ),
        AccessPolicy(
            [
                {
                    "url": f"{URL}{'/x' * (n % 40)}/**",
                    "method": "POST",
                    "post_filter": optional(range(n, n + 11)),
                }
                for n in range(0, 15_000, 10)
            ]
        ),
    ),
    "one of 16,000 names, 150 rules": lambda: (
        policy(optional(range(16_000))),
        policy(*(optional(range(n, 16_000, 150)) for n in range(150))),
    ),
    "names of one filter, 500 of another kind": lambda: (
        AccessPolicy([*policy(optional(range(20_000))).rules, *policy({}, query_filter={"A": "x"}).rules]),
        policy(*({"B": str(n)} for n in range(500))),
    ),
    "random filters": lambda: (random_filters(1, 45), random_filters(2, 45)),
    "3,000 rules for a URL": lambda: (
        policy(*({"A": str(n)} for n in range(3_000))),
        policy(*({"A": str(n), "B": OPTIONAL} for n in range(3_000))),
    ),
    "3,000 values": lambda: (
        policy({"A": REQUIRED, "B": OPTIONAL}, *({"A": OPTIONAL, f"C{n}": OPTIONAL} for n in range(100))),
        policy(*({"A": str(n)} for n in range(3_000))),
    ),
    "denials": lambda: (
        policy({"A": REQUIRED, "B": OPTIONAL}),
        AccessPolicy([*policy(*({"A": str(n)} for n in range(900)), allow=False).rules, *policy({}).rules]),
    ),
    "long URLs": lambda: (
        AccessPolicy([{"url": URL + "/a" * n, "method": "POST", "allow": True} for n in LONG]),
        AccessPolicy([{"url": URL + "/a" * n + "/**", "method": "DELETE", "allow": True} for n in LONG]),
    ),
    "a puzzle": lambda: pigeonhole(9),
}


class TestEffort:
    """The work, in steps and looks rather than in seconds."""

    @pytest.mark.long
    @pytest.mark.parametrize("name", HARD)
    def test_effort_is_bounded(self, name: str, effort: Effort) -> None:
        one, other = HARD[name]()
        for compare in (lambda: one.beyond(other), lambda: other.beyond(one), one.redundant):
            effort.steps = effort.looks = 0
            try:
                compare()
            except ComparisonTooHardError:
                assert effort.steps > parameters.MOST_STEPS
            # A look is never free. What one step too many asks for is not done any more, or just once.
            assert effort.looks <= effort.steps

    def test_effort_counts_rules(self) -> None:
        """The preparation counts, too, even for rules without a filter."""
        rules = policy(*({} for _ in range(100))).index.rules
        with pytest.raises(ComparisonTooHardError):
            made_up_word(rules, Steps(1_000))
        with pytest.raises(ComparisonTooHardError):
            representatives(rules, "POST", "any", Steps(150))

    def test_effort_counts_numbers(self) -> None:
        named = policy({f"any-{number}": "any" for number in range(1_000)}).index.rules
        with pytest.raises(ComparisonTooHardError):
            made_up_word(named, Steps(2_000))

    def test_effort_counts_texts(self) -> None:
        named = policy({"a" * 100_000: "x"}).index.rules
        with pytest.raises(ComparisonTooHardError):
            made_up_word(named, Steps(1_000))

    def test_equal_filters_are_read_once(self, effort: Effort) -> None:
        rules = [
            {"url": f"{URL}/{n}", "method": "GET", "allow": True, "query_filter": optional(range(50))}
            for n in range(500)
        ]
        assert len(AccessPolicy(rules).beyond(AccessPolicy(rules[1:]))) == 1
        assert AccessPolicy(rules).redundant() == []
        assert effort.looks < 500

    def test_effort_counts_boxes(self) -> None:
        steps = Steps()
        boxes(policy(*(optional(range(n, n + 10)) for n in range(0, 1_000, 10))).index.rules, "any", steps)
        assert parameters.MOST_STEPS - steps.left >= 1_000

    def test_effort_counts_names(self) -> None:
        """A filter's parameters take several steps each, even if nothing looks at them later."""
        steps = Steps()
        boxes(policy(optional(range(1_000))).index.rules, "any", steps)
        assert parameters.MOST_STEPS - steps.left >= 25_000

    def test_effort_counts_parts(self) -> None:
        steps = Steps()
        names = [Parameter("form", str(n), ("any",)) for n in range(1_000)]
        simplest_point([Search(Box(dict.fromkeys(names, frozenset({None, "any"}))), [])], steps)
        assert parameters.MOST_STEPS - steps.left >= 1_000

    def test_effort_counts_denials(self, effort: Effort) -> None:
        ours = policy({"A": "x"} | optional(range(1_000)))
        theirs = policy(
            *({"A": "y", f"B{n}": OPTIONAL} | optional(range(1_000)) for n in range(200)), allow=False
        )
        assert len(ours.beyond(theirs)) == 1
        assert effort.steps >= effort.looks > 200_000
        names = 1_001 + 200 * 1_002  # to be read, and then to be compared with 200 denials
        assert effort.steps >= 28 * names + 200 * 1_000

    def test_narrow_denials_are_easy(self, effort: Effort) -> None:
        """However wide a filter is, only what it has in common with the denials counts."""
        denials = [
            {"url": URL, "method": "POST", "post_filter": optional(range(n, n + 11))}
            for n in range(0, 15_000, 10)
        ]
        (request,) = policy({}).beyond(AccessPolicy(denials))
        assert request == Request("POST", URL)
        assert effort.steps < 4_000_000

    @pytest.mark.parametrize("names", [40, 41, 200, 2_400])
    def test_many_wide_filters_are_easy(self, names: int, effort: Effort) -> None:
        one, other = random_filters(1, names), random_filters(2, names)
        for request in one.beyond(other):
            assert one.decide(request)
            assert not other.decide(request)
        assert one.beyond(one) == []
        one.redundant()
        assert effort.steps < 4_000_000

    def test_wide_filters_are_easy(self, effort: Effort) -> None:
        quarters = policy(*(optional(n for n in range(4_000) if n % 4 != k) for k in range(4)))
        (request,) = policy(optional(range(4_000))).beyond(quarters)
        assert len(request.form) == 4
        assert effort.steps < 700_000

    def test_nested_wildcards_are_easy(self, effort: Effort) -> None:
        rules = [{"url": URL + "/a" * n + "/**", "method": "GET", "allow": True} for n in range(500)]
        assert len(AccessPolicy(rules).beyond(AccessPolicy(rules[1:]))) == 1
        assert AccessPolicy(rules).redundant() == list(range(1, 500))
        assert effort.steps < 500_000

    def test_other_urls_are_easy(self, effort: Effort) -> None:
        rules = [
            {"url": f"{URL}/{n}", "method": "GET", "allow": True, "query_filter": optional([n])}
            for n in range(2_000)
        ]
        assert len(AccessPolicy(rules).beyond(AccessPolicy(rules[1:]))) == 1
        assert effort.steps < 600_000

    def test_idle_choices_are_easy(self, effort: Effort) -> None:
        # Twenty pairs of parameters, each to be satisfied in two ways, and three that cannot be.
        wide = optional(range(43))
        pairs = [wide | {f"P{n}": REQUIRED, f"P{n + 1}": REQUIRED} for n in range(0, 40, 2)]
        triples = [
            optional(range(40)) | {f"P{n}": REQUIRED for n, there in enumerate(choices, 40) if there}
            for choices in product((True, False), repeat=3)
        ]
        assert policy(wide).beyond(policy(*pairs, *triples)) == []
        assert effort.steps < 50_000

    def test_small_puzzle_is_solved(self) -> None:
        new, old = pigeonhole(pigeons=5)
        assert new.beyond(old) == []

    @pytest.mark.long
    def test_puzzle_is_given_up(self) -> None:
        new, old = pigeonhole(pigeons=9)
        with pytest.raises(ComparisonTooHardError, match="cannot be compared within 10,000,000 steps"):
            new.beyond(old)
