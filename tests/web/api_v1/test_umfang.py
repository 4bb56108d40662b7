"""Every operation of the document is called once; each answer is checked against its schema on the way (``Ruf``)."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.web.api_v1.conftest import PDF, PERSON, Ruf, formular, neuer_fall, offene, operations
from web.api_v1.basis import document

pytestmark = pytest.mark.xdist_group("api_v1")
EMPFAENGER = "awo_fluechtlingsberatung"
ABSCHNITTE = ["stammdaten", "aufenthalt"]


def einwilligung(person: str, zweck: str, **mehr: Any) -> dict[str, Any]:
    return {"person": person, "empfaenger": EMPFAENGER, "zweck": zweck, "abschnitte": ABSCHNITTE, "sprache": "Dari", "form": "schriftlich",
            "textfassung": "2026-01", **mehr}


def test_document_is_valid_openapi() -> None:
    validate(document())
    assert document()["openapi"].startswith("3.1")
    assert all(entry["summary"] and {"401", "403"} <= set(entry["responses"]) for _, _, entry in operations().values())


def test_every_operation_answers_as_documented(ruf: Ruf) -> None:
    fall = anmelden_und_anlegen(ruf)
    akte, person = fall["aktenzeichen"], fall["personen"][0]["key"]
    fall_fuehren(ruf, akte)
    dokumente_ablegen(ruf, akte)
    aufgaben_bearbeiten(ruf, akte)
    verweise_fuehren(ruf, akte, person)
    uebergeben(ruf, akte, person)
    partner(ruf)

    assert ruf.gerufen == set(operations())


def anmelden_und_anlegen(ruf: Ruf) -> dict[str, Any]:
    ich = ruf("GET", "/ich")
    assert (ich["login"], ich["mandant"], ich["csrf_token"]) == ("fallmanagement", "moers", None)
    assert "servicestelle" in ich["gruppen"]

    fall = neuer_fall(ruf, personen=[{**PERSON, "nachname": "Umfang"}], zugangsweg="person", rechtskreise=["asylblg"], erstkontakt="2026-09-01", login="fallmanagement")
    assert fall["status"] == "offen"
    assert fall["inhaber"]["login"] == "fallmanagement"
    assert fall == ruf("GET", f"/faelle/{fall['aktenzeichen']}")
    liste = ruf("GET", "/faelle?status=offen&rechtskreis=asylblg&sortierung=angelegt&absteigend=true&grenze=200&login=fallmanagement")
    assert liste["eintraege"][0]["aktenzeichen"] == fall["aktenzeichen"]
    assert liste["gesamt"] >= liste["nach_phase"]["zugang"] >= 1
    gefunden = ruf("POST", "/faelle/suche", {"suche": "umfang"})["eintraege"]
    assert [f["aktenzeichen"] for f in gefunden] == [fall["aktenzeichen"]]
    return fall


def fall_fuehren(ruf: Ruf, akte: str) -> None:
    kind = ruf("POST", f"/faelle/{akte}/personen", {"vorname": "Kian", "nachname": "Umfang", "geburtsdatum": "2018-05-04", "anlass": "geburt"}, soll=201)["key"]
    assert kind in {p["key"] for p in ruf("GET", f"/faelle/{akte}")["personen"]}
    ruf("PUT", f"/faelle/{akte}/rechtskreise", {"rechtskreise": ["sgb2"], "grund": "Bewilligung liegt vor"}, soll=204)
    ruf("PUT", f"/faelle/{akte}/personen/{kind}/rechtskreise", {"rechtskreise": ["sgb8"], "grund": "Hilfe zur Erziehung"}, soll=204)
    gelesen = ruf("GET", f"/faelle/{akte}")
    assert (gelesen["rechtskreise"], gelesen["rechtskreise_gemeinsam"]) == (["sgb2", "sgb8"], ["sgb2"])
    assert [(p["rechtskreise"], p["eigene_rechtskreise"]) for p in gelesen["personen"]] == [(["sgb2"], False), (["sgb8"], True)]
    ruf("PUT", f"/faelle/{akte}/personen/{kind}", {"geburtsdatum": "2006-05-04", "grund": "schreibfehler"}, soll=204)
    main = gelesen["personen"][0]["key"]
    for who in (kind, main):
        ruf("PUT", f"/faelle/{akte}/hauptperson", {"person": who, "grund": "vertretung"}, soll=204)
        assert [p["key"] for p in ruf("GET", f"/faelle/{akte}")["personen"] if p["hauptperson"]] == [who]
    assert {p["geburtsdatum"] for p in ruf("GET", f"/faelle/{akte}")["personen"] if p["key"] == kind} == {"2006-05-04"}
    ruf("POST", f"/faelle/{akte}/personen/{kind}/ausscheiden", {"am": "2026-09-01", "grund": "ausgezogen"}, soll=204)
    gegangen = ruf("GET", f"/faelle/{akte}")
    assert ([p["key"] for p in gegangen["personen"]], [(p["key"], p["ausgeschieden_am"]) for p in gegangen["ehemalige"]]) == ([main], [(kind, "2026-09-01")])
    ruf("POST", f"/faelle/{akte}/personen/{kind}/zuruecknehmen", {"grund": "irrtum"}, soll=204)
    ruf("PUT", f"/faelle/{akte}/verantwortung", {"login": None, "grund": "Urlaub"}, soll=204)
    ruf("PUT", f"/faelle/{akte}/verantwortung", {"login": "fallmanagement", "grund": "wieder da"}, soll=204)
    holders = ruf("GET", f"/faelle/{akte}/verantwortung")["eintraege"]
    assert [h["login"] for h in holders] == ["fallmanagement", None, "fallmanagement"]

    begonnen = ruf("POST", f"/faelle/{akte}/vorgaenge", {"process_id": "fallkonferenz"}, soll=201)["key"]
    assert begonnen in {v["key"] for v in ruf("GET", f"/faelle/{akte}/vorgaenge")["eintraege"]}

    notiz = ruf("POST", f"/faelle/{akte}/kontakte", {"art": "telefon", "notiz": "Termin vereinbart", "am": "2026-09-01T10:00:00+02:00"}, soll=201)["key"]
    (kontakt,) = ruf("GET", f"/faelle/{akte}/kontakte")["eintraege"]
    assert (kontakt["key"], kontakt["am"]) == (notiz, "2026-09-01T08:00:00.000Z")
    lines = ruf("GET", f"/faelle/{akte}/zeitleiste?art=kontakt&art=fall")["eintraege"]
    assert {line["art"] for line in lines} == {"kontakt", "fall"}
    looks = ruf("GET", f"/faelle/{akte}/zugriffe", wer="datenschutz")["eintraege"]
    assert {look["art"] for look in looks} == {"gelesen", "geschrieben"}


def dokumente_ablegen(ruf: Ruf, akte: str) -> None:
    new = ruf("POST", f"/faelle/{akte}/dokumente", data=formular(PDF, "Bescheid.pdf", titel="Bescheid", abschnitte=["leistungen"]), soll=201)
    assert (new["art"], new["abschnitte"], new["fassungen"][0]["groesse"]) == ("Hochgeladene Datei", ["leistungen"], len(PDF))
    again = ruf("POST", f"/dokumente/{new['key']}/fassungen", data=formular(PDF + b" neu", "Bescheid 2.pdf", titel="Bescheid, berichtigt"), soll=201)
    assert [f["version"] for f in again["fassungen"]] == [2, 1]
    assert again == ruf("GET", f"/dokumente/{new['key']}")
    assert ruf("GET", f"/dokumente/{new['key']}/1/datei") == PDF
    assert [d["key"] for d in ruf("GET", f"/faelle/{akte}/dokumente")["eintraege"]] == [new["key"]]


def aufgaben_bearbeiten(ruf: Ruf, akte: str) -> None:
    ruf.dienst.arbeite()
    task = next(t for t in offene(ruf, akte) if t["process_id"] == "zugang_moers_erstkontakt")
    path = f"/aufgaben/{task['key']}"
    assert task["assignee"] is None
    assert task["key"] in {t["key"] for t in ruf("GET", "/aufgaben?liste=gruppen&grenze=200&auch_wiedervorlage=true")["eintraege"]}

    ruf("POST", f"{path}/uebernehmen", soll=204)
    ruf("POST", f"{path}/zurueckgeben", soll=204)
    ruf("POST", f"{path}/uebernehmen", soll=204)
    ruf("POST", f"{path}/zuweisen", {"login": "fallmanagement", "grund": "bleibt hier"}, soll=204)
    seen = ruf("GET", path)
    assert seen["aufgabe"]["assignee"] == "fallmanagement"
    assert seen["formular"]["form_id"] == seen["formular"]["dokument"]["id"] == task["form_id"]
    field = next(c["key"] for c in seen["formular"]["dokument"]["components"] if c["type"] in {"textfield", "textarea"})
    ruf("PUT", f"{path}/entwurf", {"werte": {field: "halb fertig"}})
    assert ruf("GET", path)["entwurf"]["werte"] == {field: "halb fertig"}
    ruf("DELETE", f"{path}/entwurf", soll=204)
    assert ruf("GET", path)["entwurf"] is None

    from tests.web.api_v1.test_reise import ausgefuellt
    ruf("POST", f"{path}/abschliessen", {"werte": ausgefuellt(ruf, task["key"], task["element_id"], ruf("GET", f"/faelle/{akte}"))}, soll=204)
    done = ruf("GET", path)
    assert (done["aufgabe"]["status"], done["aufgabe"]["completed_by"], done["formular"]) == ("COMPLETED", "fallmanagement", None)
    assert task["key"] in {t["key"] for t in ruf("GET", "/aufgaben?liste=erledigt")["eintraege"]}
    (section, *_) = ruf("GET", f"/faelle/{akte}/akte")["eintraege"]
    query = f"abschnitt={section['abschnitt']}" + (f"&person={section['person']}" if section["person"] else "")
    assert ruf("GET", f"/faelle/{akte}/fassungen?{query}")["eintraege"][0]["inhalt"] == section["inhalt"]
    assert ruf("GET", f"/faelle/{akte}/akte?abschnitt=hilfeplan")["eintraege"] == []


def verweise_fuehren(ruf: Ruf, akte: str, person: str) -> None:
    people = [p["key"] for p in ruf("GET", f"/faelle/{akte}")["personen"]]
    lacking = ruf("GET", f"/faelle/{akte}/einwilligungen/pruefung?empfaenger={EMPFAENGER}&zweck=verweis&abschnitt=stammdaten")["fehlend"]
    assert {one["person"] for one in lacking} == set(people)
    body = einwilligung(person, "verweis", auch_fuer=[p for p in people if p != person], gueltig_bis="2027-01-31")
    keys = ruf("POST", f"/faelle/{akte}/einwilligungen", body, soll=201)["keys"]
    assert len(keys) == len(people)

    verweis = {"empfaenger": EMPFAENGER, "anliegen": "Wohnungssuche", "abschnitte": ABSCHNITTE}
    first = ruf("POST", f"/faelle/{akte}/verweise", verweis, soll=201)["key"]
    ruf("POST", f"/verweise/{first}/antwort", {"angenommen": True}, wer="awo", soll=204)
    assert ruf("GET", f"/faelle/{akte}", wer="awo")["bezeichnung"] == "Familie Umfang"  # what is lent
    ruf("POST", f"/verweise/{first}/erledigung", {"rueckmeldung": "Wohnung gefunden"}, wer="awo", soll=204)
    second = ruf("POST", f"/faelle/{akte}/verweise", verweis, soll=201)["key"]
    ruf("POST", f"/verweise/{second}/rueckzug", soll=204)
    states = {v["key"]: v["status"] for v in ruf("GET", f"/verweise?aktenzeichen={akte}")["eintraege"]}
    assert states == {first: "erledigt", second: "widerrufen"}
    ruf("GET", f"/faelle/{akte}", wer="awo", soll=404)

    ruf("POST", f"/einwilligungen/{keys[0]}/widerruf", {"grund": "auf Wunsch"}, soll=204)
    ended = {e["key"]: e["gueltig"] for e in ruf("GET", f"/faelle/{akte}/einwilligungen")["eintraege"]}
    assert ended == {key: key != keys[0] for key in keys}


def uebergeben(ruf: Ruf, akte: str, person: str) -> None:
    others = [p["key"] for p in ruf("GET", f"/faelle/{akte}")["personen"] if p["key"] != person]
    ruf("POST", f"/faelle/{akte}/einwilligungen", einwilligung(person, "uebergabe", auch_fuer=others), soll=201)
    draft = ruf("POST", f"/faelle/{akte}/uebergaben", {"empfaenger": EMPFAENGER, "abschnitte": ABSCHNITTE, "grund": "Umzug"}, soll=201)
    path = f"/uebergaben/{draft['key']}"
    assert (draft["status"], draft["darf_anbieten"]) == ("entworfen", True)
    ruf("GET", path, wer="awo", soll=404)
    changed = ruf("PUT", path, {"abschnitte": ["stammdaten"], "grund": "Umzug", "nachricht": "Bitte zeitnah", "frist": "2026-09-30T12:00:00Z"})
    assert (changed["abschnitte"], changed["frist"]) == (["stammdaten"], "2026-09-30T12:00:00.000Z")
    ruf("POST", f"{path}/rueckzug")

    again = ruf("POST", f"/faelle/{akte}/uebergaben", {"empfaenger": EMPFAENGER, "abschnitte": ABSCHNITTE, "grund": "Umzug"}, soll=201)
    path = f"/uebergaben/{again['key']}"
    assert ruf("POST", f"{path}/angebot")["status"] == "angeboten"
    assert again["key"] in {u["key"] for u in ruf("GET", "/uebergaben?liste=ausgang")["eintraege"]}
    (offer,) = ruf("GET", "/uebergaben", wer="awo")["eintraege"]
    assert (offer["key"], offer["grund"], offer["darf_antworten"]) == (again["key"], None, True)
    taken = ruf("POST", f"{path}/antwort", {"angenommen": True, "hinweis": "gern"}, wer="awo")
    assert (taken["status"], bool(taken["uebernommen_am"])) == ("angenommen", True)
    assert ruf("GET", f"/faelle/{akte}", wer="awo")["inhaber"]["login"] == "awo"
    assert {u["status"] for u in ruf("GET", f"/faelle/{akte}/uebergaben", wer="awo")["eintraege"]} == {"widerrufen", "angenommen"}
    assert ruf("GET", path, wer="awo")["beantwortet_am"]

    ruf("POST", f"/faelle/{akte}/kontaktabbruch", {"grund": "verzogen"}, wer="awo", soll=204)
    assert ruf("GET", f"/faelle/{akte}", wer="awo")["kontakt_abgebrochen_am"]


def partner(ruf: Ruf) -> None:
    ruf("PUT", f"/partner/{EMPFAENGER}/plaetze", {"plaetze": 7}, wer="awo", soll=204)
    places = {p["key"]: (p["plaetze"], p["frei"]) for p in ruf("GET", "/partner")["eintraege"]}
    assert places[EMPFAENGER][0] == 7
    assert places[EMPFAENGER][1] < 7
    ruf("PUT", f"/partner/{EMPFAENGER}/plaetze", {"plaetze": None}, wer="awo", soll=204)
    assert ruf("GET", "/partner?sprache=xx")["eintraege"] == []


def test_document_and_its_page_are_public_and_need_nothing_from_elsewhere(ruf: Ruf) -> None:
    answer = ruf.caller("GET", "/api/v1/openapi.json", login=None)
    page = ruf.caller("GET", "/api/v1/", login=None)
    html = page.get_data(as_text=True)

    assert (answer.status_code, answer.json) == (200, document())
    assert page.status_code == 200
    assert all(f'id="{name}"' in html for name in operations())
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html
    assert "<script>" not in html
    assert ruf.caller("GET", "/api/v1", login=None).status_code == 308
