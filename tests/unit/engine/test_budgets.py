"""Models that would run for ever or grow without end stop as incidents, and the instance stays usable."""
import json

import pytest

from engine import runtime
from engine.errors import Rejected
from engine.limits import Limits
from tests.unit.engine.models import (
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
    start,
    sub,
    timer,
    user,
)

SMALL = Limits(steps=200, tokens=50, depth=5, instances=20, state_bytes=5_000)


def script(name, expression, result):
    return el("scriptTask", name, ext(f'<zeebe:script expression="{expression}" resultVariable="{result}"/>'))


def usable(case):
    """The instance can be restored and cancelled."""
    assert case.ended is None
    case.engine.run(case.key, "cancel", whole_family=True)
    assert case.alive() == []
    assert not any(case.engine.open.values())


def only(case):
    found = list(case.engine.open["incidents"].values())
    assert {i.type for i in found} <= {"BudgetExceeded", "CallTooDeep"}, found
    return found


def test_loop_without_wait_stops_with_the_default_limits():
    case = Case(doc(start(), el("exclusiveGateway", "m"), script("x", "= 1", "k"), chain("s", "m", "x", "m")))

    incident, = only(case)
    assert "10000" in incident.message
    usable(case)


def test_retry_goes_on_with_a_new_budget():
    case = Case(doc(start(), el("exclusiveGateway", "m"), script("x", "= if n = null then 1 else n + 1", "n"), el("exclusiveGateway", "g", default="D"), user("z"),
                    chain("s", "m", "x", "g"), flow("g", "m", "= n &lt; 100"), flow("g", "z", id="D")), limits=SMALL)
    incident, = only(case)
    case.retry(incident.element)

    assert case.open() == ["z"]
    assert case.data == {"n": 100}


def test_standard_loop_without_wait_stops():
    body = el("task", "t", "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>= true</bpmn:loopCondition></bpmn:standardLoopCharacteristics>")
    case = Case(doc(start(), body, chain("s", "t")), limits=SMALL)

    only(case)
    usable(case)


def test_self_calling_process_stops():
    case = Case(doc(start(), call("c", "p"), chain("s", "c")))
    assert len(case.alive()) == 21
    assert [i.type for i in only(case)] == ["CallTooDeep"]
    usable(case)


def test_process_that_calls_itself_twice_stops_before_it_floods():
    case = Case(doc(start(), el("parallelGateway", "f"), call("c", "p"), call("d", "p"), chain("s", "f", "c"), chain("f", "d")), limits=Limits(depth=20, instances=30))

    assert len(case.alive()) == 31
    assert {i.type for i in only(case)} == {"BudgetExceeded"}
    usable(case)


def test_loop_of_calls_without_wait_stops():
    case = Case(doc(start(), el("exclusiveGateway", "m"), call("c", "q"), chain("s", "m", "c", "m")), called={"q": doc(start(), end(), chain("s", "e"), process="q")}, limits=SMALL)

    only(case)
    usable(case)


@pytest.mark.parametrize("sequential", ["true", "false"])
@pytest.mark.parametrize("items", ["= for i in 1..1000000 return i", "= for i in 1..90000 return i"])
def test_multi_instance_of_a_million_stops(items, sequential):
    case = Case(doc(start(), el("task", "t", multi(sequential, items, inputElement="p")), user("z"), chain("s", "t", "z")))

    incident, = case.engine.open["incidents"].values()
    assert incident.type in ("BudgetExceeded", "FeelError")
    assert len(case.engine.store.states["1"]) < 1_500_000
    usable(case)


def test_parallel_multi_instance_above_the_token_limit_stops_before_it_begins():
    case = Case(doc(start(), user("u", multi("false", "= for i in 1..51 return i", inputElement="p")), chain("s", "u")), limits=SMALL)
    assert [i.element for i in only(case)] == ["u"]
    assert case.open() == []
    usable(case)
    assert len(Case(doc(start(), user("u", multi("false", "= for i in 1..40 return i", inputElement="p")), chain("s", "u")), limits=SMALL).open()) == 40


def test_doubling_fork_stops_at_the_token_limit():
    case = Case(doc(start(), el("exclusiveGateway", "m"), el("parallelGateway", "f"), chain("s", "m", "f", "m"), flow("f", "m")), limits=Limits(tokens=50))

    assert 0 < len(only(case)) < 120
    usable(case)


def test_signal_that_wakes_itself_stops():
    storm = event_sub(SIG, "false", el("intermediateThrowEvent", "t", SIG), first="t")
    case = Case(doc(start(), user("a"), chain("s", "a"), storm), limits=SMALL)
    case.signal()

    only(case)
    assert "a" in case.open()
    usable(case)


