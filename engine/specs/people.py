"""User tasks: who, until when, how urgent."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engine.errors import unsuitable
from engine.scopes import scope_of
from engine.specs.base import Element
from engine.step import OpenUserTask

if TYPE_CHECKING:
    from engine.instance import ProcessSpec
    from engine.specs.facts import ElementFacts
    from engine.spiff import Task

DEFAULT_PRIORITY = 50  # as in Camunda 8
PRIORITY: Final = re.compile(r"100|[0-9]{1,2}")


class UserTask(Element):
    """Waits READY for a person; ``complete`` puts what was entered into ``internal_data['result']``."""

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts) -> None:
        super().__init__(wf_spec, name, facts)
        self.manual = True

    def enter(self, task: Task) -> None:
        super().enter(task)
        task.workflow.top_workflow.described[task.id] = self.describe(task)

    def describe(self, task: Task) -> OpenUserTask:
        """All facts of the task, evaluated. Raises ExpressionError, FormNotFound."""
        ext = self.ext
        assignee, groups = self.text(task, ext.assignee), self.names(task, ext.candidate_groups)
        users = self.names(task, ext.candidate_users)
        if not (ext.assignee or ext.candidate_groups or ext.candidate_users) and self.facts.lane_group:
            groups = (self.facts.lane_group,)
        form_id, form_key = self.text(task, ext.form_id), self.text(task, ext.form_key)
        return OpenUserTask(
            element=self.bpmn_id,
            name=self.facts.name or self.bpmn_id,
            form_id=form_id,
            form_key=form_key if form_id is None else self.bound_form(task, form_id),
            assignee=assignee,
            candidate_groups=groups,
            candidate_users=users,
            due=self.instant(task, ext.due, end_of_day=True),
            follow_up=self.instant(task, ext.follow_up, end_of_day=False),
            priority=self.priority(task),
            headers=ext.headers,
        )

    def bound_form(self, task: Task, form_id: str) -> str | None:
        """The version of the form to which the task is bound; None for the latest. Raises FormNotFound."""
        top = task.workflow.top_workflow
        tag = self.text(task, self.ext.form_version_tag)
        return top.expressions.form(form_id, self.ext.form_binding, tag, top.definition.key)

    def text(self, task: Task, text: str | None) -> str | None:
        """A text or null; the empty text counts as null."""
        if text is None:
            return None
        value = self.evaluate(task, text)
        if value is not None and not isinstance(value, str):
            raise unsuitable(text, f"Erwartet wird ein Text, gefunden wurde {value!r}.")
        return value or None

    def names(self, task: Task, text: str | None) -> tuple[str, ...]:
        """Groups or users: a comma-separated text, or a FEEL list of texts; null is nobody."""
        if text is None:
            return ()
        value = self.evaluate(task, text)
        if value is None:
            return ()
        if isinstance(value, str):
            value = listed(value)
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise unsuitable(text, f"Erwartet wird eine Liste von Namen, gefunden wurde {value!r}.")
        return tuple(dict.fromkeys(name for name in value if name))

    def instant(self, task: Task, text: str | None, *, end_of_day: bool) -> datetime | None:
        """A due or follow-up time."""
        if text is None:
            return None
        top = task.workflow.top_workflow
        at = top.expressions.instant(text, scope_of(task).view(), top.now, end_of_day=end_of_day)
        return None if at is None else datetime.fromtimestamp(at, UTC)

    def priority(self, task: Task) -> int:
        """0 (can wait) to 100 (urgent)."""
        text = self.ext.priority
        if text is None:
            return DEFAULT_PRIORITY
        value = self.evaluate(task, text)
        if value is None:
            return DEFAULT_PRIORITY
        if not PRIORITY.fullmatch(str(value)):
            raise unsuitable(text, f"Die Priorität muss eine ganze Zahl von 0 bis 100 sein, gefunden wurde {value!r}.")
        return int(str(value))


def listed(text: str) -> list[str]:
    """``a, b`` or, as some modelers write it, the JSON text ``["a", "b"]``."""
    if text.startswith("["):
        try:
            return [str(name) for name in json.loads(text)]
        except ValueError:
            pass
    return [name.strip() for name in text.split(",")]
