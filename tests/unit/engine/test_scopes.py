"""One test per documented rule. Sources, all below docs/components of the Camunda 8 documentation:
V concepts/variables.md; MI, CALL, SUB, ESUB, MSG, ERR, SIG modeler/bpmn/<multi-instance, call-activities, embedded-subprocesses,
event-subprocesses, message-events, error-events, signal-events>."""

import json

from engine.step import ThrownSignal
from tests.unit.engine.models import (
    ERR,
    ESC,
    MSG,
    SIG,
    Case,
    boundary,
    chain,
    doc,
    el,
    end,
    event_sub,
    ext,
    io,
    multi,
    service,
    start,
    sub,
    user,
)


def script(id, expression, result, mapping=""):
    return el("scriptTask", id, ext(f'<zeebe:script expression="{expression}" resultVariable="{result}"/>{mapping}'))


def test_result_without_mapping_is_created_in_the_root():
    """V "Variable propagation": no scope contains the variable: created in the root scope, even from inside a sub-process."""
    case = Case(doc(start(), sub("SP", start("x"), user("in"), user("in2"), chain("x", "in", "in2"), inner=ext(io({"lokal": "= 1"}))), user("n"), chain("s", "SP", "n")))
    case.do("in", neu=5)
    assert case.data == {"neu": 5}
    assert case.sees("in2") == {"neu": 5, "lokal": 1}


def test_propagation_ends_at_the_first_scope_that_has_the_name():
    """V "Variable propagation", the figure: b and c exist in higher scopes and are updated, d is created in the root."""
    case = Case(doc(start(), sub("SP", start("x"), user("in"), user("in2"), chain("x", "in", "in2"), inner=ext(io({"c": "= 1"}))), user("n"), chain("s", "SP", "n")), a=1, b=2)
    case.do("in", b=20, c=30, d=40)
    assert case.data == {"a": 1, "b": 20, "d": 40}
    assert case.sees("in2")["c"] == 30
    assert case.do("in2").sees("n") == {"a": 1, "b": 20, "d": 40}


def test_a_local_variable_covers_the_outer_one():
    """V "Variable scopes": a variable with the same name as one of a higher scope covers it."""
    case = Case(doc(start(), user("a", ext(io({"b": "= 9"}))), user("z"), chain("s", "a", "z")), b=1)
    assert case.sees("a")["b"] == 9
    assert case.data == {"b": 1}


def test_result_named_like_an_input_mapping_stays_local():
    """V "Variable propagation": the merge starts at the scope of the activity; its own local has the name."""
    case = Case(doc(start(), user("a", ext(io({"b": "= 9"}))), user("z"), chain("s", "a", "z")), b=1)
    assert case.do("a", b=5, c=6).sees("z") == {"b": 1, "c": 6}


def test_input_mappings_run_in_order_and_build_nested_targets():
    """V "Input mappings" (order; customer -> sender.name, iban -> sender.iban) and "Nested variables": the whole path is local."""
    case = Case(doc(start(), user("a", ext(io({"sender.name": "= kunde", "sender.iban": "= iban", "wieder": "= sender.name"}))), chain("s", "a")), kunde="J", iban="DE", sender={"alt": 1})
    assert case.sees("a")["sender"] == {"name": "J", "iban": "DE"}
    assert case.sees("a")["wieder"] == "J"
    assert case.data["sender"] == {"alt": 1}


def test_missing_source_is_null():
    """V "Input/output variable mappings": a variable or property that does not exist, or no source, resolves to null."""
    case = Case(doc(start(), user("a", ext('<zeebe:ioMapping><zeebe:input target="leer"/><zeebe:input source="= x.y" target="weg"/></zeebe:ioMapping>')), chain("s", "a")))
    assert case.sees("a") == {"leer": None, "weg": None}


def test_output_mappings_replace_the_merge():
    """V "Output mappings": with one or more, results are local first and only the mapped variables are merged."""
    case = Case(doc(start(), service("a", io({}, {"zahlung": "= status"})), user("z"), chain("s", "a", "z")))
    case.job("a", status="Ok", anderes=1)
    assert case.data == {"zahlung": "Ok"}


