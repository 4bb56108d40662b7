"""What the page of a task shows and keeps: its form as a view, the person's draft, and the way back when answers do not fit.

Completing itself is ``services.aufgaben``. Answers come from three places, the later covering the earlier: process variables,
the Fallakte, the person's draft. A draft holds the fields that were on the page when it was saved; any other field, which may
appear only after a further answer, shows what the Fallakte knows.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from forms.rows import apply_row_action
from forms.shape import Door, MultiDict
from forms.show import build_view
from forms.submission import submit
from services import aufgaben
from services.aufgaben import FormRefused, OpenForm, open_in
from services.dokumente import unterlagen
from services.errors import NotFound, TaskNotOpen
from services.prozess import entwuerfe, rechte, tasks
from services.prozess.evaluator import make_evaluator
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from forms.view import Block, FormView
    from services.bootstrap import App
    from services.context import Actor
    from services.dokumente.lesen import Datei
    from services.dokumente.unterlagen import Hochgeladen
    from services.prozess.tasks import TaskInfo


@dataclass(frozen=True, kw_only=True)
class FremderEntwurf:
    """A colleague has begun with a task that is the actor's now."""

    von: str
    gespeichert: datetime


@dataclass(frozen=True, kw_only=True)
class Aufgabe:
    """What the page of a task shows. ``view`` is None for a task without a form, or one that is over.

    ``entwurf`` is the time of the draft that is shown, ``fremder_entwurf`` names a colleague who had begun with the task, ``person`` is
    the key of the member of the case whom the task concerns, ``in_worten`` the answers as plain lines (for a note, where somebody else
    completed the task meanwhile).
    """

    task: TaskInfo
    view: FormView | None = None
    entwurf: datetime | None = None
    person: int | None = None
    in_worten: str = ""
    fremder_entwurf: FremderEntwurf | None = None


def _view(uow: UnitOfWork, task: TaskInfo, opened: OpenForm, values: Mapping[str, Any], errors: Mapping[str, str], *,
          readonly: bool = False) -> FormView:
    files = unterlagen.worte(uow, _vorgang(task, opened), opened.form, values) if aufgaben.has_files(opened.form) else {}
    return build_view(opened.form, values, errors, opened.evaluate, opened.context, readonly=readonly, files=files)


def _vorgang(task: TaskInfo, opened: OpenForm) -> unterlagen.Vorgang:
    return unterlagen.Vorgang(aufgabe=task.key, element_id=task.element_id, instanz=task.instance_key, wurzel=task.root_key,
                              aktenzeichen=task.business_id, person=opened.person)


def zeigen(app: App, actor: Actor, *, key: int, data: MultiDict | Mapping[str, Any] | None = None) -> Aufgabe:
    """The task as its page shows it: to be filled in by its assignee, to be read by others.

    ``data``: what was typed just now into a task that is over. Raises NotFound.
    """
    def work(uow: UnitOfWork) -> Aufgabe:
        task = tasks.load(uow.session, actor, key)
        if task.status != "CREATED":
            return Aufgabe(task=task, in_worten=_words(uow, task, data))
        opened = open_in(uow, key=key)
        if opened is None:
            return Aufgabe(task=task)
        mine = task.assignee == actor.login
        draft = entwuerfe.draft_in(uow, key=key) if mine else None
        values = opened.values if draft is None else _over(opened.values, draft.inhalt)
        begun = entwuerfe.of_colleague_in(uow, key=key) if mine and draft is None else None
        return Aufgabe(task=task, view=_view(uow, task, opened, values, {}, readonly=not mine), entwurf=draft.gespeichert if draft else None,
                       person=opened.person, fremder_entwurf=FremderEntwurf(von=begun.name, gespeichert=begun.gespeichert) if begun else None)
    return transact(app, actor, work)


