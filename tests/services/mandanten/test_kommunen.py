"""A Mandant for each Kommunalprofil: its people log in, open a case, and its own access process gives them the first task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from processes import bibliothek, profil
from services import aufgaben, auslieferung, bootstrap, demo
from services.bootstrap import App
from services.context import Actor, system_actor
from services.db import provision
from services.db.embedded import EmbeddedPostgres
from services.db.models.grundlage import Benutzer
from services.fall import abschnitte, faelle
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, tasks
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


def login_of(kommune: str, role: str) -> str:
    return role if kommune == demo.FIRST else f"{role}-{kommune}"


@pytest.mark.parametrize("kommune", profil.namen())
def test_case_of_each_kommune_begins_with_its_own_access(app: App, kommune: str) -> None:
    demo.load(app, [kommune])
    logins = people(app, kommune)
    # Only what the first task needs: the whole library is deployed in the last test.
    wanted = {"fallmanagement", profil.load(kommune).prozess["zugang"], "zugang_dormagen_ansprache"}
    deployments.deploy(app, logins[login_of(kommune, "verwaltung")], resources=[
        Resource(name=d.name.rsplit("/", 1)[-1], data=d.data) for d in bibliothek.dateien() if d.key in wanted])
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


def test_dormagen_goes_from_the_report_to_the_case_management(app: App) -> None:
    """Every step of an access process on the real application: answers to the real forms, real jobs, consent and all."""
    demo.load(app, ["dormagen"])
    assert auslieferung.deploy_missing(app) == ("dormagen",)
    who = people(app, "dormagen")["verwaltung-dormagen"]
    akte = faelle.anlegen(app, who, login=who.login, zugangsweg="jobcenter", rechtskreise=["asylblg"],
                          personen=[NeuePerson(vorname="Amina", nachname="Beispiel", hauptperson=True)])
    given: dict[str, dict[str, Any]] = {
        "meldung_aufnehmen": {"meldende_stelle": "jobcenter"}, "anderen_fachbereich_fragen": {"bereits_bekannt": "nein"},
        "beratungstermin_anbieten": {"termin_angenommen": "ja"},
        "erstgespraech_fuehren": {"hoechstdauer_eingehalten": "ja", "bedarf": "umfassend", "interesse": "ja", "jobcenter_anliegen": "nein", "aufenthaltsstatus": "asylverfahren"},
        "aufnahme_entscheiden": {"entscheidung": "fallmanagement"}, "einwilligung_erklaeren": {"entscheidung": "erteilt"},
    }
    done = []
    while True:
        task = next(iter(tasks.of_case(app, who, business_id=akte)))
        if task.element_id == "erstberatung_fuehren":
            break
        done.append(task.element_id)
        assert len(done) < 20, done

        complete(app, who, task, given.get(task.element_id, {}))

    assert done == ["meldung_aufnehmen", "anderen_fachbereich_fragen", "beratungstermin_anbieten", "erstgespraech_fuehren", "aufnahme_entscheiden",
                    "einwilligung_erklaeren", "rueckmeldung_geben"]
    assert faelle.lesen(app, who, aktenzeichen=akte).phase == "klaerungsphase"


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
