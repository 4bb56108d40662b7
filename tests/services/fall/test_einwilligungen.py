from __future__ import annotations

from datetime import date

import pytest

from services.errors import Conflict, InvalidInput, NotFound
from services.fall import einwilligungen, faelle, uebergaben, uebergaben_lesen
from tests.builders import Published, actor


def lacking(app, akte, *abschnitte, empfaenger="awo", zweck="uebergabe"):
    return einwilligungen.pruefen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger=empfaenger, zweck=zweck, abschnitte=abschnitte)


def test_consent_covers_what_it_names_and_nothing_else(app, akte, people, einwilligung):
    einwilligung()

    assert lacking(app, akte, "stammdaten", "ziele") == ()
    assert lacking(app, akte, "wohnen") == tuple((p, "wohnen") for p in people)
    assert len(lacking(app, akte, "stammdaten", empfaenger="caritas")) == len(lacking(app, akte, "stammdaten", zweck="fallkonferenz")) == 2


def test_section_of_the_case_needs_the_consent_of_everybody(app, akte, people, einwilligung):
    einwilligung(auch_fuer=())

    assert lacking(app, akte, "stammdaten", "ziele") == ((people[1], "stammdaten"), (people[1], "ziele"))


def test_special_categories_are_kept_apart(app, akte, einwilligung, sql):
    einwilligung(abschnitte=["stammdaten", "gesundheit"])

    assert sql("select distinct abschnitte, besondere_abschnitte from etappe.einwilligung") == [(["stammdaten"], ["gesundheit"])]
    assert lacking(app, akte, "gesundheit") == ()
    sql("update etappe.einwilligung set abschnitte = array['stammdaten', 'gesundheit'], besondere_abschnitte = '{}'")
    assert len(lacking(app, akte, "gesundheit")) == 2


def test_consents_for_the_same_purpose_add_up(app, akte, einwilligung):
    einwilligung(abschnitte=["stammdaten"])
    einwilligung(abschnitte=["ziele"])

    assert lacking(app, akte, "stammdaten", "ziele") == ()


@pytest.mark.parametrize(("ab", "bis", "tage", "fehlt"), [
    (None, date(2026, 9, 5), 3, False), (None, date(2026, 9, 5), 4, True), (date(2026, 9, 4), None, 1, True), (date(2026, 9, 4), None, 2, False)])
def test_consent_holds_from_its_first_to_its_last_day(app, akte, einwilligung, ab, bis, tage, fehlt):
    einwilligung(gueltig_ab=ab, gueltig_bis=bis)
    app.clock.advance(days=tage)

    assert bool(lacking(app, akte, "stammdaten")) is fehlt


@pytest.mark.parametrize(("changes", "path"), [
    ({"zweck": "werbung"}, "zweck"), ({"form": "gedacht"}, "form"), ({"sprache": " "}, "sprache"), ({"textfassung": ""}, "textfassung"),
    ({"gueltig_bis": date(2026, 9, 1)}, "gueltig_bis"), ({"abschnitte": ["fallbesprechung"]}, "abschnitte"), ({"abschnitte": []}, "abschnitte"),
    ({"abschnitte": ["tagebuch"]}, "abschnitte"), ({"auch_fuer": [1]}, "person")])
def test_incomplete_consent_is_refused_by_field(app, einwilligung, changes, path):
    with pytest.raises(InvalidInput) as refusal:
        einwilligung(**changes)

    assert list(refusal.value.errors) == [path]


def test_nobody_outside_writes_or_reads_consents(app, akte, people, einwilligung):
    key = einwilligung()[0]

    for login in ("wieland", "domhoff", "verwaltung"):
        with pytest.raises(NotFound):
            einwilligungen.widerrufen(app, actor(login), einwilligung=key, grund="")
        with pytest.raises(NotFound):
            einwilligungen.auflisten(app, actor(login), aktenzeichen=akte)


def test_list_shows_every_consent_and_whether_it_holds(app, akte, people, einwilligung):
    keys = einwilligung(gueltig_bis=date(2026, 9, 5))
    app.clock.advance(days=10)

    found = einwilligungen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)

    assert [(e.key, e.person, e.erteilt_von, e.gueltig, e.sprache) for e in found] == [(k, p, people[0], False, "Dari") for k, p in zip(keys, people, strict=True)]


def test_revocation_ends_the_offer_the_sight_and_tells_the_process(app, akte, einwilligung, angebot):
    handover = angebot()
    first = einwilligungen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)[0]
    assert faelle.lesen(app, actor("wieland"), aktenzeichen=akte).personen[0].nachname == "Qaderi"

    einwilligungen.widerrufen(app, actor("falkenrath"), einwilligung=first.key, grund="Wunsch der Person")

    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=handover).status == "widerrufen"
    assert app.published == [Published("einwilligung_widerrufen", akte, {"empfaenger": "awo", "entfallen": [str(handover)]})]
    with pytest.raises(NotFound):
        faelle.lesen(app, actor("wieland"), aktenzeichen=akte)
    with pytest.raises(Conflict):
        uebergaben.beantworten(app, actor("wieland"), uebergabe=handover, angenommen=True)
    with pytest.raises(Conflict):
        einwilligungen.widerrufen(app, actor("falkenrath"), einwilligung=first.key, grund="noch einmal")


def test_revocation_of_one_consent_leaves_what_others_cover(app, akte, einwilligung, angebot):
    extra = einwilligung("awo", abschnitte=["wohnen"])
    handover = angebot()

    einwilligungen.widerrufen(app, actor("falkenrath"), einwilligung=extra[0], grund="")

    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=handover).status == "angeboten"


def test_revocation_after_acceptance_and_before_the_move_stops_the_handover(app, akte, angebot, sql):
    handover = angebot()
    sql("update etappe.uebergabe set instance_key = 1")
    uebergaben.beantworten(app, actor("wieland"), uebergabe=handover, angenommen=True)

    einwilligungen.widerrufen(app, actor("falkenrath"), einwilligung=einwilligungen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)[0].key, grund="")

    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=handover).status == "widerrufen"
