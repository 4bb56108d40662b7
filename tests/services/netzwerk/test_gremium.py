"""A committee on the real application: the calendar calls, members are invited, a resolution is followed up and reported back."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from services.context import system_actor
from services.dokumente import lesen
from services.prozess import instances, messages, timers
from services.unit_of_work import transact
from tests.builders import actor
from tests.services.netzwerk.gang import BETRIEB, KOORDINATION, bis, einspielen, laufend, namen, variablen, weiter

CARITAS = actor("lindqvist", organisation="caritas_migrationsberatung")


def test_resolution_of_a_meeting_is_followed_up_and_reported(app) -> None:
    einspielen(app)
    gremium = instances.start(app, KOORDINATION, process_id="gremium").key
    tag = app.clock.today() + timedelta(days=60)
    weiter(app, gremium, "gremium_einrichten", gremium_name="Qualitätszirkel", gremium_art="qualitaetszirkel", naechste_sitzung=tag.isoformat(),
           mitglieder=["stadt_moers", "caritas_migrationsberatung"], turnus="halbjaehrlich")
    assert namen(app, gremium) == ["kalender_fuehren"]

    app.clock.advance(days=45)
    timers.fire_due(app)
    assert namen(app, gremium) == ["sitzung_vorbereiten"]
    bis(app, gremium, "protokoll_schreiben")
    weiter(app, gremium, "protokoll_schreiben", neue_beschluesse=[{
        "beschluss": "Rückmeldung binnen einer Woche", "ergebnis": "zugestimmt", "ergaenzung": None, "zustaendig": "caritas_migrationsberatung",
        "zustimmung": "ja", "bis": (tag + timedelta(days=30)).isoformat(), "weiterleitung": "nein"}])
    weiter(app, gremium, "protokoll_freigeben", freigabe="ja")

    assert namen(app, gremium) == ["kalender_fuehren"]
    assert [b["stand"] for b in variablen_der_folge(app, gremium)] == ["offen"]
    assert {(an, vorlage) for an, vorlage in mails(app)} >= {("stadt_moers", "gremium_einladung"), ("caritas_migrationsberatung", "gremium_protokoll")}
    [protokoll] = lesen.auflisten_vorgang(app, KOORDINATION, wurzel_key=gremium)
    assert protokoll.neueste.titel.startswith("Protokoll Qualitätszirkel vom")
    nachverfolgung = laufend(app)["beschluss_nachverfolgung"]
    weiter(app, nachverfolgung, "beschluss_umsetzen", CARITAS, umsetzung="umgesetzt")
    assert [b["stand"] for b in variablen_der_folge(app, gremium)] == ["umgesetzt"]


def test_order_to_a_group_comes_onto_the_agenda_of_the_lenkungsgruppe(app) -> None:
    einspielen(app)
    gremium = instances.start(app, KOORDINATION, process_id="gremium").key
    weiter(app, gremium, "gremium_einrichten", gremium_name="Lenkungsgruppe", gremium_art="lenkungsgruppe", turnus="halbjaehrlich",
           naechste_sitzung=(app.clock.today() + timedelta(days=60)).isoformat(), mitglieder=["stadt_moers"])
    messages.publish(app, system_actor("moers"), name="strukturhinweis_thema_gefunden", correlation_key="Thema: Kurse mit Betreuung", variables={
        "thema_titel": "Kurse mit Betreuung", "thema_art": "angebotsluecke", "thema_bereich": "sprache", "thema_ebene": "kommune", "thema_prioritaet": "hoch",
        "thema_beschreibung": "Es fehlen Plätze", "thema_hinweise": []})

    thema = laufend(app)["strukturhinweis_thema"]
    weiter(app, thema, "auftrag_erteilen", gruppe_art="neu", gruppe_name="Sprache")

    assert namen(app, thema) == ["auftrag_beschliessen"]
    assert [p["punkt"] for p in variablen(app, gremium)["angemeldete_punkte"]] == ["Auftrag zum Thema: Kurse mit Betreuung"]
    weiter(app, gremium, "kalender_fuehren", aktion="sitzung")
    weiter(app, gremium, "sitzung_vorbereiten")
    bis(app, gremium, "kalender_fuehren")
    assert variablen(app, gremium)["angemeldete_punkte"] == []


def variablen_der_folge(app, gremium: int) -> list[dict]:
    return variablen(app, gremium)["beschluesse"]


def mails(app) -> list[tuple[str, str]]:
    return transact(app, BETRIEB, lambda uow: [(row.an, row.vorlage) for row in uow.session.execute(text("select an, vorlage from mail_auftrag"))])
