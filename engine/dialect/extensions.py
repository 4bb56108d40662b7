"""The ``zeebe:`` extension elements of one node, and its loop marker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.dialect.names import BPMN, ZEEBE, has_zeebe, zeebe
from engine.specs.facts import Extensions, Loop

if TYPE_CHECKING:
    from lxml import etree


NOTHING: Final = Extensions()
DELIVERED_HERE: Final = "etappe.nachricht"
"""Job type that Camunda asks for on a thrown message; with this one no worker is asked, the engine delivers the message itself."""


def attribute(node: etree._Element, element: str, name: str) -> str | None:
    """An attribute of a zeebe element; the empty text counts as missing."""
    found = zeebe(node, element)
    return None if found is None else found.get(name) or None


def pairs(node: etree._Element, element: str, child: str, key: str) -> dict[str, str]:
    """Key-value lists: task headers and properties."""
    found = zeebe(node, element)
    return {} if found is None else {c.get(key, ""): c.get("value", "") for c in found.findall(ZEEBE + child)}


def mappings(node: etree._Element, direction: str) -> tuple[tuple[str, str], ...]:
    """Input or output mappings in order; a missing source is null."""
    found = zeebe(node, "ioMapping")
    return () if found is None else tuple((m.get("target", ""), m.get("source") or "= null") for m in found.findall(ZEEBE + direction))


def worker_type(node: etree._Element) -> str | None:
    """Job type of the element, or ``None`` if no worker is asked: also for a message that the engine delivers itself."""
    found = attribute(node, "taskDefinition", "type")
    return None if found == DELIVERED_HERE else found


def read_extensions(node: etree._Element) -> Extensions:
    """Everything the specs need to know."""
    if not has_zeebe(node):
        return NOTHING
    return Extensions(
        inputs=mappings(node, "input"),
        outputs=mappings(node, "output"),
        form_id=attribute(node, "formDefinition", "formId"),
        form_key=attribute(node, "formDefinition", "formKey") or attribute(node, "formDefinition", "externalReference"),
        form_binding=attribute(node, "formDefinition", "bindingType") or "latest",
        form_version_tag=attribute(node, "formDefinition", "versionTag"),
        assignee=attribute(node, "assignmentDefinition", "assignee"),
        candidate_groups=attribute(node, "assignmentDefinition", "candidateGroups"),
        candidate_users=attribute(node, "assignmentDefinition", "candidateUsers"),
        due=attribute(node, "taskSchedule", "dueDate"),
        follow_up=attribute(node, "taskSchedule", "followUpDate"),
        priority=attribute(node, "priorityDefinition", "priority"),
        job_type=worker_type(node),
        job_retries=attribute(node, "taskDefinition", "retries"),
        headers=pairs(node, "taskHeaders", "header", "key"),
        properties=pairs(node, "properties", "property", "name"),
        script=attribute(node, "script", "expression"),
        result=attribute(node, "script", "resultVariable") or attribute(node, "calledDecision", "resultVariable"),
        decision=attribute(node, "calledDecision", "decisionId"),
        decision_binding=attribute(node, "calledDecision", "bindingType") or "latest",
        decision_version_tag=attribute(node, "calledDecision", "versionTag"),
        process=attribute(node, "calledElement", "processId"),
        binding=attribute(node, "calledElement", "bindingType") or "latest",
        version_tag=attribute(node, "calledElement", "versionTag"),
        copies_parent=attribute(node, "calledElement", "propagateAllParentVariables") != "false",
        returns_all=attribute(node, "calledElement", "propagateAllChildVariables") != "false",
        correlation_key=attribute(node, "publishMessage", "correlationKey"),
    )


def read_loop(node: etree._Element) -> Loop | None:
    """Multi-instance or standard loop marker."""
    marker = node.find(BPMN + "multiInstanceLoopCharacteristics")
    if marker is not None:
        return Loop(
            sequential=marker.get("isSequential") == "true",
            items=attribute(marker, "loopCharacteristics", "inputCollection"),
            element=attribute(marker, "loopCharacteristics", "inputElement"),
            output=attribute(marker, "loopCharacteristics", "outputCollection"),
            output_element=attribute(marker, "loopCharacteristics", "outputElement"),
            until=text_of(marker, "completionCondition"),
        )
    marker = node.find(BPMN + "standardLoopCharacteristics")
    if marker is not None:
        return Loop(
            sequential=True,
            condition=text_of(marker, "loopCondition"),
            test_before=marker.get("testBefore") == "true",
            maximum=whole(marker.get("loopMaximum")),
        )
    return None


def whole(text: str | None) -> int | None:
    """A whole number of up to nine digits, as an attribute writes it; None for anything else."""
    plain = (text or "").strip().removeprefix("+")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 9 else None


def text_of(node: etree._Element, child: str) -> str | None:
    """Trimmed text of a BPMN child element; None if missing or blank."""
    text = node.findtext(BPMN + child)
    return (text or "").strip() or None
