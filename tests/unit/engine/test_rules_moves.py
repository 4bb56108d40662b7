"""Rules of moving tokens by hand; found by ``scripts/mutation.py``."""
import pytest

from engine import state
from tests.unit.engine.models import MSG, SIG, Case, boundary, chain, doc, el, end, event_sub, ext, io, multi, start, sub, user

BOTH = pytest.mark.parametrize("cold", [True, False])
LOOPS = {"parallel": multi("false", inputElement="p"), "sequential": multi("true", inputElement="p"),
         "standard": "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>= true</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"}


def end_by_hand(case, *elements):
    case.engine.run("1", "modify", tuple(case.at(x)[1] for x in elements))
    return case


def begin_by_hand(case, *elements):
    case.engine.run("1", "modify", (), elements)
    return case


# -- ending a token ------------------------------------------------------------------------------------------------------------
@BOTH
def test_branch_ended_by_hand_leaves_the_other_branches_alone(cold):
    case = Case(doc(start(), el("parallelGateway", "f"), user("a"), user("b"), chain("s", "f", "a"), chain("f", "b")), cold=cold)

    assert end_by_hand(case, "a").open() == ["b"]
    assert case.do("b").ended == "completed"


@BOTH
@pytest.mark.parametrize("level", ["process", "sub-process"])
def test_scope_is_over_when_its_last_open_branch_is_ended_by_hand(level, cold):
    """The other branch has come to its end, so this is an end and no cancellation."""
    body = start("x") + el("parallelGateway", "f") + user("a") + user("b") + end("y") + chain("x", "f", "a", "y") + chain("f", "b")
    case = Case(doc(body if level == "process" else start() + sub("SP", body) + user("z") + chain("s", "SP", "z")), cold=cold)
    case.do("a")
    end_by_hand(case, "b")

    assert case.ended == "completed" if level == "process" else case.open() == ["z"]


@BOTH
@pytest.mark.parametrize("loop", LOOPS)
def test_task_behind_a_loop_ended_by_hand_does_not_touch_the_loop(loop, cold):
    case = Case(doc(start(), user("a", LOOPS[loop].replace("= true", "= false")), el("parallelGateway", "f"), user("b"), user("c"), chain("s", "a", "f", "b"), chain("f", "c")), cold=cold, ps=[1])
    case.do("a")
    assert end_by_hand(case, "b").open() == ["c"]

    case = Case(doc(start(), user("a", LOOPS[loop].replace("= true", "= false")), user("b"), chain("s", "a", "b")), cold=cold, ps=[1])
    case.do("a")
    assert end_by_hand(case, "b").ended == "cancelled"


@BOTH
@pytest.mark.parametrize("listeners", ["", boundary("bo", "SP", SIG), boundary("bo", "SP", SIG, "false")])
@pytest.mark.parametrize("deep", [False, True])
def test_sub_process_without_a_token_has_ended_with_its_events(deep, listeners, cold):
    inside = sub("SP2", start("x2"), user("in"), chain("x2", "in"), event_sub(MSG, "true", user("h"))) if deep else user("in") + event_sub(MSG, "true", user("h"))
    body = sub("SP", start("x"), inside, chain("x", "SP2" if deep else "in")) + listeners + (user("nb") + chain("bo", "nb") if listeners else "")
    case = Case(doc(start(), el("parallelGateway", "f"), body, user("nach"), user("b"), chain("s", "f", "SP", "nach"), chain("f", "b")), cold=cold, fall=1)
    end_by_hand(case, "in")

    assert case.open() == ["b"]
    assert case.open("subscriptions") == []
    assert ("1", "terminated", "SP") in case.engine.log
    assert case.do("b").ended == "completed"


@BOTH
def test_process_without_a_token_is_cancelled_though_it_listens(cold):
    case = Case(doc(start(), user("a"), chain("s", "a"), event_sub(MSG, "true", user("h"))), cold=cold, fall=1)

    assert end_by_hand(case, "a").ended == "cancelled"
    assert not any(case.engine.open.values())


@BOTH
@pytest.mark.parametrize(("loop", "opens"), [("parallel", ["in"]), ("sequential", ["in"]), ("standard", ["z"])])
def test_turn_of_a_looping_sub_process_that_is_left_without_a_token_has_ended(loop, opens, cold):
    """As if the turn itself had been ended: multi-instance goes on with the others, a standard loop is over."""
    case = Case(doc(start(), sub("SP", start("x"), user("in"), chain("x", "in"), inner=LOOPS[loop]), user("z"), chain("s", "SP", "z")), cold=cold, ps=["a", "b"])
    end_by_hand(case, "in")

    assert case.open() == opens
    if loop != "standard":
        assert case.sees("in")["p"] == "b"
        assert case.do("in").open() == ["z"]


# -- beginning one -------------------------------------------------------------------------------------------------------------
@BOTH
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_way_into_scopes_is_gone_and_nothing_of_it_is_stored(depth, cold):
    inside, first = user("vorn") + user("ziel") + chain("vorn", "ziel"), "vorn"
    for n in range(depth):
        inside, first = sub(f"SP{n}", start(f"x{n}"), inside, chain(f"x{n}", first)), f"SP{n}"
    case = Case(doc(start(), user("a"), inside, chain("s", "a", first)), cold=cold)
    begin_by_hand(case, "ziel")

    assert case.open() == ["a", "ziel"]
    assert b'"entry"' not in state.dump(case.engine.store.get("1"))
    assert case.do("ziel").open() == ["a"]


@BOTH
@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_several_running_sub_processes_the_latest_gets_the_token(order, cold):
    """The one that began last, wherever it stands in the model; storing the state keeps the order."""
    body = sub("SP", start("x"), user("in"), user("neu"), chain("x", "in", "neu"), inner=ext(io({"l": "= wer"})))
    case = Case(doc(start(), el("parallelGateway", "f"), user("a"), user("b"), body, chain("s", "f", "a", "SP"), chain("f", "b", "SP")), cold=cold)
    for element in order:
        case.do(element, wer=element)
    begin_by_hand(case, "neu")

    assert case.sees("neu")["l"] == order[1]
