from __future__ import annotations

import pytest

from services.errors import Conflict, InvalidInput, NotFound
from services.fall import akte as akte_modul
from services.fall import einwilligungen, faelle, faelle_liste, fakten, fallsuche, uebergaben, verweise
from services.unit_of_work import read, transact
from tests.builders import actor


def see(app, akte, login, *abschnitte):
    """What this person reads: {(person or None, section): content}."""
    return {(s.person, s.abschnitt): dict(s.inhalt) for s in akte_modul.lesen(app, actor(login), aktenzeichen=akte, abschnitte=abschnitte)}


def test_fields_are_merged_into_new_versions_and_old_ones_stay(app, akte, people, schreiben):
    schreiben({"wohnen": {"art": "unterkunft", "plz": "47441"}, "ziele": {"grundsatzziel": "Arbeit"}})
    app.clock.advance(days=1)
    schreiben({"wohnen": {"art": "wohnung"}}, login="brueggen")

    assert see(app, akte, "falkenrath") == {
        (people[0], "wohnen"): {"art": "wohnung", "plz": "47441"}, (None, "ziele"): {"grundsatzziel": "Arbeit"}}
    versions = akte_modul.fassungen(app, actor("falkenrath"), aktenzeichen=akte, abschnitt="wohnen", person=people[0])
    assert [(v.version, v.inhalt["art"], v.geschrieben_von) for v in versions] == [(2, "wohnung", "Lena Brüggen"), (1, "unterkunft", "Ines Falkenrath")]
    assert (versions[0].form_id, versions[0].rechtskreis) == ("test.form", "asylblg")


def test_section_of_a_person_goes_to_that_person(app, akte, people, schreiben):
    schreiben({"bildung_arbeit": {"schule": "Gesamtschule"}, "klaerung": {"notiz": "x"}}, person=str(people[1]))

    assert set(see(app, akte, "falkenrath")) == {(people[1], "bildung_arbeit"), (None, "klaerung")}


def test_unchanged_answers_make_no_new_version(app, akte, people, schreiben):
    schreiben({"wohnen": {"art": "wohnung"}})
    schreiben({"wohnen": {"art": "wohnung"}})

    assert len(akte_modul.fassungen(app, actor("falkenrath"), aktenzeichen=akte, abschnitt="wohnen", person=people[0])) == 1


@pytest.mark.parametrize(("inhalte", "person"), [({"tagebuch": {"x": 1}}, None), ({"wohnen": {"x": 1}}, 1), ({"wohnen": {"x": 1}}, "niemand")])
def test_unknown_section_or_person_is_refused(schreiben, inhalte, person):
    with pytest.raises(InvalidInput):
        schreiben(inhalte, person=person)


def test_closed_case_is_not_written(app, akte, schreiben):
    faelle.schliessen(app, actor("falkenrath"), aktenzeichen=akte, grund="Ziel erreicht")

    with pytest.raises(Conflict):
        schreiben({"wohnen": {"art": "wohnung"}})


def test_partner_sees_only_the_sections_of_the_offer(app, akte, people, schreiben, angebot):
    schreiben({"stammdaten": {"sprache": "Dari"}, "wohnen": {"art": "unterkunft"}, "gesundheit": {"hinweis": "x"}, "fallbesprechung": {"notiz": "y"},
               "ziele": {"grundsatzziel": "Arbeit"}})
    with pytest.raises(NotFound):
        see(app, akte, "wieland")

    angebot()

    assert see(app, akte, "wieland") == {(people[0], "stammdaten"): {"sprache": "Dari"}, (None, "ziele"): {"grundsatzziel": "Arbeit"}}
    assert see(app, akte, "wieland", "wohnen") == {}
    with pytest.raises(NotFound):
        see(app, akte, "lindqvist")