def test_output_mapping_writes_to_the_parent_scope_not_to_the_own_locals():
    """V "Output mappings": merged into the parent scope, also when the activity has a local of that name."""
    case = Case(doc(start(), user("a", ext(io({"b": "= b"}, {"b": "= r"}))), user("z"), chain("s", "a", "z")), b=1)
    assert case.do("a", r=7).sees("z") == {"b": 7}


def test_output_mapping_with_a_path_changes_only_the_leaf():
    """V "Nested variables in mappings": output mappings preserve sibling properties."""
    case = Case(doc(start(), user("a", ext(io({}, {"order.status": "= s", "order.x.y": "= s"}))), user("z"), chain("s", "a", "z")), order={"id": 1, "status": "alt"})
    assert case.do("a", s="neu").data == {"order": {"id": 1, "status": "neu", "x": {"y": "neu"}}}


def test_script_and_decision_follow_the_same_rules():
    """V table "by BPMN element": script and business rule tasks propagate the evaluated expression, or only what is mapped."""
    case = Case(doc(start(), script("a", "= 3", "r"), script("b", "= 4", "q", io({}, {"p": "= q"})), user("z"), chain("s", "a", "b", "z")))
    assert case.data == {"r": 3, "p": 4}


def test_sub_process_locals_vanish_without_output_mapping():
    """SUB "Variable mappings": local variables are removed with the scope."""
    case = Case(doc(start(), sub("SP", start("x"), user("in"), chain("x", "in"), inner=ext(io({"l": "= 1"}))), user("z"), chain("s", "SP", "z")))
    assert case.do("in", l=2).sees("z") == {}


def test_sub_process_output_mapping():
    """SUB "Variable mappings": output mappings are applied on completing; locals are visible to them."""
    case = Case(doc(start(), sub("SP", start("x"), user("in"), chain("x", "in"), inner=ext(io({"l": "= 1"}, {"aus": "= l"}))), user("z"), chain("s", "SP", "z")))
    assert case.do("in", l=2).sees("z") == {"aus": 2}


def test_multi_instance_element_and_counter_are_local():
    """MI "Defining the collection", "Special variables": per instance, loopCounter from 1; V: stay local to the iteration."""
    case = Case(doc(start(), user("u", multi(inputElement="p")), user("z"), chain("s", "u", "z")), ps=["a", "b"], p="aussen")
    assert [(case.sees("u", index=i)["p"], case.sees("u", index=i)["loopCounter"]) for i in (0, 1)] == [("a", 1), ("b", 2)]
    assert case.do("u", p="x").do("u").sees("z") == {"ps": ["a", "b"], "p": "aussen"}


def test_multi_instance_output_collection():
    """MI "Collecting the output": output element local, collected at the index of the input, null if not updated, body-local
    until the end, then in the parent scope."""
    xml = doc(start(), user("u", multi(inputElement="p", outputCollection="rs", outputElement="= r")), user("z"), chain("s", "u", "z"))
    case = Case(xml, ps=["a", "b", "c"])
    case.do("u", 2, r="C").do("u", 1)
    assert "rs" not in case.data
    assert case.sees("u")["rs"] == [None, None, "C"]
    assert case.sees("u")["r"] is None
    assert case.do("u", r="A", frei=1).sees("z") == {"ps": ["a", "b", "c"], "rs": ["A", None, "C"], "frei": 1}


def test_multi_instance_mappings_per_instance():
    """MI "Variable mappings": input mappings see inputElement and loopCounter; output mappings can update the output element."""
    xml = doc(start(), user("u", ext(io({"name": "= p.n"}, {"r": "= eingabe"})) + multi("true", inputElement="p", outputCollection="rs", outputElement="= r")), user("z"), chain("s", "u", "z"))
    case = Case(xml, ps=[{"n": 1}, {"n": 2}])
    assert case.sees("u")["name"] == 1
    case.do("u", eingabe="x")
    assert case.sees("u")["name"] == 2
    assert case.do("u", eingabe="y").data == {"ps": [{"n": 1}, {"n": 2}], "rs": ["x", "y"]}


