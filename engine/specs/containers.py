"""Elements that contain or call others: sub-process, event sub-process, call activity."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING

from engine.errors import unsuitable
from engine.scopes import apply_inputs, open_scope, scope_of
from engine.specs.base import Element, kill_scope, make_ready
from engine.spiff import State, above

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.instance import Instance, ProcessSpec, Sub
    from engine.specs.facts import ElementFacts
    from engine.spiff import Task


class SubProcess(Element):
    """Embedded sub-process: a scope of its own, a tree of its own, in the same instance.

    Attributes:
        key: of its specs in ``Instance.subprocess_specs``: ``<definition>/<element>/...``.
    """

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts, *, key: str) -> None:
        super().__init__(wf_spec, name, facts)
        self.key = key

    def enter(self, task: Task) -> None:
        open_scope(task)
        super().enter(task)

    def _update_hook(self, my_task: Task) -> bool:
        super()._update_hook(my_task)
        parent = above(my_task)  # a way in given by ``runtime.modify`` is handed down by the split
        entry = my_task.internal_data.pop("entry", ()) or parent.internal_data.pop("entry", ())
        sub = my_task.workflow.top_workflow.create_subprocess(my_task, self.key, entry)
        my_task._set_state(State.STARTED)
        sub.completed_event.connect(self.finished, my_task)
        return False

    def finished(self, sub: Sub, task: Task) -> None:  # noqa: ARG002 - the library calls back with the sub-process first
        """The last token inside has ended."""
        make_ready(task)

    def _run_hook(self, my_task: Task) -> bool | None:
        done = super()._run_hook(my_task)
        my_task.workflow.top_workflow.subprocesses.pop(my_task.id, None)
        return done

    def _on_cancel(self, my_task: Task) -> None:
        close_subprocess(my_task.workflow.top_workflow, my_task)
        super()._on_cancel(my_task)


def close_subprocess(top: Instance, host: Task) -> None:
    """Everything inside the sub-process of ``host`` is cancelled."""
    sub = top.subprocesses.pop(host.id, None)
    if sub is not None:
        kill_scope(sub)


class EventSub(SubProcess):
    """Event sub-process: takes over the payload of its start event.

    Input mappings see the payload; what is left of it is merged from the new scope upwards, or goes through the output mappings of the
    start event.
    """

    is_handler = True

    def __init__(
        self, wf_spec: ProcessSpec, name: str, facts: ElementFacts, *, key: str, start_outputs: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(wf_spec, name, facts, key=key)
        self.start_outputs = start_outputs

    def enter(self, task: Task) -> None:
        # Kept here until entering has worked: the start event is finished, so nothing of it is stored.
        payload = task.internal_data.setdefault("payload", above(task).internal_data.get("payload", {}))
        top = task.workflow.top_workflow
        compute = top.compute
        local = open_scope(task).local

        def evaluate(text: str, view: Mapping[str, object]) -> object:
            assert isinstance(view, ChainMap)
            return compute(text, ChainMap(local, payload, *view.maps))

        apply_inputs(task, self.input_mappings, evaluate)
        scope = scope_of(task)  # the start event is inside: its flow scope is the new scope
        if self.start_outputs:
            view = scope.view()
            for target, source in self.start_outputs:
                scope.propagate_path(target, compute(source, view.new_child(payload)))
        else:
            top.make_room(scope, payload, task)
            scope.propagate(payload)
        task.internal_data.pop("payload")


class CallActivity(Element):
    """Another process instance. This one waits STARTED; ``calls`` of the step says what to start with which variables."""

    def enter(self, task: Task) -> None:
        super().enter(task)
        ext, top = self.ext, task.workflow.top_workflow
        variables = scope_of(task).visible() if ext.copies_parent else dict(task.internal_data.get("vars", {}))
        assert ext.process is not None
        process = self.evaluate(task, ext.process)
        if not isinstance(process, str) or not process:
            raise unsuitable(ext.process, f"Der aufgerufene Prozess ist kein Text, sondern {process!r}.")
        tag = None if ext.version_tag is None else str(self.evaluate(task, ext.version_tag))
        task.internal_data["call"] = {"process": process, "binding": ext.binding, "tag": tag}
        top.passed_on[task.id] = variables

    def _update_hook(self, my_task: Task) -> bool:
        super()._update_hook(my_task)
        my_task._set_state(State.STARTED)
        return False

    def returned(self, task: Task, variables: Mapping[str, object]) -> None:
        """The called instance completed: its variables are this activity's result, if anything asks for them."""
        wanted = self.output_mappings or self.ext.returns_all
        task.internal_data["result"] = dict(variables) if wanted else {}
        task.internal_data.pop("call")
        make_ready(task)
