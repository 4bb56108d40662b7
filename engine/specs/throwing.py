"""Throwing events: intermediate throw events, end events, send tasks without a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from engine.errors import UnhandledError
from engine.specs.base import Element, kill_scope
from engine.specs.events import broadcast, correlation_key, find_catcher, fire
from engine.step import Raised, ThrownMessage, ThrownSignal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.instance import ProcessSpec
    from engine.specs.facts import ElementFacts
    from engine.spiff import Task


class Throw(Element):
    """Local variables (input mappings) travel with message, error, escalation and signal; nothing else does."""

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts) -> None:
        super().__init__(wf_spec, name, facts)
        self.event = facts.event

    def _run_hook(self, my_task: Task) -> bool | None:
        kind, code, top = self.event.kind, self.event.name, my_task.workflow.top_workflow
        if kind in ("error", "escalation") and find_catcher(my_task, kind, code) is None:
            if top.parent is not None and not my_task.internal_data.pop("resumed", None):
                raise_to_parent(my_task, "error" if kind == "error" else "escalation", code, my_task.internal_data.get("vars", {}))
                return None  # STARTED until the calling instance answered
            if kind == "error":
                raise UnhandledError(code)
        if kind == "message":
            my_task.internal_data["publish"] = self.message(my_task)
        return super()._run_hook(my_task)

    def message(self, task: Task) -> list[object]:
        """Correlation key and variables of the message; evaluated before the outputs are mapped, so that it may fail."""
        text = self.ext.correlation_key or self.event.text
        key = None if text is None else correlation_key(self.evaluate(task, text), text)
        return [key, dict(task.internal_data.get("vars", {}))]

    def _on_complete_hook(self, my_task: Task) -> None:
        """After COMPLETED, because what catches it may cancel everything around this task."""
        super()._on_complete_hook(my_task)
        event, top, local = self.event, my_task.workflow.top_workflow, dict(my_task.internal_data.get("vars", {}))
        if event.kind in ("error", "escalation"):
            catcher = find_catcher(my_task, event.kind, event.name)
            if catcher is not None:
                fire(catcher, local)
        elif event.kind == "signal":
            assert event.name is not None
            top.signals.append(ThrownSignal(name=event.name, variables=local))
            broadcast(top, event.name, local)
        elif event.kind == "message":
            assert event.name is not None
            key, variables = my_task.internal_data.pop("publish")
            top.messages.append(
                ThrownMessage(element=self.bpmn_id, task=my_task.id.hex, name=event.name, correlation_key=key, variables=variables)
            )
        elif event.kind == "terminate":
            kill_scope(my_task.workflow, spare=(my_task,))
            my_task.workflow._mark_complete(my_task)


class EndEvent(Throw):
    """A throwing event without a way on."""


def raise_to_parent(task: Task, kind: Literal["error", "escalation"], code: str | None, variables: Mapping[str, object]) -> None:
    """Nobody here catches it: the calling instance is asked, in the same command."""
    task.internal_data["raising"] = kind
    task.workflow.top_workflow.raised.append(Raised(task=task.id.hex, kind=kind, code=code, variables=dict(variables)))
