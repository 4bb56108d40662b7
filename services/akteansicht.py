"""The Fallakte for reading: each section with the labels and the words of the forms that write it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from forms.model import ChoiceField, DynamicList, Field, Form, Option, TextField
from forms.show import build_view
from forms.wording import plain_text
from services.fall import akte
from services.unit_of_work import UnitOfWork, read
from services.woerter import organisationsnamen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from forms.view import FormView
    from services.bootstrap import App
    from services.context import Actor
    from services.fall.akte import AbschnittInfo

Felder = dict[tuple[str, str], "Field"]


@dataclass(frozen=True, kw_only=True)
class AbschnittAnsicht:
    """A section ready for a page. ``person`` is the key of the member of the case, None for a section of the case."""

    person: int | None
    abschnitt: str
    titel: str
    view: FormView
    version: int
    stelle: str
    geschrieben_von: str
    geschrieben_am: datetime


def abschnitte(app: App, actor: Actor, *, aktenzeichen: str, nur: Sequence[str] = (), zweck: str = "Fallakte") -> tuple[AbschnittAnsicht, ...]:
    """The sections that the actor may see, each in its newest version; the access is written down. Raises NotFound."""
    infos = akte.lesen(app, actor, aktenzeichen=aktenzeichen, abschnitte=nur, zweck=zweck)
    if not infos:
        return ()
    fields, stellen = read(app, actor, lambda uow: (fields_of(uow), organisationsnamen(uow)))
    return tuple(AbschnittAnsicht(
        person=info.person, abschnitt=info.abschnitt, titel=info.titel, view=view_of(info, fields, stellen), version=info.version,
        stelle=info.organisation_name, geschrieben_von=info.geschrieben_von, geschrieben_am=info.geschrieben_am) for info in infos)


def fields_of(uow: UnitOfWork) -> Felder:
    """(section, field) -> the form field that writes it, of the newest versions of all forms of the Mandant."""
    keys = uow.session.execute(text("select distinct on (form_id) key from form_definition order by form_id, version desc")).scalars().all()
    found: Felder = {}
    for key in sorted(keys):
        found |= bound_fields(uow.app.library.form(uow.session, key))
    return found


@lru_cache(maxsize=1024)
def bound_fields(form: Form) -> Felder:
    """The fields of one form that belong to the Fallakte; those inside rows are shown with their list."""
    return {(field.binding.section, field.binding.field): field for path, field in form.fields()
            if field.binding.section is not None and field.binding.field is not None and "*" not in path}


def view_of(info: AbschnittInfo, fields: Felder, stellen: Mapping[str, str]) -> FormView:
    """The answers of a section under the labels of their fields, in the order of the forms; a field no form knows any more keeps its name.

    ``stellen``: names of the organisations by key.
    """
    order = {name: number for number, (section, name) in enumerate(fields) if section == info.abschnitt}
    components = []
    for name in sorted(info.inhalt, key=lambda n: (order.get(n, len(order)), n)):
        if info.inhalt[name] in (None, "", [], {}):
            continue
        known = fields.get((info.abschnitt, name)) or TextField(id=name, key=name, label=name.replace("_", " ").capitalize())
        answers = tuple(Option(value=word, label=stellen.get(word, word)) for word in dict.fromkeys(words_in(info.inhalt[name])))
        components.append(with_answers(replace(known, key=name, hide=None, row=None, readonly=True), answers))
    form = Form(id=info.abschnitt, components=tuple(components))
    values = {c.key: showable(c, info.inhalt[c.key]) for c in components}
    return build_view(form, values, {}, nothing, {}, readonly=True)


def words_in(value: object) -> Iterator[str]:
    """Every text in an answer, also inside rows."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from words_in(part)


def with_answers(field: Field, answers: tuple[Option, ...]) -> Field:
    """A choice that was computed when the form was filled in, mostly among organisations, shows what was chosen in words."""
    match field:
        case ChoiceField(options=None):
            return replace(field, options=answers, values_key=None, values_expression=None)
        case DynamicList():
            return replace(field, components=tuple(with_answers(c, answers) if isinstance(c, Field) else c for c in field.components))
        case _:
            return field


def showable(field: Field, value: object) -> object:
    """Plain text fields show any value in words; others know their own."""
    return plain_text(value) if isinstance(field, TextField) and not isinstance(value, str) else value


def nothing(_expression: str, _names: Mapping[str, Any]) -> Any:  # noqa: ANN401  a FEEL value
    """A section is shown as it was written: nothing is computed again."""
    return None
