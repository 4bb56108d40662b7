"""Strings: DMN 1.5, 10.3.4.3. Positions count code points and begin with 1; negative ones count from the end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from engine.feel import regex
from engine.feel.builtins.registry import Registry
from engine.feel.values import INT_LIMIT, Faulty, Value, value_text, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.feel.scope import Run

REGISTRY: Final = Registry()
add = REGISTRY.add


@add("string", "from: any", result="string", with_run=True)
def string(run: Run, value: Value) -> Value:
    """Any value as text; null stays null."""
    if value is None:
        return None
    text = value_text(value)
    run.check_text(len(text))
    return text


@add("substring", "string: string, start position: number, length?: number?", result="string")
def substring(text: str, start: Value, length: Value = None) -> Value:
    """A part of a text."""
    place = int(min(max(start, -INT_LIMIT), INT_LIMIT))
    if place == 0 or abs(place) > len(text):
        raise Faulty(f"Der Text hat keine Stelle {place}.")
    begin = place - 1 if place > 0 else len(text) + place
    if length is None:
        return text[begin:]
    if length < 1:
        raise Faulty("Die Länge ist mindestens 1.")
    return text[begin : begin + int(min(length, INT_LIMIT))]


@add("string length", "string: string", result="number")
def string_length(text: str) -> Value:
    """The number of characters."""
    return len(text)


@add("upper case", "string: string", result="string")
def upper_case(text: str) -> Value:
    """The text in capitals."""
    return text.upper()


@add("lower case", "string: string", result="string")
def lower_case(text: str) -> Value:
    """The text in small letters."""
    return text.lower()


@add("substring before", "string: string, match: string", result="string")
def substring_before(text: str, match: str) -> Value:
    """What stands before the first occurrence; empty if there is none."""
    before, found, _ = text.partition(match) if match else ("", "", "")
    return before if found else ""


@add("substring after", "string: string, match: string", result="string")
def substring_after(text: str, match: str) -> Value:
    """What stands after the first occurrence; empty if there is none."""
    return text.partition(match)[2] if match else text


@add("trim", "string: string", result="string")
def trim(text: str) -> Value:
    """The text without blanks at its ends (as Camunda 8 offers it)."""
    return text.strip()


@add("is blank", "string: string", result="boolean")
def is_blank(text: str) -> Value:
    """Whether the text has nothing but blanks (as Camunda 8 offers it)."""
    return not text.strip()


@add("contains", "string: string, match: string", result="boolean")
def contains(text: str, match: str) -> Value:
    """Whether the text holds the other one."""
    return match in text


@add("starts with", "string: string, match: string", result="boolean")
def starts_with(text: str, match: str) -> Value:
    """Whether the text begins with the other one."""
    return text.startswith(match)


@add("ends with", "string: string, match: string", result="boolean")
def ends_with(text: str, match: str) -> Value:
    """Whether the text ends with the other one."""
    return text.endswith(match)


@contextlib.contextmanager
def regex_budget(run: Run) -> Iterator[list[int]]:
    """Steps for one regular expression; what it used is charged to the evaluation, so that a loop over one stays cheap."""
    budget = [run.budget.regex_steps]
    yield budget
    run.tick(run.budget.regex_steps - budget[0])


@add("matches", "input: string, pattern: string, flags?: string?", result="boolean", with_run=True)
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> Value:
    """Whether the regular expression occurs in the text."""
    with regex_budget(run) as budget:
        return regex.matches(text, pattern, flags or "", budget)


@add("replace", "input: string, pattern: string, replacement: string, flags?: string?", result="string", with_run=True)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> Value:
    """The text with every match of the regular expression replaced."""
    with regex_budget(run) as budget:
        result = regex.replace(text, pattern, replacement, flags or "", budget)
    run.check_text(len(result))
    return result


@add("split", "string: string, delimiter: string", with_run=True)
def split(run: Run, text: str, delimiter: str) -> Value:
    """The parts between the matches of a regular expression."""
    with regex_budget(run) as budget:
        parts = regex.split(text, delimiter, budget)
    run.check_items(len(parts))
    return parts


@add("string join", "list: list, delimiter?: string?", result="string", with_run=True)
def string_join(run: Run, items: list[Value], delimiter: str | None = None) -> Value:
    """The texts of a list in one; nulls are left out, anything else is an error."""
    texts = [wrap(item) for item in items if item is not None]
    if any(type(text) is not str for text in texts):
        raise Faulty("Verbunden werden nur Texte.")
    run.check_text(sum(len(text) for text in texts) + len(delimiter or "") * len(texts))
    return (delimiter or "").join(texts)
