"""*Modell prüfen*: what becomes of every element of a BPMN file of any origin. Nothing is stored and nothing is deployed."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from engine.catalogue import Definition, Model
from engine.diagram.svg import ElementState, render
from engine.errors import InvalidDefinition
from engine.lint import report_elements
from services.errors import NotPermitted
from services.prozess import bindung
from services.prozess.bindung import UNDEPLOYED
from services.unit_of_work import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.findings import Finding, ModelReport, Verdict
    from services.bootstrap import App
    from services.context import Actor
    from services.unit_of_work import UnitOfWork

ROLE = "prozessverantwortung"
VERDICTS: tuple[Verdict, ...] = ("runs", "documentation", "fails")


@dataclass(frozen=True, kw_only=True)
class Pruefung:
    """What was found.

    Attributes:
        sha256: of the bytes as they came, in hex: the file is read, never changed.
        svg: the first diagram, elements that do not run marked; ``None`` if the file has none.
    """

    size: int
    sha256: str
    model: ModelReport
    svg: str | None


def pruefen(app: App, actor: Actor, *, data: bytes) -> Pruefung:
    """Examine an uploaded file, also for what it needs and the Mandant has not deployed. Never fails because of the file.

    Raises:
        NotPermitted: for everybody but the Prozessverantwortung.
    """
    if not actor.has_role(ROLE):
        raise NotPermitted
    found = examine(data)
    if not found.model.report.runs:
        return found
    return replace(found, model=with_missing(found.model, read(app, actor, lambda uow: missing(uow, data, found.model))))


def missing(uow: UnitOfWork, data: bytes, model: ModelReport) -> list[Finding]:
    """Warnings about forms, decisions and processes that the file names and that are not deployed here."""
    ids = [process.id for process in model.report.processes if process.executable]
    source = Model(data)
    return bindung.missing(uow, [Definition(source, UNDEPLOYED, process) for process in ids], beside=ids)


def with_missing(model: ModelReport, warnings: Sequence[Finding]) -> ModelReport:
    """The report with these warnings, also at their elements."""
    elements = tuple(
        replace(e, reasons_de=(*e.reasons_de, *(w.message_de for w in warnings if w.element_id == e.element_id)),
                reasons_en=(*e.reasons_en, *(w.message_en for w in warnings if w.element_id == e.element_id)))
        for e in model.elements)
    return replace(model, report=replace(model.report, findings=(*model.report.findings, *warnings)), elements=elements)


def examine(data: bytes, *, picture: bool = True) -> Pruefung:
    """Element by element, with a picture if wanted and possible."""
    model = report_elements(data)
    return Pruefung(size=len(data), sha256=hashlib.sha256(data).hexdigest(), model=model, svg=drawn(data, model) if picture else None)


def drawn(data: bytes, model: ModelReport) -> str | None:
    """The diagram; none if the file draws nothing, or in a way that cannot be followed."""
    problems = {e.element_id: ElementState(state="incident") for e in model.elements if e.verdict == "fails" and e.element_id}
    try:
        return render(data, problems, prefix="modell")
    except InvalidDefinition:
        return None


def as_json(found: Pruefung) -> dict[str, object]:
    """Everything but the picture, with English keys and both languages."""
    report = found.model.report
    return {
        "sha256": found.sha256,
        "bytes": found.size,
        "runs": report.runs,
        "counts": {verdict: found.model.count(verdict) for verdict in VERDICTS},
        "processes": [asdict(process) for process in report.processes],
        "findings": [asdict(finding) for finding in report.findings],
        "elements": [asdict(element) for element in found.model.elements],
    }
