"""Random processes in three ways: engine in memory, engine through JSON text after every command, and the oracle."""
import json
import os
import random
from datetime import UTC, datetime

import pytest

from engine import runtime
from tests.property.generator import Generator, Writer
from tests.property.oracle import Oracle
from tests.unit.engine.memory import Engine
from tests.unit.engine.models import wiring
from tests.unit.engine.stub import TableExpressions

MODELS, STEPS, DEPTH = int(os.environ.get("MODELS", "200")), 150, int(os.environ.get("DEPTH", "5"))
BATCHES = 10
VARIABLES = {"fall": 1, "ps": [1, 2], "again": False, "c0": True, "c1": False, "c2": True, "c3": False}


class Driven:
    """The engine behind the same three lists as the oracle's, taken from the steps only."""

    def __init__(self, processes, cold):
        self.engine = Engine(TableExpressions(), cold)
        self.before = {}
        for name, xml in processes.items():
            self.before[name] = wiring(self.engine.deploy(name, xml))
        self.key = self.engine.start("p", **VARIABLES)

    def open(self, kind):
        lists, instances, rows = self.engine.open, {}, []
        source = lists["user_tasks" if kind == "user" else "timers" if kind == "timer" else "subscriptions"]
        for (key, task), described in source.items():
            if key not in instances:
                instances[key] = self.engine.store.get(key)
            seen = json.dumps(runtime.variables_of(instances[key], task), sort_keys=True)
            rows.append((described.element, seen, described.due.timestamp() if kind == "timer" else 0, key, task))
        return sorted(rows)

    def act(self, kind, row, payload):
        command = {"user": "complete", "message": "correlate", "timer": "tick"}[kind]
        self.engine.run(row[3], command, row[4], *([] if kind == "timer" else [payload]))

    @property
    def ended(self):
        return self.key in self.engine.store.ended

    def check(self):
        assert not self.engine.open["incidents"], self.engine.open["incidents"]
        assert all(wiring(d) == self.before[k.split(":")[0]] for k, d in self.engine.store.definitions.items())


def drive(seed):
    tree, writer = Generator(seed, DEPTH).tree(), Writer()
    writer.process(tree, "p")
    engines = [Driven(writer.processes, False), Driven(writer.processes, True)]
    oracle = Oracle(tree, engines[0].engine.clock.now().timestamp(), **VARIABLES)
    dice, used = random.Random(seed), set()
    for step in range(STEPS):
        lists = {kind: oracle.open(kind) for kind in ("user", "message", "timer")}
        found = [{kind: e.open(kind) for kind in lists} for e in engines]
        for kind, waits in lists.items():
            expected = [(w.element, json.dumps(w.scope.all(), sort_keys=True), w.due) for w in waits]
            for name, mine in zip(("memory", "stored"), found, strict=True):
                assert [row[:3] for row in mine[kind]] == expected, (step, kind, name)
        assert [e.ended for e in engines] == [oracle.ended] * 2, step
        if oracle.ended:
            break
        chance = dice.random()
        kind = "message" if chance < .08 and lists["message"] else "timer" if chance < .16 and lists["timer"] else "user" if lists["user"] else "message" if lists["message"] else "timer"
        index = dice.randrange(len(lists[kind]))
        payload = {f"k{step % 5}": step, "again": dice.random() < .3, "r": step}
        if dice.random() < .2:
            payload[f"c{step % 4}"] = dice.random() < .5
        if kind == "timer":
            oracle.now = max(oracle.now, lists[kind][index].due)
            payload = {}
        for e, mine in zip(engines, found, strict=True):
            e.engine.clock.set(datetime.fromtimestamp(oracle.now, UTC))
            e.act(kind, mine[kind][index], payload)
        lists[kind][index].fire(dict(payload))
        used.add(kind)
    for e in engines:
        e.check()
        assert e.engine.variables(e.key) == oracle.root.own
    return oracle.ended, step, len(engines[0].engine.store.parents)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_models(batch):
    finished = called = 0
    seeds = range(batch, MODELS, BATCHES)
    for seed in seeds:
        try:
            ended, _, instances = drive(seed)
        except Exception as exc:
            raise AssertionError(f"seed {seed}: {exc!r}") from exc
        finished, called = finished + ended, called + instances - 1
    assert finished > len(seeds) * .7
    assert called > 0
