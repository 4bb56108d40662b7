"""Arbeitstage, Werktage, Feiertage, and the wall clock of Europe/Berlin.

Wall-clock rule, used for every local time that a model or a profile names: a time that does not exist because the clocks go forward
(02:30 on the last Sunday of March) means the same time after the change (03:30 summer time); a time that exists twice because they go
back (02:30 on the last Sunday of October) means the first of the two (summer time).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import holidays

from engine.clock import BERLIN

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

MAX_TAGE: Final = 10_000
_TAG: Final = dt.timedelta(days=1)
_SAMSTAG: Final = 5


class Calendar:
    """The working calendar of a Kommune.

    Attributes:
        land: key of the Land, such as `NW`; it decides the gesetzliche Feiertage.
        closing_days: days on which the offices are closed besides; they are no Arbeitstage, but Werktage.
    """

    def __init__(self, land: str = "NW", closing_days: AbstractSet[dt.date] = frozenset()) -> None:
        """Raises ValueError for an unknown Land."""
        if land not in holidays.list_supported_countries()["DE"]:
            raise ValueError(f"unknown Land {land!r}")
        self.land = land
        self.closing_days = frozenset(closing_days)
        # Years are filled in here on demand, and are the same for everybody who fills them.
        self._feiertage = holidays.country_holidays("DE", subdiv=land, language="de")

    def feiertag(self, day: dt.date) -> str | None:
        """The German name of the gesetzlicher Feiertag on that day, or None."""
        name = self._feiertage.get(day)
        return None if name is None else str(name)

    def is_arbeitstag(self, day: dt.date) -> bool:
        """Monday to Friday, no Feiertag, no closing day."""
        return day.weekday() < _SAMSTAG and day not in self._feiertage and day not in self.closing_days

    def is_werktag(self, day: dt.date) -> bool:
        """Every day that is neither Sunday nor Feiertag. Source: § 3 Abs. 2 BUrlG."""
        return day.weekday() <= _SAMSTAG and day not in self._feiertage

    def arbeitstage(self, start: dt.date, n: int) -> dt.date:
        """The n-th Arbeitstag after a day.

        The day itself is not counted (§ 187 Abs. 1 BGB). 0 gives the day itself, or the next Arbeitstag if it is none
        (§ 193 BGB); a negative n counts backwards. Raises ValueError beyond 10,000 days.
        """
        return self._count(start, n, arbeitstage=True)

    def werktage(self, start: dt.date, n: int) -> dt.date:
        """The n-th Werktag after a day, counted like `arbeitstage`."""
        return self._count(start, n, arbeitstage=False)

    def _count(self, start: dt.date, n: int, *, arbeitstage: bool) -> dt.date:
        if abs(n) > MAX_TAGE:
            raise ValueError(f"more than {MAX_TAGE} days")
        counts = self.is_arbeitstag if arbeitstage else self.is_werktag
        step = -_TAG if n < 0 else _TAG
        day = start
        try:
            if n == 0:
                while not counts(day):
                    day += _TAG
            for _ in range(abs(n)):
                day += step
                while not counts(day):
                    day += step
        except OverflowError as exc:
            raise ValueError("the day lies outside the calendar") from exc
        return day

    def arbeitstage_between(self, start: dt.date, end: dt.date) -> int:
        """How many Arbeitstage lie after the start, up to and including the end; negative if the end is earlier."""
        if end < start:
            return -self.arbeitstage_between(end, start)
        return sum(self.is_arbeitstag(start + offset * _TAG) for offset in range(1, (end - start).days + 1))


def local(moment: dt.datetime) -> dt.datetime:
    """An aware moment on the wall clock of Europe/Berlin."""
    return moment.astimezone(BERLIN)


def from_wall_clock(naive: dt.datetime) -> dt.datetime:
    """A wall-clock time in Europe/Berlin as aware UTC, by the rule at the top of this module."""
    return naive.replace(tzinfo=BERLIN, fold=0).astimezone(dt.UTC)


def start_of_day(day: dt.date) -> dt.datetime:
    """The first second of a day in Europe/Berlin, as aware UTC."""
    return from_wall_clock(dt.datetime.combine(day, dt.time()))


def end_of_day(day: dt.date) -> dt.datetime:
    """23:59:59 of a day in Europe/Berlin, as aware UTC: a due date is over when the next day begins."""
    return from_wall_clock(dt.datetime.combine(day, dt.time(23, 59, 59)))


def plus_wall_clock(moment: dt.datetime, *, months: int = 0, days: int = 0) -> dt.datetime:
    """The same time of day on the wall clock of Europe/Berlin some months and days later, as aware UTC.

    A day that the month does not have becomes its last day. Raises OverflowError or ValueError outside the years 1 to 9999.
    """
    naive = local(moment).replace(tzinfo=None)
    year, month = divmod(naive.year * 12 + naive.month - 1 + months, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - _TAG).day
    return from_wall_clock(naive.replace(year=year, month=month + 1, day=min(naive.day, last)) + days * _TAG)
