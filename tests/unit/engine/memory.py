"""A store for tests and measurements. ``cold``: only stored bytes survive a command; otherwise instances stay in memory."""
from __future__ import annotations

from typing import TYPE_CHECKING

from engine.catalogue import Definition
from engine.errors import EngineError, InstanceNotRunning
from engine.family import Family
from engine.limits import DEFAULT_LIMITS
from engine.state import definition_key, dump, load
from engine.step import KINDS, Step

if TYPE_CHECKING:
    from engine.instance import Instance


class UnknownProcess(EngineError):
    """Nothing deployed under this process id."""


class MemoryStore:
    def __init__(self, expressions, clock, cold: bool = True) -> None:
        self.expressions, self.clock, self.cold = expressions, clock, cold
        self.definitions: dict[str, Definition] = {}
        self.latest: dict[str, str] = {}
        self.states: dict[str, bytes] = {}
        self.live: dict[str, Instance] = {}
        self.parents: dict[str, tuple[str, str] | None] = {}
        self.ended: dict[str, tuple] = {}

    def deploy(self, process: str, xml: bytes) -> Definition:
        version = sum(key.split(":")[0] == process for key in self.definitions) + 1
        definition = Definition(xml, f"{process}:{version}", process)
        self.definitions[definition.key] = definition
        self.latest[process] = definition.key
        return definition

    def definition(self, key: str) -> Definition:
        return self.definitions[key]

    def resolve(self, process, binding, version_tag, caller) -> Definition:
        if process not in self.latest:
            raise UnknownProcess(process)
        if binding == "versionTag":
            return next(d for d in self.definitions.values() if d.process_id == process and d.version_tag == version_tag)
        return self.definitions[self.latest[process]]

    def new_key(self) -> str:
        return str(len(self.parents) + 1)

    def get(self, key: str) -> Instance:
        if key in self.ended or key not in self.parents:
            raise InstanceNotRunning(key)
        if not self.cold:
            return self.live[key]
        data = self.states[key]
        return load(data, self.definitions[definition_key(data)], self.expressions, self.clock.now())

    def register(self, instance) -> None:
        self.parents[instance.key] = instance.parent

    def put(self, instance: Instance) -> None:
        if instance.outcome is not None:
            self.ended[instance.key] = (instance.outcome, instance.data)
            self.states.pop(instance.key, None)
            self.live.pop(instance.key, None)
        elif self.cold:
            self.states[instance.key] = dump(instance)
        else:
            self.live[instance.key] = instance

    def child_of(self, key: str, task: str) -> str | None:
        return next((k for k, p in self.parents.items() if p == (key, task) and k not in self.ended), None)

    def parent_of(self, key: str):
        return self.parents.get(key)


class Engine:
    """A service in miniature: keeps the lists that a service would keep in tables, only from the steps."""

    def __init__(self, expressions, cold: bool = True, limits=DEFAULT_LIMITS) -> None:
        self.clock = expressions.clock
        self.store = MemoryStore(expressions, self.clock, cold)
        self.family = Family(self.store, lambda key: expressions, self.clock.now, limits)
        self.open: dict[str, dict] = {kind: {} for kind in KINDS}         # (instance, task) -> description
        self.messages: list = []
        self.signals: list = []
        self.log: list = []

    def deploy(self, process: str, xml: bytes) -> Definition:
        return self.store.deploy(process, xml)

    def start(self, process: str, /, **variables) -> str:
        return self.start_at(process, variables)

    def start_at(self, process, variables, **more) -> str:
        key = self.family.start(process, variables, **more)
        self.apply(self.family.steps)
        return key

    def run(self, key: str, command: str, *args, **kw) -> list[Step]:
        self.family.run(key, command, *args, **kw)
        self.apply(self.family.steps)
        return self.family.steps

    def apply(self, steps: list[Step]) -> None:
        for step in steps:
            for kind in KINDS:
                delta = getattr(step, kind)
                for task in delta.closed:
                    self.open[kind].pop((step.instance, task), None)
                for task, described in delta.opened.items():
                    self.open[kind][step.instance, task] = described
            self.messages += step.messages
            self.signals += step.signals
            self.log += [(step.instance, e.what, e.element) for e in step.events]

    def variables(self, key: str) -> dict:
        return self.store.ended[key][1] if key in self.store.ended else self.store.get(key).data
