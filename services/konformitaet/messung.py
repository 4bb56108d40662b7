"""One measurement: test cases of DMN and files of BPMN, as values and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from services.konformitaet import bpmn, tck
from services.modellpruefung import VERDICTS, as_json

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Level:
    """The test cases of one compliance level."""

    name: str
    cases: int
    passed: int

    @property
    def percent(self) -> float:
        """Share of the cases that passed, rounded down to hundredths: 100 means all."""
        return (10_000 * self.passed // self.cases) / 100 if self.cases else 0.0


@dataclass(frozen=True, kw_only=True)
class Messung:
    """What was run. ``None``: this part was not asked for."""

    dmn: list[tck.Outcome] | None = None
    bpmn: list[bpmn.FileOutcome] | None = None

    def levels(self) -> list[Level]:
        """The levels found, in order."""
        cases = Counter(o.level for o in self.dmn or ())
        passed = Counter(o.level for o in self.dmn or () if o.passed)
        return [Level(name=name, cases=number, passed=passed[name]) for name, number in sorted(cases.items())]


def measure(dmn_tck: Path | None, bpmn_files: Path | None) -> Messung:
    """Run both parts, as far as a folder is given.

    Raises:
        OSError: if a folder or file cannot be read.
    """
    return Messung(dmn=None if dmn_tck is None else tck.run(dmn_tck), bpmn=None if bpmn_files is None else bpmn.run(bpmn_files))


def to_json(found: Messung) -> dict[str, object]:
    """Counts, then every case and file with its outcome and the reason."""
    parts: dict[str, object] = {}
    if found.dmn is not None:
        parts["dmn_tck"] = {
            "cases": len(found.dmn),
            "passed": sum(o.passed for o in found.dmn),
            "levels": [{**asdict(level), "failed": level.cases - level.passed, "percent": level.percent} for level in found.levels()],
            "results": [
                {"level": o.level, "folder": o.folder, "file": o.file, "case": o.case, "results": o.results,
                 "outcome": "passed" if o.passed else "failed", "reason": o.reason}
                for o in found.dmn
            ],
        }
    if found.bpmn is not None:
        counts = Counter(o.result for o in found.bpmn)
        parts["bpmn"] = {
            "files": len(found.bpmn),
            "runs": counts["runs"],
            "does_not_run": counts["does_not_run"],
            "not_a_model": counts["not_a_model"],
            "elements": {v: sum(o.pruefung.model.count(v) for o in found.bpmn) for v in VERDICTS},
            "results": [{"file": o.file, "outcome": o.result, "reason": o.reason, "seconds": o.seconds, **as_json(o.pruefung)} for o in found.bpmn],
        }
    return parts
