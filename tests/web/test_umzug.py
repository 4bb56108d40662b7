"""*Laufende Modelle*: moving cases to another version, orders, and interventions by hand, as those who operate the engine use them."""

from __future__ import annotations

import re

import psycopg
import pytest
from sqlalchemy import text as sql

from services import aufgaben
from services.context import system_actor
from services.fall import zeitleiste
from services.prozess import deployments, incidents, instances, sammel, sammel_lesen, umzug_lesen
from services.prozess.deployments import Resource
from tests import bpmn, builders
from tests.web import daten

OLD = ("p", bpmn.user("alt", more='<zeebe:taskSchedule dueDate="P10D"/>'), bpmn.user("gleich"), bpmn.user("weg"))
NEW = ("p", bpmn.user("neu", more='<zeebe:taskSchedule dueDate="P20D"/>'), bpmn.user("gleich"), bpmn.service("dienst"))


def deploy(app, *parts: str) -> None:
    deployments.deploy(app, builders.actor("prozess"), resources=[Resource(name="p.bpmn", data=bpmn.sequence(*parts))])


def start(app, business_id: str | None = None, process: str = "p") -> int:
    return instances.start(app, system_actor("moers"), process_id=process, business_id=business_id).key


def at_step(app, key: int) -> list[str]:
    return [p.element_id for p in instances.places(app, system_actor("moers"), key=key) if p.open]


def finish_step(app, key: int) -> None:
    (place,) = [p for p in instances.places(app, system_actor("moers"), key=key) if p.open]
    aufgaben.complete_with_form(app, builders.actor("falkenrath"), key=place.task_key, values={}, typed=True)


def version(app, key: int) -> int:
    return instances.get(app, system_actor("moers"), key=key).version


def versions(app, process: str = "p") -> list[int]:
    """Keys of the versions, the first one first."""
    return [f.key for f in reversed(umzug_lesen.modell(app, builders.actor("prozess"), prozess=process).fassungen)]


def work(app, answer) -> int:
    """Let the queue do the order to which a page has led."""
    assert answer.status_code == 302, answer.get_data(as_text=True)[-2000:]
    key = int(re.search(r"/auftraege/(\d+)", answer.location).group(1))
    sammel.run(app, mandant="moers", key=key)
    return key


@pytest.fixture
def fall(app) -> str:
    with daten.session(app) as db:
        db.execute(sql("update mandant set profil = 'moers'"))
        db.commit()
    return daten.fall(app, login="falkenrath")


@pytest.fixture
def drei(app, fall) -> list[int]:
    """Three instances of the old version: at ``alt`` (of a case), at ``gleich``, at ``weg``; the new version is deployed."""
    deploy(app, *OLD)
    keys = [start(app, fall), start(app), start(app)]
    finish_step(app, keys[1])
    finish_step(app, keys[2])
    finish_step(app, keys[2])
    deploy(app, *NEW)
    return keys


def form(app, **more: object) -> dict[str, object]:
    old, new = versions(app)
    return {"von": old, "nach": new, "ziel-alt": "neu", "ziel-gleich": "gleich", "ziel-weg": "", "umfang": "alle", **more}


# -- models and proposals ------------------------------------------------------------------------------------------------
def test_nothing_runs_yet(app, browser, text):
    assert "Zurzeit läuft kein Vorgang" in text(browser("prozess").get("/umzug"))
    assert "Noch kein Auftrag" in text(browser("prozess").get("/umzug/auftraege"))


def test_models_with_cases_in_old_versions_come_first(app, drei, browser, text):
    deployments.deploy(app, builders.actor("prozess"), resources=[Resource(name="a.bpmn", data=bpmn.sequence("aaa", bpmn.user("a")))])
    start(app, process="aaa")

    page = text(browser("prozess").get("/umzug"))

    assert re.search(r"P 2 vom .* 3 3 Umziehen … : P Aaa 1 vom .* 1 keine nicht nötig", page), page


def test_model_shows_its_versions_the_cases_and_where_they_stand(app, drei, fall, browser, text):
    page = text(browser("prozess").get("/umzug/modell/p"))

    assert "3 Vorgänge laufen, davon 3 in einer alten Fassung" in page
    assert "Laufende Fälle umziehen …" in page
    for step in ("Alt 1", "Gleich 1", "Weg 1", fall):
        assert step in page
    assert text(browser("prozess").get(f"/umzug/modell/p?fassung={versions(app)[1]}")).count("In dieser Fassung läuft nichts") == 1


