"""Call activities: own instances, variables across the boundary (CALL modeler/bpmn/call-activities), errors, cancelling, retry."""
import pytest

from engine.errors import Rejected
from tests.unit.engine.models import (
    ERR,
    ERR2,
    ESC,
    MSG,
    Case,
    boundary,
    call,
    chain,
    doc,
    el,
    end,
    event_sub,
    ext,
    flow,
    io,
    multi,
    service,
    start,
    sub,
    timer,
    user,
)


def called(*body, process="q"):
    return doc(*body, process=process)


TASK = called(start(), user("in"), end(), chain("s", "in", "e"))


def test_the_called_process_is_an_instance_of_its_own():
    """CALL: "a new process instance is created ... the call activity is left when it is completed". Own key, state, rows."""
    case = Case(doc(start(), call("c", "q"), user("z"), chain("s", "c", "z")), called={"q": TASK}, a=1)
    assert case.alive() == ["1", "2"]
    assert case.engine.store.parents["2"][0] == "1"
    assert case.open("calls") == ["c"]
    assert b'"in"' not in case.engine.store.states["1"]
    assert case.at("in")[0] == "2"
    case.do("in", b=2)
    assert case.alive() == ["1"]
    assert case.open() == ["z"]
    assert case.data == {"a": 1, "b": 2}


def test_started_and_completed_in_the_same_command():
    case = Case(doc(start(), call("c", "q"), call("d", "q"), user("z"), chain("s", "c", "d", "z")), called={"q": called(start(), el("scriptTask", "x", ext('<zeebe:script expression="= 3" resultVariable="r"/>')), chain("s", "x"))})
    assert case.open() == ["z"]
    assert case.data == {"r": 3}
    assert case.alive() == ["1"]
    assert not case.open("calls")


@pytest.mark.parametrize("parent", ["true", "false"])
@pytest.mark.parametrize("child", ["true", "false"])
def test_propagate_all(parent, child):
    """CALL "Variable mappings": all variables of the scope are copied, or with propagateAllParentVariables=false only the locals;
    all come back, or with propagateAllChildVariables=false none."""
    case = Case(doc(start(), call("c", "q", io({"l": "= 7"}), propagateAllParentVariables=parent, propagateAllChildVariables=child), user("z"), chain("s", "c", "z")), called={"q": TASK}, a=1)
    assert case.sees("in") == ({"a": 1, "l": 7} if parent == "true" else {"l": 7})
    case.do("in", a=5, b=6, l=8)
    assert case.data == ({"a": 5, "b": 6} if child == "true" else {"a": 1})


def test_copies_not_references():
    """CALL: variables are copied; a change in the caller is not seen by the called instance."""
    case = Case(doc(start(), el("parallelGateway", "f"), call("c", "q"), user("o"), chain("s", "f", "c"), chain("f", "o")), called={"q": TASK}, a=1, cold=False)
    case.do("o", a=2)
    assert case.sees("in")["a"] == 1
    assert case.data["a"] == 2


def test_output_mappings_of_a_call():
    """CALL: only those variables that are defined in the output mappings are propagated."""
    case = Case(doc(start(), call("c", "q", io({}, {"aus": "= b"}), propagateAllChildVariables="false"), user("z"), chain("s", "c", "z")), called={"q": TASK}, a=1)
    assert case.do("in", b=2, a=3).data == {"a": 1, "aus": 2}


def test_multi_instance_call():
    """MI "Variable mappings", the example: source =x, target output, output element =output: no race."""
    xml = doc(start(), call("c", "q", io({}, {"output": "= x"}), multi(inputElement="p", outputCollection="rs", outputElement="= output")), user("z"), chain("s", "c", "z"))
    case = Case(xml, called={"q": TASK}, ps=[1, 2])
    assert [case.sees("in", index=i)["p"] for i in (0, 1)] == [1, 2]
    assert case.do("in", 1, x="B").do("in", x="A").data == {"ps": [1, 2], "rs": ["A", "B"]}


