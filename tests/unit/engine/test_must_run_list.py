"""Is every construct that lint lets run under ``test_must_run``: at the top and nested, stored after every step and kept in memory?

The list comes from the rules themselves (``engine.checks``, ``engine.dialect.names``), the models from the tests, which are called with a driver
that only takes down what they would run. A construct that lint learns to accept is missing here until it has a model.
"""
import inspect
import itertools

import pytest
from lxml import etree

from engine.checks.events import ALLOWED, LISTENED
from engine.dialect.events import event_kind
from engine.dialect.names import ACTIVITIES, EVENTS, GATEWAYS, definition_of, local
from tests.unit.engine import test_must_run

FORMS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
LOOPS = ["", "parallel", "sequential", "loop"]
WAITING = ACTIVITIES - {"task"}                       # an undefined task is over at once, so no boundary event of it can happen


class Taken(Exception):
    """The model is taken down; the test need not run."""


def calls():
    """Every test with every combination of its parameters."""
    for name, test in inspect.getmembers(test_must_run, inspect.isfunction):
        if not name.startswith("test_") or "cold" not in inspect.signature(test).parameters:
            continue
        marks = [m.args for m in test.pytestmark if m.name == "parametrize"]
        names = [[n.strip() for n in m[0].split(",")] if isinstance(m[0], str) else list(m[0]) for m in marks]
        for values in itertools.product(*[list(m[1]) for m in marks]):
            yield test, {n: v for group, value in zip(names, values) for n, v in (zip(group, value) if len(group) > 1 else [(group[0], value)])}


@pytest.fixture(scope="module")
def seen():
    """(construct, depth, cold) of everything in the models."""
    found, models = set(), set()

    def take(xml, *args, cold=True, called=None, **kw):
        models.update((text, cold) for text in (xml, *(called or {}).values()))
        raise Taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_must_run, "Case", take)
        patch.setattr(test_must_run, "lint", lambda xml: type("Report", (), {"findings": [], "runs": True}))
        for test, arguments in calls():
            with pytest.raises(Taken):
                test(**arguments)
    for xml, cold in models:
        for node in etree.fromstring(xml).iter():
            depth = min(sum(local(x) == "subProcess" for x in node.iterancestors()), 2)
            found |= {(construct, depth, cold) for construct in constructs(node)}
    return found


def constructs(node):
    """Names of what the element shows."""
    tag = local(node)
    if tag in EVENTS:
        kind, place = event_kind(node), tag
        if kind == "timer":
            kind = FORMS[next(local(c) for c in definition_of(node) if local(c) in FORMS)]
        if tag == "startEvent":
            around = node.getparent()
            place = "start of a process" if local(around) == "process" else (
                "start of an event sub-process" if around.get("triggeredByEvent") == "true" else "start of a sub-process")
        stops = node.get("isInterrupting" if tag == "startEvent" else "cancelActivity", "true")
        yield place, kind, stops if place in ("boundaryEvent", "start of an event sub-process") else "true"
    elif tag in ACTIVITIES and node.get("triggeredByEvent") != "true":
        loop = next((c for c in node if local(c).endswith("LoopCharacteristics")), None)
        yield tag, "" if loop is None else "loop" if local(loop).startswith("standard") else "sequential" if loop.get("isSequential") == "true" else "parallel"
        for event in node.getparent():
            if local(event) == "boundaryEvent" and event.get("attachedToRef") == node.get("id"):
                yield "host", tag, event.get("cancelActivity", "true")
    elif tag in GATEWAYS:
        yield (tag,)
    elif tag == "sequenceFlow" and len(node):
        yield ("condition at", next(local(x) for x in node.getparent() if x.get("id") == node.get("sourceRef")))


def required():
    for place, kinds in ALLOWED.items():
        depths = [0] if place == "start of a process" else [1, 2] if place == "start of a sub-process" else [0, 1, 2]
        if place == "start of an event sub-process":
            depths = [1, 2]                           # the event sub-process itself counts, and two is "two or more"
        for kind in sorted(kinds):
            for form in FORMS.values() if kind == "timer" else [kind]:
                both = place in ("boundaryEvent", "start of an event sub-process") and kind in LISTENED - {"error"}
                for stops in ["true", "false"] if both else ["true"]:
                    yield (place, form, stops), depths
    for tag in sorted(ACTIVITIES):
        for loop in LOOPS:
            yield (tag, loop), [0, 1, 2]
    for tag in sorted(WAITING):
        for stops in ("true", "false"):
            yield ("host", tag, stops), [0, 1, 2]
    for tag in sorted(GATEWAYS):
        yield (tag,), [0, 1, 2]
    for tag in ("exclusiveGateway", "inclusiveGateway", "userTask"):
        yield ("condition at", tag), [0, 1, 2]


@pytest.mark.parametrize(("construct", "depths"), list(required()))
def test_every_construct_has_a_model(seen, construct, depths):
    missing = [(depth, cold) for depth in depths for cold in (True, False) if (construct, depth, cold) not in seen]

    assert not missing


def test_every_test_restores_the_state_and_keeps_it_in_memory():
    """The word ``cold`` decides; a test without it proves nothing about stored states."""
    tests = [t for n, t in inspect.getmembers(test_must_run, inspect.isfunction) if n.startswith("test_")]
    without = {t.__name__ for t in tests if "cold" not in inspect.signature(t).parameters}

    assert without == {"test_collapsed_or_expanded_makes_no_difference"}
    assert all(("cold", [True, False]) in [m.args for m in t.pytestmark] for t in tests if t.__name__ not in without)
