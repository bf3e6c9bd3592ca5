"""Sentences for people, and the clauses of which they are made: no capital, no full stop."""

from __future__ import annotations


def sentence(clause: str) -> str:
    """Return a clause as a sentence."""
    return f"{clause[0].upper()}{clause[1:]}."


def clause(sentence: str) -> str:
    """Return a sentence as a clause."""
    return f"{sentence[0].lower()}{sentence[1:].removesuffix('.')}"
