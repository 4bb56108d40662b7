"""A task with its form: what the page shows, the draft, and completing it with the Fallakte in one commit.

Answers to a form come from three places, the later covering the earlier: process variables, the Fallakte, the person's draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from forms.rows import apply_row_action
from forms.show import build_view
from forms.submission import Submission, prefill, submit
from services import policy
from services.errors import NotFound, TaskNotOpen
from services.fall import akte
from services.prozess import entwuerfe, tasks
from services.prozess.definitions import library
from services.prozess.evaluator import make_evaluator
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from forms.model import Evaluate, Form
    from forms.shape import MultiDict
    from forms.view import Block, FormView
    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.tasks import TaskInfo


@dataclass(frozen=True, kw_only=True)
class Aufgabe:
    """What the page of a task shows. ``view`` is None for a task without a form.

    ``entwurf`` is the time of the draft that is shown, ``person`` the member of the case whom the task concerns, ``in_worten``
    the answers as plain lines (for a note, where the task was completed by somebody else meanwhile).
    """

    task: TaskInfo
    view: FormView | None
    entwurf: datetime | None = None
    person: str | None = None
    in_worten: str = ""


@dataclass(frozen=True, kw_only=True)
class _Open:
    """A form with everything its expressions see, valid inside one unit of work."""

    form: Form
    form_version: int
    evaluate: Evaluate
    context: Mapping[str, Any]
    present: Mapping[str, Any]
    person: int | None


def _form(uow: UnitOfWork, task: TaskInfo) -> tuple[Form, int] | None:
    """The latest version of the task's form. Raises NotFound if it was never deployed."""
    if task.form_id is None:
        return None
    row = uow.session.execute(text("select key, version from form_definition where form_id = :f order by version desc limit 1"),
                              {"f": task.form_id}).one_or_none()
    if row is None:
        raise NotFound(f"Das Formular „{task.form_id}“ ist nicht eingespielt.")
    return library().form(uow.session, row.key), row.version


def _open(uow: UnitOfWork, task: TaskInfo) -> _Open | None:
    found = _form(uow, task)
    if found is None:
        return None
    form, version = found
    variables = tasks.visible_variables(uow, task)
    person = akte.person_of(variables)
    sections = {field.binding.section for _, field in form.fields() if field.binding.section is not None}
    fallakte = akte.fuer_formular(uow, task.business_id, person=person, abschnitte=sections, zweck=task.form_id or task.element_id) \
        if task.business_id and sections else {}
    evaluator = make_evaluator(uow, task.business_id, [])
    present = prefill(form, variables, fallakte)

    def evaluate(expression: str, names: Mapping[str, Any]) -> Any:  # noqa: ANN401  a FEEL value
        return evaluator.value("=" + expression, names)

    return _Open(form=form, form_version=version, evaluate=evaluate, context={**variables, **present}, present=present, person=person)


def _view(opened: _Open, values: Mapping[str, Any], errors: Mapping[str, str], *, readonly: bool = False) -> FormView:
    return build_view(opened.form, values, errors, opened.evaluate, opened.context, readonly=readonly)


def zeigen(app: App, actor: Actor, *, key: int, data: MultiDict | None = None) -> Aufgabe:
    """The task as its page shows it: to be filled in by its assignee, to be read by others.

    ``data``: what was typed just now, if it has to be shown again. Raises NotFound.
    """
    def work(uow: UnitOfWork) -> Aufgabe:
        task = tasks.load(uow.session, actor, key)
        if task.status != "CREATED":
            return Aufgabe(task=task, view=None, in_worten=_words(uow, task, data))
        opened = _open(uow, task)
        if opened is None:
            return Aufgabe(task=task, view=None)
        mine = task.assignee == actor.login
        draft = entwuerfe.draft_in(uow, key=key) if mine else None
        values = draft.inhalt if draft is not None else opened.present
        return Aufgabe(task=task, view=_view(opened, values, {}, readonly=not mine), entwurf=draft.gespeichert if draft else None,
                       person=akte.name_of(uow, task.business_id, opened.person))
    return transact(app, actor, work)  # reading the Fallakte is written down


def anpassen(app: App, actor: Actor, *, key: int, data: MultiDict) -> Aufgabe:
    """Look again: what was typed, with the fields that depend on it, rows added or removed. Kept as a draft. Raises TaskNotOpen."""
    def work(uow: UnitOfWork) -> Aufgabe:
        task, opened = _mine(uow, key)
        typed = submit(opened.form, data, opened.evaluate, opened.context, partial=True).typed
        changed = apply_row_action(opened.form, typed, data)  # type: ignore[arg-type]  # a form post is a mapping as well
        values = typed if changed is None else changed
        saved = entwuerfe.save_in(uow, key=key, inhalt=values)
        return Aufgabe(task=task, view=_view(opened, values, {}), entwurf=saved, person=akte.name_of(uow, task.business_id, opened.person))
    return transact(app, actor, work)


