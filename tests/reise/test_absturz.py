"""Kill web, worker and database in the middle of a case, three times each: no step is lost, none is done twice.

The case goes from the first contact through a handover to its end. Parts are killed with -9 before a request, between request
and answer, and after the answer; whoever works on the case just asks again.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.reise.haus import Fernreise, Haus, Seite, neuer_fall

pytestmark = pytest.mark.xdist_group("absturz")
BIS_ZUR_UEBERGABE = {
    "person_abholen": ("serve", "mitten"),
    "ueber_angebot_informieren": ("worker", "vorher"),
    "austausch_zustimmen": ("datenbank", "mitten"),
    "empfehlung_geben": ("serve", "danach"),
    "zusatzinformation_aushaendigen": ("worker", "mitten"),
    "uebergabegespraech_fuehren": ("datenbank", "danach"),
}
DANACH = {"aufnahme_entscheiden": ("serve", "vorher"), "hilfeplan_entwerfen": ("datenbank", "vorher")}
ANTWORTEN: dict[str, dict[str, Any]] = {
    "ueber_angebot_informieren": {"aufenthalt": "asylverfahren", "geburtsdatum": "1986-03-01"},
    "analyse_durchfuehren": {"aufenthaltsstatus": "asylverfahren"},
    "situation_erheben": {"aufenthaltsstatus": "asylverfahren"},
    "austausch_zustimmen": {"zustimmung_beteiligte": ["awo_fluechtlingsberatung"]},
    "mitteilung_vorbereiten": {"mitteilung_einverstanden": "ja", "zu_informierende_stellen": ["caritas_migrationsberatung"]},
    "verlauf_pruefen": {"verlauf": "ende"},
}
MAILS = ("empfaenger_erinnern", "beteiligte_informieren", "partner_verabschieden")


def annehmen(haus: Haus, akte: str, login: str) -> None:
    """Accept on the page. Sent again when the answer was lost; the second time the page says that it is done."""
    ((key,),) = haus.zeilen("select key from uebergabe where aktenzeichen = %s and status = 'angeboten'", akte)

    def versuch() -> None:
        if haus.zeilen("select 1 from uebergabe where key = %s and status = 'angeboten'", key):
            with Seite(haus, login) as seite:
                seite.schicke(f"/uebergaben/{key}", f"/uebergaben/{key}/antwort", {"antwort": "ja"})
    haus.beharrlich(versuch)


def test_killed_parts_lose_nothing_and_repeat_nothing(haus: Haus) -> None:
    akte = neuer_fall(haus, "verwaltung", geburtsdatum="01.03.1986", aufenthalt="asylverfahren")
    reise = Fernreise(haus=haus, akte=akte, leute=("verwaltung", "awo"), antworten=ANTWORTEN, stoerung=dict(BIS_ZUR_UEBERGABE))

    reise.gehe()
    assert reise.stoerung == {}
    haus.toete("worker")  # the third time: what becomes due now has to wait for the next worker
    haus.stelle_uhr(haus.zeit + timedelta(days=7))
    haus.until(lambda: mails(haus, akte)["empfaenger_erinnern"] == 1, "the reminder")
    annehmen(haus, akte, "awo")
    ((begonnen,),) = haus.zeilen("select uebernommen_am from uebergabe where aktenzeichen = %s", akte)

    reise.stoerung = dict(DANACH)
    reise.gehe()
    assert reise.stoerung == {}
    assert [(login, task.element_id) for login, task in reise.offen()] == [("awo", "fall_begleiten")]

    offen = "select due from timer where status = 0 and element_id = 'nachfragezeit_erreicht'"
    haus.until(lambda: haus.zeilen(offen), "the timer of the check")
    ((faellig,),) = haus.zeilen(offen)
    # three weeks, or the last working day before where they end on none
    assert begonnen + timedelta(weeks=2) < faellig <= begonnen + timedelta(weeks=3)
    haus.stelle_uhr(faellig - timedelta(seconds=5))
    assert "nachfrage_durchfuehren" not in [task.element_id for _, task in reise.offen()]
    haus.stelle_uhr(faellig)
    haus.until(lambda: ("verwaltung", "nachfrage_durchfuehren") in [(login, task.element_id) for login, task in reise.offen()], "the check")
    reise.gehe()
    haus.stelle_uhr(begonnen + timedelta(weeks=7))
    haus.until(lambda: "verlauf_pruefen" in [task.element_id for _, task in reise.offen()], "the check of the Monitoring")
    reise.gehe()

    assert haus.zeilen("select status from fall where aktenzeichen = %s", akte) == [("abgeschlossen",)]
    steps_are_whole(haus, reise)
    mails_are_whole(haus, akte)


def mails(haus: Haus, akte: str) -> dict[str, int]:
    """How many mails each sending element of the case has written down."""
    rows = haus.zeilen("select m.key from mail_auftrag m join process_instance p on m.key like p.key || ':%%' where p.business_id = %s", akte)
    elements = [key.split(":")[1] for (key,) in rows]
    return {element: elements.count(element) for element in MAILS}


def steps_are_whole(haus: Haus, reise: Fernreise) -> None:
    ((done,),) = haus.zeilen("select count(*) from user_task where business_id = %s and status = 'COMPLETED'", reise.akte)
    assert done == haus.bestaetigt + haus.vorgefunden - reise.vorher == len(reise.gegangen)
    twice = haus.zeilen(
        "select l.element_id, l.what, count(*) from element_log l join process_instance p on p.key = l.instance_key "
        "where p.business_id = %s group by l.instance_key, l.task_id, l.element_id, l.what having count(*) > 1", reise.akte)
    assert twice == []
    once = [e for e, _ in reise.gegangen]
    entered = dict(haus.zeilen(
        "select l.element_id, count(*) from element_log l join process_instance p on p.key = l.instance_key join user_task t "
        "on t.instance_key = l.instance_key and t.task_id = l.task_id where p.business_id = %s and l.what = 'completed' group by 1", reise.akte))
    assert {e: once.count(e) for e in once} == {e: n for e, n in entered.items() if e in once}
    checks = haus.zeilen("select status from process_instance where business_id = %s and process_id = 'uebergabe_nachfrage'", reise.akte)
    assert checks == [("COMPLETED",)]
    assert haus.zeilen("select 1 from process_instance where business_id = %s and status = 'ACTIVE'", reise.akte) == []
    assert haus.zeilen("select element_id from incident i join process_instance p on p.key = i.instance_key where p.business_id = %s", reise.akte) == []


def mails_are_whole(haus: Haus, akte: str) -> None:
    """Each is written down once, and each is delivered under its one Message-ID."""
    assert mails(haus, akte) == {"empfaenger_erinnern": 1, "beteiligte_informieren": 1, "partner_verabschieden": 1}
    haus.until(lambda: haus.zeilen("select 1 from mail_auftrag where status <> 'gesendet'") == [], "the delivery of every mail")
    ((written,),) = haus.zeilen("select count(*) from mail_auftrag")
    files = list((haus.data / "mail").glob("*.eml"))
    numbers = {re.search(r"^Message-ID: (.+)$", file.read_text(), re.MULTILINE)[1] for file in files}  # type: ignore[index]  # None fails the test
    assert len(files) == len(numbers) == written
