"""Compare two access policies by trying every request of a small world. The second opinion decides.

The world is rich enough: it has a request for whatever two drawn policies can tell apart. Of the requests
that the same rules match, one is tried.
"""

from __future__ import annotations

import itertools
import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from tests.judges import second_opinion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Pairs = tuple[tuple[str, str], ...]

# No rule has the segment "z", the name "Z" or the value "o".
_SEGMENTS = ("a", "b", "z", "", "..")
URLS = [
    url
    for start in ("https://t", "https:/")
    for depth in range(5)
    for segments in itertools.product(_SEGMENTS, repeat=depth)
    if second_opinion.is_whole(url := "/".join([start, *segments]))
] + [f"https://t/{path}" for path in ("*/a", "*/a/", "**/a", "**/a/z", "**/a/z/")]
_NAMES = ("A", "B", "C")
_ONCE: list[Pairs] = [
    tuple((name, value) for name, value in zip(_NAMES, values, strict=True) if value is not None)
    for values in itertools.product((None, "x", "", "o"), repeat=len(_NAMES))
]
#: From few parameters to many: each name absent, with each value, or twice, and with an unknown one.
PARAMETERS: list[Pairs] = sorted(
    [
        *_ONCE,
        *((*pairs, ("Z", "o")) for pairs in _ONCE),
        *((*pairs, pairs[0]) for pairs in _ONCE if pairs),
    ],
    key=len,
)


url_matches = cache(second_opinion.url_matches)


@cache
def urls_of(pattern: str) -> int:
    """Which URLs a pattern matches: a bit for each."""
    return _bits(second_opinion.url_matches(pattern, url) for url in URLS)


@cache
def filter_matches(wanted: str, pairs: tuple[tuple[str, str], ...]) -> bool:
    return second_opinion.filter_matches(json.loads(wanted), list(pairs))


@cache
def parameters_of(wanted: str) -> int:
    """Which parameters a filter, written as JSON, matches: a bit for each."""
    return _bits(filter_matches(wanted, pairs) for pairs in PARAMETERS)


def filters_of(rule: dict[str, Any]) -> tuple[str, str]:
    return json.dumps(rule.get("query_filter")), json.dumps(rule.get("post_filter"))


def _bits(answers: Iterable[bool]) -> int:
    return sum(1 << place for place, answer in enumerate(answers) if answer)


def _kinds(count: int, sets: Iterable[int]) -> list[int]:
    """One place of each kind that these sets tell apart, the first of its kind."""
    kinds = [(1 << count) - 1]
    for one in set(sets):
        kinds = [part for kind in kinds for part in (kind & one, kind & ~one) if part]
    return [(kind & -kind).bit_length() - 1 for kind in kinds]


class World:
    """All requests, as far as the rules of two policies tell them apart."""

    def __init__(self, *policies: list[dict[str, Any]]) -> None:
        self._rules = [rule for policy in policies for rule in policy]

    def requests(self, url: str | None = None) -> Iterator[tuple[str, str, Pairs, Pairs]]:
        """One request of each kind; for one URL, those with the fewest parameters of each kind."""
        for method in sorted({rule["method"] for rule in self._rules}):
            rules = [rule for rule in self._rules if rule["method"] == method]
            urls = [URLS[at] for at in _kinds(len(URLS), (urls_of(rule["url"]) for rule in rules))]
            for one in urls if url is None else [url]:
                filters = [filters_of(rule) for rule in rules if url_matches(rule["url"], one)]
                queries, forms = (
                    [PARAMETERS[at] for at in _kinds(len(PARAMETERS), map(parameters_of, kind))]
                    for kind in (zip(*filters, strict=True) if filters else ((), ()))
                )
                for query, form in itertools.product(queries, forms):
                    yield method, one, query, form


class Decisions:
    """A policy's decisions about requests, by the second opinion."""

    def __init__(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules
        self._parts = [(rule["method"], rule["url"], *filters_of(rule)) for rule in rules]
        self._known: dict[tuple[int, ...], tuple[bool, int | None]] = {}

    def of(self, method: str, url: str, query: Pairs, form: Pairs) -> tuple[bool, int | None]:
        """Whether a request is allowed, and the place of the first rule of those that decide."""
        matching = tuple(
            place
            for place, (of_method, pattern, query_filter, post_filter) in enumerate(self._parts)
            if of_method == method
            and url_matches(pattern, url)
            and filter_matches(query_filter, query)
            and filter_matches(post_filter, form)
        )
        if matching not in self._known:
            self._known[matching] = self._decide(matching)
        return self._known[matching]

    def _decide(self, matching: tuple[int, ...]) -> tuple[bool, int | None]:
        if not matching:
            return False, None
        best = second_opinion.most_specific([self._rules[place] for place in matching])
        first = next(place for place in matching if any(self._rules[place] is one for one in best))
        return all(rule.get("allow", False) for rule in best), first


class Drawn:
    """Two policies, drawn so that they are often alike."""

    _ON_THE_HOST = ("a?A=x", "a#b", "a#b/**", "*/a", "**/a/*")
    _PATTERNS = (
        *(f"https://t/{path}" for path in _ON_THE_HOST),
        *("https://*", "https://**", "https://a/**", "https:///**", "https:/**", "/*", "/a/**", "*", "t/**"),
    )

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._rich = self._random.choice(("urls", "parameters", "both"))
        while True:
            self.one = [self._rule() for _ in range(self._random.randint(1, 5))]
            self.other = self._near(self.one)
            if self._random.random() < 0.3:
                self.one, self.other = self.other, self.one
            if not any(map(second_opinion.in_direct_conflict, (self.one, self.other))):
                return

    def _rule(self) -> dict[str, Any]:
        method = "GET" if self._random.random() < 0.9 else "POST"
        drawn: dict[str, Any] = {"url": self._url(), "method": method}
        if self._random.random() < 0.95:
            drawn["allow"] = self._random.random() < 0.7
        for key in ("query_filter", "post_filter"):
            if self._random.random() < (0.15 if self._rich == "urls" else 0.5):
                drawn[key] = self._filter()
        return drawn

    def _url(self) -> str:
        if self._random.random() < 0.04:
            return self._random.choice(self._PATTERNS)
        segments = ["https://t"]
        if self._rich != "parameters":
            segments += self._random.choices(
                ("a", "b", "", ".."), weights=(8, 4, 1, 1), k=self._random.randint(0, 2)
            )
        return "/".join([*segments, *self._random.choice(((), (), ("*",), ("**",), ("**",)))])

    def _filter(self) -> dict[str, Any]:
        names = self._random.sample(_NAMES, self._random.choice((0, 1, 1, 2, 2, 3)))
        return {name: self._matcher() for name in names}

    def _matcher(self) -> Any:
        return self._random.choice(
            (
                "x",
                "",
                {},
                {"required": True},
                {"required": False},
                {"required": False, "value": "x"},
                {"required": True, "value": ""},
                {"value": "x"},
            )
        )

    def _near(self, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same rules, some of them changed, left out, added or moved."""
        near: list[dict[str, Any]] = []
        for rule in rules:
            change = self._random.random()
            if change < 0.1:
                continue
            if change < 0.2:
                near.append(rule | {"url": self._url()})
            elif change < 0.3:
                near.append(rule | {self._random.choice(("query_filter", "post_filter")): self._filter()})
            elif change < 0.35:
                near.append(rule | {"allow": not rule.get("allow", False)})
            else:
                near.append(dict(rule))
        near += [self._rule() for _ in range(self._random.choice((0, 0, 1, 1, 2)))]
        if self._random.random() < 0.5:
            self._random.shuffle(near)
        return near