def entwurf(app: App, actor: Actor, *, key: int, data: MultiDict) -> datetime:
    """Keep what was typed, valid or not; returns when. Raises TaskNotOpen, NotFound."""
    def work(uow: UnitOfWork) -> datetime:
        _, opened = _mine(uow, key)
        typed = submit(opened.form, data, opened.evaluate, opened.context, partial=True).typed
        return entwuerfe.save_in(uow, key=key, inhalt=typed)
    return transact(app, actor, work)


def verwerfen(app: App, actor: Actor, *, key: int) -> None:
    """Throw the draft away."""
    entwuerfe.discard(app, actor, key=key)


def abschliessen(app: App, actor: Actor, *, key: int, data: MultiDict) -> Aufgabe:
    """Complete the task. Where answers do not fit, nothing is completed, the draft is kept and the view holds the errors.

    Raises TaskNotOpen, NotPermitted, NotFound.
    """
    def work(uow: UnitOfWork) -> Aufgabe:
        task = tasks.load(uow.session, actor, key)
        if task.status != "CREATED":
            raise TaskNotOpen(task=key, status=task.status)
        opened = _open(uow, task)
        if opened is None:
            tasks.complete_in(uow, key=key, variables={})
            return Aufgabe(task=task, view=None)
        sent = submit(opened.form, data, opened.evaluate, opened.context)
        if not sent.ok:
            policy.require_task(actor, "complete", task)
            saved = entwuerfe.save_in(uow, key=key, inhalt=submit(opened.form, data, opened.evaluate, opened.context, partial=True).typed)
            return Aufgabe(task=task, view=_view(opened, sent.typed, sent.errors), entwurf=saved,
                           person=akte.name_of(uow, task.business_id, opened.person))
        tasks.complete_in(uow, key=key, variables=sent.variables, fallakte=lambda inner: _write(inner, task, opened, sent))
        return Aufgabe(task=task, view=_view(opened, sent.values, {}, readonly=True))
    return transact(app, actor, work)


def _write(uow: UnitOfWork, task: TaskInfo, opened: _Open, sent: Submission) -> None:
    """The sections of the Fallakte that the form writes."""
    if sent.fallakte and task.business_id:
        akte.aus_formular(uow, task.business_id, person=opened.person, abschnitte=sent.fallakte, form_id=task.form_id or task.element_id,
                          form_version=opened.form_version)


def _mine(uow: UnitOfWork, key: int) -> tuple[TaskInfo, _Open]:
    """An open task that the actor may complete, and its form."""
    task = tasks.load(uow.session, uow.actor, key)
    if task.status != "CREATED":
        raise TaskNotOpen(task=key, status=task.status)
    policy.require_task(uow.actor, "complete", task)
    opened = _open(uow, task)
    if opened is None:
        raise NotFound("Diese Aufgabe hat kein Formular.")
    return task, opened


# -- answers as plain lines ------------------------------------------------------------------------------------------------
def _words(uow: UnitOfWork, task: TaskInfo, data: MultiDict | None) -> str:
    """What was typed, one line per field. The task is over, so its variables are gone; labels and answers are enough."""
    found = _form(uow, task) if data is not None else None
    if data is None or found is None:
        return ""
    form = found[0]
    evaluator = make_evaluator(uow, task.business_id, [])

    def evaluate(expression: str, names: Mapping[str, Any]) -> Any:  # noqa: ANN401  a FEEL value
        return evaluator.value("=" + expression, names)

    typed = submit(form, data, evaluate, {}, partial=True).typed
    view = build_view(form, typed, {}, evaluate, {}, readonly=True)
    return "\n".join(line for section in view.sections for block in section.blocks for line in lines(block))


def lines(block: Block) -> list[str]:
    """„Label: answer“ for every answered field of a block."""
    found: list[str] = []
    if block.kind == "columns":
        for field in block.fields:  # type: ignore[union-attr]  # a ColumnsView
            found += lines(field)
    elif block.kind == "group":
        for inner in block.blocks:  # type: ignore[union-attr]  # a GroupView
            found += lines(inner)
    elif block.kind == "list":
        for row in block.rows:  # type: ignore[union-attr]  # a ListView
            for inner in row.blocks:
                found += lines(inner)
    elif hasattr(block, "shown"):
        if block.shown:
            found.append(f"{block.label}: {block.shown}")
        for inner in block.followers:
            found += lines(inner)
    return found


