"""What the model says about one element, read once by the builder; never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

EventKind = Literal["none", "message", "timer", "signal", "error", "escalation", "conditional", "terminate", "link"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """What an event definition says.

    Attributes:
        name: of a message or signal; the code of an error or escalation (None catches every code); the name of a link.
        text: of a timer or condition; the correlation key of a message. FEEL after ``=``.
        form: of a timer: ``date``, ``duration`` or ``cycle``.
    """

    kind: EventKind
    name: str | None = None
    text: str | None = None
    form: str = ""


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A multi-instance marker, or a standard loop (then ``items`` is None).

    Attributes:
        items: input collection.
        until: completion condition of a multi-instance activity.
        condition: of a standard loop: goes on while true.
        test_before: of a standard loop: asked before the first turn too.
        maximum: of a standard loop: number of turns, None is no limit, 0 no turn at all.
    """

    sequential: bool
    items: str | None = None
    element: str | None = None
    output: str | None = None
    output_element: str | None = None
    until: str | None = None
    condition: str | None = None
    test_before: bool = False
    maximum: int | None = None


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """The ``zeebe:`` extension elements of one element; texts are literals or FEEL after ``=``."""

    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    form_id: str | None = None
    form_key: str | None = None
    form_binding: str = "latest"
    form_version_tag: str | None = None
    assignee: str | None = None
    candidate_groups: str | None = None
    candidate_users: str | None = None
    due: str | None = None
    follow_up: str | None = None
    priority: str | None = None
    job_type: str | None = None
    job_retries: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    script: str | None = None
    result: str | None = None
    decision: str | None = None
    decision_binding: str = "latest"
    decision_version_tag: str | None = None
    process: str | None = None
    binding: str = "latest"
    version_tag: str | None = None
    copies_parent: bool = True
    returns_all: bool = True
    correlation_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class ElementFacts:
    """One element of the diagram.

    Attributes:
        id: as in the XML; what history, lists and incidents show.
        type: BPMN tag such as ``userTask``.
        lane: id of the innermost lane that holds the element or the sub-process around it.
        lane_group: candidate group that follows from the lane, see ``engine.dialect.lanes``.
        line: in the XML.
    """

    id: str
    type: str
    name: str = ""
    lane: str | None = None
    lane_group: str | None = None
    line: int = 0
    ext: Extensions = field(default_factory=Extensions)
    event: Event = field(default_factory=lambda: Event(kind="none"))
    loop: Loop | None = None
