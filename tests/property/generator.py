"""Random block-structured processes: a tree of blocks, and the BPMN of that tree. Every block waits at least once."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.unit.engine.models import ERR, MSG, boundary, call, chain, doc, el, end, ext, flow, io, multi, start, sub, timer, user


@dataclass
class Block:
    kind: str
    id: str
    parts: list[Block] = field(default_factory=list)
    inputs: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)
    conditions: list = field(default_factory=list)
    flag: bool = False                                # interrupting, sequential, or throws
    flag2: bool = True                                # call: copies all variables of the caller
    flag3: bool = True                                # call: returns all variables


class Generator:
    KINDS = ["seq", "seq", "seq", "and", "and", "and", "or", "xor", "loop", "sub", "mi", "mis", "msg", "tim", "evg", "fork", "es", "call", "call", "ecall"]

    def __init__(self, seed: int, depth: int) -> None:
        self.random, self.count, self.depth = random.Random(seed), 0, depth

    def tree(self) -> Block:
        return self.block(self.depth)

    def id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def mapping(self) -> tuple[dict, dict]:
        r = self.random
        inputs = {r.choice(["k0", "k1", "loc", "loc.x"]): r.choice(["= k1", "= k2", "= 7", "= loc"])} if r.random() < .3 else {}
        outputs = {r.choice(["k0", "out", "out.x", "again"]): r.choice(["= k1", "= k2", "= again", "= loc"])} if r.random() < .3 else {}
        return inputs, outputs

    def task(self) -> Block:
        return Block("user", self.id("u"), [], *self.mapping())

    def block(self, depth: int, in_multi: bool = False) -> Block:
        r, kind = self.random, self.random.choice(["user"] * (2 if depth < self.depth else 0) + (self.KINDS if depth else []))
        if kind == "user":
            return self.task()
        def more(multi: bool = in_multi) -> Block:
            return self.block(depth - 1, multi)
        if kind == "seq":
            return Block(kind, "", [more(), more()])
        if kind in ("and", "or", "xor"):
            parts = [more() for _ in range(r.randint(2, 3))]
            return Block(kind, self.id("g"), parts, conditions=[f"c{r.randint(0, 3)}" for _ in parts])
        if kind in ("loop", "fork"):
            return Block(kind, self.id("g"), [self.task(), more()] + ([more()] if kind == "fork" else []))
        inputs, outputs = self.mapping()
        if kind == "sub":
            return Block(kind, self.id("sp"), [more()], inputs, outputs)
        if kind in ("es", "msg", "tim"):
            return Block(kind, self.id("sp"), [more(), self.task()], inputs, outputs, flag=r.random() < .5)
        if kind == "mi":
            return Block(kind, self.id("m"), flag=r.random() < .5)
        if kind == "mis":
            return Block(kind, self.id("m"), [more(True)], flag=r.random() < .5)
        if kind == "evg":
            return Block(kind, self.id("g"), [self.task()])
        copies = in_multi or r.random() < .6
        if not copies:
            inputs = {**inputs, "ps": "= ps", "fall": "= fall"}
        return Block(kind, self.id("q"), [more()] + ([self.task()] if kind == "ecall" else []), inputs, outputs, flag2=copies, flag3=r.random() < .6)


class Writer:
    """BPMN of a tree; called processes are collected in ``processes``."""

    def __init__(self) -> None:
        self.processes: dict[str, bytes] = {}

    def process(self, block: Block, name: str, throws: bool = False) -> None:
        xml, first, last = self.write(block)
        tail = flow(last, "e") + end()
        if throws:
            tail = el("exclusiveGateway", "x", default="Dx") + flow(last, "x") + end("t", ERR) + end() + flow("x", "t", "= again") + flow("x", "e", id="Dx")
        self.processes[name] = doc(start(), xml, flow("s", first), tail, process=name)

    def scope(self, id: str, body: str, first: str, last: str, inner: str = "", extra: str = "") -> str:
        return sub(id, start("s" + id), body, end("e" + id), flow("s" + id, first), flow(last, "e" + id), extra, inner=inner)

    def write(self, b: Block) -> tuple[str, str, str]:
        """(elements, first, last)"""
        i, mapping = b.id, ext(io(b.inputs, b.outputs)) if b.inputs or b.outputs else ""
        parts = [self.write(p) for p in b.parts] if b.kind not in ("call", "ecall") else []
        body = "".join(p[0] for p in parts)
        if b.kind == "user":
            return user(i, mapping), i, i
        if b.kind == "seq":
            return body + flow(parts[0][2], parts[1][1]), parts[0][1], parts[1][2]
        if b.kind in ("and", "or", "xor"):
            tag = {"and": "parallelGateway", "or": "inclusiveGateway", "xor": "exclusiveGateway"}[b.kind]
            body += el(tag, i, **({} if b.kind == "and" else {"default": "D" + i})) + el(tag, i + "j")
            for n, (p, condition) in enumerate(zip(parts, b.conditions, strict=True)):
                last = n == 0 and b.kind != "and"
                body += flow(i, p[1], None if last or b.kind == "and" else "= " + condition, "D" + i if last else None) + flow(p[2], i + "j")
            return body, i, i + "j"
        if b.kind == "loop":
            after, again = parts
            return (body + el("exclusiveGateway", i) + el("exclusiveGateway", i + "g", default="D" + i) + flow(i, again[1]) + flow(again[2], i + "g")
                    + flow(i + "g", i, "= again") + flow(i + "g", after[1], id="D" + i)), i, after[2]
        if b.kind == "fork":
            return (body + el("parallelGateway", i) + flow(parts[0][2], parts[1][1]) + flow(parts[0][2], parts[2][1])
                    + flow(parts[1][2], i) + flow(parts[2][2], i)), parts[0][1], i
        if b.kind == "sub":
            return self.scope(i, *parts[0], mapping), i, i
        if b.kind == "es":
            handler = parts[1][0] + el("startEvent", "h" + i, MSG, isInterrupting=str(b.flag).lower()) + flow("h" + i, parts[1][1])
            return self.scope(i, *parts[0], mapping, el("subProcess", "es" + i, handler, triggeredByEvent="true")), i, i
        if b.kind in ("msg", "tim"):
            trigger = MSG if b.kind == "msg" else timer("Duration", "P2D") if b.flag else timer("Cycle", "R3/P1D")
            text = self.scope(i, *parts[0], mapping) + boundary("b" + i, i, trigger, str(b.flag).lower()) + parts[1][0] + flow("b" + i, parts[1][1])
            if not b.flag:
                return text, i, i
            return text + el("exclusiveGateway", i + "g") + flow(i, i + "g") + flow(parts[1][2], i + "g"), i, i + "g"
        if b.kind == "mi":
            return user(i, multi(str(b.flag).lower(), inputElement="p" + i, outputCollection="rs" + i, outputElement="= r")), i, i
        if b.kind == "mis":
            return self.scope(i, *parts[0], multi(str(b.flag).lower(), inputElement="p" + i)), i, i
        if b.kind == "evg":
            q = i + "q"
            return (body + el("eventBasedGateway", i) + el("intermediateCatchEvent", "m" + i, MSG) + el("intermediateCatchEvent", "t" + i, timer("Duration", "P1D"))
                    + el("exclusiveGateway", q) + chain(i, "m" + i, q) + chain(i, "t" + i, q) + flow(q, parts[0][1])), i, parts[0][2]
        self.process(b.parts[0], "P" + i, throws=b.kind == "ecall")
        text = call(i, "P" + i, io(b.inputs, b.outputs), propagateAllParentVariables=str(b.flag2).lower(), propagateAllChildVariables=str(b.flag3).lower())
        if b.kind == "call":
            return text, i, i
        handler = self.write(b.parts[1])
        return (text + boundary("b" + i, i, ERR) + handler[0] + el("exclusiveGateway", i + "g") + flow("b" + i, handler[1]) + flow(i, i + "g")
                + flow(handler[2], i + "g")), i, i + "g"
