"""``etappe lint``: findings about models and forms, one line each, as editors and people read them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WORDS = {"error": "Fehler", "warning": "Warnung", "ignored": "Hinweis"}
Line = tuple[str, int, str]  # severity, line in the file (0: unknown), sentence


def shipped_files() -> list[Path]:
    """All models and forms that come with Etappe, from the checkout or the installed package."""
    import forms  # noqa: PLC0415  only their folders are needed
    import processes  # noqa: PLC0415

    roots = [Path(package.__file__).parent for package in (processes, forms) if package.__file__]
    return sorted(path for root in roots for path in root.rglob("*") if path.suffix in {".bpmn", ".dmn", ".form"})


def check_files(paths: Sequence[Path]) -> int:
    """Print the findings and a summary. 1 if something will not run."""
    count: Counter[str] = Counter()
    for path in paths:
        for severity, line, sentence in findings(path):
            count[severity] += 1
            print(f"{path}:{line or 1}: {WORDS[severity]}: {sentence}")  # noqa: T201  the terminal is the output
    print(f"{len(paths)} Dateien geprüft: {count['error']} Fehler, {count['warning']} Warnungen, {count['ignored']} Hinweise.")  # noqa: T201
    return 1 if count["error"] or not paths else 0


def findings(path: Path) -> Iterator[Line]:
    """What is to be said about one file; an unreadable one is an error, never a stack trace."""
    try:
        data = path.read_bytes()
    except OSError as error:
        yield "error", 0, f"Die Datei kann nicht gelesen werden ({error.strerror})."
        return
    checks = {".bpmn": _model, ".xml": _model, ".dmn": _decision, ".form": _form}
    if path.suffix not in checks:
        yield "error", 0, "Erwartet wird eine Datei mit der Endung .bpmn, .dmn oder .form."
        return
    yield from checks[path.suffix](data)


def _model(data: bytes) -> Iterator[Line]:
    from engine.lint import lint  # noqa: PLC0415  SpiffWorkflow is needed for models only

    for finding in lint(data).findings:
        name = finding.element_name or finding.element_id
        yield finding.severity, finding.line, f"„{name}“: {finding.message_de}" if name else finding.message_de


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
