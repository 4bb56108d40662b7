"""A process owner moves a running case with the keyboard alone: assignment, dry run, order, result."""

from __future__ import annotations

import re

from services import demo
from services.prozess import sammel
from tests.browser.tastatur import Tastatur
from tests.browser.test_barrierefreiheit import umzug, violations


def test_a_case_moves_with_the_keyboard_and_the_page_tells_by_itself(person, etappe):
    umzug(etappe)
    page = person("prozessverantwortung")
    problems: list[str] = []
    hand = Tastatur(page=page, heute="", seite=lambda p: problems.extend(violations(p)))

    page.goto("/umzug")
    hand.zu(r"Umziehen …\s*: Zugang über die Servicestelle: Empfehlung")
    hand.eingabe()
    hand.zu("Probelauf ansehen")
    hand.eingabe()
    assert page.get_by_role("heading", name=re.compile("^Probelauf: ")).count() == 1
    hand.zu("Umzug beginnen")
    hand.eingabe()
    assert page.locator("#grund-fehler").is_visible()
    hand.zu("Grund")
    hand.schreibe("Neue Dienstanweisung")
    hand.zu("Umzug beginnen")
    hand.eingabe()
    page.wait_for_url(re.compile(r"/umzug/auftraege/\d+"))
    assert page.locator("#stand").get_by_text("wartet auf den Beginn").is_visible()
    order = int(re.search(r"/auftraege/(\d+)", page.url).group(1))

    sammel.run(etappe, mandant=demo.FIRST, key=order)

    page.get_by_text("umgezogen").first.wait_for(timeout=10_000)  # the page asks by itself, and loads anew when the order is done
    problems += violations(page)
    assert problems == []


def test_without_a_script_the_page_of_an_order_loads_itself_again(person, etappe):
    umzug(etappe)
    page = person("prozessverantwortung", javascript=False)
    page.goto("/umzug/modell/fallmanagement")
    page.locator(".et-pick").first.check()
    page.locator(".et-pick").nth(1).check()
    page.get_by_role("button", name="Ruhen lassen …").click()
    page.fill("#grund", "Probe")
    page.get_by_role("button", name="Ruhen lassen").click()
    order = int(re.search(r"/auftraege/(\d+)", page.url).group(1))
    assert page.get_by_text("Der Auftrag wartet auf den Beginn").is_visible()

    sammel.run(etappe, mandant=demo.FIRST, key=order)

    page.get_by_text("Der Auftrag ist fertig, alles ist gelungen").wait_for(timeout=15_000)
    page.goto("/umzug/modell/fallmanagement")  # awake again for those who come after
    page.locator(".et-pick").first.check()
    page.locator(".et-pick").nth(1).check()
    page.get_by_role("button", name="Fortsetzen …").click()
    page.fill("#grund", "Probe")
    page.get_by_role("button", name="Fortsetzen").click()
    sammel.run(etappe, mandant=demo.FIRST, key=int(re.search(r"/auftraege/(\d+)", page.url).group(1)))
