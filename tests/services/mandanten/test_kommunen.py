"""A Mandant for each Kommunalprofil: its people log in, open a case, and its own access process gives them the first task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from processes import bibliothek, profil
from services import aufgaben, auslieferung, bootstrap, demo
from services.bootstrap import App
from services.context import Actor, system_actor
from services.db import provision
from services.db.embedded import EmbeddedPostgres
from services.db.models.grundlage import Benutzer
from services.fall import abschnitte, faelle, uebergaben
from services.fall.faelle import NeuePerson
from services.prozess import deployments, incidents, instances, messages, rechte, tasks, timers
from services.prozess.deployments import Resource
from services.settings import Settings
from services.unit_of_work import read, transact
from tests import builders
from tests.antworten import answers
from web.pages.faelle import ZUGANGSWEGE

FIRST_TASK = {
    "dormagen": "neuanmeldung_einordnen", "duesseldorf": "anliegen_aufnehmen", "hoexter": "erstberatung_fuehren", "koeln": "meldung_abgeben",
    "moers": "servicestelle_anrufen", "muelheim": "profiling_fuehren",
}

ZUGANGSWEG = {
    "dormagen": "neuanmeldung", "duesseldorf": "person", "hoexter": "buergerservice", "koeln": "fachamt", "moers": "buergerservice",
    "muelheim": "erstaufnahme",
}


@pytest.fixture
def app(postgres: EmbeddedPostgres, database: str) -> Iterator[App]:
    made = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, database), pool_size=5),
                           clock=builders.Uhr())
    yield made
    made.close()


def people(app: App, kommune: str) -> dict[str, Actor]:
    def work(uow) -> dict[str, Actor]:
        return {b.login: Actor(login=b.login, name=b.name, mandant=b.mandant, organisation=b.organisation, roles=frozenset(b.rollen),
                               functions=frozenset(b.funktionen)) for b in uow.session.scalars(select(Benutzer))}
    return read(app, system_actor(kommune), work)


def complete(app: App, who: Actor, task: Any, given: dict[str, Any]) -> None:
    """Fill in the form as a person would, with these answers and plausible ones to whatever else it requires."""
    def values(uow) -> dict[str, Any]:
        opened = aufgaben.open_in(uow, key=task.key)
        return answers(opened.form, opened.evaluate, opened.context, given)
    aufgaben.complete_with_form(app, who, key=task.key, values=transact(app, who, values), typed=True)


def deploy(app: App, who: Actor, keys: set[str]) -> None:
    """Only some processes of the library, because the whole takes its time."""
    deployments.deploy(app, who, resources=[
        Resource(name=d.name.rsplit("/", 1)[-1], data=d.data) for d in bibliothek.dateien() if d.key in keys])


def login_of(kommune: str, role: str) -> str:
    return role if kommune == demo.FIRST else f"{role}-{kommune}"


@pytest.mark.parametrize("kommune", profil.namen())
def test_case_of_each_kommune_begins_with_its_own_access(app: App, kommune: str) -> None:
    demo.load(app, [kommune])
    logins = people(app, kommune)
    deploy(app, logins[login_of(kommune, "verwaltung")], {"fallmanagement", profil.load(kommune).prozess["zugang"], "zugang_dormagen_ansprache", "zugang_moers_erstkontakt"})
    opener = logins[login_of(kommune, "fallmanagement")]

    akte = faelle.anlegen(app, opener, login=opener.login, zugangsweg=ZUGANGSWEG[kommune], rechtskreise=["asylblg"],
                          personen=[NeuePerson(vorname="Amina", nachname="Beispiel", hauptperson=True)])

    seen = [t for login in logins.values() if login.roles & {"fallmanagement", "koordination"}
            for t in tasks.of_case(app, login, business_id=akte)]
    assert {t.element_id for t in seen} == {FIRST_TASK[kommune]}
    running = {i.process_id for i in instances.of_case(app, logins[login_of(kommune, "verwaltung")], business_id=akte)}
    assert profil.load(kommune).prozess["zugang"] in running
    assert akte.startswith(profil.load(kommune).aktenzeichen_praefix + "-")


@pytest.mark.parametrize("kommune", profil.namen())
def test_every_function_has_a_person(kommune: str) -> None:
    settings = profil.load(kommune)
    held = {(p.organisation, function) for p in demo.personen(settings) for function in p.funktionen}

    if kommune != demo.FIRST:
        for function, organisation in settings.funktion.items():
            for key in organisation if isinstance(organisation, tuple) else (organisation,):
                assert (key, function) in held, (function, key)
    logins = [p.login for p in demo.personen(settings)]
    assert len(set(logins)) == len(logins)


def test_two_mandanten_have_their_own_people(app: App) -> None:
    demo.load(app, ["koeln", "dormagen"])

    assert set(people(app, "koeln")) & set(people(app, "dormagen")) == set()
    with pytest.raises(profil.InvalidProfil, match="Es gibt kein Profil"):
        demo.load(app, ["atlantis"])


WEGE: dict[str, dict[str, dict[str, Any]]] = {
    "dormagen": {
        "meldung_aufnehmen": {"meldende_stelle": "jobcenter"}, "anderen_fachbereich_fragen": {"bereits_bekannt": "nein"},
        "beratungstermin_anbieten": {"termin_angenommen": "ja"},
        "erstgespraech_fuehren": {"hoechstdauer_eingehalten": "ja", "bedarf": "umfassend", "interesse": "ja", "jobcenter_anliegen": "nein"},
        "aufnahme_entscheiden": {"entscheidung": "fallmanagement"}, "einwilligung_erklaeren": {"entscheidung": "erteilt"}, "rueckmeldung_geben": {}},
    "koeln": {
        "meldung_abgeben": {"k1_fluchterfahrung": "ja", "k1_altersausnahme": "ja", "k2_problemlagen": "ja", "k3_akteursdichte": "ja", "k4_angebote": "ja",
                            "k5_freiwillig": "ja", "schweigepflichtentbindung": "ja"},
        "meldung_pruefen": {"meldung_vollstaendig": "ja", "kriterien_bestaetigt": "ja", "vorgeschlagener_traeger": "ib_koeln"},
        "eignung_pruefen": {"eignung": "geeignet"}, "aufnahme_entscheiden": {"aufnahme": "aufgenommen", "uebergabekonferenz": "ja"},
        "uebergabekonferenz_fuehren": {}, "stelle_auswaehlen": {"stelle_gefunden": "ja", "gewaehlte_stelle": "ib_koeln"},
        "zusatzinformation_aushaendigen": {}, "antwort": {}, "mitteilung_vorbereiten": {"mitteilung_einverstanden": "nein"},
        "person_einladen": {"kontakt_ergebnis": "erreicht"}, "bereitschaft_klaeren": {"teilnahme": "ja"}},
    "muelheim": {
        "profiling_fuehren": {"erste_hilfen": "ja"}, "hilfen_einleiten": {}, "profiling_2_fuehren": {}, "umzug_festhalten": {"umzug_ergebnis": "umgezogen"},
        "kennenlernen": {}, "warten": {}, "selbst_einschaetzen": {"termin_ergebnis": "ja"}, "fachlich_einschaetzen": {},
        "fallklaerung_durchfuehren": {"mehrere_bereiche": "ja", "mehrere_stellen": "ja", "laengere_begleitung": "ja", "motivation": "ja", "mitwirkung": "ja"},
        "aufnahme_entscheiden": {"entscheidung": "aufnehmen"}, "beratungsvereinbarung_schliessen": {"vereinbarung": "ja"}},
    "hoexter": {
        "fall_melden": {"meldung_einverstanden": "ja", "meldung_an": "koordination"}, "meldung_weiterleiten": {"schwachstelle": "nein"}, "weg_nachvollziehen": {"person_einverstanden": "ja", "empfehlung": "case_management"},
        "stelle_auswaehlen": {"stelle_gefunden": "ja", "gewaehlte_stelle": "cm_brakel"}, "verweisberatung_pruefen": {"verweis_noetig": "ja"},
        "verweis_vereinbaren": {"verweis_angenommen": "ja", "verweis_art": "andere", "nachfrage_vereinbart": "nein"}},
    "duesseldorf": {
        "im_sozialraum_ansprechen": {"ansprache_interesse": "ja"}, "anliegen_aufnehmen": {"anliegen_art": "hilfe"},
        "aufnahme_pruefen": {"mehrere_stellen": "ja", "freiwillig": "ja", "anderes_fallmanagement": "nein", "aufenthaltsfrage": "nein"},
        "stelle_auswaehlen": {"stelle_gefunden": "ja", "gewaehlte_stelle": "awo_duesseldorf"}, "person_rueckversichern": {"person_einverstanden": "ja"},
        "einwilligung_einholen": {"einwilligung_erteilt": "ja"}, "zusatzinformation_aushaendigen": {}, "antwort": {}, "uebergabegespraech_fuehren": {"gespraech_ergebnis": "uebergabe_vereinbart"},
        "mitteilung_vorbereiten": {"mitteilung_einverstanden": "nein"}, "arbeitsbuendnis_schliessen": {"arbeitsbuendnis": "ja"}},
}
ANFANG = {"dormagen": "jobcenter", "duesseldorf": "welcome_point", "hoexter": "jugendamt", "koeln": "fachamt", "muelheim": "erstaufnahme"}


NEEDED = {"fallmanagement", "fallverantwortung_auswahl", "warme_uebergabe", "uebergabe_vorbereitung", "uebergabe_angebot", "uebergabe_nachfrage", "einwilligung", "klaerungsphase",
          "assessment"}


def work_of_the_worker(app: App) -> None:
    while timers.fire_due(app) or messages.deliver_pending(app):
        pass


@pytest.mark.parametrize("kommune", WEGE)
def test_access_goes_all_the_way_to_the_case_management(app: App, kommune: str) -> None:
    """Every step on the real application by somebody whom it reaches: real forms, tables, jobs, consent, handover to another organisation."""
    demo.load(app, [kommune])
    logins = people(app, kommune)
    opener, observer = logins[f"fallmanagement-{kommune}"], logins[f"verwaltung-{kommune}"]
    if kommune == "dormagen":
        assert auslieferung.deploy_missing(app) == (kommune,)
    else:
        deploy(app, observer, {key for key in bibliothek.keys() if key.startswith("zugang_")} | NEEDED)
    akte = faelle.anlegen(app, opener, login=opener.login, zugangsweg=ANFANG[kommune], rechtskreise=["asylblg"],
                          personen=[NeuePerson(vorname="Amina", nachname="Beispiel", hauptperson=True)])

    for element, given in WEGE[kommune].items():
        work_of_the_worker(app)
        if element == "warten":
            app.clock.advance(days=22)
            continue
        if element == "antwort":
            answer_handover(app, kommune, logins)
            continue
        found = {t.element_id: t for t in read(app, system_actor(kommune), lambda uow: [tasks.info(r) for r in uow.session.execute(
            tasks.select(*tasks.FIELDS).where(tasks.TABLE.c.business_id == akte, tasks.TABLE.c.status == "CREATED"))])}
        assert element in found, (element, sorted(found))
        task = found[element]
        reached = [a for a in logins.values() if a.login == task.assignee or (
            task.assignee is None and a.groups & set(task.candidate_groups) and read(app, a, lambda uow, t=task: rechte.may_task(uow, "claim", t)))]
        assert reached, (element, task.assignee, task.candidate_groups)
        complete(app, reached[0], task, given)

    work_of_the_worker(app)
    assert incidents.open_incidents(app, observer) == ()
    geklaert = profil.load(kommune).regel["klaerung_im_zugang"]
    assert faelle.lesen(app, observer, aktenzeichen=akte).phase == ("assessment" if geklaert else "klaerungsphase")


def answer_handover(app: App, kommune: str, logins: dict[str, Actor]) -> None:
    """The receiving organisation takes the case."""
    row = read(app, system_actor(kommune), lambda uow: uow.session.execute(text("select key, empfaenger from uebergabe where status = 'angeboten'")).one())
    who = next(a for a in logins.values() if a.organisation == row.empfaenger)
    uebergaben.beantworten(app, who, uebergabe=row.key, angenommen=True)


@pytest.mark.parametrize("kommune", profil.namen())
def test_sections_of_a_handover_exist_and_leave_out_what_never_or_only_expressly_goes(kommune: str) -> None:
    shared = set(profil.load(kommune).regel["uebergabe_abschnitte"])

    assert shared <= set(abschnitte.TITEL)
    assert shared.isdisjoint(abschnitte.INTERN | abschnitte.BESONDERE)


@pytest.mark.parametrize("kommune", profil.namen())
def test_ways_to_a_case_have_words(kommune: str) -> None:
    offered = profil.load(kommune).regel["zugangswege"]

    assert set(offered) <= set(ZUGANGSWEGE)
    assert ZUGANGSWEG[kommune] in offered
