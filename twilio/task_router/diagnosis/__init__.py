"""Diagnoses of tokens and refused requests: the problems, and the fixes."""
