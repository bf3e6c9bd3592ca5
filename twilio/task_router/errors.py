"""The errors of policy rules and of their comparison."""

from __future__ import annotations


class InvalidRuleError(ValueError):
    """A policy rule is malformed.

    :param index: the rule's index in the list, from 0.
    :param problem: the problem, in words.
    """

    def __init__(self, index: int, problem: str) -> None:
        super().__init__(index, problem)
        #: The rule's index in the list, from 0.
        self.index = index
        #: The problem, in words.
        self.problem = problem

    def __str__(self) -> str:
        return f"policy rule {self.index}: {self.problem}"


class ConflictingRulesError(ValueError):
    """Two policy rules differ only in ``allow``. TaskRouter refuses tokens with such rules.

    :param first: the index of one rule in the list, from 0.
    :param second: the index of the other.
    :param rule: the method and URL of both.
    """

    def __init__(self, first: int, second: int, rule: str) -> None:
        super().__init__(first, second, rule)
        #: The indexes of the two rules in the list, from 0.
        self.indexes = (first, second)
        self._rule = rule

    def __str__(self) -> str:
        first, second = self.indexes
        return f"policy rules {first} and {second} conflict: one allows and one denies {self._rule}"


class ComparisonTooHardError(ValueError):
    """The rules of access policies cannot be compared within about two seconds.

    This takes about a thousand rules with filters for the same URL, a hundred thousand rules for different
    URLs, or dozens of rules whose filters form a puzzle: each excludes a few combinations of dozens of
    parameters, and only trying would show whether one is left. No token's rules without a filter cause this
    error, since a token has at most 65,536 characters.
    """
