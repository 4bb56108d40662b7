"""The way of a Strukturhinweis with the real engine and the real models: case, collection, answer, case."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from processes import bibliothek
from services import aufgaben, bootstrap
from services.aufgaben import FormRefused
from services.context import system_actor
from services.fall import faelle, zeitleiste
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, messages, tasks
from services.settings import Settings
from tests import bpmn, builders
from tests.builders import actor

KEYS = ("strukturhinweis", "strukturhinweis_auswertung", "strukturhinweis_workshop", "strukturhinweis_thema", "strukturhinweis_beschluss",
        "strukturhinweis_umsetzung")
HINWEIS = {"hinweis_art": "angebotsluecke", "hinweis_bereich": "sprache", "hinweis_ebene": "kommune", "hinweis_haeufigkeit": "mehrmals",
           "hinweis_prioritaet": "hoch", "hinweis_text": "Es gibt keinen Kurs mit Betreuung.", "ohne_personenbezug": True}


@pytest.fixture
def app(postgres, owner_url):
    builders.seed(owner_url)
    with psycopg.connect(owner_url) as connection:
        connection.execute("update etappe.mandant set profil = 'moers'")
    made = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=owner_url.replace("etappe_owner", "etappe_app"), pool_size=5),
                           clock=builders.Uhr())
    files = [deployments.Resource(name=f.name, data=f.data) for f in bibliothek.dateien() if f.key in KEYS]
    case = bpmn.process("fallmanagement", bpmn.el("startEvent", "a") + bpmn.user("b") + bpmn.el("endEvent", "c") + bpmn.chain("a", "b", "c"))
    deployments.deploy(made, actor("prozess"), resources=[*files, deployments.Resource(name="p.bpmn", data=case)])
    yield made
    made.close()


@pytest.fixture
def akte(app):
    """A case in which a hint is being written down."""
    found = faelle.anlegen(app, actor("falkenrath"), login="falkenrath", personen=[
        NeuePerson(vorname="Samira", nachname="Qaderi", geburtsdatum=date(1992, 3, 14), hauptperson=True)])
    messages.publish(app, system_actor("moers"), name="strukturhinweis_gewuenscht", correlation_key=found)
    return found


@pytest.fixture
def erledigen(app):
    """Takes and completes the only open task of this element that the person sees."""

    def do(login, element, **values):
        task, = (t for t in tasks.inbox(app, actor(login), tab="groups").items + tasks.inbox(app, actor(login)).items if t.element_id == element)
        if task.assignee is None:
            tasks.assign(app, actor(login), key=task.key, assignee=login)
        aufgaben.complete_with_form(app, actor(login), key=task.key, values=values, typed=True)
        return task

    return do


def test_hint_travels_without_the_case_and_the_answer_comes_back_to_it(app, akte, erledigen):
    erledigen("falkenrath", "hinweis_festhalten", **{**HINWEIS, "hinweis_text": "Samira findet keinen Kurs."})
    with pytest.raises(FormRefused):
        erledigen("falkenrath", "hinweis_festhalten", **{**HINWEIS, "ohne_personenbezug": False})
    erledigen("falkenrath", "hinweis_festhalten", **HINWEIS)

    round_ = instances.start(app, actor("osterkamp"), process_id="strukturhinweis_auswertung")
    hint, = [t for t in tasks.inbox(app, actor("osterkamp"), tab="groups").items if t.element_id == "hinweise_sichten"]
    offered = tasks.variables_of(app, actor("osterkamp"), key=hint.key)["hinweise"]
    assert (round_.business_id, hint.instance_key) == (None, round_.key)
    assert hint.business_id is None
    assert [h["text"] for h in offered] == ["Es gibt keinen Kurs mit Betreuung."]
    assert akte not in str(offered)
    assert "falkenrath" not in str(offered)

    erledigen("osterkamp", "hinweise_sichten", aufgenommene_hinweise=[], zurueckgegebene_hinweise=[offered[0]["id"]], rueckgabe_grund="Den Kurs gibt es ab Mai.")

    line = zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte)[0].text
    assert line == "Rückmeldung zum Strukturhinweis: Der Hinweis wurde nicht aufgenommen. Den Kurs gibt es ab Mai."
    task = erledigen("falkenrath", "rueckmeldung_aufnehmen", folge_im_fall="keine")
    assert (task.business_id, task.assignee) == (akte, "falkenrath")
    assert instances.get(app, actor("prozess"), key=task.instance_key).status == "COMPLETED"
