"""Collects findings and knows the whole file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.dialect.events import read_named
from engine.dialect.names import BPMN, local
from engine.findings import Finding, Severity
from engine.xml import line_of

if TYPE_CHECKING:
    from lxml import etree

# A little more than XML allows: Visual Paradigm, for one, writes ids that begin with a digit or a dot. No colons: they part prefixes.
ID_FORM: Final = re.compile(r"(?=[.-]*\w)[\w.][\w.-]*")
MAX_NESTING: Final = 30  # sub-processes in sub-processes


class Context:
    """One run of lint over one file."""

    def __init__(self, root: etree._Element) -> None:
        self.root, self.named = root, read_named(root)
        # Processes that the file itself says are not to be executed.
        self.pictures = {p.get("id") or "" for p in root.findall(BPMN + "process") if p.get("isExecutable") == "false"}
        self.findings: list[Finding] = []
        self.places: list[tuple[etree._Element, Finding]] = []  # the element as such: ids may be missing or doubled

    def add(self, severity: Severity, code: str, node: etree._Element, german: str, english: str) -> None:
        """A finding; ``{x}`` in the sentences becomes the name or id of the element."""
        shown = label(node)
        finding = Finding(
            severity=severity,
            code=code,
            element_id=node.get("id") or "",
            element_name=name_of(node),
            element_type=local(node),
            line=line_of(node),
            message_de=german.replace("{x}", f"„{shown}“"),
            message_en=english.replace("{x}", f'"{shown}"'),
        )
        self.findings.append(finding)
        self.places.append((node, finding))

    def error(self, code: str, node: etree._Element, german: str, english: str) -> None:
        """Will not run."""
        self.add("error", code, node, german, english)

    def warn(self, code: str, node: etree._Element, german: str, english: str) -> None:
        """Runs, but look at it."""
        self.add("warning", code, node, german, english)

    def ignore(self, code: str, node: etree._Element, german: str, english: str) -> None:
        """Is kept as documentation."""
        self.add("ignored", code, node, german, english)


def name_of(node: etree._Element) -> str:
    """The name for people on one line; empty if there is none."""
    return " ".join((node.get("name") or "").split())[:200]


def label(node: etree._Element) -> str:
    """Name, else id, else tag."""
    return name_of(node) or (node.get("id") or "")[:200] or local(node)
