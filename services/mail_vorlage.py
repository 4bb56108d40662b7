"""Mail texts: files with ``{feld}`` in them. No template language: a field is replaced by its value, nothing else happens."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

Wert = str | int | None

# Fields a text may have. Keys, dates and names of things; a person's data are read in Etappe, never in a mail.
FELDER = frozenset({
    "aktenzeichen", "anlass", "aufgabe", "datum", "etappe", "frist", "grund", "kommune", "link", "organisation", "phase", "prozess",
    "termin", "uebergabe", "uebergabe_id",
})
FELD = re.compile(r"\{([^{}]*)\}")
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:\d{2})")
BERLIN = ZoneInfo("Europe/Berlin")


class UnknownVorlage(InvalidInput):
    """There is no such mail text, or it does not fit the data."""

    message_de = "Diese Mailvorlage gibt es nicht, oder sie passt nicht zu den Angaben."


@cache
def vorlagen() -> Mapping[str, tuple[str, str]]:
    """All texts: name -> (subject, body). The first line of a file is ``Betreff: ...``, the second is empty."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(files("services").joinpath("mail_vorlagen").iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".txt"):
            continue
        name = file.name.removesuffix(".txt")
        head, _, body = file.read_text(encoding="utf-8").partition("\n\n")
        if not head.startswith("Betreff: ") or "\n" in head or not body.strip():
            raise UnknownVorlage(f"mail text {name}: expected a line 'Betreff: ...', an empty line and a text")
        unknown = sorted(set(FELD.findall(head + body)) - FELDER)
        if unknown or FELD.sub("", head + body).count("{") or FELD.sub("", head + body).count("}"):
            raise UnknownVorlage(f"mail text {name}: expected only {sorted(FELDER)} in braces, found {unknown}")
        found[name] = (head.removeprefix("Betreff: "), body)
    return found


def check(vorlage: str, daten: Mapping[str, Wert]) -> None:
    """Refuse what could not be rendered later: unknown text, unknown field, missing value, control characters.

    Raises:
        UnknownVorlage: with the reason.
    """
    if vorlage not in vorlagen():
        raise UnknownVorlage(f"expected one of {sorted(vorlagen())}, found {vorlage!r}")
    render(vorlage, {"link": "", **daten})


def render(vorlage: str, daten: Mapping[str, Wert]) -> tuple[str, str]:
    """Subject and body of a mail.

    Raises:
        UnknownVorlage: a field of the text has no value, or a value is not a line of text.
    """
    unknown = sorted(set(daten) - FELDER)
    if unknown:
        raise UnknownVorlage(f"expected only {sorted(FELDER)}, found {unknown}")
    texts = {name: _text(name, value) for name, value in daten.items()}
    subject, body = vorlagen()[vorlage]
    missing = sorted(set(FELD.findall(subject + body)) - set(texts))
    if missing:
        raise UnknownVorlage(f"mail text {vorlage!r} needs a value for {missing}")
    return tuple(FELD.sub(lambda match: texts[match[1]], part) for part in (subject, body))  # type: ignore[return-value]  # two parts in, two out


def _text(name: str, value: Wert) -> str:
    """The value as a German reader expects it: dates as 22.11.2026, instants in local time, nothing as a dash."""
    if value is None or value == "":
        return "–" if name != "link" else ""
    text = str(value)
    if CONTROL.search(text) or len(text) > 500:
        raise UnknownVorlage(f"the value of {name!r} must be one line of at most 500 characters")
    if DATE.fullmatch(text):
        return f"{date.fromisoformat(text):%d.%m.%Y}"
    if INSTANT.fullmatch(text):
        return f"{datetime.fromisoformat(text).astimezone(BERLIN):%d.%m.%Y, %H:%M} Uhr"
    return text
