"""A process instance in memory: task trees, agenda, and what a step produced besides new state."""

from __future__ import annotations

import itertools
import json
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from engine.errors import BudgetExceeded, EngineError
from engine.limits import DEFAULT_LIMITS, Limits, Meter
from engine.specs.base import Element, Pass, Start, set_incident
from engine.specs.events import Catch, Split, SubStart, is_listening
from engine.specs.facts import ElementFacts
from engine.specs.gateways import EndJoin
from engine.spiff import ACTIVE, BpmnProcessSpec, BpmnSubWorkflow, BpmnWorkflow, State, WorkflowSpec, above, active, in_order
from engine.step import ElementEvent, OpenUserTask, Outcome, Raised, ThrownMessage, ThrownSignal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from engine.catalogue import Definition
    from engine.ports import Evaluator, View
    from engine.scopes import Scope, Variables
    from engine.spiff import Task

Parent = tuple[str, str]  # key of the calling instance, task key of its call activity


class ProcessSpec(BpmnProcessSpec):
    """Specs of one (sub-)process.

    Attributes:
        entries: element id -> the spec a token enters.
    """

    start: Start
    end: EndJoin

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)  # the stock container would add stock start and end specs
        self.bpmn_start_events, self.data_objects, self.data_stores = [], {}, {}
        self.correlation_keys, self.io_specification = {}, None
        self.entries: dict[str, Element] = {}
        self.start = Start(self, "Start", ElementFacts(id="Start", type="process"))
        self.end = EndJoin(self, "#join", ElementFacts(id="#join", type="process"))
        last = Pass(self, "End", ElementFacts(id="End", type="process"))  # the name ends a workflow in SpiffWorkflow
        last.logged = False
        self.end.connect(last)


class Running:
    """Shared by instance and sub-process."""

    host: Task | None = None  # the task of a sub-process in the tree around it
    entry: str | None = None  # spec to begin with instead of the first start event
    entry_path: Sequence[str] = ()  # and so on inside it

    def update_waiting_tasks(self) -> None:
        """Not after every task as in SpiffWorkflow: ``settle`` looks at joins and conditions when it is time."""


class Sub(Running, BpmnSubWorkflow):
    """A running embedded or event sub-process."""

    spec: ProcessSpec

    def __init__(self, spec: ProcessSpec, host: Task, entry: Sequence[str] = (), *, deserializing: bool = False) -> None:
        self.host = host
        self.joining: dict[UUID, Task] = {}
        if entry:
            self.entry, self.entry_path = entry[0], entry[1:]
        super().__init__(spec, host.id, host.workflow.top_workflow, deserializing=deserializing)

    @property
    def parent_workflow(self) -> Instance | Sub:
        """The tree around it; the library would search all trees for it."""
        assert self.host is not None
        return self.host.workflow


