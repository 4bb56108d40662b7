"""One command over an instance, everything it calls and everything that called it. The service commits all steps at once.

A call activity is its own process instance, started and completed in the same command. Work is a queue, not recursion.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from engine import runtime
from engine.errors import BudgetExceeded, CallTooDeep, InstanceNotRunning, Rejected
from engine.limits import DEFAULT_LIMITS, Limits, Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from engine.catalogue import Definition
    from engine.instance import Instance, Parent
    from engine.ports import Evaluator
    from engine.step import OpenCall, Raised, Step


class Store(Protocol):
    """The doors to the outside; in the service: rows locked for update, in the transaction of the command."""

    def get(self, key: str) -> Instance:
        """A running instance (``engine.state.load``). Raises InstanceNotRunning."""
        ...

    def put(self, instance: Instance) -> None:
        """Once per touched instance, after the last step: write ``engine.state.dump``, or nothing more if ``outcome`` is set."""
        ...

    def register(self, instance: Instance) -> None:
        """A new instance has begun: remember key, definition and parent before its steps are followed."""
        ...

    def definition(self, key: str) -> Definition:
        """A definition by its own key."""
        ...

    def resolve(self, process: str, binding: str, version_tag: str | None, caller: str | None) -> Definition:
        """The definition to start: ``latest``, ``deployment`` (of the definition ``caller``) or ``versionTag``. Raises any EngineError."""
        ...

    def new_key(self) -> str:
        """Key for an instance: a 64-bit number as text."""
        ...

    def child_of(self, key: str, task: str) -> str | None:
        """The running instance that this call activity called."""
        ...

    def parent_of(self, key: str) -> Parent | None:
        """Who called this instance."""
        ...


class Family:
    """Runs commands.

    Args:
        store: doors to the outside.
        expressions_for: evaluator for the instance with this key (asked for a new one before it is registered).
        now: aware time.
        limits: budgets.

    Attributes:
        steps: of the last command, in order.
        touched: instances the last command has changed, by key.
    """

    def __init__(
        self, store: Store, expressions_for: Callable[[str], Evaluator], now: Callable[[], datetime], limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.store, self.expressions_for, self.now, self.limits = store, expressions_for, now, limits
        self.steps: list[Step] = []
        self.touched: dict[str, Instance] = {}
        self.todo: deque[Step] = deque()
        self.meter = Meter(limits, shared=True)

    # -- commands --------------------------------------------------------------------------------------------------------------
    def start(
        self, process: str, variables: Mapping[str, object], *, definition_key: str | None = None, start_element: str | None = None
    ) -> str:
        """A new root instance of the latest version, or of exactly ``definition_key``. Returns its key."""
        self.begin()
        definition = self.store.resolve(process, "latest", None, None) if definition_key is None else self.store.definition(definition_key)
        key = self.store.new_key()
        self.create(definition, key, variables, None, start_element)
        self.end()
        return key

    def run(self, key: str, command: str, *args: object, **more: object) -> list[Step]:
        """A command on one instance and what follows from it.

        Args:
            key: instance.
            command: name of a function of ``engine.runtime`` that takes an instance: complete, job_done, job_failed, correlate, signal,
                tick, retry, cancel, set_variables, modify.
            args: its further arguments.
            more: its keyword arguments; ``cancel`` also takes ``whole_family=True``.
        """
        self.begin()
        if command == "cancel":
            self.cancel(key, whole_family=bool(more.get("whole_family")))
        else:
            self.todo.append(getattr(runtime, command)(self.instance(key), *args, **more))
        self.end()
        return self.steps

    def adopt(self, instance: Instance, step: Step) -> list[Step]:
        """Carry on with an instance that was changed outside, by ``runtime.migrate``."""
        self.begin()
        instance.meter = self.meter
        self.touched[instance.key] = instance
        new = {task: call for task, call in step.calls.opened.items() if self.store.child_of(instance.key, task) is None}
        self.todo.append(replace(step, calls=replace(step.calls, opened=new)))
        self.end()
        return self.steps

    def cancel(self, key: str, *, whole_family: bool = False) -> None:
        """Down: every called instance. Up: only with ``whole_family``, which starts at the root of the given instance.

        A called instance alone would leave its caller waiting for ever, so as in Camunda 8 only a root can be cancelled.
        """
        while (parent := self.store.parent_of(key)) is not None:
            if not whole_family:
                raise Rejected(f"{key} was called by {parent[0]}: cancel the root instance or terminate its call activity")
            key = parent[0]
        self.todo.append(runtime.cancel(self.instance(key)))

    # -- cascade ---------------------------------------------------------------------------------------------------------------
    def begin(self) -> None:
        """Forget the command before."""
        self.steps, self.touched, self.todo = [], {}, deque()
        self.meter = Meter(self.limits, shared=True)

    def end(self) -> None:
        """Carry out what the steps ask for, then store every touched instance once."""
        self.drain()
        for instance in self.touched.values():
            self.store.put(instance)

    def drain(self) -> None:
        """Work off the queue."""
        while self.todo:
            step = self.todo.popleft()
            self.steps.append(step)
            self.follow(step)

    def instance(self, key: str) -> Instance:
        """An instance of this command; loaded once. Raises InstanceNotRunning."""
        if key not in self.touched:
            instance = self.store.get(key)
            if instance.outcome is not None:
                raise InstanceNotRunning(key)
            instance.now, instance.meter, instance.limits = self.now().timestamp(), self.meter, self.limits
            self.touched[key] = instance
        return self.touched[key]

    def create(
        self, definition: Definition, key: str, variables: Mapping[str, object], parent: Parent | None, start_element: str | None
    ) -> None:
        """Start an instance; its first step goes onto the queue."""
        instance, step = runtime.start(
            definition,
            self.expressions_for(key),
            self.now(),
            variables,
            key=key,
            parent=parent,
            start_element=start_element,
            limits=self.limits,
            meter=self.meter,
        )
        self.touched[key] = instance
        self.store.register(instance)
        self.todo.append(step)

    def follow(self, step: Step) -> None:
        """What one step means for the instances around it."""
        children = [self.store.child_of(step.instance, task) for task in step.calls.closed]
        for child in sorted((key for key in children if key is not None), key=lambda key: (len(key), key)):  # in the order of their birth
            if self.instance(child).outcome is None:
                self.todo.append(runtime.cancel(self.instance(child)))
        for task, call in step.calls.opened.items():
            self.call(step.instance, task, call)
        for raised in step.raised:
            self.raise_up(step.instance, raised)
        if step.ended == "completed" and (parent := self.instance(step.instance).parent) is not None:
            caller = self.instance(parent[0])
            if caller.outcome is None:
                self.todo.append(runtime.call_returned(caller, parent[1], step.variables or {}))

    def call(self, key: str, task: str, call: OpenCall) -> None:
        """Start what a call activity calls; if that is impossible, it has an incident."""
        caller = self.instance(key)
        if task not in runtime.open_things(caller)["calls"]:
            return  # already interrupted in this command
        try:
            self.check_budget(key)
            definition = self.store.resolve(call.process, call.binding, call.version_tag, caller.definition.key)
            self.create(definition, self.store.new_key(), call.variables, (key, task), None)
        except Exception as exc:  # noqa: BLE001 - whatever prevents the call is an incident of the call activity
            self.todo.append(runtime.call_failed(caller, task, exc))

    def check_budget(self, key: str) -> None:
        """Whether the instance ``key`` may call another one. Raises BudgetExceeded."""
        if self.depth(key) >= self.limits.depth:
            raise CallTooDeep(f"Mehr als {self.limits.depth} ineinander verschachtelte Aufrufe.")
        if not self.meter.take_instance():
            raise BudgetExceeded(f"Mehr als {self.limits.instances} aufgerufene Vorgänge in einem Zug.")

    def depth(self, key: str) -> int:
        """How many instances called each other down to this one."""
        depth = 0
        while (parent := self.store.parent_of(key)) is not None:
            key, depth = parent[0], depth + 1
        return depth

    def raise_up(self, key: str, raised: Raised) -> None:
        """Ask the callers one after the other. An interrupting catch cancels the called instances; else the thrower goes on."""
        caught, link = False, self.instance(key).parent
        while link is not None and not caught:
            caller = self.instance(link[0])
            caught, step = runtime.call_raised(caller, link[1], raised.kind, raised.code, raised.variables)
            if caught:
                self.follow_now(step)
            link = caller.parent
        instance = self.instance(key)
        if instance.outcome is None and instance.find(UUID(raised.task)) is not None:
            self.todo.append(runtime.resume(instance, raised.task, raised.code))

    def follow_now(self, step: Step) -> None:
        """Cancellations caused by a catch come before the thrower goes on."""
        waiting, self.todo = self.todo, deque([step])
        self.drain()
        self.todo = waiting