def test_interrupted_multi_instance_leaves_no_partial_output():
    """MI "Boundary events": the outputCollection is not propagated when interrupted."""
    xml = doc(start(), user("u", multi(inputElement="p", outputCollection="rs", outputElement="= r")), boundary("b", "u", MSG), user("h"), chain("s", "u"), chain("b", "h"))
    case = Case(xml, ps=[1, 2], fall=1)
    case.do("u", r=1).send(pay=2)
    assert case.sees("h") == {"ps": [1, 2], "fall": 1, "pay": 2}


def test_multi_instance_sub_process_has_one_scope_per_instance():
    """V "Scope behavior": each instance has its own local scope; unmapped results are shared through the root."""
    xml = doc(start(), sub("SP", start("x"), user("in"), user("in2"), chain("x", "in", "in2"), inner=ext(io({"eigen": "= p"})) + multi(inputElement="p")), user("z"), chain("s", "SP", "z"))
    case = Case(xml, ps=[1, 2])
    case.do("in", eigen="erste", gemeinsam=1)
    assert case.sees("in")["eigen"] == 2
    assert case.sees("in")["gemeinsam"] == 1
    assert case.sees("in2")["eigen"] == "erste"
    assert case.do("in").do("in2").do("in2").sees("z") == {"ps": [1, 2], "gemeinsam": 1}


def test_event_sub_process_sees_and_changes_its_scope():
    """ESUB "Variables": inside the scope, it can access and modify all local variables; a boundary event cannot."""
    xml = doc(start("s0"), sub("SP", start(), user("a"), user("b"), chain("s", "a", "b"), event_sub(MSG, "false", user("h")), inner=ext(io({"l": "= 1"}, {"aus": "= l"}))),
              boundary("bo", "SP", SIG, "false"), user("g"), user("z"), chain("s0", "SP", "z"), chain("bo", "g"))
    case = Case(xml, fall=1)
    case.send()
    case.signal()
    assert case.sees("h")["l"] == 1
    assert "l" not in case.sees("g")
    case.do("h", l=5)
    assert case.sees("a")["l"] == 5
    assert case.do("a").do("b").sees("z") == {"fall": 1, "aus": 5}


def test_event_sub_process_locals_and_payload():
    """ESUB "Variables": input mappings create locals, not propagated by default, output mappings on completion; without input
    mapping the default applies to the variables of the event."""
    case = Case(doc(start(), user("a"), chain("s", "a"), event_sub(MSG, "false", user("h"), inner=ext(io({"pay": "= pay", "l": "= 1"}, {"aus": "= pay"})))), fall=1)
    case.send(pay=2, frei=3)
    assert case.data == {"fall": 1, "frei": 3}
    assert case.sees("h") == {"fall": 1, "frei": 3, "pay": 2, "l": 1}
    assert case.do("h", pay=9).data == {"fall": 1, "frei": 3, "aus": 9}


def test_start_event_of_an_event_sub_process_with_output_mapping():
    """V "Output mappings": they can be defined on start events; only the mapped variables are merged."""
    case = Case(doc(start(), user("a"), chain("s", "a"), event_sub(MSG, "true", user("h"), start_inner=ext(io({}, {"nur": "= pay"})))), fall=1)
    case.send(pay=2, weg=3)
    assert case.data == {"fall": 1, "nur": 2}


def test_message_payload():
    """MSG "Variable mappings": all message variables are merged, unless the catch event has an output mapping."""
    for mapping, expected in (("", {"fall": 1, "pay": 2, "q": 3}), (ext(io({}, {"nur": "= pay"})), {"fall": 1, "nur": 2})):
        case = Case(doc(start(), el("intermediateCatchEvent", "c", mapping + MSG), user("z"), chain("s", "c", "z")), fall=1)
        case.send(pay=2, q=3)
        assert case.sees("z") == expected


