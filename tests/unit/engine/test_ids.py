"""Ids as other tools write them: with dots, umlauts and digits at their beginning; they run, wait, are stored and move like any other."""

from __future__ import annotations

import pytest

from engine import runtime
from engine.lint import lint
from tests.unit.engine.models import Case, boundary, chain, doc, el, flow, multi, start, sub, timer, user

# Visual Paradigm, ARIS, BIC, an umlaut, a digit first, a dot first, the ends of our own names within.
STYLES = ["yY6Q2d6GAq.ACGg4A.{}", "ObjOcc.6hs--p-----L-.{}", "Prüfung.{}", "4711-{}", ".{}", "{}.events.x", "{}.flows-", "_.{}"]


def model(style: str, *, later: str = "") -> bytes:
    """A boundary event (`X.events`), a multi-instance task (`X [child]`), flows with conditions (`X.flows`) and a join that two flows enter."""
    n = style.format
    return doc(
        start(n("s")), el("task", n("a")), user(n("b")), user(n("m"), multi()), boundary(n("zeit"), n("b"), timer("Duration", "P1D"), "false"), user(n("z")),
        el("parallelGateway", n("teil")), el("parallelGateway", n("join")), sub(n("sub"), start(n("x")), user(n("i")), chain(n("x"), n("i"))), user(n("w")), later,
        chain(n("s"), n("a")), flow(n("a"), n("teil"), "= ja"), flow(n("teil"), n("b")), flow(n("teil"), n("sub")), chain(n("b"), n("join")), chain(n("sub"), n("join")),
        chain(n("zeit"), n("z")), chain(n("join"), n("m"), n("w")))


@pytest.mark.parametrize("style", STYLES)
def test_model_with_unusual_ids_runs_to_its_end(style):
    n = style.format
    xml = model(style)
    assert lint(xml).runs, lint(xml).findings[:1]

    case = Case(xml, ja=True, ps=[1, 2])
    case.wait(2)
    assert case.open() == sorted([n("b"), n("i"), n("z")])
    case.do(n("b")).do(n("i")).do(n("z")).do(n("m")).do(n("m")).do(n("w"))

    assert case.done


@pytest.mark.parametrize("style", STYLES)
def test_instance_with_unusual_ids_moves_to_another_version_and_to_plain_ids(style):
    case = Case(model(style), ja=True, ps=[1, 2])
    plain = "{}_neu"
    target = case.engine.deploy("p", model(plain))
    names = ("s", "a", "b", "m", "zeit", "z", "teil", "join", "sub", "x", "i", "w")
    mapping = {style.format(name): plain.format(name) for name in names}

    instance, step = runtime.migrate(case.engine.store.states["1"], case.definition, target, mapping, case.engine.store.expressions, case.engine.clock.now())
    case.engine.store.put(instance)
    case.engine.apply([step])
    case.wait(2)

    assert {element for element in case.open() if element.endswith("_neu")} >= {"b_neu", "i_neu", "z_neu"}


def test_id_that_ends_like_a_name_of_our_own_is_refused_with_that_reason():
    for tail in (".events", ".flows", ".flow"):
        (finding,) = (f for f in lint(doc(start(), el("task", "x" + tail), chain("s", "x" + tail))).findings if f.severity == "error")

        assert (finding.code, finding.element_id) == ("id_form", "x" + tail)
        assert f"„{tail}“" in finding.message_de
