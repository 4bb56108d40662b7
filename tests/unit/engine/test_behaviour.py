"""Behaviour of every construct, on scope variables; every step through store and restore unless said otherwise."""
import itertools
from datetime import timedelta

import pytest

from engine import runtime
from engine.state import dump, load
from engine.step import OpenJob, ThrownSignal
from tests.unit.engine.models import (
    COND,
    ERR,
    ESC,
    MSG,
    SIG,
    TERM,
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
    wiring,
)


def test_dialect():
    xml = doc(start(), user("u", ext('<zeebe:formDefinition formId="f1"/><zeebe:assignmentDefinition assignee="= chef" candidateGroups="a,b"/>'
              '<zeebe:taskSchedule dueDate="= faellig"/>' + io({"ein": "= x"}, {"y": "= aus"}))),
              el("serviceTask", "sv", ext('<zeebe:taskDefinition type="mail" retries="2"/>')),
              el("scriptTask", "sc", ext('<zeebe:script expression="= x + 1" resultVariable="z"/>')),
              el("businessRuleTask", "br", ext('<zeebe:calledDecision decisionId="d" resultVariable="r"/>')),
              el("exclusiveGateway", "g", default="D"), user("big"), user("small"), chain("s", "u", "sv", "sc", "br", "g"),
              flow("g", "big", "= x &gt; 3"), flow("g", "small", id="D"))
    for value, to in ((5, "big"), (1, "small")):
        case = Case(xml, table={"x > 3": lambda c: c["x"] > 3, "x + 1": lambda c: c["x"] + 1}, decisions={"d": lambda c: c["z"] * 2}, x=value, chef="c")
        opened = case.engine.open["user_tasks"][case.at("u")]
        assert case.sees("u")["ein"] == value
        assert opened.form_id == "f1"
        assert opened.assignee == "c"
        assert opened.candidate_groups == ("a", "b")
        case.do("u", aus=7, weg=1)
        assert case.engine.open["jobs"][case.at("sv", "jobs")] == OpenJob(element="sv", name="sv", type="mail", retries=2, headers={}, variables={"x": value, "chef": "c", "y": 7})
        case.job("sv", mail="ok")
        assert case.open() == [to]
        case.do(to)
        assert case.done
        assert case.data == {"x": value, "chef": "c", "y": 7, "mail": "ok", "z": value + 1, "r": 2 * (value + 1)}


def test_call_resolved_at_run_time():
    caller = doc(start(), call("SP", "q"), end(), chain("s", "SP", "e"))
    callee = doc(start(), sub("SP", start("a"), user("in"), end("b"), chain("a", "in", "b")), end(), chain("s", "SP", "e"), process="q")
    case = Case(caller, called={"q": callee})
    case.engine.deploy("q", doc(start(), user("neu"), chain("s", "neu"), process="q"))
    assert case.open() == ["in"]
    assert case.engine.start("p")
    assert case.open() == ["in", "neu"]
    case.do("in", k=1)
    assert case.ended == "completed"
    assert case.data == {"k": 1}
    case = Case(caller)
    assert case.incident("SP").type == "UnknownProcess"
    case.engine.deploy("q", callee)
    case.retry("SP")
    assert case.open() == ["in"]
    assert not case.open("incidents")


def test_multi_instance():
    def xml(sequential):
        return doc(start(), user("u", multi(sequential, until="= genug", inputElement="p", outputCollection="rs", outputElement="= r")), end(), chain("s", "u", "e"))
    table = {"genug": lambda c: c["numberOfCompletedInstances"] >= 2}
    case = Case(xml("false"), table=table, ps=["a", "b", "c"])
    assert [case.sees("u", index=i)["p"] for i in range(3)] == ["a", "b", "c"]
    case.do("u", 1, r="B").do("u", r="A")
    assert case.done
    assert case.data == {"ps": ["a", "b", "c"], "rs": ["A", "B", None]}
    case = Case(xml("true"), table=table, ps=["a", "b", "c"])
    case.do("u", r=1)
    assert case.open() == ["u"]
    assert case.sees("u")["p"] == "b"
    assert case.do("u", r=2).done
    case = Case(xml("false"), table=table, ps=[])
    assert case.done
    assert case.data["rs"] == []


