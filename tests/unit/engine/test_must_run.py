"""Every kind of element that has to run, by table: at the top, in a sub-process and in one inside another; interrupting and not;
restored from the stored state after every step, and kept in memory."""
import itertools

import pytest

from engine import runtime, state
from engine.lint import lint
from tests.unit.engine.models import (
    COND,
    ERR,
    ESC,
    HEAD,
    MSG,
    SIG,
    TERM,
    Case,
    boundary,
    call,
    chain,
    definition,
    doc,
    el,
    end,
    event_sub,
    ext,
    flow,
    multi,
    service,
    start,
    sub,
    timer,
    user,
)
from tests.unit.engine.stub import TableExpressions

LEVELS = ["top", "sub", "deep"]
LINK = definition("link", name="L")
MESSAGE_JOB = ext('<zeebe:publishMessage correlationKey="= fall" timeToLive="PT1H"/>')


def at(level, body):
    """The body as a process, in a sub-process, or in one inside another; ``after`` follows the sub-process."""
    if level == "top":
        return doc(body)
    for depth in range(1 if level == "sub" else 2):
        inner = f"OUT{depth}"
        body = start(f"s{depth}") + sub(inner, body) + user(f"after{depth}") + end(f"e{depth}") + chain(f"s{depth}", inner, f"after{depth}", f"e{depth}")
    return doc(body)


def finish(case):
    """Everything that is open is done; then the instance has ended."""
    for _ in range(60):
        if not case.open():
            break
        case.do(case.open()[0])
    assert case.done, (case.open(), case.engine.open)


def make(level, cold, body, **variables):
    xml = at(level, body)
    assert [f for f in lint(xml).findings if f.severity == "error"] == []
    return Case(xml, cold=cold, **{"fall": 1, "rot": False, **variables})


TIMERS = {
    "duration": timer("Duration", "P1D"), "date": timer("Date", "2026-01-02T00:00:00Z"), "cycle": timer("Cycle", "R3/P1D"), "cron": timer("Cycle", "0 0 1 * * *"),
    "feel": timer("Duration", "= duration(&quot;P1D&quot;)"),
}
TRIGGERS = {"message": MSG, "signal": SIG, "error": ERR, "escalation": ESC, "conditional": COND, **TIMERS}


def fire(case, kind):
    """Let it happen; ``th`` is where tokens stand."""
    if kind == "message":
        assert case.send(pay=2) > 0
    elif kind == "signal":
        case.signal(pay=2)
    elif kind == "error":
        case.fail("th", error_code="E1", variables={"pay": 2})
    elif kind == "escalation":
        case.do("vor")
    elif kind == "conditional":
        case.do("vor", rot=True)
    else:
        case.wait(1)


def work(kind):
    """Inside: a task, what throws if something has to, and a task."""
    if kind == "error":
        return service("th"), ["th"], []
    if kind == "escalation":
        return user("vor") + el("intermediateThrowEvent", "w", ESC) + user("th") + chain("vor", "w", "th"), ["vor"], ["th"]
    if kind == "conditional":
        return user("vor") + user("th") + chain("vor", "th"), ["vor"], ["th"]
    return user("th"), ["th"], ["th"]


def first_of(kind):
    return "vor" if kind in ("escalation", "conditional") else "th"


