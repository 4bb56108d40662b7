"""Regular expressions of form documents, limited to those that answer in bounded time.

Python's matcher backtracks. A pattern such as ``(a+)+$`` takes longer than the age of the universe on 50 characters,
and a form is uploaded by people. So a pattern is measured before it is used: the number of ways in which its variable
parts can share a value is at most ``MAX_WAYS``.
"""

from __future__ import annotations

import re
import re._parser as sre  # type: ignore[import-not-found, unused-ignore]  # private in CPython; typeshed does not list it
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PATTERN = 500
MAX_VALUE = 200
MAX_WAYS = 10_000_000

_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_PLAIN = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "CATEGORY", "RANGE", "NEGATE"})


class UnsafePatternError(ValueError):
    """The pattern is no regular expression, or one that can take too long; the message is a German clause."""


@lru_cache(maxsize=1024)
def compile_pattern(text: str) -> re.Pattern[str]:
    r"""Compile a pattern as JavaScript means it (``\d`` and ``\w`` are ASCII).

    Raises:
        UnsafePatternError: if the pattern is wrong, uses look-around or references, or can backtrack without bound.
    """
    if len(text) > MAX_PATTERN:
        raise UnsafePatternError(f"es ist länger als {MAX_PATTERN} Zeichen")
    try:
        parsed = sre.parse(text, re.ASCII)
        # Without an anchor the search begins again at each character.
        ways = _ways(parsed) * (1 if str(next(iter(parsed), ("", ""))[1]) == "AT_BEGINNING" else MAX_VALUE)
        pattern = re.compile(text, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsafePatternError("es ist kein gültiger regulärer Ausdruck") from error
    if ways > MAX_WAYS:
        raise UnsafePatternError("seine Prüfung kann zu lange dauern. Beginnen Sie es mit „^“ und nehmen Sie weniger veränderliche Teile")
    return pattern


def matches(text: str, value: str) -> bool:
    """Whether the pattern occurs in the value; longer values than ``MAX_VALUE`` never match."""
    return len(value) <= MAX_VALUE and compile_pattern(text).search(value) is not None


def _ways(nodes: Iterable[Any]) -> int:
    """Upper bound of the ways in which the variable parts of a sequence can share ``MAX_VALUE`` characters."""
    ways = 1
    for operator, argument in nodes:
        name = str(operator)
        if name in _PLAIN:
            continue
        if name in _REPEATS:
            ways *= _ways_of_repeat(argument)
        elif name == "SUBPATTERN":
            ways *= _ways(argument[3])
        elif name == "ATOMIC_GROUP":
            ways *= _ways(argument)
        elif name == "BRANCH":
            ways *= sum(_ways(branch) for branch in argument[1])
        else:
            raise UnsafePatternError("Rückbezüge und Vorausschau sind nicht erlaubt")
        if ways > MAX_WAYS:
            return ways
    return ways


def _ways_of_repeat(argument: tuple[Any, Any, Any]) -> int:
    low, high, body = int(argument[0]), int(argument[1]), argument[2]
    inner = _ways(body)
    if high <= 1:
        return inner * (high - low + 1)
    # A repeated part that is itself variable can share its text in exponentially many ways.
    if inner > 1:
        raise UnsafePatternError("ein wiederholter Teil enthält selbst einen veränderlichen Teil")
    return min(high, MAX_VALUE) - min(low, MAX_VALUE) + 1
