"""Random block-structured processes: a tree of blocks, and the BPMN of that tree. Nearly every block waits at least once.

Kinds: user, job; seq, link; and, or (branches that end without the join included), xor; loop, fork (a parallel join that is also a gateway);
sub, term (terminate), es and root (with an event sub-process); mi, mis (multi-instance task and sub-process), sloop (standard loop); evg (event
gateway); bnd (boundary event on any activity); esc, err (escalation and error thrown, caught by whatever is around); call.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from tests.unit.engine.models import (
    ERR,
    ESC,
    MSG,
    SIG,
    boundary,
    call,
    chain,
    doc,
    el,
    end,
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


@dataclass
class Block:
    kind: str
    id: str
    parts: list[Block] = field(default_factory=list)
    inputs: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)
    conditions: list = field(default_factory=list)
    flag: bool = False                                # interrupting, sequential, asks before the first turn, job may throw
    flag2: bool = True                                # call: copies all variables of the caller; mi: ends with the first instance
    flag3: bool = True                                # call: returns all variables
    trigger: str = ""                                 # of a boundary event or event sub-process
    condition: str = ""                               # of a conditional one


@dataclass(frozen=True)
class Place:
    multi: bool = False                               # several run at once, told apart by their variables only
    errors: bool = False                              # somebody around catches errors


TRIGGERS = ["message", "timer", "signal", "error", "escalation", "conditional"]


def trigger_of(b: Block) -> str:
    if b.trigger == "timer":
        return timer("Duration", "P2D") if b.flag else timer("Cycle", "R3/P1D")
    if b.trigger == "conditional":
        return f"<bpmn:conditionalEventDefinition><bpmn:condition>= {b.condition}</bpmn:condition></bpmn:conditionalEventDefinition>"
    return {"message": MSG, "signal": SIG, "error": ERR, "escalation": ESC}[b.trigger]


class Generator:
    KINDS = ["seq", "seq", "seq", "link", "and", "and", "or", "or", "xor", "loop", "sub", "term", "mi", "mis", "sloop", "evg", "fork", "es", "bnd", "bnd", "bnd",
             "esc", "esc", "err", "call", "call"]
    HOSTS = ["user", "job", "sub", "call", "mi", "mis", "sloop", "es", "term"]

    def __init__(self, seed: int, depth: int) -> None:
        self.random, self.count, self.depth = random.Random(seed), 0, depth

    def tree(self) -> Block:
        return self.body(self.depth, Place())

    def id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def mapping(self) -> tuple[dict, dict]:
        r = self.random
        inputs = {r.choice(["k0", "k1", "loc", "loc.x"]): r.choice(["= k1", "= k2", "= 7", "= loc"])} if r.random() < .3 else {}
        outputs = {r.choice(["k0", "out", "out.x", "again"]): r.choice(["= k1", "= k2", "= again", "= loc"])} if r.random() < .3 else {}
        return inputs, outputs

    def task(self, place: Place = Place()) -> Block:
        kind = self.random.choice(["user", "user", "user", "job"])
        return Block(kind, self.id("u" if kind == "user" else "j"), [], *self.mapping(), flag=place.errors)

    def event(self, block: Block) -> Block:
        """A random trigger, interrupting or not."""
        r = self.random
        block.trigger, block.condition = r.choice(TRIGGERS), f"c{r.randint(0, 3)}"
        block.flag = block.trigger == "error" or r.random() < .5
        return block

    def handler(self, block: Block, depth: int, place: Place) -> Block:
        """What an event starts. Several tokens may be in one that does not interrupt, so it stays simple."""
        if block.flag and self.random.random() < .4:
            return self.block(depth - 1, place)
        return self.task(place)

    def body(self, depth: int, place: Place) -> Block:
        """Of a process: with or without an event sub-process."""
        if depth < 1 or self.random.random() < .5:
            return self.block(depth, place)
        b = self.event(Block("root", self.id("r")))
        inner = replace(place, errors=place.errors or b.trigger == "error")
        b.parts = [self.block(depth - 1, inner), self.handler(b, depth, place)]
        return b

    def block(self, depth: int, place: Place) -> Block:
        kind = self.random.choice(["task"] * (2 if depth < self.depth else 0) + (self.KINDS if depth > 0 else []))
        return self.task(place) if kind == "task" else self.make(kind, depth, place)

    def make(self, kind: str, depth: int, place: Place) -> Block:
        r = self.random

        def more(**changes) -> Block:
            return self.block(depth - 1, replace(place, **changes))
        if kind in ("user", "job"):
            return self.task(place)
        if kind in ("seq", "link"):
            return Block(kind, self.id("l"), [more(), more()])
        if kind in ("and", "or", "xor"):
            parts = [more() for _ in range(r.randint(2, 3))]
            return Block(kind, self.id("g"), parts, conditions=[f"c{r.randint(0, 3)}" for _ in parts], flag=kind == "or" and r.random() < .4)
        if kind in ("loop", "fork"):
            return Block(kind, self.id("g"), [self.task(place), more()] + ([more()] if kind == "fork" else []))
        if kind in ("esc", "err"):
            return Block(kind if kind == "esc" or place.errors else "esc", self.id("x"), [more()])
        if kind == "evg":
            return Block(kind, self.id("g"), [self.task(place)])
        if kind == "bnd":
            b = self.event(Block(kind, self.id("b")))
            host = self.make(r.choice(self.HOSTS), max(depth - 1, 1), replace(place, errors=place.errors or b.trigger == "error"))
            b.parts = [host, self.handler(b, depth, place)]
            return b
        inputs, outputs = self.mapping()
        if kind in ("sub", "term"):
            return Block(kind, self.id("sp"), [more()] + ([more()] if kind == "term" else []), inputs, outputs)
        if kind == "es":
            b = self.event(Block(kind, self.id("sp"), [], inputs, outputs))
            b.parts = [more(errors=place.errors or b.trigger == "error"), self.handler(b, depth, place)]
            return b
        if kind in ("mi", "mis", "sloop"):
            return Block(kind, self.id("m"), [] if kind == "mi" else [more(multi=kind == "mis" or place.multi)], flag=r.random() < .5, flag2=r.random() < .3,
                         flag3=r.random() < .5)
        copies = place.multi or r.random() < .6
        if not copies:
            inputs = {**inputs, "ps": "= ps", "fall": "= fall"}
        return Block("call", self.id("q"), [self.body(depth - 1, place)], inputs, outputs, flag2=copies, flag3=r.random() < .6)


class Writer:
    """BPMN of a tree; called processes are collected in ``processes``."""

    def __init__(self) -> None:
        self.processes: dict[str, bytes] = {}

    def process(self, block: Block, name: str) -> None:
        if block.kind == "root":
            (xml, first, last), extra = self.write(block.parts[0]), self.event_sub(block)
        else:
            (xml, first, last), extra = self.write(block), ""
        self.processes[name] = doc(start(), xml, flow("s", first), flow(last, "e"), end(), extra, process=name)

    def scope(self, id: str, body: str, first: str, last: str, inner: str = "", extra: str = "") -> str:
        return sub(id, start("s" + id), body, end("e" + id), flow("s" + id, first), flow(last, "e" + id), extra, inner=inner)

    def event_sub(self, b: Block) -> str:
        body, first, _ = self.write(b.parts[1])
        return el("subProcess", "es" + b.id, body + el("startEvent", "h" + b.id, trigger_of(b), isInterrupting=str(b.flag).lower()) + flow("h" + b.id, first),
                  triggeredByEvent="true")

    def write(self, b: Block, marker: str = "") -> tuple[str, str, str]:
        """(elements, first, last)"""
        i, mapping = b.id, ext(io(b.inputs, b.outputs)) if b.inputs or b.outputs else ""
        if b.kind == "user":
            return user(i, mapping + marker), i, i
        if b.kind == "job":
            return service(i, io(b.inputs, b.outputs)).replace("</bpmn:serviceTask>", marker + "</bpmn:serviceTask>"), i, i
        if b.kind == "call":
            self.process(b.parts[0], "P" + i)
            return call(i, "P" + i, io(b.inputs, b.outputs), propagateAllParentVariables=str(b.flag2).lower(), propagateAllChildVariables=str(b.flag3).lower()), i, i
        parts = [self.write(p) for p in b.parts]
        return getattr(self, "write_" + b.kind)(b, i, mapping, parts, "".join(p[0] for p in parts))

    def write_seq(self, b, i, mapping, parts, body):
        return body + flow(parts[0][2], parts[1][1]), parts[0][1], parts[1][2]

    def write_link(self, b, i, mapping, parts, body):
        definition = f'<bpmn:linkEventDefinition name="{i}"/>'
        body += el("intermediateThrowEvent", i + "t", definition) + el("intermediateCatchEvent", i + "c", definition)
        return body + flow(parts[0][2], i + "t") + flow(i + "c", parts[1][1]), parts[0][1], parts[1][2]

    def write_and(self, b, i, mapping, parts, body):
        tag = {"and": "parallelGateway", "or": "inclusiveGateway", "xor": "exclusiveGateway"}[b.kind]
        always = b.kind == "and" or b.flag            # the first branch is always taken
        body += el(tag, i, **({} if always else {"default": "D" + i})) + el(tag, i + "j")
        for n, (p, condition) in enumerate(zip(parts, b.conditions, strict=True)):
            body += flow(i, p[1], "= true" if n == 0 and b.flag else None if n == 0 or b.kind == "and" else "= " + condition, "D" + i if n == 0 and not always else None)
            if b.flag and n == len(parts) - 1:
                body += end(i + "e") + flow(p[2], i + "e")
            else:
                body += flow(p[2], i + "j")
        return body, i, i + "j"

    write_or = write_xor = write_and

    def write_loop(self, b, i, mapping, parts, body):
        after, again = parts
        return (body + el("exclusiveGateway", i) + el("exclusiveGateway", i + "g", default="D" + i) + flow(i, again[1]) + flow(again[2], i + "g")
                + flow(i + "g", i, "= again") + flow(i + "g", after[1], id="D" + i)), i, after[2]

    def write_fork(self, b, i, mapping, parts, body):
        return (body + el("parallelGateway", i) + flow(parts[0][2], parts[1][1]) + flow(parts[0][2], parts[2][1])
                + flow(parts[1][2], i) + flow(parts[2][2], i)), parts[0][1], i

    def write_esc(self, b, i, mapping, parts, body):
        return body + el("intermediateThrowEvent", i, ESC) + flow(parts[0][2], i), parts[0][1], i

    def write_err(self, b, i, mapping, parts, body):
        body += el("exclusiveGateway", i, default="D" + i) + el("exclusiveGateway", i + "j") + end(i + "e", ERR)
        return body + flow(parts[0][2], i) + flow(i, i + "e", "= again") + flow(i, i + "j", id="D" + i), parts[0][1], i + "j"

    def write_sub(self, b, i, mapping, parts, body):
        return self.scope(i, *parts[0], mapping), i, i

    def write_es(self, b, i, mapping, parts, body):
        return self.scope(i, *parts[0], mapping, self.event_sub(b)), i, i

    def write_term(self, b, i, mapping, parts, body):
        body = start("s" + i) + el("parallelGateway", i + "f") + body + end("e" + i) + end("t" + i, "<bpmn:terminateEventDefinition/>")
        return sub(i, body, chain("s" + i, i + "f", parts[0][1]), flow(i + "f", parts[1][1]), flow(parts[0][2], "t" + i), flow(parts[1][2], "e" + i), inner=mapping), i, i

    def write_mi(self, b, i, mapping, parts, body):
        until = "= numberOfCompletedInstances = 1" if b.flag2 else None
        return user(i, multi(str(b.flag).lower(), until=until, inputElement="p" + i, outputCollection="rs" + i, outputElement="= r")), i, i

    def write_mis(self, b, i, mapping, parts, body):
        until = "= numberOfCompletedInstances = 1" if b.flag2 else None
        return self.scope(i, *parts[0], multi(str(b.flag).lower(), until=until, inputElement="p" + i)), i, i

    def write_sloop(self, b, i, mapping, parts, body):
        maximum = ' loopMaximum="2"' if b.flag2 else ""
        loop = (f'<bpmn:standardLoopCharacteristics testBefore="{str(b.flag).lower()}"{maximum}><bpmn:loopCondition>= again</bpmn:loopCondition>'
                "</bpmn:standardLoopCharacteristics>")
        if b.parts[0].kind in ("user", "job"):
            return self.write(b.parts[0], loop)
        return self.scope(i, *parts[0], loop), i, i

    def write_evg(self, b, i, mapping, parts, body):
        q = i + "q"
        for prefix, what in (("m", MSG), ("t", timer("Duration", "P1D")), ("c", SIG)):
            body += el("intermediateCatchEvent", prefix + i, what) + chain(i, prefix + i, q)
        return body + el("eventBasedGateway", i) + el("exclusiveGateway", q) + flow(q, parts[0][1]), i, parts[0][2]

    def write_bnd(self, b, i, mapping, parts, body):
        host, handler = parts
        text = body + boundary(i, host[1], trigger_of(b), str(b.flag).lower()) + flow(i, handler[1])
        if not b.flag:
            return text, host[1], host[2]
        return text + el("exclusiveGateway", i + "g") + flow(host[2], i + "g") + flow(handler[2], i + "g"), host[1], i + "g"