def test_same_id_is_proposed_and_a_missing_one_is_to_be_chosen_among_its_kind(app, drei, browser):
    old, new = versions(app)

    rows = {z.id: z for z in umzug_lesen.gegenueber(app, builders.actor("prozess"), source_key=old, target_key=new).zeilen}
    page = browser("prozess").get("/umzug/modell/p/umziehen").get_data(as_text=True)

    assert {z.id: (z.vorschlag, z.grund, z.stehen, z.noetig) for z in rows.values()} == {
        "alt": (None, "offen", 1, True), "gleich": ("gleich", "gleich", 1, False), "weg": (None, "offen", 1, True)}
    assert {z.id for z in rows["weg"].ziele} == {"neu", "gleich"}
    assert "fehlen 2 Stellen" in page
    select = re.search(r'<select[^>]*id="ziel-gleich".*?</select>', page, re.DOTALL).group(0)
    assert '<option value="gleich" selected>' in select
    assert "dienst" not in select


def test_an_element_with_another_id_but_the_same_name_is_proposed(app, browser, text):
    deploy(app, "p", bpmn.user("alt"))
    start(app)
    deploy(app, "p", bpmn.user("anders").replace('name="Anders"', 'name="Alt"'))

    assert "gleicher Name, bitte prüfen" in text(browser("prozess").get("/umzug/modell/p/umziehen"))


def test_versions_that_do_not_fit_are_asked_for_again(app, drei, browser, text):
    me, old = browser("prozess"), versions(app)[0]
    for query in ("von=1&nach=2", "von=x", f"von={old}&nach={old}"):
        page = me.get(f"/umzug/modell/p/umziehen?{query}")
        assert page.status_code == 200
        assert "Wählen Sie zwei verschiedene Fassungen." in text(page), query


# -- dry run -----------------------------------------------------------------------------------------------------------------
def test_dry_run_tells_every_case_its_steps_and_times_and_changes_nothing(app, drei, fall, browser, text):
    me = browser("prozess")
    with daten.session(app) as db:
        before = db.execute(sql("select key, rev, version from process_instance order by key")).all()

    page = text(me.post("/umzug/modell/p/umziehen", form(app, schritt="probelauf")))
    anew = text(me.post("/umzug/modell/p/umziehen", form(app, schritt="probelauf", neu="neu")))

    assert "1 Vorgang kann so nicht umziehen" in page
    assert "Für „Weg“ ist in der neuen Fassung kein Schritt gewählt." in page
    assert "Alt → Neu" in page
    assert fall in page
    assert "bleibt Frist der Aufgabe 1 12.09.2026" in page
    assert re.search(r"12\.09\.2026, \d\d:\d\d Uhr → 22\.09\.2026", anew)
    with daten.session(app) as db:
        assert db.execute(sql("select key, rev, version from process_instance order by key")).all() == before
        assert db.execute(sql("select count(*) from batch_operation")).scalar_one() == 0


def test_a_step_that_became_another_kind_is_refused_in_words(app, browser, text):
    deploy(app, "p", bpmn.user("a"))
    start(app)
    deploy(app, "p", bpmn.service("a"))
    old, new = versions(app)

    page = text(browser("prozess").post("/umzug/modell/p/umziehen", {"von": old, "nach": new, "ziel-a": "", "schritt": "probelauf"}))

    assert "„A“ kann nicht zu „a“ werden, weil es ein Schritt anderer Art ist." in page
    assert "UserTask" not in page


def test_forged_choices_are_refused(app, drei, browser, text):
    me = browser("prozess")
    for field, value, sentence in (
            ("ziel-weg", "dienst", "kann nur zu einem Schritt derselben Art werden"), ("ziel-weg", "nirgends", "kann nur zu einem Schritt derselben Art werden"),
            ("ziel-erfunden", "neu", "gibt es in der bisherigen Fassung nicht")):
        page = me.post("/umzug/modell/p/umziehen", form(app, schritt="beginnen", grund="x", **{field: value}))
        assert page.status_code == 422
        assert sentence in text(page)


def test_back_to_the_assignment_keeps_what_was_chosen(app, drei, browser):
    page = browser("prozess").post("/umzug/modell/p/umziehen", form(app, schritt="zuordnung", **{"ziel-weg": "neu"})).get_data(as_text=True)

    assert '<option value="neu" selected>' in re.search(r'<select[^>]*id="ziel-weg".*?</select>', page, re.DOTALL).group(0)


