"""Limits of one evaluation, so that no expression of a model can stop the service."""

from __future__ import annotations

from dataclasses import dataclass


class BudgetError(Exception):
    """A limit is reached; becomes an ExpressionError with the text of the expression at the outermost call."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much one evaluation may do.

    Attributes:
        steps: loop turns, list elements looked at, function calls.
        depth: nested calls of functions that the expression defines.
        text: characters of one string.
        items: elements of one list or one iteration range.
        levels: lists and contexts inside each other.
        nodes: values in one list or context at all levels, written out in full (a long string counts as several).
        regex_steps: states a regular expression may visit.
    """

    steps: int = 500_000
    depth: int = 60
    text: int = 200_000
    items: int = 100_000
    levels: int = 100
    nodes: int = 300_000
    regex_steps: int = 300_000


DEFAULT = Budget()
MAX_SOURCE = 50_000
"""Characters of one expression."""
MAX_NESTING = 80
"""Nested brackets, calls, conditions and paths of one expression."""