@pytest.mark.parametrize("ende", ["ablehnen", "zurueckziehen", "ablauf"])
def test_sight_ends_with_the_offer_or_the_consent(app, akte, schreiben, angebot, ende, sql):
    schreiben({"stammdaten": {"sprache": "Dari"}})
    key = angebot()
    if ende == "ablehnen":
        uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=False, ablehnungsgrund="kein_platz")
    elif ende == "zurueckziehen":
        uebergaben.zurueckziehen(app, actor("falkenrath"), uebergabe=key)
    else:
        sql("update etappe.einwilligung set gueltig_bis = '2026-09-02'")
        app.clock.advance(days=1)

    with pytest.raises(NotFound):
        see(app, akte, "wieland")
    assert fallsuche.suchen(app, actor("wieland"), suche="qaderi").zeilen == ()


def test_name_is_not_found_where_stammdaten_are_not_lent(app, akte, angebot):
    angebot(abschnitte=["ziele"])

    case, = faelle_liste.auflisten(app, actor("wieland")).zeilen
    head = faelle.lesen(app, actor("wieland"), aktenzeichen=akte)

    assert (case.bezeichnung, head.bezeichnung, head.personen[0].nachname, head.personen[0].alter) == (akte, akte, None, None)
    assert fallsuche.suchen(app, actor("wieland"), suche="qaderi").zeilen == ()
    assert [z.aktenzeichen for z in fallsuche.suchen(app, actor("wieland"), suche=akte).zeilen] == [akte]


def test_new_holder_continues_with_what_was_lent_and_the_old_one_sees_nothing_new(app, akte, people, schreiben, angebot):
    schreiben({"stammdaten": {"sprache": "Dari"}, "wohnen": {"art": "unterkunft"}})
    uebergaben.beantworten(app, actor("wieland"), uebergabe=angebot(), angenommen=True)
    app.clock.advance(days=1)

    schreiben({"stammdaten": {"telefon": "bekannt"}, "wohnen": {"ort": "Moers"}}, login="wieland")

    assert see(app, akte, "wieland") == {
        (people[0], "stammdaten"): {"sprache": "Dari", "telefon": "bekannt"}, (people[0], "wohnen"): {"ort": "Moers"}}
    assert see(app, akte, "osterkamp")[people[0], "stammdaten"] == {"sprache": "Dari"}
    assert see(app, akte, "osterkamp")[people[0], "wohnen"] == {"art": "unterkunft"}


def test_later_work_of_the_sender_is_not_lent(app, akte, people, schreiben, angebot, sql):
    schreiben({"stammdaten": {"sprache": "Dari"}})
    key = angebot()
    sql("update etappe.uebergabe set instance_key = 1")  # a process moves the Fallverantwortung later
    uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)
    app.clock.advance(days=1)

    schreiben({"stammdaten": {"sprache": "Farsi"}})

    assert see(app, akte, "wieland") == {(people[0], "stammdaten"): {"sprache": "Dari"}}


def test_revocation_after_the_move_takes_the_lent_sections_away_and_leaves_the_own(app, akte, people, schreiben, angebot):
    schreiben({"stammdaten": {"sprache": "Dari"}})
    uebergaben.beantworten(app, actor("wieland"), uebergabe=angebot(), angenommen=True)
    schreiben({"wohnen": {"ort": "Moers"}}, login="wieland")

    for consent in einwilligungen.auflisten(app, actor("wieland"), aktenzeichen=akte):
        einwilligungen.widerrufen(app, actor("wieland"), einwilligung=consent.key, grund="")

    assert see(app, akte, "wieland") == {(people[0], "wohnen"): {"ort": "Moers"}}


def test_writer_without_sight_adds_but_does_not_blank_out(app, akte, people, schreiben):
    schreiben({"wohnen": {"art": "unterkunft", "seit": "2026"}})

    schreiben({"wohnen": {"art": "", "seit": None, "zimmer": 2}}, login="wieland")
    schreiben({"wohnen": {"seit": ""}})

    assert see(app, akte, "falkenrath") == {(people[0], "wohnen"): {"art": "unterkunft", "seit": "", "zimmer": 2}}