# -- the order -----------------------------------------------------------------------------------------------------------------
def test_start_needs_a_reason_and_a_selection(app, drei, browser, text):
    me = browser("prozess")
    for more, field, sentence in (
            ({"grund": "  "}, "grund", "Nennen Sie einen Grund."), ({"grund": "x" * 501}, "grund", "Kürzen Sie den Grund"),
            ({"grund": "x", "umfang": "auswahl"}, "umfang", "mindestens einen Vorgang")):
        page = me.post("/umzug/modell/p/umziehen", form(app, schritt="beginnen", **more))
        assert page.status_code == 422
        assert sentence in text(page)
        assert f'id="{field}-fehler"' in page.get_data(as_text=True)
    assert [version(app, key) for key in drei] == [1, 1, 1]


def test_order_moves_what_fits_tells_why_the_rest_stays_and_tries_it_again(app, drei, fall, browser, text):
    me = browser("prozess")

    key = work(app, me.post("/umzug/modell/p/umziehen", form(app, schritt="beginnen", grund="Neue Dienstanweisung", neu="neu")))

    assert [version(app, k) for k in drei] == [2, 2, 1]
    assert [at_step(app, k) for k in drei] == [["neu"], ["gleich"], ["weg"]]
    page = text(me.get(f"/umzug/auftraege/{key}"))
    assert "Umzug: P, Fassung 2" in page
    assert "Grund: Neue Dienstanweisung" in page
    assert "Gelungen 2 von 3" in page
    assert "Für „Weg“ ist in der neuen Fassung kein Schritt gewählt." in page
    assert "umgezogen" not in text(me.get(f"/umzug/auftraege/{key}?zeigen=nicht"))
    note = zeitleiste.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall, arten=("notiz",))[0]
    assert note.text == "Vorgang „P“ läuft ab jetzt nach Fassung 2 des Modells. Grund: Neue Dienstanweisung"
    assert note.wer == "Paula Rosen"

    finish_step(app, drei[2])  # the obstacle is gone: that instance has ended
    again = work(app, me.post(f"/umzug/auftraege/{key}/wiederholen"))

    found = sammel_lesen.lesen(app, builders.actor("prozess"), key=again)
    assert (found.total, found.failed, found.wiederholt, found.reason) == (1, 1, key, "Neue Dienstanweisung")
    assert text(me.get("/umzug/auftraege")).count("Neue Dienstanweisung") == 2


def test_only_the_selected_move(app, drei, browser):
    work(app, browser("prozess").post("/umzug/modell/p/umziehen", form(app, schritt="beginnen", grund="Erst einer", umfang="auswahl", vorgang=drei[1])))

    assert [version(app, key) for key in drei] == [1, 2, 1]


def test_an_order_can_be_held_and_go_on_and_its_page_asks_until_it_is_done(app, drei, browser):
    me = browser("prozess")
    answer = me.post("/umzug/modell/p/umziehen", form(app, schritt="beginnen", grund="x"))
    key = int(re.search(r"/auftraege/(\d+)", answer.location).group(1))

    running = me.get(f"/umzug/auftraege/{key}").get_data(as_text=True)
    assert f'hx-get="/umzug/auftraege/{key}/stand"' in running
    assert '<noscript><meta http-equiv="refresh"' in running
    assert "http-equiv" not in me.get(f"/umzug/auftraege/{key}?still=1").get_data(as_text=True)
    assert "HX-Refresh" not in me.get(f"/umzug/auftraege/{key}/stand").headers

    me.post(f"/umzug/auftraege/{key}/steuern", {"tun": "anhalten"})
    sammel.run(app, mandant="moers", key=key)
    assert version(app, drei[0]) == 1
    me.post(f"/umzug/auftraege/{key}/steuern", {"tun": "weiter"})
    sammel.run(app, mandant="moers", key=key)

    assert version(app, drei[0]) == 2
    assert me.get(f"/umzug/auftraege/{key}/stand").headers["HX-Refresh"] == "true"
    assert "hx-get" not in me.get(f"/umzug/auftraege/{key}").get_data(as_text=True)
    assert me.post(f"/umzug/auftraege/{key}/steuern", {"tun": "anhalten"}).location.endswith("meldung=auftrag_anders")


