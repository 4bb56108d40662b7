"""Will this model run? Findings for people, never a stack trace.

Everything that would not run is an error with element, line and reason; nothing is silently ignored. What only documents (artifacts,
data objects, foreign elements) is reported as ``ignored``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.checks.context import Context, name_of
from engine.checks.elements import describe
from engine.checks.origin import foreign_namespaces, no_model
from engine.checks.structure import ScopeCheck, check_ids
from engine.dialect.builder import Build
from engine.dialect.extensions import attribute
from engine.dialect.names import BPMN, is_bpmn, local
from engine.errors import InvalidDefinition
from engine.findings import ElementReport, Finding, ModelReport, ProcessInfo, Report, Severity
from engine.xml import read

if TYPE_CHECKING:
    from lxml import etree

__all__ = [
    "ElementReport", "Finding", "ModelReport", "ProcessInfo", "Report", "Severity", "examine", "executable_processes", "lint", "report_elements",
]
PROCESS_ID = re.compile(r"[^\W\d][\w.-]{0,199}")  # an XML name; it becomes part of addresses
ORDER = {"error": 0, "warning": 1, "ignored": 2}


def lint(data: bytes) -> Report:
    """Look at a whole file. Never raises, whatever the file is."""
    try:
        root = read(data)
    except InvalidDefinition as exc:
        return Report(findings=exc.findings)
    return lint_tree(root)


def report_elements(data: bytes) -> ModelReport:
    """What becomes of every element of a file. Never raises, whatever the file is."""
    try:
        root = read(data)
    except InvalidDefinition as exc:
        return ModelReport(report=Report(findings=exc.findings))
    context = examined(root)
    report, running = report_of(context), executable_processes(root)
    elements: list[ElementReport] = []
    if is_model(root):
        try:
            # What nobody marks as executable is told as if it were: the author learns what is missing besides the mark.
            for process in () if running else root.findall(BPMN + "process"):
                check_process(context, process)
            elements = describe(context, running)
        except Exception as exc:  # noqa: BLE001 - a foreign model never ends in a stack trace
            report = replace(report, findings=(*report.findings, unexpected(exc)))
    return ModelReport(report=report, elements=tuple(elements))


def lint_tree(root: etree._Element) -> Report:
    """The report on a file that could be read."""
    return report_of(examined(root))


def report_of(context: Context) -> Report:
    """The report on a file over which the rules have run."""
    root, findings, running = context.root, in_order(context.findings), executable_processes(context.root)
    processes = tuple(
        ProcessInfo(
            id=p.get("id") or "",
            name=name_of(p) or p.get("id") or "",
            executable=p in running,
            version_tag=attribute(p, "versionTag", "value"),
        )
        for p in root.findall(BPMN + "process")
    )
    if not any(f.severity == "error" for f in findings):
        findings += try_to_build(root)
    return Report(processes=processes, findings=tuple(findings))


def executable_processes(root: etree._Element) -> list[etree._Element]:
    """Processes marked as executable; if the file marks none, those that are not marked as pictures."""
    processes = root.findall(BPMN + "process")
    return [p for p in processes if p.get("isExecutable") == "true"] or [p for p in processes if p.get("isExecutable") is None]


def examine(root: etree._Element) -> list[Finding]:
    """What all rules find in a file that could be read; errors first. Never raises."""
    return in_order(examined(root).findings)


def in_order(findings: list[Finding]) -> list[Finding]:
    """Errors first, then by line."""
    return sorted(findings, key=lambda f: (ORDER[f.severity], f.line))


def examined(root: etree._Element) -> Context:
    """All rules over a file that could be read. Never raises."""
    context = Context(root)
    try:
        check_file(context)
    except Exception as exc:  # noqa: BLE001 - a rule that stumbles over a foreign model must not hide what the others found
        context.findings.append(unexpected(exc))
    return context


def check_file(context: Context) -> None:
    """The file, then its executable processes."""
    root = context.root
    if not is_model(root):
        context.findings.append(Finding.of_file("not_bpmn", *no_model(root)))
        return
    check_ids(context)
    for extension in root.findall(BPMN + "extension"):
        if extension.get("mustUnderstand") == "true":
            context.error(
                "must_understand",
                extension,
                f"Das Modell verlangt die Erweiterung „{(extension.get('definition') or '')[:80]}“ (mustUnderstand); sie wird nicht ausgeführt.",
                f'The model demands the extension "{(extension.get("definition") or "")[:80]}" (mustUnderstand); it is not executed.',
            )
    for namespace, count in sorted(foreign_namespaces(root).items()):
        context.findings.append(
            Finding(
                severity="ignored",
                code="foreign_namespace",
                message_de=f"Angaben anderer Werkzeuge werden nicht ausgewertet und bleiben erhalten: „{namespace[:100]}“ ({count}-mal).",
                message_en=f'Information of other tools is not evaluated and kept: "{namespace[:100]}" ({count} times).',
            )
        )
    running = executable_processes(root)
    if not running:
        context.findings.append(
            Finding.of_file(
                "no_executable",
                "Die Datei enthält keinen ausführbaren Prozess (isExecutable).",
                "The file contains no executable process (isExecutable).",
            )
        )
    for process in root.findall(BPMN + "process"):
        if process not in running:
            context.ignore(
                "not_executable",
                process,
                "Der Prozess {x} ist nicht als ausführbar gekennzeichnet und bleibt ein Bild.",
                "Process {x} is not marked as executable and remains a picture.",
            )
            continue
        check_process(context, process)


def is_model(root: etree._Element) -> bool:
    """Whether this is the root of a BPMN 2.0 file."""
    return is_bpmn(root) and local(root) == "definitions"


def check_process(context: Context, process: etree._Element) -> None:
    """A process that shall run."""
    if not process.get("id"):
        context.error("id_missing", process, "{x}: die Kennung des Prozesses fehlt.", "{x}: the process has no id.")
    elif not PROCESS_ID.fullmatch(process.get("id", "")):
        context.error(
            "id_form",
            process,
            f"{{x}}: die Kennung des Prozesses „{process.get('id', '')[:80]}“ ist nicht verwendbar; erlaubt sind Buchstaben, Ziffern, „_“, „-“ "
            "und „.“, am Anfang ein Buchstabe oder „_“.",
            f'{{x}}: the process id "{process.get("id", "")[:80]}" cannot be used; letters, digits, "_", "-" and "." are allowed.',
        )
    ScopeCheck(context, process, "process").run()


def try_to_build(root: etree._Element) -> list[Finding]:
    """The last rule: the specs can really be built."""
    for process in executable_processes(root):
        try:
            Build(root, process, "lint")
        except Exception as exc:  # noqa: BLE001 - whatever the builder stumbles over is a finding, not a stack trace
            return [unexpected(exc)]
    return []


def unexpected(exc: Exception) -> Finding:
    """Something no rule foresaw."""
    what = f"{type(exc).__name__}: {exc}"[:300]
    return Finding.of_file("unexpected", f"Das Modell kann nicht gelesen werden ({what}).", f"The model cannot be read ({what}).")
