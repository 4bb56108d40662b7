"""Short helpers that write BPMN for tests of the services."""

from __future__ import annotations

import itertools

HEAD = ('<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        'id="definitions" targetNamespace="http://etappe/tests">')
_numbers = itertools.count()


def ext(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if inner else ""


def el(tag: str, id_: str, inner: str = "", **attributes: str) -> str:
    return f'<bpmn:{tag} id="{id_}"' + "".join(f' {k}="{v}"' for k, v in attributes.items()) + f">{inner}</bpmn:{tag}>"


def flow(a: str, b: str, condition: str = "") -> str:
    inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return el("sequenceFlow", f"f{next(_numbers)}", inner, sourceRef=a, targetRef=b)


def chain(*ids: str) -> str:
    return "".join(flow(a, b) for a, b in itertools.pairwise(ids))


def user(id_: str, assignment: str = 'candidateGroups="fallmanagement"', more: str = "") -> str:
    parts = "<zeebe:userTask/>" + (f"<zeebe:assignmentDefinition {assignment}/>" if assignment else "") + more
    return el("userTask", id_, ext(parts), name=id_.replace("_", " ").capitalize())


def service(id_: str, type_: str = "extern", more: str = "", retries: str = "3") -> str:
    return el("serviceTask", id_, ext(f'<zeebe:taskDefinition type="{type_}" retries="{retries}"/>{more}'))


def timer_catch(id_: str, duration: str) -> str:
    return el("intermediateCatchEvent", id_, f"<bpmn:timerEventDefinition><bpmn:timeDuration>{duration}</bpmn:timeDuration></bpmn:timerEventDefinition>")


def message(id_: str, name: str, key: str) -> str:
    return el("message", id_, ext(f'<zeebe:subscription correlationKey="{key}"/>'), name=name)


def message_catch(id_: str, ref: str) -> str:
    return el("intermediateCatchEvent", id_, f'<bpmn:messageEventDefinition messageRef="{ref}"/>')


def boundary(id_: str, host: str, definition: str, *, interrupting: bool = True) -> str:
    return el("boundaryEvent", id_, definition, attachedToRef=host, cancelActivity=str(interrupting).lower())


def call(id_: str, process: str) -> str:
    return el("callActivity", id_, ext(f'<zeebe:calledElement processId="{process}"/>'))


def process(id_: str, body: str, *roots: str) -> bytes:
    """A file with one executable process; ``roots`` are messages, errors and signals."""
    return (HEAD + "".join(roots) + el("process", id_, body, isExecutable="true", name=id_.capitalize()) + "</bpmn:definitions>").encode()


def sequence(id_: str, *elements: str) -> bytes:
    """Start, the elements one after the other, end."""
    import re
    ids = [re.search(r'id="([^"]+)"', e).group(1) for e in elements]  # type: ignore[union-attr]
    return process(id_, el("startEvent", "anfang") + "".join(elements) + el("endEvent", "ende") + chain("anfang", *ids, "ende"))
