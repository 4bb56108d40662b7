"""The built-in job type of documents (contract: docs/architektur.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.dokumente import inhalte, vorlagen
from services.dokumente.erzeugen import TITEL_MAX, Herkunft, anfordern
from services.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.prozess.handlers import Auftrag


def erzeugen(ctx: Auftrag) -> dict[str, Any]:
    """``vorlage``, ``titel`` and ``daten`` (keys, decisions, dates); optional ``sprache``, ``bezug`` (tells lines apart) and ``person_id``."""
    daten = ctx.variables.get("daten")
    daten = {} if daten is None else daten
    if not isinstance(daten, dict):
        raise InvalidInput("Die Variable „daten“ muss ein Kontext sein.")
    vorlage = vorlagen.finden(_text(ctx, "vorlage", ""))
    person = ctx.variables.get("person_id")
    if person is not None and not str(person).isdigit():
        raise InvalidInput("Die Variable „person_id“ nennt keine Person.")
    akte = inhalte.fall_of(ctx.uow, ctx.business_id)
    herkunft = Herkunft(aktenzeichen=akte, wurzel_key=ctx.root_key, instanz_key=ctx.instance_key, element_id=ctx.element_id)
    dokument = anfordern(ctx.uow, vorlage, herkunft, titel=_text(ctx, "titel", vorlage.titel)[:TITEL_MAX], angaben=daten,
                         sprache=_text(ctx, "sprache", "de"), bezug=_text(ctx, "bezug", ""), person=int(person) if person is not None else None)
    return {"dokument_id": str(dokument)}


def _text(ctx: Auftrag, name: str, default: str) -> str:
    value = ctx.variables.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"Die Variable „{name}“ muss ein Text sein.")
    return (value or "").strip() or default


AUFTRAEGE: dict[str, Callable[[Auftrag], dict[str, Any]]] = {"dokument.erzeugen": erzeugen}