def test_cycle_without_length_is_an_incident_of_the_timer():
    case = Case(doc(start(), user("u"), boundary("b", "u", timer("Cycle", "= &quot;R/PT0S&quot;"), "false"), user("h"), chain("s", "u"), chain("b", "h")))

    assert case.open() == ["u"]
    assert case.incident("b").phase == "enter"
    assert not case.open("timers")
    usable(case)


def test_cycle_whose_handlers_pile_up_stops_listening():
    case = Case(doc(start(), user("u"), boundary("b", "u", timer("Cycle", "R/PT1S"), "false"), user("h"), chain("s", "u"), chain("b", "h")), limits=SMALL)
    for _ in range(60):
        case.wait(0, seconds=1)

    incident, = only(case)
    assert (incident.element, incident.phase) == ("b", "listen")
    assert not case.open("timers")
    assert 45 <= len(case.open()) <= 50
    for _ in range(5):
        case.do("h")
    case.retry("b")
    case.wait(0, seconds=1)
    assert not case.open("incidents")
    assert case.open("timers") == ["b"]
    usable(case)


def test_message_whose_handlers_pile_up_stops_listening():
    case = Case(doc(start(), user("a"), chain("s", "a"), event_sub(MSG, "false", user("h"))), fall=1, limits=SMALL)
    for _ in range(60):
        case.send()

    assert [i.phase for i in only(case)] == ["listen"]
    assert case.send() == 0
    usable(case)


def test_growing_text_stops_at_the_size_limit():
    case = Case(doc(start(), script("a", "= &quot;xxxxxxxxxx&quot;", "t"), el("exclusiveGateway", "m"), script("x", "= t + t", "t"), chain("s", "a", "m", "x", "m")), limits=SMALL)

    incident, = only(case)
    assert incident.element == "x"
    assert "5000" in incident.message
    assert len(case.data["t"]) == 2560
    assert len(case.engine.store.states["1"]) < 6_000
    usable(case)


def test_growing_list_of_many_small_values_stops_at_the_size_limit():
    case = Case(doc(start(), user("u", ext(io({}, {"l": "= append(l, &quot;0123456789&quot;)"}))), el("exclusiveGateway", "m"), chain("s", "m", "u", "m")), l=[], limits=SMALL)
    turns = 0
    while not case.open("incidents"):
        case.do("u")
        turns += 1

    assert 300 < turns < 400
    case.engine.run(case.key, "set_variables", {"l": []})
    case.retry("u")
    assert case.open() == ["u"]
    assert case.data == {"l": ["0123456789"]}


@pytest.mark.parametrize("command", ["start", "complete", "set_variables", "correlate", "job_done"])
def test_too_much_input_is_rejected_and_nothing_changes(command):
    xml = doc(start(), el("parallelGateway", "f"), user("u"), el("serviceTask", "j", ext('<zeebe:taskDefinition type="j"/>')), el("intermediateCatchEvent", "c", MSG),
              chain("s", "f", "u"), chain("f", "j"), chain("f", "c"))
    case = Case(xml, fall=1, limits=SMALL)
    before, large = case.engine.store.states["1"], {"x": "y" * 5_000}

    kind = {"complete": "user_tasks", "correlate": "subscriptions", "job_done": "jobs"}.get(command)
    task = [next(iter(case.engine.open[kind]))[1]] if kind else []

    with pytest.raises(Rejected, match="5000"):
        case.engine.start_at("p", large) if command == "start" else case.engine.run("1", command, *task, large)

    assert case.engine.store.states == {"1": before}


BIT = {"y": "y" * 1_500}
GROWING = {
    "complete": (user("x"), "user_tasks"), "job_done": (el("serviceTask", "x", ext('<zeebe:taskDefinition type="j"/>')), "jobs"),
    "correlate": (el("intermediateCatchEvent", "x", MSG), "subscriptions"), "signal": (el("intermediateCatchEvent", "x", SIG), "subscriptions"),
}


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("command", GROWING)
def test_input_that_adds_up_stops_at_the_size_limit(command, cold):
    """Every single input is small enough, all together are not: an incident keeps the last one until there is room."""
    element, kind = GROWING[command]
    case = Case(doc(start(), el("exclusiveGateway", "m"), element, chain("s", "m", "x", "m")), cold=cold, fall=1, limits=SMALL)
    for number in range(3):
        case.engine.run("1", command, "sig" if command == "signal" else case.at("x", kind)[1], {f"v{number}": BIT})
        assert not case.open("incidents")

    case.engine.run("1", command, "sig" if command == "signal" else case.at("x", kind)[1], {"v3": BIT})

    assert [i.element for i in only(case)] == ["x"]
    assert set(case.data) == {"fall", "v0", "v1", "v2"}
    case.engine.run("1", "set_variables", {"v0": None})
    case.retry("x")
    assert not case.open("incidents")
    assert case.data["v3"] == BIT


