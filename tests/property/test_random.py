"""Random processes in three ways: engine in memory, engine through JSON text after every command, and the oracle.

``MODELS=2000 DEPTH=6 FIRST=100000`` looks at more and deeper ones.
"""
import json
import os
import random
import re
from datetime import UTC, datetime

import pytest

from engine import runtime
from engine.state import dump
from tests.property.generator import TRIGGERS, Generator, Writer
from tests.property.oracle import Oracle
from tests.unit.engine.memory import Engine
from tests.unit.engine.models import wiring
from tests.unit.engine.stub import TableExpressions

FIRST, MODELS, STEPS, DEPTH = (int(os.environ.get(name, default)) for name, default in (("FIRST", 0), ("MODELS", 200), ("STEPS", 120), ("DEPTH", 5)))
BATCHES = 10
VARIABLES = {"fall": 1, "ps": [1, 2], "again": False, "c0": True, "c1": False, "c2": True, "c3": False}
LISTS = {"user": "user_tasks", "job": "jobs", "timer": "timers", "message": "subscriptions", "signal": "subscriptions"}
COMMANDS = {"user": "complete", "job": "job_done", "message": "correlate"}
KEY = re.compile(rb"[0-9a-f]{32}")


class Driven:
    """The engine behind the same lists as the oracle's, taken from the steps only."""

    def __init__(self, processes, cold):
        self.engine = Engine(TableExpressions(), cold)
        self.before = {}
        for name, xml in processes.items():
            self.before[name] = wiring(self.engine.deploy(name, xml))
        self.key = self.engine.start("p", **VARIABLES)

    def open(self, kind):
        instances, rows = {}, []
        for (key, task), described in self.engine.open[LISTS[kind]].items():
            if LISTS[kind] == "subscriptions" and described.kind != kind:
                continue
            if key not in instances:
                instances[key] = self.engine.store.get(key)
            seen = json.dumps(runtime.variables_of(instances[key], task), sort_keys=True)
            rows.append((described.element, seen, described.due.timestamp() if kind == "timer" else 0, key, task))
        return sorted(rows, key=lambda row: row[:3])  # what looks the same stays in the order in which it opened

    def act(self, kind, row, payload, fails):
        if kind == "signal":
            for key in self.states():
                if key not in self.engine.store.ended:
                    self.engine.run(key, "signal", "sig", payload)
        elif kind == "timer":
            self.engine.run(row[3], "tick", row[4])
        elif fails:
            self.engine.run(row[3], "job_failed", row[4], error_code="E1", variables=payload)
        else:
            self.engine.run(row[3], COMMANDS[kind], row[4], payload)

    @property
    def ended(self):
        return self.key in self.engine.store.ended

    def states(self):
        """Stored state of every running instance but for its checksum, with task keys numbered in the order they appear."""
        store = self.engine.store
        texts = {key: dump(store.get(key)) for key in store.parents if key not in store.ended}
        if store.cold:
            assert texts == store.states              # loading and storing again changes no byte
        names = {}
        return {key: KEY.sub(lambda found: b"%d" % names.setdefault(found[0], len(names)), text.rpartition(b',"sum":')[0])
                for key, text in texts.items()}

    def check(self):
        assert not self.engine.open["incidents"], self.engine.open["incidents"]
        assert all(wiring(d) == self.before[k.split(":")[0]] for k, d in self.engine.store.definitions.items())


def drive(seed, depth=DEPTH):
    tree, writer = Generator(seed, depth).tree(), Writer()
    writer.process(tree, "p")
    engines = [Driven(writer.processes, False), Driven(writer.processes, True)]
    oracle = Oracle(tree, engines[0].engine.clock.now().timestamp(), **VARIABLES)
    dice, used = random.Random(seed), set()
    for step in range(STEPS):
        lists = {kind: oracle.open(kind) for kind in LISTS}
        found = [{kind: e.open(kind) for kind in lists} for e in engines]
        for kind, waits in lists.items():
            expected = [(w.element, json.dumps(w.scope.all(), sort_keys=True), w.due) for w in waits]
            for name, mine in zip(("memory", "stored"), found, strict=True):
                assert [row[:3] for row in mine[kind]] == expected, (step, kind, name)
        assert [e.ended for e in engines] == [oracle.ended] * 2, step
        memory, stored = (e.states() for e in engines)
        assert memory == stored, step
        assert engines[0].engine.log == engines[1].engine.log, step
        if oracle.ended:
            break
        kind = next((k for k, chance in (("message", .1), ("timer", .1), ("signal", .05)) if lists[k] and dice.random() < chance), None)
        kind = kind or dice.choice([k for k in ("user", "job") if lists[k]] or [k for k in lists if lists[k]])
        index = dice.randrange(len(lists[kind]))
        payload = {f"k{step % 5}": step, "again": dice.random() < .3, "r": step}
        if dice.random() < .2:
            payload[f"c{dice.randrange(4)}"] = dice.random() < .5
        if kind == "timer":
            oracle.now = max(oracle.now, lists[kind][index].due)
            payload = {}
        chosen = lists[kind][index]
        fails = kind == "job" and chosen.fail is not None and dice.random() < .3
        for e, mine in zip(engines, found, strict=True):
            e.engine.clock.set(datetime.fromtimestamp(oracle.now, UTC))
            e.act(kind, mine[kind][index], payload, fails)
        if kind == "signal":
            oracle.broadcast(payload)
        else:
            (chosen.fail if fails else chosen.fire)(dict(payload))
        used.add(kind)
    for e in engines:
        e.check()
        assert e.engine.variables(e.key) == oracle.root.own
    return oracle.ended


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_models(batch):
    finished, seeds = 0, range(FIRST + batch, FIRST + MODELS, BATCHES)
    for seed in seeds:
        try:
            finished += drive(seed)
        except Exception as exc:
            raise AssertionError(f"seed {seed}: {exc!r}") from exc
    assert finished > len(seeds) * .5


@pytest.mark.parametrize("seed", [
    700000,  # a condition interrupts the process while the same change makes a boundary event fire
    700554,  # two called instances are cancelled together
    700653,  # an inner instance of a parallel loop ends at once and is enough
])
def test_deep_models_that_once_differed(seed):
    drive(seed, 7)


def test_generator_knows_every_construct():
    kinds, events, hosts = set(), set(), set()
    for seed in range(200):
        todo = [Generator(seed, 5).tree()]
        while todo:
            block = todo.pop()
            todo += block.parts
            kinds.add(block.kind)
            if block.trigger:
                events.add((block.kind, block.trigger, block.flag))
            if block.kind == "bnd":
                hosts.add(block.parts[0].kind)

    assert kinds == {*Generator.KINDS, "user", "job", "root"}
    assert events == {(kind, trigger, flag) for kind in ("bnd", "es", "root") for trigger in TRIGGERS for flag in (True, False) if flag or trigger != "error"}
    assert hosts == set(Generator.HOSTS)
