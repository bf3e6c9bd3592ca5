"""Answers about a token or a refused request: what is wrong, and what would mend it."""
