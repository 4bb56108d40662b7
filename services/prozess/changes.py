"""What the steps of one command add up to: things that opened and closed, per table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.step import (
        Delta,
        ElementEvent,
        OpenIncident,
        OpenJob,
        OpenSubscription,
        OpenTimer,
        OpenUserTask,
        Step,
        ThrownMessage,
        ThrownSignal,
    )

Open = TypeVar("Open")
Place = tuple[int, str]  # instance key, task id


@dataclass
class Net(Generic[Open]):
    """Net effect on one kind. What opened and closed within the command never reaches a table."""

    opened: dict[Place, Open] = field(default_factory=dict)
    closed: dict[Place, None] = field(default_factory=dict)
    fresh: set[Place] = field(default_factory=set)  # opened for the first time in this command: no row yet
    settled: set[Place] = field(default_factory=set)  # dealt with in this command: never had a row

    def apply(self, instance: int, delta: Delta[Open], entered: set[str]) -> None:
        for task in delta.closed:
            place = (instance, task)
            if (self.opened.pop(place, None) is None or place not in self.fresh) and place not in self.settled:
                self.closed[place] = None
            self.fresh.discard(place)
        for task, value in delta.opened.items():
            place = (instance, task)
            if place not in self.opened and task in entered:
                self.fresh.add(place)
            self.opened[place] = value

    def settle(self, place: Place) -> None:
        """The thing is dealt with here and now; if it opened in this command, no table hears of it."""
        self.opened.pop(place)
        if place in self.fresh:
            self.settled.add(place)
        else:
            self.closed[place] = None


@dataclass
class Changes:
    """All steps of one command, added up in order."""

    user_tasks: Net[OpenUserTask] = field(default_factory=Net)
    jobs: Net[OpenJob] = field(default_factory=Net)
    timers: Net[OpenTimer] = field(default_factory=Net)
    subscriptions: Net[OpenSubscription] = field(default_factory=Net)
    incidents: Net[OpenIncident] = field(default_factory=Net)
    messages: list[tuple[int, ThrownMessage]] = field(default_factory=list)
    signals: list[ThrownSignal] = field(default_factory=list)
    events: list[tuple[int, ElementEvent]] = field(default_factory=list)
    ended: dict[int, tuple[str, Mapping[str, Any] | None]] = field(default_factory=dict)
    last_element: dict[int, str] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)

    def add(self, steps: Iterable[Step]) -> None:
        for step in steps:
            instance = int(step.instance)
            entered = {event.task for event in step.events}
            self.user_tasks.apply(instance, step.user_tasks, entered)
            self.jobs.apply(instance, step.jobs, entered)
            self.timers.apply(instance, step.timers, entered)
            self.subscriptions.apply(instance, step.subscriptions, entered)
            self.incidents.apply(instance, step.incidents, entered)
            self.messages += [(instance, message) for message in step.messages]
            self.signals += step.signals
            self.events += [(instance, event) for event in step.events]
            for event in step.events:
                if event.what == "completed":
                    self.last_element[instance] = event.element
            if step.ended is not None:
                self.ended[instance] = (step.ended, step.variables)

    @property
    def problems_opened(self) -> bool:
        return bool(self.incidents.opened)
