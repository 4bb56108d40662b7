"""Expressions of one process instance: FEEL over the visible variables, then the facts of the case and the profile of the Kommune.

Text after ``=`` is FEEL, other text is itself. Values that are stored are JSON: dates and durations become text. What the
standard makes null stays null; what cannot be evaluated at all (budget, unreadable timer) raises ExpressionError and is an
incident of the element.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

from engine import timers
from engine.clock import BERLIN
from engine.errors import EngineError, ExpressionError
from engine.feel import FeelFunction, compile_expression, to_json
from engine.feel.fristen import engine_functions
from engine.feel.temporal import DaysDuration, MonthsDuration
from engine.ports import DecisionPort, Due, FormPort, FristPort, View

if TYPE_CHECKING:
    from engine.calendar import Calendar
    from engine.clock import Clock
    from engine.timers import Form

Fact = object | Callable[[], object]
PLAIN: Final = frozenset({type(None), bool, int, str, float})


class Expressions:
    """The evaluator of one instance (``engine.ports.Evaluator``).

    Args:
        facts: ``fall`` and ``profil``; a callable is called when an expression first reads it, at most once.
        frist: deadlines of the profile.
        calendar: Arbeitstage of the Kommune.
        clock: the present.
        decide: decisions by id.
        forms: forms by id; without it every form is taken for granted, always the latest.
    """

    def __init__(
        self,
        facts: Mapping[str, Fact],
        frist: FristPort,
        calendar: Calendar,
        clock: Clock,
        decide: DecisionPort,
        forms: FormPort | None = None,
    ) -> None:
        self.facts: Mapping[str, object] = Facts(facts)
        self._frist, self._calendar, self._clock, self._decide = frist, calendar, Moment(clock), decide
        self._forms = forms

    @cached_property
    def functions(self) -> dict[str, FeelFunction]:
        """Functions besides the built-in ones: ``now``, ``today``, ``arbeitstage``, ``werktage``, ``feiertag``, ``frist``."""
        return engine_functions(self._clock, self._calendar, self._frist_entry)

    def _frist_entry(self, name: str) -> dict[str, object]:
        try:
            found = self._frist(name)
        except LookupError as exc:
            raise ExpressionError(str(exc)) from exc
        return {"wert": found.wert, "einheit": str(found.einheit)}

    def context(self, view: View) -> ChainMap[str, object]:
        """What an expression sees. Variables cover facts of the same name; both are only read."""
        maps = view.maps if isinstance(view, ChainMap) else [view]
        return ChainMap(*maps, self.facts)  # type: ignore[arg-type]  # a ChainMap over mappings that are never written to

    def feel(self, text: str, view: View) -> object:
        """The FEEL value of a text, or the text itself. Raises ExpressionError."""
        if not text.startswith("="):
            return text
        return cast("object", compile_expression(text[1:].strip()).evaluate(self.context(view), self.functions))

    # -- engine.ports.Evaluator ------------------------------------------------------------------------------------------------
    def value(self, text: str, view: View) -> object:
        """The value as JSON. Raises ExpressionError."""
        return plain(self.feel(text, view))

    def decide(self, decision_id: str, view: View, binding: str, version_tag: str | None, definition: str) -> object:
        """The result of a decision as JSON. Raises ExpressionError."""
        try:
            return plain(self._decide(decision_id, self.context(view), binding, version_tag, definition))
        except EngineError:
            raise
        except Exception as exc:
            raise ExpressionError(f"Die Entscheidung „{decision_id}“ kann nicht getroffen werden: {exc}") from exc

    def form(self, form_id: str, binding: str, version_tag: str | None, definition: str) -> str | None:
        """The key of the bound version, None for the latest. Raises FormNotFound."""
        return None if self._forms is None else self._forms(form_id, binding, version_tag, definition)

    def timer(self, form: str, text: str, view: View, since: float) -> Due:
        """The first due time, counted from ``since``; functions such as ``now`` and ``frist`` take that moment for the present."""
        start = at(since)
        with self._clock.set_to(start):
            timer = timers.parse_timer(cast("Form", form), self.feel(text, view), start)
        return Due(timer.due.timestamp(), timer.remaining, timer.cycle)

    def next_due(self, cycle: str, due: float, now: float) -> float:
        """The first turn after ``due`` that lies after ``now``. Raises ExpressionError."""
        return timers.next_due(cycle, at(due), at(now)).timestamp()

    def instant(self, text: str, view: View, now: float, *, end_of_day: bool) -> float | None:
        """A due or follow-up time; a duration counts from now. Raises ExpressionError."""
        value = self.feel(text, view)
        if isinstance(value, DaysDuration | MonthsDuration) or (isinstance(value, str) and value.strip().startswith("P")):
            return timers.parse_timer("duration", value, at(now)).due.timestamp()
        moment = timers.instant(value, end=end_of_day)
        return None if moment is None else moment.timestamp()


class Facts(Mapping[str, object]):
    """Facts that are computed when they are first read."""

    def __init__(self, sources: Mapping[str, Fact]) -> None:
        self._sources = sources
        self._read: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if name not in self._read:
            source = self._sources[name]
            self._read[name] = source() if callable(source) else source
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


class Moment:
    """A clock that a timer can set to the moment it counts from, for the time of one evaluation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._set: list[datetime] = []

    def now(self) -> datetime:
        return self._set[-1] if self._set else self._clock.now()

    def today(self) -> date:
        return self._set[-1].astimezone(BERLIN).date() if self._set else self._clock.today()

    def set_to(self, moment: datetime) -> Moment:
        """For a ``with`` statement."""
        self._set.append(moment)
        return self

    def __enter__(self) -> None:
        """The moment is set already."""

    def __exit__(self, *_: object) -> None:
        self._set.pop()


def at(epoch: float) -> datetime:
    """Epoch seconds as an aware moment."""
    return datetime.fromtimestamp(epoch, UTC)


def plain(value: object) -> object:
    """A FEEL value as JSON that Python's own encoder takes: numbers are int or float."""
    if type(value) in PLAIN:
        return value
    return floats(to_json(value))


def floats(value: object) -> object:
    """Decimal numbers as float, all the way down."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [item if type(item) in PLAIN else floats(item) for item in value]
    if isinstance(value, dict):
        return {key: item if type(item) in PLAIN else floats(item) for key, item in value.items()}
    return value