def mit_dateien(app: App, actor: Actor, *, key: int, data: MultiDict | Mapping[str, Any], dateien: Sequence[Hochgeladen] = (),
                ohne: str | None = None) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Keep files with the draft, or take one out of it (``ohne``: name of the field, ``/``, reference); first of all other steps of a post.

    Returns:
        The form post with the references of the files, and a German sentence for each field whose file was not taken.

    Raises:
        TaskNotOpen, NotPermitted, NotFound.
    """
    def work(uow: UnitOfWork) -> tuple[Mapping[str, Any], dict[str, str]]:
        task, opened = _mine(uow, key)
        post = _plain(data)
        entwuerfe.begin_in(uow, key=key)
        errors = unterlagen.annehmen(uow, _vorgang(task, opened), opened.form, post, dateien, opened.values)
        name, _, reference = (ohne or "").partition("/")
        if reference:
            sent = post.get(name)
            post[name] = ["", *(each for each in (sent if isinstance(sent, list) else [sent]) if each and each != reference)]
            unterlagen.wegnehmen(uow, key, reference)
        _keep(uow, key, opened, _typed(opened, post))
        return post, errors
    return transact(app, actor, work)


def _plain(data: MultiDict | Mapping[str, Any]) -> dict[str, Any]:
    """A form post as a mapping: one text, or the list of several."""
    if not isinstance(data, MultiDict):
        return dict(data)
    found = {str(name): data.getlist(str(name)) for name in data}  # type: ignore[attr-defined]  # a form post is a mapping as well
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def datei(app: App, actor: Actor, *, key: int, verweis: int) -> Datei:
    """A file of the actor's own draft. Raises NotFound."""
    def work(uow: UnitOfWork) -> Datei:
        tasks.load(uow.session, actor, key)
        return unterlagen.oeffnen(uow, key, verweis)
    return read(app, actor, work)


def anpassen(app: App, actor: Actor, *, key: int, data: MultiDict | Mapping[str, Any], fehler: Mapping[str, str] | None = None) -> Aufgabe:
    """Look again: what was typed, with the fields that depend on it, rows added or removed. Kept as a draft. Raises TaskNotOpen.

    ``fehler``: sentences about files, by field.
    """
    def work(uow: UnitOfWork) -> Aufgabe:
        task, opened = _mine(uow, key)
        typed = _typed(opened, data)
        changed = apply_row_action(opened.form, typed, data)  # type: ignore[arg-type]  # a form post is a mapping as well
        saved, values = _keep(uow, key, opened, typed if changed is None else changed)
        return Aufgabe(task=task, view=_view(uow, task, opened, values, fehler or {}), entwurf=saved, person=opened.person)
    return transact(app, actor, work)


def entwurf(app: App, actor: Actor, *, key: int, data: MultiDict | Mapping[str, Any], door: Door = Door.HTML) -> datetime:
    """Keep what was typed, valid or not; returns when.

    Raises TaskNotOpen, NotFound; through the JSON door also FormRefused: a program learns of a field that the form does not know.
    """
    def work(uow: UnitOfWork) -> datetime:
        _, opened = _mine(uow, key)
        if door is Door.HTML:
            return _keep(uow, key, opened, _typed(opened, data))[0]
        submission = submit(opened.form, data, opened.evaluate, opened.context, partial=True, door=door)
        if not submission.ok:
            raise FormRefused(submission)
        return entwuerfe.save_in(uow, key=key, inhalt=submission.typed)
    return transact(app, actor, work)


def fremden_uebernehmen(app: App, actor: Actor, *, key: int) -> bool:
    """Go on with what a colleague had begun: a copy becomes the own draft. False if there is none, or the actor has a draft already.

    Raises NotFound, NotPermitted, TaskNotOpen: only the assignee goes on.
    """
    def work(uow: UnitOfWork) -> bool:
        task, opened = _mine(uow, key)
        begun = entwuerfe.of_colleague_in(uow, key=key)
        if task.assignee != actor.login or begun is None or entwuerfe.draft_in(uow, key=key) is not None:
            return False
        inhalt = copy.deepcopy(dict(begun.inhalt))
        files = unterlagen.kopien(uow, _vorgang(task, opened), opened.form, inhalt, begun.login)
        entwuerfe.save_in(uow, key=key, inhalt=inhalt)
        unterlagen.kopieren(uow, files)
        return True
    return transact(app, actor, work)


def verwerfen(app: App, actor: Actor, *, key: int) -> None:
    """Throw the draft away."""
    entwuerfe.discard(app, actor, key=key)


