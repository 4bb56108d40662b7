"""A marshmallow schema for each form: types, limits and static answers, in German.

The schema knows nothing of visibility. ``forms.submission`` loads everything that was sent, decides with the valid part which
fields are visible, and drops values and errors of the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

import marshmallow as ma

from forms.model import (
    CheckboxField,
    ChoiceField,
    Component,
    DynamicList,
    ExpressionField,
    Field,
    FileField,
    Form,
    NumberField,
    Option,
    Scalar,
    TemporalField,
    TextField,
)
from forms.pattern import MAX_VALUE, matches
from forms.shape import UNKNOWN, Door, leaves
from forms.text import has_control_characters, is_email, is_phone, tidy
from forms.values import BadValueError, decimals_of, number_from_json, parse_number, show_number, to_iso

_FILE_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}")
_CACHE: WeakKeyDictionary[Form, dict[Door, ma.Schema]] = WeakKeyDictionary()


def build_schema(form: Form, door: Door = Door.JSON) -> ma.Schema:
    """The schema of a form; unknown names are refused. Built once per form and door.

    Args:
        form: The form.
        door: ``HTML``: values are strings as typed, German or ISO. ``JSON``: values have the types of JSON, wrong types are refused.

    Returns:
        A schema whose ``load`` gives str, int or ``Decimal``, bool, lists, and ISO strings for dates and times. Errors are German
        sentences. Choices whose answers come from the case are only checked for their type.
    """
    schemas = _CACHE.setdefault(form, {})
    if door not in schemas:
        schemas[door] = _schema(_tree(form.components), door)
    return schemas[door]


Tree = dict[str, "Field | Tree"]


def _tree(components: tuple[Component, ...]) -> Tree:
    tree: Tree = {}
    for path, component in leaves(components):
        if isinstance(component, ExpressionField):
            continue
        node = tree
        for part in path[:-1]:
            inner = node.get(part)
            if not isinstance(inner, dict):
                inner = node[part] = {}
            node = inner
        node[path[-1]] = component
    return tree


class _Base(ma.Schema):
    class Meta:
        unknown = ma.RAISE
        register = False

    error_messages = {"unknown": UNKNOWN, "type": "Senden Sie hier ein Objekt mit benannten Angaben."}  # noqa: RUF012  # declared so by marshmallow


def _schema(tree: Tree, door: Door) -> ma.Schema:
    members: dict[str, Any] = {}
    for name, node in tree.items():
        if isinstance(node, dict):
            members[name] = ma.fields.Nested(_schema(node, door))
        elif isinstance(node, DynamicList):
            members[name] = _Rows(node, _schema(_tree(node.components), door))
        else:
            members[name] = _Answer(node, door)
    return _Base.from_dict(members)()


class _Rows(ma.fields.Nested):
    """Rows of a dynamic list; their number is checked before they are looked at."""

    def __init__(self, model: DynamicList, schema: ma.Schema) -> None:
        sentence = missing_sentence(model)
        required = model.min_items > 0
        super().__init__(
            schema, many=True, required=required, allow_none=not required, error_messages={"required": sentence, "null": sentence}
        )
        self.model = model

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, partial: Any = None, **kwargs: Any) -> Any:  # noqa: ANN401  # marshmallow's signature
        if not isinstance(value, list):
            raise ma.ValidationError("Senden Sie hier eine Liste.")
        if len(value) > self.model.max_items:
            raise ma.ValidationError(f"Geben Sie höchstens {_entries(self.model.max_items)} an.")
        if len(value) < self.model.min_items:
            raise ma.ValidationError(missing_sentence(self.model))
        return super()._deserialize(value, attr, data, partial=partial, **kwargs)


class _Answer(ma.fields.Field[Any]):
    """One answer of any kind."""

    def __init__(self, model: Field, door: Door) -> None:
        sentence = missing_sentence(model)
        super().__init__(
            required=model.required, allow_none=not model.required, error_messages={"required": sentence, "null": sentence}
        )
        self.model = model
        self.door = door

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002  # marshmallow's signature
        try:
            result = read_answer(self.model, value, self.door)
        except BadValueError as error:
            raise ma.ValidationError(str(error)) from error
        if self.model.required and (result is None or result is False or result == []):
            raise self.make_error("required")
        return result


def read_answer(model: Field, value: object, door: Door) -> Any:  # noqa: ANN401  # the type follows the kind of field
    """One answer, typed and checked as far as the form alone can; ``None`` for an empty one.

    Raises:
        BadValueError: with a German sentence that says what to do.
    """
    if isinstance(model, TextField):
        return _read_text(model, value)
    if isinstance(model, NumberField):
        return _read_number(model, value, door)
    if isinstance(model, TemporalField):
        text = _string(value)
        return to_iso(model.subtype, model.zone, text) if text else None
    if isinstance(model, CheckboxField):
        if not isinstance(value, bool):
            raise BadValueError("Senden Sie hier true oder false.")
        return value
    if isinstance(model, ChoiceField):
        return _read_choice(model, value, door)
    if isinstance(model, FileField):
        return _read_files(model, value)
    raise AssertionError(model)


def _string(value: object, *, multiline: bool = False, longest: int = 200) -> str:
    if isinstance(value, list):
        raise BadValueError("Geben Sie hier genau einen Wert an.")
    if not isinstance(value, str):
        raise BadValueError("Geben Sie hier Text an.")
    # Measured before any work is done on it; normalising can only shorten by a small factor.
    if len(value) > 2 * longest + 1000:
        raise BadValueError(f"Kürzen Sie den Text auf höchstens {longest} Zeichen.")
    text = tidy(value)
    if has_control_characters(text, multiline=multiline):
        unwanted = "Steuerzeichen" if multiline else "Zeilenumbrüche und Steuerzeichen"
        raise BadValueError(f"Entfernen Sie {unwanted} aus dem Text. Tippen Sie ihn neu, statt ihn einzufügen.")
    return text


def _read_text(model: TextField, value: object) -> str | None:
    text = _string(value, multiline=model.multiline, longest=model.max_length)
    if not text:
        return None
    if len(text) > model.max_length:
        raise BadValueError(f"Kürzen Sie den Text auf höchstens {model.max_length} Zeichen. Es sind {len(text)}.")
    if model.min_length is not None and len(text) < model.min_length:
        raise BadValueError(f"Geben Sie mindestens {model.min_length} Zeichen ein.")
    if model.validation == "email" and not is_email(text):
        raise BadValueError("Geben Sie eine E-Mail-Adresse ein, zum Beispiel name@beispiel.de.")
    if model.validation == "phone" and not is_phone(text):
        raise BadValueError("Geben Sie eine Telefonnummer ein, zum Beispiel 02841 123456 oder +49 2841 123456.")
    if model.pattern is not None and not matches(model.pattern, text):
        longer = f" mit höchstens {MAX_VALUE} Zeichen" if len(text) > MAX_VALUE else ""
        raise BadValueError(f"Prüfen Sie die Angabe bei „{plain_label(model)}“ und geben Sie sie in der verlangten Form{longer} ein.")
    return text


def _read_number(model: NumberField, value: object, door: Door) -> int | Decimal | str | None:
    if door is Door.HTML or (model.as_text and isinstance(value, str)):
        text = _string(value)
        if not text:
            return None
        number = parse_number(text, decimals=model.decimals)
    else:
        number = number_from_json(value)
    if model.decimals is not None and decimals_of(number) > model.decimals:
        places = "ganze Zahl" if model.decimals == 0 else f"Zahl mit höchstens {model.decimals} Nachkommastellen"
        raise BadValueError(f"Geben Sie eine {places} ein.")
    if model.minimum is not None and number < model.minimum:
        raise BadValueError(f"Geben Sie eine Zahl ab {show_number(model.minimum)} ein.")
    if model.maximum is not None and number > model.maximum:
        raise BadValueError(f"Geben Sie eine Zahl bis höchstens {show_number(model.maximum)} ein.")
    return str(number) if model.as_text else number


def _read_choice(model: ChoiceField, value: object, door: Door) -> Any:  # noqa: ANN401  # values are strings, numbers or booleans
    if not model.multiple:
        if value == "":
            return None
        if isinstance(value, list | Mapping):
            raise BadValueError("Wählen Sie genau eine Antwort aus.")
        return choose(model.options, value, door)
    if not isinstance(value, list):
        raise BadValueError("Senden Sie hier eine Liste von Antworten.")
    if len(value) > (1000 if model.options is None else 2 * len(model.options)):
        raise BadValueError("Wählen Sie nur Antworten aus der Liste aus.")
    chosen = [choose(model.options, each, door) for each in value]
    return [each for number, each in enumerate(chosen) if each not in chosen[:number]]


def choose(options: tuple[Option, ...] | None, value: object, door: Door) -> Scalar:
    """The value of the option that was chosen; without options (they come from the case) the scalar itself.

    Raises:
        BadValueError: if no option has this value, in its own type where the door is JSON.
    """
    if options is None:
        if isinstance(value, float):
            value = number_from_json(value)
        strange = isinstance(value, str) and (len(value) > 1000 or has_control_characters(value, multiline=False))
        if strange or not isinstance(value, Scalar):
            raise BadValueError("Wählen Sie eine Antwort aus der Liste aus.")
        return value
    for option in options:
        if (option.token == value) if door is Door.HTML else (type_of(option.value) == type_of(value) and option.value == value):
            return option.value
    raise BadValueError("Wählen Sie eine Antwort aus der Liste aus.")


def type_of(value: object) -> str:
    """The JSON type of a scalar: true and 1 are different answers."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float | Decimal) else "string" if isinstance(value, str) else "other"


