"""The network processes on the real application: no case, tasks by function, documents with versions, one process hands over to the next."""

from __future__ import annotations

from typing import Any

import pytest

from services import aufgaben
from services.dokumente import lesen
from services.errors import NotFound
from services.prozess import deployments, instances, tasks
from services.unit_of_work import transact
from tests.antworten import answers
from tests.builders import actor

KOORDINATION = actor("osterkamp")
LENKUNG = actor("lindqvist", functions=frozenset({"lenkungsgruppe"}))
GRUPPEN = [{"name": name, "arbeitsfeld": name, "federfuehrung": "awo_fluechtlingsberatung"} for name in ("Sprache", "Arbeit", "Wohnen")]
ANGENOMMEN = {"beschluss": "angenommen", "beschluss_zustimmung": "ja", "verstetigung": "ja", "ausweitung": "nein"}
WEGE: dict[str, dict[str, Any]] = {
    "aufbau_vorbereiten": {"vorhaben": "Ankommen"}, "projektgruppen_zusammenstellen": {"projektgruppen": GRUPPEN},
    "projektgruppen_beauftragen": {"projektgruppen": GRUPPEN}, "netzwerk_feststellen": {},
    "verstetigung_entscheiden": {"verstetigung": "ja", "ausweitung": "nein"},
}


@pytest.fixture
def aufbau(app) -> int:
    deployments.deploy_library(app, actor("prozess"))
    return instances.start(app, KOORDINATION, process_id="etappen_produktionsnetzwerk").key


def offen(app, root: int, who=KOORDINATION) -> list[tasks.TaskInfo]:
    """Open tasks of a process in the list of a person's groups, the oldest first."""
    return sorted((t for t in tasks.inbox(app, who, tab="groups", limit=200).items if t.root_key == root), key=lambda t: t.key)


def erledigen(app, task: tasks.TaskInfo, who=KOORDINATION, **given: Any) -> None:
    """The form as a person sees it; what is not given gets plausible answers."""
    def values(uow) -> dict[str, Any]:
        opened = aufgaben.open_in(uow, key=task.key)
        return answers(opened.form, opened.evaluate, opened.context, {**WEGE.get(task.element_id, {}), **given})
    aufgaben.complete_with_form(app, who, key=task.key, values=transact(app, who, values), typed=True)


def weiter(app, root: int, element: str, who=KOORDINATION, **given: Any) -> None:
    """Complete the first open task of this element."""
    erledigen(app, next(t for t in offen(app, root, who) if t.element_id == element), who, **given)


def bis(app, root: int, element: str) -> None:
    """Complete whatever is open until this element is."""
    for _ in range(120):
        found = offen(app, root)
        if not found or any(t.element_id == element for t in found):
            return
        erledigen(app, found[0])
    raise AssertionError(f"{element} was not reached")


def test_twelve_etappen_end_in_a_network_that_is_managed(app, aufbau: int) -> None:
    bis(app, aufbau, "netzwerk_feststellen")
    weiter(app, aufbau, "netzwerk_feststellen")

    found = instances.variables(app, actor("prozess"), key=aufbau)
    assert [(step["etappe"], step["was"]) for step in found["verlauf"]] == [(n, "abgeschlossen") for n in range(1, 13)]
    assert (found["ergebnis"], len(found["mitglieder"])) == ("netzwerk", 1)
    assert {p["etappe"] for p in found["produkte"]} == set(range(1, 13)) - {4, 8}
    titles = {d.neueste.titel for d in lesen.auflisten_vorgang(app, KOORDINATION, wurzel_key=aufbau)}
    assert titles == {p["titel"] for p in found["produkte"]}
    started = {i.process_id: i for i in alle(app) if i.status == "ACTIVE"}
    netz = started["netzwerkmanagement"]
    assert instances.variables(app, actor("prozess"), key=netz.key)["mitglieder"] == found["mitglieder"]
    assert [t.element_id for t in offen(app, netz.key)] == ["partner_auswaehlen"]
    assert [t.element_id for t in offen(app, started["verstetigung"].key)] == ["ergebnisse_sammeln"]


def alle(app) -> list[instances.InstanceInfo]:
    def work(uow):
        from sqlalchemy import text
        return [instances.info(row) for row in uow.session.execute(text(instances.INFO + " where i.parent_key is null")).all()]
    return transact(app, actor("prozess"), work)


def test_only_functions_see_the_tasks(app, aufbau: int) -> None:
    bis(app, aufbau, "arbeitsprogramm_verabschieden")

    assert [t.element_id for t in offen(app, aufbau, LENKUNG)] == ["arbeitsprogramm_verabschieden"]
    assert offen(app, aufbau, actor("falkenrath")) == []
    with pytest.raises(NotFound):
        lesen.auflisten_vorgang(app, actor("falkenrath"), wurzel_key=aufbau)
    weiter(app, aufbau, "arbeitsprogramm_verabschieden", LENKUNG)
    assert [t.element_id for t in offen(app, aufbau)] == ["etappe_festlegen"]


def test_returned_draft_is_prefilled_and_becomes_a_second_version(app, aufbau: int) -> None:
    bis(app, aufbau, "arbeitsprogramm_verabschieden")

    weiter(app, aufbau, "arbeitsprogramm_verabschieden", beschluss="zurueck", beschluss_grund="Der Zeitplan fehlt")

    task = offen(app, aufbau)[0]
    shown = transact(app, KOORDINATION, lambda uow: aufgaben.open_in(uow, key=task.key).values)
    assert (task.element_id, shown["zielgruppe"]) == ("initiatoren_benennen", "Angabe")
    bis(app, aufbau, "arbeitsprogramm_verabschieden")
    versions = {d.bezug: d.neueste.version for d in lesen.auflisten_vorgang(app, KOORDINATION, wurzel_key=aufbau)}
    assert versions == dict.fromkeys(("e01_zielgruppe", "e01_arbeitsstruktur", "e01_arbeitsprogramm", "e01_projektstruktur"), 2)


def test_skipped_etappe_keeps_its_reason(app, aufbau: int) -> None:
    bis(app, aufbau, "etappe_festlegen")

    weiter(app, aufbau, "etappe_festlegen", vorgehen="ueberspringen", abweichung_grund="Die Lenkungsgruppe besteht schon")

    found = instances.variables(app, actor("prozess"), key=aufbau)
    assert found["etappe"] == 2
    assert [(s["etappe"], s["was"], s["grund"]) for s in found["verlauf"]] == [(1, "übersprungen", "Die Lenkungsgruppe besteht schon")]
    with pytest.raises(aufgaben.FormRefused):
        aufgaben.complete_with_form(app, KOORDINATION, key=offen(app, aufbau)[0].key, values={"vorgehen": "ueberspringen"}, typed=True)