THROWS = called(start(), user("in"), end("t", ext(io({"grund": "= g"})) + ERR), chain("s", "in", "t"))


def test_error_crosses_to_the_calling_instance():
    """ERR "Catching": if created via call activity, the error can also be caught in the calling parent process instance."""
    xml = doc(start(), call("c", "q"), boundary("b", "c", ERR), user("h"), user("z"), chain("s", "c", "z"), chain("b", "h"))
    case = Case(xml, called={"q": THROWS})
    case.do("in", g=1)
    assert case.open() == ["h"]
    assert case.sees("h") == {"grund": 1}
    assert case.engine.store.ended["2"][0] == "cancelled"
    assert not case.open("incidents")


def test_error_crosses_two_instances_and_cancels_between():
    middle = called(start(), el("parallelGateway", "f"), call("d", "r"), user("nebenan"), chain("s", "f", "d"), chain("f", "nebenan"), process="q")
    xml = doc(start(), sub("SP", start("x"), call("c", "q"), user("n"), chain("x", "c", "n"), event_sub(ERR, "true", user("h"))), user("z"), chain("s", "SP", "z"))
    case = Case(xml, called={"q": middle, "r": called(start(), service("A"), chain("s", "A"), process="r")})
    assert case.open() == ["nebenan"]
    assert case.open("jobs") == ["A"]
    case.fail("A", error_code="E1", variables={"grund": 1})
    assert case.open() == ["h"]
    assert case.alive() == ["1"]
    assert case.sees("h")["grund"] == 1
    assert case.open("jobs") == []
    assert case.do("h").do("z").done


def test_error_nobody_catches_is_an_incident_at_the_thrower():
    """ERR "Unhandled errors": attached to the element where the error was thrown; after retry a job is open again."""
    xml = doc(start(), call("c", "q"), boundary("b", "c", ERR2), user("h"), chain("s", "c"), chain("b", "h"))
    case = Case(xml, called={"q": called(start(), service("A"), chain("s", "A"))})
    case.fail("A", error_code="E1")
    assert case.at("A", "incidents")[0] == "2"
    assert case.open("jobs") == []
    assert case.open("calls") == ["c"]
    case.retry("A")
    case.fail("A", error_code="E2")
    assert case.open() == ["h"]
    assert case.alive() == ["1"]
    case = Case(doc(start(), call("c", "q"), chain("s", "c")), called={"q": THROWS})
    assert case.do("in").incident("t").type == "UnhandledError"


@pytest.mark.parametrize("cancels", ["true", "false"])
def test_escalation_crosses(cancels):
    """Escalation is non-critical: the thrower goes on, unless the catch interrupts the call."""
    child = called(start(), user("in"), el("intermediateThrowEvent", "t", ext(io({"grund": "= 5"})) + ESC), user("weiter"), chain("s", "in", "t", "weiter"))
    case = Case(doc(start(), call("c", "q"), boundary("b", "c", ESC, cancels), user("h"), user("z"), chain("s", "c", "z"), chain("b", "h")), called={"q": child})
    case.do("in")
    assert case.open() == (["h"] if cancels == "true" else ["h", "weiter"])
    assert case.sees("h")["grund"] == 5
    case.do("h")
    if cancels == "false":
        case.do("weiter").do("z")
    assert case.done
    case = Case(doc(start(), call("c", "q"), user("z"), chain("s", "c", "z")), called={"q": child})
    assert case.do("in").open() == ["weiter"]
    assert not case.open("incidents")


DEEP = {"q": called(start(), sub("SP", start("x"), call("d", "r"), chain("x", "d")), chain("s", "SP")), "r": called(start(), user("in"), chain("s", "in"), process="r")}


