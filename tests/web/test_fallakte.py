"""Cases: search, opening one, consents, notes, and what other organisations see."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from services.context import system_actor
from services.fall import akte, einwilligungen, faelle, uebergaben
from services.fall import rechtskreise as rechtskreise_modul
from services.prozess import deployments, instances
from services.prozess.deployments import Resource
from services.unit_of_work import transact
from tests import bpmn, builders
from tests.web import daten


@pytest.fixture
def fall(app):
    return daten.fall(app, kinder=1, login="falkenrath")


def offered(app, fall, abschnitte=("stammdaten", "sprache")):
    """A handover to the AWO with consent of everybody, and something in the Fallakte."""
    me = builders.actor("falkenrath")
    people = [p.key for p in faelle.lesen(app, me, aktenzeichen=fall).personen]
    einwilligungen.erteilen(app, me, aktenzeichen=fall, person=people[0], auch_fuer=people[1:], empfaenger="awo", zweck="uebergabe", abschnitte=abschnitte,
                            sprache="Dari", form="schriftlich", textfassung="3")
    transact(app, me, lambda uow: akte.write_sections(uow, me, fall, people[0], {
        "sprache": {"erstsprache": "Dari"}, "gesundheit": {"situation": "nur für die Servicestelle"}}))
    key = uebergaben.entwerfen(app, me, aktenzeichen=fall, empfaenger="awo", abschnitte=abschnitte, grund="Zuordnung", nachricht="Beratung auf Dari",
                               frist=app.clock.now() + timedelta(days=9))
    uebergaben.anbieten(app, me, uebergabe=key)
    return key


def test_search_never_puts_a_name_into_an_address(fall, browser, text):
    person = browser("falkenrath")
    page = person.get("/aufgaben").get_data(as_text=True)

    assert 'role="search" method="post" action="/suche"' in page
    assert "Familie Qaderi" in text(person.post("/suche", {"q": "qaderi"}))
    assert person.get("/suche?q=qaderi").get_data(as_text=True).count("Qaderi") == 0


def test_search_by_aktenzeichen_opens_the_case(fall, browser):
    assert browser("falkenrath").post("/suche", {"q": fall}).location == f"/faelle/{fall}"


def test_search_without_match_says_so(browser, text):
    assert "Nichts gefunden für „Niemand“" in text(browser("falkenrath").post("/suche", {"q": "Niemand"}))


def test_new_case_keeps_what_was_typed_and_says_what_is_missing(browser, text):
    person = browser("falkenrath")

    response = person.post("/faelle/neu", {"p0-vorname": "Olena", "p0-nachname": "", "p0-geburtsdatum": "31.02.1992", "p0-aufenthalt": "",
                                           "erstkontakt": "01.09.2026", "zugangsweg": "", "person": "falkenrath"})

    assert response.status_code == 422
    for sentence in ("Bitte prüfen Sie 3 Angaben", "Geben Sie den Nachnamen an.", "Den „31.02.1992“ gibt es nicht.", "Wählen Sie aus, wie die Person"):
        assert sentence in text(response)
    page = response.get_data(as_text=True)
    assert 'value="Olena"' in page
    assert 'href="#p0-nachname"' in page
    assert 'aria-invalid="true"' in page


def test_rows_for_people_come_and_go_without_javascript(browser):
    person = browser("falkenrath")
    data = {"p0-vorname": "Olena", "p0-nachname": "Kravets", "p0-geburtsdatum": "", "p0-aufenthalt": ""}

    more = person.post("/faelle/neu", {**data, "_hinzufuegen": "1"}).get_data(as_text=True)
    assert 'name="p1-vorname"' in more
    fewer = person.post("/faelle/neu", {**data, "p1-vorname": "x", "p1-nachname": "y", "p1-geburtsdatum": "", "p1-aufenthalt": "",
                                        "_entfernen": "1"}).get_data(as_text=True)
    assert 'name="p1-vorname"' not in fewer


@pytest.mark.parametrize("tab", ["", "/plan", "/akte", "/verlauf", "/aufgaben", "/einwilligungen", "/einwilligungen/neu", "/uebergaben", "/prozess",
                                 "/kontakt", "/kontaktabbruch"])
def test_every_tab_opens_for_the_own_organisation_and_for_nobody_else(fall, browser, tab):
    assert browser("falkenrath").get(f"/faelle/{fall}{tab}").status_code == 200
    assert browser("lindqvist").get(f"/faelle/{fall}{tab}").status_code == 404
    assert browser("domhoff").get(f"/faelle/{fall}{tab}").status_code == 404


def test_access_log_is_for_koordination_and_datenschutz(fall, browser, text):
    browser("falkenrath").get(f"/faelle/{fall}")

    assert browser("falkenrath").get(f"/faelle/{fall}/zugriffe").status_code == 403
    assert "Ines Falkenrath" in text(browser("osterkamp").get(f"/faelle/{fall}/zugriffe"))
    seen = text(browser("dsb").get(f"/faelle/{fall}/zugriffe"))
    assert "Ines Falkenrath" in seen
    assert "Qaderi" not in seen


def test_consent_is_written_down_and_revoked_after_its_consequences(app, fall, browser, text):
    person = browser("falkenrath")
    keys = [str(p.key) for p in faelle.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall).personen]
    path = f"/faelle/{fall}/einwilligungen"

    empty = person.post(f"{path}/neu", {"person": keys[0]})
    assert empty.status_code == 422
    assert "Wählen Sie mindestens einen Abschnitt aus." in text(empty)
    done = person.post(f"{path}/neu", {
        "person": keys[0], "auch_fuer": keys[1:], "empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ["stammdaten", "sprache"],
        "sprache": "Dari", "textfassung": "Fassung 3", "form": "schriftlich", "gueltig_bis": "01.03.2027"})
    assert done.location == f"{path}?meldung=einwilligung"
    matrix = text(person.get(path))
    assert "erteilt bis 01.03.2027" in matrix
    assert "AWO Flüchtlingsberatungsstelle" in matrix

    handover = uebergaben.entwerfen(app, builders.actor("falkenrath"), aktenzeichen=fall, empfaenger="awo", abschnitte=["stammdaten"], grund="x")
    uebergaben.anbieten(app, builders.actor("falkenrath"), uebergabe=handover)
    with daten.session(app) as db:
        consent = db.execute(sql("select min(key) from einwilligung")).scalar_one()
    asked = text(person.get(f"{path}/{consent}/widerruf"))
    assert "Die Übergabe an AWO Flüchtlingsberatungsstelle (angeboten) wird zurückgezogen." in asked
    with daten.session(app) as db:
        assert db.execute(sql("select count(*) from einwilligung where widerrufen_am is not null")).scalar_one() == 0  # asking changes nothing

    person.post(f"{path}/{consent}/widerruf", {"grund": ""})
    assert "widerrufen am" in text(person.get(path))
    with daten.session(app) as db:
        assert db.execute(sql("select status from uebergabe")).scalar_one() == "widerrufen"


def test_note_of_a_contact_stands_in_the_time_line(fall, browser, text):
    person = browser("falkenrath")

    missing = person.post(f"/faelle/{fall}/kontakt", {"art": "", "notiz": "", "am": "02.09.2026"})
    assert missing.status_code == 422
    assert "Schreiben Sie kurz auf, worum es ging." in text(missing)
    person.post(f"/faelle/{fall}/kontakt", {"art": "telefon", "notiz": "Bringt Zeugnisse <mit>.", "am": "02.09.2026", "erreicht": "ja"})

    page = person.get(f"/faelle/{fall}/verlauf")
    assert "Bringt Zeugnisse <mit>." in text(page)
    assert "<mit>" not in page.get_data(as_text=True)


def test_broken_contact_needs_a_reason_and_shows(fall, browser, text):
    person = browser("falkenrath")

    assert person.post(f"/faelle/{fall}/kontaktabbruch", {"grund": " "}).status_code == 422
    assert person.post(f"/faelle/{fall}/kontaktabbruch", {"grund": "termine_versaeumt"}).status_code == 302
    assert "Kontakt abgebrochen seit 02.09.2026" in text(person.get(f"/faelle/{fall}"))


# -- the other side of a handover ------------------------------------------------------------------------------------------
def test_partner_sees_exactly_what_was_agreed_to(app, fall, browser, text):
    key = offered(app, fall)
    partner = browser("wieland")

    assert "Übergabe des Falls" in text(partner.get("/uebergaben"))
    page = text(partner.get(f"/uebergaben/{key}"))

    assert "Möchten Sie diesen Fall übernehmen?" in page
    assert "Beratung auf Dari" in page
    assert "Erstsprache Dari" in page
    assert "nur für die Servicestelle" not in page
    assert browser("lindqvist").get(f"/uebergaben/{key}").status_code == 404


def test_partner_must_choose_and_give_a_reason(app, fall, browser, text):
    key = offered(app, fall)
    partner = browser("wieland")

    nothing = partner.post(f"/uebergaben/{key}/antwort", {})
    assert nothing.status_code == 422
    assert "Wählen Sie aus, ob Sie den Fall übernehmen." in text(nothing)
    without = partner.post(f"/uebergaben/{key}/antwort", {"antwort": "nein"})
    assert "Wählen Sie aus, warum Sie ablehnen." in text(without)

    refused = partner.post(f"/uebergaben/{key}/antwort", {"antwort": "nein", "grund": "kein_platz", "hinweis": "ab Oktober"})
    assert refused.location == "/uebergaben?meldung=abgelehnt"
    page = text(partner.get(f"/uebergaben/{key}"))
    assert "Erstsprache" not in page
    assert "nicht mehr sichtbar" in page
    assert "Kein Platz frei" in text(browser("falkenrath").get(f"/uebergaben/{key}"))


def test_accepted_handover_moves_the_case(app, fall, browser, text):
    key = offered(app, fall)

    response = browser("wieland").post(f"/uebergaben/{key}/antwort", {"antwort": "ja"})

    assert response.status_code == 302
    assert "AWO Flüchtlingsberatungsstelle" in text(browser("wieland").get(f"/faelle/{fall}"))


def test_second_answer_is_a_conflict_not_an_error(app, fall, browser, text):
    key = offered(app, fall)
    browser("wieland").post(f"/uebergaben/{key}/antwort", {"antwort": "nein", "grund": "kein_platz"})

    again = browser("wieland").post(f"/uebergaben/{key}/antwort", {"antwort": "ja"})

    assert again.status_code == 409
    assert "Traceback" not in text(again)


def test_sender_withdraws_an_offer(app, fall, browser):
    key = offered(app, fall)

    assert browser("wieland").post(f"/uebergaben/{key}/zurueckziehen").status_code == 403
    assert browser("falkenrath").post(f"/uebergaben/{key}/zurueckziehen").status_code == 302
    with daten.session(app) as db:
        assert db.execute(sql("select status from uebergabe where key = :k"), {"k": key}).scalar_one() == "widerrufen"


def test_every_organisation_keeps_its_own_places(app, browser, text):
    partner = browser("wieland")

    assert "Geben Sie eine ganze Zahl ab 0 an" in text(partner.post("/partner/plaetze", {"plaetze": "-3"}))
    assert partner.post("/partner/plaetze", {"plaetze": "20"}).status_code == 302
    assert "20 von 20" in text(partner.get("/partner"))


# -- what a case waits for ---------------------------------------------------------------------------------------------------
def test_case_names_what_others_have_to_do_and_who(app, browser, text):
    fall = daten.fall(app, login="falkenrath")
    daten.aufgabe(app, business_id=fall, name="Servicestelle anrufen", groups=("buergerservice",), due=daten.tag(app, 2))
    daten.aufgabe(app, business_id=fall, name="Rückmeldung geben", groups=("caritas",))
    daten.aufgabe(app, business_id=fall, name="Vorgang prüfen", assignee="wieland")

    page = text(browser("brueggen").get(f"/faelle/{fall}"))

    assert "Für Sie ist jetzt nichts zu tun. Der nächste Schritt liegt bei anderen." in page
    assert "Servicestelle anrufen Bürgerservice" in page
    assert "Rückmeldung geben Caritas Migrationsberatung" in page
    assert "Vorgang prüfen Jana Wieland" in page


def test_other_organisation_does_not_read_what_the_case_waits_for(app, fall, browser, text):
    offered(app, fall)
    daten.aufgabe(app, business_id=fall, name="Interne Klärung", groups=("buergerservice",))

    page = text(browser("wieland").get(f"/faelle/{fall}"))

    assert "Interne Klärung" not in page


def test_after_accepting_the_page_says_what_comes_next(app, fall, browser, text):
    key = offered(app, fall)
    partner = browser("wieland")
    assert "1 Übergabe wartet auf Ihre Antwort" in text(partner.get("/aufgaben"))

    done = partner.post(f"/uebergaben/{key}/antwort", {"antwort": "ja"})

    page = partner.get(done.location)
    assert "Ihre Organisation ist jetzt für den Fall verantwortlich." in text(page)
    assert f'href="/faelle/{fall}"' in page.get_data(as_text=True)
    assert "wartet auf Ihre Antwort" not in text(partner.get("/aufgaben"))


def test_a_called_process_is_one_step_away_and_names_the_way_back(app, fall, browser, text):
    """Three levels: the table of each leads down, the line above it leads up, and the list shows who called whom."""
    prozesse = [("innen", bpmn.user("unten")), ("mitte", bpmn.call("tiefer", "innen"), bpmn.user("danach")), ("oben", bpmn.call("hinein", "mitte"))]
    for model in prozesse:
        deployments.deploy(app, builders.actor("prozess"), resources=[Resource(name="p.bpmn", data=bpmn.sequence(*model))])
    root = instances.start(app, system_actor("moers"), process_id="oben", business_id=fall).key
    family = {i.process_id: i.key for i in instances.family_of(app, system_actor("moers"), root_key=root)}
    person = browser("falkenrath")

    top = person.get(f"/faelle/{fall}/prozess?instanz={root}").get_data(as_text=True)
    leads_down = f'href="/faelle/{fall}/prozess?instanz={family["mitte"]}"'
    assert top.count(leads_down) == 2, "in the table and in the list of all processes"
    assert "Aufgerufen von" not in top

    middle = person.get(f"/faelle/{fall}/prozess?instanz={family['mitte']}").get_data(as_text=True)
    way_back = re.search(r'aria-label="Aufgerufen von">(.*?)</nav>', middle, re.DOTALL).group(1)
    assert f"instanz={root}" in way_back
    assert f'instanz={family["innen"]}"' in middle
    assert re.findall(r'<li class="et-tiefe-(\d)">', middle) == ["0", "1", "2"]

    bottom = person.get(f"/faelle/{fall}/prozess?instanz={family['innen']}").get_data(as_text=True)
    way_back = re.search(r'aria-label="Aufgerufen von">(.*?)</nav>', bottom, re.DOTALL).group(1)
    assert way_back.index(f"instanz={root}") < way_back.index(f"instanz={family['mitte']}")
    assert f'href="/umzug/vorgang/{family["mitte"]}"' in browser("prozess").get(f"/umzug/vorgang/{root}").get_data(as_text=True)


# -- Rechtskreise ----------------------------------------------------------------------------------------------------------
def rechtskreise(app, fall):
    found = faelle.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall)
    return found.rechtskreise, [(p.rechtskreise, p.eigene_rechtskreise) for p in found.personen]


@pytest.fixture
def angaben(app, fall):
    """What the page sends when the first person gets SGB II and the case AsylbLG."""
    first, second = (p.key for p in faelle.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall).personen)
    return {"rechtskreise": ["asylblg"], f"art-{first}": "eigene", f"eigene-{first}": ["sgb2"], f"art-{second}": "fall", "grund": "Bescheid"}


def test_rechtskreis_of_one_person_is_set_and_shown_beside_the_others(app, fall, angaben, browser, text):
    person = browser("falkenrath")
    before = text(person.get(f"/faelle/{fall}/rechtskreise"))
    response = person.post(f"/faelle/{fall}/rechtskreise", angaben)

    assert "wie der Fall" in before
    assert response.location == f"/faelle/{fall}?meldung=rechtskreise"
    assert rechtskreise(app, fall) == (("asylblg", "sgb2"), [(("sgb2",), True), (("asylblg",), False)])
    page = text(person.get(response.location))
    assert "Die Rechtskreise sind gespeichert." in page
    assert "Samira: SGB II" in page
    assert "AsylbLG (wie der Fall)" in page
    assert "Rechtskreise geändert" in text(person.get(f"/faelle/{fall}/verlauf"))


def test_rechtskreise_page_shows_what_is_stored_and_gives_it_back(app, fall, angaben, browser):
    person = browser("falkenrath")
    person.post(f"/faelle/{fall}/rechtskreise", angaben)
    page = person.get(f"/faelle/{fall}/rechtskreise").get_data(as_text=True)
    first, second = (p.key for p in faelle.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall).personen)

    for name, value in ((f"art-{first}", "eigene"), (f"eigene-{first}", "sgb2"), (f"art-{second}", "fall"), ("rechtskreise", "asylblg")):
        assert f'name="{name}" value="{value}" checked' in page
    person.post(f"/faelle/{fall}/rechtskreise", {**angaben, f"art-{first}": "keine", f"eigene-{first}": []})
    assert rechtskreise(app, fall) == (("asylblg",), [((), True), (("asylblg",), False)])
    person.post(f"/faelle/{fall}/rechtskreise", {**angaben, f"art-{first}": "fall", f"eigene-{first}": []})
    assert rechtskreise(app, fall) == (("asylblg",), [(("asylblg",), False)] * 2)


@pytest.mark.parametrize(("feld", "wert", "satz"), [
    ("grund", " ", "Schreiben Sie kurz auf, warum"), ("grund", "x" * 2001, "Bitte höchstens 2000 Zeichen."),
    ("art-0", "", "Wählen Sie aus, was für diese Person gilt."), ("eigene-0", [], "Kreuzen Sie an, wonach diese Person"),
    ("art-0", "fall", "obwohl „wie der Fall“ gewählt ist"), ("art-0", "keine", "obwohl „keine Leistungen“ gewählt ist"),
    ("eigene-0", ["sgb9"], "Bitte wählen Sie aus der Liste."), ("rechtskreise", ["sgb9"], "Bitte wählen Sie aus der Liste."),
])
def test_refusals_of_rechtskreise_are_sentences_and_keep_what_was_chosen(app, fall, angaben, browser, text, feld, wert, satz):
    first = faelle.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall).personen[0].key
    response = browser("falkenrath").post(f"/faelle/{fall}/rechtskreise", {**angaben, feld.replace("-0", f"-{first}"): wert})

    assert response.status_code == 422
    assert satz in text(response)
    assert 'name="rechtskreise" value="asylblg" checked' in response.get_data(as_text=True) or feld == "rechtskreise"
    assert rechtskreise(app, fall) == ((), [((), False)] * 2)


def gezeigt(response) -> dict[str, str]:
    return dict(re.findall(r'name="(gezeigt-[^"]+)" value="([^"]*)"', response.get_data(as_text=True)))


def test_rechtskreise_written_meanwhile_stay_where_nobody_touched_them(app, fall, angaben, browser):
    person = browser("falkenrath")
    second = faelle.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall).personen[1].key
    shown = gezeigt(person.get(f"/faelle/{fall}/rechtskreise"))
    rechtskreise_modul.setzen(app, builders.actor("falkenrath"), aktenzeichen=fall, gemeinsam=["sgb12"], personen={second: ["sgb8"]}, grund="Erste Zahlung bestätigt")

    sent = {**angaben, **shown, "rechtskreise": []}
    assert person.post(f"/faelle/{fall}/rechtskreise", {**sent, "grund": ""}).status_code == 422
    again = gezeigt(person.post(f"/faelle/{fall}/rechtskreise", {**sent, "grund": ""}))
    person.post(f"/faelle/{fall}/rechtskreise", sent)

    assert rechtskreise(app, fall) == (("sgb2", "sgb8"), [(("sgb2",), True), (("sgb8",), True)])
    assert again[f"gezeigt-{second}"] == "sgb8"


def test_rechtskreise_changed_on_both_sides_are_asked_once_more(app, fall, angaben, browser, text):
    person = browser("falkenrath")
    first = faelle.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall).personen[0].key
    shown = gezeigt(person.get(f"/faelle/{fall}/rechtskreise"))
    rechtskreise_modul.setzen(app, builders.actor("falkenrath"), aktenzeichen=fall, personen={first: ["sgb12"]}, grund="Erste Zahlung bestätigt")

    asked = person.post(f"/faelle/{fall}/rechtskreise", {**angaben, **shown})

    assert asked.status_code == 422
    assert "etwas anderes eingetragen (SGB XII)" in text(asked)
    assert rechtskreise(app, fall)[1][0] == (("sgb12",), True)
    person.post(f"/faelle/{fall}/rechtskreise", {**angaben, **gezeigt(asked)})
    assert rechtskreise(app, fall)[1][0] == (("sgb2",), True)


def test_rechtskreise_of_a_closed_case_and_of_others_stay(app, fall, angaben, browser, text):
    transact(app, system_actor("moers"), lambda uow: faelle.close(uow, fall, "ziel_erreicht"))
    person = browser("falkenrath")

    assert "nur solange der Fall offen ist" in text(person.get(f"/faelle/{fall}/rechtskreise"))
    assert person.post(f"/faelle/{fall}/rechtskreise", angaben).status_code == 422
    assert browser("wieland").get(f"/faelle/{fall}/rechtskreise").status_code == 404


def test_a_new_case_of_several_people_takes_an_own_rechtskreis(app, browser, text, monkeypatch):
    monkeypatch.setattr(app, "start_process", lambda uow, *_: uow.key())  # no model is deployed here
    person = browser("falkenrath")
    alone = text(person.get("/faelle/neu"))
    data = {"p0-vorname": "Olena", "p0-nachname": "Koval", "p0-geburtsdatum": "", "p0-aufenthalt": "", "p1-vorname": "Taras", "p1-nachname": "Koval",
            "p1-geburtsdatum": "", "p1-aufenthalt": "", "p1-rechtskreise": ["sgb8"], "rechtskreise": ["sgb2"], "erstkontakt": "01.09.2026",
            "zugangsweg": next(iter(app.profil_of("moers").regel["zugangswege"])), "person": "falkenrath"}
    more = person.post("/faelle/neu", {**data, "_hinzufuegen": "1"}).get_data(as_text=True)
    response = person.post("/faelle/neu", data)

    assert "Eigener Rechtskreis" not in alone
    assert 'name="p1-rechtskreise" value="sgb8" checked' in more
    assert "Nichts angekreuzt heißt: wie der Fall." in more
    new = response.location.split("/")[-1].split("?")[0]
    assert rechtskreise(app, new) == (("sgb2", "sgb8"), [(("sgb2",), False), (("sgb8",), True)])
    refused = person.post("/faelle/neu", {**data, "p1-rechtskreise": ["sgb9"]})
    assert (refused.status_code, "Bitte wählen Sie aus der Liste." in text(refused)) == (422, True)


def test_an_organisation_chosen_in_a_form_is_called_by_its_name(app, fall, browser, text):
    """The choices of such a field are computed; what was chosen and is no organisation (any more) still stands there."""
    form = {"type": "default", "id": "stellen", "schemaVersion": 18, "components": [
        {"type": "taglist", "id": "F1", "key": "stellen", "label": "Welche Stellen?", "properties": {"fallakte": "klaerung.stellen"},
         "valuesExpression": "= for o in profil.organisationen return {label: o.name, value: o.key}"}]}
    deployments.deploy(app, builders.actor("prozess"), resources=[Resource(name="stellen.form", data=json.dumps(form).encode())])
    me = builders.actor("falkenrath")
    transact(app, me, lambda uow: akte.write_sections(uow, me, fall, None, {"klaerung": {"stellen": ["awo", "tafel_eV"]}}))

    page = text(browser("falkenrath").get(f"/faelle/{fall}/akte"))

    assert "AWO Flüchtlingsberatungsstelle, tafel_eV" in page
