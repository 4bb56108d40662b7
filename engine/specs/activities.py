"""Tasks: user, script, decision, job worker; and the conditional choice of flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import NoFlowMatches, unsuitable
from engine.scopes import scope_of
from engine.specs.base import Element
from engine.spiff import State

if TYPE_CHECKING:
    from engine.instance import ProcessSpec
    from engine.specs.facts import ElementFacts
    from engine.spiff import Task


class ScriptTask(Element):
    """A FEEL expression whose value is the result variable."""

    def _run_hook(self, my_task: Task) -> bool | None:
        assert self.ext.script is not None
        assert self.ext.result is not None
        value = my_task.workflow.top_workflow.compute(self.ext.script, scope_of(my_task).view())
        my_task.internal_data["result"] = {self.ext.result: value}
        return super()._run_hook(my_task)


class DecisionTask(Element):
    """Calls a DMN decision by id."""

    def _run_hook(self, my_task: Task) -> bool | None:
        top = my_task.workflow.top_workflow
        assert self.ext.decision is not None
        assert self.ext.result is not None
        tag = None if self.ext.decision_version_tag is None else str(self.evaluate(my_task, self.ext.decision_version_tag))
        decision = str(self.evaluate(my_task, self.ext.decision))
        value = top.expressions.decide(decision, scope_of(my_task).view(), self.ext.decision_binding, tag, top.definition.key)
        top.reserve(value)
        my_task.internal_data["result"] = {self.ext.result: value}
        return super()._run_hook(my_task)


class JobTask(Element):
    """Whatever a worker does: STARTED with a job until ``job_done``, ``job_failed`` or an error."""

    def _run_hook(self, my_task: Task) -> bool | None:
        if "result" not in my_task.internal_data:
            my_task.internal_data["job"] = {"type": self.type(my_task), "retries": self.retries(my_task)}
            return None
        return super()._run_hook(my_task)

    def type(self, task: Task) -> str:
        """The job type; workers ask for it."""
        assert self.ext.job_type is not None
        value = self.evaluate(task, self.ext.job_type)
        if not isinstance(value, str) or not value:
            raise unsuitable(self.ext.job_type, f"Der Auftragstyp ist kein Text, sondern {value!r}.")
        return value

    def retries(self, task: Task) -> int:
        """How often a worker may try; 3 if the model is silent."""
        text = self.ext.job_retries or "3"
        value = self.evaluate(task, text)
        try:
            return int(str(value))
        except ValueError:
            raise unsuitable(text, f"Die Anzahl der Versuche ist keine ganze Zahl, sondern {value!r}.") from None


class Choice(Element):
    """Exclusive or inclusive decision, also for conditional flows that leave an activity."""

    logged = False

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts, *, inclusive: bool) -> None:
        super().__init__(wf_spec, name, facts)
        self.without_mappings()
        self.inclusive = inclusive
        self.flows: list[tuple[str, str | None, bool]] = []  # target, condition, is default

    def add(self, target: Element, condition: str | None, *, default: bool) -> None:
        """One more outgoing flow, in the order of the model."""
        self.connect(target)
        self.flows.append((target.name, condition, default))

    def chosen(self, task: Task) -> list[str]:
        """Names of the targets; raises NoFlowMatches."""
        hits: list[str] = []
        fallback: str | None = None
        for name, condition, default in self.flows:
            if default:
                fallback = name
            elif condition is None or self.evaluate(task, condition) is True:
                hits.append(name)
                if not self.inclusive:
                    break
        if not hits and fallback is None:
            raise NoFlowMatches(self.facts.name or self.bpmn_id)
        return hits or [str(fallback)]

    def _predict_hook(self, my_task: Task) -> None:
        """Where it goes is decided when it runs."""

    def _run_hook(self, my_task: Task) -> bool | None:
        specs = [self._wf_spec.task_specs[name] for name in self.chosen(my_task)]
        my_task._sync_children(specs, State.FUTURE)
        return True