def test_cancelling_goes_down():
    case = Case(doc(start(), call("c", "q"), chain("s", "c")), called=DEEP)
    assert case.alive() == ["1", "2", "3"]
    case.engine.run("1", "cancel")
    assert case.alive() == []
    assert {o for o, _ in case.engine.store.ended.values()} == {"cancelled"}
    assert not any(case.engine.open.values())


def test_interrupting_the_call_cancels_what_it_called():
    """CALL "Boundary events": the created process instance is terminated; its variables are not propagated."""
    case = Case(doc(start(), call("c", "q"), boundary("b", "c", MSG), user("h"), chain("s", "c"), chain("b", "h")), called=DEEP, fall=1)
    case.send(pay=1)
    assert case.alive() == ["1"]
    assert case.open() == ["h"]
    assert case.sees("h") == {"fall": 1, "pay": 1}


def test_cancelling_goes_up_only_when_asked():
    case = Case(doc(start(), call("c", "q"), chain("s", "c")), called=DEEP)
    with pytest.raises(Rejected):
        case.engine.run("3", "cancel")
    assert case.alive() == ["1", "2", "3"]
    case.engine.run("3", "cancel", whole_family=True)
    assert case.alive() == []
    assert not any(case.engine.open.values())


def test_terminating_the_call_activity_by_hand_ends_the_called_instance():
    case = Case(doc(start(), call("c", "q"), user("z"), chain("s", "c", "z")), called=DEEP)
    case.engine.run("1", "modify", (case.at("c", "calls")[1],), ("z",))
    assert case.alive() == ["1"]
    assert case.open() == ["z"]
    assert case.do("z").done


def test_retry_of_an_incident_in_a_called_instance():
    broken = {"on": True}

    def bad(c):
        if broken["on"]:
            raise ValueError("kaputt")
        return 4
    child = called(start(), user("in"), el("scriptTask", "x", ext('<zeebe:script expression="= bad" resultVariable="r"/>')), chain("s", "in", "x"))
    case = Case(doc(start(), el("parallelGateway", "f"), call("c", "q"), user("o"), user("z"), chain("s", "f", "c", "z"), chain("f", "o")), called={"q": child}, table={"bad": bad})
    case.do("in", v=1)
    assert case.at("x", "incidents")[0] == "2"
    assert case.do("o").open() == []
    broken["on"] = False
    case.retry("x")
    assert case.open() == ["z"]
    assert case.data == {"v": 1, "r": 4}
    assert case.alive() == ["1"]
    assert case.do("z").done


def test_failing_output_mapping_of_a_call_is_an_incident_of_the_caller():
    broken = {"on": True}

    def bad(c):
        if broken["on"]:
            raise ValueError("kaputt")
        return c["b"] * 2
    case = Case(doc(start(), call("c", "q", io({}, {"r": "= bad"})), user("z"), chain("s", "c", "z")), called={"q": TASK}, table={"bad": bad})
    case.do("in", b=2)
    assert case.at("c", "incidents")[0] == "1"
    assert case.alive() == ["1"]
    broken["on"] = False
    case.retry("c")
    assert case.data == {"r": 4}
    assert case.open() == ["z"]


def test_endless_calls_stop():
    case = Case(doc(start(), call("c", "p"), chain("s", "c")))
    assert case.open("incidents") == ["c"]
    assert "CallTooDeep" in str(case.engine.open["incidents"])
    assert len(case.alive()) == 21


def test_timer_in_a_called_instance_and_in_the_caller():
    child = called(start(), user("in"), boundary("t", "in", timer("Duration", "P1D")), user("mahnen"), chain("s", "in"), chain("t", "mahnen"))
    case = Case(doc(start(), call("c", "q"), boundary("b", "c", timer("Duration", "P5D")), user("h"), chain("s", "c"), flow("b", "h")), called={"q": child})
    assert case.open("timers") == ["b", "t"]
    case.wait(2)
    assert case.open() == ["mahnen"]
    assert case.open("timers") == ["b"]
    case.wait(4)
    assert case.open() == ["h"]
    assert case.alive() == ["1"]
