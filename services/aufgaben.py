"""Completing a task with its form: one use case over engine and Fallakte, one commit.

The form is checked against what the task sees; its answers are divided by their bindings into process variables and
sections of the Fallakte (decision D7).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.expressions import floats
from forms.shape import Door
from forms.submission import Submission, prefill, split, submit
from services.dokumente import unterlagen
from services.errors import Conflict, InvalidInput, TaskNotOpen
from services.fall import akte
from services.prozess import rechte
from services.prozess.command import Command
from services.prozess.tasks import lock
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.ports import Evaluator
    from forms.model import Form
    from services.bootstrap import App
    from services.context import Actor

class FormRefused(InvalidInput):
    """The answers do not pass the form; ``submission`` holds them as typed, with a sentence per field."""

    message_de = "Bitte prüfen Sie Ihre Angaben. Es wurde nichts gespeichert."

    def __init__(self, submission: Submission) -> None:
        super().__init__("Bitte prüfen Sie Ihre Angaben: " + " ".join(list(submission.errors.values())[:5]), errors=dict(submission.errors))
        self.submission = submission


@dataclass(frozen=True, kw_only=True)
class OpenForm:
    """What a page needs to show the form of a task."""

    form: Form
    form_key: int
    version: int
    values: Mapping[str, Any]
    context: Mapping[str, Any]
    evaluate: Callable[[str, Mapping[str, Any]], Any]
    person: int | None = None


def person_of(variables: Mapping[str, Any]) -> int | None:
    """The person whose sections the task writes: the variable ``person_id`` of its scope."""
    value = variables.get("person_id")
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@lru_cache(maxsize=2000)
def is_bound(form: Form) -> bool:
    """Whether a form reads from and writes to the Fallakte."""
    return any(field.binding.section for _, field in form.fields())


@lru_cache(maxsize=2000)
def has_files(form: Form) -> bool:
    """Whether a form asks for files."""
    return bool(unterlagen.felder(form))


def sections_of(uow: UnitOfWork, form: Form, business_id: str | None, person: int | None) -> Mapping[str, Mapping[str, Any]]:
    """Present values of the sections that a form is bound to; nothing is read for a form without bindings."""
    if business_id is None or not is_bound(form):
        return {}
    return akte.sections_for_form(uow, business_id, person)


def evaluator_for(expressions: Evaluator) -> Callable[[str, Mapping[str, Any]], Any]:
    """FEEL for forms: the text without ``=``."""
    return lambda text, view: expressions.value("=" + text, view)


def open_form(app: App, actor: Actor, *, key: int) -> OpenForm | None:
    """The form of an open task with its present answers; None if it has no form. Raises NotFound, TaskNotOpen."""
    return transact(app, actor, lambda uow: open_in(uow, key=key))  # reading the Fallakte is written down


def open_in(uow: UnitOfWork, *, key: int) -> OpenForm | None:
    """The same inside a unit of work of the caller; its ``evaluate`` may read facts of the case as long as that is open."""
    row, instance = lock(uow, key)
    rechte.require_task(uow, "read", row)
    if row.task_status != "CREATED":
        raise TaskNotOpen(task=key, status=row.task_status)
    if row.form_definition is None:
        return None
    command = Command(uow)
    command.store.add(instance)
    command.open_family(instance.business_id)
    form = uow.app.library.form(uow.session, row.form_definition)
    variables = command.visible_variables(instance.key, row.task_id)
    person = person_of(variables)
    sections = sections_of(uow, form, instance.business_id, person)
    values = prefill(form, variables, sections)
    expressions = command.store.evaluator_of(instance.key)
    context = {**variables, **values}  # FEEL sees the facts of the case besides
    return OpenForm(form=form, form_key=row.form_definition, version=row.form_version, values=values, context=context,
                    evaluate=evaluator_for(expressions), person=person)


def complete_with_form(app: App, actor: Actor, *, key: int, values: Any, typed: bool) -> None:  # noqa: ANN401  JSON object or form post
    """Check the answers, write the Fallakte, complete the task.

    Args:
        app: The application.
        actor: Who completes.
        key: Of the task.
        values: A JSON object (``typed``), or the multi-dict of a form post.
        typed: Whether values have JSON types; otherwise they are strings as typed.

    Raises:
        FormRefused: with a sentence for each field.
        TaskNotOpen, NotFound, NotPermitted: as for every task.
    """
    def work(uow: UnitOfWork) -> None:
        row, instance = lock(uow, key)
        if row.task_status != "CREATED":
            rechte.require_task(uow, "read", row)  # whoever may see it is told that somebody was faster
            raise TaskNotOpen(task=key, status=row.task_status)
        rechte.require_task(uow, "complete", row)
        if row.form_id is not None and row.form_definition is None:
            raise Conflict(f"Das Formular „{row.form_id}“ dieser Aufgabe ist nicht eingespielt. Ohne das Formular lassen sich die Angaben nicht prüfen.")
        command = Command(uow)
        command.store.add(instance)
        command.begin(instance)
        variables: Mapping[str, Any] = values if typed else {}
        if row.form_definition is not None:
            variables = take_answers(uow, command, row, instance.key, instance.business_id, values, typed=typed)
        command.completed_by[instance.key, row.task_id] = actor.login
        command.run(instance.key, "complete", row.task_id, dict(variables))
        command.finish("user_task.complete", f"user_task:{key}", detail={"element": row.element_id})
    transact(app, actor, work)


def take_answers(uow: UnitOfWork, command: Command, row: Any, instance_key: int, business_id: str | None, values: Any, *,  # noqa: ANN401  rows, JSON
                 typed: bool) -> Mapping[str, Any]:
    """The process variables of a form; its other answers are written to the Fallakte."""
    form = uow.app.library.form(uow.session, row.form_definition)
    seen = command.visible_variables(instance_key, row.task_id)
    person = person_of(seen)
    sections = sections_of(uow, form, business_id, person)
    context = {**seen, **prefill(form, seen, sections)}
    submission = submit(form, values, evaluator_for(command.store.evaluator_of(instance_key)), context, door=Door.JSON if typed else Door.HTML)
    if not submission.ok:
        raise FormRefused(submission)
    if has_files(form):
        submission = take_files(uow, form, submission, context, unterlagen.Vorgang(
            aufgabe=row.key, element_id=row.element_id, instanz=instance_key, wurzel=row.root_key, aktenzeichen=business_id, person=person))
    if submission.fallakte:
        if business_id is None:
            raise InvalidInput("Dieses Formular schreibt in eine Fallakte, der Vorgang gehört aber zu keinem Fall.")
        akte.write_sections(
            uow, uow.actor, business_id, person, stored(submission.fallakte), form_id=form.id, form_version=row.form_version, nach_dem_ende=True
        )
    return stored(submission.variables)


def stored(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as they are kept: a form gives ``Decimal`` for a number with a point, JSON knows float."""
    return {name: floats(value) for name, value in answers.items()}


def take_files(uow: UnitOfWork, form: Form, submission: Submission, present: Mapping[str, Any], vorgang: unterlagen.Vorgang) -> Submission:
    """Make documents of the files that the answers name. Raises FormRefused where an answer names no file that there is."""
    errors = unterlagen.pruefen(uow, vorgang, form, submission.values, present)
    if errors:
        raise FormRefused(replace(submission, errors=errors, variables={}, fallakte={}))
    unterlagen.uebernehmen(uow, vorgang, form, submission.values)
    variables, fallakte = split(form, submission.values)
    return replace(submission, variables=variables, fallakte=fallakte)
