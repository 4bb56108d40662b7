"""From a form, its answers and errors to what the page shows (``forms.view``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forms.conditions import Place, Scope, compute, decide, is_readonly, names_in, options_of, root_place, row_places, shown_by
from forms.model import (
    CheckboxField,
    ChoiceField,
    Component,
    DynamicList,
    Evaluate,
    ExpressionField,
    Field,
    FileField,
    Form,
    Group,
    Separator,
    Spacer,
    Table,
    Temporal,
    TemporalField,
    TextBlock,
)
from forms.present import fill, settle, token_of
from forms.shape import ROW_MARK, get, name_of
from forms.text import heading_of, render_markdown
from forms.uploads import MAX_UPLOAD, endings_of
from forms.view import (
    Block,
    ColumnsView,
    ErrorLink,
    FieldView,
    FileView,
    FormView,
    GroupView,
    LineView,
    ListView,
    OptionView,
    RowView,
    SectionView,
    TableView,
    TextView,
)
from forms.wording import displayed, inputmode_of, joined, kind_of, plain_text, shown_words

MAX_TABLE_ROWS = 500
ROW_TITLE = "_zeilentitel"  # no name of FEEL or of a form begins so
_EXAMPLE = {
    Temporal.DATE: "Zum Beispiel 14.09.2026",
    Temporal.TIME: "Zum Beispiel 10:30",
    Temporal.DATETIME: "Zum Beispiel 14.09.2026 10:30",
}
_SHORT = frozenset({"text", "number", "date", "time", "datetime", "select"})


def build_view(
    form: Form,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    evaluate: Evaluate,
    context: Scope,
    *,
    readonly: bool = False,
    files: Mapping[str, str] | None = None,
) -> FormView:
    """What a page shows of a form.

    Args:
        form: The form.
        values: Nested answers, typed (``prefill``) or as they were typed (``Submission.typed``). Where one is missing, read-only fields
            take it from the context and other fields from the default of the document.
        errors: ``Submission.errors``.
        evaluate: Port to FEEL.
        context: What FEEL sees besides the answers.
        readonly: For completed tasks and the Fallakte: hidden fields are left out, nothing can be filled in.
        files: Name and size of uploaded files in words, by reference.
    """
    typed = fill(form.components, values, context, evaluate, context)
    settled = settle(form.components, typed)
    visibility, _ = decide(form, settled, evaluate, context)
    computed = compute(form, settled, evaluate, context)
    builder = _Builder(form, errors, evaluate, context, visibility.spots, readonly=readonly)
    builder.files = files or {}
    place = root_place(form, computed, context)
    sections = _sections(builder.level(form.components, place, typed), builder, place)
    return FormView(
        id=form.id,
        sections=sections,
        errors=tuple(
            ErrorLink(target=builder.targets.get(name, ""), message=builder.titles.get(name, "") + message)
            for name, message in errors.items()
        ),
        has_fields=builder.has_fields,
        has_optional=builder.has_optional,
        has_files=builder.has_files,
        refresh=builder.refresh and not readonly,
    )


class _Builder:
    """Collects what the page as a whole must know while the blocks are built."""

    def __init__(
        self,
        form: Form,
        errors: Mapping[str, str],
        evaluate: Evaluate,
        context: Scope,
        hidden: frozenset[tuple[int, tuple[int, ...]]],
        *,
        readonly: bool,
    ) -> None:
        self.errors = errors
        self.evaluate = evaluate
        self.context = context
        self.hidden = hidden
        self.readonly = readonly
        self.keys = {part for path, _ in form.fields() for part in path}
        self.files: Mapping[str, str] = {}
        self.targets: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        self.has_fields = self.has_optional = self.has_files = self.refresh = False

    def words(self, text: str, place: Place) -> str:
        """A label or hint: plain text, or the value of FEEL text."""
        return plain_text(self.evaluate(text[1:].strip(), place.scope)) if text.startswith("=") else text

    def level(
        self, components: Sequence[Component], place: Place, typed: Mapping[str, Any], *, following: bool = False, forced: bool = False
    ) -> list[tuple[Component, Block]]:
        """The blocks of one level.

        Args:
            components: What stands there.
            place: Where it stands.
            typed: Answers of the level as typed.
            following: Inside a block that CSS shows. CSS cannot nest, so the server decides from here on.
            forced: These very components are shown by CSS, whatever the server thinks of the present answers.
        """
        found: list[tuple[Component, Block]] = []
        number = 0
        while number < len(components):
            component = components[number]
            number += 1
            if component.hide is not None and not forced:
                self.refresh = self.refresh or any(name.partition(".")[0] in self.keys for name in names_in(component.hide))
            if (id(component), place.rows) in self.hidden and not forced:
                continue
            followers: list[Component] = []
            opening: frozenset[str] = frozenset()
            if isinstance(component, CheckboxField | ChoiceField) and not self.readonly and not following:
                opening, followers = self.followers(component, components[number:], place)
                number += len(followers)
            inside = tuple(block for _, block in self.columns(self.level(followers, place, typed, following=True, forced=True)))
            block = self.block(component, place, typed, opening, inside, following=following)
            if block is not None:
                found.append((component, block))
        return found

    def followers(self, trigger: Field, candidates: Sequence[Component], place: Place) -> tuple[frozenset[str], list[Component]]:
        """The components right behind a field that depend on it alone, and all in the same way."""
        opening: frozenset[str] = frozenset()
        found: list[Component] = []
        for candidate in candidates:
            shown = shown_by(trigger, candidate.hide, self.evaluate, place.scope) if candidate.hide is not None else None
            if shown is None or (found and shown != opening):
                break
            opening = shown
            found.append(candidate)
        return opening, found

    def block(
        self,
        component: Component,
        place: Place,
        typed: Mapping[str, Any],
        opening: frozenset[str],
        followers: tuple[Block, ...],
        *,
        following: bool,
    ) -> Block | None:
        """The block of one component."""
        if isinstance(component, Group):
            inner = get(place.values, component.path) if component.path else place.values
            content = inner if isinstance(inner, Mapping) else {}
            shown = get(typed, component.path) if component.path else typed
            below = Place(place.prefix + component.path, place.rows, {**place.scope, **content}, content) if component.path else place
            blocks = self.columns(self.level(component.components, below, shown if isinstance(shown, Mapping) else {}, following=following))
            return GroupView(
                id=f"gruppe-{component.id}",
                label=self.words(component.label, place),
                hint=self.words(component.description, place),
                blocks=tuple(block for _, block in blocks),
            )
        if isinstance(component, TextBlock):
            return TextView(html=render_markdown(self.words(component.text, place)))
        if isinstance(component, Table):
            return self.table(component, place)
        if isinstance(component, Separator | Spacer):
            return LineView(kind="separator" if isinstance(component, Separator) else "spacer")
        if isinstance(component, DynamicList):
            return self.rows(component, place, typed, following=following)
        assert isinstance(component, Field)
        return self.field(component, place, typed, opening, followers)

    def rows(self, component: DynamicList, place: Place, typed: Mapping[str, Any], *, following: bool) -> ListView:
        path = (*place.prefix, *component.path)
        name = name_of(path)
        frozen = self.readonly or is_readonly(component, self.evaluate, self.context)
        label = self.words(component.label, place)
        sent = get(typed, component.path) or []
        rows = []
        for number, below in enumerate(row_places(place, component.path, component, place.values)):
            inside = name_of((*path, number))
            title = f"{label} {number + 1}"
            below.scope[ROW_TITLE] = title
            blocks = self.columns(self.level(component.components, below, sent[number], following=following))
            rows.append(
                RowView(
                    id=f"feld-{inside}",
                    title=title,
                    mark=f"{inside}-{ROW_MARK}",
                    remove=inside if component.resizable and not frozen and len(sent) > component.min_items else "",
                    blocks=tuple(block for _, block in blocks),
                )
            )
        hint = self.words(component.description, place)
        error = self.errors.get(name, "")
        self.targets[name] = f"feld-{name}"
        required = component.min_items > 0
        self.has_optional = self.has_optional or not (required or frozen)
        return ListView(
            id=f"feld-{name}", name=name, label=label, hint=hint, required=required or frozen, error=error,
            error_id=f"feld-{name}-fehler" if error else "",
            describedby=joined(f"feld-{name}-fehler" if error else "", f"feld-{name}-hinweis" if hint else ""),
            rows=tuple(rows),
            add=name if component.resizable and not frozen and len(rows) < component.max_items else "",
        )

    def field(
        self, component: Field, place: Place, typed: Mapping[str, Any], opening: frozenset[str], followers: tuple[Block, ...]
    ) -> FieldView:
        name = name_of((*place.prefix, *component.path))
        field_id = f"feld-{name}"
        value = get(place.values if isinstance(component, ExpressionField) else typed, component.path)
        kind = kind_of(component)
        frozen = self.readonly or isinstance(component, ExpressionField) or is_readonly(component, self.evaluate, self.context)
        hint = self.hint(component, place, frozen=frozen)
        error = self.errors.get(name, "")
        options = self.options(component, field_id, value, place, opening)
        affix = ", ".join(filter(None, (getattr(component, "prefix", ""), getattr(component, "suffix", ""))))
        if not frozen:
            self.has_fields = True
            self.has_optional = self.has_optional or not (component.required or isinstance(component, CheckboxField))
            self.has_files = self.has_files or isinstance(component, FileField)
        if place.rows:
            # In the summary the sentence stands alone, so it says which row it means.
            self.titles[name] = f"{place.scope.get(ROW_TITLE, '')}: "
        self.targets[name] = options[0].id if options and kind not in {"select", "checkbox"} else field_id
        files = tuple(
            FileView(reference=str(each), words=self.files.get(str(each), ""))
            for each in (value if isinstance(component, FileField) and isinstance(value, list) else ())
        )
        shown = ", ".join(file.words for file in files if file.words) or shown_words(component, value, options)
        return FieldView(
            kind=kind,
            id=field_id,
            name=name,
            label=self.words(component.label, place),
            hint=hint,
            required=component.required or isinstance(component, CheckboxField | ExpressionField),
            readonly=frozen,
            value=displayed(component, value),
            shown=f"{shown} {affix}".strip() if shown else "",
            files=files,
            options=options,
            error=error,
            hint_id=f"{field_id}-hinweis" if hint else "",
            error_id=f"{field_id}-fehler" if error else "",
            describedby=joined(f"{field_id}-fehler" if error else "", f"{field_id}-hinweis" if hint else ""),
            affix=affix,
            inputmode=inputmode_of(component),
            input_type={"email": "email", "phone": "tel"}.get(getattr(component, "validation", None) or "", "text"),
            accept=", ".join(sorted(f".{ending}" for ending in endings_of(component.accept))) if isinstance(component, FileField) else "",
            multiple=isinstance(component, FileField) and component.multiple,
            narrow=kind in {"date", "time", "datetime", "number"},
            horizontal=len(options) <= 3 and sum(len(option.label) for option in options) <= 40,
            followers=followers,
        )

    def hint(self, component: Field, place: Place, *, frozen: bool) -> str:
        """The author's hint; dates get an example, unless the hint has one, and files their limits."""
        hint = self.words(component.description, place)
        if isinstance(component, TemporalField) and not frozen and not any(letter.isdecimal() for letter in hint):
            return f"{hint} {_EXAMPLE[component.subtype]}".strip()
        if isinstance(component, FileField) and not frozen:
            kinds = ", ".join(sorted(ending.upper() for ending in endings_of(component.accept) if ending != "jpeg"))
            return f"{hint} {kinds}, höchstens {MAX_UPLOAD // 1024 // 1024} MB".strip()
        return hint

    def options(
        self, component: Field, field_id: str, value: object, place: Place, opening: frozenset[str]
    ) -> tuple[OptionView, ...]:
        if isinstance(component, CheckboxField):
            return (OptionView(id=field_id, value="true", label="Ja", checked=value is True, opens="true" in opening),)
        if not isinstance(component, ChoiceField):
            return ()
        chosen = {token_of(each) for each in (value if isinstance(value, list) else [value])}
        return tuple(
            OptionView(
                id=f"{field_id}-{number}", value=option.token, label=option.label,
                checked=option.token in chosen, opens=option.token in opening,
            )
            for number, option in enumerate(options_of(component, self.evaluate, place.scope), start=1)
        )

    def table(self, component: Table, place: Place) -> TableView:
        columns: list[tuple[str, str]] = [(column.key, column.label) for column in component.columns]
        if component.columns_expression is not None:
            given = self.evaluate(component.columns_expression, place.scope)
            columns = [
                (str(each.get("key")), str(each.get("label") or each.get("key")))
                for each in (given if isinstance(given, list) else ())
                if isinstance(each, Mapping)
            ]
        source = self.evaluate(component.source, place.scope)
        rows = source[:MAX_TABLE_ROWS] if isinstance(source, list) else []
        return TableView(
            label=self.words(component.label, place),
            columns=tuple(label for _, label in columns),
            rows=tuple(tuple(plain_text(get(row, key.split("."))) for key, _ in columns) for row in rows),
        )

    def columns(self, blocks: list[tuple[Component, Block]]) -> list[tuple[Component, Block]]:
        """Put short fields that the document has in one row side by side."""
        merged: list[tuple[Component, Block]] = []
        run: list[tuple[Component, FieldView]] = []

        def close() -> None:
            if len(run) > 1:
                merged.append((run[0][0], ColumnsView(fields=tuple(each for _, each in run))))
            else:
                merged.extend(run)
            run.clear()

        for component, block in blocks:
            short = isinstance(block, FieldView) and block.kind in _SHORT and not block.followers and component.row is not None
            if not short or (run and run[0][0].row != component.row):
                close()
            if short and isinstance(block, FieldView):
                run.append((component, block))
            else:
                merged.append((component, block))
        close()
        return merged


def _sections(blocks: list[tuple[Component, Block]], builder: _Builder, place: Place) -> tuple[SectionView, ...]:
    """Divide the outermost level: a labelled group is a section, a text that is only a heading begins one."""
    sections: list[tuple[str, str, list[Block]]] = [("", "", [])]
    for component, block in builder.columns(blocks):
        title = heading_of(builder.words(component.text, place)) if isinstance(component, TextBlock) else None
        if isinstance(block, GroupView) and block.label:
            sections += [(block.label, block.hint, list(block.blocks)), ("", "", [])]
        elif title:
            sections.append((title, "", []))
        else:
            sections[-1][2].append(block)
    kept = [(title, hint, _without_edges(inside)) for title, hint, inside in sections]
    return tuple(
        SectionView(id=f"abschnitt-{number}", title=title, hint=hint, blocks=inside)
        for number, (title, hint, inside) in enumerate((each for each in kept if each[2] or each[0]), start=1)
    )


def _without_edges(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Without lines at the ends: sections have their own."""
    kept = list(blocks)
    while kept and isinstance(kept[0], LineView):
        kept.pop(0)
    while kept and isinstance(kept[-1], LineView):
        kept.pop()
    return tuple(kept)
