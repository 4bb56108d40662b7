"""Parsed definitions. Built from the deployed XML, cached per key, never changed at run time."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.dialect.builder import Build
from engine.dialect.extensions import attribute, pairs
from engine.errors import InvalidDefinition, Rejected
from engine.findings import Finding
from engine.lint import examine, executable_processes, unexpected
from engine.xml import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lxml import etree

    from engine.instance import ProcessSpec
    from engine.specs.facts import ElementFacts


@dataclass(frozen=True, kw_only=True)
class StartSubscription:
    """What starts an instance from outside, as long as this is the latest version.

    Attributes:
        kind: ``message``, ``timer`` or ``signal``.
        name: of the message or signal.
        form: of a timer: ``date``, ``duration`` or ``cycle``, counted from the deployment.
        text: of a timer; FEEL after ``=``. It sees no variables.
    """

    element: str
    kind: str
    name: str | None
    form: str
    text: str | None


class Model:
    """A file that was read and looked at by all rules, once; each of its processes is built from it without doing so again.

    Attributes:
        findings: of all rules but the last one of ``engine.lint``, which builds the processes to try; errors first.
        errors: those that keep it from running.
        executable: the processes that may be built.

    Raises:
        InvalidDefinition: it cannot be read.
    """

    def __init__(self, xml: bytes) -> None:
        self.root = read(xml)
        self.findings = examine(self.root)
        self.errors = [f for f in self.findings if f.severity == "error"]
        self.executable = executable_processes(self.root)

    def build(self, process: etree._Element, key: str) -> Build:
        """The specs of a process. Raises InvalidDefinition, whatever the builder stumbles over."""
        try:
            return Build(self.root, process, key)
        except Exception as exc:
            raise InvalidDefinition([unexpected(exc), *self.findings]) from exc


class Definition:
    """One process of a deployed file, given as bytes or as what was made of them; immutable.

    Attributes:
        key: of this version, unique over all definitions.
        process_id: id in the model.
        name: for people; the id if the model has none.
        version_tag: from ``zeebe:versionTag``.
        properties: from ``zeebe:properties`` of the process.
        elements: id -> facts, sub-processes included, in document order.
        starts: start events of the process.
        start_subscriptions: of message, timer and signal start events.

    Raises:
        InvalidDefinition: with the findings of ``engine.lint``, if one is an error, or if there is no such executable process.
    """

    def __init__(self, xml: bytes | Model, key: str, process_id: str) -> None:
        model = xml if isinstance(xml, Model) else Model(xml)
        if model.errors:
            raise InvalidDefinition(model.findings)
        process = next((p for p in model.executable if p.get("id") == process_id), None)
        if process is None:
            raise InvalidDefinition(
                [
                    Finding.of_file(
                        "process_missing",
                        f"Die Datei enthält keinen ausführbaren Prozess „{process_id}“.",
                        f'The file contains no executable process "{process_id}".',
                    )
                ]
            )
        self.key, self.process_id, self.name = key, process_id, process.get("name") or process_id
        self.version_tag = attribute(process, "versionTag", "value")
        self.properties: Mapping[str, str] = MappingProxyType(pairs(process, "properties", "property", "name"))
        build = model.build(process, key)
        self.specs: Mapping[str, ProcessSpec] = MappingProxyType(build.specs)
        self.elements: Mapping[str, ElementFacts] = MappingProxyType(build.elements)
        own = build.specs[key].start.starts
        self.starts = tuple(
            f
            for f in build.elements.values()
            if f.type == "startEvent" and build.specs[key].entries.get(f.id) is not None and build.specs[key].entries[f.id].name in own
        )
        self.start_subscriptions = tuple(
            StartSubscription(element=f.id, kind=f.event.kind, name=f.event.name, form=f.event.form, text=f.event.text)
            for f in self.starts
            if f.event.kind != "none"
        )

    def start_event(self, element: str | None) -> ElementFacts:
        """The start event with this id; by default the only none start event, or the only start event.

        Raises:
            Rejected: there is none, or it is not clear which.
        """
        if element is not None:
            wanted = [f for f in self.starts if f.id == element]
        else:
            wanted = [f for f in self.starts if f.event.kind == "none"] or list(self.starts)
        if len(wanted) != 1:
            known = ", ".join(f.id for f in self.starts)
            raise Rejected(f"{self.process_id}: choose one of the start events {known}; asked for {element}")
        return wanted[0]


class Catalogue:
    """The definitions used last; safe to share between threads.

    Args:
        limit: number of definitions kept.
    """

    def __init__(self, limit: int = 500) -> None:
        self.limit: Final = limit
        self.found: OrderedDict[str, Definition] = OrderedDict()
        self.lock = Lock()

    def get(self, key: str, read_source: Callable[[], tuple[bytes, str]]) -> Definition:
        """The definition ``key``; ``read_source`` gives its XML and process id and is asked only the first time."""
        with self.lock:
            if key in self.found:
                self.found.move_to_end(key)
                return self.found[key]
        xml, process_id = read_source()
        definition = Definition(xml, key, process_id)
        with self.lock:
            self.found[key] = definition
            while len(self.found) > self.limit:
                self.found.popitem(last=False)
        return definition
