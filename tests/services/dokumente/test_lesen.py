from __future__ import annotations

import pytest
from sqlalchemy import text

from services.dokumente import ablegen, lesen, rendern
from services.errors import Conflict, InvalidInput, NotFound, NotPermitted
from services.fall import faelle, uebergaben, zugriffe
from services.unit_of_work import transact
from tests.builders import actor
from tests.services.fall.conftest import angebot  # noqa: F401  fixture

PDF = b"%PDF-1.7 something"


@pytest.fixture
def fertig(app, erzeugen):
    """A produced document with its file."""

    def make(*args, version=1, **more):
        key = erzeugen(*args, **more)
        rendern.make(app, mandant="moers", dokument=key, version=version, last=False)
        return key

    return make


def upload(app, akte, login="falkenrath", **changes):
    values = {"titel": "Bescheid", "dateiname": "bescheid.pdf", "inhalt": PDF, **changes}
    return ablegen.hochladen(app, actor(login), aktenzeichen=akte, **values)


def seen(app, akte, login):
    return {d.key for d in lesen.auflisten(app, actor(login), aktenzeichen=akte)}


def test_own_organisation_lists_and_opens_and_the_access_is_written_down(app, akte, fertig):
    key = fertig()

    (info,) = lesen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)
    datei = lesen.oeffnen(app, actor("falkenrath"), dokument=key, version=1)

    assert (info.art, info.neueste.status, info.neueste.groesse, info.neueste.dateiname) == (
        "Hilfeplan (Integrationsplan)", "fertig", len(datei.inhalt), f"Hilfeplan-{akte}.pdf")
    entry = zugriffe.lesen(app, actor("dsb"), aktenzeichen=akte)[0]
    assert (entry.name, entry.abschnitte, entry.zweck) == ("Ines Falkenrath", ("hilfeplan",), "Dokument Hilfeplan (Integrationsplan), Version 1")


def test_file_that_is_not_there_yet_is_a_conflict(app, erzeugen):
    key = erzeugen()

    with pytest.raises(Conflict, match="noch erstellt"):
        lesen.oeffnen(app, actor("falkenrath"), dokument=key, version=1)
    with pytest.raises(NotFound):
        lesen.oeffnen(app, actor("falkenrath"), dokument=key, version=2)


def test_nobody_outside_sees_a_document_that_is_not_lent(app, akte, fertig, angebot):  # noqa: F811  the fixture
    key = fertig()
    angebot("awo", ("stammdaten", "aufenthalt", "ziele"))

    assert seen(app, akte, "wieland") == set()
    for login in ("wieland", "lindqvist", "domhoff"):
        with pytest.raises(NotFound):
            lesen.oeffnen(app, actor(login), dokument=key, version=1)


def test_lent_section_lends_its_document_until_the_consent_ends(app, akte, fertig, einwilligung):
    key = fertig()
    sections = ["stammdaten", "hilfeplan"]
    granted = einwilligung("awo", abschnitte=sections)
    offer = uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="awo", abschnitte=sections, grund="Regel Z3")
    uebergaben.anbieten(app, actor("falkenrath"), uebergabe=offer)

    assert seen(app, akte, "wieland") == {key}
    assert lesen.oeffnen(app, actor("wieland"), dokument=key, version=1).medientyp == "application/pdf"

    from services.fall import einwilligungen
    for one in granted if isinstance(granted, (list, tuple)) else [granted]:
        einwilligungen.widerrufen(app, actor("falkenrath"), einwilligung=one, grund="Wunsch")
    with pytest.raises(NotFound):
        lesen.oeffnen(app, actor("wieland"), dokument=key, version=1)


def test_version_made_after_the_answer_is_not_lent(app, akte, fertig, einwilligung, sql):
    key = fertig()
    sections = ["stammdaten", "hilfeplan"]
    einwilligung("awo", abschnitte=sections)
    offer = uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="awo", abschnitte=sections, grund="Regel Z3")
    uebergaben.anbieten(app, actor("falkenrath"), uebergabe=offer)
    sql("update etappe.uebergabe set status = 'angenommen', beantwortet_am = %s", app.clock.now())  # accepted, not taken over yet
    app.clock.advance(hours=1)
    fertig(version=2)

    (info,) = lesen.auflisten(app, actor("wieland"), aktenzeichen=akte)
    assert [f.version for f in info.fassungen] == [1]
    with pytest.raises(NotFound):
        lesen.oeffnen(app, actor("wieland"), dokument=key, version=2)
    assert len(lesen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)[0].fassungen) == 2


