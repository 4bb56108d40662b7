"""Files in the forms of tasks. They wait with the draft of the person; completing the task makes them documents.

Until then a file is nobody's but hers: she can look at it and take it away again, and it ends with the draft. A colleague who
goes on with the task copies draft and files. Answers hold the
key of a file, which stays the key of the document, so neither names nor bytes come near process variables.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, literal, select, text

from forms.model import DynamicList, FileField
from forms.shape import UNKNOWN, get, leaves, name_of
from forms.submission import path_of
from forms.uploads import check_file, media_type, safe_name
from services.db.models.dokument import Dokument, DokumentFassung, DokumentInhalt, EntwurfDatei
from services.db.models.fall import Person
from services.dokumente import lesen
from services.dokumente.ablegen import TITEL_MAX, naechste_version
from services.errors import NotFound, NotPermitted
from services.fall import abschnitte as sections
from services.fall import verantwortung, zeitleiste, zugriffe
from services.prozess import tasks
from services.unit_of_work import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forms.model import Binding, Component, Form
    from services.bootstrap import App
    from services.context import Actor
    from services.dokumente.lesen import Datei
    from services.unit_of_work import UnitOfWork

JE_FELD = 20  # as the form's schema allows
JE_ENTWURF = 40
VERSCHWUNDEN = "Diese Datei gibt es nicht mehr. Laden Sie sie noch einmal hoch."


@dataclass(frozen=True, kw_only=True)
class Hochgeladen:
    """A file as it arrived. ``feld``: name of the field on the page; ``dateiname`` as the browser sent it."""

    feld: str
    dateiname: str
    inhalt: bytes


@dataclass(frozen=True, kw_only=True)
class Vorgang:
    """Where the files of a task belong: to its case, or without one to the root instance of its process."""

    aufgabe: int
    element_id: str
    instanz: int
    wurzel: int
    aktenzeichen: str | None
    person: int | None


@dataclass(frozen=True, kw_only=True)
class Stelle:
    """A file field among answers. ``inhaber[schluessel]`` is its list of references; ``bindung`` that of the outermost list."""

    name: str
    feld: str
    modell: FileField
    bindung: Binding
    inhaber: dict[str, Any]
    schluessel: str

    @property
    def verweise(self) -> list[str]:
        found = self.inhaber.get(self.schluessel)
        return [str(each) for each in found] if isinstance(found, list) else []


def muster(name: str) -> str:
    """The path of a field without the numbers of rows."""
    return name_of("*" if isinstance(part, int) else part for part in path_of(name))


def felder(form: Form) -> dict[str, FileField]:
    """The file fields of a form by their path."""
    return {name_of(path): field for path, field in form.fields() if isinstance(field, FileField)}


def stellen(form: Form, werte: Mapping[str, Any]) -> Iterator[Stelle]:
    """The file fields among nested answers."""
    yield from _stellen(form.components, werte, (), None)


def _stellen(components: tuple[Component, ...], werte: object, prefix: tuple[str | int, ...], outer: Binding | None) -> Iterator[Stelle]:
    for path, component in leaves(components):
        here, binding = (*prefix, *path), outer or component.binding
        holder, value = get(werte, path[:-1]), get(werte, path)
        if isinstance(component, DynamicList) and isinstance(value, list):
            for number, row in enumerate(value):
                yield from _stellen(component.components, row, (*here, number), binding)
        elif isinstance(component, FileField) and isinstance(value, list) and isinstance(holder, dict):
            name = name_of(here)
            yield Stelle(name=name, feld=muster(name), modell=component, bindung=binding, inhaber=holder, schluessel=path[-1])


# -- with the draft --------------------------------------------------------------------------------------------------------
def annehmen(uow: UnitOfWork, vorgang: Vorgang, form: Form, post: dict[str, Any], dateien: Sequence[Hochgeladen],
             vorhanden: Mapping[str, Any]) -> dict[str, str]:
    """Keep files with the draft (whose row exists) and name them in the form post, which is changed; a single file takes the place of another.

    Args:
        uow: The unit of work of the caller, who has checked the task.
        vorgang: The task.
        form: Its form.
        post: Name -> text or list of texts.
        dateien: What arrived.
        vorhanden: The present answers, nested.

    Returns:
        Name of a field -> German sentence, for files that were not taken.
    """
    known, errors = felder(form), dict[str, str]()
    count = uow.session.execute(text("select count(*) from entwurf_datei where task_key = :k and login = :l"),
                                {"k": vorgang.aufgabe, "l": uow.actor.login}).scalar_one()
    for datei in dateien:
        modell = known.get(muster(datei.feld))
        if modell is None:
            errors["_formular"] = UNKNOWN
            continue
        refs = _refs(post.get(datei.feld))
        problem = check_file(datei.dateiname, datei.inhalt, modell.accept)
        if problem is None and modell.multiple and len(refs) >= JE_FELD:
            problem = f"Laden Sie höchstens {JE_FELD} Dateien hoch."
        if problem is None and count >= JE_ENTWURF:
            problem = f"Laden Sie zu dieser Aufgabe höchstens {JE_ENTWURF} Dateien hoch. Entfernen Sie zuerst eine."
        if problem is not None:
            shown = safe_name(datei.dateiname)[:80]
            errors[datei.feld] = f"„{shown}“: {problem}" if shown else problem
            continue
        count += 1
        new = str(_behalten(uow, vorgang, datei, _vorgaenger(uow, vorgang, refs or _refs(get(vorhanden, path_of(datei.feld))), modell)))
        if not modell.multiple:
            for old in set(refs) - {new}:
                wegnehmen(uow, vorgang.aufgabe, old)
            refs = []
        post[datei.feld] = [*(ref for ref in refs if ref != new), new]
    return errors


def _refs(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [str(each) for each in found if each]


def _behalten(uow: UnitOfWork, vorgang: Vorgang, datei: Hochgeladen, ersetzt: int | None) -> int:
    """Store a file, or find it: the same page sent twice must not make two."""
    feld, digest = muster(datei.feld), hashlib.sha256(datei.inhalt).hexdigest()
    same = uow.session.execute(
        select(EntwurfDatei.key)
        .where(EntwurfDatei.task_key == vorgang.aufgabe, EntwurfDatei.login == uow.actor.login, EntwurfDatei.feld == feld,
               EntwurfDatei.sha256 == digest, EntwurfDatei.dateiname == datei.dateiname).limit(1)).scalar_one_or_none()
    if same is not None:
        return same
    key = uow.key()
    uow.session.execute(insert(EntwurfDatei).values(
        key=key, mandant=uow.actor.mandant, task_key=vorgang.aufgabe, login=uow.actor.login, feld=feld, dateiname=datei.dateiname,
        medientyp=media_type(datei.dateiname), sha256=digest, groesse=len(datei.inhalt), inhalt=datei.inhalt, ersetzt=ersetzt, gespeichert_am=uow.now))
    return key


def _vorgaenger(uow: UnitOfWork, vorgang: Vorgang, refs: list[str], modell: FileField) -> int | None:
    """The document whose next version a file becomes: the one uploaded file that a field for a single file holds by now."""
    if modell.multiple or len(refs) != 1:
        return None
    found = uow.session.execute(
        select(EntwurfDatei.ersetzt).where(EntwurfDatei.key == _zahl(refs[0]), EntwurfDatei.task_key == vorgang.aufgabe)).one_or_none()
    if found is not None:
        before: int | None = found.ersetzt
        return before
    row = _dokument(uow, vorgang, refs[0])
    return row.key if row is not None and row.vorlage is None and row.organisation == _organisation(uow, vorgang) else None


def wegnehmen(uow: UnitOfWork, aufgabe: int, verweis: str) -> None:
    """Take a file out of the draft; one that is a document stays a document."""
    uow.session.execute(delete(EntwurfDatei).where(
        EntwurfDatei.key == _zahl(verweis), EntwurfDatei.task_key == aufgabe, EntwurfDatei.login == uow.actor.login))


def worte(uow: UnitOfWork, vorgang: Vorgang, form: Form, werte: Mapping[str, Any]) -> dict[str, str]:
    """Name and size of the files among the answers, by reference; only what the actor may see."""
    wanted = {ref for stelle in stellen(form, werte) for ref in stelle.verweise}
    if not wanted:
        return {}
    found = {str(row.key): f"{row.dateiname}, {lesen.groesse_in_worten(row.groesse)}" for row in uow.session.execute(
        select(EntwurfDatei.key, EntwurfDatei.dateiname, EntwurfDatei.groesse)
        .where(EntwurfDatei.task_key == vorgang.aufgabe, EntwurfDatei.login == uow.actor.login))}
    for ref in wanted - set(found):
        row = _dokument(uow, vorgang, ref)
        newest = row and uow.session.execute(
            select(DokumentFassung.dateiname, DokumentFassung.version).where(DokumentFassung.dokument == row.key)
            .order_by(DokumentFassung.version.desc()).limit(1)).one_or_none()
        if newest:
            found[ref] = f"{newest.dateiname}, Version {newest.version}"
    return {ref: words for ref, words in found.items() if ref in wanted}


def oeffnen(uow: UnitOfWork, aufgabe: int, verweis: int) -> Datei:
    """A file of the actor's own draft. Raises NotFound."""
    row = uow.session.execute(select(EntwurfDatei).where(
        EntwurfDatei.key == verweis, EntwurfDatei.task_key == aufgabe, EntwurfDatei.login == uow.actor.login)).scalar_one_or_none()
    if row is None:
        raise NotFound
    return lesen.Datei(dateiname=row.dateiname, medientyp=row.medientyp, sha256=row.sha256, inhalt=bytes(row.inhalt))


