"""Needs, funding and quarters with the real engine, forms and documents; and what a person carries from a case."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import text

from processes import bibliothek
from services import aufgaben
from services.context import system_actor
from services.fall import faelle
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, messages, tasks
from services.unit_of_work import UnitOfWork
from tests import bpmn
from tests.builders import actor

KEYS = ("bedarfserhebung", "foerderantrag", "sozialraum_auswahl", "sozialraum_workshop", "begleitheft")
KRITERIEN = ("migration", "migration_u18", "kinder", "alleinerziehend", "zuzug", "mindestsicherung")


@pytest.fixture
def app(app):
    """With the processes of this file and a case that only waits."""
    files = [deployments.Resource(name=f.name, data=f.data) for f in bibliothek.dateien() if f.key in KEYS]
    case = bpmn.process("fallmanagement", bpmn.el("startEvent", "a") + bpmn.user("b") + bpmn.el("endEvent", "c") + bpmn.chain("a", "b", "c"))
    deployments.deploy(app, actor("prozess"), resources=[*files, deployments.Resource(name="p.bpmn", data=case)])
    return app


@pytest.fixture
def erledigen(app):
    """Takes and completes the first open task of this element that the person sees; returns the variables it showed."""

    def do(login, element, **values):
        task = next(t for t in tasks.inbox(app, actor(login), tab="groups").items + tasks.inbox(app, actor(login)).items if t.element_id == element)
        if task.assignee is None:
            tasks.assign(app, actor(login), key=task.key, assignee=login)
        shown = tasks.variables_of(app, actor(login), key=task.key)
        aufgaben.complete_with_form(app, actor(login), key=task.key, values=values, typed=True)
        return shown

    return do


def dokumente(app):
    """Template, title and what was frozen of every document."""
    with UnitOfWork(app, system_actor("moers")) as uow:
        return {(row.vorlage, row.version): row.daten for row in uow.session.execute(
            text("select d.vorlage, f.version, f.daten from dokument d join dokument_fassung f on f.dokument = d.key and f.mandant = d.mandant"))}


def angaben(daten):
    """What a document shows of the facts handed in: the rows of a table, the lines of a list, or one text."""
    lines = {a["name"]: a.get("zeilen") or a.get("werte") or a.get("wert") for a in daten["angaben"]}
    return {name: value[0] if len(value) == 1 and isinstance(value[0], str) else value for name, value in lines.items()}


def test_needs_are_surveyed_and_the_overview_is_made_and_announced(app, erledigen):
    run = instances.start(app, actor("osterkamp"), process_id="bedarfserhebung")
    erledigen("osterkamp", "vorgehen_planen", erhebung_titel="Wohnen", erhebung_anlass="Neue Gruppe", erhebung_gruppen=[{"gruppe": "Familien"}],
              erhebung_wege=["umfrage", "einzelfaelle"], erhebung_fragen="Was fehlt?", erhebung_bis="2026-12-01")
    erledigen("osterkamp", "vorgehen_entscheiden", vorgehen_am="2026-09-02", vorgehen_beschluss="angenommen")
    for anzahl in (50, 4):
        erledigen("osterkamp", "erhebung_durchfuehren", erhebung_anzahl=anzahl, erhebung_befunde=[{"befund": "Wartezeit", "wirkung": "hinderlich"}])
    erledigen("osterkamp", "bedarfe_auswerten", foerderlich="Nachbarschaft", hinderlich="Sprache",
              bedarfe=[{"lebenslage": "Geduldete Familien", "bereich": "Wohnen", "bedarf": "Beratung am Abend", "vorrang": "hoch"}])

    erledigen("osterkamp", "ergebnisse_reflektieren", reflexion_mit=["zielgruppe"], reflexion_ergebnis="Bestätigt", uebersicht_an=["stadt_moers"],
              appelle=[{"appell": "Kette ergänzen", "an": "Dienstleistungskette"}])

    found = angaben(dokumente(app)["bedarfsuebersicht", 1])
    assert sorted(found["wege"]) == ["Einzelfälle analysieren und auf Lebenslagen abstrahieren (4)", "Onlineumfrage (50)"]
    assert found["bedarfe"] == [["Geduldete Familien", "Wohnen", "Beratung am Abend", "hoch"]]
    with UnitOfWork(app, system_actor("moers")) as uow:
        assert "uebersicht_versenden" in str(uow.session.execute(text("select args from procrastinate_jobs")).all())
    erledigen("osterkamp", "wiederholung_entscheiden", wiederholung="nein")
    assert instances.get(app, actor("osterkamp"), key=run.key).status == "COMPLETED"


def test_funding_is_asked_for_with_the_sketch_of_what_is_meant(app, erledigen):
    instances.start(app, actor("osterkamp"), process_id="foerderantrag")
    erledigen("osterkamp", "voraussetzungen_pruefen", integrationszentrum="ja", lenkungsgruppe="beauftragt", anbindung="geteilt", kleinster_anteil=0.5, ist_kreis="nein")
    erledigen("osterkamp", "ausnahme_begruenden", ausnahme_gruende="Gewachsen", ausnahme_befugnisse="Dezernat", ausnahme_team="Wöchentlich", ausnahme_an="Ministerium",
              ausnahme_beantragt_am="2026-09-02")
    erledigen("osterkamp", "ausnahme_bescheid_festhalten", ausnahme_bescheid_am="2026-09-02", ausnahme_ergebnis="erteilt")

    erledigen("osterkamp", "skizze_schreiben", skizze_federfuehrung=True, skizze_umsetzung="Schritte", skizze_anbindung="Zwei Ämter", skizze_zielgruppe="Geduldete",
              skizze_projektgruppen="Sprache\nWohnen", skizze_case_management="Konzept", skizze_externe="Arbeitsgruppe", skizze_planung_bis="2028-12-31",
              skizze_planung="Zwei Jahre", skizze_schnittstellen=[{"programm": "SGB II", "schnittstelle": "Fallmanagement", "abgrenzung": "Verweis"}])

    found = angaben(dokumente(app)["foerderskizze", 1])
    assert found["projektgruppen"] == ["Sprache", "Wohnen"]
    assert found["ausnahme"] == "Gewachsen"
    assert found["planung_bis"] == "31.12.2028"
    assert "kreis_raum" not in found


def test_quarters_are_ranked_by_weighted_points_and_chosen_ones_get_a_workshop(app, erledigen):
    instances.start(app, actor("osterkamp"), process_id="sozialraum_auswahl")
    erledigen("osterkamp", "sozialdaten_bewerten", sozialdaten_stand="2025-12-31", sozialdaten_quelle="Sozialplanung",
              **{f"gewicht_{k}": 2 if k == "migration" else 1 for k in KRITERIEN},
              quartiere=[{"quartier": name, **{f"punkte_{k}": points for k in KRITERIEN}} for name, points in (("Mitte", 2), ("Nord", 5))])

    shown = erledigen("osterkamp", "infrastruktur_bewerten", vorauswahl=[{"einstufung": "gut"}, {"einstufung": "schlecht"}])

    assert [(q["quartier"], q["punkte"]) for q in shown["vorauswahl"]] == [("Nord", 35), ("Mitte", 14)]
    shown = erledigen("osterkamp", "vorschlag_schreiben", vorgeschlagene=["Nord"], konzept_ziel="Verbinden", konzept_zielgruppe="Fachkräfte", konzept_ort="Treff",
                      konzept_moderation="Ehrenamtskoordination", konzept_zeit="Ein Tag", konzept_teilnehmende=70, konzept_themeninseln="Wohnen", konzept_programm="Ankommen\nWorkshops")
    assert shown["eignungen"] == [{"quartier": "Nord", "geeignet": True}, {"quartier": "Mitte", "geeignet": False}]
    erledigen("osterkamp", "quartiere_auswaehlen", auswahl_am="2026-09-02", auswahl_beschluss="ausgewaehlt", gewaehlte=["Nord"])
    shown = erledigen("osterkamp", "einladung_schreiben", workshop_am="2026-11-04", workshop_zeit="9 – 15", workshop_ort="Treff", workshop_moderation="Koordination",
                      workshop_zielgruppe="Fachkräfte", workshop_hoechstzahl=70, workshop_programm="9.00 Ankommen", workshop_traeger="Kommune", anmeldeschluss="2026-10-15",
                      anmeldeweg="Postfach", widerruf_an="Koordination")
    assert (shown["workshop_programm"], shown["workshop_hoechstzahl"]) == ("Ankommen\nWorkshops", 70)
    einladung = angaben(dokumente(app)["workshop_einladung", 1])
    assert (einladung["quartier"], einladung["workshop_am"], einladung["anmeldeschluss"]) == ("Nord", "04.11.2026", "15.10.2026")
    erledigen("osterkamp", "anmeldungen_aufnehmen", anmeldungen=[{"stelle": "Kita", "gruppe": "fachkraft", "personen": 2, "thema": "Wohnen", "datenschutz": True}],
              themen_quartier=[{"thema": "Wohnen"}], thema_workshop="Wohnen")
    erledigen("osterkamp", "workshop_durchfuehren", workshop_ergebnis="durchgefuehrt", workshop_anwesend=60, bewertete_themen=[{"thema": "Wohnen", "punkte": 12}],
              workshop_gruppen=[{"thema": "Wohnen", "luecken": "Keine Beratung am Abend"}])
    assert angaben(dokumente(app)["protokoll", 1])["ergebnisse"] == [["Wohnen", "12 Punkte"], ["Wohnen", "Keine Beratung am Abend"]]
    shown = erledigen("osterkamp", "themen_priorisieren", priorisierte_themen=[{"thema": "Wohnen", "quartier": "Nord", "vorrang": "hoch"}], weiteres_vorgehen="Arbeitsgruppe")
    assert shown["workshops"] == [{"quartier": "Nord", "stand": "dokumentiert", "themen": [{"thema": "Wohnen"}]}]
    assert angaben(dokumente(app)["etappe_produkt", 1])["punkte"]


def test_begleitheft_of_a_child_names_the_child_alone(app, erledigen):
    akte = faelle.anlegen(app, actor("falkenrath"), login="falkenrath", personen=[
        NeuePerson(vorname="Samira", nachname="Qaderi", geburtsdatum=date(1992, 3, 14), hauptperson=True),
        NeuePerson(vorname="Elyas", nachname="Qaderi", geburtsdatum=date(2009, 6, 2))])
    messages.publish(app, system_actor("moers"), name="begleitheft_gewuenscht", correlation_key=akte)
    with UnitOfWork(app, system_actor("moers")) as uow:
        kind = str(uow.session.execute(text("select key from person where not hauptperson")).scalar_one())

    erledigen("falkenrath", "heft_besprechen", person_id=kind, heft_gewuenscht="ja", heft_art="begleitheft", heft_freiwillig=True, heft_erreichbar="Rathaus")

    daten = dokumente(app)["begleitheft", 1]
    assert [p["name"] for p in daten["personen"]] == ["Elyas Qaderi"]
    assert angaben(daten)["erreichbar"] == "Rathaus"
    erledigen("falkenrath", "heft_aushaendigen", heft_am="2026-09-02", heft_sprache="Dari", heft_geprueft=True)


def test_number_with_a_point_is_kept_in_the_process_and_in_the_fallakte(app, erledigen):
    form = {"type": "default", "id": "betrag.b", "schemaVersion": 18, "components": [
        {"id": "a", "type": "number", "key": "anteil", "label": "Anteil", "decimalDigits": 2},
        {"id": "z", "type": "dynamiclist", "path": "zeilen", "label": "Zeilen", "isRepeating": True, "allowAddRemove": True, "defaultRepetitions": 1,
         "components": [{"id": "z_e", "type": "number", "key": "euro", "label": "Euro", "decimalDigits": 2}]},
        {"id": "e", "type": "number", "key": "einkommen", "label": "Einkommen", "decimalDigits": 2, "properties": {"fallakte": "leistungen.betrag"}}]}
    model = bpmn.process("fallmanagement", bpmn.el("startEvent", "a") + bpmn.user("b", more='<zeebe:formDefinition formId="betrag.b"/>') + bpmn.user("c") + bpmn.el("endEvent", "d") + bpmn.chain("a", "b", "c", "d"))
    deployments.deploy(app, actor("prozess"), resources=[deployments.Resource(name="p.bpmn", data=model), deployments.Resource(name="b.form", data=json.dumps(form).encode())])
    faelle.anlegen(app, actor("falkenrath"), login="falkenrath", personen=[NeuePerson(vorname="Samira", nachname="Qaderi", hauptperson=True)])

    erledigen("falkenrath", "b", anteil=0.5, zeilen=[{"euro": 12.75}], einkommen=850.5)

    task = next(t for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items if t.element_id == "c")
    seen = tasks.variables_of(app, actor("falkenrath"), key=task.key)
    assert (seen["anteil"], seen["zeilen"]) == (0.5, [{"euro": 12.75}])
    with UnitOfWork(app, system_actor("moers")) as uow:
        assert "850.5" in str(uow.session.execute(text("select inhalt from akte_abschnitt")).all())