def test_whoever_takes_the_case_over_keeps_what_was_lent_and_begins_a_line_of_its_own(app, akte, fertig, einwilligung):
    key = fertig()
    sections = ["stammdaten", "hilfeplan"]
    einwilligung("awo", abschnitte=sections)
    offer = uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="awo", abschnitte=sections, grund="Regel Z3")
    uebergaben.anbieten(app, actor("falkenrath"), uebergabe=offer)
    uebergaben.beantworten(app, actor("wieland"), uebergabe=offer, angenommen=True)

    own = fertig()

    assert own != key
    assert seen(app, akte, "wieland") == {key, own}


def test_internal_sections_never_leave_with_a_file(app, akte, einwilligung):
    key = upload(app, akte, abschnitte=["stammdaten", "fallbesprechung"])
    einwilligung("awo")
    offer = uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="awo", abschnitte=["stammdaten"], grund="Regel Z3")
    uebergaben.anbieten(app, actor("falkenrath"), uebergabe=offer)

    assert seen(app, akte, "falkenrath") == {key}
    assert seen(app, akte, "wieland") == set()


def test_upload_is_stored_with_versions(app, akte):
    key = upload(app, akte, titel="  Bescheid  vom Amt ", abschnitte=["leistungen"])
    assert upload(app, akte, titel="Bescheid, neu", dokument=key, inhalt=PDF + b"2") == key
    other = upload(app, akte)

    found = {d.key: d for d in lesen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)}
    assert set(found) == {key, other}
    assert [(f.version, f.titel, f.groesse) for f in found[key].fassungen] == [(2, "Bescheid, neu", len(PDF) + 1), (1, "Bescheid vom Amt", len(PDF))]
    assert lesen.oeffnen(app, actor("falkenrath"), dokument=key, version=1).inhalt == PDF


@pytest.mark.parametrize(("changes", "field"), [
    ({"dateiname": "seite.html", "inhalt": b"<script>"}, "datei"),
    ({"dateiname": "bescheid.pdf", "inhalt": b"MZ\x90"}, "datei"),
    ({"inhalt": b""}, "datei"),
    ({"titel": "  "}, "titel"),
    ({"dateiname": "../../etc/passwd.pdf"}, "datei"),
])
def test_file_that_is_not_accepted_is_refused_with_a_sentence(app, akte, changes, field):
    with pytest.raises(InvalidInput) as refused:
        upload(app, akte, **changes)

    assert list(refused.value.errors) == [field]
    assert lesen.auflisten(app, actor("falkenrath"), aktenzeichen=akte) == ()


def test_only_who_may_write_in_the_case_uploads(app, akte, einwilligung, angebot):  # noqa: F811  the fixture
    angebot()

    with pytest.raises(NotPermitted):
        upload(app, akte, "wieland")
    with pytest.raises(NotFound):
        upload(app, akte, "lindqvist")


def test_upload_cannot_become_a_version_of_a_produced_document_or_of_another_case(app, akte, fertig):
    produced = fertig()
    other = faelle.anlegen(app, actor("falkenrath"), personen=(faelle.NeuePerson(vorname="Olena", nachname="Koval", hauptperson=True),), zugangsweg="M4",
                           login="falkenrath")
    elsewhere = upload(app, other)

    for key in (produced, elsewhere):
        with pytest.raises(NotFound):
            upload(app, akte, dokument=key)


def test_documents_of_a_process_without_a_case_are_for_those_who_take_part(app, fertig, sql):
    fertig("protokoll", "Protokoll", {"gremium": "Lenkungsgruppe"}, business_id=None, by=actor("prozess"))

    assert len(lesen.auflisten_vorgang(app, actor("prozess"), wurzel_key=77)) == 1
    with pytest.raises(NotFound):
        lesen.auflisten_vorgang(app, actor("falkenrath"), wurzel_key=77)


def test_failed_document_can_be_tried_again(app, akte, erzeugen):
    key = erzeugen()

    def broken(_vorlage, _daten, *, am):
        raise OSError(am)

    rendern.make(app, mandant="moers", dokument=key, version=1, last=True, render=broken)
    assert lesen.neu_versuchen(app, actor("falkenrath"), dokument=key, version=1)
    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)

    assert lesen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)[0].neueste.status == "fertig"
    assert not lesen.neu_versuchen(app, actor("falkenrath"), dokument=key, version=1)


def test_rows_of_another_mandant_are_refused_by_the_database(app, erzeugen):
    erzeugen()

    with pytest.raises(Exception, match="row-level security"):
        transact(app, actor("domhoff"), lambda uow: uow.session.execute(text(
            "insert into dokument (key, mandant, wurzel_key, datei, organisation, angelegt_am, angelegt_von) "
            "values (1, 'moers', 1, 1, 'awo', now(), 'x')")))
