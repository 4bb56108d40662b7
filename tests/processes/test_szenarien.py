"""Every scenario file of every process, and what they must reach together: docs/szenarien.md."""

from __future__ import annotations

import functools

import pytest
from lxml import etree

from tests.scenario import Coverage, Scenario
from tests.scenario_library import ROOT, model

FILES = sorted(ROOT.glob("processes/*/szenarien/*.yaml"))
PROCESSES = sorted(path.stem for path in ROOT.glob("processes/*/*.bpmn"))
DMN_RULE = "{*}decision//{*}decisionTable/{*}rule"


@functools.cache
def outcome(path) -> Coverage | AssertionError:
    """Each file runs once per test process."""
    try:
        scenario = Scenario.from_file(path)
        assert scenario.process == path.parents[1].name, "a scenario lies in the folder of its process"
        return scenario.run()
    except AssertionError as exc:
        return exc


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parents[1].name}/{p.stem}")
def test_scenario(path):
    found = outcome(path)

    if isinstance(found, AssertionError):
        raise found


def reached(process: str) -> Coverage:
    total = Coverage()
    for path in FILES:
        if path.parents[1].name == process and isinstance(found := outcome(path), Coverage):
            total.add(found)
    return total


@pytest.mark.parametrize("process", PROCESSES)
def test_scenarios_reach_every_outcome_and_event(process):
    elements = model(process).elements.values()
    must = {e.id for e in elements if e.type in {"endEvent", "boundaryEvent", "startEvent"}}

    assert must - reached(process).elements.get(process, set()) == set()


@pytest.mark.parametrize("process", PROCESSES)
def test_scenarios_reach_every_step(process):
    elements = model(process).elements.values()
    must = {e.id for e in elements if e.type.endswith(("Task", "Gateway", "task")) or e.type in {"callActivity", "intermediateCatchEvent"}}

    assert must - reached(process).elements.get(process, set()) == set()


@pytest.mark.parametrize("path", sorted(ROOT.glob("processes/*/*.dmn")), ids=lambda p: p.stem)
def test_scenarios_reach_every_row_of_a_table(path):
    process = path.parent.name
    root = etree.fromstring(path.read_bytes())
    must = {rule.get("id") for rule in root.iterfind(f".//{DMN_RULE.split('/', 1)[0]}//{{*}}rule")}
    assert None not in must, "every rule has an id"

    assert must - {rule for _, rule in reached(process).rules.get(process, set())} == set()
