"""Stands in for FEEL, DMN and timers: '=' marks an expression; a table of callables, else a path or JSON."""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from engine.ports import Due


class StubExpressions:
    def __init__(self, table: dict[str, Callable] | None = None, decisions: dict[str, Callable] | None = None) -> None:
        self.table, self.decisions = table or {}, decisions or {}

    def value(self, text, view):
        if not text.startswith("="):
            return text
        text = text[1:].strip()
        if text in self.table:
            return self.table[text](view)
        try:
            return json.loads(text)
        except ValueError:
            value = view
        for part in text.split("."):                  # a missing variable is null, as in FEEL
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def decide(self, name, view):
        return self.decisions[name](view)

    def timer(self, form, text, view, since):
        value = self.value(text, view)
        if form == "date":
            return Due(datetime.fromisoformat(value).timestamp())
        if form == "duration":
            return Due(since + span(value))
        turns, period = value.split("/")
        return Due(since + span(period), int(turns[1:] or -1), period)

    def next_due(self, cycle, due, now):
        while due <= now:
            due += span(cycle)
        return due

    def instant(self, text, view, now, *, end_of_day):
        value = self.value(text, view)
        return None if value is None else datetime.fromisoformat(value).timestamp()


def span(text: str) -> float:
    days, hours, minutes, seconds = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text).groups(default="0")
    return timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=int(seconds)).total_seconds()