# -- by hand ---------------------------------------------------------------------------------------------------------------------
def test_token_is_moved_after_a_dry_run_that_changes_nothing(app, drei, fall, browser, text):
    me, key = browser("prozess"), drei[0]
    assert me.get(f"/umzug/vorgang/{key}/verlegen").status_code == 200

    page = text(me.post(f"/umzug/vorgang/{key}/verlegen", {"von": "alt", "nach": "weg", "schritt": "probelauf"}))
    assert "Offen wäre dann: Weg" in page
    assert at_step(app, key) == ["alt"]
    assert "Nennen Sie einen Grund." in text(me.post(f"/umzug/vorgang/{key}/verlegen", {"von": "alt", "nach": "weg", "schritt": "beginnen"}))

    answer = me.post(f"/umzug/vorgang/{key}/verlegen", {"von": "alt", "nach": "weg", "schritt": "beginnen", "grund": "Schritt war schon erledigt"})

    assert answer.status_code == 302
    assert at_step(app, key) == ["weg"]
    assert "wurde von Hand an einen anderen Schritt gestellt. Grund: Schritt war schon erledigt" in zeitleiste.lesen(
        app, builders.actor("falkenrath"), aktenzeichen=fall)[0].text


def test_rest_go_on_and_end_need_a_reason_and_stand_in_the_time_line(app, drei, fall, browser, text):
    me, key = browser("prozess"), drei[0]

    for tun, status, words in (("ruhen", "SUSPENDED", "ruht ab jetzt"), ("fortsetzen", "ACTIVE", "läuft wieder"), ("beenden", "TERMINATED", "von Hand beendet")):
        assert "Das geschieht dann" in text(me.post("/umzug/vorgang/eingriff", {"tun": tun, "vorgang": key}))
        assert me.post("/umzug/vorgang/eingriff/beginnen", {"tun": tun, "vorgang": key}).status_code == 422
        assert me.post("/umzug/vorgang/eingriff/beginnen", {"tun": tun, "vorgang": key, "grund": "Urlaub"}).status_code == 302
        assert instances.get(app, system_actor("moers"), key=key).status == status
        assert words in zeitleiste.lesen(app, builders.actor("falkenrath"), aktenzeichen=fall)[0].text
    assert me.get(f"/umzug/vorgang/{key}").status_code == 200
    assert me.get(f"/umzug/vorgang/{key}/verlegen").status_code == 404


def test_case_with_a_damaged_state_is_shown_and_can_be_ended(app, owner_url, drei, fall, browser):
    me, key = browser("prozess"), drei[0]
    with psycopg.connect(owner_url) as connection:
        connection.execute("update etappe.process_instance set state = substring(state from 1 for 40) where key = %s", (key,))

    for path in (f"/umzug/vorgang/{key}", f"/umzug/vorgang/{key}/verlegen", "/umzug", "/umzug/modell/p"):
        assert me.get(path).status_code == 200, path
    assert me.post("/umzug/vorgang/eingriff/beginnen", {"tun": "beenden", "vorgang": key, "grund": "Platte defekt"}).status_code == 302

    assert me.get(f"/umzug/vorgang/{key}").status_code == 200
    assert instances.get(app, system_actor("moers"), key=key).status == "TERMINATED"
    assert "weil sein gespeicherter Zustand beschädigt war. Grund: Platte defekt" in zeitleiste.lesen(
        app, builders.actor("falkenrath"), aktenzeichen=fall)[0].text


def test_several_are_one_order(app, drei, browser):
    me = browser("prozess")

    key = work(app, me.post("/umzug/vorgang/eingriff/beginnen", {"tun": "ruhen", "vorgang": drei[:2], "grund": "Sperre"}))

    assert sammel_lesen.lesen(app, builders.actor("prozess"), key=key).completed == 2
    assert [instances.get(app, system_actor("moers"), key=k).status for k in drei] == ["SUSPENDED", "SUSPENDED", "ACTIVE"]


def test_several_tokens_are_moved_where_they_stand(app, drei, browser):
    work(app, browser("prozess").post("/umzug/vorgang/eingriff/beginnen", {
        "tun": "verlegen", "vorgang": drei, "von": "gleich", "nach": "weg", "grund": "x"}))

    assert [at_step(app, k) for k in drei] == [["alt"], ["weg"], ["weg"]]


