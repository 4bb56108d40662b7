"""The engine alone, in this process: FEEL, DMN, a long loop, many calls, memory. No database, no HTTP."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine import dmn, feel
from engine.calendar import Calendar
from engine.clock import FixedClock
from engine.expressions import Expressions
from engine.limits import Limits
from tests import bpmn
from tests.bench import models
from tests.unit.engine.memory import Engine

if TYPE_CHECKING:
    from collections.abc import Callable

CONDITION = 'a.b = "x" and c > 3'
CONTEXT: dict[str, Any] = {"a": {"b": "x"}, "c": 4}
LOOP, CALLS, INSTANCES = 1000, 500, 400
WIDE = Limits(steps=1_000_000, tokens=100_000)  # the budgets are not what is measured here


def per_call(work: Callable[[], object], number: int, rounds: int = 7) -> float:
    """Median seconds of one call."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(number):
            work()
        times.append((time.perf_counter() - begin) / number)
    return statistics.median(times)


def measure_feel() -> dict[str, float]:
    """A condition compiled once, and read from its text each time; the same in Python, evaluated, as a yardstick."""
    compiled = feel.compile_expression(CONDITION)
    assert compiled.evaluate(CONTEXT) is True
    code = compile("a['b'] == 'x' and c > 3", "yardstick", "eval")

    def cold() -> object:
        feel.compile_expression.cache_clear()
        return feel.compile_expression(CONDITION).evaluate(CONTEXT)

    return {"feel_us": per_call(lambda: compiled.evaluate(CONTEXT), 20_000) * 1e6, "feel_cold_us": per_call(cold, 300) * 1e6,
            "python_us": per_call(lambda: eval(code, {}, CONTEXT), 20_000) * 1e6}


def table(rules: int) -> bytes:
    """A table with two inputs; only the last rule fits what is asked."""
    body = "".join(
        f'<rule id="r{i}"><inputEntry><text>{i}</text></inputEntry><inputEntry><text>"{"ja" if i == rules else "nein"}"</text></inputEntry>'
        f'<outputEntry><text>"weg_{i}"</text></outputEntry></rule>' for i in range(1, rules + 1))
    return ('<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="weg" name="weg">'
            '<decisionTable hitPolicy="UNIQUE"><input><inputExpression><text>nummer</text></inputExpression></input>'
            '<input><inputExpression><text>antwort</text></inputExpression></input><output name="weg"/>' + body
            + "</decisionTable></decision></definitions>").encode()


def measure_dmn() -> dict[str, float]:
    """A table of 100 rules of which all are tried (UNIQUE), and one of 10."""
    found = {}
    for rules in (10, 100):
        model = dmn.parse(table(rules))
        asked = {"nummer": rules, "antwort": "ja"}
        assert model.evaluate("weg", asked).value == f"weg_{rules}"
        found[f"dmn_{rules}_us"] = per_call(lambda m=model, a=asked: m.evaluate("weg", a), 200) * 1e6
    return found | {"dmn_100_ratio": found["dmn_100_us"] / found["dmn_10_us"]}


class Plain(Expressions):
    """The real evaluator; the models here ask for no deadline and no decision."""

    def __init__(self) -> None:
        self.clock = FixedClock(datetime(2026, 9, 2, 8, tzinfo=UTC))
        super().__init__(facts={}, frist=lambda name: {}, calendar=Calendar(), clock=self.clock, decide=lambda decision, view: None)


def engine() -> Engine:
    return Engine(Plain(), cold=True, limits=WIDE)


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def loop() -> bytes:
    """Counts to ``bis`` through a gateway that leads back, then waits for a person."""
    count = bpmn.el("scriptTask", "zaehlen", bpmn.ext('<zeebe:script expression="= n + 1" resultVariable="n"/>'))
    return bpmn.process("schleife", bpmn.el("startEvent", "s") + count + bpmn.el("exclusiveGateway", "g", default="weiter") + bpmn.user("warten")
                        + bpmn.chain("s", "zaehlen", "g") + bpmn.flow("g", "zaehlen", "= n &lt; bis")
                        + bpmn.el("sequenceFlow", "weiter", sourceRef="g", targetRef="warten"))


def measure_loop() -> dict[str, float]:
    """1,000 turns in one command against 100: the cost of a turn must not grow with the turns before it."""
    core = engine()
    core.deploy("schleife", loop())
    core.start("schleife", n=0, bis=10)
    short = statistics.median(seconds(lambda: core.start("schleife", n=0, bis=LOOP // 10)) for _ in range(5)) / (LOOP // 10)
    whole = statistics.median(seconds(lambda: core.start("schleife", n=0, bis=LOOP)) for _ in range(5))
    return {"loop_1000_ms": whole * 1000, "loop_turn_ratio": whole / LOOP / short}


def measure_calls() -> dict[str, float]:
    """500 call activities one after the other (a parallel multi-instance), each an instance of its own, in one command."""
    core = engine()
    multi = ('<bpmn:multiInstanceLoopCharacteristics isSequential="false"><bpmn:extensionElements>'
             '<zeebe:loopCharacteristics inputCollection="= stellen" inputElement="stelle"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>')
    core.deploy("viele", bpmn.sequence("viele", bpmn.el("callActivity", "rufen", bpmn.ext('<zeebe:calledElement processId="klein"/>') + multi)))
    core.deploy("klein", bpmn.sequence("klein", bpmn.el("scriptTask", "tun", bpmn.ext('<zeebe:script expression="= 1" resultVariable="x"/>'))))
    core.start("viele", stellen=[1, 2, 3])
    few = seconds(lambda: core.start("viele", stellen=list(range(CALLS // 10)))) / (CALLS // 10)
    whole = seconds(lambda: core.start("viele", stellen=list(range(CALLS))))
    assert not any(core.open.values()), core.open
    return {"calls_500_ms": whole * 1000, "calls_each_ratio": whole / CALLS / few}


def measure_memory() -> dict[str, float]:
    """Bytes of an instance of the 30-task process in memory, loaded from its stored state: specs are shared and do not count."""
    core = engine()
    core.deploy("dreissig", models.line("dreissig", models.TASKS))
    keys = [core.start("dreissig", **models.VARIABLES) for _ in range(INSTANCES)]
    core.store.get(keys[0])
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    held = [core.store.get(key) for key in keys]
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return {"instance_memory_bytes": used / len(held)}


def measure() -> dict[str, float]:
    """All of them."""
    return measure_feel() | measure_dmn() | measure_loop() | measure_calls() | measure_memory()