def kopien(uow: UnitOfWork, vorgang: Vorgang, form: Form, werte: Mapping[str, Any], von: str) -> dict[int, int]:
    """Keys for copies of the files that a colleague's draft names: old -> new. ``werte``, that draft, names the new ones afterwards."""
    theirs = set(uow.session.scalars(select(EntwurfDatei.key).where(EntwurfDatei.task_key == vorgang.aufgabe, EntwurfDatei.login == von)))
    new: dict[int, int] = {}
    for stelle in stellen(form, werte):
        for ref in stelle.verweise:
            if (old := _zahl(ref)) in theirs and old not in new:
                new[old] = uow.key()
        stelle.inhaber[stelle.schluessel] = [str(new.get(_zahl(ref), ref)) for ref in stelle.verweise]
    return new


def kopieren(uow: UnitOfWork, schluessel: Mapping[int, int]) -> None:
    """Copy the files into the own draft, which must be saved already."""
    c = EntwurfDatei
    for old, new in schluessel.items():
        same = (c.mandant, c.task_key, c.feld, c.dateiname, c.medientyp, c.sha256, c.groesse, c.inhalt, c.ersetzt, c.gespeichert_am)
        uow.session.execute(insert(c).from_select(
            ["key", "login", *(column.key for column in same)], select(literal(new), literal(uow.actor.login), *same).where(c.key == old)))


