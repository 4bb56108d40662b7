"""Rules of entering, leaving and scopes that a changed line would break; found by ``scripts/mutation.py``."""
from datetime import timedelta
from uuid import UUID

import pytest

from engine import state
from engine.limits import Limits
from tests.unit.engine.models import Case, boundary, call, chain, doc, el, ext, io, service, start, timer, user

BOTH = pytest.mark.parametrize("cold", [True, False])


@BOTH
def test_element_that_is_entered_again_after_an_incident_was_entered_once(cold):
    """The log has one line, and the time that later timers count from stays the first."""
    case = Case(doc(start(), user("a", ext(io({"x": "= wert"}))), chain("s", "a")), cold=cold, table={"wert": lambda view: 1 if "da" in view else 1 / 0})
    (first,) = [(what, element) for _, what, element in case.engine.log if element == "a"]
    case.engine.clock.advance(days=3)
    case.engine.run("1", "set_variables", {"da": True})
    case.retry("a")

    assert first == ("entered", "a")
    assert [what for _, what, element in case.engine.log if element == "a"] == ["entered"]
    task = case.engine.store.get("1").find(UUID(case.at("a")[1]))
    assert task.internal_data["at"] == (case.engine.clock.now() - timedelta(days=3)).timestamp()


@BOTH
def test_output_mapping_sees_the_targets_before_it(cold):
    """Camunda 8, variables: mappings are applied in the order of the model."""
    case = Case(doc(start(), service("a", io({}, {"eins": "= r", "zwei": "= eins + 1"})), user("z"), chain("s", "a", "z")), cold=cold, eins=100)
    case.job("a", r=1)

    assert case.data == {"eins": 1, "zwei": 2}


@BOTH
@pytest.mark.parametrize("work", ['<zeebe:calledDecision decisionId="d" resultVariable="x"/>', '<zeebe:script expression="= gross" resultVariable="x"/>'])
def test_result_that_is_too_large_is_not_kept_for_the_retry(work, cold):
    """What a person entered is kept; what can be computed again is not, or the limit of the state would mean nothing."""
    def large(_):
        return "y" * 6_000
    case = Case(doc(start(), el("businessRuleTask" if "Decision" in work else "scriptTask", "r", ext(work)), chain("s", "r")), cold=cold,
                decisions={"d": large}, table={"gross": large}, limits=Limits(state_bytes=5_000))

    assert case.incident("r").type == "BudgetExceeded"
    assert len(state.dump(case.engine.store.get("1"))) < 5_000


@BOTH
def test_interrupting_event_ends_a_receive_task_that_has_received_and_has_an_incident(cold):
    """A receive task is an event and an activity; here it is the activity that is interrupted."""
    waiting = el("receiveTask", "r", ext(io(outputs={"x": "= kaputt"})), messageRef="M")
    case = Case(doc(start(), waiting, boundary("b", "r", timer("Duration", "P1D")), user("h"), chain("s", "r"), chain("b", "h")), cold=cold, fall=1, table={"kaputt": lambda _: 1 / 0})
    case.send()
    assert case.open("incidents") == ["r"]
    case.wait(1)

    assert (case.open(), case.open("incidents")) == (["h"], [])
    assert ("1", "terminated", "r") in case.engine.log


@BOTH
def test_of_a_large_result_only_what_is_mapped_needs_room(cold):
    """What a called process ends with is not kept, so it need not fit beside what is there."""
    called = doc(start(), user("in"), chain("s", "in"), process="q")
    case = Case(doc(start(), call("c", "q", io(outputs={"klein": "= gross2 != null"}), propagateAllParentVariables="false"), user("z"), chain("s", "c", "z")), cold=cold,
                called={"q": called}, limits=Limits(state_bytes=5_000), gross="x" * 3_000)
    case.do("in", gross2="y" * 3_000)

    assert case.open() == ["z"]
    assert case.data == {"gross": "x" * 3_000, "klein": True}
