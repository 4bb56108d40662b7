"""Dates, times and durations of FEEL as immutable values.

Python's own classes stop at the year 9999 and at microseconds and know no zone identifier on a time of day, so FEEL needs its own
(DMN 1.5, 10.3.2.3). Arithmetic is that of the proleptic Gregorian calendar; a second is split into nanoseconds.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import zoneinfo
from dataclasses import dataclass
from typing import Final

DAY_NANOS: Final = 86_400_000_000_000
SECOND_NANOS: Final = 1_000_000_000
MAX_YEAR: Final = 999_999_999
_MAX_MONTHS: Final = 2 * 12 * MAX_YEAR
_MAX_NANOS: Final = 2 * 366 * MAX_YEAR * DAY_NANOS


class TemporalError(ValueError):
    """A date, time or duration that does not exist or leaves the range FEEL can represent."""


def is_leap(year: int) -> bool:
    """Whether the proleptic Gregorian year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """Number of days of a month (1 to 12)."""
    return 29 if month == 2 and is_leap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


@functools.lru_cache(maxsize=256)
def zone(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of an IANA identifier; raises TemporalError for an unknown one."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise TemporalError(f"Die Zeitzone „{name}“ gibt es nicht.") from exc


@dataclass(frozen=True, slots=True, order=True)
class FeelDate:
    """A calendar day. The year may be negative and has up to nine digits."""

    year: int
    month: int
    day: int

    def __post_init__(self) -> None:
        if not (-MAX_YEAR <= self.year <= MAX_YEAR and 1 <= self.month <= 12 and 1 <= self.day <= days_in_month(self.year, self.month)):
            raise TemporalError(f"Den Tag {self.year:04d}-{self.month:02d}-{self.day:02d} gibt es nicht.")

    @property
    def ordinal(self) -> int:
        """Days since 1970-01-01."""
        year = self.year - (self.month <= 2)
        era, year_of_era = divmod(year, 400)
        day_of_year = (153 * (self.month + (-3 if self.month > 2 else 9)) + 2) // 5 + self.day - 1
        return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468

    @classmethod
    def from_ordinal(cls, days: int) -> FeelDate:
        era, day_of_era = divmod(days + 719_468, 146_097)
        year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
        day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
        shifted = (5 * day_of_year + 2) // 153
        month = shifted + (3 if shifted < 10 else -9)
        return cls(year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1)

    @property
    def weekday(self) -> int:
        """1 for Monday to 7 for Sunday."""
        return (self.ordinal + 3) % 7 + 1

    @property
    def day_of_year(self) -> int:
        return self.ordinal - FeelDate(self.year, 1, 1).ordinal + 1

    @property
    def week(self) -> int:
        """Week of the year as ISO 8601 counts it."""
        thursday = FeelDate.from_ordinal(self.ordinal - self.weekday + 4)
        return (thursday.day_of_year - 1) // 7 + 1

    def plus_months(self, months: int) -> FeelDate:
        """The same day some months later; the last day of the month where that day does not exist."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        if abs(year) > MAX_YEAR:
            raise TemporalError("Der Tag liegt außerhalb der darstellbaren Jahre.")
        return FeelDate(year, month + 1, min(self.day, days_in_month(year, month + 1)))

    def to_python(self) -> dt.date:
        """The same day as a Python date; raises TemporalError outside the years 1 to 9999."""
        if not 1 <= self.year <= 9999:
            raise TemporalError(f"Das Jahr {self.year} liegt außerhalb von 1 bis 9999.")
        return dt.date(self.year, self.month, self.day)

    def __str__(self) -> str:
        return f"{'-' if self.year < 0 else ''}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True)
class FeelTime:
    """A time of day: nanoseconds since midnight, with an offset in seconds, a zone identifier, or neither (local)."""

    nanos: int
    offset: int | None = None
    zone: str | None = None

    @property
    def hour(self) -> int:
        return self.nanos // (3600 * SECOND_NANOS)

    @property
    def minute(self) -> int:
        return self.nanos // (60 * SECOND_NANOS) % 60

    @property
    def second(self) -> int:
        return self.nanos // SECOND_NANOS % 60

    @property
    def is_local(self) -> bool:
        return self.offset is None and self.zone is None

    def offset_on(self, day: FeelDate | None = None) -> int | None:
        """Seconds east of UTC on that day (1970-01-01 if none is given), or None for a local time."""
        if self.offset is not None or self.zone is None:
            return self.offset
        year = 1970 if day is None else day.year if 1 < day.year < 9999 else 2000 + day.year % 400
        month, month_day = (1, 1) if day is None else (day.month, day.day)
        local = dt.datetime(year, month, month_day, self.hour, self.minute, self.second, tzinfo=zone(self.zone))
        shift = local.utcoffset()
        return None if shift is None else int(shift.total_seconds())

    def utc_nanos(self) -> int:
        """Nanoseconds since midnight UTC; the plain time for a local one. May be negative or above one day."""
        return self.nanos - (self.offset_on() or 0) * SECOND_NANOS

    def __str__(self) -> str:
        fraction = self.nanos % SECOND_NANOS
        text = f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}"
        if fraction:
            text += f".{fraction:09d}".rstrip("0")
        if self.zone is not None:
            return f"{text}@{self.zone}"
        return text if self.offset is None else text + offset_text(self.offset)


def offset_text(seconds: int) -> str:
    """An offset as ISO 8601 writes it: Z, +02:00, -03:30 or with seconds."""
    if seconds == 0:
        return "Z"
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{rest:02d}" if rest else text


@dataclass(frozen=True, slots=True)
class FeelDateTime:
    """A date and a time of day."""

    date: FeelDate
    time: FeelTime

    @property
    def local_nanos(self) -> int:
        """Nanoseconds since 1970-01-01T00:00 of the wall clock, without regard to the zone."""
        return self.date.ordinal * DAY_NANOS + self.time.nanos

    def utc_nanos(self) -> int:
        """Nanoseconds since 1970-01-01T00:00 UTC; a local date and time counts as UTC."""
        return self.local_nanos - (self.time.offset_on(self.date) or 0) * SECOND_NANOS

    @classmethod
    def from_local(cls, nanos: int, offset: int | None, zone_name: str | None) -> FeelDateTime:
        days, rest = divmod(nanos, DAY_NANOS)
        return cls(FeelDate.from_ordinal(days), FeelTime(rest, offset, zone_name))

    def plus_nanos(self, nanos: int) -> FeelDateTime:
        """This moment later by an exact length; with a zone identifier the wall clock follows the zone's rules."""
        if self.time.zone is None:
            return self.from_local(self.local_nanos + nanos, self.time.offset, None)
        return self.from_utc(self.utc_nanos() + nanos, self.time.zone)

    @classmethod
    def from_utc(cls, nanos: int, zone_name: str) -> FeelDateTime:
        """The wall clock of a zone at a moment."""
        plain = cls.from_local(nanos, 0, None)
        if not 1 < plain.date.year < 9999:
            shift = FeelTime(plain.time.nanos, None, zone_name).offset_on(plain.date) or 0
        else:
            moment = dt.datetime.combine(plain.date.to_python(), dt.time(), dt.UTC) + dt.timedelta(seconds=plain.time.nanos // SECOND_NANOS)
            shift = int((moment.astimezone(zone(zone_name)).utcoffset() or dt.timedelta()).total_seconds())
        return cls.from_local(nanos + shift * SECOND_NANOS, None, zone_name)

    def plus_months(self, months: int) -> FeelDateTime:
        return FeelDateTime(self.date.plus_months(months), self.time)

    def to_python(self) -> dt.datetime:
        """The same moment as a Python datetime, aware if an offset or zone is known, cut to microseconds."""
        time = self.time
        info: dt.tzinfo | None = None
        if time.zone is not None:
            info = zone(time.zone)
        elif time.offset is not None:
            info = dt.timezone(dt.timedelta(seconds=time.offset))
        clock = dt.time(time.hour, time.minute, time.second, time.nanos % SECOND_NANOS // 1000, tzinfo=info)
        return dt.datetime.combine(self.date.to_python(), clock)

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


@dataclass(frozen=True, slots=True, order=True)
class DaysDuration:
    """A length in days, hours, minutes and seconds, as nanoseconds."""

    nanos: int

    def __post_init__(self) -> None:
        if abs(self.nanos) > _MAX_NANOS:
            raise TemporalError("Die Dauer ist zu lang.")

    def parts(self) -> tuple[int, int, int, int, int]:
        """Days, hours, minutes, seconds and nanoseconds, all of them with the sign of the duration."""
        sign = -1 if self.nanos < 0 else 1
        seconds, nanos = divmod(abs(self.nanos), SECOND_NANOS)
        return (sign * (seconds // 86_400), sign * (seconds // 3600 % 24), sign * (seconds // 60 % 60), sign * (seconds % 60), sign * nanos)

    def __str__(self) -> str:
        days, hours, minutes, seconds, nanos = (abs(part) for part in self.parts())
        text = "-P" if self.nanos < 0 else "P"
        text += f"{days}D" if days else ""
        clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        if nanos:
            clock += f"{seconds}.{nanos:09d}".rstrip("0") + "S"
        elif seconds:
            clock += f"{seconds}S"
        if clock:
            return f"{text}T{clock}"
        return text if days else "PT0S"


@dataclass(frozen=True, slots=True, order=True)
class MonthsDuration:
    """A length in years and months, as months."""

    months: int

    def __post_init__(self) -> None:
        if abs(self.months) > _MAX_MONTHS:
            raise TemporalError("Die Dauer ist zu lang.")

    def parts(self) -> tuple[int, int]:
        """Years and months, both with the sign of the duration."""
        sign = -1 if self.months < 0 else 1
        years, months = divmod(abs(self.months), 12)
        return sign * years, sign * months

    def __str__(self) -> str:
        years, months = (abs(part) for part in self.parts())
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-P" if self.months < 0 else "P") + (text or "0M")


_DATE: Final = re.compile(r"(-?)([1-9][0-9]{4,8}|[0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_TIME: Final = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?(Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z][A-Za-z0-9_+/-]*)?", re.ASCII
)
_DURATION: Final = re.compile(
    r"(-?)P(?:([0-9]{1,18})Y)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})D)?"
    r"(T(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})(?:\.([0-9]{0,30}))?S)?)?",
    re.ASCII,
)


def parse_date(text: str) -> FeelDate:
    """Read `2024-02-29`; raises TemporalError with the reason."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise TemporalError(f"„{text[:60]}“ ist kein Datum wie 2024-02-29.")
    sign, year, month, day = match.groups()
    return FeelDate(-int(year) if sign else int(year), int(month), int(day))


def make_time(hour: int, minute: int, second: int, nanos: int = 0, offset: int | None = None, zone_name: str | None = None) -> FeelTime:
    """A checked time of day; the offset is in seconds and at most 18 hours. Raises TemporalError."""
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59 and 0 <= nanos < SECOND_NANOS):
        raise TemporalError(f"Die Uhrzeit {hour:02d}:{minute:02d}:{second:02d} gibt es nicht.")
    if offset is not None and abs(offset) > 18 * 3600:
        raise TemporalError("Ein Abstand zu UTC beträgt höchstens 18 Stunden.")
    if zone_name is not None:
        zone(zone_name)
    return FeelTime(((hour * 60 + minute) * 60 + second) * SECOND_NANOS + nanos, offset, zone_name)


def parse_time(text: str) -> FeelTime:
    """Read `09:30:00`, with a fraction, an offset or `@Europe/Berlin`; raises TemporalError with the reason."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise TemporalError(f"„{text[:60]}“ ist keine Uhrzeit wie 09:30:00.")
    hour, minute, second, fraction, suffix = match.groups()
    offset: int | None = None
    zone_name: str | None = None
    if suffix in {"Z", "z"}:
        offset = 0
    elif suffix and suffix[0] == "@":
        zone_name = suffix[1:]
    elif suffix:
        hours, minutes, *rest = (int(part) for part in suffix[1:].split(":"))
        if minutes > 59 or (rest and rest[0] > 59):
            raise TemporalError(f"„{suffix}“ ist kein Abstand zu UTC.")
        offset = (hours * 3600 + minutes * 60 + (rest[0] if rest else 0)) * (-1 if suffix[0] == "-" else 1)
    nanos = int((fraction or "0")[:9].ljust(9, "0"))
    return make_time(int(hour), int(minute), int(second), nanos, offset, zone_name)


def parse_date_time(text: str) -> FeelDateTime:
    """Read a date, or a date and a time parted by `T`; raises TemporalError with the reason."""
    day, separator, clock = text.partition("T")
    return FeelDateTime(parse_date(day), parse_time(clock) if separator else FeelTime(0))


def parse_duration(text: str) -> DaysDuration | MonthsDuration:
    """Read `P1DT2H` or `P1Y2M`; raises TemporalError with the reason, also for a mixture of both kinds."""
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise TemporalError(f"„{text[:60]}“ ist keine Dauer wie P1DT2H oder P1Y2M.")
    sign, years, months, days, clock, hours, minutes, seconds, fraction = match.groups()
    factor = -1 if sign else 1
    if years or months:
        if days or clock:
            raise TemporalError(f"„{text[:60]}“ mischt Jahre oder Monate mit Tagen oder Stunden.")
        return MonthsDuration(factor * (int(years or 0) * 12 + int(months or 0)))
    total = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return DaysDuration(factor * (total * SECOND_NANOS + int((fraction or "0")[:9].ljust(9, "0"))))


def parse_temporal(text: str) -> FeelDate | FeelTime | FeelDateTime | DaysDuration | MonthsDuration:
    """Read the content of an `@"..."` literal: any of the five kinds. Raises TemporalError."""
    if text.startswith(("P", "-P")):
        return parse_duration(text)
    if "T" in text.partition("@")[0]:
        return parse_date_time(text)
    return parse_time(text) if ":" in text else parse_date(text)


def from_python(value: dt.date | dt.time | dt.datetime | dt.timedelta) -> FeelDate | FeelTime | FeelDateTime | DaysDuration:
    """Turn a value of Python's datetime module into its FEEL twin; a ZoneInfo keeps its identifier."""
    if isinstance(value, dt.timedelta):
        return DaysDuration((value.days * 86_400 + value.seconds) * SECOND_NANOS + value.microseconds * 1000)
    if isinstance(value, dt.datetime):
        return FeelDateTime(FeelDate(value.year, value.month, value.day), _clock(value.timetz(), value.utcoffset()))
    if isinstance(value, dt.time):
        return _clock(value, value.utcoffset())
    return FeelDate(value.year, value.month, value.day)


def _clock(value: dt.time, shift: dt.timedelta | None) -> FeelTime:
    zone_name = value.tzinfo.key if isinstance(value.tzinfo, zoneinfo.ZoneInfo) else None
    offset = None if shift is None or zone_name is not None else int(shift.total_seconds())
    return make_time(value.hour, value.minute, value.second, value.microsecond * 1000, offset, zone_name)