# -- with the completed task ------------------------------------------------------------------------------------------------
def pruefen(uow: UnitOfWork, vorgang: Vorgang, form: Form, werte: Mapping[str, Any], vorhanden: Mapping[str, Any]) -> dict[str, str]:
    """Sentences for references that name nothing: no file of the own draft for this field, no document of the case, no present answer."""
    mine = {str(row.key): row.feld for row in uow.session.execute(
        select(EntwurfDatei.key, EntwurfDatei.feld).where(EntwurfDatei.task_key == vorgang.aufgabe, EntwurfDatei.login == uow.actor.login))}
    known = {ref for stelle in stellen(form, vorhanden) for ref in stelle.verweise}
    return {
        stelle.name: VERSCHWUNDEN for stelle in stellen(form, werte)
        if any(mine.get(ref) != stelle.feld and ref not in known and _dokument(uow, vorgang, ref) is None for ref in stelle.verweise)}


def uebernehmen(uow: UnitOfWork, vorgang: Vorgang, form: Form, werte: Mapping[str, Any]) -> None:
    """Make documents of the draft's files that the checked answers name; answers are changed where a file is the next version of a document."""
    rows = {str(row.key): row for row in uow.session.execute(
        select(EntwurfDatei.key, EntwurfDatei.dateiname, EntwurfDatei.ersetzt)
        .where(EntwurfDatei.task_key == vorgang.aufgabe, EntwurfDatei.login == uow.actor.login))}
    taken: dict[str, str] = {}
    for stelle in stellen(form, werte):
        for ref in stelle.verweise:
            if ref in rows and ref not in taken:
                if vorgang.aktenzeichen is not None and not taken:
                    verantwortung.lock_open(uow, vorgang.aktenzeichen)  # one after the other, so versions are counted without a race
                taken[ref] = str(_ablegen(uow, vorgang, stelle, rows[ref]))
        stelle.inhaber[stelle.schluessel] = list(dict.fromkeys(taken.get(ref, ref) for ref in stelle.verweise))
    if taken and vorgang.aktenzeichen is not None:
        words = "Datei hochgeladen" if len(taken) == 1 else f"{len(taken)} Dateien hochgeladen"
        sections_of = {s.bindung.section for s in stellen(form, werte) if s.bindung.section and set(s.verweise) & set(taken.values())}
        zugriffe.vermerken(uow, vorgang.aktenzeichen, zugriffe.GESCHRIEBEN, sections_of, words)
        zeitleiste.notieren(uow, vorgang.aktenzeichen, "dokument", f"{words}, mit einer Aufgabe")