def test_every_reading_is_written_down_with_its_sections(app, akte, schreiben, angebot, sql):
    schreiben({"stammdaten": {"sprache": "Dari"}, "wohnen": {"art": "unterkunft"}})
    angebot()
    see(app, akte, "wieland")
    see(app, akte, "brueggen", "wohnen")

    assert sql("select login, abschnitte from etappe.zugriff where art = 'gelesen' and zweck = 'Fallakte' order by id") == [
        ("wieland", ["stammdaten"]), ("brueggen", ["wohnen"])]


def test_form_begins_with_stored_answers_and_logs_only_what_it_shows(app, akte, people, schreiben, sql):
    schreiben({"wohnen": {"art": "unterkunft"}, "gesundheit": {"hinweis": "x"}})

    def work(uow):
        found = akte_modul.sections_for_form(uow, akte, None)
        return found["wohnen"], found.get("stammdaten", {}).get("name"), found.get("netzwerk"), found["aufenthalt"]

    assert transact(app, actor("falkenrath"), work) == ({"art": "unterkunft"}, "Samira Qaderi", None, {"status": "asylverfahren"})
    assert [a for (a,) in sql("select abschnitte from etappe.zugriff where zweck = 'Formular' order by id")] == [["wohnen"], ["stammdaten"], ["aufenthalt"]]


def test_form_of_a_partner_does_not_show_what_is_not_lent(app, akte, schreiben):
    schreiben({"wohnen": {"art": "unterkunft"}})

    assert transact(app, actor("wieland"), lambda uow: dict(akte_modul.sections_for_form(uow, akte, None))) == {}


def test_answers_that_route_are_facts_at_once(app, akte, people, schreiben):
    schreiben({"aufenthalt": {"status": "bleiberecht"}, "leistungen": {"bezieht_sgb2": "ja"},
               "stammdaten": {"name": "Samira Qaderi-Nazari", "geburtsdatum": "1991-03-14"}})

    facts = read(app, actor("falkenrath"), lambda uow: dict(fakten.reader(app.clock)(uow.session, akte)))
    assert (facts["aufenthalt"], facts["rechtskreise"], facts["bezieht_sgb2"], facts["alter"]) == ("bleiberecht", ["asylblg", "sgb2"], True, 35)
    assert [z.bezeichnung for z in fallsuche.suchen(app, actor("falkenrath"), suche="nazari").zeilen] == ["Familie Qaderi-Nazari"]
    schreiben({"leistungen": {"bezieht_sgb2": "nein"}, "aufenthalt": {"status": "unbekannt"}})
    facts = read(app, actor("falkenrath"), lambda uow: dict(fakten.reader(app.clock)(uow.session, akte)))
    assert (facts["aufenthalt"], facts["bezieht_sgb2"]) == ("bleiberecht", False)


def test_verweis_lends_the_present_state_while_it_is_open(app, akte, people, schreiben, einwilligung):
    einwilligung("caritas", zweck="verweis", abschnitte=["sprache"])
    key = verweise.anbieten(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="caritas", anliegen="Sprachkurs", abschnitte=["sprache"])
    verweise.beantworten(app, actor("lindqvist"), verweis=key, angenommen=True)
    schreiben({"sprache": {"deutsch": "A1"}})
    assert see(app, akte, "lindqvist") == {(people[0], "sprache"): {"deutsch": "A1"}}

    verweise.erledigen(app, actor("lindqvist"), verweis=key, rueckmeldung="Kurs beginnt im Oktober")

    with pytest.raises(NotFound):
        see(app, akte, "lindqvist")
    info, = verweise.auflisten(app, actor("falkenrath"), aktenzeichen=akte)
    assert (info.status, info.rueckmeldung) == ("erledigt", "Kurs beginnt im Oktober")
    assert faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).inhaber.organisation == "servicestelle_zuwanderung"
