"""What a page shows of a form: plain values for the templates, in the order of the document.

The templates of ``web/templates/formular`` render these; they decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OptionView:
    """An answer that can be chosen. ``opens``: choosing it shows the followers of the field."""

    id: str
    value: str
    label: str
    checked: bool = False
    opens: bool = False


@dataclass(frozen=True, kw_only=True)
class FileView:
    """A file that was uploaded before: its reference, and its name and size in words; empty words where nobody knows it any more."""

    reference: str
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class FieldView:
    """One field.

    Attributes:
        kind: ``text``, ``textarea``, ``number``, ``date``, ``time``, ``datetime``, ``radio``, ``select``, ``checkbox``, ``checklist``,
            ``taglist``, ``file`` or ``expression``.
        id: HTML id of the control (of the first one, where there are several).
        name: Name in the form post, and key of the error.
        value: The answer as displayed in the control; of a file field empty.
        shown: The answer as read: words for choices and boxes; empty if there is none.
        files: Files that were uploaded before.
        describedby: Ids of error and hint, ready for ``aria-describedby``; empty if there is neither.
        affix: Unit or other mark that stands with the label.
        horizontal: Whether few, short answers stand side by side.
        followers: Blocks that CSS shows while one of the opening options is chosen.
    """

    kind: str
    id: str
    name: str
    label: str
    hint: str = ""
    required: bool = False
    readonly: bool = False
    value: str = ""
    shown: str = ""
    files: tuple[FileView, ...] = ()
    options: tuple[OptionView, ...] = ()
    error: str = ""
    hint_id: str = ""
    error_id: str = ""
    describedby: str = ""
    affix: str = ""
    inputmode: str = ""
    input_type: str = "text"
    autocomplete: str = ""
    accept: str = ""
    multiple: bool = False
    narrow: bool = False
    horizontal: bool = False
    followers: tuple[Block, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ColumnsView:
    """Short fields that share a row."""

    fields: tuple[FieldView, ...]
    kind: str = "columns"


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """A group inside a section."""

    id: str
    label: str
    hint: str
    blocks: tuple[Block, ...]
    kind: str = "group"


@dataclass(frozen=True, kw_only=True)
class RowView:
    """A row of a list. ``remove``: value of the button ``_entfernen``, or empty where it must stay."""

    id: str
    title: str
    mark: str
    remove: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class ListView:
    """Repeatable rows. ``add``: value of the button ``_hinzufuegen``, or empty where there is no room."""

    id: str
    name: str
    label: str
    hint: str
    required: bool
    error: str
    error_id: str
    describedby: str
    rows: tuple[RowView, ...]
    add: str
    kind: str = "list"


@dataclass(frozen=True, kw_only=True)
class TextView:
    """Markdown as safe HTML (``forms.text.render_markdown``)."""

    html: str
    kind: str = "markdown"


@dataclass(frozen=True, kw_only=True)
class TableView:
    """A read-only table of texts."""

    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: str = "table"


@dataclass(frozen=True, kw_only=True)
class LineView:
    """A separator or a spacer."""

    kind: str


Block = FieldView | ColumnsView | GroupView | ListView | TextView | TableView | LineView


@dataclass(frozen=True, kw_only=True)
class SectionView:
    """Blocks under one heading of the page; ``title`` may be empty."""

    id: str
    title: str
    hint: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class ErrorLink:
    """A line of the error summary; ``target`` is the id of the control, or empty."""

    target: str
    message: str


@dataclass(frozen=True, kw_only=True)
class FormView:
    """A form as a page shows it.

    Attributes:
        id: Id of the form document.
        sections: What to render.
        errors: Lines of the error summary, in the order of the fields.
        has_fields: Whether anything can be filled in.
        has_optional: Whether any field says "freiwillig", so that the page explains the word.
        has_files: Whether the form must be sent as ``multipart/form-data``.
        refresh: Whether some fields appear only after the server has seen the answers; the page then offers to look again.
    """

    id: str
    sections: tuple[SectionView, ...]
    errors: tuple[ErrorLink, ...] = ()
    has_fields: bool = False
    has_optional: bool = False
    has_files: bool = False
    refresh: bool = False
