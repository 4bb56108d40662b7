"""Moving to another version: per timer, keep its due time or count anew from the entry of what it measures."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from engine import runtime
from engine.limits import Limits
from engine.state import dump, load
from tests.unit.engine.models import Case, boundary, chain, doc, el, event_sub, ext, multi, start, sub, timer, user


def model(days):
    """A boundary timer, timers behind an event gateway, in a sub-process, of a process-wide event sub-process, and a deadline."""
    due = ext(f'<zeebe:taskSchedule dueDate="P{days}D"/>')
    return doc(
        start(), el("parallelGateway", "f"),
        user("a", due), boundary("rand", "a", timer("Duration", f"P{days}D"), "false"), user("r"),
        el("eventBasedGateway", "g"), el("intermediateCatchEvent", "wahl", timer("Duration", f"P{days + 1}D")),
        el("intermediateCatchEvent", "sonst", timer("Duration", f"P{days + 2}D")), user("w"),
        sub("SP", start("x"), el("intermediateCatchEvent", "innen", timer("Duration", f"P{days}D")), user("i"), chain("x", "innen", "i")),
        event_sub(timer("Duration", f"P{days + 3}D"), "false", user("h")),
        chain("s", "f", "a"), chain("rand", "r"), chain("f", "g", "wahl", "w"), chain("g", "sonst", "w"), chain("f", "SP"))


def dues(case):
    return {timer.element: timer.due for timer in case.engine.open["timers"].values()}


def move(case, xml, **more):
    store = case.engine.store
    fresh = case.engine.deploy("p", xml)
    return runtime.migrate(store.states["1"], case.definition, fresh, {}, store.expressions, case.engine.clock.now(), **more)


def test_timers_and_deadlines_keep_their_time_unless_they_are_named():
    case = Case(model(10))
    begun = case.engine.clock.now()
    before = dues(case)
    case.wait(4)

    instance, step = move(case, model(20))

    assert dict(step.timers.opened) == {}
    loaded = load(dump(instance), instance.definition, instance.expressions, case.engine.clock.now())
    assert {k: (e, due) for k, (e, due) in runtime.open_things(loaded)["timers"].items()} == {
        key[1]: (timer.element, timer.due.timestamp()) for key, timer in case.engine.open["timers"].items()}
    assert before["rand"] == begun + timedelta(days=10)


@pytest.mark.parametrize(("element", "days"), [("rand", 20), ("wahl", 21), ("sonst", 22), ("innen", 20), ("ESs", 23)])
def test_a_named_timer_counts_anew_from_the_entry_of_what_it_measures(element, days):
    case = Case(model(10))
    begun = case.engine.clock.now()
    others = dues(case)
    case.wait(4)

    instance, step = move(case, model(20), recompute={element})
    case.engine.store.put(instance)
    case.engine.apply([step])

    assert [t.element for t in step.timers.opened.values()] == [element]
    assert dues(case) == others | {element: begun + timedelta(days=days)}


def test_a_shorter_deadline_that_has_passed_fires_at_the_next_tick():
    case = Case(model(10))
    case.wait(4)

    instance, step = move(case, model(3), recompute={"rand"})
    case.engine.store.put(instance)
    case.engine.apply([step])
    case.wait(0)

    assert case.open() == ["a", "r"]


def test_the_deadline_of_a_task_counts_from_its_entry_when_it_is_named():
    case = Case(model(10))
    begun = case.engine.clock.now()
    case.wait(4)

    _, step = move(case, model(20), recompute={"a"})
    (due,) = [t.due for t in step.user_tasks.opened.values()]
    assert due == begun + timedelta(days=20)


def test_a_new_deadline_that_cannot_be_computed_forbids_the_move():
    case = Case(model(10))
    before = case.engine.store.states["1"]

    instance, step = move(case, model(20).replace(b"<bpmn:timeDuration>P20D", b"<bpmn:timeDuration>= bad", 1), recompute={"rand"})

    assert instance is None
    assert len(step.problems) == 1
    assert "rand" in step.problems[0]
    assert case.engine.store.states["1"] == before


LOOPS = [multi("true", inputElement="p"), multi("false", inputElement="p"), "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>= true</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("old", [boundary("rand", "a", timer("Duration", "P10D"), "false") + user("r") + chain("rand", "r"), ""])
def test_timer_at_a_loop_counts_from_when_the_loop_was_entered(old, loop):
    """Whether it is named anew or the new model adds it."""
    body = start() + user("a", loop) + chain("s", "a")
    case = Case(doc(body, old), ps=[1, 2, 3])
    begun = case.engine.clock.now()
    case.wait(4)

    instance, step = move(case, doc(body, boundary("rand", "a", timer("Duration", "P20D"), "false") + user("r") + chain("rand", "r")), recompute={"rand"})

    assert instance is not None
    assert [t.due for t in step.timers.opened.values()] == [begun + timedelta(days=20)]


@pytest.mark.parametrize("named", [True, False])
def test_what_a_user_task_is_described_by_counts_from_its_entry(named):
    """Also the deadline of a task that is not named: the caller decides whether it takes the place of the old one."""
    body = user("b", ext('<zeebe:taskSchedule dueDate="P5D"/>')) + el("parallelGateway", "f") + chain("s", "f", "a") + chain("f", "b")
    case = Case(doc(start(), user("a", ext('<zeebe:taskSchedule dueDate="P10D"/>')), body))
    begun = case.engine.clock.now()
    case.wait(4)

    _, step = move(case, doc(start(), user("a", ext('<zeebe:taskSchedule dueDate="P20D"/>')), body), recompute={"a"} if named else ())

    assert {t.element: t.due for t in step.user_tasks.opened.values()} == {"a": begun + timedelta(days=20), "b": begun + timedelta(days=5)}
    assert step.at == case.engine.clock.now()


def test_a_fact_that_the_new_model_cannot_compute_is_an_incident_of_its_task_only():
    def model(due):
        return doc(start(), el("parallelGateway", "f"), user("a", ext(f'<zeebe:taskSchedule dueDate="{due}"/>')), user("b"), chain("s", "f", "a"), chain("f", "b"))
    case = Case(model("P1D"))

    instance, step = move(case, model("bald"))
    case.engine.store.put(instance)
    case.engine.apply([step])

    assert (case.open(), case.open("incidents")) == (["b"], ["a"])
    assert case.incident("a").phase == "enter"


def test_a_sub_process_that_the_new_model_lacks_forbids_the_move():
    old = doc(start(), sub("SP", start("x"), user("in"), chain("x", "in")), chain("s", "SP"))
    case = Case(old)

    instance, step = move(case, doc(start(), user("a"), chain("s", "a")))

    assert instance is None
    assert step.problems == ("Für „SP“ gibt es in der neuen Fassung kein Ziel.", "Für den Teilprozess „SP“ gibt es in der neuen Fassung kein Ziel.")


def test_what_was_stored_before_the_move_counts_towards_the_limit():
    xml = doc(start(), user("a"), user("b"), chain("s", "a", "b"))
    limits = Limits(state_bytes=5_000)
    case = Case(xml, limits=limits, alt="x" * 4_000)

    instance, step = move(case, xml, limits=limits)
    (task,) = step.user_tasks.opened
    after = runtime.complete(instance, task, {"neu": "y" * 2_000})

    assert [i.type for i in after.incidents.opened.values()] == ["BudgetExceeded"]


def moving(case, xml, mapping):
    """The instance in another version, in which it goes on."""
    store = case.engine.store
    fresh = case.engine.deploy("p", xml)
    instance, step = runtime.migrate(store.states["1"], case.definition, fresh, mapping, store.expressions, case.engine.clock.now())
    assert not step.problems
    store.put(instance)
    case.engine.apply([step])


@pytest.mark.parametrize("forth", [True, False])
def test_elements_with_names_that_the_library_uses_itself_can_be_mapped(forth):
    """An element may be called Start or End as any other; the nodes of ours that are called so stay what they are."""
    rand = boundary("rand", "End", timer("Duration", "P10D"), "false") + user("r") + chain("rand", "r")
    plain = doc(el("startEvent", "los"), user("fertig"), rand.replace('"End"', '"fertig"'), user("z"), chain("los", "fertig", "z"))
    magic = doc(el("startEvent", "Start"), user("End"), rand, user("z"), chain("Start", "End", "z"))
    mapping = {"los": "Start", "fertig": "End"}
    case = Case(plain if forth else magic)
    moving(case, magic if forth else plain, mapping if forth else {new: old for old, new in mapping.items()})

    assert json.loads(case.engine.store.states["1"])["rows"][0][2] == "Start"
    assert case.open() == ["End" if forth else "fertig"]
    assert case.open("timers") == ["rand"]
    assert case.do("End" if forth else "fertig").do("z").ended == "completed"
    assert case.open("timers") == []


@pytest.mark.parametrize("gone", ["a", "b", "ab"])
def test_what_stands_behind_a_listener_that_is_gone_keeps_its_place(gone):
    """The boundary events of an activity end with it, also after other rows of the state were dropped."""
    def model(elements):
        events = "".join(boundary(f"r{x}", x, timer("Duration", "P9D")) + user(f"h{x}") + chain(f"r{x}", f"h{x}") for x in elements)
        return doc(start(), el("parallelGateway", "f"), user("a"), user("b"), user("c"), events, user("z"), chain("s", "f", "a"), chain("f", "b"), chain("f", "c", "z"))
    case = Case(model("abc"))
    moving(case, model([x for x in "abc" if x not in gone]), {})

    assert case.open("timers") == [f"r{x}" for x in "abc" if x not in gone]
    case.do("c")
    assert case.open() == ["a", "b", "z"]
    assert case.open("timers") == [f"r{x}" for x in "ab" if x not in gone]
