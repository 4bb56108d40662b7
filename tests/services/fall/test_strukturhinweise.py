from __future__ import annotations

import psycopg
import pytest

from engine.errors import BpmnError
from services import mail_vorlage
from services.context import system_actor
from services.db.provision import APP
from services.errors import InvalidInput
from services.fall import zeitleiste
from services.fall.auftraege import AUFTRAEGE
from services.netzwerk import strukturhinweise
from services.netzwerk.strukturhinweise import ARTEN, BEREICHE, ENTSCHEIDUNGEN
from services.prozess.handlers import Auftrag
from services.unit_of_work import transact
from tests.builders import actor

HINWEIS = {"text": "Für Eltern kleiner Kinder gibt es keinen Kurs mit Betreuung.", "art": "angebotsluecke", "bereich": "sprache", "ebene": "kommune",
           "prioritaet": "hoch", "haeufigkeit": "mehrmals"}


@pytest.fixture
def run(app, akte):
    """Runs a built-in job for somebody, in one commit."""

    def do(kind, variables=None, who="falkenrath", business_id=akte):
        acting = system_actor("moers") if who == "system" else actor(who)
        return transact(app, acting, lambda uow: AUFTRAEGE[kind](Auftrag(
            uow=uow, type=kind, instance_key=5, root_key=5, business_id=business_id, element_id="element", variables=variables or {}, headers={})))

    return do


def gesammelt(run):
    return run("strukturhinweis.sammeln", who="osterkamp", business_id=None)["hinweise"]


def rueckmelden(run, ids, **changes):
    answer = {"hinweise": ids, "entscheidung": "umgesetzt", "antwort": "Ein Kurs mit Betreuung beginnt im Mai.", "endgueltig": True, **changes}
    return run("strukturhinweis.rueckmelden", answer, who="osterkamp", business_id=None)


def test_report_remembers_who_raised_it_and_stands_in_the_time_line(app, akte, run):
    found = run("strukturhinweis.melden", HINWEIS)

    assert (found["gemeldet_von"], found["meldende_stelle"]) == ("falkenrath", "servicestelle_zuwanderung")
    entry = zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte)[0]
    assert (entry.art, entry.text) == ("strukturhinweis", "Strukturhinweis gemeldet: Angebotslücke, Bereich Sprache")


@pytest.mark.parametrize(
    "text",
    [
        "Samira wartet seit Monaten auf einen Kurs.",
        "Elyas' Schulplatz fehlt.",
        "Familie QADERI hat keine Wohnung.",
        "Der Weg der Qaderis war zu lang.",
        "Bitte zurückrufen: 02841 / 123 456",
        "Rückfragen an kurs@example.org",
        "Geboren am 14.03.1992, kein Kurs.",
    ],
)
def test_text_that_points_at_somebody_is_refused_and_leaves_nothing(run, sql, text):
    with pytest.raises(BpmnError) as error:
        run("strukturhinweis.melden", {**HINWEIS, "text": text})

    assert error.value.code == "personenbezug"
    assert sql("select count(*) from etappe.strukturhinweis") == [(0,)]


def test_aktenzeichen_in_the_text_is_refused(run, akte):
    with pytest.raises(BpmnError):
        run("strukturhinweis.melden", {**HINWEIS, "text": f"Siehe {akte.lower()}"})


@pytest.mark.parametrize("text", ["Seit 2015/2016 fehlen 30 Plätze nach § 44a AufenthG.", "Die 6 Wochen Wartezeit werden nie erreicht: 26 Wochen."])
def test_figures_and_paragraphs_are_no_data_of_a_person(run, text):
    assert run("strukturhinweis.melden", {**HINWEIS, "text": text})["hinweis_id"]


@pytest.mark.parametrize("change", [{"bereich": "irgendwas"}, {"art": "x"}, {"text": "   "}, {"text": "a" * 1001}])
def test_report_with_a_value_that_is_not_on_the_list_is_refused(run, change):
    with pytest.raises(InvalidInput):
        run("strukturhinweis.melden", {**HINWEIS, **change})


def test_committees_are_handed_neither_case_nor_person_nor_organisation(run, akte, sql):
    run("strukturhinweis.melden", HINWEIS)

    (hint,) = gesammelt(run)

    assert set(hint) == {"id", "art", "bereich", "ebene", "prioritaet", "haeufigkeit", "text"}
    assert not {akte, "falkenrath", "servicestelle_zuwanderung"} & set(hint.values())
    assert sql("select aktenzeichen from etappe.strukturhinweis") == [(akte,)]


def test_hints_come_by_field_and_priority(run):
    for bereich, prioritaet in (("wohnen", "niedrig"), ("sprache", "niedrig"), ("wohnen", "hoch"), ("wohnen", "mittel")):
        run("strukturhinweis.melden", {**HINWEIS, "bereich": bereich, "prioritaet": prioritaet})

    assert [(h["bereich"], h["prioritaet"]) for h in gesammelt(run)] == [
        ("Sprache", "niedrig"), ("Wohnen", "hoch"), ("Wohnen", "mittel"), ("Wohnen", "niedrig")]