def _read_files(model: FileField, value: object) -> list[str]:
    sent = [_reference(each) for each in (value if isinstance(value, list) else [value])]
    references = [each for each in sent if isinstance(each, str) and _FILE_REFERENCE.fullmatch(each)]
    if len(references) != len(sent):
        raise BadValueError("Laden Sie die Datei noch einmal hoch.")
    if len(references) > (20 if model.multiple else 1):
        raise BadValueError("Laden Sie höchstens 20 Dateien hoch." if model.multiple else "Laden Sie genau eine Datei hoch.")
    return list(dict.fromkeys(references))


def _reference(value: object) -> object:
    """The id out of a document reference as Camunda's clients send it; whatever else it says about the file is not kept."""
    return value.get("documentId") if isinstance(value, Mapping) and value.get("camunda.document.type") == "camunda" else value


def plain_label(model: Field) -> str:
    """The label for use in sentences; FEEL labels are unknown here, so the key stands in."""
    label = model.label.strip()
    return label.rstrip(":?* ") if label and not label.startswith("=") else model.key


def _entries(count: int) -> str:
    return "einen Eintrag" if count == 1 else f"{count} Einträge"


def missing_sentence(model: Field) -> str:
    """What to do about a missing answer: the author's sentence, or one that fits the kind of field."""
    if model.missing:
        return model.missing
    label = f"„{plain_label(model)}“"
    if isinstance(model, DynamicList):
        return f"Geben Sie bei {label} mindestens {_entries(max(1, model.min_items))} an."
    if isinstance(model, CheckboxField):
        return f"Bestätigen Sie {label}."
    if isinstance(model, ChoiceField):
        return f"Wählen Sie bei {label} {'mindestens eine' if model.multiple else 'eine'} Antwort aus."
    if isinstance(model, FileField):
        return f"Laden Sie bei {label} eine Datei hoch."
    if isinstance(model, TemporalField):
        what = {"date": "das Datum als TT.MM.JJJJ", "time": "die Uhrzeit als HH:MM", "datetime": "Datum und Uhrzeit"}[model.subtype.value]
        return f"Geben Sie bei {label} {what} ein."
    return f"Füllen Sie {label} aus."
