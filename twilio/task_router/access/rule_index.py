"""An index of rules by method and URL, to find those that cover a request.

Source: Twilio, "Constructing JWTs", https://www.twilio.com/docs/taskrouter/js-sdk-v1/workspace/constructing-jwts
If that page is ambiguous, we follow its examples and the SDKs' own rules; failing those, we deny.
"""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from .mistaken_url import mistake_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twilio.task_router.rule import Rule

    from .mistaken_url import Mistake

#: Segments that wildcards never match: the empty one, and those that lead elsewhere.
_IMPROPER_SEGMENTS = frozenset({"", ".", ".."})


class RuleIndex:
    """The rules of an access policy, looked up by walking up a request's URL.

    The URL itself is tried first, then ``URL/**``, ``parent/*``, ``parent/**``, ``grandparent/**`` and so
    on. This is the order of specificity: the longer path, then a literal before ``/*`` before ``/**``. The
    time for a look-up grows with the length of the URL, not with the number of rules.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules

    # Sorted on first use: a program that verifies a token may never look up a request.

    @cached_property
    def _indexes(self) -> dict[tuple[str, str, str], list[int]]:
        # Keyed by the prefix and the wildcard, not by the pattern, since a URL itself may end in "/*".
        indexes_of: dict[tuple[str, str, str], list[int]] = {}
        for index, rule in enumerate(self.rules):
            indexes_of.setdefault((rule.method, *rule.prefix_and_wildcard), []).append(index)
        for indexes in indexes_of.values():
            # A rule with a filter is more specific than one without; of equal rules, one that denies decides.
            indexes.sort(key=lambda index: (not self.rules[index].has_filter, self.rules[index].allow))
        return indexes_of

    @cached_property
    def _lengths(self) -> set[int]:
        """The lengths of all prefixes. A long URL's prefixes of other lengths need no look-up."""
        return {len(prefix) for _, prefix, _ in self._indexes}

    @cached_property
    def mistaken(self) -> dict[int, Mistake]:
        """The mistakes in URLs of rules that match no sensible request, by the rules' indexes."""
        mistakes = ((index, mistake_in(rule.url)) for index, rule in enumerate(self.rules))
        return {index: mistake for index, mistake in mistakes if mistake is not None}

    @cached_property
    def _shortest(self) -> int:
        """The length of the shortest prefix, above which no rule can be found."""
        return min(self._lengths, default=sys.maxsize)

    def covering(self, method: str, url: str) -> Iterator[int]:
        """Yield the indexes of the rules for this method that cover this URL, the most specific first."""
        yield from self.at(method, url, "")
        yield from self.at(method, url, "/**")
        wildcards: tuple[str, ...] = ("/*", "/**")
        end = len(url)
        if url.endswith("/"):  # one trailing slash does not matter to /**
            wildcards = ("/**",)
            end -= 1
            yield from self.at(method, url[:end], "/**")
        for prefix_end in _slashes_between(url, self._shortest, end):
            if url[prefix_end + 1 : end] in _IMPROPER_SEGMENTS:
                return
            if prefix_end in self._lengths:
                prefix = url[:prefix_end]
                for wildcard in wildcards:
                    yield from self.at(method, prefix, wildcard)
            wildcards = ("/**",)
            end = prefix_end

    def above(self, method: str, url: str) -> Iterator[tuple[int, bool]]:
        """Yield the rules for this method whose URL, without its wildcard, is above this one.

        Each comes as its index, and whether a wildcard could match the segments between the two URLs.
        """
        proper, end = True, len(url)
        for prefix_end in _slashes_between(url, self._shortest, end):
            proper = proper and url[prefix_end + 1 : end] not in _IMPROPER_SEGMENTS
            end = prefix_end
            if prefix_end in self._lengths:
                for wildcard in ("", "/*", "/**"):
                    for index in self.at(method, url[:prefix_end], wildcard):
                        yield index, proper

    def just_below(self, method: str, url: str) -> Sequence[int]:
        """Return the indexes of the rules for this method with a literal URL one segment below this one."""
        return self._literals_by_parent.get((method, url), ())

    @cached_property
    def _literals_by_parent(self) -> dict[tuple[str, str], list[int]]:
        by_parent: dict[tuple[str, str], list[int]] = {}
        for (method, prefix, wildcard), indexes in self._indexes.items():
            if not wildcard:
                by_parent.setdefault((method, prefix.rpartition("/")[0]), []).extend(indexes)
        return by_parent

    def at(self, method: str, prefix: str, wildcard: str) -> Sequence[int]:
        """Return the indexes of the rules with exactly this method and pattern."""
        return self._indexes.get((method, prefix, wildcard), ())


def _slashes_between(url: str, start: int, end: int) -> Iterator[int]:
    """Yield the positions of the slashes in a part of a URL, from the end to the start."""
    while (end := url.rfind("/", start, end)) >= 0:
        yield end
