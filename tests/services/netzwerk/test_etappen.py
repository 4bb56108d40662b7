"""The twelve Etappen on the real application: no case, tasks by function, documents with versions, and a network that goes on."""

from __future__ import annotations

import pytest

from services import aufgaben
from services.dokumente import lesen
from services.errors import NotFound
from services.prozess import instances
from services.unit_of_work import transact
from tests.builders import actor
from tests.services.netzwerk.gang import KOORDINATION, bis, einspielen, laufend, namen, offen, variablen, weiter

LENKUNG = actor("lindqvist", functions=frozenset({"lenkungsgruppe"}))
ENTWUERFE = ("e01_zielgruppe", "e01_arbeitsstruktur", "e01_arbeitsprogramm", "e01_projektstruktur")


@pytest.fixture
def aufbau(app) -> int:
    einspielen(app)
    return instances.start(app, KOORDINATION, process_id="etappen_produktionsnetzwerk").key


def test_twelve_etappen_end_in_a_network_that_is_managed(app, aufbau: int) -> None:
    bis(app, aufbau, "netzwerk_feststellen")
    weiter(app, aufbau, "netzwerk_feststellen")

    found = variablen(app, aufbau)
    assert [(step["etappe"], step["was"]) for step in found["verlauf"]] == [(n, "abgeschlossen") for n in range(1, 13)]
    assert (found["ergebnis"], len(found["mitglieder"])) == ("netzwerk", 1)
    assert {p["etappe"] for p in found["produkte"]} == set(range(1, 13)) - {4, 8}  # the source names no product for these
    assert {d.neueste.titel for d in lesen.auflisten_vorgang(app, KOORDINATION, wurzel_key=aufbau)} == {p["titel"] for p in found["produkte"]}
    running = laufend(app)
    assert variablen(app, running["netzwerkmanagement"])["mitglieder"] == found["mitglieder"]
    assert namen(app, running["netzwerkmanagement"]) == ["partner_auswaehlen"]
    assert namen(app, running["verstetigung"]) == ["ergebnisse_sammeln"]


def test_lenkungsgruppe_decides_and_others_see_nothing(app, aufbau: int) -> None:
    bis(app, aufbau, "arbeitsprogramm_verabschieden")
    assert namen(app, aufbau, LENKUNG) == ["arbeitsprogramm_verabschieden"]
    assert namen(app, aufbau, actor("falkenrath")) == []
    with pytest.raises(NotFound):
        lesen.auflisten_vorgang(app, actor("falkenrath"), wurzel_key=aufbau)

    weiter(app, aufbau, "arbeitsprogramm_verabschieden", LENKUNG, beschluss="zurueck", beschluss_grund="Der Zeitplan fehlt")

    [task] = offen(app, aufbau)
    shown = transact(app, KOORDINATION, lambda uow: aufgaben.open_in(uow, key=task.key).values)
    assert (task.element_id, shown["zielgruppe"]) == ("initiatoren_benennen", "Angabe")
    bis(app, aufbau, "arbeitsprogramm_verabschieden")
    assert {d.bezug: d.neueste.version for d in lesen.auflisten_vorgang(app, KOORDINATION, wurzel_key=aufbau)} == dict.fromkeys(ENTWUERFE, 2)


def test_skipped_etappe_keeps_its_reason(app, aufbau: int) -> None:
    bis(app, aufbau, "etappe_festlegen")
    with pytest.raises(aufgaben.FormRefused):
        aufgaben.complete_with_form(app, KOORDINATION, key=offen(app, aufbau)[0].key, values={"vorgehen": "ueberspringen"}, typed=True)

    weiter(app, aufbau, "etappe_festlegen", vorgehen="ueberspringen", abweichung_grund="Die Lenkungsgruppe besteht schon")

    found = variablen(app, aufbau)
    assert found["etappe"] == 2
    assert [(s["etappe"], s["was"], s["grund"]) for s in found["verlauf"]] == [(1, "übersprungen", "Die Lenkungsgruppe besteht schon")]
