"""What is refused over /api/v1: the right status, a German sentence, problem details, and not one row changed (``Ruf.abgelehnt``)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from services.prozess import instances
from tests.reise import gang
from tests.web.api_v1.conftest import MAX_BODY, PERSON, Dienst, Ruf, neuer_fall, offene, operations
from tests.web.api_v1.test_umfang import ABSCHNITTE, EMPFAENGER, einwilligung
from web.api_v1.basis import document

pytestmark = pytest.mark.xdist_group("api_v1")
GUT: dict[str, Any] = {"personen": [PERSON], "zugangsweg": "person"}
ANTWORTEN = {"vorgesprochen_am": "2026-09-02", "anliegen": "Sprachkurs", "sprachmittlung": "nein"}


@pytest.fixture(scope="module")
def fall(dienst: Dienst) -> dict[str, Any]:
    """A case that nobody works on: what is refused leaves it as it is."""
    return neuer_fall(Ruf(dienst=dienst), zugangsweg="person")


@pytest.fixture
def aufgabe(ruf: Ruf) -> dict[str, Any]:
    """A task of the Servicestelle that is assigned to ``fallmanagement``; its form has a day, a text and a choice."""
    akte = neuer_fall(ruf, zugangsweg="person")["aktenzeichen"]
    (task,) = offene(ruf, akte)
    ruf("POST", f"/aufgaben/{task['key']}/uebernehmen", soll=204)
    assert task["element_id"] == "anliegen_aufnehmen"
    return task


# -- the form of a task ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("werte", "feld"), [
    ({**ANTWORTEN, "gibt_es_nicht": 1}, "gibt_es_nicht"),
    ({**ANTWORTEN, "aktenzeichen": "MO-2026-9999"}, "aktenzeichen"),
    ({n: w for n, w in ANTWORTEN.items() if n != "anliegen"}, "anliegen"),
    ({}, "vorgesprochen_am"),
    ({**ANTWORTEN, "anliegen": None}, "anliegen"),
    ({**ANTWORTEN, "anliegen": 5}, "anliegen"),
    ({**ANTWORTEN, "anliegen": ["Sprachkurs"]}, "anliegen"),
    ({**ANTWORTEN, "anliegen": {"$ne": 1}}, "anliegen"),
    ({**ANTWORTEN, "vorgesprochen_am": "gestern"}, "vorgesprochen_am"),
    ({**ANTWORTEN, "vorgesprochen_am": True}, "vorgesprochen_am"),
    ({**ANTWORTEN, "sprachmittlung": "vielleicht"}, "sprachmittlung"),
])
def test_answers_that_do_not_fit_the_form_are_refused(ruf: Ruf, aufgabe: dict[str, Any], werte: dict[str, Any], feld: str) -> None:
    problem = ruf.abgelehnt(422, "POST", f"/aufgaben/{aufgabe['key']}/abschliessen", {"werte": werte})

    assert feld in problem["fehler"]
    assert ruf("GET", f"/aufgaben/{aufgabe['key']}")["aufgabe"]["status"] == "CREATED"


@pytest.mark.parametrize("body", [{}, {"werte": None}, {"werte": []}, {"werte": "ja"}, {"werte": ANTWORTEN, "mehr": 1}, {"variables": {}}])
def test_answers_in_another_envelope_are_refused(ruf: Ruf, aufgabe: dict[str, Any], body: Any) -> None:
    ruf.abgelehnt(422, "POST", f"/aufgaben/{aufgabe['key']}/abschliessen", body)


def test_draft_with_an_unknown_field_is_refused_and_a_half_one_is_kept(ruf: Ruf, aufgabe: dict[str, Any]) -> None:
    path = f"/aufgaben/{aufgabe['key']}/entwurf"
    assert "gibt_es_nicht" in ruf.abgelehnt(422, "PUT", path, {"werte": {"gibt_es_nicht": 1}})["fehler"]

    ruf("PUT", path, {"werte": {"vorgesprochen_am": "noch offen"}})

    assert ruf("GET", f"/aufgaben/{aufgabe['key']}")["entwurf"]["werte"] == {"vorgesprochen_am": "noch offen"}


# -- tasks -------------------------------------------------------------------------------------------------------------
def test_task_cannot_be_completed_twice(ruf: Ruf, aufgabe: dict[str, Any]) -> None:
    path = f"/aufgaben/{aufgabe['key']}"
    ruf("POST", f"{path}/abschliessen", {"werte": ANTWORTEN}, soll=204)

    assert ruf.abgelehnt(409, "POST", f"{path}/abschliessen", {"werte": ANTWORTEN})["detail"] == "Diese Aufgabe ist nicht mehr offen."
    ruf.abgelehnt(409, "POST", f"{path}/uebernehmen")
    ruf.abgelehnt(409, "POST", f"{path}/zurueckgeben")
    ruf.abgelehnt(409, "PUT", f"{path}/entwurf", {"werte": {}})
    ruf.abgelehnt(409, "POST", f"{path}/zuweisen", {"login": "fallmanagement"})


def test_task_of_another_person_is_refused(ruf: Ruf, aufgabe: dict[str, Any]) -> None:
    problem = ruf.abgelehnt(403, "POST", f"/aufgaben/{aufgabe['key']}/abschliessen", {"werte": ANTWORTEN}, wer="verwaltung")

    assert problem["detail"] == "Diese Aufgabe ist einer anderen Person zugewiesen."
    ruf.abgelehnt(403, "POST", f"/aufgaben/{aufgabe['key']}/uebernehmen", wer="verwaltung")


def test_task_of_another_mandant_does_not_exist(ruf: Ruf, aufgabe: dict[str, Any]) -> None:
    fremd = "koeln"
    assert ruf("GET", "/ich", wer=fremd)["mandant"] == "koeln"

    for method, path, body in (("POST", "abschliessen", {"werte": ANTWORTEN}), ("POST", "uebernehmen", None), ("PUT", "entwurf", {"werte": {}}),
                               ("DELETE", "entwurf", None), ("POST", "zuweisen", {"login": fremd})):
        ruf.abgelehnt(404, method, f"/aufgaben/{aufgabe['key']}/{path}", body, wer=fremd)
    ruf.abgelehnt(404, "GET", f"/aufgaben/{aufgabe['key']}", wer=fremd)
    ruf.abgelehnt(404, "GET", f"/faelle/{aufgabe['aktenzeichen']}", wer=fremd)


def test_task_of_another_organisation_does_not_exist(ruf: Ruf, aufgabe: dict[str, Any]) -> None:
    ruf.abgelehnt(404, "POST", f"/aufgaben/{aufgabe['key']}/abschliessen", {"werte": ANTWORTEN}, wer="caritas")


def test_task_that_was_cancelled_is_closed(ruf: Ruf, aufgabe: dict[str, Any]) -> None:
    people = gang.people(ruf.dienst.app)
    instances.cancel(ruf.dienst.app, people["verwaltung"], key=int(aufgabe["root_key"]), reason="Test")

    problem = ruf.abgelehnt(409, "POST", f"/aufgaben/{aufgabe['key']}/abschliessen", {"werte": ANTWORTEN})

    assert problem["detail"] == "Diese Aufgabe ist nicht mehr offen."
    assert ruf("GET", f"/aufgaben/{aufgabe['key']}")["aufgabe"]["status"] == "CANCELED"


def test_task_is_given_to_colleagues_only(ruf: Ruf, aufgabe: dict[str, Any]) -> None:
    assert "login" in ruf.abgelehnt(422, "POST", f"/aufgaben/{aufgabe['key']}/zuweisen", {"login": "awo"})["fehler"]


def test_tasks_of_the_team_are_for_koordination(ruf: Ruf) -> None:
    ruf.abgelehnt(403, "GET", "/aufgaben?liste=team")
    ruf("GET", "/aufgaben?liste=team", wer="koordination")


def test_text_that_cannot_be_stored_is_named_as_such(ruf: Ruf, aufgabe: dict[str, Any]) -> None:
    for hostile in ("a\0b", "\ud800"):
        problem = ruf.abgelehnt(400, "POST", f"/aufgaben/{aufgabe['key']}/abschliessen", {"werte": {**ANTWORTEN, "anliegen": hostile}})

        assert "NUL" in problem["detail"]
        assert "kein gültiges JSON" not in problem["detail"]


def test_whole_number_may_be_written_with_a_point(ruf: Ruf) -> None:
    assert ruf("POST", "/faelle/suche", {"suche": "Mo", "grenze": 5.0}) == ruf("POST", "/faelle/suche", {"suche": "Mo", "grenze": 5})
    ruf.abgelehnt(422, "POST", "/faelle/suche", {"suche": "Mo", "grenze": 5.5})


def test_document_allows_no_text_that_is_refused() -> None:
    assert document()["components"]["schemas"]["Suche"]["properties"]["suche"]["pattern"] == r"^[^\u0000]*$"


# -- handovers, consents, processes ------------------------------------------------------------------------------------
def test_handover_without_consent_is_not_offered(ruf: Ruf) -> None:
    fall = neuer_fall(ruf)
    path = f"/faelle/{fall['aktenzeichen']}/uebergaben"
    draft = ruf("POST", path, {"empfaenger": EMPFAENGER, "abschnitte": ABSCHNITTE, "grund": "Umzug"}, soll=201)

    problem = ruf.abgelehnt(409, "POST", f"/uebergaben/{draft['key']}/angebot")

    assert "Einwilligung" in problem["detail"]
    assert problem["fehlend"] == [{"person": fall["personen"][0]["key"], "abschnitt": a} for a in ABSCHNITTE]
    ruf.abgelehnt(404, "GET", f"/uebergaben/{draft['key']}", wer="awo")


def test_handover_whose_consent_ended_is_not_accepted_and_gone(ruf: Ruf) -> None:
    fall = neuer_fall(ruf)
    akte, person = fall["aktenzeichen"], fall["personen"][0]["key"]
    (consent,) = ruf("POST", f"/faelle/{akte}/einwilligungen", einwilligung(person, "uebergabe"), soll=201)["keys"]
    key = ruf("POST", f"/faelle/{akte}/uebergaben", {"empfaenger": EMPFAENGER, "abschnitte": ABSCHNITTE, "grund": "Umzug"}, soll=201)["key"]
    ruf("POST", f"/uebergaben/{key}/angebot")
    ruf.abgelehnt(403, "POST", f"/uebergaben/{key}/antwort", {"angenommen": True})  # the sender does not answer
    ruf.abgelehnt(422, "POST", f"/uebergaben/{key}/antwort", {"angenommen": False}, wer="awo")
    ruf.abgelehnt(422, "POST", f"/uebergaben/{key}/antwort", {"angenommen": True, "ablehnungsgrund": "sprache"}, wer="awo")

    ruf("POST", f"/einwilligungen/{consent}/widerruf", {}, soll=204)

    ruf.abgelehnt(409, "POST", f"/uebergaben/{key}/antwort", {"angenommen": True}, wer="awo")
    ruf.abgelehnt(409, "POST", f"/einwilligungen/{consent}/widerruf", {})
    ruf.abgelehnt(409, "POST", f"/uebergaben/{key}/rueckzug")
    ruf.abgelehnt(409, "PUT", f"/uebergaben/{key}", {"abschnitte": ABSCHNITTE, "grund": "Umzug"})


def test_verweis_without_consent_is_refused(ruf: Ruf, fall: dict[str, Any]) -> None:
    body = {"empfaenger": EMPFAENGER, "anliegen": "Wohnungssuche", "abschnitte": ABSCHNITTE}
    assert ruf.abgelehnt(409, "POST", f"/faelle/{fall['aktenzeichen']}/verweise", body)["fehlend"]


@pytest.mark.parametrize("process", ["gibt_es_nicht", "../fallmanagement", "drop table fall", "Ä" * 200])
def test_unknown_process_is_not_started(ruf: Ruf, fall: dict[str, Any], process: str) -> None:
    ruf.abgelehnt(404, "POST", f"/faelle/{fall['aktenzeichen']}/vorgaenge", {"process_id": process})


def test_process_for_an_unknown_case_is_not_started(ruf: Ruf) -> None:
    ruf.abgelehnt(404, "POST", "/faelle/MO-1999-0001/vorgaenge", {"process_id": "fallkonferenz"}, wer="verwaltung")
    ruf.abgelehnt(403, "POST", "/faelle/MO-1999-0001/vorgaenge", {"process_id": "fallkonferenz"}, wer="datenschutz")


@pytest.mark.parametrize(("falsch", "feld"), [
    ({"personen": []}, "personen"), ({"personen": [{**PERSON, "hauptperson": False}]}, "personen"), ({"personen": [PERSON, PERSON]}, "personen"),
    ({"personen": [{**PERSON, "nachname": 5}]}, "personen.0.nachname"), ({"personen": [{**PERSON, "nachname": "  "}]}, "personen.0.nachname"),
    ({"personen": [{**PERSON, "geburtsdatum": "1.3.1986"}]}, "personen.0.geburtsdatum"),
    ({"personen": [{**PERSON, "geburtsdatum": "2199-01-01"}]}, "personen.0.geburtsdatum"),
    ({"personen": [{**PERSON, "geburtsdatum": "0001-01-01"}]}, "personen.0.geburtsdatum"),
    ({"personen": [{**PERSON, "hauptperson": "ja"}]}, "personen.0.hauptperson"), ({"personen": [{**PERSON, "blutgruppe": "A"}]}, "personen.0.blutgruppe"),
    ({"personen": "Amina"}, "personen"), ({"personen": [PERSON["vorname"]]}, "personen.0"), ({"zugangsweg": "fenster"}, "zugangsweg"),
    ({"zugangsweg": None}, "zugangsweg"), ({"rechtskreise": ["sgb9"]}, "rechtskreise.0"), ({"erstkontakt": "2199-01-01"}, "erstkontakt"),
    ({"login": "awo"}, "person"), ({"federfuehrend": "niemand"}, "organisation"), ({"mandant": "koeln"}, "mandant"), ({"prozess": None}, "prozess"),
])
def test_new_case_that_does_not_fit_is_refused(ruf: Ruf, falsch: dict[str, Any], feld: str) -> None:
    problem = ruf.abgelehnt(422, "POST", "/faelle", {**GUT, **falsch})

    assert feld in problem["fehler"]
    assert problem["detail"].endswith("Es wurde nichts geändert.")


def test_sentence_says_what_was_expected_and_what_was_found(ruf: Ruf) -> None:
    problem = ruf.abgelehnt(422, "POST", "/faelle", {**GUT, "erstkontakt": "morgen", "zugangsweg": 7})

    assert problem["fehler"]["erstkontakt"] == 'Erwartet wird ein Datum wie 2026-11-24, gefunden wurde "morgen".'
    assert problem["fehler"]["zugangsweg"] == "Erwartet wird ein Text, gefunden wurde 7."


def test_corrections_that_do_not_fit_are_refused(ruf: Ruf, fall: dict[str, Any]) -> None:
    person, base = fall["personen"][0]["key"], f"/faelle/{fall['aktenzeichen']}"
    gut: dict[str, Any] = {"vorname": "Anders", "grund": "schreibfehler"}
    for falsch in ({"vorname": ""}, {"vorname": " - "}, {"vorname": None}, {"geburtsdatum": "1.1.2000"}, {"geburtsdatum": "2199-01-01"},
                   {"aufenthalt": "x"}, {"grund": "weil"}, {"grund": None}, {"hauptperson": True}, {"vorname": fall["personen"][0]["vorname"]}):
        ruf.abgelehnt(422, "PUT", f"{base}/personen/{person}", {**gut, **falsch})
    ruf.abgelehnt(404, "PUT", f"{base}/personen/12345", gut)
    ruf.abgelehnt(404, "PUT", f"{base}/personen/{person}", gut, wer="caritas")
    wahl = {"person": person, "grund": "wunsch"}
    ruf.abgelehnt(409, "PUT", f"{base}/hauptperson", wahl)
    for falsch in ({"person": "12345"}, {"person": None}, {"grund": "weil"}):
        ruf.abgelehnt(422, "PUT", f"{base}/hauptperson", {**wahl, **falsch})
    ruf.abgelehnt(404, "PUT", f"{base}/hauptperson", wahl, wer="caritas")


def test_leaving_that_does_not_fit_is_refused(ruf: Ruf, fall: dict[str, Any]) -> None:
    person, base = fall["personen"][0]["key"], f"/faelle/{fall['aktenzeichen']}"
    gut: dict[str, Any] = {"am": "2026-09-01", "grund": "ausgezogen"}
    ruf.abgelehnt(409, "POST", f"{base}/personen/{person}/ausscheiden", gut)  # the last one, and the Hauptperson
    ruf.abgelehnt(409, "POST", f"{base}/personen/{person}/zuruecknehmen", {"grund": "irrtum"})
    for falsch in ({"am": None}, {"am": "1.9.2026"}, {"grund": "weil"}, {"grund": None}, {"seit": "2026-01-01"}):
        ruf.abgelehnt(422, "POST", f"{base}/personen/{person}/ausscheiden", {**gut, **falsch})
    ruf.abgelehnt(422, "POST", f"{base}/personen/{person}/zuruecknehmen", {"grund": "weil"})
    for path, body in (("ausscheiden", gut), ("zuruecknehmen", {"grund": "irrtum"})):
        ruf.abgelehnt(404, "POST", f"{base}/personen/12345/{path}", body)
        ruf.abgelehnt(404, "POST", f"{base}/personen/{person}/{path}", body, wer="caritas")


def test_rechtskreise_that_do_not_fit_are_refused(ruf: Ruf, fall: dict[str, Any]) -> None:
    person, base = fall["personen"][0]["key"], f"/faelle/{fall['aktenzeichen']}"
    gut: dict[str, Any] = {"rechtskreise": ["sgb2"], "grund": "Bescheid"}
    for falsch in ({"rechtskreise": ["sgb9"]}, {"rechtskreise": "sgb2"}, {"grund": ""}, {"grund": "  "}, {"grund": None}, {"seit": "2026-01-01"}):
        ruf.abgelehnt(422, "PUT", f"{base}/personen/{person}/rechtskreise", {**gut, **falsch})
        ruf.abgelehnt(422, "PUT", f"{base}/rechtskreise", {**gut, **falsch})
    ruf.abgelehnt(422, "PUT", f"{base}/rechtskreise", {**gut, "rechtskreise": None})
    ruf.abgelehnt(422, "PUT", f"{base}/personen/12345/rechtskreise", gut)
    ruf.abgelehnt(404, "PUT", f"{base}/personen/{person}/rechtskreise", gut, wer="caritas")
    ruf.abgelehnt(404, "PUT", f"/faelle/MO-1999-0001/personen/{person}/rechtskreise", gut)
    ruf.abgelehnt(422, "POST", f"{base}/personen", {"vorname": "N", "nachname": "Q", "rechtskreise": ["sgb9"]})
    ruf.abgelehnt(422, "POST", f"{base}/personen", {"vorname": "N", "nachname": "Q", "anlass": "zufall"})


def test_only_who_may_opens_a_case(ruf: Ruf) -> None:
    for wer in ("datenschutz", "prozessverantwortung"):
        ruf.abgelehnt(403, "POST", "/faelle", GUT, wer=wer)


def test_consent_that_does_not_fit_is_refused(ruf: Ruf, fall: dict[str, Any]) -> None:
    person = fall["personen"][0]["key"]
    path = f"/faelle/{fall['aktenzeichen']}/einwilligungen"
    for falsch in ({"zweck": "werbung"}, {"abschnitte": ["fallbesprechung"]}, {"abschnitte": []}, {"empfaenger": "niemand"}, {"person": "1"},
                   {"person": 1}, {"auch_fuer": ["x"]}, {"form": "telepathisch"}, {"gueltig_bis": "2020-01-01"}, {"textfassung": ""}):
        ruf.abgelehnt(422, "POST", path, {**einwilligung(person, "uebergabe"), **falsch})
    ruf.abgelehnt(404, "POST", path, einwilligung(person, "uebergabe"), wer="caritas")


def test_note_that_does_not_fit_is_refused(ruf: Ruf, fall: dict[str, Any]) -> None:
    path = f"/faelle/{fall['aktenzeichen']}/kontakte"
    for falsch in ({"art": "brieftaube"}, {"notiz": ""}, {"notiz": "x" * 10_001}, {"am": "2199-01-01T00:00:00Z"}, {"am": "2026-09-01T10:00:00"},
                   {"person": "12345"}, {"erreicht": 1}):
        ruf.abgelehnt(422, "POST", path, {"art": "telefon", "notiz": "Gespräch", **falsch})


def test_places_are_kept_by_their_own_organisation(ruf: Ruf) -> None:
    ruf.abgelehnt(403, "PUT", f"/partner/{EMPFAENGER}/plaetze", {"plaetze": 3}, wer="caritas")
    for wrong in (-1, "3", 1.5, True, 10**12):
        ruf.abgelehnt(422, "PUT", f"/partner/{EMPFAENGER}/plaetze", {"plaetze": wrong}, wer="awo")
    ruf.abgelehnt(422, "PUT", "/partner/gibt_es_nicht/plaetze", {"plaetze": 3}, wer="verwaltung")


@pytest.mark.parametrize("query", ["status=verloren", "grenze=0", "grenze=201", "grenze=viele", "ab=-1", "sortierung=zufall", "unbekannt=1",
                                   "ohne_person=manchmal", "phase=" + "x" * 41, "login=%00"])
def test_filter_that_does_not_fit_is_refused(ruf: Ruf, query: str) -> None:
    ruf.abgelehnt(422, "GET", f"/faelle?{query}")


# -- whatever the operation --------------------------------------------------------------------------------------------
WITH_BODY = sorted(name for name, (_, _, entry) in operations().items() if "application/json" in entry.get("requestBody", {}).get("content", {}))
WITH_FILE = sorted(name for name, (_, _, entry) in operations().items() if "multipart/form-data" in entry.get("requestBody", {}).get("content", {}))


def address(name: str, fall: dict[str, Any]) -> tuple[str, str]:
    """Method and path of an operation; keys name nothing, the Aktenzeichen a case that there is."""
    method, path, _ = operations()[name]
    parts = {"aktenzeichen": fall["aktenzeichen"], "key": "1", "organisation": EMPFAENGER, "version": "1", "person": "1"}
    return method, re.sub(r"\{([a-z]+)\}", lambda m: parts[m[1]], path.removeprefix("/api/v1"))


@pytest.mark.parametrize("name", WITH_BODY)
def test_body_that_is_no_json_too_large_or_of_the_wrong_type_is_refused(ruf: Ruf, fall: dict[str, Any], name: str) -> None:
    method, path = address(name, fall)

    with ruf.unveraendert():
        for body in (b"{", b"kein JSON", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\u0000"}', b"[" * 5000):
            ruf.nein(400, method, path, body)
        ruf.nein(413, method, path, b'{"a": "' + b"x" * MAX_BODY + b'"}')
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"):
            assert "application/json" in ruf.nein(415, method, path, b"{}", content_type=kind)["detail"]
        for wrong in ([], "Text", 5, True):
            assert "JSON-Objekt" in ruf.nein(422, method, path, wrong)["detail"]
        assert "gibt_es_nicht" in ruf.nein(422, method, path, {"gibt_es_nicht": 1})["fehler"]


@pytest.mark.parametrize("name", WITH_FILE)
def test_form_with_a_file_that_is_none_or_too_large_is_refused(ruf: Ruf, fall: dict[str, Any], name: str) -> None:
    method, path = address(name, fall)

    with ruf.unveraendert():
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            assert "multipart/form-data" in ruf.nein(415, method, path, b"{}", content_type=kind)["detail"]
        for body in (b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"\xff" * 100):
            assert "datei" in ruf.nein(422, method, path, body, content_type="multipart/form-data; boundary=x")["fehler"]
        ruf.nein(413, method, path, b"x" * (MAX_BODY + 1), content_type="multipart/form-data; boundary=x")


def test_without_log_in_nothing_is_told(ruf: Ruf, fall: dict[str, Any]) -> None:
    with ruf.unveraendert():
        for name in operations():
            method, path = address(name, fall)
            ruf.nein(401, method, path, {} if name in WITH_BODY else None, wer=None)
        answer = ruf.caller("GET", "/api/v1/ich", login="fallmanagement", password="falsch")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("path", ["/faelle/MO-2026-9999", "/faelle/%00", "/faelle/../ich", "/aufgaben/0", "/aufgaben/99999999999999999999", "/aufgaben/x",
                                  "/uebergaben/1", "/gibt/es/nicht"])
def test_what_does_not_exist_is_not_found(ruf: Ruf, path: str) -> None:
    answer = ruf.caller("GET", f"/api/v1{path}", login="fallmanagement")

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert json.loads(answer.data)["status"] == 404


# -- people in a browser -----------------------------------------------------------------------------------------------
def test_session_needs_its_token_for_writing(browser: Any) -> None:
    person = browser("osterkamp")
    token = person.client.get("/api/v1/ich").json["csrf_token"]
    body = {"login": None, "grund": "Urlaub"}

    refused = person.client.put("/api/v1/faelle/MO-2026-0001/verantwortung", json=body)
    foreign = person.client.put("/api/v1/faelle/MO-2026-0001/verantwortung", json=body, headers={"X-CSRF-Token": "0" * len(token)})
    admitted = person.client.put("/api/v1/faelle/MO-2026-0001/verantwortung", json=body, headers={"X-CSRF-Token": token})

    assert [r.status_code for r in (refused, foreign, admitted)] == [400, 400, 404]  # the third is let in; there is no such case
    assert "X-CSRF-Token" in refused.json["detail"]


def test_fingerprint_of_the_database_sees_a_single_change(ruf: Ruf, fall: dict[str, Any]) -> None:
    with pytest.raises(AssertionError), ruf.unveraendert():
        ruf("GET", f"/faelle/{fall['aktenzeichen']}")  # reading a Fallakte is written down
