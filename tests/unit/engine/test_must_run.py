"""Every kind of element that has to run, by table: at the top, in a sub-process and in one inside another; interrupting and not;
restored from the stored state after every step, and kept in memory."""
import itertools

import pytest

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
