"""Steps per person on the real application: who joins later is told which of them began without her."""

from __future__ import annotations

from datetime import date

import pytest

from services import personenschritte
from services.errors import NotFound
from services.fall import faelle
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, tasks
from services.prozess.deployments import Resource
from tests import bpmn
from tests.builders import actor

ICH = actor("falkenrath")


def neu(vorname: str, *, haupt: bool = False) -> NeuePerson:
    return NeuePerson(vorname=vorname, nachname="Beispiel", geburtsdatum=date(1990, 5, 1), hauptperson=haupt)


LOOP = ('<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="= fall.personen" inputElement="person"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>")
ASK = '<zeebe:ioMapping><zeebe:input source="= person.id" target="person_id"/></zeebe:ioMapping>'
JE_PERSON = bpmn.user("je_person", more=ASK).replace("</bpmn:userTask>", LOOP + "</bpmn:userTask>")


@pytest.fixture
def akte(app) -> str:
    resources = [Resource(name=f"{name}.bpmn", data=bpmn.sequence(name, step)) for name, step in (("einzeln", JE_PERSON), ("gemeinsam", bpmn.user("fuer_alle")))]
    deployments.deploy(app, actor("prozess"), name="test", resources=resources)
    return faelle.anlegen(app, ICH, personen=(neu("Amina", haupt=True), neu("Kian")), login="falkenrath", prozess=None)


def test_a_step_that_began_for_others_is_named_and_those_of_the_case_are_not(app, akte: str) -> None:
    amina = faelle.lesen(app, ICH, aktenzeichen=akte).personen[0].key
    for name in ("einzeln", "gemeinsam"):
        instances.start(app, actor("prozess"), process_id=name, business_id=akte, variables={"aktenzeichen": akte})
    sami = faelle.person_hinzufuegen(app, ICH, aktenzeichen=akte, person=neu("Sami"), anlass="familiennachzug")

    hers = personenschritte.der_person(app, ICH, aktenzeichen=akte, person=amina)
    his = personenschritte.der_person(app, ICH, aktenzeichen=akte, person=sami)

    assert len(tasks.of_case(app, ICH, business_id=akte)) == 3
    assert (hers.mit, hers.ohne) == (("Je person",), ())
    assert (his.mit, his.ohne) == ((), ("Je person",))


def test_nobody_else_learns_which_steps_run(app, akte: str) -> None:
    with pytest.raises(NotFound):
        personenschritte.der_person(app, actor("lindqvist"), aktenzeichen=akte, person=1)