@pytest.mark.parametrize("level", ["top", "sub"])
@pytest.mark.parametrize("interrupting", ["true", "false"])
@pytest.mark.parametrize(("trigger", "kind"), [(MSG, "msg"), (timer("Duration", "P1D"), "timer"), (ESC, "esc"), (ERR, "err"), (SIG, "sig")])
def test_event_subprocess(level, interrupting, trigger, kind):
    if kind == "err" and interrupting == "false":
        return
    thrower = {"esc": el("intermediateThrowEvent", "th", ESC), "err": service("th")}.get(kind, user("th"))
    body = start() + user("a") + thrower + user("b") + end() + chain("s", "a", "th", "b", "e") + event_sub(trigger, interrupting, user("h"))
    xml = doc(body) if level == "top" else doc(start("s0"), sub("OUT", body), user("after"), end("e0"), chain("s0", "OUT", "after", "e0"))
    case = Case(xml, fall=1)
    before = wiring(case.definition)
    case.do("a", neu=1)
    {"msg": lambda: case.send(pay=2), "timer": lambda: case.wait(1), "esc": lambda: None, "sig": case.signal,
     "err": lambda: case.fail("th", error_code="E1", variables={"pay": 2})}[kind]()
    left = [] if interrupting == "true" else [{"esc": "b"}.get(kind, "th")]
    assert case.open() == sorted(["h", *left])
    assert case.sees("h")["neu"] == 1
    assert (kind not in ("msg", "err") or case.sees("h")["pay"] == 2)
    if interrupting == "false" and kind == "msg":
        case.send()
        assert case.open() == ["h", "h", "th"]
        case.do("h")
    while case.open() and case.open() != ["after"]:
        case.do(case.open()[0])
    if level == "sub":
        case.do("after")
    assert case.done
    assert wiring(case.definition) == before
    case = Case(xml, fall=1)                          # never fires: must not keep the scope open
    case.do("a")
    if kind in ("msg", "timer", "sig"):
        case.do("th").do("b")
        assert case.do("after").done if level == "sub" else case.done


def test_event_gateway_with_two_timers():
    xml = doc(start(), el("eventBasedGateway", "g"), el("intermediateCatchEvent", "t1", timer("Duration", "P3D")),
              el("intermediateCatchEvent", "t2", timer("Duration", "= d")), el("intermediateCatchEvent", "m", MSG), user("a"), user("b"), user("c"),
              chain("s", "g", "t1", "a"), chain("g", "t2", "b"), chain("g", "m", "c"))
    case = Case(xml, fall=1, d="P1D")
    assert len({d.due for d in case.engine.open["timers"].values()}) == 2
    case.wait(2)
    assert case.open() == ["b"]
    assert not case.open("timers")
    assert not case.open("subscriptions")
    assert case.do("b").done
    case = Case(xml, fall=1, d="P9D")
    case.wait(4)
    assert case.open() == ["a"]
    case = Case(xml, fall=1, d="P9D")
    assert case.send(2) == 0
    assert case.send(1) == 1
    assert case.open() == ["c"]


def test_boundary_cycles():
    def xml(cancels):
        return doc(start(), user("u"), boundary("b", "u", timer("Cycle", "R3/P1D"), cancels), user("h"), end(), chain("s", "u", "e"), chain("b", "h"))
    case = Case(xml("true"))
    case.wait(1)
    assert case.open() == ["h"]
    assert case.do("h").done
    case = Case(xml("false"))
    case.wait(2)
    assert case.open() == ["h", "u"]                  # missed turns fire once
    case.wait(1)
    assert case.open() == ["h", "h", "u"]
    case.do("u")
    assert case.open() == ["h", "h"]
    assert not case.open("timers")
    assert case.do("h").do("h").done


def test_signal_end_and_link():
    case = Case(doc(start(), user("a"), el("parallelGateway", "f"), end("se", SIG), el("intermediateCatchEvent", "c", SIG), user("z"),
                    chain("s", "f", "a", "se"), chain("f", "c", "z")))
    case.do("a")
    assert case.open() == ["z"]
    assert case.engine.signals == [ThrownSignal(name="sig", variables={})]
    link = '<bpmn:linkEventDefinition name="L"/>'
    case = Case(doc(start(), user("a"), el("intermediateThrowEvent", "t", link), el("intermediateCatchEvent", "c", link), user("z"), chain("s", "a", "t"), chain("c", "z")))
    case.do("a")
    assert case.open() == ["z"]
    assert case.do("z").done


