"""What lint says about a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "ignored"]
Verdict = Literal["runs", "documentation", "fails"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence about one element.

    Attributes:
        severity: ``error`` will not run; ``warning`` runs, but look at it; ``ignored`` is documentation only.
        code: stable, for tests and translations.
        element_type: BPMN tag.
        line: in the file; 0 if unknown.
    """

    severity: Severity
    code: str
    element_id: str = ""
    element_name: str = ""
    element_type: str = ""
    line: int = 0
    message_de: str
    message_en: str

    @classmethod
    def of_file(cls, code: str, german: str, english: str, line: int = 0) -> Finding:
        """An error of the file as a whole."""
        return cls(severity="error", code=code, line=line, message_de=german, message_en=english)


@dataclass(frozen=True, kw_only=True)
class ProcessInfo:
    """A process of the file.

    Attributes:
        executable: whether it can be deployed; others are pictures beside it.
    """

    id: str
    name: str
    executable: bool
    version_tag: str | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything lint found, errors first, then in the order of the file."""

    processes: tuple[ProcessInfo, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether the file can be deployed."""
        return not any(f.severity == "error" for f in self.findings)


@dataclass(frozen=True, kw_only=True)
class ElementReport:
    """What becomes of one element.

    Attributes:
        verdict: ``runs``; ``documentation`` is kept for people and not executed; ``fails`` stands in the way of a deployment.
        element_type: BPMN tag.
        line: in the file; 0 if unknown.
        process: id of the process around it; empty outside of processes.
        reasons_de: why it is documentation or fails, or what to look at although it runs; one sentence each.
        reasons_en: the same sentences in English.
    """

    verdict: Verdict
    element_id: str
    element_name: str
    element_type: str
    line: int
    process: str
    reasons_de: tuple[str, ...] = ()
    reasons_en: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelReport:
    """A file element by element.

    Attributes:
        report: what ``lint`` says; it decides whether the file can be deployed.
        elements: in the order of the file; empty if the file is no BPMN model. Where no process is marked as executable, they are
            looked at as if all were, so that people see what else would be missing.
    """

    report: Report
    elements: tuple[ElementReport, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """How many elements have this verdict."""
        return sum(e.verdict == verdict for e in self.elements)
