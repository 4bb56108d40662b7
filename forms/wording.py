"""Answers as people read them, and what a control needs to know of a field."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from forms.model import (
    CheckboxField,
    ChoiceField,
    ExpressionField,
    Field,
    FileField,
    NumberField,
    Temporal,
    TemporalField,
    TextField,
)
from forms.values import show_number, show_temporal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forms.view import OptionView


def plain_text(value: object) -> str:
    """A value in words and German notation."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Ja" if value else "Nein"
    if isinstance(value, int | float | Decimal):
        return show_number(value)
    if isinstance(value, list | tuple):
        return ", ".join(plain_text(each) for each in value)
    text = str(value)
    return show_temporal(Temporal.DATETIME if "T" in text else Temporal.DATE, text) if len(text) < 40 and text[:4].isdecimal() else text


def kind_of(component: Field) -> str:
    """``FieldView.kind`` of a field."""
    if isinstance(component, TextField):
        return "textarea" if component.multiline else "text"
    if isinstance(component, TemporalField):
        return component.subtype.value
    if isinstance(component, ChoiceField):
        return component.widget
    return {NumberField: "number", CheckboxField: "checkbox", FileField: "file", ExpressionField: "expression"}[type(component)]


def displayed(component: Field, value: object) -> str:
    """The answer as the control shows it; what was typed stays as it was typed."""
    if isinstance(component, FileField | ChoiceField | CheckboxField) or value is None:
        return ""
    if isinstance(component, TemporalField):
        return show_temporal(component.subtype, str(value))
    return value if isinstance(value, str) and not isinstance(component, ExpressionField) else plain_text(value)


def shown_words(component: Field, value: object, options: Iterable[OptionView]) -> str:
    """The answer as people read it."""
    if isinstance(component, CheckboxField):
        return plain_text(value is True)
    if isinstance(component, ChoiceField):
        chosen = [option.label for option in options if option.checked]
        return ", ".join(chosen) or plain_text(value)
    if isinstance(component, FileField):
        count = len(value) if isinstance(value, list) else 0
        return "" if count == 0 else "1 Datei" if count == 1 else f"{count} Dateien"
    text = displayed(component, value)
    return f"{text} Uhr" if text and isinstance(component, TemporalField) and component.subtype is not Temporal.DATE else text


def inputmode_of(component: Field) -> str:
    """Which keyboard a telephone shows."""
    if isinstance(component, NumberField):
        return "numeric" if component.decimals == 0 else "decimal"
    return "numeric" if isinstance(component, TemporalField) else ""


def joined(*ids: str) -> str:
    """Ids for an ARIA attribute."""
    return " ".join(filter(None, ids))
