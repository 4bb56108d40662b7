"""Rules that a changed line would break, each stated as BPMN or Camunda 8 state it; found by ``scripts/mutation.py``."""
import pytest

from engine import runtime, state
from engine.errors import InvalidDefinition
from engine.limits import Limits
from tests.unit.engine.models import (
    COND,
    ERR,
    ESC,
    MSG,
    SIG,
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
from tests.unit.engine.stub import TableExpressions

BOTH = pytest.mark.parametrize("cold", [True, False])
AGAIN = "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>= loopCounter &lt; 2</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
COUNT = ext(io({"ein": "= if zahl = null then 1 else zahl + 1"}, {"zahl": "= ein", "aus": "= if aus = null then 1 else aus + 1"}))


def log(case, key="1"):
    return [f"{what} {element}" for instance, what, element in case.engine.log if instance == key]


# -- the element log: every element once, nothing that only we know ------------------------------------------------------------
@BOTH
def test_log_names_every_element_once(cold):
    """An activity with boundary event, a gateway that joins and forks, conditional flows at a task, loops: one line in, one line out."""
    body = start() + el("userTask", "a", default="D") + boundary("b", "a", MSG) + el("inclusiveGateway", "g", default="D2") + el("parallelGateway", "pg") + user("z") + end() + end("e2")
    body += chain("s", "a") + flow("a", "pg", "= ja") + flow("a", "g", id="D") + chain("b", "g") + flow("g", "pg", "= nein") + flow("g", "z", id="D2") + chain("z", "e") + chain("pg", "e2")
    case = Case(doc(body), cold=cold, fall=1, ja=False, nein=False)
    case.do("a").do("z")

    assert log(case) == [f"{what} {x}" for x in ("s", "a", "g", "z", "e") for what in ("entered", "completed")]


@BOTH
@pytest.mark.parametrize("loop", [multi("true", inputElement="p"), multi("false", inputElement="p"), AGAIN])
def test_log_of_a_loop_names_every_turn(loop, cold):
    case = Case(doc(start(), user("a", loop), end(), chain("s", "a", "e")), cold=cold, ps=[1, 2])
    case.do("a").do("a")

    assert sorted(log(case)) == sorted(["entered s", "completed s", *["entered a", "completed a"] * 2, "entered e", "completed e"])
    assert case.done


@BOTH
def test_log_of_scopes_and_events_names_what_was_entered_only(cold):
    """A listener that never fired was never entered; what an interruption ends is terminated, from the inside out."""
    inner = start("is") + user("in") + chain("is", "in") + event_sub(MSG, "false", user("h"))
    case = Case(doc(start(), sub("S", inner), boundary("t", "S", timer("Duration", "P1D")), boundary("x", "S", ESC, "false"), user("z"), end(), chain("s", "S"), chain("t", "z", "e")), cold=cold, fall=1)
    case.send()
    case.wait(1)

    before = ["entered s", "completed s", "entered S", "entered is", "completed is", "entered in"]
    handler = ["entered ES", "entered ESs", "completed ESs", "entered h"]
    stop = ["terminated in", "terminated h", "terminated ES", "terminated S"]
    assert log(case)[:10] == before + handler
    assert sorted(log(case)[10:14]) == sorted(stop)
    assert log(case)[13:] == ["terminated S", "entered t", "completed t", "entered z"] or log(case)[10:] == ["entered t", *stop, "completed t", "entered z"]


@BOTH
def test_log_of_an_event_gateway_and_a_join(cold):
    body = start() + el("parallelGateway", "f") + user("a") + user("b") + el("parallelGateway", "j") + el("eventBasedGateway", "g") + el("intermediateCatchEvent", "m", MSG)
    body += el("intermediateCatchEvent", "t", timer("Duration", "P1D")) + end() + end("e2") + chain("s", "f", "a", "j", "g", "m", "e") + chain("f", "b", "j") + chain("g", "t", "e2")
    case = Case(doc(body), cold=cold, fall=1)
    case.do("a").do("b")
    case.send()

    assert log(case)[-9:] == ["entered j", "completed j", "entered g", "completed g", "entered m", "entered t", "terminated t", "completed m", "entered e", "completed e"][-9:]
    assert [x for x in log(case) if x.endswith(" j")] == ["entered j", "completed j"]


# -- mappings: once per element, however many parts we make of it --------------------------------------------------------------
@BOTH
@pytest.mark.parametrize("extra", ["plain", "boundary", "conditional flow"])
def test_mappings_of_a_task_are_applied_once(extra, cold):
    body = start() + el("userTask", "a", COUNT, **({"default": "D"} if extra == "conditional flow" else {})) + user("z") + end() + chain("s", "a") + flow("z", "e")
    body += flow("a", "z", id="D") + (flow("a", "e", "= falsch") if extra == "conditional flow" else "")
    body += boundary("b", "a", MSG) + end("e2") + chain("b", "e2") if extra == "boundary" else ""
    case = Case(doc(body), cold=cold, fall=1)
    assert case.sees("a")["ein"] == 1
    case.do("a")

    assert case.open() == ["z"]
    assert {k: v for k, v in case.data.items() if k != "fall"} == {"zahl": 1, "aus": 1}


@BOTH
@pytest.mark.parametrize("loop", [multi("true", inputElement="p"), AGAIN])
def test_mappings_of_a_loop_belong_to_every_turn(loop, cold):
    """C8: input and output mappings are applied per instance, not to the body."""
    case = Case(doc(start(), el("userTask", "a", ext(io({"ein": "= loopCounter * 10"}, {"aus": "= ein"})) + loop), user("z"), chain("s", "a", "z")), cold=cold, ps=[1, 2], aus=0)

    assert case.sees("a")["ein"] == 10
    case.do("a")
    assert case.sees("a")["ein"] == 20
    case.do("a")
    assert case.open() == ["z"]
    assert case.data["aus"] == 20


@BOTH
@pytest.mark.parametrize("loop", [multi("true", inputElement="p"), multi("false", inputElement="p"), AGAIN])
def test_input_mapping_of_a_loop_is_evaluated_once_per_turn(loop, cold):
    seen = []
    case = Case(doc(start(), el("userTask", "a", ext(io({"ein": "= zaehle"})) + loop), end(), chain("s", "a", "e")), cold=cold, ps=[1, 2], table={"zaehle": lambda view: seen.append(view["loopCounter"])})
    case.do("a").do("a")

    assert seen == [1, 2]
    assert case.done


@BOTH
def test_gateways_ignore_mappings(cold):
    body = start() + el("exclusiveGateway", "g", COUNT, default="D") + user("z") + user("y") + chain("s", "g") + flow("g", "y", "= falsch") + flow("g", "z", id="D")
    case = Case(doc(body), cold=cold)

    assert case.open() == ["z"]
    assert case.data == {}


# -- choices -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "said"), [("", "g"), ("Wie weiter?", "Wie weiter?")])
def test_gateway_without_a_way_on_is_named_as_people_know_it(name, said):
    gate = el("exclusiveGateway", "g", **({"name": name} if name else {}))
    case = Case(doc(start(), gate, user("a"), user("b"), chain("s", "g"), flow("g", "a", "= x = 1"), flow("g", "b", "= x = 2")))

    assert f"„{said}“" in case.incident("g").message
    case.engine.run("1", "set_variables", {"x": 2})
    case.retry("g")
    assert case.open() == ["b"]


@pytest.mark.parametrize("value", ["= 1", "= null", "=&quot;true&quot;"])
def test_only_true_takes_a_conditional_flow(value):
    """FEEL: a condition holds if it is true, not if it is something."""
    case = Case(doc(start(), el("exclusiveGateway", "g", default="D"), user("a"), user("d"), chain("s", "g"), flow("g", "a", value), flow("g", "d", id="D")))

    assert case.open() == ["d"]


# -- jobs ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("expression", ["= 7", "= null", "=&quot;&quot;"])
def test_job_needs_a_type(expression):
    case = Case(doc(start(), el("serviceTask", "j", ext(f'<zeebe:taskDefinition type="{expression}"/>')), chain("s", "j")))

    assert case.incident("j").type == "ExpressionError"
    assert "Auftragstyp" in case.incident("j").message
    assert not case.open("jobs")


@pytest.mark.parametrize(("retries", "found"), [("", 3), ("5", 5), ("= 1 + 1", 2)])
def test_job_has_three_tries_unless_the_model_says_otherwise(retries, found):
    attribute = f' retries="{retries}"' if retries else ""
    case = Case(doc(start(), el("serviceTask", "j", ext(f'<zeebe:taskDefinition type="= &quot;a&quot; + &quot;b&quot;"{attribute}/>')), chain("s", "j")))

    job, = case.engine.open["jobs"].values()
    assert (job.type, job.retries) == ("ab", found)


def test_number_of_tries_must_be_a_number():
    case = Case(doc(start(), el("serviceTask", "j", ext('<zeebe:taskDefinition type="t" retries="= &quot;viele&quot;"/>')), chain("s", "j")))

    assert "viele" in case.incident("j").message


@BOTH
def test_job_that_fails_again_tells_its_tries_and_ends_as_an_incident(cold):
    case = Case(doc(start(), service("j"), user("z"), chain("s", "j", "z")), cold=cold)
    case.fail("j", "weg", 1)
    assert [d.retries for d in case.engine.open["jobs"].values()] == [1]
    case.fail("j", "weg", 0)
    assert case.open("jobs") == []
    assert case.incident("j").message == "weg"
    assert case.incident("j").phase == "job"
    case.retry("j")

    assert [d.retries for d in case.engine.open["jobs"].values()] == [1]
    case.job("j")
    assert case.open() == ["z"]


# -- sizes ---------------------------------------------------------------------------------------------------------------------
def test_result_of_a_decision_counts():
    case = Case(doc(start(), el("businessRuleTask", "r", ext('<zeebe:calledDecision decisionId="d" resultVariable="x"/>')), chain("s", "r")), decisions={"d": lambda _: "y" * 6_000}, limits=Limits(state_bytes=5_000))

    assert case.incident("r").type == "BudgetExceeded"
    assert "x" not in case.data


# -- inclusive joins -----------------------------------------------------------------------------------------------------------
BEFORE = {  # what a token may still have to cross before it reaches the join
    "exclusive": user("u") + el("exclusiveGateway", "x", default="Dx") + user("v") + flow("u", "x") + flow("x", "v", "= falsch") + flow("x", "j", id="Dx") + flow("v", "j"),
    "parallel": user("u") + el("parallelGateway", "x") + el("parallelGateway", "y") + flow("u", "x") + flow("x", "y", id="x1") + flow("x", "y", id="x2") + flow("y", "j"),
    "conditional flow": el("userTask", "u", default="Dx") + user("v") + flow("u", "v", "= falsch") + flow("u", "j", id="Dx") + flow("v", "j"),
    "events": el("eventBasedGateway", "u") + el("intermediateCatchEvent", "m", MSG) + el("intermediateCatchEvent", "t", timer("Duration", "P1D")) + chain("u", "m", "j") + chain("u", "t", "j"),
    "sub-process": sub("u", start("us"), user("in"), chain("us", "in")) + flow("u", "j"), "call": call("u", "q") + flow("u", "j"), "job": service("u") + flow("u", "j"),
    "boundary": sub("u", start("us"), user("in"), chain("us", "in")) + boundary("b", "u", MSG) + flow("u", "j") + flow("b", "j"), "loop": user("u", multi(inputElement="p")) + flow("u", "j"),
    "link": user("u") + el("intermediateThrowEvent", "lt", '<bpmn:linkEventDefinition name="L"/>') + el("intermediateCatchEvent", "lc", '<bpmn:linkEventDefinition name="L"/>') + flow("u", "lt") + flow("lc", "j"),
    "repetition": el("exclusiveGateway", "u") + user("v") + el("exclusiveGateway", "x", default="Dx") + chain("u", "v", "x") + flow("x", "u", "= falsch") + flow("x", "j", id="Dx"),
    "inclusive": user("u") + el("inclusiveGateway", "x", default="Dx") + el("inclusiveGateway", "y") + flow("u", "x") + flow("x", "y", "= true") + flow("x", "y", id="Dx") + flow("y", "j"),
}


@BOTH
@pytest.mark.parametrize("what", BEFORE)
def test_inclusive_join_waits_for_a_token_far_before_it(what, cold):
    """BPMN 2.0, 13.4.3: as long as a path leads from a token to an empty incoming flow."""
    body = start() + el("inclusiveGateway", "f", default="Df") + user("a") + el("inclusiveGateway", "j") + user("z") + end() + chain("s", "f") + flow("f", "u", "= true") + flow("f", "a", id="Df2", condition="= true")
    body += user("d") + flow("f", "d", id="Df") + flow("d", "j") + flow("a", "j") + chain("j", "z", "e") + BEFORE[what]
    case = Case(doc(body), cold=cold, called={"q": doc(start(), user("in"), chain("s", "in"), process="q")}, fall=1, ps=[1, 2])
    case.do("a")
    assert "z" not in case.open()
    for _ in range(5):
        if case.open() == ["z"]:
            break
        assert "z" not in case.open()
        if case.open():
            case.do(case.open()[0])
        elif case.open("jobs"):
            case.job("u")
        else:
            case.send()

    assert case.open() == ["z"]
    case.do("z")
    assert case.done


@BOTH
def test_inclusive_join_does_not_wait_for_a_token_that_cannot_come(cold):
    """Branches that end elsewhere, and a token behind the join, hold nobody up."""
    body = start() + el("inclusiveGateway", "f", default="Df") + user("a") + user("weg") + user("d") + el("inclusiveGateway", "j") + user("z") + end() + end("e2")
    body += chain("s", "f") + flow("f", "a", "= true") + flow("f", "weg", "= true") + flow("f", "d", id="Df") + flow("d", "j") + flow("a", "j") + chain("j", "z", "e") + flow("weg", "e2")
    case = Case(doc(body), cold=cold)
    case.do("a")

    assert case.open() == ["weg", "z"]


@BOTH
def test_inclusive_join_lets_a_token_pass_that_could_fill_a_full_flow_as_well(cold):
    """BPMN 2.0, 13.4.3 (iv-vi): a token from which a path leads to a flow that already has one does not hold up the join."""
    body = start() + el("parallelGateway", "f") + user("a") + user("b") + el("exclusiveGateway", "x", default="Dx") + el("inclusiveGateway", "j") + user("z") + end()
    body += chain("s", "f", "a", "m") + el("exclusiveGateway", "m") + flow("m", "j") + chain("f", "b", "x") + flow("x", "m", "= links") + flow("x", "j", id="Dx") + chain("j", "z", "e")
    case = Case(doc(body), cold=cold, links=False)
    case.do("a")

    assert case.open() == ["b", "z"]


# -- events --------------------------------------------------------------------------------------------------------------------
@BOTH
def test_only_the_code_that_matches_is_caught(cold):
    body = start() + sub("S", start("is"), service("j"), chain("is", "j")) + boundary("b", "S", ERR) + user("h") + chain("s", "S") + chain("b", "h")
    case = Case(doc(body), cold=cold)
    case.fail("j", error_code="anderer")

    assert case.incident("j").type == "UnhandledError"
    case = Case(doc(body), cold=cold)
    case.fail("j", error_code="E1", variables={"grund": "x"})
    assert case.open() == ["h"]
    assert case.data == {"grund": "x"}


@BOTH
def test_error_does_not_reach_an_escalation_event_of_the_same_code(cold):
    body = start() + sub("S", start("is"), service("j"), chain("is", "j")) + boundary("b", "S", "<bpmn:escalationEventDefinition/>") + user("h") + chain("s", "S") + chain("b", "h")
    case = Case(doc(body), cold=cold)
    case.fail("j", error_code="X1")

    assert case.open("incidents") == ["j"]


@BOTH
def test_listener_in_another_branch_catches_nothing(cold):
    """Only what surrounds the thrower catches: not the boundary event of a neighbour."""
    body = start() + el("parallelGateway", "f") + service("j") + sub("N", start("ns"), user("n"), chain("ns", "n")) + boundary("b", "N", ERR) + user("h") + chain("s", "f", "j") + chain("f", "N") + chain("b", "h")
    case = Case(doc(body), cold=cold)
    case.fail("j", error_code="E1")

    assert case.open("incidents") == ["j"]
    assert case.open() == ["n"]


@BOTH
def test_the_inner_catcher_comes_first(cold):
    inner = start("is") + service("j") + chain("is", "j") + event_sub(ERR, "true", user("innen"), first="innen")
    case = Case(doc(start(), sub("S", inner), boundary("b", "S", ERR), user("aussen"), chain("s", "S"), chain("b", "aussen"), event_sub(ERR, "true", user("ganz"), id="ES0", first="ganz")), cold=cold)
    case.fail("j", error_code="E1")

    assert case.open() == ["innen"]


@BOTH
def test_what_an_event_sub_process_throws_is_caught_further_out(cold):
    """BPMN 2.0, 10.4.3: an event sub-process does not catch its own error."""
    inner = start("is") + user("in") + chain("is", "in") + event_sub(ERR, "true", user("selbst"), id="EE", first="selbst") + event_sub(MSG, "false", service("h"))
    case = Case(doc(start(), sub("S", inner), boundary("b", "S", ERR), user("aussen"), chain("s", "S"), chain("b", "aussen")), cold=cold, fall=1)
    case.send()
    case.fail("h", error_code="E1")

    assert case.open() == ["aussen"]


@BOTH
@pytest.mark.parametrize("trigger", [MSG, SIG, COND, timer("Duration", "P1D")])
def test_interrupting_event_sub_process_happens_once(trigger, cold):
    """Its level is gone, its other listeners with it; the level goes on behind it once."""
    inner = start("is") + user("in") + chain("is", "in") + event_sub(trigger, "true", user("h")) + event_sub(ESC, "false", user("h2"), id="EZ", first="h2") + event_sub(SIG if trigger == MSG else MSG, "false", user("h3"), id="ED", first="h3")
    case = Case(doc(start(), sub("S", inner), user("z"), chain("s", "S", "z")), cold=cold, fall=1, rot=False)
    case.send()
    case.signal()
    case.engine.run("1", "set_variables", {"rot": True})
    case.wait(1)
    case.send()
    case.signal()

    assert case.open() == ["h"]
    assert not case.open("timers")
    assert not case.open("subscriptions")
    case.do("h")
    assert case.open() == ["z"]


@BOTH
def test_event_that_happened_is_a_token_even_while_it_has_an_incident(cold):
    """The activity may end, the scope may not: what the event has to do is still to be done."""
    broken = ext(io(outputs={"x": "= versuch"}))
    case = Case(doc(start(), sub("S", start("is"), user("in"), chain("is", "in")), boundary("b", "S", MSG, "false", broken), user("h"), user("z"), end(), chain("s", "S", "z", "e"), chain("b", "h")),
                cold=cold, fall=1, table={"versuch": fails_until_told()})
    case.send()
    assert case.open("incidents") == ["b"]
    case.do("in").do("z")

    assert case.ended is None
    assert case.open("subscriptions") == []
    case.retry("b")
    assert case.open() == ["h"]
    case.do("h")
    assert case.done


@BOTH
def test_event_sub_process_with_an_incident_at_its_start_keeps_the_scope_open(cold):
    case = Case(doc(start(), user("a"), end(), chain("s", "a", "e"), event_sub(MSG, "false", user("h"), start_inner=ext(io(outputs={"x": "= versuch"})))), cold=cold, fall=1, table={"versuch": fails_until_told()})
    case.send()
    case.do("a")

    assert case.ended is None
    case.retry(case.open("incidents")[0])
    case.do("h")
    assert case.done


def fails_until_told():
    """An expression that fails the first time."""
    calls = []

    def evaluate(_):
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("noch nicht")
        return 1
    return evaluate


@pytest.mark.parametrize("cancels", ["true", "false"])
@BOTH
def test_condition_of_a_scope_that_has_ended_is_not_looked_at(cancels, cold):
    case = Case(doc(start(), sub("S", start("is"), user("in"), chain("is", "in"), event_sub(COND, cancels, user("h"))), boundary("b", "S", COND, cancels), user("hb"), user("z"), chain("s", "S", "z"), chain("b", "hb")),
                cold=cold, rot=False)
    case.do("in")
    case.engine.run("1", "set_variables", {"rot": True})

    assert case.open() == ["z"]


def migrated(case, xml):
    """Problems of moving the instance to another model."""
    target = case.engine.deploy("p", xml)
    found = runtime.migrate(state.dump(case.engine.store.get("1")), case.definition, target, {}, TableExpressions(), case.engine.clock.now())
    return found[0], found[1].problems


@BOTH
def test_listener_that_a_new_model_lacks_is_dropped_but_not_what_it_began(cold):
    body = start() + user("a") + user("z") + chain("s", "a", "z")
    old = doc(body, boundary("b", "a", MSG, "false", ext(io(outputs={"x": "= versuch"}))), end("e2"), chain("b", "e2"))
    case = Case(old, cold=cold, fall=1, table={"versuch": fails_until_told()})
    moved, problems = migrated(case, doc(body))
    assert moved is not None
    assert not problems
    case.send()

    assert migrated(case, doc(body))[1]


@BOTH
@pytest.mark.parametrize("trigger", [MSG, SIG, timer("Duration", "P1D"), COND])
def test_input_mapping_of_an_event_is_evaluated_when_it_is_entered(trigger, cold):
    event = el("intermediateCatchEvent", "c", ext(io({"ein": "= zahl"}, {"aus": "= ein"})) + trigger)
    case = Case(doc(start(), event, user("z"), chain("s", "c", "z")), cold=cold, fall=1, zahl=1, rot=False)
    case.engine.run("1", "set_variables", {"zahl": 2})
    case.send()
    case.signal()
    case.wait(1)
    case.engine.run("1", "set_variables", {"rot": True})

    assert case.open() == ["z"]
    assert case.data["aus"] == 1


@BOTH
def test_token_limit_is_exact_for_events_that_repeat(cold):
    """Five tokens: the task, its listener, and what three messages began; the fourth finds no room."""
    body = doc(start(), user("a"), boundary("b", "a", MSG, "false"), user("h"), chain("s", "a"), chain("b", "h"))
    case = Case(body, cold=cold, fall=1, limits=Limits(tokens=5))
    for number in range(3):
        assert not case.open("incidents"), number
        case.send()
    assert case.open() == ["a", "h", "h", "h"]
    case.send()

    assert case.open("incidents") == ["b"]
    assert case.open() == ["a", "h", "h", "h"]


@BOTH
@pytest.mark.parametrize(("text", "turns"), [("R2/P1D", 2), ("R1/P1D", 1), ("R/P1D", 4), ("0 0 1 * * *", 4)])
@pytest.mark.parametrize("where", ["boundary", "event sub-process"])
def test_cycle_has_as_many_turns_as_it_says(where, text, turns, cold):
    trigger = timer("Cycle", text)
    body = start() + user("a") + end() + chain("s", "a", "e")
    body += boundary("b", "a", trigger, "false") + user("h") + chain("b", "h") if where == "boundary" else event_sub(trigger, "false", user("h"))
    case = Case(doc(body), cold=cold)
    for _ in range(4):
        case.wait(1)

    assert case.open().count("h") == turns
    assert len(case.open("timers")) == (1 if turns == 4 else 0)


@BOTH
def test_duration_of_a_listener_that_does_not_interrupt_comes_once(cold):
    case = Case(doc(start(), user("a"), boundary("b", "a", timer("Duration", "P1D"), "false"), user("h"), chain("s", "a"), chain("b", "h")), cold=cold)
    case.wait(1)
    case.wait(1)

    assert case.open() == ["a", "h"]
    assert not case.open("timers")


@pytest.mark.parametrize(("value", "key"), [("7", "7"), ("7.5", "7.5"), ("14 / 2", "7"), ("&quot;AZ 1&quot;", "AZ 1"), ("true", None), ("&quot;&quot;", None), ("null", None), ("[1]", None)])
def test_correlation_key_is_a_text_or_a_number(value, key):
    """C8: "the correlation key must be a string or a number"; 7 and 7.0 are the same number."""
    case = Case(doc(start(), el("scriptTask", "t", ext(f'<zeebe:script expression="= {value}" resultVariable="fall"/>')), el("intermediateCatchEvent", "c", MSG), chain("s", "t", "c")))

    assert [d.correlation_key for d in case.engine.open["subscriptions"].values()] == ([key] if key else [])
    assert [i.type for i in case.engine.open["incidents"].values()] == ([] if key else ["ExpressionError"])


@BOTH
def test_interrupting_event_leaves_alone_what_another_event_began(cold):
    """BPMN 2.0, 13.5.3: it ends the activity and its listeners, not the path that a boundary event that did not interrupt has begun."""
    body = start() + user("a") + boundary("n", "a", MSG, "false") + user("h") + user("h2") + boundary("i", "a", SIG) + user("k") + chain("s", "a") + chain("n", "h", "h2") + chain("i", "k")
    case = Case(doc(body), cold=cold, fall=1)
    case.send()
    case.send()
    case.do("h")
    case.signal()

    assert case.open() == ["h", "h2", "k"]
    assert not case.open("subscriptions")


@BOTH
def test_signal_is_heard_by_its_name_only(cold):
    other = '<bpmn:signal id="S2" name="anderes"/><bpmn:message id="M2" name="sig"><bpmn:extensionElements><zeebe:subscription correlationKey="= fall"/></bpmn:extensionElements></bpmn:message>'
    body = start() + el("parallelGateway", "f") + chain("s", "f") + "".join(el("intermediateCatchEvent", c, t) + user("u" + c) + chain("f", c, "u" + c) for c, t in (
        ("a", SIG), ("b", '<bpmn:signalEventDefinition signalRef="S2"/>'), ("c", '<bpmn:messageEventDefinition messageRef="M2"/>')))
    case = Case(doc(body).replace(b"<bpmn:process", other.encode() + b"<bpmn:process"), cold=cold, fall=1)
    case.signal()

    assert case.open() == ["ua"]
    assert len(case.open("subscriptions")) == 2


@BOTH
def test_signal_that_ends_a_scope_is_not_heard_in_it_any_more(cold):
    inner = start("is") + user("in") + el("intermediateCatchEvent", "c", SIG) + chain("is", "in") + event_sub(SIG, "false", user("h"))
    case = Case(doc(start(), sub("S", inner.replace(chain("is", "in"), "") + el("parallelGateway", "f") + chain("is", "f", "in") + chain("f", "c")), boundary("b", "S", SIG), user("z"), chain("s", "S"), chain("b", "z")), cold=cold)
    case.signal(x=1)

    assert case.open() == ["z"]
    assert not [x for x in log(case) if x in ("completed c", "entered ES", "entered h")]


INNER = {"job": lambda loop: el("serviceTask", "x", ext('<zeebe:taskDefinition type="j"/>') + loop), "call": lambda loop: call("x", "q", loop=loop),
         "sub-process": lambda loop: el("subProcess", "x", loop + start("xs") + service("j") + chain("xs", "j"))}


@BOTH
@pytest.mark.parametrize("loop", [multi("true", inputElement="p"), multi("false", inputElement="p"), AGAIN])
@pytest.mark.parametrize("what", INNER)
def test_error_in_one_turn_is_caught_at_the_whole_loop(what, loop, cold):
    """The boundary event belongs to the activity, so it ends every turn of it."""
    case = Case(doc(start(), INNER[what](loop), boundary("b", "x", ERR), user("h"), user("z"), chain("s", "x", "z"), chain("b", "h")), cold=cold, ps=[1, 2],
                called={"q": doc(start(), service("j"), chain("s", "j"), process="q")})
    key, task = next(iter(case.engine.open["jobs"]))
    case.engine.run(key, "job_failed", task, error_code="E1")

    assert case.open() == ["h"]
    assert not case.open("jobs")
    assert case.alive() == ["1"]


@BOTH
@pytest.mark.parametrize("level", ["process", "sub-process"])
def test_termination_ends_everything_in_its_scope(level, cold):
    """BPMN 2.0, 10.5.3: nested sub-processes, loops and called instances too; nothing outside."""
    inner = start("is") + el("parallelGateway", "f") + user("a") + end("t", "<bpmn:terminateEventDefinition/>") + sub("N", start("ns"), sub("NN", start("nns"), user("tief"), chain("nns", "tief")), chain("ns", "NN"))
    inner += call("c", "q") + user("m", multi(inputElement="p")) + el("intermediateCatchEvent", "w", timer("Duration", "P1D")) + chain("is", "f", "a", "t") + "".join(chain("f", x) for x in ("N", "c", "m", "w"))
    body = inner.replace('"is"', '"s"') if level == "process" else start() + el("parallelGateway", "g") + user("neben") + sub("S", inner) + user("z") + chain("s", "g", "neben") + chain("g", "S", "z")
    case = Case(doc(body), cold=cold, ps=[1, 2], called={"q": doc(start(), user("drin"), chain("s", "drin"), process="q")})
    case.do("a")

    assert case.open() == ([] if level == "process" else ["neben", "z"])
    assert not any(case.open(kind) for kind in ("timers", "calls", "jobs"))
    assert {x for x in log(case) if x.startswith("terminated")} == {"terminated tief", "terminated NN", "terminated N", "terminated c", "terminated m", "terminated w"} | ({"terminated S"} & set())
    assert case.alive() == ([] if level == "process" else ["1"])
    assert case.ended == ("completed" if level == "process" else None)


@BOTH
def test_uncaught_escalation_of_a_root_concerns_nobody_else(cold):
    definition = Case(doc(start(), el("intermediateThrowEvent", "t", ESC), end("e", ESC), chain("s", "t", "e")), begin=False).definition
    _, step = runtime.start(definition, TableExpressions(), TableExpressions().clock.now(), {})

    assert step.raised == ()
    assert step.ended == "completed"


@pytest.mark.parametrize(("publish", "key"), [('correlationKey="= andere"', "x"), ("", "1")])
def test_key_of_a_thrown_message(publish, key):
    """C8: ``zeebe:publishMessage`` says which key to publish with; without it the key of the message's subscription is the best guess."""
    case = Case(doc(start(), el("intermediateThrowEvent", "t", ext(f"<zeebe:publishMessage {publish}/>") + MSG), end(), chain("s", "t", "e")), fall=1, andere="x")

    assert [m.correlation_key for m in case.engine.messages] == [key]


def test_message_without_a_key_is_published_without_one():
    xml = doc(start(), el("endEvent", "e", '<bpmn:messageEventDefinition messageRef="M3"/>'), chain("s", "e")).replace(b"<bpmn:process", b'<bpmn:message id="M3" name="m3"/><bpmn:process')
    case = Case(xml)

    assert [(m.name, m.correlation_key) for m in case.engine.messages] == [("m3", None)]
    assert case.done


@pytest.mark.parametrize("process", ["= 7", "= null", "=&quot;&quot;"])
def test_call_needs_a_process(process):
    case = Case(doc(start(), call("c", process), chain("s", "c")))

    assert case.incident("c").type == "ExpressionError"
    assert "Prozess" in case.incident("c").message
    assert not case.open("calls")


@pytest.mark.parametrize("items", ["= 7", "= null", "= {a: 1}"])
def test_multi_instance_needs_a_list(items):
    case = Case(doc(start(), user("a", multi("false", items, inputElement="p")), chain("s", "a")))

    assert case.incident("a").type == "ExpressionError"
    assert "Eingabeliste" in case.incident("a").message
    assert case.open() == []


@BOTH
def test_sequential_multi_instance_has_one_token_however_long_its_list_is(cold):
    case = Case(doc(start(), user("a", multi("true", "= for i in 1..60 return i", inputElement="p")), chain("s", "a")), cold=cold, limits=Limits(tokens=10))
    for number in range(1, 60):
        assert case.sees("a")["p"] == number
        case.do("a")

    assert not case.open("incidents")


@BOTH
@pytest.mark.parametrize("sequential", ["true", "false"])
def test_completion_condition_sees_how_many_there_are(sequential, cold):
    """C8: numberOfInstances, numberOfCompletedInstances, numberOfActiveInstances, numberOfTerminatedInstances."""
    seen = []

    def until(view):
        seen.append([view[f"numberOf{what}Instances"] for what in ("", "Completed", "Active", "Terminated")])
        return len(seen) == 2
    case = Case(doc(start(), user("a", multi(sequential, until="= genug", inputElement="p")), user("z"), chain("s", "a", "z")), cold=cold, ps=[1, 2, 3], table={"genug": until})
    case.do("a").do("a")

    assert seen == [[3, 1, 0 if sequential == "true" else 2, 0], [3, 2, 0 if sequential == "true" else 1, 0]]
    assert case.open() == ["z"]


@BOTH
@pytest.mark.parametrize("value", ["= 1", "= null", "=&quot;true&quot;"])
def test_only_true_completes_a_multi_instance_early(value, cold):
    case = Case(doc(start(), user("a", multi("false", until=value, inputElement="p")), user("z"), chain("s", "a", "z")), cold=cold, ps=[1, 2])

    assert case.do("a").open() == ["a"]
    assert case.do("a").open() == ["z"]


@BOTH
@pytest.mark.parametrize("sequential", ["true", "false"])
def test_multi_instance_over_nothing_is_over_at_once(sequential, cold):
    case = Case(doc(start(), user("a", multi(sequential, inputElement="p", outputCollection="rs", outputElement="= r")), user("z"), chain("s", "a", "z")), cold=cold, ps=[])

    assert case.open() == ["z"]
    assert case.data == {"ps": [], "rs": []}


@BOTH
@pytest.mark.parametrize(("attributes", "turns"), [('testBefore="true"', 0), ('testBefore="false"', 1), ('loopMaximum="2"', 1)])
def test_standard_loop_that_never_holds(attributes, turns, cold):
    """BPMN 2.0, 10.3.8: tested before the first turn, or after it."""
    loop = f"<bpmn:standardLoopCharacteristics {attributes}><bpmn:loopCondition>= false</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    case = Case(doc(start(), user("a", loop), user("z"), chain("s", "a", "z")), cold=cold)
    for _ in range(turns):
        case.do("a")

    assert case.open() == ["z"]


@pytest.mark.parametrize(("element", "local"), [("= r", True), ("= r.x", True), ("= r + 1", False), ("= _r", True), ("= 7", False), ("= r1", True)])
def test_output_element_that_names_a_variable_keeps_it_in_its_instance(element, local):
    """C8: "the variable used in the output element is local to the instance", so parallel instances do not overwrite each other's."""
    case = Case(doc(start(), user("a", multi("false", inputElement="p", outputCollection="rs", outputElement=element)), user("z"), chain("s", "a", "z")), ps=[1], r1=0)
    name = {"= _r": "_r", "= r1": "r1"}.get(element, "r")
    assert set(case.sees("a")) == {"ps", "r1", "p", "loopCounter", "rs", *([name] if local else [])}
    case.do("a", **{name: 5})

    assert (case.data.get(name, 0) == 0) is local


@BOTH
def test_output_collection_keeps_the_order_of_the_input(cold):
    case = Case(doc(start(), user("a", multi("false", inputElement="p", outputCollection="rs", outputElement="= r")), user("z"), chain("s", "a", "z")), cold=cold, ps=["x", "y", "z"])
    for index in (2, 0, 0):
        person = case.sees("a", index=index)["p"]
        case.do("a", index, r=person.upper())

    assert case.data["rs"] == ["X", "Y", "Z"]


@BOTH
def test_multi_instance_without_element_knows_its_counter_only(cold):
    case = Case(doc(start(), user("a", multi("true")), user("z"), chain("s", "a", "z")), cold=cold, ps=["x", "y"])

    assert case.sees("a") == {"ps": ["x", "y"], "loopCounter": 1}
    case.do("a").do("a")
    assert case.data == {"ps": ["x", "y"]}


@pytest.mark.parametrize("half", [{"outputCollection": "rs"}, {"outputElement": "= r"}])
def test_half_an_output_collection_is_refused(half):
    with pytest.raises(InvalidDefinition, match="loop_output"):
        Case(doc(start(), user("a", multi("false", inputElement="p", **half)), chain("s", "a")), ps=[1])


@BOTH
def test_what_a_loop_collects_counts(cold):
    case = Case(doc(start(), user("a", multi("false", inputElement="p", outputCollection="rs", outputElement="= gross")), chain("s", "a")), cold=cold, ps=[1, 2], table={"gross": lambda _: "y" * 6_000},
                limits=Limits(state_bytes=5_000))
    case.do("a")

    assert case.incident("a").type == "BudgetExceeded"


@BOTH
def test_way_into_nested_scopes_is_forgotten_when_it_has_been_gone(cold):
    """A token put into a sub-process by hand: every scope on the way is open with its listeners, and nothing of the way is stored."""
    deep = sub("B", start("bs"), user("vorn"), user("ziel"), chain("bs", "vorn", "ziel"), event_sub(SIG, "false", user("hb"), id="EB", first="hb"))
    case = Case(doc(start(), user("a"), sub("A", start("as"), user("x"), deep, chain("as", "x", "B"), event_sub(MSG, "false", user("ha"), id="EA", first="ha")), user("z"), chain("s", "a", "A", "z")), cold=cold, fall=1)
    case.engine.run("1", "modify", (), ("ziel",))

    assert case.open() == ["a", "ziel"]
    assert len(case.open("subscriptions")) == 2
    assert b'"entry"' not in state.dump(case.engine.store.get("1"))
    case.do("ziel")
    assert case.open() == ["a", "z"]


def test_number_from_outside_is_the_same_key_with_and_without_decimals():
    case = Case(doc(start(), el("intermediateCatchEvent", "c", MSG), chain("s", "c")), fall=7.0)

    assert [d.correlation_key for d in case.engine.open["subscriptions"].values()] == ["7"]


@BOTH
@pytest.mark.parametrize("counter", [0, 1])
def test_condition_before_the_first_turn_sees_a_counter_of_zero(counter, cold):
    loop = f'<bpmn:standardLoopCharacteristics testBefore="true"><bpmn:loopCondition>= loopCounter = {counter}</bpmn:loopCondition></bpmn:standardLoopCharacteristics>'
    case = Case(doc(start(), user("a", loop), user("z"), chain("s", "a", "z")), cold=cold)

    assert case.open() == (["a"] if counter == 0 else ["z"])


@BOTH
@pytest.mark.parametrize("condition", ["", "<bpmn:loopCondition>= true</bpmn:loopCondition>"])
@pytest.mark.parametrize("before", ["true", "false"])
def test_standard_loop_with_a_maximum_of_zero_has_no_turn(before, condition, cold):
    """BPMN 2.0, 10.3.8: the number of iterations may not exceed the cap, whenever the condition is asked. Camunda has no such marker."""
    loop = f'<bpmn:standardLoopCharacteristics loopMaximum="0" testBefore="{before}">{condition}</bpmn:standardLoopCharacteristics>'
    case = Case(doc(start(), user("a", loop), user("z"), chain("s", "a", "z")), cold=cold)

    assert case.open() == ["z"]
    assert "entered a" not in log(case)
