"""What the engine asks of others: the evaluator of expressions, and through it deadlines, calendar and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

View = Mapping[str, object]


class Due(NamedTuple):
    """A timer that has been set.

    Attributes:
        at: epoch seconds.
        left: how often it may still fire; -1 without end.
        cycle: what ``next_due`` needs to find the turn after this one; None fires once.
    """

    at: float
    left: int = 1
    cycle: str | None = None


class FristWert(Protocol):
    """A deadline of the profile: a figure and its unit (stunden, tage, wochen, monate, jahre, arbeitstage, werktage)."""

    @property
    def wert(self) -> int:
        """How many."""
        ...

    @property
    def einheit(self) -> str:
        """Of what."""
        ...


class FristPort(Protocol):
    """Deadlines of the Kommune whose process runs."""

    def __call__(self, name: str) -> FristWert:
        """The deadline of that name. Raises LookupError with a German sentence."""
        ...


class DecisionPort(Protocol):
    """Decisions by id."""

    def __call__(self, decision_id: str, view: View, binding: str, version_tag: str | None, definition: str) -> object:
        """The FEEL value; ``view`` holds variables and facts. Which version: as :class:`FormPort`. Raises any EngineError."""
        ...


class FormPort(Protocol):
    """Forms by id."""

    def __call__(self, form_id: str, binding: str, version_tag: str | None, definition: str) -> str | None:
        """The key of the version to which a task of the process ``definition`` is bound; None: whichever is the latest.

        ``binding`` is ``latest``, ``deployment`` or ``versionTag`` (then ``version_tag`` is set). Raises FormNotFound.
        """
        ...


class Evaluator(Protocol):
    """Expressions of a model. ``view`` holds the visible variables, nearest scope first; text after ``=`` is FEEL."""

    def value(self, text: str, view: View) -> object:
        """The value as JSON; text without ``=`` is itself. Raises ExpressionError."""
        ...

    def decide(self, decision_id: str, view: View, binding: str, version_tag: str | None, definition: str) -> object:
        """The result of a decision as JSON; which version: as :class:`FormPort`. Raises ExpressionError, DecisionNotFound."""
        ...

    def form(self, form_id: str, binding: str, version_tag: str | None, definition: str) -> str | None:
        """As :class:`FormPort`. Raises FormNotFound."""
        ...

    def timer(self, form: str, text: str, view: View, since: float) -> Due:
        """The first due time of a ``date``, ``duration`` or ``cycle`` counted from ``since`` (epoch seconds)."""
        ...

    def next_due(self, cycle: str, due: float, now: float) -> float:
        """The first turn of ``cycle`` after ``due`` that lies after ``now``: missed turns are not made up for."""
        ...

    def instant(self, text: str, view: View, now: float, *, end_of_day: bool) -> float | None:
        """A due or follow-up time in epoch seconds; a mere date is the end or the beginning of that day; null is None."""
        ...
