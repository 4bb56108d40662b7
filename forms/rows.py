"""Adding and removing rows of a list without JavaScript: two submit buttons, ``_hinzufuegen`` and ``_entfernen``."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from forms.model import Component, DynamicList, Form
from forms.shape import get, leaves
from forms.submission import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ADD = "_hinzufuegen"
REMOVE = "_entfernen"


def apply_row_action(form: Form, typed: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Do what a row button asks for.

    Args:
        form: The form.
        typed: ``Submission.typed`` of the same post, taken with ``partial=True`` (which keeps empty rows).
        data: The form post. ``_hinzufuegen`` names a list (``kinder``), ``_entfernen`` a row (``kinder-0``).

    Returns:
        New answers to show, or ``None`` if no row button was pressed. A button that does not fit the form or its limits changes nothing.
    """
    add, remove = data.get(ADD), data.get(REMOVE)
    if add is None and remove is None:
        return None
    answers = deepcopy(dict(typed))
    path = path_of(str(add if add is not None else remove)[:200])
    index: int | None = None
    if add is None:
        if not path or not isinstance(path[-1], int):
            return answers
        index, path = path[-1], path[:-1]
    found = _find(form.components, answers, path)
    if found is None:
        return answers
    component, rows = found
    if not component.resizable or component.readonly is True:
        return answers
    if index is None and len(rows) < component.max_items:
        rows.append({})
    elif index is not None and index < len(rows) and len(rows) > component.min_items:
        del rows[index]
    return answers


def _find(components: tuple[Component, ...], answers: dict[str, Any], path: tuple[str | int, ...]) -> tuple[DynamicList, list[Any]] | None:
    """The list at a path, and its rows among the answers."""
    for own, component in leaves(components):
        if not isinstance(component, DynamicList) or path[: len(own)] != own:
            continue
        rows = get(answers, own)
        if not isinstance(rows, list):
            return None
        rest = path[len(own) :]
        if not rest:
            return component, rows
        if isinstance(rest[0], int) and rest[0] < len(rows) and isinstance(rows[rest[0]], dict):
            return _find(component.components, rows[rest[0]], rest[1:])
    return None