CASES = [(kind, cancels) for kind in TRIGGERS for cancels in ("true", "false") if (kind, cancels) != ("error", "false")]


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("kind", "cancels"), CASES)
def test_boundary_event(kind, cancels, level, cold):
    inner, _, left = work(kind)
    host = sub("H", start("hs"), inner, chain("hs", first_of(kind)))
    body = start() + host + boundary("b", "H", TRIGGERS[kind], cancels) + user("h") + user("z") + end() + end("e2") + chain("s", "H", "z", "e") + chain("b", "h", "e2")
    case = make(level, cold, body)
    fire(case, kind)

    assert case.open() == sorted(["h", *([] if cancels == "true" else left)])
    finish(case)
    if kind == "escalation":
        return
    case = make(level, cold, body)  # it never happens: the activity ends and takes the event with it
    if kind == "error":
        case.job("th")
    while "z" not in case.open():
        case.do(case.open()[0])
    assert case.open() == ["z"]
    assert not case.open("timers")
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("kind", "cancels"), CASES)
def test_event_sub_process(kind, cancels, level, cold):
    inner, _, left = work(kind)
    body = start() + inner + user("z") + end() + chain("s", first_of(kind)) + chain("th", "z", "e") + event_sub(TRIGGERS[kind], cancels, user("h"))
    case = make(level, cold, body)
    fire(case, kind)

    assert case.open() == sorted(["h", *([] if cancels == "true" else left)])
    if kind in ("message", "signal", "error"):
        assert case.sees("h")["pay"] == 2
    finish(case)
    if kind not in ("error", "escalation"):
        case = make(level, cold, body)
        finish(case)


CATCHES = {"message": MSG, "signal": SIG, "conditional": COND, **TIMERS}


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", CATCHES)
def test_intermediate_catch_event(kind, level, cold):
    body = start() + el("parallelGateway", "f") + user("vor") + el("intermediateCatchEvent", "c", CATCHES[kind]) + user("z") + end() + chain("s", "f", "vor") + chain("f", "c", "z", "e")
    case = make(level, cold, body)
    assert case.open() == ["vor"]
    fire(case, kind)

    assert "z" in case.open()
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["none", "message", "signal", "escalation", "link"])
def test_intermediate_throw_event(kind, level, cold):
    trigger = {"none": "", "message": MSG, "signal": SIG, "escalation": ESC, "link": LINK}[kind]
    if kind == "link":
        after = el("intermediateCatchEvent", "c", LINK) + chain("s", "t") + chain("c", "z", "e")
    else:
        after = chain("s", "t", "z", "e")
    case = make(level, cold, start() + el("intermediateThrowEvent", "t", (MESSAGE_JOB if kind == "message" else "") + trigger) + user("z") + end() + after)

    assert case.open() == ["z"]
    assert [m.name for m in case.engine.messages] == (["m"] if kind == "message" else [])
    assert [s.name for s in case.engine.signals] == (["sig"] if kind == "signal" else [])
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["none", "message", "signal", "error", "escalation", "terminate"])
def test_end_event(kind, level, cold):
    trigger = {"none": "", "message": MSG, "signal": SIG, "error": ERR, "escalation": ESC, "terminate": TERM}[kind]
    inner = start("is") + el("parallelGateway", "f") + user("a") + user("b") + end("ie", (MESSAGE_JOB if kind == "message" else "") + trigger) + end("ie2")
    inner += chain("is", "f", "a", "ie") + chain("f", "b", "ie2")
    events = boundary("be", "H", ERR) + boundary("bx", "H", ESC, "false") + user("he") + user("hx") + chain("be", "he") + chain("bx", "hx")
    case = make(level, cold, start() + sub("H", inner) + events + user("z") + end() + chain("s", "H", "z", "e"))
    case.do("a")

    assert case.open() == {"error": ["he"], "escalation": ["b", "hx"], "terminate": ["z"]}.get(kind, ["b"])
    assert [m.name for m in case.engine.messages] == (["m"] if kind == "message" else [])
    assert [s.name for s in case.engine.signals] == (["sig"] if kind == "signal" else [])
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
def test_every_start_event_of_a_process(cold):
    kinds = {"none": "", "message": MSG, "signal": SIG, **TIMERS}
    xml = doc(*[start(f"s_{k}", t) + user(f"u_{k}") + chain(f"s_{k}", f"u_{k}") for k, t in kinds.items()])
    assert lint(xml).runs
    case = Case(xml, cold=cold, begin=False)
    found = {f.id: f.event.kind for f in case.definition.starts}

    assert found == {f"s_{k}": "timer" if k in TIMERS else k for k in kinds}
    for kind in kinds:
        case.engine.start_at("p", {}, start_element=f"s_{kind}")
        assert case.open() == [f"u_{kind}"]
        case.do(f"u_{kind}")
    assert case.alive() == []


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("chosen", [c for n in (0, 1, 2, 3) for c in itertools.combinations("abc", n)])
def test_inclusive_gateways(chosen, level, cold):
    body = start() + el("inclusiveGateway", "f", default="D") + user("a") + user("b") + user("c") + user("d") + el("inclusiveGateway", "j") + user("z") + end() + chain("s", "f")
    body += "".join(flow("f", x, f"= w{x}") + flow(x, "j") for x in "abc") + flow("f", "d", id="D") + flow("d", "j") + chain("j", "z", "e")
    for order in itertools.permutations(chosen or "d"):
        case = make(level, cold, body, **{f"w{x}": x in chosen for x in "abc"})
        assert case.open() == sorted(chosen or "d")
        for x in order:
            assert "z" not in case.open()
            case.do(x)
        assert case.open() == ["z"]
        finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["message", "signal", "conditional", "duration", "date", "cron", "receive"])
