"""The case side with the real engine: what a process decides happens to the case, and the other way round."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from services import bootstrap
from services.context import system_actor
from services.fall import einwilligungen, faelle, uebergaben, uebergaben_lesen, verantwortung
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, tasks
from services.settings import Settings
from services.unit_of_work import transact
from tests import bpmn, builders
from tests.builders import actor


@pytest.fixture
def app(postgres, owner_url):
    builders.seed(owner_url)
    with psycopg.connect(owner_url) as connection:
        connection.execute("update etappe.mandant set profil = 'moers'")
    made = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=owner_url.replace("etappe_owner", "etappe_app"), pool_size=5),
                           clock=builders.Uhr())
    yield made
    made.close()


def given(*pairs):
    return "<zeebe:ioMapping>" + "".join(f'<zeebe:input source="{source}" target="{target}"/>' for target, source in pairs) + "</zeebe:ioMapping>"


OFFER = given(("empfaenger", "= &quot;awo&quot;"), ("zweck", "= &quot;uebergabe&quot;"), ("abschnitte", "= [&quot;stammdaten&quot;]"),
              ("grund", "= &quot;Test&quot;"))


def model(key):
    return bpmn.process(
        key,
        bpmn.el("startEvent", "anfang") + bpmn.service("phase", "fall.phase_setzen", given(("phase", "= &quot;leistungssteuerung&quot;")))
        + bpmn.user("vorbereiten", 'assignee="= fall.verantwortlich"') + bpmn.service("anbieten", "uebergabe.anbieten", OFFER)
        + bpmn.message_catch("antwort", "m") + bpmn.service("uebernehmen", "uebergabe.uebernehmen")
        + bpmn.user("weiterarbeiten", 'assignee="= fall.verantwortlich"') + bpmn.el("endEvent", "ende")
        + bpmn.chain("anfang", "phase", "vorbereiten", "anbieten", "antwort", "uebernehmen", "weiterarbeiten", "ende"),
        bpmn.message("m", "uebergabe_beantwortet", "= uebergabe_id"))


def test_acceptance_by_the_partner_moves_the_case_and_its_next_task(app):
    from services import aufgaben

    deployments.deploy(app, actor("prozess"), resources=[deployments.Resource(name="p.bpmn", data=model("probe"))])
    akte = faelle.anlegen(app, actor("falkenrath"), login="falkenrath", prozess="probe", personen=[
        NeuePerson(vorname="Samira", nachname="Qaderi", geburtsdatum=date(1992, 3, 14), hauptperson=True)])
    head = faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte)
    einwilligungen.erteilen(app, actor("falkenrath"), aktenzeichen=akte, person=head.personen[0].key, empfaenger="awo", zweck="uebergabe",
                            abschnitte=["stammdaten"], sprache="Dari", form="schriftlich", textfassung="1")
    first, = tasks.inbox(app, actor("falkenrath")).items
    aufgaben.complete_with_form(app, actor("falkenrath"), key=first.key, values={}, typed=True)
    offer, = uebergaben_lesen.eingang(app, actor("wieland"))

    uebergaben.beantworten(app, actor("wieland"), uebergabe=offer.key, angenommen=True)

    moved = faelle.lesen(app, actor("wieland"), aktenzeichen=akte)
    assert (head.phase, head.prozess_key is not None, moved.inhaber.login) == ("leistungssteuerung", True, "wieland")
    assert [t.element_id for t in tasks.inbox(app, actor("wieland")).items] == ["weiterarbeiten"]
    assert instances.get(app, actor("prozess"), key=head.prozess_key).status == "ACTIVE"


WHO = 'assignee="= fall.verantwortlich" candidateGroups="= [fall.verantwortliche_organisation]"'
WORK = bpmn.process(
    "arbeit",
    bpmn.el("startEvent", "anfang") + bpmn.el("parallelGateway", "zugleich") + bpmn.user("von_ihr", WHO)
    + bpmn.user("von_kollegin", WHO) + bpmn.user("von_der_stelle", 'candidateGroups="= [fall.verantwortliche_organisation]"')
    + bpmn.user("von_koordination", 'candidateGroups="koordination"') + bpmn.user("von_einer", 'assignee="falkenrath"')
    + bpmn.chain("anfang", "zugleich") + "".join(bpmn.flow("zugleich", e) for e in (
        "von_ihr", "von_kollegin", "von_der_stelle", "von_koordination", "von_einer")))


@pytest.fixture
def aufgaben_von(app, owner_url):
    """A case of falkenrath with open tasks of every kind; says who has which: element -> (assignee, candidate groups)."""
    deployments.deploy(app, actor("prozess"), resources=[deployments.Resource(name="a.bpmn", data=WORK)])
    akte = faelle.anlegen(app, actor("falkenrath"), login="falkenrath", prozess="arbeit", personen=[
        NeuePerson(vorname="Samira", nachname="Qaderi", geburtsdatum=date(1992, 3, 14), hauptperson=True)])
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("update etappe.user_task set assignee = 'brueggen' where element_id = 'von_kollegin'")

        def look():
            return {e: (a, g) for e, a, g in connection.execute("select element_id, assignee, candidate_groups from etappe.user_task")}

        yield akte, look


def test_case_given_to_a_colleague_takes_only_the_tasks_of_the_holder_along(app, aufgaben_von):
    akte, look = aufgaben_von
    before = look()

    verantwortung.zuweisen(app, actor("osterkamp"), aktenzeichen=akte, login="brueggen", grund="Urlaub")

    ours = ["servicestelle_zuwanderung"]
    assert before["von_ihr"] == ("falkenrath", ours)
    assert look() == before | {"von_ihr": ("brueggen", ours)}  # what the colleague had taken over, she keeps


def test_case_left_without_a_person_offers_her_tasks_to_the_organisation(app, aufgaben_von):
    akte, look = aufgaben_von
    before = look()

    verantwortung.zuweisen(app, actor("osterkamp"), aktenzeichen=akte, login=None, grund="Abwesend")

    assert look() == before | {"von_ihr": (None, ["servicestelle_zuwanderung"])}


def test_case_that_goes_to_another_organisation_takes_every_task_of_the_holder_along(app, aufgaben_von):
    akte, look = aufgaben_von
    before = look()

    transact(app, system_actor("moers"), lambda uow: verantwortung.transfer(uow, akte, organisation="awo", login="wieland", grund="x"))

    assert look() == before | {"von_ihr": ("wieland", ["awo"]), "von_kollegin": ("wieland", ["awo"]), "von_der_stelle": (None, ["awo"])}


COURSE = bpmn.process("kurs", bpmn.el("startEvent", "anfang") + bpmn.message_catch("wartet", "m") + bpmn.el("endEvent", "ende")
                      + bpmn.chain("anfang", "wartet", "ende"), bpmn.message("m", "fall_geschlossen", "= aktenzeichen"))


def test_closing_a_case_ends_every_process_that_listens_and_none_of_other_cases(app):
    deployments.deploy(app, actor("prozess"), resources=[deployments.Resource(name="k.bpmn", data=COURSE)])
    new = lambda: faelle.anlegen(app, actor("falkenrath"), prozess=None, personen=[  # noqa: E731  one call, named where it is used
        NeuePerson(vorname="Samira", nachname="Qaderi", geburtsdatum=date(1992, 3, 14), hauptperson=True)])
    akte, other = new(), new()
    courses = [instances.start(app, actor("verwaltung"), process_id="kurs", variables={"aktenzeichen": a}, business_id=a).key
               for a in (akte, akte, akte, other)]

    faelle.schliessen(app, actor("falkenrath"), aktenzeichen=akte, grund="ziele_erreicht")

    assert [instances.get(app, actor("prozess"), key=k).status for k in courses] == ["COMPLETED", "COMPLETED", "COMPLETED", "ACTIVE"]
