"""The family of a case changes: somebody joins, what was written wrongly is corrected, somebody leaves."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text as sql

from services.context import system_actor
from services.fall import akte, einwilligungen, faelle, uebergaben
from services.unit_of_work import transact
from tests import builders
from tests.web import daten

NEU = {"anlass": "geburt", "vorname": "Noor", "nachname": "Qaderi", "geburtsdatum": "03.08.2026", "aufenthalt": "", "art-neu": "fall"}


@pytest.fixture
def fall(app):
    return daten.fall(app, kinder=1, login="falkenrath")


@pytest.fixture
def ich():
    return builders.actor("falkenrath")


def lesen(app, fall):
    return faelle.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall)


def rows(app, query, **values):
    with daten.session(app) as db:
        return db.execute(sql(query), values).all()


def schliessen(app, fall):
    transact(app, system_actor("moers"), lambda uow: faelle.close(uow, fall, "ziel_erreicht"))


# -- joining ---------------------------------------------------------------------------------------------------------------
def test_a_child_is_born_and_the_page_says_what_follows(app, fall, ich, browser, text):
    person = browser("falkenrath")
    main = lesen(app, fall).personen[0].key
    einwilligungen.erteilen(app, ich, aktenzeichen=fall, person=main, empfaenger="awo", zweck="uebergabe", abschnitte=["stammdaten"],
                            sprache="Dari", form="schriftlich", textfassung="3")
    overview = person.get(f"/faelle/{fall}").get_data(as_text=True)

    assert overview.count(f'href="/faelle/{fall}/personen/neu"') == 2  # in the menu and beside the people
    assert 'name="nachname" type="text" value="Qaderi"' in person.get(f"/faelle/{fall}/personen/neu").get_data(as_text=True)
    response = person.post(f"/faelle/{fall}/personen/neu", NEU)

    child = lesen(app, fall).personen[-1]
    assert (child.vorname, child.geburtsdatum, child.hauptperson, child.eigene_rechtskreise) == ("Noor", date(2026, 8, 3), False, False)
    assert response.location == f"/faelle/{fall}/personen/{child.key}?meldung=person"
    page = text(person.get(response.location))
    for words in ("Die Person gehört jetzt zum Fall.", "Noor Qaderi", "Hier fehlt die Einwilligung dieser Person", "AWO Flüchtlingsberatungsstelle, Zweck Übergabe"):
        assert words in page
    shown = person.get(response.location).get_data(as_text=True)
    assert f'href="/faelle/{fall}/einwilligungen/neu?person={main}&amp;auch_fuer={child.key}"' in shown  # a parent declares it for the child
    consent = person.get(f"/faelle/{fall}/einwilligungen/neu?person={main}&auch_fuer={child.key}").get_data(as_text=True)
    assert f'name="auch_fuer" value="{child.key}" checked' in consent
    history = text(person.get(f"/faelle/{fall}/verlauf"))
    assert "Weitere Person aufgenommen: Geburt" in history
    assert "Noor" not in "".join(str(row) for row in rows(app, "select text from zeitleiste union all select detail::text from audit union all select zweck from zugriff"))


def test_a_person_with_own_rechtskreis_adds_it_to_the_case(app, fall, browser):
    response = browser("falkenrath").post(f"/faelle/{fall}/personen/neu", {**NEU, "anlass": "familiennachzug", "art-neu": "eigene", "eigene-neu": ["asylblg"]})

    found = lesen(app, fall)
    assert response.status_code == 302
    assert (found.rechtskreise, found.personen[-1].rechtskreise, found.personen[-1].eigene_rechtskreise) == (("asylblg",), ("asylblg",), True)


@pytest.mark.parametrize(("feld", "wert", "satz"), [
    ("anlass", "", "Wählen Sie aus, warum die Person dazukommt."), ("anlass", "zufall", "Wählen Sie aus, warum die Person dazukommt."),
    ("vorname", " ", "Geben Sie den Vornamen an."), ("nachname", "", "Geben Sie den Nachnamen an."), ("vorname", "...", "Bitte geben Sie den Namen an."),
    ("geburtsdatum", "31.02.2026", "Den „31.02.2026“ gibt es nicht."), ("geburtsdatum", "01.01.2199", "Das Geburtsdatum liegt in der Zukunft."),
    ("aufenthalt", "geheim", "Bitte wählen Sie aus der Liste."), ("art-neu", "", "Wählen Sie aus, was für diese Person gilt."),
    ("eigene-neu", ["sgb2"], "obwohl „wie der Fall“ gewählt ist"),
])
def test_refusals_are_sentences_and_keep_what_was_typed(app, fall, browser, text, feld, wert, satz):
    response = browser("falkenrath").post(f"/faelle/{fall}/personen/neu", {**NEU, feld: wert})

    assert response.status_code == 422
    assert satz in text(response)
    page = response.get_data(as_text=True)
    assert f'href="#{feld}"' in page
    assert 'value="Noor"' in page or feld == "vorname"
    assert len(lesen(app, fall).personen) == 2


def test_the_same_person_is_taken_in_once_unless_it_is_another(app, fall, browser, text):
    person = browser("falkenrath")
    person.post(f"/faelle/{fall}/personen/neu", NEU)
    again = person.post(f"/faelle/{fall}/personen/neu", {**NEU, "vorname": "  noor "})

    assert again.status_code == 422
    assert "steht schon in diesem Fall" in text(again)
    assert 'name="andere" value="ja"' in again.get_data(as_text=True)
    assert len(lesen(app, fall).personen) == 3
    assert person.post(f"/faelle/{fall}/personen/neu", {**NEU, "andere": "ja"}).status_code == 302
    assert len(lesen(app, fall).personen) == 4


def test_a_closed_case_takes_nobody_in_and_nobody_else_may(app, fall, browser, text):
    key = lesen(app, fall).personen[1].key
    for login in ("wieland", "lindqvist"):
        assert browser(login).get(f"/faelle/{fall}/personen/neu").status_code == 404
        assert browser(login).get(f"/faelle/{fall}/personen/{key}").status_code == 404
        assert browser(login).post(f"/faelle/{fall}/personen/neu", NEU).status_code == 404
    schliessen(app, fall)
    person = browser("falkenrath")

    assert "nur solange der Fall offen ist" in text(person.get(f"/faelle/{fall}/personen/neu"))
    refused = person.post(f"/faelle/{fall}/personen/neu", NEU)
    assert (refused.status_code, "Der Fall ist abgeschlossen." in text(refused)) == (422, True)
    assert person.get(f"/faelle/{fall}/personen/{key}").status_code == 404
    assert len(lesen(app, fall).personen) == 2


def test_a_person_of_another_case_is_not_shown(app, fall, browser):
    other = daten.fall(app, login="falkenrath", vorname="Olena", nachname="Koval")
    key = lesen(app, other).personen[0].key

    assert browser("falkenrath").get(f"/faelle/{fall}/personen/{key}").status_code == 404


# -- correcting ------------------------------------------------------------------------------------------------------------
def berichtigung(browser, fall, key, **mehr):
    """What the page sends when nothing but ``mehr`` was typed."""
    page = browser.get(f"/faelle/{fall}/personen/{key}/berichtigen").get_data(as_text=True)
    gesehen = page.split('name="gesehen" value="')[1].split('"')[0]
    return {"vorname": "Samira", "nachname": "Qaderi", "geburtsdatum": "14.03.1992", "aufenthalt": "", "gesehen": gesehen, "grund": "nachweis", **mehr}


def test_a_wrong_birthday_and_name_are_corrected_and_what_stood_there_is_kept(app, fall, ich, browser, text):
    person = browser("falkenrath")
    key = lesen(app, fall).personen[0].key
    path = f"/faelle/{fall}/personen/{key}"

    assert f'href="{path}/berichtigen"' in person.get(path).get_data(as_text=True)
    response = person.post(f"{path}/berichtigen", berichtigung(person, fall, key, nachname="Kaderi", geburtsdatum="14.03.1991", aufenthalt="duldung"))

    assert response.location == f"{path}?meldung=berichtigt"
    page = text(person.get(response.location))
    for words in ("Die Angaben sind berichtigt.", "Samira Kaderi", "14.03.1991", "Duldung"):
        assert words in page
    versions = akte.fassungen(app, ich, aktenzeichen=fall, abschnitt="stammdaten", person=key)
    assert [(v.inhalt["nachname"], v.inhalt["geburtsdatum"]) for v in versions] == [("Kaderi", "1991-03-14"), ("Qaderi", "1992-03-14")]
    assert "Familie Kaderi" in text(person.post("/suche", {"q": "kaderi"}))
    assert "Angaben zu einer Person berichtigt: Nachname, Geburtsdatum, Aufenthalt (Ausweis oder Urkunde liegt vor)" in text(person.get(f"/faelle/{fall}/verlauf"))
    assert "aderi" not in "".join(str(row) for row in rows(app, "select text from zeitleiste union all select detail::text from audit union all select zweck from zugriff"))


@pytest.mark.parametrize(("feld", "wert", "satz"), [
    ("grund", "", "Wählen Sie einen Grund aus."), ("vorname", " ", "Geben Sie den Vornamen an."), ("nachname", "--", "Bitte geben Sie den Namen an."),
    ("geburtsdatum", "1.13.2020", "gibt es nicht"), ("geburtsdatum", "01.01.2199", "Das Geburtsdatum liegt in der Zukunft."),
    ("aufenthalt", "geheim", "Bitte wählen Sie aus der Liste."), ("vorname", "Samira", "Sie haben nichts geändert."),
])
def test_refused_corrections_change_nothing(app, fall, browser, text, feld, wert, satz):
    person = browser("falkenrath")
    before = lesen(app, fall).personen
    response = person.post(f"/faelle/{fall}/personen/{before[0].key}/berichtigen", berichtigung(person, fall, before[0].key, **{feld: wert}))

    assert (response.status_code, satz in text(response)) == (422, True)
    assert lesen(app, fall).personen == before


def test_two_people_who_correct_at_once_lose_nothing(app, fall, browser, text):
    first, second = browser("falkenrath"), browser("osterkamp")
    key = lesen(app, fall).personen[0].key
    path = f"/faelle/{fall}/personen/{key}/berichtigen"
    late = berichtigung(second, fall, key, aufenthalt="duldung")
    first.post(path, berichtigung(first, fall, key, vorname="Samirah"))

    response = second.post(path, late)
    assert (response.status_code, "inzwischen jemand anders geändert" in text(response)) == (422, True)
    assert "Eingetragen ist: Samirah Qaderi" in text(response)
    assert 'value="duldung" selected' in response.get_data(as_text=True)
    person = lesen(app, fall).personen[0]
    assert (person.vorname, person.aufenthalt) == ("Samirah", None)


def test_closed_cases_and_other_organisations_correct_nothing(app, fall, browser, text):
    person = browser("falkenrath")
    first = lesen(app, fall).personen[0]
    typed = berichtigung(person, fall, first.key, vorname="Anders")
    for path in (f"{first.key}/berichtigen", "hauptperson"):
        for login in ("wieland", "lindqvist"):
            assert browser(login).get(f"/faelle/{fall}/personen/{path}").status_code == 404
            assert browser(login).post(f"/faelle/{fall}/personen/{path}", {**typed, "person": str(first.key)}).status_code == 404
    schliessen(app, fall)

    refused = person.post(f"/faelle/{fall}/personen/{first.key}/berichtigen", typed)
    assert (refused.status_code, "Der Fall ist abgeschlossen." in text(refused)) == (422, True)
    assert "nur solange der Fall offen ist" in text(person.get(f"/faelle/{fall}/personen/hauptperson"))
    assert person.post(f"/faelle/{fall}/personen/hauptperson", {"person": str(first.key), "grund": "wunsch"}).status_code == 422
    assert lesen(app, fall).personen[0] == first


def test_another_adult_becomes_the_main_person(app, fall, browser, text):
    person = browser("falkenrath")
    path = f"/faelle/{fall}/personen/hauptperson"
    assert "keine weitere erwachsene Person" in text(person.get(path))
    person.post(f"/faelle/{fall}/personen/neu", {**NEU, "anlass": "familiennachzug", "vorname": "Farid", "nachname": "Rahimi", "geburtsdatum": "01.02.1990"})
    samira, kind, farid = sorted(lesen(app, fall).personen, key=lambda p: p.key)

    page = person.get(f"{path}?person={farid.key}").get_data(as_text=True)
    assert f'value="{farid.key}" checked' in page
    assert f'value="{kind.key}"' not in page
    for wrong, satz in (({"person": ""}, "Wählen Sie aus, wer"), ({"grund": ""}, "Wählen Sie einen Grund"), ({"person": "99"}, "gehört nicht zu diesem Fall"),
                        ({"person": str(kind.key)}, "muss volljährig sein"), ({"person": str(samira.key)}, "schon die Hauptperson")):
        refused = person.post(path, {"person": str(farid.key), "grund": "vertretung", **wrong})
        assert (refused.status_code, satz in text(refused)) == (422, True), satz
    response = person.post(path, {"person": str(farid.key), "grund": "vertretung"})

    assert response.location == f"/faelle/{fall}?meldung=hauptperson"
    found = lesen(app, fall)
    assert (found.bezeichnung, [p.key for p in found.personen if p.hauptperson]) == ("Familie Rahimi", [farid.key])
    assert "Andere Hauptperson: vertritt die Bedarfsgemeinschaft" in text(person.get(f"/faelle/{fall}/verlauf"))


# -- leaving ---------------------------------------------------------------------------------------------------------------
WEG = {"am": "02.09.2026", "grund": "ausgezogen"}


def test_somebody_moves_out_after_the_consequences_were_shown_and_comes_back(app, fall, ich, browser, text):
    person = browser("falkenrath")
    main, child = (p.key for p in lesen(app, fall).personen)
    einwilligungen.erteilen(app, ich, aktenzeichen=fall, person=main, auch_fuer=[child], empfaenger="awo", zweck="uebergabe", abschnitte=["stammdaten"],
                            sprache="Dari", form="schriftlich", textfassung="3")
    handover = uebergaben.entwerfen(app, ich, aktenzeichen=fall, empfaenger="awo", abschnitte=["stammdaten"], grund="x")
    uebergaben.anbieten(app, ich, uebergabe=handover)
    transact(app, ich, lambda uow: akte.write_sections(uow, ich, fall, child, {"sprache": {"erstsprache": "Dari"}}))
    path = f"/faelle/{fall}/personen/{child}"

    asked = text(person.get(f"{path}/ausscheiden"))
    for words in ("Scheidet Kind0 Qaderi aus dem Fall aus?", "Ihre Einwilligung für AWO Flüchtlingsberatungsstelle, Zweck Übergabe des Falls, endet.",
                  "Übergabe an AWO Flüchtlingsberatungsstelle: geht ohne diese Person weiter."):
        assert words in asked
    response = person.post(f"{path}/ausscheiden", WEG)

    assert response.location == f"/faelle/{fall}?meldung=ausgeschieden"
    overview = text(person.get(response.location))
    assert "Früher im Fall Kind0 Qaderi ist ausgezogen, ausgeschieden am 02.09.2026" in overview
    assert "Familie Qaderi" not in overview  # one person is left
    assert "Kind0 Qaderi (ausgeschieden)" in text(person.get(f"/faelle/{fall}/akte"))
    assert "Kind0 Qaderi (ausgeschieden)" in text(person.get(f"/faelle/{fall}/einwilligungen"))
    assert "Kind0" not in text(person.get(f"/faelle/{fall}/einwilligungen/neu"))
    assert "Kind0" not in text(browser("wieland").get(f"/uebergaben/{handover}"))
    assert person.get(path).status_code == 404

    assert "müssen neu erteilt werden" in text(person.get(f"{path}/zuruecknehmen"))
    assert "Wählen Sie einen Grund aus." in text(person.post(f"{path}/zuruecknehmen", {"grund": ""}))
    back = person.post(f"{path}/zuruecknehmen", {"grund": "irrtum"})
    assert back.location == f"{path}?meldung=wieder_da"
    assert "Hier fehlt die Einwilligung dieser Person" in text(person.get(back.location))
    again = person.post(f"{path}/zuruecknehmen", {"grund": "irrtum"})
    assert (again.status_code, "Es gibt nichts zurückzunehmen." in text(again)) == (422, True)


@pytest.mark.parametrize(("feld", "wert", "satz"), [
    ("am", "", "Datum"), ("am", "31.06.2026", "gibt es nicht"), ("am", "01.01.2199", "Der Tag liegt in der Zukunft."),
    ("am", "01.01.2001", "Der Tag liegt vor dem Erstkontakt."), ("grund", "weil", "Wählen Sie aus, warum die Person ausscheidet."),
])
def test_refused_leaving_changes_nothing(app, fall, browser, text, feld, wert, satz):
    child = lesen(app, fall).personen[1].key
    response = browser("falkenrath").post(f"/faelle/{fall}/personen/{child}/ausscheiden", {**WEG, feld: wert})

    assert (response.status_code, satz in text(response)) == (422, True)
    assert len(lesen(app, fall).personen) == 2


def test_main_person_last_person_and_a_second_click_are_told_what_to_do(app, fall, browser, text):
    person = browser("falkenrath")
    main, child = (p.key for p in lesen(app, fall).personen)
    path = f"/faelle/{fall}/personen"

    assert "Wählen Sie zuerst eine andere Hauptperson" in text(person.get(f"{path}/{main}/ausscheiden"))
    assert "sobald eine andere Hauptperson gewählt ist" in text(person.post(f"{path}/{main}/ausscheiden", WEG))
    assert person.post(f"{path}/{child}/ausscheiden", WEG).status_code == 302
    assert person.post(f"{path}/{child}/ausscheiden", WEG).status_code == 404  # she is no member any more
    assert "Das ist die letzte Person im Fall" in text(person.get(f"{path}/{main}/ausscheiden"))
    assert person.post(f"{path}/{main}/ausscheiden", WEG).status_code == 422
    assert len(lesen(app, fall).personen) == 1


def test_closed_cases_and_other_organisations_let_nobody_leave_or_return(app, fall, browser, text):
    person = browser("falkenrath")
    child = lesen(app, fall).personen[1].key
    path = f"/faelle/{fall}/personen/{child}"
    for name, body in (("ausscheiden", WEG), ("zuruecknehmen", {"grund": "irrtum"})):
        for login in ("wieland", "lindqvist"):
            assert browser(login).get(f"{path}/{name}").status_code == 404
            assert browser(login).post(f"{path}/{name}", body).status_code == 404
    schliessen(app, fall)

    for name, body in (("ausscheiden", WEG), ("zuruecknehmen", {"grund": "irrtum"})):
        assert "nur solange der Fall offen ist" in text(person.get(f"{path}/{name}"))
        refused = person.post(f"{path}/{name}", body)
        assert (refused.status_code, "Der Fall ist abgeschlossen." in text(refused)) == (422, True)
