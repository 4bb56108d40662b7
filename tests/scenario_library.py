"""What scenarios run on: the models, tables and forms of the house, and a store that keeps nothing but stored bytes."""

from __future__ import annotations

import functools
from pathlib import Path

import yaml

from engine import dmn
from engine.catalogue import Definition
from engine.errors import EngineError, InstanceNotRunning
from engine.state import definition_key, dump, load
from forms.parse import parse as parse_form
from processes import profil
from processes.angaben import lies_yaml

ROOT = Path(__file__).resolve().parents[1]
PROFILES = (ROOT / "processes" / "profile", ROOT / "tests" / "fixtures" / "profile")
STUB_JOB = "szenario.aufruf"


class UnknownProcess(EngineError):
    """A model calls a process that the house does not have."""


@functools.cache
def model(key: str) -> Definition:
    """The real model of a process."""
    path = ROOT / "processes" / key / f"{key}.bpmn"
    if not path.exists():
        raise UnknownProcess(key)
    return Definition(path.read_bytes(), f"{key}:1", key)


@functools.cache
def stub(key: str) -> Definition:
    """Stands for a called process that a scenario answers itself."""
    xml = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
        targetNamespace="szenario"><process id="{key}" name="{key}" isExecutable="true"><startEvent id="beginn"/>
        <serviceTask id="antwort" name="Antwort"><extensionElements><zeebe:taskDefinition type="{STUB_JOB}"/></extensionElements></serviceTask>
        <endEvent id="ende"/><sequenceFlow id="f1" sourceRef="beginn" targetRef="antwort"/>
        <sequenceFlow id="f2" sourceRef="antwort" targetRef="ende"/></process></definitions>"""
    return Definition(xml.encode(), f"{key}:stub", key)


@functools.cache
def decisions() -> dict[str, tuple[str, dmn.DecisionModel]]:
    """Decision id -> (process key, model)."""
    found = {}
    for path in sorted(ROOT.glob("processes/*/*.dmn")):
        table = dmn.parse(path.read_bytes())
        assert not table.problems, f"{path.name}: {table.problems[0]}"
        for info in table.decisions:
            assert info.id not in found, f"two decisions are called {info.id}"
            found[info.id] = (path.parent.name, table)
    return found


@functools.cache
def form(form_id: str):
    """The form of a user task."""
    key, _, element = form_id.partition(".")
    path = ROOT / "forms" / "vorlagen" / key / f"{element}.form"
    assert path.exists(), f"there is no form {form_id}"
    found = parse_form(path.read_bytes())
    assert found.id == form_id, f"{path.name} calls itself {found.id}"
    return found


def load_profile(wanted: str | dict) -> profil.Profil:
    """A profile by name, or a mapping that changes one (``basis``)."""
    changes = dict(wanted) if isinstance(wanted, dict) else {"basis": wanted}
    name = changes.pop("basis", "beispiel")
    path = next((folder / f"{name}.yaml" for folder in PROFILES if (folder / f"{name}.yaml").exists()), None)
    assert path is not None, f"there is no profile {name}"
    if not changes:
        return profil.parse(path.read_bytes(), kommune=name)
    return profil.parse(yaml.safe_dump(merge(lies_yaml(path.read_text("utf-8")), changes)).encode(), kommune=name)


def merge(base: dict, changes: dict) -> dict:
    """Mappings are merged, other values replaced; a Frist is replaced as a whole."""
    out = dict(base)
    for name, value in changes.items():
        old = out.get(name)
        out[name] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) and "einheit" not in value else value
    return out


class Store:
    """In memory, cold: between two commands only the bytes of ``engine.state`` survive."""

    def __init__(self, clock, expressions_for, is_real) -> None:
        self.clock, self.expressions_for, self.is_real = clock, expressions_for, is_real
        self.states: dict[str, bytes] = {}
        self.parents: dict[str, tuple[str, str] | None] = {}
        self.of: dict[str, Definition] = {}
        self.known: dict[str, Definition] = {}
        self.ended: dict[str, dict] = {}

    def get(self, key):
        if key not in self.states:
            raise InstanceNotRunning(key)
        data = self.states[key]
        return load(data, self.known[definition_key(data)], self.expressions_for(key), self.clock.now())

    def put(self, instance) -> None:
        if instance.outcome is not None:
            self.ended[instance.key] = dict(instance.data)
            self.states.pop(instance.key, None)
        else:
            self.states[instance.key] = dump(instance)

    def register(self, instance) -> None:
        self.parents[instance.key] = instance.parent
        self.of[instance.key] = instance.definition

    def definition(self, key):
        return self.known[key]

    def resolve(self, process, binding, version_tag, caller):
        found = model(process) if self.is_real(process) else stub(process)
        self.known[found.key] = found
        return found

    def new_key(self) -> str:
        return str(len(self.parents) + 1)

    def child_of(self, key, task):
        return next((k for k, p in self.parents.items() if p is not None and tuple(p) == (key, task) and k not in self.ended), None)

    def parent_of(self, key):
        return self.parents.get(key)
