"""Commands by hand, and what a step tells."""
from tests.unit.engine.models import MSG, Case, boundary, chain, doc, el, end, ext, io, multi, start, sub, timer, user


def test_modify():
    case = Case(doc(start(), user("a"), user("b"), boundary("t", "b", timer("Duration", "P1D")), sub("SP", start("x"), user("in"), chain("x", "in")), chain("s", "a", "b", "SP")))
    task = case.at("a")[1]
    case.engine.run(case.key, "modify", (task,), ("b",), {"grund": "x"})
    assert case.open() == ["b"]
    assert case.open("timers") == ["t"]
    case.engine.run(case.key, "modify", (case.at("b")[1],), ("SP",))
    assert case.open() == ["in"]
    assert not case.open("timers")
    case.engine.run(case.key, "modify", (case.at("in")[1],))
    assert case.ended == "cancelled"
    assert not any(case.engine.open.values())


def test_failing_output_element_is_an_incident_of_the_instance():
    broken = {"on": True}

    def bad(c):
        if broken["on"]:
            raise ValueError("kaputt")
        return c["loopCounter"]
    case = Case(doc(start(), user("u", multi(inputElement="p", outputCollection="rs", outputElement="= bad")), user("z"), chain("s", "u", "z")), table={"bad": bad}, ps=[1, 2])
    case.do("u")
    assert case.open() == ["u"]
    assert case.incident("u").message == "kaputt"
    broken["on"] = False
    case.retry("u")
    assert case.do("u").open() == ["z"]
    assert case.data["rs"] == [1, 2]


def test_a_step_tells_everything():
    """Element log, opened and closed lists, thrown messages, the end."""
    throw = el("intermediateThrowEvent", "t", ext(io({"x": "= 1"})) + MSG)
    case = Case(doc(start(), user("a"), boundary("b", "a", timer("Duration", "P1D")), user("h"), throw, user("z"), end(), chain("s", "a", "t", "z", "e"), chain("b", "h")), fall=5)
    (key, task) = case.at("a")
    step, = case.engine.run(key, "complete", task, {})
    assert step.user_tasks.closed == [task]
    assert [d.element for d in step.user_tasks.opened.values()] == ["z"]
    assert len(step.timers.closed) == 1
    assert [(m.element, m.name, m.correlation_key, m.variables) for m in step.messages] == [("t", "m", "5", {"x": 1})]
    assert step.ended is None
    assert [(e.what, e.element) for e in step.events] == [("completed", "a"), ("entered", "t"), ("completed", "t"), ("entered", "z")]
    step, = case.engine.run(key, "complete", case.at("z")[1], {"n": 1})
    assert step.ended == "completed"
    assert step.variables == {"fall": 5, "n": 1}
    assert ("completed", "e") in [(e.what, e.element) for e in step.events]
    case = Case(doc(start(), user("a"), boundary("b", "a", timer("Duration", "P1D")), user("h"), chain("s", "a"), chain("b", "h")))
    case.wait(1)
    assert ("1", "terminated", "a") in case.engine.log
