"""A person who works with the keyboard alone: Tab, Shift-Tab, Enter, Space, arrows and typing. There is no mouse here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Page

# What a screen reader would say of the focused element, and what a sighted person sees of its field.
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.closest('fieldset'), label = e.labels?.[0]?.innerText || '';
  const group = ['radio', 'checkbox'].includes(e.type) && e.name
    ? [...document.getElementsByName(e.name)].filter(o => o.type === e.type) : [];
  const legend = group.length > 1 || e.type === 'radio' ? box?.querySelector('legend')?.innerText || '' : '';
  const frame = e.closest('.kern-form-input') || box;
  const rect = e.getBoundingClientRect();
  return {tag: e.tagName.toLowerCase(), type: e.type || '', name: e.name || '', id: e.id, value: e.value ?? '', checked: !!e.checked,
    text: (e.innerText || e.ariaLabel || label || e.value || '').trim(), label: (label || e.innerText || '').trim(), legend: legend.trim(),
    hint: frame?.querySelector('.kern-hint')?.innerText || '', mode: e.inputMode || '', wrong: e.ariaInvalid === 'true',
    chosen: group.some(o => o.checked), form: !!e.closest('form.et-form'), seen: rect.width > 0 && rect.height > 0};
}"""
LIMIT = 400


@dataclass(kw_only=True)
class Tastatur:
    """``page``: where the person is. ``seite``: called for every page that appears. ``heute``: what is typed where a day is asked for."""

    page: Page
    heute: str
    seite: Callable[[Page], None] = lambda _page: None
    wege: list[str] = field(default_factory=list)

    # -- moving about -----------------------------------------------------------------------------------------------------
    def fokus(self) -> dict[str, Any]:
        """The focused element; empty at the beginning of a page."""
        return self.page.evaluate(FOCUSED) or {}

    def druecke(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def schreibe(self, text: str) -> None:
        """Type into the focused field, over what stands there."""
        self.druecke("Control+a")
        self.page.keyboard.type(text)

    def zu(self, name: str, *, taste: str = "Tab") -> dict[str, Any]:
        """Press Tab until an element with this accessible name has the focus."""
        seen: list[str] = []
        for _ in range(LIMIT):
            self.druecke(taste)
            focused = self.fokus()
            if focused and re.fullmatch(name, focused["text"].replace("\u00ad", ""), re.DOTALL):
                assert focused["seen"] or focused["type"] in {"radio", "checkbox"}, f"{name!r} has the focus but cannot be seen"
                return focused
            if focused:
                seen.append(focused["text"][:40])
        raise AssertionError(f"No element {name!r} can be reached with {taste} on {self.page.url}: {list(dict.fromkeys(seen))}")

    def zum_inhalt(self) -> None:
        """The skip link: first stop of every page."""
        self.druecke("Tab")
        assert self.fokus().get("text") == "Zum Inhalt springen", f"{self.page.url}: the first stop is {self.fokus()}"
        self.druecke("Enter")

    def eingabe(self) -> None:
        """Enter, and a new page comes."""
        with self.page.expect_navigation():
            self.druecke("Enter")
        self.angekommen()

    def angekommen(self) -> None:
        self.wege.append(self.page.url)
        self.seite(self.page)

    def adresse(self, path: str) -> None:
        """Type an address into the address bar."""
        self.page.goto(path)
        self.angekommen()

    def neu_laden(self) -> None:
        """F5."""
        self.page.reload()

    def oeffne(self, name: str) -> None:
        """Follow a link or press a button of the content."""
        self.zum_inhalt()
        self.zu(name)
        self.eingabe()

    def menue(self, name: str) -> None:
        """Follow a link of the main menu."""
        self.zu(name)
        self.eingabe()

    def anmelden(self, login: str, passwort: str) -> None:
        """From the page of the log-in."""
        self.zu("Benutzername")
        self.schreibe(login)
        self.zu("Passwort")
        self.schreibe(passwort)
        self.eingabe()
        assert "/anmeldung" not in self.page.url, self.ueberschrift()

    def abmelden(self) -> None:
        """By the menu of the person."""
        self.zu("Benutzermenü.*")
        self.druecke("Enter")
        self.zu("Abmelden")
        self.eingabe()

    def ueberschrift(self) -> str:
        return str(self.page.locator("h1").inner_text()).replace("\u00ad", "")

    def text(self) -> str:
        return str(self.page.locator("main").inner_text()).replace("\u00ad", "")

    # -- filling in -------------------------------------------------------------------------------------------------------
    def fuelle(self, antworten: Mapping[str, Any], *, bis: str = "Aufgabe abschließen") -> None:
        """Tab through a form, answer what is asked, and stop at the button ``bis``.

        ``antworten``: name of the field -> value, list of values, or text to type; everything else that is not voluntary and still
        empty gets a plausible answer.
        """
        here = self.fokus()  # a link of the error summary may have led into a field
        for _ in range(LIMIT):
            if here.get("form") and here["text"] == bis:
                return
            if here.get("form") and here["name"]:
                self._antworte(here, antworten)
            self.druecke("Tab")
            here = self.fokus()
        raise AssertionError(f"{bis!r} was not reached on {self.page.url}")

    def _antworte(self, here: dict[str, Any], antworten: Mapping[str, Any]) -> None:
        if here["name"].startswith("_"):
            return
        wanted = antworten.get(here["name"])
        needed = "(freiwillig)" not in (here["legend"] or here["label"])
        if here["type"] == "radio":
            self._radio(here, wanted if wanted is not None else here["value"] if needed and not here["chosen"] else None)
        elif here["type"] == "checkbox":
            self._haken(here, wanted, needed=needed)
        elif here["tag"] == "select":
            self._auswahl(here, wanted, needed=needed)
        elif here["tag"] in {"input", "textarea"}:
            if wanted is not None:
                self.schreibe(str(wanted))
            elif needed and (here["wrong"] or not here["value"].strip()):
                self.druecke("Control+a")
                self.page.keyboard.insert_text(self._plausibel(here))

    def _radio(self, here: dict[str, Any], wanted: Any) -> None:
        if wanted is None:
            return
        start = here["value"]
        while here["value"] != wanted:
            self.druecke("ArrowDown")
            here = self.fokus()
            assert here["value"] != start, f"{here['name']} has no answer {wanted!r}"
        if not here["checked"]:
            self.druecke("Space")

    def _haken(self, here: dict[str, Any], wanted: Any, *, needed: bool) -> None:
        on = here["checked"]
        if isinstance(wanted, bool):
            on = wanted
        elif wanted is not None:
            on = here["value"] in wanted
        elif needed and not here["chosen"]:
            on = True
        if on != here["checked"]:
            self.druecke("Space")

    def _auswahl(self, here: dict[str, Any], wanted: Any, *, needed: bool) -> None:
        if wanted is None and (here["value"] or not needed):
            return
        self.druecke("Home")
        for _ in range(80):
            value = self.fokus()["value"]
            if value == wanted or (wanted is None and value):
                return
            self.druecke("ArrowDown")
        raise AssertionError(f"{here['name']} has no answer {wanted!r}")

    def _plausibel(self, here: dict[str, Any]) -> str:
        if here["type"] == "email":
            return "erika@beispiel.example"
        if here["type"] == "tel":
            return "+49 2841 000000"
        if re.search(r"\d\d\.\d\d\.\d{4}", here["hint"]):
            return f"{self.heute} 10:00" if re.search(r"\d\d:\d\d", here["hint"]) else self.heute
        return "1" if here["mode"] in {"numeric", "decimal"} else "Angabe"
