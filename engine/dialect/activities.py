"""Tasks and call activities to specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.specs import CallActivity, Catch, DecisionTask, Element, JobTask, Pass, ScriptTask, Throw, UserTask

if TYPE_CHECKING:
    from engine.instance import ProcessSpec
    from engine.specs import ElementFacts


def build(spec: ProcessSpec, name: str, facts: ElementFacts) -> Element:
    """The spec of a task; a job type makes a job of whatever could also run here, as in Camunda 8."""
    ext = facts.ext
    if facts.type in ("userTask", "manualTask"):
        return UserTask(spec, name, facts)
    if facts.type == "callActivity":
        return CallActivity(spec, name, facts)
    if facts.type == "receiveTask":
        return Catch(spec, name, facts)
    if facts.type == "sendTask" and ext.job_type is None:
        return Throw(spec, name, facts)
    if facts.type == "scriptTask" and ext.script is not None:
        return ScriptTask(spec, name, facts)
    if facts.type == "businessRuleTask" and ext.decision is not None:
        return DecisionTask(spec, name, facts)
    if facts.type == "task":
        return Pass(spec, name, facts)
    return JobTask(spec, name, facts)