def abschliessen(app: App, actor: Actor, *, key: int, data: MultiDict | Mapping[str, Any], fehler: Mapping[str, str] | None = None) -> Aufgabe | None:
    """Complete the task; None if that is done. Where answers do not fit, nothing is completed, the draft is kept and shown with the errors.

    ``fehler``: sentences about files that were not taken; with one of them nothing is completed either.

    Raises TaskNotOpen, NotPermitted, NotFound.
    """
    refused: Mapping[str, str] = {}
    if not fehler:
        try:
            aufgaben.complete_with_form(app, actor, key=key, values=data, typed=False)
        except FormRefused as error:
            refused = error.submission.errors
        else:
            return None

    def work(uow: UnitOfWork) -> Aufgabe:
        task, opened = _mine(uow, key)
        errors = {**submit(opened.form, data, opened.evaluate, opened.context).errors, **fehler} if fehler else refused
        saved, values = _keep(uow, key, opened, _typed(opened, data))
        return Aufgabe(task=task, view=_view(uow, task, opened, values, errors), entwurf=saved, person=opened.person)
    return transact(app, actor, work)


def _mine(uow: UnitOfWork, key: int) -> tuple[TaskInfo, OpenForm]:
    """An open task that the actor may complete, and its form."""
    task = tasks.load(uow.session, uow.actor, key)
    if task.status != "CREATED":
        raise TaskNotOpen(task=key, status=task.status)
    rechte.require_task(uow, "complete", task)
    opened = open_in(uow, key=key)
    if opened is None:
        raise NotFound("Diese Aufgabe hat kein Formular.")
    return task, opened


# -- what was on the page ----------------------------------------------------------------------------------------------------
def _typed(opened: OpenForm, data: MultiDict | Mapping[str, Any]) -> dict[str, Any]:
    """What was typed into the fields that the page had; other answers stay as they are."""
    return dict(submit(opened.form, data, opened.evaluate, opened.context, partial=True).typed)


def _keep(uow: UnitOfWork, key: int, opened: OpenForm, typed: Mapping[str, Any]) -> tuple[datetime, dict[str, Any]]:
    """Save the draft; returns when, and what the form shows now. What an earlier draft holds of fields that have gone stays for their return."""
    before = entwuerfe.draft_in(uow, key=key)
    inhalt = _over(before.inhalt if before else {}, typed)
    return entwuerfe.save_in(uow, key=key, inhalt=inhalt), _over(opened.values, inhalt)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two nested answers, the second covering the first; lists are taken as a whole."""
    found = dict(below)
    for name, value in above.items():
        present = found.get(name)
        found[name] = _over(present, value) if isinstance(present, dict) and isinstance(value, dict) else value
    return found


# -- answers as plain lines ------------------------------------------------------------------------------------------------
def _words(uow: UnitOfWork, task: TaskInfo, data: MultiDict | Mapping[str, Any] | None) -> str:
    """What was typed, one line per field. The task is over, so its variables are gone; labels and answers are enough."""
    if data is None or task.form_id is None:
        return ""
    key = uow.session.execute(text("select key from form_definition where form_id = :f order by (key::text = :k) desc nulls last, version desc limit 1"),
                              {"f": task.form_id, "k": task.form_key}).scalar_one_or_none()
    if key is None:
        return ""
    form = uow.app.library.form(uow.session, key)
    evaluate = aufgaben.evaluator_for(make_evaluator(uow, task.business_id, []))
    typed = submit(form, data, evaluate, {}, partial=True).typed
    view = build_view(form, typed, {}, evaluate, {}, readonly=True)
    return "\n".join(line for section in view.sections for block in section.blocks for line in lines(block))


def lines(block: Block) -> list[str]:
    """„Label: answer“ for every answered field of a block."""
    found: list[str] = []
    shown = getattr(block, "shown", "")
    if shown:
        found.append(f"{block.label}: {shown}")  # type: ignore[union-attr]  # a FieldView
    inner = [*getattr(block, "fields", ()), *getattr(block, "blocks", ()), *getattr(block, "followers", ())]
    inner += [one for row in getattr(block, "rows", ()) for one in getattr(row, "blocks", ())]
    for one in inner:
        found += lines(one)
    return found
