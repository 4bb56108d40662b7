"""``etappe lint``: findings about models and forms, one line each, as editors and people read them; or all of it as JSON."""
# ruff: noqa: T201  the terminal is the output

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from engine.findings import ElementReport, Finding

WORDS = {"error": ("Fehler", "error"), "warning": ("Warnung", "warning"), "ignored": ("Hinweis", "note")}
MODELS = frozenset({".bpmn", ".bpmn2", ".xml"})
Line = tuple[str, int, str]  # severity, line in the file (0: unknown), sentence


def shipped_files() -> list[Path]:
    """All models and forms that come with Etappe, from the checkout or the installed package."""
    import forms  # noqa: PLC0415  only their folders are needed
    import processes  # noqa: PLC0415

    roots = [Path(package.__file__).parent for package in (processes, forms) if package.__file__]
    return sorted(path for root in roots for path in root.rglob("*") if path.suffix in {".bpmn", ".dmn", ".form"})


def check_files(paths: Sequence[Path], *, elements: AbstractSet[Path] = frozenset(), english: bool = False) -> int:
    """Print the findings and a summary. 1 if something will not run.

    Args:
        paths: the files.
        elements: the models among them of which every element is told.
        english: the sentences about models in English.
    """
    count: Counter[str] = Counter()
    for path in paths:
        for severity, line, sentence in findings(path, english=english):
            count[severity] += 1
            print(f"{path}:{line or 1}: {WORDS[severity][english]}: {sentence}")
        if path in elements and path.suffix.lower() in MODELS and path.is_file():
            for told in element_lines(path.read_bytes(), english=english):
                print(f"{path}:{told}")
    if english:
        print(f"{len(paths)} files checked: {count['error']} errors, {count['warning']} warnings, {count['ignored']} notes.")
    else:
        print(f"{len(paths)} Dateien geprüft: {count['error']} Fehler, {count['warning']} Warnungen, {count['ignored']} Hinweise.")
    return 1 if count["error"] or not paths else 0


def report_files(paths: Sequence[Path]) -> int:
    """Print one JSON document about all files. 1 if something will not run."""
    from services.modellpruefung import as_json, examine  # noqa: PLC0415  SpiffWorkflow is needed for models only

    reports: list[dict[str, object]] = []
    failed = not paths
    for path in paths:
        lines = [] if path.suffix.lower() in MODELS and path.is_file() else list(findings(path))
        if lines or path.suffix.lower() not in MODELS:
            errors = any(severity == "error" for severity, _, _ in lines)
            reports.append({"file": str(path), "runs": not errors, "findings": [
                {"severity": severity, "line": line, "message_de": sentence} for severity, line, sentence in lines]})
        else:
            found = examine(path.read_bytes(), picture=False)
            reports.append({"file": str(path), **as_json(found)})
        failed = failed or not reports[-1]["runs"]
    print(json.dumps({"files": reports}, ensure_ascii=False, indent=1))
    return 1 if failed else 0


def findings(path: Path, *, english: bool = False) -> Iterator[Line]:
    """What is to be said about one file; an unreadable one is an error, never a stack trace."""
    try:
        data = path.read_bytes()
    except OSError as error:
        yield "error", 0, f"Die Datei kann nicht gelesen werden ({error.strerror})."
        return
    suffix = path.suffix.lower()
    if suffix in MODELS:
        yield from _model(data, english=english)
    elif suffix in {".dmn", ".form"}:
        yield from (_decision if suffix == ".dmn" else _form)(data)
    else:
        yield "error", 0, "Erwartet wird eine Datei mit der Endung .bpmn, .dmn oder .form."


def element_lines(data: bytes, *, english: bool = False) -> Iterator[str]:
    """Every element with its verdict and the reasons, in the order of the file."""
    from engine.checks.words import VERDICTS, word  # noqa: PLC0415  SpiffWorkflow is needed for models only
    from engine.lint import report_elements  # noqa: PLC0415

    def told(element: ElementReport) -> str:
        kind = element.element_type if english else word(element.element_type)
        name = element.element_name or element.element_id
        shown = "" if not name else f' "{name}"' if english else f" „{name}“"
        subject = f"{shown.strip()}: "
        reasons = [reason.removeprefix(subject) for reason in (element.reasons_en if english else element.reasons_de)]
        because = {"fails": ", because: " if english else ", weil: "}.get(element.verdict, ": ")
        return f"{element.line or 1}: {VERDICTS[element.verdict][english]}: {kind}{shown}" + (because + " ".join(reasons) if reasons else "")
    yield from (told(element) for element in report_elements(data).elements)


def _model(data: bytes, *, english: bool) -> Iterator[Line]:
    from engine.lint import lint  # noqa: PLC0415  SpiffWorkflow is needed for models only

    for finding in lint(data).findings:
        yield finding.severity, finding.line, _sentence(finding, english=english)


def _sentence(finding: Finding, *, english: bool) -> str:
    name, message = finding.element_name or finding.element_id, finding.message_en if english else finding.message_de
    if not name or name in message:
        return message
    return f'"{name}": {message}' if english else f"„{name}“: {message}"


def _decision(data: bytes) -> Iterator[Line]:
    from engine.dmn import parse  # noqa: PLC0415
    from engine.errors import EngineError  # noqa: PLC0415

    try:
        parse(data)
    except EngineError as error:
        yield "error", 0, str(error)


def _form(data: bytes) -> Iterator[Line]:
    from forms.errors import FormsError  # noqa: PLC0415
    from forms.parse import parse  # noqa: PLC0415

    try:
        parse(data)
    except FormsError as error:
        yield "error", 0, str(error)