class Instance(Running, BpmnWorkflow):
    """A process instance. ``data`` holds the variables of the process scope.

    Attributes:
        key: decided by the service.
        parent: the calling instance and its call activity, or None.
        now: epoch seconds, the time of the command that runs.
        size: estimate of the stored variables in bytes, see ``reserve``.
        tokens: estimate of the open tokens, see ``claim_tokens``.
        outcome: set when the instance has ended.
    """

    spec: ProcessSpec
    subprocesses: dict[UUID, Sub]

    def __init__(
        self,
        definition: Definition,
        expressions: Evaluator,
        now: float,
        *,
        key: str = "",
        parent: Parent | None = None,
        variables: Mapping[str, object] | None = None,
        start_element: str | None = None,
        limits: Limits = DEFAULT_LIMITS,
        deserializing: bool = False,
    ) -> None:
        self.key, self.parent, self.definition, self.expressions = key, parent, definition, expressions
        self.now = self.started = now
        self.limits, self.meter, self.size, self.tokens = limits, Meter(limits), 0, 0
        self.agenda: deque[Task] = deque()  # READY tasks to run
        self.joining: dict[UUID, Task] = {}  # joins to look at when the agenda is empty
        self.conditions: dict[UUID, Task] = {}  # conditional listeners
        self.listeners: list[Task] = []  # the same in their order, see ``conditions_in_order``
        self.described: dict[UUID, OpenUserTask] = {}  # user tasks just opened
        self.passed_on: dict[UUID, Variables] = {}  # variables of calls just opened
        self.events: list[ElementEvent] = []
        self.raised: list[Raised] = []
        self.messages: list[ThrownMessage] = []
        self.signals: list[ThrownSignal] = []
        self.outcome: Outcome | None = None
        if start_element is not None:
            self.entry = definition.specs[definition.key].entries[start_element].name
        super().__init__(definition.specs[definition.key], definition.specs, expressions, deserializing=deserializing)
        self.subprocess_specs = definition.specs  # the library swaps an empty mapping for a new dict
        self.data = dict(variables or {})

    @property
    def moment(self) -> datetime:
        """``now`` for the outside."""
        return datetime.fromtimestamp(self.now, UTC)

    def create_subprocess(self, host: Task, key: str, entry: Sequence[str] = (), *, deserializing: bool = False) -> Sub:
        """Begin the tree of a sub-process."""
        self.subprocesses[host.id] = Sub(self.definition.specs[key], host, entry, deserializing=deserializing)
        return self.subprocesses[host.id]

    def running(self) -> list[Instance | Sub]:
        """All trees that have not ended, outer ones first."""
        trees: list[Instance | Sub] = [self, *self.subprocesses.values()]
        return [w for w in trees if not w.completed]

    def find(self, task_id: UUID) -> Task | None:
        """A task of any tree of this instance."""
        if task_id in self.tasks:
            return self.tasks[task_id]
        for sub in self.subprocesses.values():
            if task_id in sub.tasks:
                return sub.tasks[task_id]
        return None

    def log(self, what: Literal["entered", "completed", "terminated"], element: str, task: Task) -> None:
        """One line for the element log of the step."""
        self.events.append(ElementEvent(what=what, element=element, task=task.id.hex, at=self.moment))

    # -- budgets ---------------------------------------------------------------------------------------------------------------
    def compute(self, text: str, view: View) -> object:
        """An expression whose value is going to be stored."""
        value = self.expressions.value(text, view)
        self.reserve(value)
        return value

    def reserve(self, value: object) -> None:
        """Room for a value that is about to be stored: neither it nor what is there already may be over the limit.

        Adds up what is written; only when the sum is over the limit the variables are really measured, because most values replace
        others. So the state stays below twice the limit.
        """
        extra, limit = len(json.dumps(value)), self.limits.state_bytes
        if extra > limit:
            raise BudgetExceeded(f"Der Wert ist mit {extra} Byte größer als erlaubt ({limit} Byte).")
        self.size += extra
        if self.size > limit:
            self.size = self.measure()
            if self.size > limit:
                raise BudgetExceeded(f"Die Variablen sind mit {self.size} Byte größer als erlaubt ({limit} Byte).")

    def make_room(self, scope: Scope, values: Mapping[str, object], arriving: Task | None = None) -> None:
        """Room for variables that come from outside and are about to be merged upwards from ``scope``; what they replace makes room.

        Args:
            scope: where the merge begins.
            values: the variables.
            arriving: the task that holds them until then.

        Raises:
            BudgetExceeded: the variables of the instance would be too large.
        """
        holders = {name: scope.owner(name).local for name in values}
        replaced = {name: holder[name] for name, holder in holders.items() if name in holder}
        growth, limit = len(json.dumps(dict(values))) - len(json.dumps(replaced)), self.limits.state_bytes
        if growth <= 0:
            return
        if self.size + growth > limit:
            self.size = self.measure(arriving)
            if self.size + growth > limit:
                raise BudgetExceeded(f"Die Variablen wären mit {self.size + growth} Byte größer als erlaubt ({limit} Byte).")
        self.size += growth

    def measure(self, arriving: Task | None = None) -> int:
        """Bytes of all variables as JSON text, without what ``arriving`` brings."""
        held: list[object] = [self.data]
        for workflow in self.running():
            for task in active(workflow.tasks.values()):
                names = ("vars", "items") if task is arriving else ("vars", "items", "result", "payload")
                held.append([task.internal_data.get(name) for name in names])
        return len(json.dumps(held))

    def claim_tokens(self, number: int) -> None:
        """Room for more tokens; counted exactly only when the estimate is over the limit."""
        self.tokens += number
        if self.tokens > self.limits.tokens:
            self.tokens = self.count_tokens() + number
            if self.tokens > self.limits.tokens:
                self.tokens -= number
                self.meter.take_refusal()
                raise BudgetExceeded(f"Mehr als {self.limits.tokens} gleichzeitig offene Schritte in einem Vorgang.")

    def count_tokens(self) -> int:
        """Open tokens in all trees."""
        return sum(len(active(workflow.tasks.values())) for workflow in self.running())

    # -- running ---------------------------------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Run until only people, jobs, events, called instances and incidents are waited for.

        When a budget is used up, whatever is still to run gets an incident, so that the instance stays usable.
        """
        self.check_conditions()
        stop: BudgetExceeded | None = None
        while True:
            while self.agenda:
                task = self.agenda.popleft()
                if task._state != State.READY or task.id not in task.workflow.tasks or task.workflow.completed:
                    continue
                if stop is None and not self.meter.take_step():
                    stop = BudgetExceeded(f"Mehr als {self.limits.steps} Schritte in einem Zug; vermutlich eine Schleife ohne Halt.")
                if stop is None and self.meter.refusals < 0:
                    stop = BudgetExceeded(f"Immer wieder mehr als {self.limits.tokens} gleichzeitig offene Schritte in einem Vorgang.")
                if stop is not None:
                    set_incident(task, "run", stop)
                    continue
                task.run()
                stop = self.count_children(task)
                self.check_conditions()
            self.check_joins()
            if not self.agenda:
                break
        if self.completed and self.outcome is None:
            self.outcome = "completed"

    def count_children(self, task: Task) -> BudgetExceeded | None:
        """A fork makes more tokens of one."""
        if len(task._children) > 1:
            try:
                self.claim_tokens(len(task._children) - 1)
            except BudgetExceeded as exc:
                return exc
        return None

    def check_conditions(self) -> None:
        """Conditional events look again after every task that ran."""
        for task in self.conditions_in_order():
            spec = task.task_spec
            if is_listening(task) and isinstance(spec, Catch):
                spec.check_condition(task)
            else:
                self.conditions.pop(task.id, None)

    def conditions_in_order(self) -> list[Task]:
        """Outer scopes first, event sub-processes before the boundary events of their scope: what one interrupts does not fire before it.

        Never the order in which they began to listen, which storing and loading does not keep.
        """
        if len(self.conditions) < 2:
            return list(self.conditions.values())
        if self.conditions.keys() != {task.id for task in self.listeners}:
            trees = [sorted(in_order(workflow), key=lambda t: not t.task_spec.scope_listener) for workflow in self.running()]
            places = {task.id: place for place, task in enumerate(itertools.chain.from_iterable(trees))}
            self.listeners = sorted(self.conditions.values(), key=lambda t: places.get(t.id, 0))
        return list(self.listeners)

    def check_joins(self) -> None:
        """Inclusive joins and ends of scopes decide when nothing else can run."""
        for workflow in self.running():
            for task in list(workflow.joining.values()):
                if is_listening(task):
                    task.task_spec._update(task)
                if not is_listening(task):
                    workflow.joining.pop(task.id, None)

    # -- after a migration -----------------------------------------------------------------------------------------------------
    def reconcile(self) -> None:
        """Open the listeners that a new model adds. Timers count from the entry of what they watch."""
        for workflow in self.running():
            for task in list(workflow.tasks.values()):
                split = next((x for x in task.task_spec.inputs if isinstance(x, Split) and x.main == task.task_spec.name), None)
                if not task._state & ACTIVE or split is None or "index" in task.internal_data:
                    continue
                parent = above(task)
                if not isinstance(parent.task_spec, Split):
                    between = parent._add_child(split, State.FUTURE)
                    between._set_state(State.COMPLETED)
                    parent._children.remove(task.id)
                    task.parent = between
                    between._children.append(task.id)
                    parent = between
                self.add_listeners(parent, [x for x in split.outputs if x is not task.task_spec], task.internal_data.get("at", self.now))
            since = self.started if workflow.host is None else workflow.host.internal_data.get("at", self.now)
            self.add_listeners(workflow.task_tree, [x for x in workflow.spec.start.outputs if isinstance(x, SubStart)], since)

    def restart_timers(self, elements: Collection[str]) -> list[str]:
        """Let the open timers of these elements count anew from the entry of what they watch; what cannot be computed (German)."""
        problems = []
        for workflow in self.running():
            for task in list(workflow.tasks.values()):
                spec = task.task_spec
                if task._state != State.WAITING or not isinstance(spec, Catch) or spec.event.kind != "timer" or spec.bpmn_id not in elements:
                    continue
                try:
                    spec.listen(task, self.watched_since(task))
                except EngineError as exc:
                    problems.append(f"Die neue Frist von „{spec.bpmn_id}“ lässt sich nicht berechnen: {exc}")
        return problems

    def watched_since(self, task: Task) -> float:
        """When the activity or scope was entered whose time this timer measures; for an intermediate event, the event itself."""
        spec, workflow = task.task_spec, task.workflow
        if isinstance(spec, SubStart):
            return self.started if workflow.host is None else float(workflow.host.internal_data.get("at", self.now))
        if spec.listener:
            split = above(task).task_spec
            assert isinstance(split, Split)
            task = next((x for x in above(task).children if x.task_spec.name == split.main), task)
        return float(task.internal_data.get("at", self.now))

    def add_listeners(self, parent: Task, specs: Sequence[Element], since: float) -> None:
        """Open what is missing below ``parent``."""
        for spec in specs:
            if not any(child.task_spec is spec for child in parent.children):
                now, self.now = self.now, since
                try:
                    spec._update(parent._add_child(spec, State.FUTURE))
                finally:
                    self.now = now
