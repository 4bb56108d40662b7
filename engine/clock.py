"""The only source of the present. Everything that needs to know the time is handed a Clock."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Final, Protocol

BERLIN: Final = zoneinfo.ZoneInfo("Europe/Berlin")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """The present as an aware datetime in UTC."""
        ...

    def today(self) -> dt.date:
        """The day it is in Europe/Berlin."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def today(self) -> dt.date:
        return self.now().astimezone(BERLIN).date()


class FixedClock:
    """A clock that stands still until it is moved: for tests, scenarios and the Probelauf."""

    def __init__(self, now: dt.datetime) -> None:
        """Set the clock to an aware moment; a naive one raises ValueError."""
        self.set(now)

    def now(self) -> dt.datetime:
        return self._now

    def today(self) -> dt.date:
        return self._now.astimezone(BERLIN).date()

    def set(self, now: dt.datetime) -> None:
        """Put the clock to an aware moment, also an earlier one."""
        if now.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._now = now.astimezone(dt.UTC)

    def advance(self, *, days: int = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> dt.datetime:
        """Move the clock forward by an elapsed time and return the new present."""
        self._now += dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._now