def test_workshop_is_handed_the_oldest_first_and_the_rest_next_time(run, monkeypatch):
    monkeypatch.setattr(strukturhinweise, "RUNDE_MAX", 2)
    for number in "123":
        run("strukturhinweis.melden", {**HINWEIS, "text": f"Lücke {number}"})

    first = gesammelt(run)
    rueckmelden(run, [h["id"] for h in first], entscheidung="im_verfahren", endgueltig=False)

    assert [h["text"] for h in first] == ["Lücke 1", "Lücke 2"]
    assert [h["text"] for h in gesammelt(run)] == ["Lücke 3"]


def test_note_of_another_process_is_collected_too(run):
    run("fall.notiz", {"text": "Angebotslücke im Bereich Sprache", "art": "strukturhinweis"})
    run("fall.notiz", {"text": "Phasenwechsel", "art": "phasenwechsel"})

    assert [(h["text"], h["bereich"]) for h in gesammelt(run)] == [("Angebotslücke im Bereich Sprache", "nicht eingeordnet")]


def test_answer_reaches_whoever_raised_it_in_the_case_by_mail_and_as_a_message(app, akte, run):
    key = run("strukturhinweis.melden", HINWEIS)["hinweis_id"]

    assert rueckmelden(run, [key]) == {"rueckgemeldet": 1}

    entry = zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte)[0]
    assert entry.text == "Rückmeldung zum Strukturhinweis: Die Änderung ist umgesetzt. Ein Kurs mit Betreuung beginnt im Mai."
    (mail,) = app.mails
    assert (mail["an"], mail["vorlage"]) == ("falkenrath", "strukturhinweis_beantwortet")
    subject, body = mail_vorlage.render(mail["vorlage"], {"link": "", **mail["daten"]})
    assert "Die Änderung ist umgesetzt" in body
    assert akte not in subject + body
    (message,) = app.published
    assert (message.name, message.key, message.variables["endgueltig"]) == ("strukturhinweis_beantwortet", key, True)


def test_answer_comes_back_to_another_organisation_that_raised_it(app, akte, run, angebot):
    angebot("awo")
    key = run("strukturhinweis.melden", HINWEIS, who="wieland")["hinweis_id"]

    rueckmelden(run, [key])

    assert zeitleiste.lesen(app, actor("wieland"), aktenzeichen=akte)[0].text.startswith("Rückmeldung zum Strukturhinweis")


def test_final_answer_is_given_once_and_an_interim_one_is_followed_by_it(app, run):
    key = run("strukturhinweis.melden", HINWEIS)["hinweis_id"]

    interim = rueckmelden(run, [key], entscheidung="zurueckgestellt", endgueltig=False)
    final = rueckmelden(run, [key])
    again = rueckmelden(run, [key])

    assert [r["rueckgemeldet"] for r in (interim, final, again)] == [1, 1, 0]
    assert [m.variables["entscheidung"] for m in app.published] == ["zurueckgestellt", "umgesetzt"]
    assert gesammelt(run) == []


def test_hint_that_a_timer_raised_belongs_to_the_holder_of_the_case(run):
    found = run("strukturhinweis.melden", HINWEIS, who="system")

    assert (found["gemeldet_von"], found["meldende_stelle"]) == ("falkenrath", "servicestelle_zuwanderung")


def test_hint_of_a_meeting_belongs_to_no_case(run, app):
    key = run("strukturhinweis.melden", HINWEIS, who="osterkamp", business_id=None)["hinweis_id"]

    rueckmelden(run, [key])

    assert [m["an"] for m in app.mails] == ["osterkamp"]


@pytest.mark.parametrize("change", [{"entscheidung": "irgendwie"}, {"hinweise": "5"}, {"hinweise": ["x"]}, {"antwort": "a" * 1001}])
def test_answer_that_makes_no_sense_is_refused(run, change):
    with pytest.raises(InvalidInput):
        rueckmelden(run, change.pop("hinweise", []), **change)


def test_other_mandant_neither_sees_nor_answers_it(app, run):
    key = run("strukturhinweis.melden", HINWEIS)["hinweis_id"]

    assert run("strukturhinweis.sammeln", who="domhoff", business_id=None)["hinweise"] == []
    assert run("strukturhinweis.rueckmelden", {"hinweise": [key], "entscheidung": "umgesetzt", "antwort": "", "endgueltig": True}, who="domhoff",
               business_id=None) == {"rueckgemeldet": 0}
    assert app.published == []


def test_what_was_reported_cannot_be_rewritten(run, postgres, database):
    run("strukturhinweis.melden", HINWEIS)

    with psycopg.connect(postgres.url(APP, database)) as connection:
        connection.execute("select set_config('app.mandant', 'moers', true)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update etappe.strukturhinweis set text = 'anders'")


def test_lists_name_every_key_once():
    assert len(set(ENTSCHEIDUNGEN.values())) == len(ENTSCHEIDUNGEN)
    assert ARTEN["offen"] == BEREICHE["offen"]
