"""What one command did to one instance: values only. The service writes them in the transaction of the command.

Keys of tasks are 32 hex digits and unique over all instances. All instants are aware UTC datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Open = TypeVar("Open")
Outcome = Literal["completed", "cancelled"]
KINDS = ("user_tasks", "jobs", "timers", "subscriptions", "calls", "incidents")


@dataclass(frozen=True, kw_only=True)
class Delta(Generic[Open]):
    """Things of one kind that opened, changed or closed.

    Attributes:
        opened: by task key; a key that was open before has changed (other retries, next due time, migrated).
        closed: keys that are no longer open, whatever the reason.
    """

    opened: dict[str, Open] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class OpenUserTask:
    """A person has to do something. All values are evaluated; ``due`` of a mere date is the end of that day in Europe/Berlin.

    ``form_key``: with a ``form_id`` the version to which the task is bound (None: the latest), else a reference to a form elsewhere.
    """

    element: str
    name: str
    form_id: str | None = None
    form_key: str | None = None
    assignee: str | None = None
    candidate_groups: tuple[str, ...] = ()
    candidate_users: tuple[str, ...] = ()
    due: datetime | None = None
    follow_up: datetime | None = None
    priority: int = 50
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OpenJob:
    """A worker has to do something; ``variables`` is everything the element sees."""

    element: str
    name: str
    type: str
    retries: int
    headers: Mapping[str, str]
    variables: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class OpenTimer:
    """Call ``tick`` once ``due`` has come."""

    element: str
    due: datetime


@dataclass(frozen=True, kw_only=True)
class OpenSubscription:
    """Waits for a message (``correlation_key`` is None if the model names none) or a signal."""

    element: str
    kind: Literal["message", "signal"]
    name: str
    correlation_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class OpenCall:
    """Another process is to be started (``family`` does it) or runs for this call activity.

    Attributes:
        binding: ``latest``, ``deployment`` or ``versionTag`` (then ``version_tag`` is set).
        variables: what the called instance starts with; empty when the call only moved in a migration.
    """

    element: str
    name: str
    process: str
    binding: str
    version_tag: str | None
    variables: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class OpenIncident:
    """An element that cannot go on; ``retry`` repeats just this element.

    Attributes:
        phase: ``enter``, ``run``, ``job`` or ``listen`` (an event that stopped listening).
        type: class name in ``engine.errors`` such as ``ExpressionError``, ``UnhandledError``, ``JobFailed``, ``BudgetExceeded``.
        message: German, for people.
    """

    element: str
    name: str
    phase: str
    type: str
    message: str


@dataclass(frozen=True, kw_only=True)
class ThrownMessage:
    """A message event or send task published this."""

    element: str
    task: str
    name: str
    correlation_key: str | None
    variables: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class ThrownSignal:
    """Already heard inside this instance; everybody else gets it through the caller."""

    name: str
    variables: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Raised:
    """An error or escalation that nobody in this instance catches; ``family`` asks the calling instances."""

    task: str
    kind: Literal["error", "escalation"]
    code: str | None
    variables: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class ElementEvent:
    """One line of the element log."""

    what: Literal["entered", "completed", "terminated"]
    element: str
    task: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Step:
    """The outcome of one command for one instance.

    Attributes:
        instance: key of the instance.
        at: time of the command.
        calls: opened: these instances are to be started; closed: cancel what still runs for them.
        ended: set once, with the step that ended the instance.
        variables: of the process scope, when ended.
        problems: German sentences; only ``migrate`` fills them, and then nothing has changed.
    """

    instance: str
    at: datetime
    user_tasks: Delta[OpenUserTask] = field(default_factory=Delta)
    jobs: Delta[OpenJob] = field(default_factory=Delta)
    timers: Delta[OpenTimer] = field(default_factory=Delta)
    subscriptions: Delta[OpenSubscription] = field(default_factory=Delta)
    calls: Delta[OpenCall] = field(default_factory=Delta)
    incidents: Delta[OpenIncident] = field(default_factory=Delta)
    messages: tuple[ThrownMessage, ...] = ()
    signals: tuple[ThrownSignal, ...] = ()
    raised: tuple[Raised, ...] = ()
    events: tuple[ElementEvent, ...] = ()
    ended: Outcome | None = None
    variables: Mapping[str, object] | None = None
    problems: tuple[str, ...] = ()
