"""The early end of a case on the real application: from then on nobody outside can take the case over any more."""

from __future__ import annotations

from datetime import date

import pytest

from services import aufgaben
from services.errors import Conflict
from services.fall import einwilligungen, faelle, uebergaben, uebergaben_lesen, zeitleiste
from services.fall.faelle import NeuePerson
from services.prozess import deployments, messages, tasks
from tests.builders import actor

ABSCHNITTE = ["stammdaten", "sprache"]


@pytest.fixture
def angebot(app) -> tuple[str, int]:
    """A case that runs, and a handover that its organisation has offered; Aktenzeichen and key of the handover."""
    deployments.deploy_library(app, actor("prozess"))
    akte = faelle.anlegen(app, actor("falkenrath"), login="falkenrath",
                          personen=[NeuePerson(vorname="Amina", nachname="Beispiel", geburtsdatum=date(2000, 5, 1), hauptperson=True)])
    person = faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).personen[0].key
    einwilligungen.erteilen(app, actor("falkenrath"), aktenzeichen=akte, person=person, empfaenger="awo", zweck="uebergabe", abschnitte=ABSCHNITTE,
                            sprache="de", form="schriftlich", textfassung="1")
    key = uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="awo", abschnitte=ABSCHNITTE, grund="Umzug")
    uebergaben.anbieten(app, actor("falkenrath"), uebergabe=key)
    return akte, key


def end(app, akte: str, bestaetigt: str) -> None:
    messages.publish(app, actor("prozess"), name="beendigung_gewuenscht", correlation_key=akte)
    task = next(t for t in tasks.of_case(app, actor("falkenrath"), business_id=akte) if t.element_id == "wunsch_klaeren")
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, typed=True, values={"beendigung_grund": "auf_wunsch", "ende_bestaetigt": bestaetigt})


def test_open_handover_is_withdrawn_before_the_closing_begins(app, angebot) -> None:
    akte, key = angebot

    end(app, akte, "ja")

    case = faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte)
    assert (case.phase, case.status) == ("abschluss", "offen")
    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=key).status == "widerrufen"
    with pytest.raises(Conflict):
        uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)
    told = [entry.text for entry in zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte)]
    assert [text for text in told if text.startswith("Übergabe zurückgezogen")] != []


def test_handover_stays_open_when_the_person_goes_on(app, angebot) -> None:
    akte, key = angebot

    end(app, akte, "nein")

    uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)
    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=key).status == "angenommen"