def test_error_of_a_service():
    case = Case(doc(start(), el("parallelGateway", "f"), service("A"), service("B"), boundary("ba", "A", ERR), user("h"), chain("s", "f", "A"), chain("f", "B"), chain("ba", "h")))
    case.fail("B", error_code="E1")                   # not the sibling's boundary
    assert case.open() == []
    assert case.incident("B").type == "UnhandledError"
    case.fail("A", error_code="E1", variables={"grund": "x"})
    assert case.open() == ["h"]
    assert case.sees("h")["grund"] == "x"
    assert case.open("jobs") == []
    case.retry("B")
    assert case.open("jobs") == ["B"]
    xml = doc(start(), sub("SP", start("a"), service("A"), user("pu"), el("parallelGateway", "f"), chain("a", "f", "A"), flow("f", "pu")), boundary("b", "SP", ERR), user("h"), chain("s", "SP"), chain("b", "h"))
    case = Case(xml)
    case.fail("A", error_code="E1")
    assert case.open() == ["h"]
    assert case.do("h").done
    case = Case(doc(start(), sub("SP", start("a"), user("pu"), end("er", ERR), chain("a", "pu", "er")), boundary("b", "SP", ERR), user("h"), user("n"), chain("s", "SP", "n"), chain("b", "h")))
    assert case.do("pu").open() == ["h"]


def test_technical_failure():
    case = Case(doc(start(), service("A"), user("z"), chain("s", "A", "z")))
    case.fail("A", "kaputt", 2)
    assert case.engine.open["jobs"][case.at("A", "jobs")].retries == 2
    case.fail("A", "kaputt", 0)
    assert case.open("jobs") == []
    assert case.incident("A").message == "kaputt"
    case.retry("A")
    case.job("A", r=1)
    assert case.open() == ["z"]
    assert case.data == {"r": 1}


def test_forks():
    case = Case(doc(start(), user("a"), user("b"), user("c"), user("d"), chain("s", "a", "b"), chain("a", "c", "d"), flow("b", "d")))
    assert case.do("a").open() == ["b", "c"]
    assert case.do("b").do("c").open() == ["d", "d"]
    assert case.do("d").do("d").done
    xml = doc(start(), el("userTask", "a", default="D"), user("b"), user("c"), user("d"), chain("s", "a"), flow("a", "b", "= x"), flow("a", "c", "= y"), flow("a", "d", id="D"))
    for x, y, expected in ((True, True, ["b", "c"]), (False, True, ["c"]), (False, False, ["d"])):
        assert Case(xml, x=x, y=y).do("a").open() == expected


def test_no_flow_matches_is_an_incident():
    case = Case(doc(start(), el("exclusiveGateway", "g"), user("a"), user("b"), chain("s", "g"), flow("g", "a", "= x"), flow("g", "b", "= y")), x=False)
    assert case.incident("g").type == "NoFlowMatches"
    case.engine.run(case.key, "set_variables", {"y": True})
    case.retry("g")
    assert case.open() == ["b"]


@pytest.mark.parametrize("gate", ["parallelGateway", "inclusiveGateway"])
@pytest.mark.parametrize("cold", [False, True])
def test_join_in_a_loop_in_all_36_orders(gate, cold):
    true = "= true" if gate[0] == "i" else None
    xml = doc(start(), el("exclusiveGateway", "m"), el(gate, "f"), user("u1"), user("u2"), user("u3"), el(gate, "j"), user("k"), el("exclusiveGateway", "g", default="D"), end(),
              chain("s", "m", "f"), *[flow("f", u, true) + flow(u, "j") for u in ("u1", "u2", "u3")], chain("j", "k", "g"), flow("g", "m", "= weiter"), flow("g", "e", id="D"))
    for first, second in itertools.product(itertools.permutations(("u1", "u2", "u3")), repeat=2):
        case = Case(xml, cold=cold, w=1, l=[1])
        for turn, order in enumerate((first, second)):
            assert case.open() == ["u1", "u2", "u3"]
            for n, element in enumerate(order):
                case.do(element, **({"w": 5 + turn, "l": case.data["l"] + [turn]} if element == "u1" else {}))
                assert (case.open() == ["k"]) == (n == 2), (first, second)
            assert case.sees("k")["w"] == 5 + turn
            case.do("k", weiter=turn == 0)
        assert case.done
        assert case.data["w"] == 6
        assert case.data["l"] == [1, 0, 1]


