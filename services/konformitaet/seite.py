"""Writes ``docs/konformitaet.md`` from a measurement. The same measurement gives the same page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.checks.words import VERDICTS as WORDS
from engine.checks.words import Kind, vocabulary
from services.konformitaet.lesarten import LESARTEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.findings import Verdict
    from services.konformitaet.bpmn import FileOutcome
    from services.konformitaet.messung import Messung
    from services.konformitaet.tck import Outcome

NOT_MEASURED: Final = "Dieser Teil wurde beim letzten Lauf nicht gemessen."
RESULTS: Final = {"runs": "läuft", "does_not_run": "läuft nicht", "not_a_model": "kein BPMN-2.0-Modell"}


def page(found: Messung) -> str:
    """The whole page."""
    parts = [
        "# Konformität",
        ("Diese Seite schreibt `etappe konformitaet --dmn-tck ORDNER --bpmn ORDNER`; bitte nicht von Hand ändern. Die Dateien, mit denen "
        "gemessen wird, gehören anderen und sind nicht Teil von Etappe: das DMN Technology Compatibility Kit (dmn-tck/tck) und "
        "BPMN-Dateien beliebiger Werkzeuge, zum Beispiel die der BPMN Model Interchange Working Group (OMG)."),
        "## DMN und FEEL: das Technology Compatibility Kit",
        *(dmn(found) if found.dmn is not None else [NOT_MEASURED]),
        "## BPMN: welche Elemente laufen",
        ("„läuft“ heißt: wird ausgeführt, wie BPMN 2.0 es sagt. „Dokumentation“ bleibt in der Datei und im Bild erhalten, wird aber nicht "
        "ausgeführt. „wird abgelehnt“: `etappe lint` und das Einspielen nennen Element, Zeile und Grund. Stillschweigend übergangen "
        "wird nichts."),
        *elements(),
        "## BPMN: geprüfte Dateien",
        *(files(found.bpmn) if found.bpmn is not None else [NOT_MEASURED]),
        "## Wie wir offene Fragen lesen",
        table(("Frage", "Unsere Lesart"), LESARTEN),
    ]
    return "\n\n".join(parts) + "\n"


def dmn(found: Messung) -> Iterator[str]:
    """Levels, then every case that failed."""
    outcomes = found.dmn or []
    rows = [(level.name or "ohne Angabe", level.cases, level.passed, level.cases - level.passed, f"{level.percent:.2f} %".replace(".", ","))
            for level in found.levels()]
    yield table(("Stufe", "Testfälle", "bestanden", "nicht bestanden", "Anteil"), rows)
    failed = [o for o in outcomes if not o.passed]
    if failed:
        yield "Nicht bestanden:"
        yield table(("Stufe", "Ordner", "Testfall", "Grund"), [(o.level, o.folder, case_of(o), o.reason) for o in failed])
    elif outcomes:
        yield "Alle Testfälle sind bestanden."
    else:
        yield "Im angegebenen Ordner wurde kein Testfall gefunden."


def case_of(outcome: Outcome) -> str:
    """How a case is found again."""
    return outcome.case or outcome.file


def elements() -> Iterator[str]:
    """Activities, gateways and data; then events by place and trigger."""
    words: dict[Verdict, str] = {"runs": WORDS["runs"][0], "documentation": WORDS["documentation"][0], "fails": "wird abgelehnt"}
    kinds = vocabulary()
    yield table(("Element", "in der Datei", "Ergebnis"), [(k.name, f"`{k.tag}`", words[k.verdict]) for k in kinds if not k.trigger])
    yield "Ereignisse, nach Ort und Auslöser:"
    triggers = list(dict.fromkeys(k.trigger for k in kinds if k.trigger and not k.tag.endswith("EventDefinition")))
    places: dict[str, dict[str, Kind]] = {}
    for kind in kinds:
        if kind.trigger and not kind.tag.endswith("EventDefinition"):
            places.setdefault(kind.name, {})[kind.trigger] = kind
    yield table(("Ort", *triggers), [(place, *("läuft" if row[t].verdict == "runs" else "–" for t in triggers)) for place, row in places.items()])
    refused = ", ".join(f"{k.trigger} (`{k.tag}`)" for k in kinds if k.tag.endswith("EventDefinition"))
    yield f"Ein Strich: wird abgelehnt. An jedem Ort abgelehnt: {refused}; mehrere Auslöser an einem Ereignis."


def files(outcomes: Sequence[FileOutcome]) -> Iterator[str]:
    """Counts, then every file."""
    if not outcomes:
        yield "Im angegebenen Ordner wurde keine Datei gefunden."
        return
    running = sum(o.result == "runs" for o in outcomes)
    yield f"{len(outcomes)} Dateien beantwortet, {running} davon laufen unverändert."
    rows = [
        (o.file, RESULTS[o.result], *(o.pruefung.model.count(v) for v in WORDS), o.reason)
        for o in outcomes
    ]
    yield table(("Datei", "Ergebnis", "Elemente: läuft", "Dokumentation", "läuft nicht", "erster Grund"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [line(head), line(["---"] * len(head)), *(line([cell(value) for value in row]) for row in rows)]
    return "\n".join(lines)


def line(cells: Sequence[str]) -> str:
    """A row."""
    return "| " + " | ".join(cells) + " |"


def cell(value: object) -> str:
    """Foreign text must not break the table, nor become markup."""
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
