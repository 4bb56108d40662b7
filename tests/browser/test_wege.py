"""Whole journeys in a browser: by keyboard, with a draft that survives, without JavaScript."""

from __future__ import annotations

import re

from services import demo


def tab_to(page, name: str, *, limit: int = 60) -> None:
    """Press Tab until an element with this accessible name has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        focused = page.evaluate("() => { const e = document.activeElement; return (e.innerText || e.ariaLabel || e.labels?.[0]?.innerText || e.value || '').trim(); }")
        if re.fullmatch(name, focused):
            return
    raise AssertionError(f"No element {name!r} can be reached with Tab.")


def test_log_in_and_open_a_task_with_the_keyboard_alone(person):
    page = person(None)
    page.goto("/anmeldung")

    tab_to(page, "Benutzername")
    page.keyboard.type("fallmanagement")
    tab_to(page, "Passwort")
    page.keyboard.type(demo.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/aufgaben*")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Zum Inhalt springen"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhalt"
    tab_to(page, "Empfehlung geben")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/aufgaben/\d+$"))

    assert page.locator("h1").inner_text() == "Empfehlung geben"


def test_escape_closes_a_menu_and_gives_the_focus_back(person):
    page = person("fallmanagement")
    summary = page.locator("summary", has_text="Filtern")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.et-menu[open]").count() == 1

    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    assert page.locator("details.et-menu[open]").count() == 0
    assert page.evaluate("document.activeElement.innerText") == "Filtern"


def test_draft_is_saved_while_typing_and_survives_the_log_out(person):
    page = person("fallmanagement")
    page.get_by_role("link", name="Empfehlung geben").click()
    box = page.get_by_label("Begründung")
    box.fill("Frau Berhe hat mehrere Stellen genannt.")
    page.locator("#gespeichert", has_text=re.compile(r"Entwurf um \d\d:\d\d Uhr gespeichert")).wait_for()
    page.locator("summary", has_text="Ines Falkenrath").click()
    page.get_by_role("button", name="Abmelden").click()
    page.wait_for_url("**/anmeldung*")

    again = person("fallmanagement")
    again.get_by_role("link", name="Empfehlung geben").click()

    assert again.get_by_label("Begründung").input_value() == "Frau Berhe hat mehrere Stellen genannt."
    assert "Entwurf vom" in again.locator("#gespeichert").inner_text()


def test_missing_answers_stand_next_to_their_fields_and_in_the_summary(person):
    page = person("fallmanagement")
    page.get_by_role("link", name="Integrationsvertrag schließen").click()
    page.get_by_role("button", name="Aufgabe abschließen").click()

    page.locator(".et-errors").wait_for()
    assert page.title().startswith("Fehler: ")
    assert "Die Aufgabe ist noch offen." in page.locator(".et-errors").inner_text()
    assert page.evaluate("document.activeElement.classList.contains('et-errors')")
    link = page.locator(".et-errors a").first
    target = link.get_attribute("href").lstrip("#")
    link.click()
    beside = page.evaluate("id => document.getElementById(id).closest('fieldset, .kern-form-input').querySelector('.kern-error')?.innerText", target)
    assert beside.strip() == link.inner_text().strip()


def test_task_is_claimed_and_completed_without_javascript_and_the_next_one_is_offered(person):
    page = person("buergerservice", javascript=False)
    page.goto("/aufgaben?liste=gruppen")
    page.get_by_role("link", name="Servicestelle anrufen").click()
    assert "Noch niemand hat diese Aufgabe übernommen." in page.locator("main").inner_text()
    page.get_by_role("button", name="Aufgabe übernehmen").click()
    page.get_by_label("Ja", exact=True).first.check()
    page.get_by_label(re.compile("angerufen")).last.fill("20.11.2026")
    page.get_by_role("button", name="Aufgabe abschließen").click()

    assert page.locator("h1").inner_text() == "Aufgabe abgeschlossen", page.locator("main").inner_text()
    assert page.get_by_role("link", name="Zu meinen Aufgaben").count() == 1


def test_bulk_bar_appears_with_the_first_selected_row(person):
    page = person("fallmanagement")
    bar = page.locator(".et-bulk")
    assert not bar.is_visible()

    page.locator(".et-pick").first.check()

    assert bar.is_visible()
    assert "1 Zeile ausgewählt" in bar.inner_text()


def test_pages_follow_the_strict_policy(person):
    page = person("fallmanagement")
    blocked = []
    page.on("console", lambda m: blocked.append(m.text) if "Content Security Policy" in m.text else None)
    for path in ("/aufgaben", "/faelle/MO-2026-0005", "/faelle/MO-2026-0005/prozess", "/faelle/neu"):
        page.goto(path)

    assert blocked == []


def test_partner_accepts_a_handover(person):
    page = person("awo")
    page.goto("/uebergaben")
    page.get_by_role("link", name=re.compile("Übergabe des Falls")).first.click()
    assert "Samira" in page.locator("main").inner_text()
    page.get_by_label("Nein, wir lehnen ab").check()
    assert page.get_by_label("Grund", exact=True).is_visible()
    page.get_by_label("Ja, wir übernehmen den Fall").check()
    assert not page.get_by_label("Grund", exact=True).is_visible()
    page.get_by_role("button", name="Antwort senden").click()
    page.wait_for_url("**meldung=angenommen*")

    assert "angenommen" in page.locator("aside").inner_text()