def test_inclusive_join_waits_for_a_direct_flow_and_a_branch():
    xml = doc(start(), el("inclusiveGateway", "f"), user("a"), el("inclusiveGateway", "j"), user("z"), chain("s", "f"), flow("f", "j", "= true"), flow("f", "a", "= true"), chain("a", "j", "z"))
    case = Case(xml)
    assert case.open() == ["a"]
    assert case.do("a").open() == ["z"]
    assert case.do("z").done


def test_incidents():
    fail = {"on": True}

    def bad(value):
        def f(c):
            if fail["on"]:
                raise ValueError("kaputt")
            return value
        return f
    for node, value in ((el("scriptTask", "x", ext('<zeebe:script expression="= bad" resultVariable="r"/>')), 1),
                        (el("intermediateCatchEvent", "x", timer("Duration", "= bad")), "P1D"), (el("exclusiveGateway", "x") + flow("x", "z", "= bad"), True)):
        fail["on"] = True
        tail = flow("x", "z") if "Gateway" not in node else user("never") + flow("x", "never", "= nein")
        case = Case(doc(start(), el("parallelGateway", "f"), user("a"), user("o"), user("o2"), node, user("z"), chain("s", "f", "a", "x"), chain("f", "o", "o2"), tail), table={"bad": bad(value)})
        case.do("a", eingabe=1)
        assert case.incident("x").message == "kaputt"
        assert case.open() == ["o"]
        case.do("o").do("o2")
        assert not case.done
        case.retry("x")
        assert case.open("incidents") == ["x"]
        fail["on"] = False
        case.retry("x")
        if not case.open():
            case.wait(2)
        assert case.open() == ["z"]
        assert case.sees("z")["eingabe"] == 1
        assert case.do("z").done


def test_incident_in_an_output_mapping_keeps_the_input():
    def bad(c):
        if c.get("reif") is None:
            raise ValueError("fehlt")
        return c["eingabe"] + c["reif"]
    case = Case(doc(start(), user("a", ext(io({}, {"y": "= bad"}))), user("b"), chain("s", "a", "b")), table={"bad": bad})
    case.do("a", eingabe=1)
    assert case.open() == []
    assert case.incident("a").message == "fehlt"
    case.engine.run(case.key, "set_variables", {"reif": 2})
    case.retry("a")
    assert case.open() == ["b"]
    assert case.data == {"reif": 2, "y": 3}


def test_migration():
    old = doc(start(), user("a"), user("b", ext(io({"entwurf": "= k"}))), sub("SP", start("x"), user("in"), end("y"), chain("x", "in", "y")), boundary("alt", "SP", MSG), user("z"),
              event_sub(SIG, "false", user("h")), chain("s", "a", "b", "SP", "z"), flow("alt", "z"))
    new = doc(start(), user("a"), user("b2"), boundary("frist", "b2", timer("Duration", "P7D")), user("mahnen"), sub("SP2", start("x"), user("in2"), end("y"), chain("x", "in2", "y")),
              user("z2"), event_sub(MSG, "true", user("hh"), id="ES2", first="hh"), chain("s", "a", "b2", "SP2", "z2"), chain("frist", "mahnen"))

    def move(case, mapping):
        store = case.engine.store
        fresh = case.engine.deploy("p", new)
        return runtime.migrate(store.states["1"], case.definition, fresh, mapping, store.expressions, case.engine.clock.now())

    case = Case(old, fall=1)
    case.do("a", k=1)
    entered, task = case.engine.clock.now(), case.at("b")[1]
    case.wait(3)
    assert move(case, {})[1].problems == ("Für „b“ gibt es in der neuen Fassung kein Ziel.",)
    assert move(case, {"b": "SP2"})[1].problems
    instance, step = move(case, {"b": "b2"})
    case.engine.store.put(instance)
    case.engine.apply([step])
    assert case.open() == ["b2"]
    assert case.at("b2")[1] == task
    assert case.sees("b2")["entwurf"] == 1
    assert case.open("timers") == ["frist"]
    assert case.open("subscriptions") == ["ES2s"]
    assert next(iter(case.engine.open["timers"].values())).due == entered + timedelta(days=7)       # counts from the entry
    again = load(dump(instance), instance.definition, instance.expressions, case.engine.clock.now())
    again.reconcile()
    assert dump(again) == dump(instance)
    case.wait(5)
    assert case.open() == ["mahnen"]
    assert case.do("mahnen").done
    case = Case(old, fall=1)
    case.do("a").do("b")
    instance, step = move(case, {"SP": "SP2", "in": "in2"})
    case.engine.store.put(instance)
    case.engine.apply([step])
    assert case.open() == ["in2"]
    assert case.open("subscriptions") == ["ES2s"]
    assert case.do("in2").do("z2").done


