"""The refusal of an expression, with what its author needs to mend it."""

from __future__ import annotations

from engine.errors import ExpressionError


class FeelError(ExpressionError):
    """An expression cannot be read, or exceeds its budget.

    Attributes:
        text: the expression as it stands in the model.
        reason: one German sentence.
    """

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{reason} Ausdruck: „{text[:200]}“")
        self.text = text
        self.reason = reason