def test_what_another_called_can_only_rest_with_it(app, browser, text):
    deploy(app, "innen", bpmn.user("a"))
    deploy(app, "p", bpmn.call("rufen", "innen"))
    root = start(app)
    (child,) = [i.key for i in instances.family_of(app, system_actor("moers"), root_key=root) if i.key != root]

    assert "gehören zu einem anderen Vorgang" in text(browser("prozess").post("/umzug/vorgang/eingriff", {"tun": "ruhen", "vorgang": child}))
    assert "lässt sich nur der oberste Vorgang" in text(browser("prozess").get(f"/umzug/vorgang/{child}"))


def test_nothing_selected_leads_back_with_a_sentence(app, drei, browser, text):
    me = browser("prozess")
    answer = me.post("/umzug/vorgang/eingriff", {"tun": "ruhen", "prozess": "p", "fassung": versions(app)[0]})

    assert "Wählen Sie mindestens einen Vorgang aus." in text(me.get(answer.location))


# -- incidents ---------------------------------------------------------------------------------------------------------------
def test_all_incidents_of_one_cause_are_tried_again_by_one_order(app, fall, browser, text):
    deploy(app, "p", bpmn.call("rufen", "fehlt"), bpmn.user("danach"))
    deployments.deploy(app, builders.actor("prozess"), resources=[Resource(name="q.bpmn", data=bpmn.sequence("q", bpmn.call("auch", "fehlt")))])
    keys = [start(app), start(app), start(app, process="q")]
    deployments.deploy(app, builders.actor("prozess"), resources=[Resource(name="f.bpmn", data=bpmn.sequence("fehlt", bpmn.user("innen")))])
    me = browser("prozess")
    page = me.get("/stoerungen")
    assert "Alle 2 noch einmal versuchen" in text(page)
    cause = re.search(r'name="ursache" value="([^"]+)"', page.get_data(as_text=True)).group(1)

    work(app, me.post("/stoerungen/nochmal", {"ursache": cause}))

    assert [i.instance_key for i in incidents.open_incidents(app, builders.actor("prozess"))] == [keys[2]]
    assert me.post("/stoerungen/nochmal", {"ursache": cause}).location.endswith("/stoerungen?meldung=nochmal")


# -- doors ---------------------------------------------------------------------------------------------------------------------
PATHS = ("/umzug", "/umzug/modell/p", "/umzug/modell/p/umziehen", "/umzug/auftraege", "/umzug/vorgang/{0}", "/umzug/vorgang/{0}/verlegen")


def test_only_those_who_operate_come_in(app, drei, browser):
    for login, status in (("falkenrath", 403), ("lindqvist", 403), ("dsb", 403), ("osterkamp", 200), ("verwaltung", 200)):
        person = browser(login)
        assert {path: person.get(path.format(drei[0])).status_code for path in PATHS} == dict.fromkeys(PATHS, status), login


def test_nobody_sees_another_mandant(app, drei, browser):
    key = work(app, browser("prozess").post("/umzug/modell/p/umziehen", form(app, schritt="beginnen", grund="x")))
    other = browser("domhoff")

    for path in ("/umzug/modell/p", f"/umzug/auftraege/{key}", f"/umzug/vorgang/{drei[0]}"):
        assert other.get(path).status_code == 404
    assert "Noch kein Auftrag" in other.get("/umzug/auftraege").get_data(as_text=True)
    assert other.post("/umzug/vorgang/eingriff/beginnen", {"tun": "beenden", "vorgang": drei[0], "grund": "x"}).status_code == 404
    assert instances.get(app, system_actor("moers"), key=drei[0]).status == "ACTIVE"


def test_without_the_token_of_the_form_nothing_happens(app, drei, browser):
    me = browser("prozess")
    for path, data in (
            ("/umzug/modell/p/umziehen", {"schritt": "beginnen", "grund": "x"}), ("/umzug/vorgang/eingriff/beginnen", {"tun": "beenden", "grund": "x"}),
            ("/umzug/auftraege/1/wiederholen", {}), ("/umzug/auftraege/1/steuern", {"tun": "abbrechen"})):
        assert me.post(path, data, csrf="").status_code == 400


def test_what_does_not_exist_is_a_page_that_says_so(app, browser):
    me = browser("prozess")
    for path in ("/umzug/modell/gibtesnicht", "/umzug/auftraege/77", "/umzug/vorgang/77", "/umzug/vorgang/77/verlegen"):
        assert me.get(path).status_code == 404
