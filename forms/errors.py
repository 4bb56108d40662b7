"""What the forms package raises."""

from __future__ import annotations


class FormsError(Exception):
    """A form could not be used."""


class InvalidForm(FormsError):  # a refusal, named like InvalidDefinition of the engine
    """A form document is not one that we can show and check.

    Attributes:
        form: Id of the form, or ``""`` where it could not be read.
        key: Key (or id) of the component, or ``""`` where the document itself is wrong.
        kind: Type of the component as written, or ``""``.
        message: German sentence for the process owner, complete in itself.
    """

    def __init__(self, message: str, *, form: str = "", key: str = "", kind: str = "") -> None:
        self.form = form
        self.key = key
        self.kind = kind
        self.message = message
        super().__init__(message)
