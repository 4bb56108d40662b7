"""From the JSON of a form-js document to the values of ``forms.model``; refusals are German sentences."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from forms.document import Json, read_json
from forms.errors import InvalidForm
from forms.model import (
    MAX_LENGTH,
    MAX_ROWS,
    Binding,
    CheckboxField,
    ChoiceField,
    Column,
    Component,
    DynamicList,
    ExpressionField,
    FileField,
    Form,
    Group,
    NumberField,
    Option,
    Scalar,
    Separator,
    Spacer,
    Table,
    Temporal,
    TemporalField,
    TextBlock,
    TextField,
)
from forms.pattern import UnsafePatternError, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_COMPONENTS = 500
MAX_DEPTH = 12
MAX_OPTIONS = 500
SCHEMA_VERSION = 19

SECTIONS = frozenset(
    [
        *("stammdaten", "aufenthalt", "sprache", "familie", "bildung_arbeit", "wohnen", "gesundheit", "netzwerk", "ressourcen"),
        *("klaerung", "fallbesprechung", "ziele", "hilfeplan", "leistungen", "monitoring", "uebergabe", "abschluss", "kontakte"),
    ]
)

_FORM_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,199}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,5}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,99}")

# Names that a form-js document may use for what has no place in a server-rendered task.
_REFUSED = {
    "html": "Eigenes HTML ist nicht erlaubt; verwenden Sie ein Textfeld mit Markdown.",
    "image": "Bilder sind nicht erlaubt; beschreiben Sie den Inhalt in einem Textfeld.",
    "iframe": "Eingebettete Seiten sind nicht erlaubt; verwenden Sie einen Link in einem Textfeld.",
    "documentPreview": "Dokumentvorschauen sind nicht vorgesehen; verwenden Sie einen Link in einem Textfeld.",
}


def parse(data: bytes) -> Form:
    """Read and check a form document.

    Args:
        data: The document as UTF-8 JSON, with or without byte order mark.

    Raises:
        InvalidForm: if it is not a form document, or uses what cannot be shown or checked here.
    """
    return _Parser().form(read_json(data))


class _Parser:
    """One pass over one document; remembers the form for messages and counts components."""

    def __init__(self) -> None:
        self.form_id = ""
        self.count = 0
        self.key = ""
        self.kind = ""

    def refuse(self, reason: str) -> NoReturn:
        where = f"Formular „{self.form_id[:80]}“"
        if self.key or self.kind:
            where += f", Feld „{self.key[:80]}“ (Typ {self.kind[:40] or 'fehlt'})"
        raise InvalidForm(f"{where}: {reason}", form=self.form_id, key=self.key, kind=self.kind)

    def form(self, document: Json) -> Form:
        form_id = document.get("id")
        if not isinstance(form_id, str) or not _FORM_ID.fullmatch(form_id):
            raise InvalidForm("Das Formular braucht eine „id“ aus Buchstaben ohne Umlaute, Ziffern, Punkten und Strichen.")
        self.form_id = form_id
        version = document.get("schemaVersion", 1)
        if type(version) is not int or version < 1:
            self.refuse("„schemaVersion“ muss eine ganze Zahl ab 1 sein.")
        if version > SCHEMA_VERSION:
            self.refuse(f"Es verlangt schemaVersion {version}; unterstützt wird bis {SCHEMA_VERSION}.")
        if document.get("type", "default") != "default":
            self.refuse("„type“ muss „default“ sein.")
        return Form(id=form_id, components=self.components(document, depth=1))

    def components(self, holder: Json, depth: int) -> tuple[Component, ...]:
        items = holder.get("components", [])
        if not isinstance(items, list):
            self.refuse("„components“ muss eine Liste sein.")
        if depth > MAX_DEPTH:
            self.refuse(f"Gruppen dürfen höchstens {MAX_DEPTH}-fach verschachtelt sein.")
        found = []
        for item in items:
            self.count += 1
            if self.count > MAX_COMPONENTS:
                self.key = self.kind = ""
                self.refuse(f"Es hat mehr als {MAX_COMPONENTS} Felder. Teilen Sie es auf mehrere Aufgaben auf.")
            if not isinstance(item, dict):
                self.refuse("Jedes Feld muss ein JSON-Objekt sein.")
            component = self.component(item, depth)
            if component is not None:
                found.append(component)
        return tuple(found)

    def component(self, item: Json, depth: int) -> Component | None:
        kind = item.get("type")
        self.key = str(item.get("key") or item.get("path") or item.get("id") or "")
        self.kind = kind if isinstance(kind, str) else ""
        if self.kind == "button":  # the page has its own buttons
            return None
        if self.kind in _REFUSED:
            self.refuse(_REFUSED[self.kind])
        build = self.builders().get(self.kind)
        if build is None:
            self.refuse("Diese Feldart ist unbekannt. Verwenden Sie eine der Feldarten, die das Handbuch nennt.")
        return build(item, depth)

    def builders(self) -> dict[str, Callable[[Json, int], Component]]:
        return {
            "textfield": self.text,
            "textarea": self.text,
            "number": self.number,
            "datetime": self.temporal,
            "checkbox": lambda item, _: CheckboxField(**self.field(item)),
            "radio": self.choice,
            "select": self.choice,
            "checklist": self.choice,
            "taglist": self.choice,
            "filepicker": self.file,
            "expression": self.computed,
            "group": self.group,
            "dynamiclist": self.rows,
            "text": lambda item, _: TextBlock(**self.base(item), text=self.string(item, "text")),
            "separator": lambda item, _: Separator(**self.base(item)),
            "spacer": lambda item, _: Spacer(**self.base(item)),
            "table": self.table,
        }

    # Attributes

    def string(self, holder: Json, name: str) -> str:
        value = holder.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(f"„{name}“ muss Text sein.")
        return value

    def flag(self, holder: Json, name: str, *, default: bool = False) -> bool:
        value = holder.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(f"„{name}“ muss true oder false sein.")
        return value

    def whole(self, holder: Json, name: str) -> int | None:
        value = holder.get(name)
        if value is None or value == "":
            return None
        number = self.decimal(holder, name)
        if number is None or number != number.to_integral_value() or not 0 <= number <= 1_000_000:
            self.refuse(f"„{name}“ muss eine ganze Zahl ab 0 sein.")
        return int(number)

    def decimal(self, holder: Json, name: str) -> Decimal | None:
        value = holder.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,10})?", value):
            return Decimal(value)
        number = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
        if number is None or abs(number) > 10**15:
            self.refuse(f"„{name}“ muss eine Zahl sein. Ausdrücke sind hier nicht möglich.")
        return number

    def obj(self, holder: Json, name: str) -> Json:
        value = holder.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.refuse(f"„{name}“ muss ein JSON-Objekt sein.")
        return value

    def feel(self, holder: Json, name: str) -> str | None:
        text = self.string(holder, name).strip()
        if not text:
            return None
        if not text.startswith("="):
            self.refuse(f"„{name}“ muss ein FEEL-Ausdruck sein und mit „=“ beginnen.")
        return text[1:].strip() or None

    def identifier(self, item: Json, name: str) -> str:
        key = self.string(item, name)
        if not _KEY.fullmatch(key):
            self.refuse(f"„{name}“ muss mit einem Buchstaben beginnen und darf nur Buchstaben ohne Umlaute, Ziffern und „_“ enthalten.")
        return key

    def base(self, item: Json) -> dict[str, Any]:
        return {
            "id": self.string(item, "id") or self.string(item, "key"),
            "hide": self.feel(self.obj(item, "conditional"), "hide"),
            "row": self.string(self.obj(item, "layout"), "row") or None,
        }

    def field(self, item: Json, name: str = "key") -> dict[str, Any]:
        properties = self.obj(item, "properties")
        by_feel = isinstance(item.get("readonly"), str)
        readonly: bool | str = (self.feel(item, "readonly") or False) if by_feel else self.flag(item, "readonly")
        if self.flag(item, "disabled"):
            readonly = True
        return {
            **self.base(item),
            "key": self.identifier(item, name),
            "label": self.string(item, "label"),
            "description": self.string(item, "description"),
            "required": self.flag(self.obj(item, "validate"), "required"),
            "readonly": readonly,
            "default": item.get("defaultValue"),
            "binding": self.binding(properties),
            "missing": self.string(properties, "fehlt") or None,
        }

    def binding(self, properties: Json) -> Binding:
        target = self.string(properties, "fallakte")
        variable = properties.get("variable")
        if variable not in {None, "", "true", "false"} and not isinstance(variable, bool):
            self.refuse("„properties.variable“ muss „true“ oder „false“ sein.")
        if not target:
            return Binding()
        section, _, name = target.partition(".")
        if section not in SECTIONS or not _FIELD.fullmatch(name):
            self.refuse("„properties.fallakte“ muss „<Abschnitt>.<Feld>“ sein, mit einem Abschnitt der Fallakte.")
        return Binding(section=section, field=name, variable=variable in {"true", True})

    # Kinds

    def affixes(self, item: Json) -> dict[str, Any]:
        appearance = self.obj(item, "appearance")
        return {"prefix": self.string(appearance, "prefixAdorner"), "suffix": self.string(appearance, "suffixAdorner")}

    def text(self, item: Json, _: int) -> TextField:
        validate = self.obj(item, "validate")
        pattern = self.string(validate, "pattern") or None
        if pattern is not None:
            try:
                compile_pattern(pattern)
            except UnsafePatternError as error:
                self.refuse(f"Das Muster in „pattern“ ist nicht möglich: {error}.")
        validation = self.string(validate, "validationType")
        if validation not in {"", "custom", "email", "phone"}:
            self.refuse("„validationType“ kennt nur „email“, „phone“ und „custom“.")
        most = self.whole(validate, "maxLength")
        return TextField(
            **self.field(item),
            **self.affixes(item),
            multiline=self.kind == "textarea",
            min_length=self.whole(validate, "minLength"),
            max_length=MAX_LENGTH if most is None else min(most, 10 * MAX_LENGTH),
            pattern=pattern,
            validation=validation if validation in {"email", "phone"} else None,
        )

    def number(self, item: Json, _: int) -> NumberField:
        validate = self.obj(item, "validate")
        return NumberField(
            **self.field(item),
            **self.affixes(item),
            decimals=self.whole(item, "decimalDigits"),
            minimum=self.decimal(validate, "min"),
            maximum=self.decimal(validate, "max"),
            as_text=self.flag(item, "serializeToString"),
        )

    def temporal(self, item: Json, _: int) -> TemporalField:
        subtype = self.string(item, "subtype") or "date"
        if subtype not in set(Temporal):
            self.refuse("„subtype“ muss „date“, „time“ oder „datetime“ sein.")
        zone = self.string(item, "timeSerializingFormat") or "utc_offset"
        if zone not in {"utc_offset", "utc_normalized", "no_timezone"}:
            self.refuse("„timeSerializingFormat“ muss „utc_offset“, „utc_normalized“ oder „no_timezone“ sein.")
        common = self.field(item)
        common["label"] = common["label"] or self.string(item, "timeLabel" if subtype == "time" else "dateLabel")
        return TemporalField(**common, subtype=Temporal(subtype), zone=zone, only_future=self.flag(item, "disallowPassedDates"))

    def choice(self, item: Json, _: int) -> ChoiceField:
        given = [name for name in ("values", "valuesKey", "valuesExpression") if item.get(name) not in (None, "")]
        if len(given) != 1:
            self.refuse("Es braucht genau eine der Angaben „values“, „valuesKey“ und „valuesExpression“.")
        options = None
        if given == ["values"]:
            values = item["values"]
            if not isinstance(values, list) or not 1 <= len(values) <= MAX_OPTIONS:
                self.refuse(f"„values“ muss eine Liste mit 1 bis {MAX_OPTIONS} Antworten sein.")
            options = tuple(self.option(value) for value in values)
            if len({option.token for option in options}) != len(options):
                self.refuse("Zwei Antworten in „values“ haben denselben Wert.")
        return ChoiceField(
            **self.field(item),
            widget=self.kind,
            options=options,
            values_key=self.identifier(item, "valuesKey") if given == ["valuesKey"] else None,
            values_expression=self.feel(item, "valuesExpression"),
        )

    def option(self, value: object) -> Option:
        if not isinstance(value, dict) or not is_scalar(value.get("value")) or value["value"] == "":
            self.refuse("Jede Antwort in „values“ braucht „value“ und „label“.")
        return Option(value=value["value"], label=self.string(value, "label") or str(value["value"]))

    def file(self, item: Json, _: int) -> FileField:
        accept = tuple(part.strip().lower() for part in self.string(item, "accept").split(",") if part.strip())
        return FileField(**self.field(item), multiple=self.flag(item, "multiple"), accept=accept)

    def computed(self, item: Json, _: int) -> ExpressionField:
        expression = self.feel(item, "expression")
        if expression is None:
            self.refuse("„expression“ fehlt.")
        return ExpressionField(**self.field(item), expression=expression, on_submit=self.string(item, "computeOn") == "presentation")

    def group(self, item: Json, depth: int) -> Group:
        path = self.string(item, "path")
        common = {
            **self.base(item),
            "label": self.string(item, "label"),
            "description": self.string(item, "description"),
            "path": tuple(self.identifier(item, "path").split(".")) if path else (),
        }
        return Group(**common, components=self.components(item, depth + 1))

    def rows(self, item: Json, depth: int) -> DynamicList:
        name = "path" if item.get("path") else "key"
        limits = {**self.obj(item, "properties"), **self.obj(item, "validate")}
        least = self.whole(limits, "minItems") or 0
        most = self.whole(limits, "maxItems")
        most = MAX_ROWS if most is None else most
        if not least <= most <= 4 * MAX_ROWS:
            self.refuse(f"„minItems“ darf nicht über „maxItems“ liegen, „maxItems“ nicht über {4 * MAX_ROWS}.")
        initial = self.whole(item, "defaultRepetitions")
        resizable = self.flag(item, "allowAddRemove", default=True) and self.flag(item, "isRepeating", default=True)
        common = self.field(item, name)
        return DynamicList(
            **common,
            min_items=max(least, 1 if common["required"] else 0),
            max_items=most,
            initial=min(1 if initial is None else initial, most),
            resizable=resizable,
            components=self.components(item, depth + 1),
        )

    def table(self, item: Json, _: int) -> Table:
        source = self.string(item, "dataSource").strip()
        if not source:
            self.refuse("„dataSource“ fehlt.")
        columns = item.get("columns") or []
        if not isinstance(columns, list) or not all(isinstance(column, dict) for column in columns):
            self.refuse("„columns“ muss eine Liste von Spalten sein.")
        expression = self.feel(item, "columnsExpression")
        if not columns and expression is None:
            self.refuse("Es braucht „columns“ oder „columnsExpression“.")
        return Table(
            **self.base(item),
            label=self.string(item, "label"),
            source=source.removeprefix("=").strip(),
            columns=tuple(
                Column(key=self.string(column, "key"), label=self.string(column, "label") or self.string(column, "key"))
                for column in columns
            ),
            columns_expression=expression,
        )


def is_scalar(value: object) -> bool:
    """Whether a value can be an answer to choose: text, number or boolean."""
    return isinstance(value, Scalar)
