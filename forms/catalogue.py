"""Form documents by content, and what is wrong with them beyond what cannot be read at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from forms.errors import InvalidForm
from forms.model import ChoiceField, Component, DynamicList, ExpressionField, Field, Form, Group, Table, TextBlock
from forms.parse import parse
from forms.text import heading_of

CACHED_FORMS = 2_000

CompileFeel = Callable[[str], str | None]
"""Port: FEEL text without ``=`` -> what is wrong with it, in German, or ``None``."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something a process owner should know about a form.

    Attributes:
        severity: ``error`` (must not be deployed) or ``warning``.
        code: Stable name of the kind of finding.
        form: Id of the form.
        key: Key or id of the component, or empty.
        message: German sentence.
    """

    severity: str
    code: str
    form: str
    key: str
    message: str


@lru_cache(maxsize=CACHED_FORMS)
def load(data: bytes) -> Form:
    """The form of a document; the same bytes give the same object, so schemas built for it are shared.

    Raises:
        InvalidForm: as ``forms.parse.parse``.
    """
    return parse(data)


def load_as(data: bytes, form_id: str) -> Form:
    """The form of a document that must have this id (its file name and its user task say it too).

    Raises:
        InvalidForm: if the document is wrong or has another id.
    """
    form = load(data)
    if form.id != form_id:
        raise InvalidForm(f"Das Formular heißt „{form.id}“, erwartet wird „{form_id}“. Gleichen Sie die „id“ an.", form=form.id)
    return form


def lint(data: bytes, compile_feel: CompileFeel | None = None) -> list[Finding]:
    """All findings of a document; one that cannot be read has just one."""
    try:
        form = load(data)
    except InvalidForm as error:
        return [Finding(severity="error", code="form_unreadable", form=error.form, key=error.key, message=error.message)]
    return check(form, compile_feel)


def check(form: Form, compile_feel: CompileFeel | None = None) -> list[Finding]:
    """What is wrong with a form that could be read.

    Args:
        form: The form.
        compile_feel: Port that compiles FEEL; without it expressions are not looked at.
    """
    return list(_check(form, compile_feel))


def _check(form: Form, compile_feel: CompileFeel | None) -> Iterator[Finding]:
    for severity, code, key, sentence in (*_keys(form), *_fields(form), *_texts(form, compile_feel)):
        yield Finding(severity=severity, code=code, form=form.id, key=key, message=f"Formular „{form.id}“, Feld „{key}“: {sentence}")


Found = Iterator[tuple[str, str, str, str]]

_SENTENCES = {
    "duplicate_key": "Dieser Schlüssel kommt mehrfach vor. Geben Sie jedem Feld einen eigenen.",
    "key_in_key": "Ein anderes Feld nennt diesen Schlüssel als Gruppe. Benennen Sie eines um.",
    "duplicate_binding": "Zwei Felder schreiben dieselbe Angabe der Fallakte. Verbinden Sie nur eines.",
    "label_missing": "Die Beschriftung fehlt. Ohne sie weiß niemand, was einzutragen ist.",
    "binding_in_row": "Verbinden Sie die ganze Liste mit der Fallakte, nicht das einzelne Feld.",
    "readonly_in_row": "Schreibgeschützte Felder bleiben leer, wo Zeilen hinzukommen können.",
    "default_not_offered": "Der vorbelegte Wert ist keine der Antworten.",
    "template": "„{{“ wird nicht ausgewertet. Verwenden Sie einen FEEL-Ausdruck mit „=“ am Anfang.",
}


def _keys(form: Form) -> Found:
    paths = Counter(path for path, _ in form.fields())
    for path, count in paths.items():
        if count > 1:
            yield "error", "duplicate_key", ".".join(path), _SENTENCES["duplicate_key"]
        if any(other[: len(path)] == path and other[len(path) : len(path) + 1] not in {(), ("*",)} for other in paths):
            yield "error", "key_in_key", ".".join(path), _SENTENCES["key_in_key"]
    bound = Counter((field.binding.section, field.binding.field) for _, field in form.fields() if field.binding.section is not None)
    for (section, name), count in bound.items():
        if count > 1:
            yield "error", "duplicate_binding", f"{section}.{name}", _SENTENCES["duplicate_binding"]


def _fields(form: Form) -> Found:
    for path, field in form.fields():
        key = ".".join(path)
        if not field.label and not isinstance(field, ExpressionField):
            yield "error", "label_missing", key, _SENTENCES["label_missing"]
        if "*" in path and field.binding.section is not None:
            yield "error", "binding_in_row", key, _SENTENCES["binding_in_row"]
        if isinstance(field, DynamicList) and field.resizable and any(_is_frozen(inner) for inner in field.components):
            yield "warning", "readonly_in_row", key, _SENTENCES["readonly_in_row"]
        if isinstance(field, ChoiceField) and field.options is not None and isinstance(field.default, str | int):
            offered = [option.value for option in field.options]
            if field.default != "" and field.default not in offered:
                yield "warning", "default_not_offered", key, _SENTENCES["default_not_offered"]


def _texts(form: Form, compile_feel: CompileFeel | None) -> Found:
    for component in _all(form.components):
        key = component.key if isinstance(component, Field) else component.id
        words = component.text if isinstance(component, TextBlock) else ""
        if isinstance(component, Field | Group):
            words = component.label + component.description
        # No template language anywhere: what looks like one is shown as it stands.
        if "{{" in words:
            yield "warning", "template", key, _SENTENCES["template"]
    for key, text in expressions(form) if compile_feel is not None else ():
        wrong = compile_feel(text) if compile_feel is not None else None
        if wrong is not None:
            yield "error", "expression", key, f"Der Ausdruck „={text[:200]}“ ist nicht gültig: {wrong}"


def _is_frozen(component: Component) -> bool:
    return isinstance(component, Field) and component.readonly is not False


def _all(components: tuple[Component, ...]) -> Iterator[Component]:
    for component in components:
        yield component
        if isinstance(component, Group | DynamicList):
            yield from _all(component.components)


def expressions(form: Form) -> Iterator[tuple[str, str]]:
    """Every FEEL text of a form with the key (or id) of its component, without the leading ``=``."""
    for component in _all(form.components):
        key = component.key if isinstance(component, Field) else component.id
        texts: list[str | None] = [component.hide]
        if isinstance(component, Field | Group):
            texts += [_feel(component.label), _feel(component.description)]
        if isinstance(component, Field) and isinstance(component.readonly, str):
            texts.append(component.readonly)
        if isinstance(component, ChoiceField):
            texts.append(component.values_expression)
        elif isinstance(component, ExpressionField):
            texts.append(component.expression)
        elif isinstance(component, Table):
            texts += [component.source, component.columns_expression, _feel(component.label)]
        elif isinstance(component, TextBlock):
            texts.append(_feel(component.text))
        yield from ((key, text) for text in texts if text)


def _feel(text: str) -> str | None:
    return text[1:].strip() if text.startswith("=") else None


def title_of(form: Form) -> str | None:
    """The first heading of a form, if it begins with one."""
    first = form.components[0] if form.components else None
    return heading_of(first.text) if isinstance(first, TextBlock) else None
