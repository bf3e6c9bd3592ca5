"""Strategies of which some come more often than others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping


def weighted(weights: Mapping[st.SearchStrategy[Any], int]) -> st.SearchStrategy[Any]:
    """Return a mixture. (``st.one_of`` draws from all equally often, even if it is given one twice.)"""
    choices = [strategy for strategy, weight in weights.items() for _ in range(weight)]

    @st.composite
    def draw_one(draw: st.DrawFn) -> Any:
        return draw(choices[draw(st.integers(0, len(choices) - 1))])

    return draw_one()
