"""Kinds of values of ``/api/v1`` and the German sentences for what does not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import marshmallow as ma

from services.prozess.suche import MAX_LIMIT
from web.api_v2.common import KEY, Flag, flat, instant, integral

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Flag", "Schema", "Schluessel", "Tag", "Zahl", "Zeitpunkt", "ganze_zahl", "liste_von", "saetze", "text", "wahl"]
ERSTES_JAHR, LETZTES_JAHR = 1900, 2200   # beyond that, no date in a case makes sense
SHOWN = 60   # characters of what was sent
MISSING: Any = object()

# marshmallow speaks English; ``web.api_v2.common`` translates what both interfaces know, these are the others.
DEUTSCH = (
    ("Not a valid date.", "Erwartet wird ein Datum wie 2026-11-24"),
    ("Not a valid datetime.", "Erwartet wird ein Zeitpunkt mit Zeitzone wie 2026-11-24T09:00:00Z"),
    ("Not a valid aware datetime.", "Erwartet wird ein Zeitpunkt mit Zeitzone wie 2026-11-24T09:00:00Z"),
    ("Not a valid boolean.", "Erwartet wird true oder false"),
    ("Must be one of: ", "Erwartet wird eines von: "),
)
OHNE_FUND = ("Diese Angabe fehlt.", "Diese Angabe gibt es hier nicht.", "Diese Angabe darf nicht leer sein.")


class Schema(ma.Schema):
    """An object of the interface; unknown fields are refused, so that a typing error never passes silently."""

    class Meta:
        """Strict, and in the order of writing."""

        unknown = ma.RAISE


class Schluessel(ma.fields.String):
    """A 64-bit key: a string of digits in JSON, a number inside."""

    def __init__(self, **kw: Any) -> None:  # noqa: ANN401  options of marshmallow
        super().__init__(**{**kw, "metadata": {"pattern": "^[0-9]{1,19}$", **kw.get("metadata", {})}})

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_kw: Any) -> str | None:  # noqa: ANN401, ARG002  marshmallow's signature
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_kw: Any) -> Any:  # noqa: ANN401, ARG002  marshmallow's signature
        if not isinstance(value, str) or not KEY.match(value) or int(value) >= 2**63:
            raise ma.ValidationError("Erwartet wird ein Schlüssel (Ziffern als Text)")
        return int(value)


class Zeitpunkt(ma.fields.AwareDateTime):
    """An instant; goes out in UTC with milliseconds."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_kw: Any) -> str | None:  # noqa: ANN401, ARG002  marshmallow's signature
        return instant(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kw: Any) -> Any:  # noqa: ANN401  marshmallow's signature
        found: datetime = super()._deserialize(value, attr, data, **kw)
        if not ERSTES_JAHR <= found.year <= LETZTES_JAHR:
            raise ma.ValidationError(f"Erwartet wird ein Zeitpunkt zwischen {ERSTES_JAHR} und {LETZTES_JAHR}")
        return found.astimezone(UTC)


class Tag(ma.fields.Date):
    """A day."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kw: Any) -> Any:  # noqa: ANN401  marshmallow's signature
        found: date = super()._deserialize(value, attr, data, **kw)
        if not ERSTES_JAHR <= found.year <= LETZTES_JAHR:
            raise ma.ValidationError(f"Erwartet wird ein Tag zwischen {ERSTES_JAHR} und {LETZTES_JAHR}")
        return found


class Zahl(ma.fields.Integer):
    """A whole number in JSON, also where it is written 5.0 (JSON Schema, 6.1.1); a text with digits is not one."""

    def __init__(self, *, von: int = -(2**31), bis: int = 2**31 - 1, **kw: Any) -> None:  # noqa: ANN401  options of marshmallow
        super().__init__(strict=True, validate=_range(von, bis), **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kw: Any) -> int:  # noqa: ANN401  marshmallow's signature
        return super()._deserialize(integral(value), attr, data, **kw)


def _range(von: int, bis: int) -> ma.validate.Range:
    return ma.validate.Range(von, bis, error=f"Erwartet wird eine ganze Zahl von {von} bis {bis}")


def ganze_zahl(*, von: int, bis: int = MAX_LIMIT, **kw: Any) -> ma.fields.Integer:  # noqa: ANN401  options of marshmallow
    """A whole number in an address, where everything is text."""
    return ma.fields.Integer(validate=_range(von, bis), **kw)


def text(*, hoechstens: int | None = None, mindestens: int = 0, **kw: Any) -> ma.fields.String:  # noqa: ANN401  options of marshmallow
    """A text, limited where it comes in."""
    if hoechstens is not None:
        words = f"Erwartet wird ein Text mit {mindestens} bis {hoechstens} Zeichen"
        kw["validate"] = ma.validate.Length(mindestens or None, hoechstens, error=words)
    return ma.fields.String(**kw)


def wahl(*moeglich: str, **kw: Any) -> ma.fields.String:  # noqa: ANN401  options of marshmallow
    """One of some words."""
    return ma.fields.String(validate=ma.validate.OneOf(moeglich), **kw)


def liste_von(inner: ma.fields.Field[Any] | type[ma.Schema], *, hoechstens: int | None = None, mindestens: int = 0, **kw: Any) -> ma.fields.List[Any]:  # noqa: ANN401  options of marshmallow
    """A list, limited where it comes in."""
    item = ma.fields.Nested(inner) if isinstance(inner, type) else inner
    if hoechstens is not None:
        kw["validate"] = ma.validate.Length(mindestens or None, hoechstens, error=f"Erwartet wird eine Liste mit {mindestens} bis {hoechstens} Einträgen")
    return ma.fields.List(item, **kw)


# -- sentences -----------------------------------------------------------------------------------------------------------
def saetze(messages: Any, data: Any) -> dict[str, str]:  # noqa: ANN401  marshmallow's nested messages, JSON
    """Name of the place -> what was expected there and what was found."""
    found = {}
    for path, satz in list(flat(messages).items())[:100]:
        parts = [part for part in path.split(".") if part != "_schema"]
        found[".".join(parts)[:200] or "anfrage"] = satz_mit_fund(satz, at(data, parts))
    return found


def satz_mit_fund(satz: str, value: object) -> str:
    """The sentence in German, and what stood there."""
    for english, german in DEUTSCH:
        if satz.startswith(english):
            satz = german + satz[len(english):]
    if satz in OHNE_FUND:
        return satz
    words = "" if value is MISSING else f", gefunden wurde {gezeigt(value)}"
    return satz.rstrip(".") + words + "."


def at(data: Any, parts: Iterable[str]) -> Any:  # noqa: ANN401  JSON
    """The value at a path, or MISSING."""
    for part in parts:
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, Sequence) and not isinstance(data, str) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return MISSING
    return data


def gezeigt(value: object) -> str:
    """A value within a sentence: short, whatever was sent."""
    words = json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= SHOWN else words[:SHOWN] + "…"