@pytest.mark.parametrize("command", GROWING)
def test_input_that_only_replaces_has_always_room(command):
    element, kind = GROWING[command]
    case = Case(doc(start(), el("exclusiveGateway", "m"), element, chain("s", "m", "x", "m")), fall=1, limits=SMALL)
    for _ in range(6):
        case.engine.run("1", command, "sig" if command == "signal" else case.at("x", kind)[1], {"v": BIT, "w": BIT})

    assert not case.open("incidents")


def test_variables_written_by_hand_add_up_to_the_size_limit():
    case = Case(doc(start(), user("u"), chain("s", "u")), limits=SMALL, a=BIT, b=BIT)
    task = case.at("u")[1]
    case.engine.run("1", "set_variables", {"c": BIT})
    full = case.engine.store.states["1"]

    for arguments in (({"d": BIT},), ({"d": BIT}, task), ({"d": BIT}, task, True)):
        with pytest.raises(Rejected, match="5000"):
            case.engine.run("1", "set_variables", *arguments)
    with pytest.raises(Rejected, match="5000"):
        case.engine.run("1", "modify", (), (), {"d": BIT})
    assert case.engine.store.states["1"] == full
    case.engine.run("1", "set_variables", {"a": "kurz", "b": None, "d": BIT})
    assert set(case.data) == {"a", "b", "c", "d"}


def test_results_of_calls_add_up_to_the_size_limit():
    """What called instances bring back counts: the call activity has the incident, the called instance has ended."""
    inner = doc(start(), user("in"), chain("s", "in"), process="q")
    case = Case(doc(start(), el("exclusiveGateway", "m"), call("c", "q", propagateAllParentVariables="false"), chain("s", "m", "c", "m")), called={"q": inner}, limits=SMALL)
    for number in range(4):
        case.do("in", **{f"v{number}": BIT})

    assert [i.element for i in only(case)] == ["c"]
    assert len(case.alive()) == 1
    usable(case)


def test_payload_of_event_sub_processes_adds_up_to_the_size_limit():
    case = Case(doc(start(), user("a"), chain("s", "a"), event_sub(MSG, "false", user("h"))), fall=1, limits=SMALL)
    for number in range(4):
        case.send(**{f"v{number}": BIT})

    assert [i.element for i in only(case)] == ["ES"]
    assert case.open() == ["a", "h", "h", "h"]
    usable(case)


def test_input_that_is_not_json_is_rejected():
    case = Case(doc(start(), user("u"), chain("s", "u")))
    for value in (float("nan"), object(), {1, 2}):
        with pytest.raises(Rejected):
            case.engine.run("1", "complete", case.at("u")[1], {"x": value})


def test_deep_nesting_of_sub_processes_runs_and_is_cancelled():
    body = user("tief")
    first = "tief"
    for level in range(30):
        body, first = sub(f"SP{level}", start(f"s{level}"), body, chain(f"s{level}", first)), f"SP{level}"
    case = Case(doc(start(), body, chain("s", first)))
    assert case.open() == ["tief"]
    usable(case)


def test_state_of_a_typical_instance_is_small():
    xml = doc(start(), *[user(f"u{i}") for i in range(30)], end(), chain("s", *[f"u{i}" for i in range(30)], "e"))
    variables = {f"feld{i}": "x" * 50 for i in range(18)}
    assert len(json.dumps(variables)) > 1_100

    case = Case(xml, **variables)
    assert len(case.engine.store.states["1"]) < 1_800
    assert len(runtime.variables_of(case.engine.store.get("1"))) == 18


def test_handlers_that_ended_leave_nothing_behind():
    case = Case(doc(start(), user("u"), boundary("b", "u", timer("Cycle", "R/P1D"), "false"), el("task", "h"), chain("s", "u"), chain("b", "h"),
                    event_sub(MSG, "false", el("task", "k"), first="k")), fall=1, limits=SMALL)
    sizes = []
    for _ in range(60):
        case.wait(1)
        case.send()
        sizes.append(len(case.engine.store.states["1"]))

    assert max(sizes) - min(sizes) < 20
    assert case.do("u").done
