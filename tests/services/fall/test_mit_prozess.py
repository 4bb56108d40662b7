"""The case side with the real engine: what a process decides happens to the case, and the other way round."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from services import bootstrap
from services.fall import einwilligungen, faelle, uebergaben, uebergaben_lesen
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, tasks
from services.settings import Settings
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


COURSE = bpmn.process("kurs", bpmn.el("startEvent", "anfang") + bpmn.message_catch("wartet", "m") + bpmn.el("endEvent", "ende")
                      + bpmn.chain("anfang", "wartet", "ende"), bpmn.message("m", "fall_geschlossen", "= aktenzeichen"))


def test_closing_a_case_ends_every_process_that_listens_and_none_of_other_cases(app):
    deployments.deploy(app, actor("prozess"), resources=[deployments.Resource(name="k.bpmn", data=COURSE)])
    new = lambda: faelle.anlegen(app, actor("falkenrath"), prozess=None, personen=[  # noqa: E731
        NeuePerson(vorname="Samira", nachname="Qaderi", geburtsdatum=date(1992, 3, 14), hauptperson=True)])
    akte, other = new(), new()
    courses = [instances.start(app, actor("verwaltung"), process_id="kurs", variables={"aktenzeichen": a}, business_id=a).key
               for a in (akte, akte, akte, other)]

    faelle.schliessen(app, actor("falkenrath"), aktenzeichen=akte, grund="ziele_erreicht")

    assert [instances.get(app, actor("prozess"), key=k).status for k in courses] == ["COMPLETED", "COMPLETED", "COMPLETED", "ACTIVE"]