def test_boundary_payload_goes_to_the_scope_around_the_activity():
    """ESUB "Variables": a boundary event is outside of the scope; V table: the payload propagates on completion."""
    xml = doc(start(), sub("SP", start("x"), user("in"), chain("x", "in"), inner=ext(io({"pay": "= 0"}))), boundary("b", "SP", MSG, "false"), user("h"), chain("s", "SP"), chain("b", "h"))
    case = Case(xml, fall=1)
    case.send(pay=2)
    assert case.sees("in")["pay"] == 0
    assert case.sees("h")["pay"] == 2
    assert case.data["pay"] == 2


def test_error_variables():
    """ERR "Variable mappings": all error variables are merged into the catch event; output mappings choose."""
    for mapping, expected in (("", {"grund": "x", "q": 1}), (ext(io({}, {"warum": "= grund"})), {"warum": "x"})):
        case = Case(doc(start(), service("A"), boundary("b", "A", ERR, inner=mapping), user("h"), chain("s", "A"), chain("b", "h")))
        case.fail("A", error_code="E1", variables={"grund": "x", "q": 1})
        assert case.sees("h") == expected


def test_a_throw_event_passes_its_locals():
    """SIG "Variable mappings": a throw event passes along all local variables, made by input mappings; the same here for error
    end events (V table, note: the payload travels to the catching event) and escalations."""
    for trigger, kind in ((ERR, "error"), (ESC, "escalation")):
        xml = doc(start(), sub("SP", start("x"), user("in"), end("t", ext(io({"grund": "= g"})) + trigger), chain("x", "in", "t")), boundary("b", "SP", trigger), user("h"), chain("s", "SP"), chain("b", "h"))
        assert Case(xml).do("in", g=1).sees("h") == {"g": 1, "grund": 1}, kind
    case = Case(doc(start(), user("a"), el("intermediateThrowEvent", "t", ext(io({"grund": "= g"})) + SIG), user("z"), chain("s", "a", "t", "z")))
    assert case.do("a", g=1).engine.signals == [ThrownSignal(name="sig", variables={"grund": 1})]


def test_throw_without_mapping_propagates_nothing():
    """V table, "Throw and end events": none variants propagate nothing without a mapping, only the mapped variables with one."""
    case = Case(doc(start(), el("intermediateThrowEvent", "t", ext(io({"x": "= 1"}))), el("intermediateThrowEvent", "t2", ext(io({"x": "= 1"}, {"y": "= x"}))), user("z"), chain("s", "t", "t2", "z")))
    assert case.sees("z") == {"y": 1}


def test_correlation_key_and_timer_see_local_variables_of_their_event():
    """MSG "Messages": the correlation key is evaluated on activating the event, once."""
    xml = doc(start(), sub("SP", start("x"), el("intermediateCatchEvent", "c", MSG), user("z"), chain("x", "c", "z"), inner=ext(io({"fall": "= 42"}))), chain("s", "SP"))
    case = Case(xml, fall=1)
    case.engine.run(case.key, "set_variables", {"fall": 7})
    assert case.send(1) == 0
    assert case.send(42) == 1


def test_set_local_and_propagated():
    """V "Local variables": set in a given scope even if they did not exist there."""
    case = Case(doc(start(), user("a"), user("z"), chain("s", "a", "z")), v=1)
    case.engine.run(case.key, "set_variables", {"v": 2}, case.at("a")[1], local=True)
    assert case.sees("a") == {"v": 2}
    assert case.data == {"v": 1}
    case.engine.run(case.key, "set_variables", {"v": 3, "w": 4}, case.at("a")[1])
    assert case.sees("a") == {"v": 3, "w": 4}
    assert case.data == {"v": 1, "w": 4}


def test_each_variable_is_stored_once():
    """Rows carry no task data: one value, one place, whatever the number of tokens."""
    xml = doc(start(), el("parallelGateway", "f"), *[user(f"u{i}") for i in range(9)], chain("s", "f"), *[chain("f", f"u{i}") for i in range(9)])
    case = Case(xml, lang="XYZ" * 100)
    text = case.engine.store.states["1"].decode()
    assert text.count("XYZXYZ") == 50
    assert json.loads(text)["vars"] == {"lang": "XYZ" * 100}