def _ablegen(uow: UnitOfWork, vorgang: Vorgang, stelle: Stelle, datei: Any) -> int:  # noqa: ANN401  a row
    """A file of the draft as a new document, or the next version of one; the bytes stay inside the database."""
    mandant, akte, section = uow.actor.mandant, vorgang.aktenzeichen, stelle.bindung.section
    key: int = datei.ersetzt or datei.key
    if datei.ersetzt is None:
        uow.session.execute(insert(Dokument).values(
            key=key, mandant=mandant, aktenzeichen=akte, wurzel_key=None if akte else vorgang.wurzel, datei=key,
            person=_person(uow, vorgang) if section in sections.PERSON else None, abschnitte=[section] if section else [],
            organisation=_organisation(uow, vorgang), angelegt_am=uow.now, angelegt_von=uow.actor.login))
    version = naechste_version(uow, key)
    label = stelle.modell.label.strip()
    titel = f"{label}: {datei.dateiname}" if label and not label.startswith("=") else datei.dateiname
    uow.session.execute(insert(DokumentFassung).values(
        mandant=mandant, dokument=key, version=version, titel=titel[:TITEL_MAX], dateiname=datei.dateiname, erstellt_am=uow.now,
        erstellt_von=uow.actor.login, element_id=vorgang.element_id, instanz_key=vorgang.instanz, aufgabe=vorgang.aufgabe, status="fertig"))
    uow.session.execute(insert(DokumentInhalt).from_select(
        ["mandant", "dokument", "version", "medientyp", "sha256", "groesse", "inhalt", "gespeichert_am"],
        select(EntwurfDatei.mandant, literal(key), literal(version), EntwurfDatei.medientyp, EntwurfDatei.sha256, EntwurfDatei.groesse,
               EntwurfDatei.inhalt, literal(uow.now)).where(EntwurfDatei.key == datei.key)))
    subject = akte or str(vorgang.wurzel)
    uow.audit("dokument.hochladen", subject, chain=f"fall:{akte}" if akte else f"prozess:{vorgang.wurzel}",
              detail={"dokument": key, "version": version, "aufgabe": vorgang.aufgabe})
    return key


def _zahl(verweis: str) -> int:
    """A reference as a key; one that is none names nothing."""
    return int(verweis) if verweis.isascii() and verweis.isdecimal() and len(verweis) < 19 else 0


def _dokument(uow: UnitOfWork, vorgang: Vorgang, verweis: str) -> Dokument | None:
    """A document of the same case (or process), if the actor may see it."""
    try:
        row, _ = lesen.require(uow, _zahl(verweis))
    except (NotFound, NotPermitted):
        return None
    same = row.aktenzeichen == vorgang.aktenzeichen if vorgang.aktenzeichen else row.wurzel_key == vorgang.wurzel
    return row if same else None


def _organisation(uow: UnitOfWork, vorgang: Vorgang) -> str:
    """Whose document it is: as for a section of the Fallakte the holder of the Fallverantwortung, without a case the actor's organisation."""
    return verantwortung.open_row(uow, vorgang.aktenzeichen).organisation if vorgang.aktenzeichen else uow.actor.organisation


def _person(uow: UnitOfWork, vorgang: Vorgang) -> int | None:
    """The person whose section the file tells about: that of the task, else the main person."""
    return vorgang.person or uow.session.execute(select(Person.key).where(
        Person.mandant == uow.actor.mandant, Person.aktenzeichen == vorgang.aktenzeichen, Person.hauptperson)).scalar_one_or_none()


@dataclass(frozen=True, kw_only=True)
class Abgegeben:
    """A file that was handed in with a completed task."""

    dokument: int
    version: int
    titel: str


def der_aufgabe(app: App, actor: Actor, *, key: int) -> tuple[Abgegeben, ...]:
    """The files that were handed in with a task, as far as the actor may see them. Raises NotFound."""
    def work(uow: UnitOfWork) -> tuple[Abgegeben, ...]:
        tasks.load(uow.session, actor, key)
        rows = uow.session.execute(
            select(DokumentFassung.dokument, DokumentFassung.version, DokumentFassung.titel)
            .where(DokumentFassung.aufgabe == key).order_by(DokumentFassung.dokument)).all()
        return tuple(Abgegeben(dokument=row.dokument, version=row.version, titel=row.titel) for row in rows if _sichtbar(uow, row.dokument))
    return read(app, actor, work)


def _sichtbar(uow: UnitOfWork, dokument: int) -> bool:
    try:
        lesen.require(uow, dokument)
    except (NotFound, NotPermitted):
        return False
    return True