def test_event_gateway_takes_the_first_event_only(kind, level, cold):
    first = el("receiveTask", "c", messageRef="M") if kind == "receive" else el("intermediateCatchEvent", "c", CATCHES[kind])
    other = el("intermediateCatchEvent", "o", timer("Duration", "P9D"))
    body = start() + el("parallelGateway", "f") + user("vor") + el("eventBasedGateway", "g") + first + other + user("z") + user("y") + end() + end("e2")
    case = make(level, cold, body + chain("s", "f", "vor") + chain("f", "g", "c", "z", "e") + chain("g", "o", "y", "e2"))
    fire(case, "message" if kind == "receive" else kind)

    assert "z" in case.open()
    assert not case.open("timers")
    assert not case.open("subscriptions")
    finish(case)


TASKS = {
    "user": lambda loop: el("userTask", "x", loop), "manual": lambda loop: el("manualTask", "x", loop), "task": lambda loop: el("task", "x", loop),
    "receive": lambda loop: el("receiveTask", "x", loop, messageRef="M"), "service": lambda loop: el("serviceTask", "x", ext('<zeebe:taskDefinition type="j"/>') + loop),
    "send": lambda loop: el("sendTask", "x", ext('<zeebe:taskDefinition type="j"/>') + loop),
    "script": lambda loop: el("scriptTask", "x", ext('<zeebe:script expression="= 1" resultVariable="r"/>') + loop),
    "rule": lambda loop: el("businessRuleTask", "x", ext('<zeebe:calledDecision decisionId="d" resultVariable="r"/>') + loop),
    "call": lambda loop: call("x", "q", loop=loop),
    "sub-process": lambda loop: el("subProcess", "x", loop + start("xs") + user("xu") + end("xe") + chain("xs", "xu", "xe")),
}
LOOPS = {
    "once": ("", 1), "parallel": (multi("false", inputElement="p"), 3), "sequential": (multi("true", inputElement="p"), 3), "until": (multi("true", until="= numberOfCompletedInstances = 2"), 2),
    "loop": ("<bpmn:standardLoopCharacteristics><bpmn:loopCondition>= loopCounter &lt; 3</bpmn:loopCondition></bpmn:standardLoopCharacteristics>", 3),
    "at most": ('<bpmn:standardLoopCharacteristics loopMaximum="2"/>', 2),
}


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("task", TASKS)
def test_activity_runs_as_often_as_it_should(task, loop, level, cold):
    inner, times = LOOPS[loop]
    xml = at(level, start() + TASKS[task](inner) + user("z") + end() + chain("s", "x", "z", "e"))
    called = doc(start(), user("xu"), end(), chain("s", "xu", "e"), process="q")
    assert [f for f in lint(xml).findings if f.severity == "error"] == []
    case = Case(xml, cold=cold, called={"q": called}, decisions={"d": lambda _: 7}, fall=1, ps=[1, 2, 3])
    turns = 0
    while "z" not in case.open():
        turns += 1
        assert turns <= times
        if case.open("jobs"):
            case.job("x")
        elif case.open():
            case.do(case.open()[0])
        else:
            assert case.send() > 0
            turns = times if loop == "parallel" else turns

    assert not case.open("incidents")
    assert turns == (0 if task in ("task", "script", "rule") else times)
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
def test_implicit_fork_and_merge(level, cold):
    case = make(level, cold, start() + user("a") + user("b") + user("z") + end() + flow("s", "a") + flow("s", "b") + flow("a", "z") + flow("b", "z") + flow("z", "e"))

    assert case.open() == ["a", "b"]
    assert case.do("a").do("b").open() == ["z", "z"]
    finish(case)


