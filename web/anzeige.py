"""How dates, distances and names are written on pages (German, Europe/Berlin)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import g
from markupsafe import Markup, escape

from engine.calendar import Calendar
from web.auth import the_app

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
MONTHS = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember")


def local_date(value: date | datetime) -> date:
    """The day in Berlin on which an instant lies; a date stays what it is."""
    return value.astimezone(BERLIN).date() if isinstance(value, datetime) else value


def heute() -> date:
    """Today in Berlin, by the clock of the installation."""
    return the_app().clock.today()


def datum(value: date | datetime | str | None) -> str:
    """``TT.MM.JJJJ``; the empty text for None. ISO texts are accepted, anything else is shown as it is."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except ValueError:
            return str(value)
    return f"{local_date(value):%d.%m.%Y}"


def uhrzeit(value: datetime) -> str:
    """``10:42 Uhr``, in Berlin."""
    return f"{value.astimezone(BERLIN):%H:%M} Uhr"


def zeitpunkt(value: datetime) -> str:
    """Day and time, in Berlin."""
    return f"{datum(value)}, {uhrzeit(value)}"


def langes_datum(value: date) -> str:
    """With the day of the week."""
    return f"{WEEKDAYS[value.weekday()]}, {value:%d.%m.%Y}"


def zeit(value: date | datetime) -> Markup:
    """A ``time`` element."""
    return Markup('<time datetime="{}">{}</time>').format(local_date(value).isoformat(), datum(value))


def mehrzahl(anzahl: int, eins: str, viele: str) -> str:
    """A number with the word that fits it."""
    return f"{anzahl} {eins if anzahl == 1 else viele}"


def arbeitstage(anzahl: int) -> str:
    """Dative, as after "seit" and "in"."""
    return mehrzahl(anzahl, "Arbeitstag", "Arbeitstagen")


@dataclass(frozen=True, kw_only=True)
class Faellig:
    """A due date as people read it. ``lage``: ``over``, ``today``, ``week`` or ``later``; ``wann`` is the distance in words."""

    tag: date
    lage: str
    wann: str


def faellig(due: date | datetime, today: date, calendar: Calendar) -> Faellig:
    """Distance in Arbeitstagen. A due date ends with its day, so "heute fällig" is not overdue."""
    tag = local_date(due)
    if tag < today:
        tage = calendar.arbeitstage_between(tag, today)
        return Faellig(tag=tag, lage="over", wann=f"seit {arbeitstage(tage)} überfällig" if tage else f"seit {tag:%d.%m.} überfällig")
    if tag == today:
        return Faellig(tag=tag, lage="today", wann="heute fällig")
    lage = "week" if tag <= end_of_week(today) else "later"
    if tag == today + timedelta(days=1):
        return Faellig(tag=tag, lage=lage, wann="morgen fällig")
    tage = calendar.arbeitstage_between(today, tag)
    return Faellig(tag=tag, lage=lage, wann=f"in {arbeitstage(tage)}" if tage else f"in {mehrzahl((tag - today).days, 'Tag', 'Tagen')}")


def end_of_week(today: date) -> date:
    """The Sunday of the same week."""
    return today + timedelta(days=6 - today.weekday())


def start_of(day: date) -> datetime:
    """The instant at which a day begins in Berlin."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)


def end_of(day: date) -> datetime:
    """The last second of a day in Berlin: when a due *date* ends."""
    return start_of(day + timedelta(days=1)) - timedelta(seconds=1)


def parse_datum(text: str) -> date:
    """``TT.MM.JJJJ`` or ISO, as people type it. Raises ValueError with a sentence for the person."""
    cleaned = text.strip()
    for pattern in ("%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y"):
        try:
            return datetime.strptime(cleaned, pattern).date()  # noqa: DTZ007  a day without a time
        except ValueError:
            continue
    raise ValueError(f"Den „{cleaned}“ gibt es nicht. Geben Sie das Datum als TT.MM.JJJJ ein." if cleaned
                     else "Geben Sie ein Datum ein, zum Beispiel 14.09.2026.")


def kalender() -> Calendar:
    """Arbeitstage of the Kommune of this request: holidays of its Land and its closing days."""
    found: Calendar | None = g.get("kalender")
    if found is None:
        profil = the_app().profil_of(g.actor.mandant)
        found = g.kalender = Calendar(profil.land, frozenset(profil.schliesstage))
    return found


def frist(due: date | datetime | None, ohne: str = "ohne Frist") -> Markup:
    """The cell for a due date: the day and, below it, the distance."""
    if due is None:
        return Markup('<span class="et-muted">{}</span>').format(ohne)
    value = faellig(due, heute(), kalender())
    extra = {"over": " et-due--over", "today": " et-due--today"}.get(value.lage, "")
    return Markup('<span class="et-due{}">{}<small>{}</small></span>').format(extra, zeit(value.tag), value.wann)


def aufzaehlung(words: Iterable[str]) -> str:
    """``a``, ``a und b``, ``a, b und c``."""
    listed = list(words)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} und {listed[-1]}" if listed else ""


def absaetze(text: str) -> Markup:
    """Plain text with its line breaks; everything in it is escaped."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def weich(word: str) -> str:
    """Soft hyphens in the long words of the phases: columns are narrow, and not every browser knows German."""
    for tail in ("steuerung", "vereinbarung", "planung"):
        word = word.replace(tail, f"\u00ad{tail}")
    return word


def init(flask_app: Flask) -> None:
    """Make the filters known to the templates."""
    flask_app.jinja_env.filters.update(
        datum=datum, uhrzeit=uhrzeit, zeitpunkt=zeitpunkt, zeit=zeit, frist=frist, aufzaehlung=aufzaehlung, absaetze=absaetze,
        langes_datum=langes_datum, weich=weich)
    flask_app.jinja_env.globals.update(mehrzahl=mehrzahl, heute=heute)
