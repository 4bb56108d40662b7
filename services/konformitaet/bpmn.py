"""Looks at every BPMN file of a folder, whatever tool wrote it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from services.modellpruefung import Pruefung, examine

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES: Final = frozenset({".bpmn", ".bpmn2", ".xml"})
Result = Literal["runs", "does_not_run", "not_a_model"]


@dataclass(frozen=True, kw_only=True)
class FileOutcome:
    """One file.

    Attributes:
        file: path below the folder that was asked for.
        reason: in German; empty if it runs.
        seconds: how long the answer took.
    """

    file: str
    result: Result
    reason: str
    seconds: float
    pruefung: Pruefung


def run(root: Path) -> list[FileOutcome]:
    """All files in a folder and the folders below it, in the order of their names."""
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    return [run_file(path, path.relative_to(root).as_posix()) for path in paths]


def run_file(path: Path, name: str) -> FileOutcome:
    """One file."""
    begin = time.perf_counter()
    found = examine(path.read_bytes(), picture=False)
    seconds = round(time.perf_counter() - begin, 3)
    if found.model.report.runs:
        return FileOutcome(file=name, result="runs", reason="", seconds=seconds, pruefung=found)
    errors = [f.message_de for f in found.model.report.findings if f.severity == "error"]
    more = f" (und {len(errors) - 1} weitere)" if len(errors) > 1 else ""
    result: Result = "does_not_run" if found.model.elements else "not_a_model"
    return FileOutcome(file=name, result=result, reason=errors[0] + more, seconds=seconds, pruefung=found)