def test_terminate_escalation_magic_ids_and_interrupted_multi_instance():
    case = Case(doc(start(), el("parallelGateway", "f"), user("a"), user("b"), end("t", TERM), chain("s", "f", "a", "t"), chain("f", "b")))
    assert case.do("a").done
    assert case.open() == []
    case = Case(doc(start(), sub("SP", start("x"), user("in"), end("t", TERM), chain("x", "in", "t")), user("n"), chain("s", "SP", "n")))
    assert case.do("in").open() == ["n"]
    case = Case(doc(start(), sub("SP", start("x"), user("in"), el("intermediateThrowEvent", "th", ESC), user("in2"), chain("x", "in", "th", "in2")), boundary("b", "SP", ESC), user("h"), user("n"),
                    chain("s", "SP", "n"), chain("b", "h")))
    assert case.do("in").open() == ["h"]
    assert case.do("h").done
    case = Case(doc(start(), user("Start"), user("End"), chain("s", "Start", "End")))
    assert not case.do("Start").done
    assert case.do("End").done
    xml = doc(start("a0"), sub("MI", start("x"), user("in"), end("y"), chain("x", "in", "y"), inner=multi(inputElement="p")), boundary("b", "MI", MSG), user("h"), chain("a0", "MI"), chain("b", "h"))
    case = Case(xml, fall=1, ps=[1, 2])
    assert case.open() == ["in", "in"]
    assert case.send() == 1
    assert case.open() == ["h"]
    assert Case(xml, fall=1, ps=[1, 2]).do("in").do("in").done


def test_conditional_fires_on_the_edge():
    case = Case(doc(start(), el("parallelGateway", "f"), user("a"), user("a2"), user("b"), chain("s", "f", "a", "a2"), chain("f", "b"), event_sub(COND, "false", user("h"))), rot=False)
    assert case.do("a", rot=True).open() == ["a2", "b", "h"]
    assert case.do("h").open() == ["a2", "b"]
    assert case.do("a2").do("b").done
    case = Case(doc(start(), el("parallelGateway", "f"), user("a"), user("a2"), user("b"), boundary("bo", "b", COND), user("h"), chain("s", "f", "a", "a2"), chain("f", "b"), chain("bo", "h")), rot=False)
    assert case.do("a", rot=True).open() == ["a2", "h"]


def test_no_lost_update_between_branches():
    xml = doc(start(), user("u0"), el("parallelGateway", "f"), user("a1"), user("a2"), user("b1"), user("b2"), el("parallelGateway", "j"), user("z"),
              chain("s", "u0", "f", "a1", "a2", "j", "z"), chain("f", "b1", "b2", "j"))
    for cold in (False, True):
        case = Case(xml, cold=cold, v=1)
        case.do("u0", v=5).do("a1", v=6)
        assert case.sees("b1")["v"] == 6              # the other branch sees it at once
        case.do("b1").do("a2").do("b2")
        assert case.sees("z")["v"] == 6


def test_long_paths_and_loops_keep_the_state_small():
    n, sizes = 400, {}
    case = Case(doc(start(), *[user(f"u{i}") for i in range(n)], chain("s", *[f"u{i}" for i in range(n)])))
    for i in range(n):
        sizes[i] = len(case.engine.store.states["1"])
        case.do(f"u{i}")
    assert case.done
    assert max(sizes.values()) - min(sizes.values()) < 20
    xml = doc(start(), el("exclusiveGateway", "m"), user("a"), el("exclusiveGateway", "g", default="D"), chain("s", "m", "a", "g"), flow("g", "m", "= nochmal"), flow("g", "end", id="D"), end("end"))
    case = Case(xml)
    for i in range(1500):
        case.do("a", nochmal=i < 1499)
    assert case.done
