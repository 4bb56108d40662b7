"""Asking for a document: a new version in the command's transaction, its file after the commit (decision D9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from services.db.models.dokument import Dokument, DokumentFassung
from services.dokumente import inhalte, rendern
from services.errors import InvalidInput
from services.fall import faelle, verantwortung, zeitleiste

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.dokumente.vorlagen import Vorlage
    from services.unit_of_work import UnitOfWork

TITEL_MAX = 150


@dataclass(frozen=True, kw_only=True)
class Herkunft:
    """Where the request comes from. ``wurzel_key``: root instance of a process without a case."""

    aktenzeichen: str | None
    wurzel_key: int | None
    instanz_key: int | None = None
    element_id: str | None = None


def anfordern(
    uow: UnitOfWork, vorlage: Vorlage, herkunft: Herkunft, *, titel: str, angaben: Mapping[str, Any], sprache: str = "de", bezug: str = "",
    person: int | None = None,
) -> int:
    """Write down a version and ask for its file; returns the key of the document. The same template, case and ``bezug`` again is the next version.

    Raises:
        InvalidInput: what was handed in does not fit the template.
    """
    akte = herkunft.aktenzeichen
    if vorlage.ebene != "beide" and (vorlage.ebene == "fall") != (akte is not None):
        where = "in einem Fall" if vorlage.ebene == "fall" else "in Prozessen ohne Fall"
        raise InvalidInput(f"Die Vorlage „{vorlage.titel}“ gibt es nur {where}.")
    if person is not None and (akte is None or person not in faelle.person_keys(uow, akte, auch_ehemalige=True)):
        raise InvalidInput("Die Variable „person_id“ nennt keine Person dieses Falls.")
    stelle = _stelle(uow, akte)
    dokument = _linie(uow, vorlage, herkunft, bezug, person, stelle)
    version = 1 + uow.session.execute(
        select(func.coalesce(func.max(DokumentFassung.version), 0))
        .where(DokumentFassung.mandant == uow.actor.mandant, DokumentFassung.dokument == dokument)).scalar_one()
    daten = inhalte.sammeln(uow, vorlage, titel=titel, sprache=sprache, angaben=angaben, stelle=stelle, version=version,
                            aktenzeichen=akte, person=person)
    uow.session.execute(insert(DokumentFassung).values(
        mandant=uow.actor.mandant, dokument=dokument, version=version, titel=titel[:TITEL_MAX],
        dateiname=dateiname(titel, akte, sprache if sprache in vorlage.sprachen else "de"), vorlage_fassung=vorlage.fassung, daten=daten, erstellt_am=uow.now,
        erstellt_von=uow.actor.login, element_id=herkunft.element_id, instanz_key=herkunft.instanz_key))
    uow.audit("dokument.erzeugen", akte or str(herkunft.wurzel_key), chain=f"fall:{akte}" if akte else f"prozess:{herkunft.wurzel_key}",
              detail={"dokument": dokument, "version": version, "vorlage": vorlage.key, "fassung": vorlage.fassung})
    if akte is not None:
        zeitleiste.notieren(uow, akte, "dokument", f"Dokument erstellt: {vorlage.titel}, Version {version}", link=dokument)
    rendern.defer(uow.session, mandant=uow.actor.mandant, dokument=dokument, version=version)
    return dokument


def dateiname(titel: str, aktenzeichen: str | None, sprache: str) -> str:
    """A file name without a name of a person: title, Aktenzeichen, language."""
    words = [titel, aktenzeichen or "", "" if sprache == "de" else sprache]
    return re.sub(r"[^\w.-]+", "_", "-".join(w for w in words if w))[:120].strip("_.") + ".pdf"


def _stelle(uow: UnitOfWork, akte: str | None) -> str:
    """The organisation in whose name the document is made: the holder of the Fallverantwortung, else that of the actor, else the coordinating one."""
    if akte is not None:
        return verantwortung.open_row(uow, akte).organisation
    if uow.actor.organisation:
        return uow.actor.organisation
    koordination = uow.app.profil_of(uow.actor.mandant).funktion["koordination"]
    return koordination if isinstance(koordination, str) else koordination[0]


def _linie(uow: UnitOfWork, vorlage: Vorlage, herkunft: Herkunft, bezug: str, person: int | None, stelle: str) -> int:
    """Key of the line, new if there is none yet. Two at once: the unique line refuses one, which is repeated from a fresh read."""
    found = uow.session.execute(select(Dokument.key).where(
        Dokument.mandant == uow.actor.mandant, Dokument.aktenzeichen == herkunft.aktenzeichen if herkunft.aktenzeichen else Dokument.aktenzeichen.is_(None),
        Dokument.wurzel_key == herkunft.wurzel_key if herkunft.aktenzeichen is None else Dokument.wurzel_key.is_(None),
        Dokument.vorlage == vorlage.key, Dokument.bezug == bezug,
        Dokument.person.is_(None) if person is None else Dokument.person == person, Dokument.organisation == stelle)).scalar_one_or_none()
    if found is not None:
        return found
    key = uow.key()
    uow.session.execute(insert(Dokument).values(
        key=key, mandant=uow.actor.mandant, aktenzeichen=herkunft.aktenzeichen,
        wurzel_key=None if herkunft.aktenzeichen else herkunft.wurzel_key, person=person, vorlage=vorlage.key, bezug=bezug,
        abschnitte=list(vorlage.abschnitte), organisation=stelle, angelegt_am=uow.now, angelegt_von=uow.actor.login))
    return key


