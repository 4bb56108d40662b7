"""One answer: from what was sent to a typed value, and from a typed value to what is shown."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from forms.model import Temporal

if TYPE_CHECKING:
    from collections.abc import Callable

BERLIN = ZoneInfo("Europe/Berlin")

_NUMBER = re.compile(r"(?P<sign>[-\u2212+]?)(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,15})(?:,(?P<fraction>[0-9]{1,10}))?")
_POINT = re.compile(r"(?P<sign>[-\u2212+]?)(?P<whole>[0-9]{1,15})\.(?P<fraction>[0-9]{1,10})")
_GERMAN_DATE = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?(?: ?Uhr)?")
_ISO_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?(\[[A-Za-z/_]+\])?"
)
MAX_NUMBER = Decimal(10) ** 15
FIRST_YEAR, LAST_YEAR = 1900, 2199


class BadValueError(ValueError):
    """An answer is not one of its kind. The message is a German sentence that says what to do."""


Number = int | Decimal


def parse_number(text: str, *, decimals: int | None = None) -> Number:
    """A number as Germans write it (``1.234,5``), or with a decimal point that cannot be a thousands point (``3.5``).

    ``decimals``: how many places behind the comma the field takes (None: any); the refusal shows an example that fits.
    """
    found = _NUMBER.fullmatch(text) or _POINT.fullmatch(text)
    if found is None:
        example = "12,5" if decimals == 1 else "12,50"
        raise BadValueError("Geben Sie eine ganze Zahl ein, zum Beispiel 12." if decimals == 0 else f"Geben Sie eine Zahl ein, zum Beispiel 12 oder {example}.")
    digits = found["whole"].replace(".", "") + ("." + found["fraction"] if found["fraction"] else "")
    number = plain(Decimal(digits))
    return -number if found["sign"] in {"-", "\u2212"} else number


def number_from_json(value: object) -> Number:
    """A finite JSON number; text and booleans are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadValueError("Geben Sie eine Zahl an, nicht Text oder Wahrheitswert.")
    try:
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, ValueError) as error:
        raise BadValueError("Geben Sie eine endliche Zahl an.") from error
    if not number.is_finite() or abs(number) > MAX_NUMBER:
        raise BadValueError("Geben Sie eine Zahl mit höchstens 15 Stellen vor dem Komma an.")
    return plain(number)


def plain(number: Decimal) -> Number:
    """An int where the number is whole."""
    return int(number) if number == number.to_integral_value() else number


def decimals_of(number: Number) -> int:
    """Decimal places in use."""
    exponent = Decimal(number).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def show_number(number: float | Decimal) -> str:
    """A number with a decimal comma, without thousands points, so that it can be typed over."""
    text = format(Decimal(str(number)) if isinstance(number, float) else Decimal(number), "f")
    return text.replace(".", ",")


def parse_date(text: str) -> date:
    """A date as TT.MM.JJJJ or ISO 8601."""
    german, iso = _GERMAN_DATE.fullmatch(text), _ISO_DATE.fullmatch(text)
    if german:
        day, month, year = (int(part) for part in german.groups())
    elif iso:
        year, month, day = (int(part) for part in iso.groups())
    else:
        raise BadValueError("Geben Sie das Datum als TT.MM.JJJJ ein, zum Beispiel 14.09.2026.")
    try:
        result = date(year, month, day)
    except ValueError as error:
        raise BadValueError(f"Den {day:02}.{month:02}.{year:04} gibt es nicht. Geben Sie das Datum als TT.MM.JJJJ ein.") from error
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadValueError(f"Prüfen Sie das Jahr {year:04}. Möglich sind Daten von {FIRST_YEAR} bis {LAST_YEAR}.")
    return result


def parse_time(text: str) -> time:
    """A time of day as HH:MM, with or without seconds or the word Uhr."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise BadValueError("Geben Sie die Uhrzeit als HH:MM ein, zum Beispiel 10:30.")
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError as error:
        raise BadValueError(f"Die Uhrzeit {found[1]}:{found[2]} gibt es nicht. Geben Sie sie als HH:MM ein, zum Beispiel 10:30.") from error


def parse_datetime(text: str) -> datetime:
    """Date and time in Europe/Berlin, or an ISO instant, which is moved to Europe/Berlin. Always aware."""
    if _ISO_INSTANT.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text.partition("[")[0])
        except ValueError as error:
            raise BadValueError("Geben Sie Datum und Uhrzeit ein, zum Beispiel 14.09.2026 10:30.") from error
        day, clock = moment.date(), moment.timetz()
        if moment.tzinfo is not None:
            parse_date(day.isoformat())
            return moment.astimezone(BERLIN)
    else:
        head, _, tail = text.partition(" ") if " " in text else text.partition(",")
        if not tail:
            raise BadValueError("Geben Sie Datum und Uhrzeit ein, zum Beispiel 14.09.2026 10:30.")
        day, clock = parse_date(head.rstrip(",")), parse_time(tail.strip().removeprefix("um "))
    local = datetime.combine(parse_date(day.isoformat()), clock.replace(tzinfo=None), tzinfo=BERLIN)
    # When the clocks go forward an hour is missing; a time in it comes back from UTC as another one.
    if local.astimezone(UTC).astimezone(BERLIN).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise BadValueError(f"{clock:%H:%M} Uhr gibt es an diesem Tag nicht, weil die Uhr vorgestellt wird. Wählen Sie eine andere Zeit.")
    return local


def to_iso(subtype: Temporal, zone: str, text: str) -> str:
    """The stored form of a date (``2026-09-14``), a time (``10:30:00``) or both (with zone as the form says)."""
    if subtype is Temporal.DATE:
        return parse_date(text).isoformat()
    if subtype is Temporal.TIME:
        return parse_time(text).isoformat()
    moment = parse_datetime(text)
    if zone == "no_timezone":
        return moment.replace(tzinfo=None).isoformat(timespec="seconds")
    if zone == "utc_normalized":
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return moment.isoformat(timespec="seconds")


_SHOW: dict[Temporal, Callable[[str], str]] = {
    Temporal.DATE: lambda text: f"{parse_date(text):%d.%m.%Y}",
    Temporal.TIME: lambda text: f"{parse_time(text):%H:%M}",
    Temporal.DATETIME: lambda text: f"{parse_datetime(text):%d.%m.%Y %H:%M}",
}


def show_temporal(subtype: Temporal, text: str) -> str:
    """TT.MM.JJJJ and HH:MM; what is no such value is shown as it was typed."""
    try:
        return _SHOW[subtype](text)
    except BadValueError:
        return text
