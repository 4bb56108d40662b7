"""No model, form or table of the house holds a figure of time or the name of an organisation or a Kommune: both belong into a profile."""

from __future__ import annotations

import html
import re

import pytest

from processes import bibliothek, profil

DATEIEN = bibliothek.dateien()
# Where a model says where it comes from; people read it, nothing runs on it.
QUELLEN = re.compile(r"<bpmn:documentation>.*?</bpmn:documentation>|<description>.*?</description>", re.DOTALL)
ISO = re.compile(r"(?<![\w-])-?P(?=[T\d])(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?(?!\w)")
ZAHLWORT = r"\d+|eine[mnrs]?|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|vierzehn|dreißig"
EINHEIT = r"(?:Arbeits|Werk)?tage?n?|Sekunden?|Minuten?|Stunden?|Wochen?|Monate?n?|Jahre?n?"
DAUER = re.compile(rf"\b(?:{ZAHLWORT})[ \u00a0-]?(?:{EINHEIT})\b", re.IGNORECASE)
# The visa of the Aufenthaltsgesetz has its length in its name (004:L1010).
RECHTSBEGRIFF = re.compile(r"Visum (?:für|bis)(?: höchstens)? drei Monate")
ZEITPUNKT = re.compile(r'(?:dueDate|followUpDate)="([^"]*)"|<bpmn:time(?:Duration|Date|Cycle)[^>]*>([^<]*)<')
# A dated table of law (valid from and to, by the day asked for) says what the statute says.
GESETZ = re.compile(r"\bstichtag\b")
# Weeks that people entered for one case, counted as days.
IN_TAGEN = re.compile(r'duration\("P" \+ string\(\w+ \* 7\) \+ "D"\)')


def text_of(data: bytes) -> str:
    return QUELLEN.sub("", data.decode())


def names() -> list[str]:
    """Keys and names of all organisations, the part before the comma too, and the names of the Kommunen."""
    found = set()
    for kommune in profil.namen():
        settings = profil.load(kommune)
        found.add(settings.name)
        found.add(settings.name.split()[-1] if kommune != "muelheim" else "Mülheim")
        for organisation in settings.organisationen:
            found |= {organisation.key, organisation.name, organisation.name.split(",")[0]}
    return sorted(found)


def names_alone(known: list[str]) -> dict[str, re.Pattern[str]]:
    """Name -> where it stands as a word of its own."""
    return {name: re.compile(rf"(?<![\w-]){re.escape(name)}(?!\w)") for name in known}


def named(text: str, patterns: dict[str, re.Pattern[str]]) -> list[str]:
    """Those of the names that stand in the text. Looking for the bare letters first is many times as fast as the patterns alone."""
    return [name for name, pattern in patterns.items() if name in text and pattern.search(text)]


def figures(text: str) -> list[str]:
    return [m[0] for m in (*ISO.finditer(text), *DAUER.finditer(RECHTSBEGRIFF.sub("", text)))]


def times(text: str) -> list[str]:
    """Expressions of a due date or a timer that compute with a figure of their own."""
    found = []
    for match in ZEITPUNKT.finditer(text):
        expression = html.unescape(match[1] or match[2])
        bare = IN_TAGEN.sub("", re.sub(r'"[^"]*"', "", IN_TAGEN.sub("", expression)))
        if not expression.startswith("= ") or re.search(r"(?<!\w)\d", bare):
            found.append(expression)
    return found


@pytest.mark.parametrize("datei", DATEIEN, ids=lambda d: d.name)
def test_no_figure_of_time(datei):
    text = text_of(datei.data)

    if not (datei.name.endswith(".dmn") and GESETZ.search(text)):
        assert figures(text) == []
    assert times(text) == []


def test_no_organisation_and_no_kommune_is_named():
    patterns = names_alone(names())

    assert [(d.name, found) for d in DATEIEN if (found := named(text_of(d.data), patterns))] == []
    assert len(patterns) > 100


def test_a_name_is_found():
    patterns = names_alone(["Köln", "awo", "AWO Moers"])

    assert named("Amt der Stadt Köln, AWO Moers", patterns) == ["Köln", "AWO Moers"]
    assert named("Kölner Straße, nord-awo, awoxy", patterns) == []


@pytest.mark.parametrize("text", ['"P14D"', "<x>PT2H</x>", "innerhalb von 14 Tagen", "nach drei Wochen", "alle 6 Monate", "einer Woche", "24-Stunden"])
def test_a_figure_of_time_is_found(text):
    assert figures(text)


@pytest.mark.parametrize("text", ['dueDate="= string(today() + duration(&quot;x&quot;) * 3)"', 'dueDate="2026-01-01"', '<bpmn:timeDuration>= frist("a") * 2<'])
def test_a_time_that_computes_is_found(text):
    assert times(text)


@pytest.mark.parametrize("text", [
    'dueDate="= string(frist(&quot;sgb2_bescheid&quot;, today()))"', "Visum bis drei Monate", "SGB II, § 16a", "PERSON", "Prozent", "1. Etappe",
])
def test_what_is_allowed(text):
    assert figures(text) == []
    assert times(text) == []