@pytest.mark.parametrize("level", LEVELS)
def test_collapsed_or_expanded_makes_no_difference(level):
    xml = at(level, start() + sub("H", start("hs"), user("in"), chain("hs", "in")) + end() + chain("s", "H", "e"))
    picture = '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"><bpmndi:BPMNPlane bpmnElement="p"><bpmndi:BPMNShape bpmnElement="H" isExpanded="{}"/></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    assert HEAD.encode() in xml
    for expanded in ("true", "false"):
        case = Case(xml.replace(b"</bpmn:definitions>", picture.format(expanded).encode() + b"</bpmn:definitions>"))
        assert case.open() == ["in"]
        finish(case)


EITHER = ["true", "false"]
HOSTS = {  # activities that wait, with what ends them
    "user": (TASKS["user"](""), lambda case: case.do("x")), "manual": (TASKS["manual"](""), lambda case: case.do("x")),
    "service": (TASKS["service"](""), lambda case: case.job("x")), "send": (TASKS["send"](""), lambda case: case.job("x")),
    "script": (el("scriptTask", "x", ext('<zeebe:taskDefinition type="j"/>')), lambda case: case.job("x")),
    "rule": (el("businessRuleTask", "x", ext('<zeebe:taskDefinition type="j"/>')), lambda case: case.job("x")),
    "receive": (TASKS["receive"](""), lambda case: case.send()), "call": (TASKS["call"](""), lambda case: case.do("xu")),
    "sub-process": (TASKS["sub-process"](""), lambda case: case.do("xu")), "loop": (TASKS["user"](LOOPS["loop"][0]), lambda case: case.do("x").do("x").do("x")),
    "parallel": (TASKS["user"](LOOPS["parallel"][0]), lambda case: case.do("x").do("x").do("x")),
    "sequential": (TASKS["call"](LOOPS["sequential"][0]), lambda case: case.do("xu").do("xu").do("xu")),
}
CALLED = {"q": doc(start(), user("xu"), end(), chain("s", "xu", "e"), process="q")}


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cancels", EITHER)
@pytest.mark.parametrize("host", HOSTS)
def test_boundary_event_of_every_activity_that_waits(host, cancels, level, cold):
    xml, complete = HOSTS[host]
    body = start() + xml + boundary("b", "x", SIG, cancels) + user("h") + user("z") + end() + end("e2") + chain("s", "x", "z", "e") + chain("b", "h", "e2")
    case = Case(at(level, body), cold=cold, called=CALLED, fall=1, ps=[1, 2, 3])
    case.signal(pay=1)

    if cancels == "true":
        assert case.open() == ["h"]
        assert not any(case.open(kind) for kind in ("jobs", "calls", "subscriptions"))
        assert len(case.alive()) == 1
    else:
        case.signal(pay=2)
        complete(case)
        assert case.open() == ["h", "h", "z"]
        assert not case.open("subscriptions")
    assert case.data["pay"] == (1 if cancels == "true" else 2)
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cancels", EITHER)
@pytest.mark.parametrize("kind", ["message", "signal", "duration", "conditional"])
def test_event_sub_process_while_a_call_and_a_loop_are_open(kind, cancels, level, cold):
    """Interrupting ends the called instance and every inner instance; not interrupting leaves them alone."""
    body = start() + el("parallelGateway", "f") + TASKS["call"]("") + user("m", multi(inputElement="p")) + user("vor") + end() + chain("s", "f", "x", "e") + chain("f", "m", "e")
    body += chain("f", "vor", "e") + event_sub(TRIGGERS[kind], cancels, user("h"))
    case = Case(at(level, body), cold=cold, called=CALLED, fall=1, ps=[1, 2], rot=False)
    called = case.at("xu")[0]
    fire(case, kind)

    if cancels == "true":
        assert case.open() == ["h"]
        assert case.alive() == ["1"]
        assert case.engine.store.ended[called][0] == "cancelled"
        assert not case.open("calls")
    else:
        assert [x for x in case.open() if x != "vor"] == ["h", "m", "m", "xu"]
        assert case.alive() == ["1", called]
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("inner", EITHER)
@pytest.mark.parametrize("outer", EITHER)
def test_event_sub_process_inside_an_event_sub_process(outer, inner, level, cold):
    nested = event_sub(SIG, inner, user("h2"), id="IN", first="h2")
    body = start() + user("th") + end() + chain("s", "th", "e") + event_sub(MSG, outer, user("h") + nested)
    case = make(level, cold, body)
    case.send()
    case.signal()

    assert case.open() == sorted(["h2", *([] if inner == "true" else ["h"]), *([] if outer == "true" else ["th"])])
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_parallel_gateway_waits_for_every_branch(order, level, cold):
    body = start() + el("parallelGateway", "f") + user("a") + user("b") + user("c") + el("parallelGateway", "j") + user("z") + end() + chain("s", "f")
    case = make(level, cold, body + "".join(chain("f", x, "j") for x in "abc") + chain("j", "z", "e"))
    for x in order:
        assert "z" not in case.open()
        case.do(x)

    assert case.open() == ["z"]
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("at_task", [True, False])
@pytest.mark.parametrize(("a", "b"), list(itertools.product([True, False], repeat=2)))
def test_exclusive_gateway_takes_the_first_flow_that_holds(a, b, at_task, level, cold):
    """A conditional flow that leaves a task is inclusive instead: every flow that holds (BPMN 2.0, 13.2.1)."""
    gate = el("userTask", "g", default="D") if at_task else el("exclusiveGateway", "g", default="D")
    body = start() + gate + user("a") + user("b") + user("d") + end() + flow("s", "g") + flow("g", "a", "= wa") + flow("g", "b", "= wb") + flow("g", "d", id="D")
    case = make(level, cold, body + flow("a", "e") + flow("b", "e") + flow("d", "e"), wa=a, wb=b)
    if at_task:
        case.do("g")

    taken = [x for x, holds in (("a", a), ("b", b)) if holds]
    assert case.open() == ((taken if at_task else taken[:1]) or ["d"])
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cancels", EITHER)
@pytest.mark.parametrize("kind", [k for k in TRIGGERS if k != "error"])
@pytest.mark.parametrize("where", ["boundary", "event sub-process"])
def test_listener_added_by_a_migration(where, kind, cancels, level, cold):
    """Where the case already stands it listens at once; timers count from when the element was entered."""
    inner, _, left = work(kind)
    host = start() + sub("H", start("hs"), inner, chain("hs", first_of(kind))) + user("z") + end() + chain("s", "H", "z", "e")
    old = at(level, host)
    if where == "boundary":
        new = at(level, host + boundary("b", "H", TRIGGERS[kind], cancels) + user("h") + end("e2") + chain("b", "h", "e2"))
    else:
        new = old.replace(b'<bpmn:startEvent id="hs">', event_sub(TRIGGERS[kind], cancels, user("h")).encode() + b'<bpmn:startEvent id="hs">')
    case = Case(old, cold=cold, fall=1, rot=False)
    engine, target = case.engine, case.engine.deploy("p", new)
    moved, step = runtime.migrate(state.dump(engine.store.get("1")), case.definition, target, {}, TableExpressions(), engine.clock.now())
    assert not step.problems
    engine.family.adopt(moved, step)
    engine.apply(engine.family.steps)
    fire(case, kind)

    assert case.open() == sorted(["h", *([] if cancels == "true" else left)])
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cancels", EITHER)
@pytest.mark.parametrize("kind", ["error", "escalation"])
@pytest.mark.parametrize("where", ["boundary", "event sub-process"])
@pytest.mark.parametrize("calls", [1, 2])
def test_error_and_escalation_cross_calls(calls, where, kind, cancels, level, cold):
    """From a called instance, or one that this one called, to the nearest catcher above."""
    thrower = doc(start(), user("in"), el("parallelGateway", "g"), user("bleibt"), end("t", ERR if kind == "error" else ESC), end(), chain("s", "in", "g", "t"), chain("g", "bleibt", "e"), process=f"q{calls}")
    between = doc(start(), call("c2", "q2"), user("danach"), end(), chain("s", "c2", "danach", "e"), process="q1")
    interrupts = cancels if kind == "escalation" else "true"
    body = start() + call("c", "q1") + user("z") + end() + chain("s", "c", "z", "e")
    if where == "boundary":
        body += boundary("b", "c", ERR if kind == "error" else ESC, interrupts) + user("h") + end("e2") + chain("b", "h", "e2")
    else:
        body += event_sub(ERR if kind == "error" else ESC, interrupts, user("h"))
    case = Case(at(level, body), cold=cold, called={"q1": between, f"q{calls}": thrower}, fall=1)
    case.do("in")

    assert case.open() == (["h"] if interrupts == "true" else ["bleibt", "h"])
    assert len(case.alive()) == (1 if interrupts == "true" else 1 + calls)
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("level", LEVELS)
def test_documentation_and_data_of_other_tools_change_nothing(level, cold):
    body = start() + user("a", '<bpmn:documentation>Text</bpmn:documentation><bpmn:property id="pr"/><bpmn:dataInputAssociation id="di"><bpmn:sourceRef>dr</bpmn:sourceRef>'
                          "<bpmn:targetRef>pr</bpmn:targetRef></bpmn:dataInputAssociation>")
    body += '<bpmn:dataObject id="do"/><bpmn:dataObjectReference id="dr" dataObjectRef="do"/><bpmn:dataStoreReference id="ds"/><bpmn:group id="gr"/>'
    body += '<bpmn:textAnnotation id="ta"><bpmn:text>x</bpmn:text></bpmn:textAnnotation><bpmn:association id="as" sourceRef="a" targetRef="ta"/>'
    case = make(level, cold, body + el("receiveTask", "r", messageRef="M") + el("sendTask", "n", MESSAGE_JOB, messageRef="M") + end() + chain("s", "a", "r", "n", "e"))
    case.do("a")
    case.send()

    assert [m.name for m in case.engine.messages] == ["m"]
    finish(case)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("kind", ["none", "message", "signal", "error", "escalation", "terminate"])
def test_end_event_of_a_process(kind, cold):
    """At the top nothing is around: termination ends the instance, an error nobody catches is an incident, an escalation goes on."""
    trigger = {"none": "", "message": MSG, "signal": SIG, "error": ERR, "escalation": ESC, "terminate": TERM}[kind]
    case = Case(doc(start(), el("parallelGateway", "f"), user("a"), user("b"), end("t", (MESSAGE_JOB if kind == "message" else "") + trigger), end(), chain("s", "f", "a", "t"), chain("f", "b", "e")), cold=cold, fall=1)
    case.do("a")

    assert case.open() == ([] if kind == "terminate" else ["b"])
    assert case.open("incidents") == (["t"] if kind == "error" else [])
    assert case.ended == ("completed" if kind == "terminate" else None)
    assert [m.name for m in case.engine.messages] == (["m"] if kind == "message" else [])
    assert [s.name for s in case.engine.signals] == (["sig"] if kind == "signal" else [])
    if kind != "terminate":
        case.do("b")
        assert case.ended == (None if kind == "error" else "completed")
