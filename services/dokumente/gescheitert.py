"""Documents whose file could not be made: for those who see to disturbances, without a word of what the document says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from services.db.models.dokument import Dokument, DokumentFassung
from services.dokumente import lesen, rendern
from services.prozess import rechte
from services.prozess.rechte import Recht
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

LAYOUT = ("Die Vorlage des Dokuments passt nicht zu den Angaben, deshalb ließ sich keine Datei erstellen. "
          "Die Prozessverantwortung berichtigt die Vorlage oder die Angabe und lässt das Dokument noch einmal erstellen.")
SONST = ("Beim Erstellen der Datei ist mehrmals etwas nicht gelungen, zum Beispiel weil die Datenbank nicht erreichbar war. "
         "Die Koordination lässt es noch einmal versuchen. Gelingt das nicht, hilft die Verwaltung von Etappe.")
URSACHEN = {"TypstError": LAYOUT}  # by the class of the error that the version keeps


@dataclass(frozen=True, kw_only=True)
class Gescheitert:
    """A version without its file. ``art``: name of the template; ``meldung``: class of the error; ``versuche``: how often it was tried."""

    dokument: int
    version: int
    art: str
    aktenzeichen: str | None
    wurzel_key: int | None
    seit: datetime
    versuche: int
    ursache: str
    meldung: str


def auflisten(app: App, actor: Actor, *, limit: int = 200) -> tuple[Gescheitert, ...]:
    """What could not be made in the Mandant, the oldest first. Raises NotPermitted."""
    rechte.require(actor, Recht.SEE_INCIDENTS)

    def work(uow: UnitOfWork) -> tuple[Gescheitert, ...]:
        rows = uow.session.execute(
            select(Dokument, DokumentFassung)
            .join(DokumentFassung, (DokumentFassung.mandant == Dokument.mandant) & (DokumentFassung.dokument == Dokument.key))
            .where(DokumentFassung.mandant == actor.mandant, DokumentFassung.status == "gescheitert")
            .order_by(DokumentFassung.erstellt_am, DokumentFassung.dokument, DokumentFassung.version).limit(limit)).all()
        return tuple(Gescheitert(
            dokument=d.key, version=f.version, art=lesen.art_von(d), aktenzeichen=d.aktenzeichen, wurzel_key=d.wurzel_key, seit=f.erstellt_am,
            versuche=f.versucht, ursache=URSACHEN.get(f.fehler or "", SONST), meldung=f.fehler or "") for d, f in rows)
    return read(app, actor, work)


def nochmal(app: App, actor: Actor, *, dokument: int, version: int) -> bool:
    """Ask for the file again. False if it has not failed, or somebody was faster. Raises NotPermitted."""
    rechte.require(actor, Recht.OPERATE)

    def work(uow: UnitOfWork) -> bool:
        again = rendern.neu_versuchen(uow, dokument, version)
        if again:
            uow.audit("dokument.nochmal", f"dokument:{dokument}", chain=f"dokument:{dokument}", detail={"dokument": dokument, "version": version})
        return again
    return transact(app, actor, work)
