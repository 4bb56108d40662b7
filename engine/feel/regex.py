"""Regular expressions of XPath 3.1 (XQuery and XPath Functions, 5.6.1), as the FEEL functions `matches`, `replace` and `split` use them.

Python's `re` speaks another dialect and can run for ever on `(a+)+$`. Here a pattern becomes a small program; the matcher remembers which
pair of instruction and position has failed, so its time is at most program size times text length. Only back-references need plain
backtracking; for those, and for everything else, the number of steps is limited.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeAlias

from engine.feel.budget import BudgetError
from engine.feel.regexsyntax import MAX_PROGRAM, Builder, Flags
from engine.feel.values import Faulty

if TYPE_CHECKING:
    from collections.abc import Iterator

Captures: TypeAlias = "tuple[int, ...]"


class Pattern:
    """A compiled regular expression."""

    def __init__(self, source: str, flags: Flags) -> None:
        builder = Builder(source, flags)
        self.program = builder.build()
        self.groups = builder.groups
        self.multiline = flags.multiline
        self.ignore_case = flags.ignore_case
        self.remembers = not builder.has_back_reference

    def search(self, text: str, start: int, budget: list[int]) -> Captures | None:
        """The leftmost match from a position: start and end of the whole and of each group (-1 if unset).

        `budget` holds the steps left and is counted down; raises BudgetError at zero.
        """
        failed: set[int] = set()
        for position in range(start, len(text) + 1):
            found = self._match(text, position, failed, budget)
            if found is not None:
                return found
        return None

    def _match(self, text: str, start: int, failed: set[int], budget: list[int]) -> Captures | None:
        program, size, length = self.program, len(self.program), len(text)
        stack: list[tuple[int, int, Captures]] = [(0, start, (start, -1) + (-1, -1) * self.groups)]
        while stack:
            place, position, captures = stack.pop()
            while True:
                budget[0] -= 1
                if budget[0] < 0:
                    raise BudgetError("Der reguläre Ausdruck braucht zu viele Schritte.")
                if self.remembers:
                    key = position * size + place
                    if key in failed:
                        break
                    failed.add(key)
                step = program[place]
                kind = step.kind
                if kind == "char":
                    if position >= length or step.test is None or not step.test(text[position]):
                        break
                    position += 1
                    place += 1
                elif kind == "split":
                    stack.append((step.second, position, captures))
                    place = step.first
                elif kind == "jump":
                    place = step.first
                elif kind == "save":
                    captures = (*captures[: step.first], position, *captures[step.first + 1 :])
                    place += 1
                elif kind == "match":
                    return (start, position, *captures[2:])
                elif kind == "back":
                    begin, end = captures[2 * step.first], captures[2 * step.first + 1]
                    part = text[begin:end] if end >= 0 else ""
                    found = text[position : position + len(part)]
                    if found != part and not (self.ignore_case and found.casefold() == part.casefold()):
                        break
                    position += len(part)
                    place += 1
                elif self._anchored(kind, text, position):
                    place += 1
                else:
                    break
        return None

    def _anchored(self, kind: str, text: str, position: int) -> bool:
        if kind == "start":
            return position == 0 or (self.multiline and text[position - 1] == "\n" and position < len(text))
        return position == len(text) or (self.multiline and text[position] == "\n")

    def find_all(self, text: str, budget: list[int]) -> Iterator[Captures]:
        """All matches from left to right that do not overlap."""
        position = 0
        while position <= len(text):
            found = self.search(text, position, budget)
            if found is None:
                return
            yield found
            position = found[1] if found[1] > found[0] else found[1] + 1


@functools.lru_cache(maxsize=512)
def compiled(source: str, flags: str) -> Pattern:
    """The pattern of a text and flags such as `si`; raises Faulty with the reason."""
    if len(source) > MAX_PROGRAM:
        raise Faulty("Der reguläre Ausdruck ist zu groß.")
    return Pattern(source, Flags.read(flags))


def matches(text: str, source: str, flags: str, budget: list[int]) -> bool:
    """Whether the pattern occurs in the text. Raises Faulty, or BudgetError when the steps in `budget` are spent."""
    return compiled(source, flags).search(text, 0, budget) is not None


def replace(text: str, source: str, replacement: str, flags: str, budget: list[int]) -> str:
    """The text with every match replaced; `$1` stands for a group. Raises Faulty or BudgetError."""
    pattern = compiled(source, flags)
    longest = 4 * budget[0]
    if pattern.search("", 0, budget) is not None:
        raise Faulty("Der reguläre Ausdruck passt auf den leeren Text.")
    parts = [replacement] if "q" in flags else _replacement_parts(replacement, pattern.groups)
    result: list[str] = []
    position = size = 0
    for found in pattern.find_all(text, budget):
        result.append(text[position : found[0]])
        for part in parts:
            piece = part if isinstance(part, str) else _group(text, found, part)
            result.append(piece)
            size += len(piece)
        if size > longest:
            raise BudgetError("Der ersetzte Text wird zu lang.")
        position = found[1]
    return "".join(result) + text[position:]


def _group(text: str, found: Captures, number: int) -> str:
    return text[found[2 * number] : found[2 * number + 1]] if found[2 * number + 1] >= 0 else ""


def _replacement_parts(replacement: str, groups: int) -> list[str | int]:
    parts: list[str | int] = []
    at = 0
    while at < len(replacement):
        char = replacement[at]
        following = replacement[at + 1 : at + 2]
        if char == "\\":
            if following not in {"\\", "$"}:
                raise Faulty("Im Ersatztext steht \\ nur vor \\ oder $.")
            parts.append(following)
            at += 2
        elif char == "$":
            if not (following and following in "0123456789"):
                raise Faulty("Im Ersatztext folgt auf $ die Nummer einer Gruppe.")
            number, at = int(following), at + 2
            while at < len(replacement) and replacement[at] in "0123456789" and number * 10 + int(replacement[at]) <= groups:
                number, at = number * 10 + int(replacement[at]), at + 1
            parts.append(number if number <= groups else "")
        else:
            parts.append(char)
            at += 1
    return parts


def split(text: str, source: str, budget: list[int]) -> list[str]:
    """The parts of the text between the matches. Raises Faulty or BudgetError."""
    pattern = compiled(source, "")
    if pattern.search("", 0, budget) is not None:
        raise Faulty("Das Trennzeichen passt auf den leeren Text.")
    parts: list[str] = []
    position = 0
    for found in pattern.find_all(text, budget):
        parts.append(text[position : found[0]])
        position = found[1]
    return [*parts, text[position:]]
