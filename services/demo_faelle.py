"""Invented cases for a look around. They are made by the real use cases, so that the real processes run.

Each case is a list of steps: the element whose task is completed, with the answers that choose the way. Everything else in a
form is filled with plausible words. A clock of its own puts the steps on different days of the past weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import text

from engine.clock import BERLIN, FixedClock
from forms.conditions import options_of
from forms.model import (
    CheckboxField,
    ChoiceField,
    DynamicList,
    ExpressionField,
    Field,
    Group,
    NumberField,
    Temporal,
    TemporalField,
    TextField,
)
from forms.shape import Door
from forms.submission import submit
from services import demo_wege
from services.aufgaben import complete_with_form, open_in
from services.context import system_actor
from services.demo_personen import FIRST
from services.fall import einwilligungen, faelle, fakten, kontakte, uebergaben
from services.prozess import tasks, timers
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forms.model import Component
    from services.aufgaben import OpenForm
    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.tasks import TaskInfo

Antworten = dict[str, Any]

# What people say in these conversations, by the key of the field.
WORTE = {
    "anliegen": "Sucht Unterstützung bei Sprache, Wohnung und den Terminen mit mehreren Stellen.",
    "herkunftsland": "Syrien", "sprachmittlung_sprache": "Arabisch", "sprachkenntnisse": "Arabisch als Erstsprache, etwas Englisch.",
    "deutschkurse": "Noch kein Kurs, ein Platz im Integrationskurs ist beantragt.", "sprachbedarf": "Integrationskurs mit Kinderbetreuung.",
    "behoerde": "Ausländerbehörde", "einrichtung": "Beratungsstelle", "soziale_netzwerke": "Eine Freundin in der Nachbarschaft, sonst wenig Kontakte.",
    "freiwillige_namen": "Begleitung durch den Freundeskreis", "schule": "Zwölf Jahre Schule, Abschluss liegt vor.",
    "beruf": "Ausbildung in der Schneiderei, sechs Jahre Arbeit im Beruf.", "bildung_bedarf": "Anerkennung des Abschlusses prüfen lassen.",
    "wohnsituation": "Zwei Zimmer in der städtischen Unterkunft, Suche nach einer Wohnung.", "gesundheit": "Keine Angaben.",
    "interessen": "Nähen, Kochen, Lesen.", "ressourcen": "Zielstrebig, organisiert den Alltag der Familie.",
    "plaene": "Möchte Deutsch lernen und wieder im Beruf arbeiten.", "problemsituation": "Viele Stellen, wenig Überblick, lange Wartezeiten.",
}
# What is said about a child instead.
KINDERWORTE = {
    "sprachkenntnisse": "Arabisch als Erstsprache.", "deutschkurse": "Noch keine.", "sprachbedarf": "Deutschförderung in der Schule.",
    "soziale_netzwerke": "Spielt mit den Kindern der Unterkunft.", "schule": "Zwei Jahre Schule, jetzt auf der Warteliste für eine Auffangklasse.",
    "beruf": "Noch keiner, schulpflichtig.", "bildung_bedarf": "Schulplatz und Hilfe bei den Hausaufgaben.",
    "interessen": "Fußball, Malen, Musik.", "ressourcen": "Lernt schnell und findet leicht Anschluss.",
    "plaene": "Möchte zur Schule gehen und Freunde finden.", "problemsituation": "Wartet auf einen Schulplatz.",
}
SONST = "Im Gespräch geklärt."
BERATUNG: list[tuple[str, Antworten]] = [
    ("anliegen_aufnehmen", {"sprachmittlung": "ja"}),
    ("ueber_angebot_informieren", {"wunsch": "analyse", "aufenthalt": "asylverfahren", "asylbetreuung_beteiligt": "nein", "in_unterkunft": "nein"}),
    ("integrationsvertrag_schliessen", {"vertrag_geschlossen": "ja"}),
]
ANALYSE: list[tuple[str, Antworten]] = [
    *BERATUNG,
    ("analyse_durchfuehren", {"weiterer_termin": "nein", "sprachmittlung": "ja", "schwerbehinderung": "keine_angabe"}),
    ("austausch_zustimmen", {"zustimmung_erteilt": "ja"}), ("auftrag_aufnehmen", {"auftrag": "ansprechperson"}),
    ("fallbesprechung_fuehren", {"kurzfristiger_bedarf": "nein"}),
    ("empfehlung_geben", {"motivation": "ja", "mehrere_akteure": "ja", "intensive_begleitung": "ja", "empfehlung": "fallmanagement"}),
    ("beratungsbezug_klaeren", {"beratung_besteht": "nein"}), ("zuordnung_bestaetigen", {"abweichen": "nein"}),
]


@dataclass(frozen=True, kw_only=True)
class DemoFall:
    """A case to be made. ``vor_tagen``: its age. ``einwilligung``: to this recipient for a handover, before the steps."""

    personen: tuple[faelle.NeuePerson, ...]
    zugangsweg: str
    vor_tagen: int
    schritte: tuple[tuple[str, Antworten], ...] = ()
    rechtskreise: tuple[str, ...] = ("asylblg",)
    einwilligung: str | None = None
    kontakt: str | None = None


def person(vorname: str, nachname: str, born: str, *, haupt: bool = False, aufenthalt: str | None = None) -> faelle.NeuePerson:
    """A member of a case."""
    return faelle.NeuePerson(vorname=vorname, nachname=nachname, geburtsdatum=date.fromisoformat(born), hauptperson=haupt, aufenthalt=aufenthalt)


WEG_ZUR_AWO: tuple[tuple[str, Antworten], ...] = (
    *ANALYSE, ("person_rueckversichern", {"person_einverstanden": "ja"}), ("zusatzinformation_aushaendigen", {}))

FAELLE = (
    DemoFall(personen=(person("Karim", "Haidari", "1988-02-11", haupt=True, aufenthalt="asylverfahren"), person("Laila", "Haidari", "2016-07-03")),
             zugangsweg="buergerservice", vor_tagen=2),
    DemoFall(personen=(person("Olena", "Kravets", "1992-04-19", haupt=True), person("Danylo", "Kravets", "2020-01-30")), zugangsweg="person",
             vor_tagen=24, schritte=tuple(BERATUNG[:2]), rechtskreise=("sgb2",), kontakt="Termin verschoben, Frau Kravets meldet sich wegen der Übersetzung."),
    DemoFall(personen=(person("Amina", "Jallow", "1999-09-08", haupt=True),), zugangsweg="person", vor_tagen=40,
             schritte=(BERATUNG[0], ("ueber_angebot_informieren", {"wunsch": "grundinformation", "aufenthalt": "duldung", "asylbetreuung_beteiligt": "nein",
                                                                   "in_unterkunft": "nein"}))),
    DemoFall(personen=(person("Tesfay", "Berhe", "1979-12-01", haupt=True, aufenthalt="asylverfahren"),), zugangsweg="person", vor_tagen=30,
             schritte=tuple(ANALYSE[:7]), kontakt="Hat die Zeugnisse gefunden und bringt sie mit."),
    DemoFall(personen=(person("Samira", "Qaderi", "1992-03-14", haupt=True, aufenthalt="asylverfahren"), person("Elyas", "Qaderi", "2014-06-02"),
                       person("Nila", "Qaderi", "2019-01-21")),
             zugangsweg="person", vor_tagen=26, schritte=WEG_ZUR_AWO, einwilligung="awo_fluechtlingsberatung", kontakt="Nila kann in die Auffangklasse gehen."),
)


def faelle_von(kommune: str, today: date) -> tuple[DemoFall, ...]:
    """The cases of a Kommune: one that has just begun, one that stops before each element its way names, one that goes the whole way."""
    if kommune not in demo_wege.WEGE:
        return FAELLE
    weg = demo_wege.WEGE[kommune]
    names = [element for element, _ in weg.schritte]
    lengths = [0, *(names.index(element) for element in weg.haelt_vor), len(names)]
    first = 2 * list(demo_wege.WEGE).index(kommune)
    found = []
    for number, length in enumerate(lengths):
        vorname, nachname, kinder = demo_wege.FAMILIEN[(first + number) % len(demo_wege.FAMILIEN)]
        people = [person(vorname, nachname, f"{weg.jahrgang + number % 3}-0{number + 2}-1{number}", haupt=True, aufenthalt=weg.aufenthalt)]
        people += [person(kind, nachname, f"{today.year - 6 - 3 * n}-05-0{n + 4}") for n, kind in enumerate(kinder) if weg.jahrgang < today.year - 30]
        found.append(DemoFall(personen=tuple(people), zugangsweg=weg.zugangsweg, vor_tagen=demo_wege.ALTER_TAGE[number], schritte=weg.schritte[:length]))
    return tuple(found)


def load(app: App, actor: Actor, colleagues: Iterable[Actor]) -> None:
    """Make the cases, each only if the Mandant has fewer. ``actor`` opens them, ``colleagues`` complete what is not his."""
    present = read(app, actor, count)
    people = (actor, *colleagues)
    now = app.clock.now()
    for case in faelle_von(actor.mandant, app.clock.today())[present:]:
        clock = FixedClock(at_work(now - timedelta(days=case.vor_tagen), 0))
        past = replace(app, clock=clock, keys=app.keys)
        _make(past, clock, now, actor, people, case)


def count(uow: UnitOfWork) -> int:
    """How many cases the Mandant has."""
    return int(uow.session.execute(text("select count(*) from fall")).scalar_one())


def _make(app: App, clock: FixedClock, now: datetime, actor: Actor, people: tuple[Actor, ...], case: DemoFall) -> None:
    aktenzeichen = faelle.anlegen(app, actor, personen=case.personen, zugangsweg=case.zugangsweg, rechtskreise=case.rechtskreise, login=actor.login)
    if case.einwilligung:
        members = faelle.lesen(app, actor, aktenzeichen=aktenzeichen).personen
        settings = app.profil_of(actor.mandant).regel
        shared = [a for a in cast("Iterable[str]", settings.get("uebergabe_abschnitte", ())) if a != "fallbesprechung"]
        einwilligungen.erteilen(
            app, actor, aktenzeichen=aktenzeichen, person=members[0].key, auch_fuer=[p.key for p in members[1:]], empfaenger=case.einwilligung,
            zweck="uebergabe", abschnitte=shared, sprache="Dari", form="schriftlich", textfassung="Fassung 3",
            gueltig_bis=now.date() + timedelta(days=180))
    step = timedelta(days=max(1, case.vor_tagen - 8)) / (len(case.schritte) + 1)
    begun = clock.now()
    for number, (element, answers) in enumerate(case.schritte, start=1):
        clock.set(max(clock.now(), min(now, at_work(begun + number * step, number))))
        if element == demo_wege.UEBERGABE:
            _accept(app, people, aktenzeichen)
        elif actor.mandant != FIRST:
            _wait_for(app, clock, now, people, aktenzeichen, element)
        while (found := _task(app, people, aktenzeichen, element)) is not None:  # one per person of the case, where the model says so
            _complete(app, found[0], found[1], answers)
    if case.kontakt:
        kontakte.notieren(app, actor, aktenzeichen=aktenzeichen, art="telefon", notiz=case.kontakt)
    for who in people:  # what comes next lies with somebody, so that nobody's list is empty
        for task in tasks.of_case(app, who, business_id=aktenzeichen):
            if task.assignee is None and not who.groups.isdisjoint(task.candidate_groups) and (who == actor or actor.mandant != FIRST):
                tasks.assign(app, who, key=task.key, assignee=who.login)


def _accept(app: App, people: tuple[Actor, ...], aktenzeichen: str) -> None:
    """The receiving organisation takes the case over; before that it does not see it."""
    offers = read(app, system_actor(people[0].mandant), lambda uow: uow.session.execute(
        text("select key, empfaenger from uebergabe where aktenzeichen = :a and status = 'angeboten'"), {"a": aktenzeichen}).all())
    for offer in offers:
        who = next(who for who in people if who.organisation == offer.empfaenger)
        uebergaben.beantworten(app, who, uebergabe=offer.key, angenommen=True)


def _wait_for(app: App, clock: FixedClock, now: datetime, people: tuple[Actor, ...], aktenzeichen: str, element: str) -> None:
    """Let time pass until a task of this element is open: what waits for its day comes by a timer. Never beyond today."""
    while _task(app, people, aktenzeichen, element) is None:
        due: datetime | None = read(app, system_actor(people[0].mandant), lambda uow: uow.session.execute(text(
            "select min(t.due) from timer t join process_instance i on i.key = t.instance_key where i.business_id = :a and t.status = 0"),
            {"a": aktenzeichen}).scalar_one())
        if due is None or due > now:
            return
        clock.set(max(clock.now(), due))
        timers.fire_due(app)


def at_work(moment: datetime, number: int) -> datetime:
    """The same day, or the Monday after it, at a time when people work."""
    local = moment.astimezone(BERLIN)
    local += timedelta(days=max(0, 7 - local.weekday())) if local.weekday() >= 5 else timedelta()
    return local.replace(hour=9 + number % 7, minute=number * 13 % 60, second=0, microsecond=0)


def _task(app: App, people: tuple[Actor, ...], aktenzeichen: str, element: str) -> tuple[TaskInfo, Actor] | None:
    """An open task of this element, with somebody who may complete it."""
    for who in people:
        for task in tasks.of_case(app, who, business_id=aktenzeichen):
            if task.element_id == element and (task.assignee == who.login or (
                    task.assignee is None and not who.groups.isdisjoint(task.candidate_groups))):
                return task, who
    return None


def _complete(app: App, task: TaskInfo, who: Actor, answers: Antworten) -> None:
    if task.assignee is None:
        tasks.assign(app, who, key=task.key, assignee=who.login)

    def work(uow: UnitOfWork) -> Antworten:
        opened = open_in(uow, key=task.key)
        return {} if opened is None else filled(opened, answers, uow.app.clock.today(), WORTE | KINDERWORTE if about_a_child(uow, task, opened) else WORTE)
    complete_with_form(app, who, key=task.key, values=transact(app, who, work), typed=True)


def about_a_child(uow: UnitOfWork, task: TaskInfo, opened: OpenForm) -> bool:
    """Whether the task is about a minor."""
    if opened.person is None or task.business_id is None:
        return False
    people = fakten.facts(uow.session, task.business_id, today=uow.app.clock.today())["personen"]
    return any(p["id"] == str(opened.person) and p["alter"] is not None and p["alter"] < einwilligungen.VOLLJAEHRIG for p in people)


def filled(opened: OpenForm, given: Antworten, today: date, words: Mapping[str, str]) -> Antworten:
    """Typed answers to a form: those given, those known already, and plausible ``words`` for whatever else is required and visible."""
    names = {path[0] for path, _ in opened.form.fields()}
    values = {**fields_of(opened.form.components, opened, today, words), **{n: v for n, v in given.items() if n in names}}
    sent = submit(opened.form, values, opened.evaluate, opened.context, door=Door.JSON)
    assert sent.ok, f"{opened.form.id}: {sent.errors}"
    return values


def fields_of(components: tuple[Component, ...], opened: OpenForm, today: date, words: Mapping[str, str]) -> Antworten:
    """Answers to the required fields, and to those whose answer is known."""
    found: Antworten = {}
    for component in components:
        if isinstance(component, Group):
            target = found
            for part in component.path:
                target = target.setdefault(part, {})
            target.update(fields_of(component.components, opened, today, words))
        elif not isinstance(component, Field) or isinstance(component, ExpressionField) or component.readonly:
            continue
        else:
            known = opened.values.get(component.key)
            if known is not None or component.required:
                found[component.key] = known if known is not None else value_for(component, opened, today, words)
    return found


def value_for(field: Component, opened: OpenForm, today: date, words: Mapping[str, str]) -> object:
    """One plausible answer to a required field."""
    match field:
        case CheckboxField():
            return True
        case ChoiceField():
            options = options_of(field, opened.evaluate, opened.context)
            first = options[0].value if options else None
            return [first] if field.multiple else first
        case NumberField():
            return int(field.minimum) if field.minimum is not None else 1
        case TemporalField():
            day = "1992-03-14" if "geburt" in field.key else today.isoformat()
            return {Temporal.DATE: day, Temporal.TIME: "10:00", Temporal.DATETIME: f"{day}T10:00:00"}[field.subtype]
        case DynamicList():
            return [fields_of(field.components, opened, today, words) for _ in range(max(1, field.min_items))]
        case TextField():
            return {"email": "kontakt@stelle.example", "phone": "+49 2841 000000"}.get(field.validation or "") or words.get(field.key, SONST)
        case _:
            return None


