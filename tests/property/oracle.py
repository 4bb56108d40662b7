"""A second, independent meaning of the generator's trees: walks the blocks with continuations, uses nothing of the engine."""
from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.property.generator import Block

DAY = 86400.0


class Vars:
    """A scope of the oracle."""

    def __init__(self, own: dict, outer: Vars | None = None) -> None:
        self.own, self.outer = own, outer

    def all(self) -> dict:
        return {**(self.outer.all() if self.outer else {}), **self.own}

    def holder(self, name: str) -> Vars:
        return self if name in self.own or self.outer is None else self.outer.holder(name)

    def merge(self, values: dict) -> None:
        for name, value in values.items():
            self.holder(name).own[name] = value

    def value(self, source: str):
        text = source[2:]
        return json.loads(text) if text.isdigit() else self.all().get(text)

    def inner(self, inputs: dict, **own) -> Vars:
        new = Vars(dict(own), self)
        for target, source in inputs.items():
            write(new.own, target, new.value(source))
        return new

    def give(self, outputs: dict, result: dict, to: Vars) -> None:
        seen = Vars({**self.own, **result}, self.outer)
        for target, source in outputs.items():
            value, name = seen.value(source), target.split(".")[0]
            holder = to.holder(name)
            write(holder.own, target, value)


def write(own: dict, target: str, value) -> None:
    name, _, leaf = target.partition(".")
    own[name] = {**(own[name] if isinstance(own.get(name), dict) else {}), leaf: value} if leaf else value


class Wait:
    def __init__(self, kind: str, element: str, scope: Vars, box: Box, fire: Callable, due: float = 0) -> None:
        self.kind, self.element, self.scope, self.box, self.fire, self.due, self.left = kind, element, scope, box, fire, due, 1
        box.waits.append(self)

    def remove(self) -> None:
        if self in self.box.waits:
            self.box.waits.remove(self)


class Box:
    """Something that is cancelled as a whole: a process instance, a sub-process, a handler."""

    def __init__(self, outer: Box | None, done: Callable) -> None:
        self.waits, self.boxes, self.tokens, self.outer, self.done, self.throw = [], [], 1, outer, done, None
        if outer:
            outer.boxes.append(self)

    def token_end(self) -> None:
        self.tokens -= 1
        if not self.tokens:
            self.cancel()
            self.done()

    def cancel(self) -> None:
        self.waits.clear()
        self.boxes.clear()
        if self.outer and self in self.outer.boxes:
            self.outer.boxes.remove(self)

    def open(self) -> list[Wait]:
        return self.waits + [w for box in self.boxes for w in box.open()]


class Oracle:
    def __init__(self, tree: Block, now: float, **variables) -> None:
        self.now, self.ended = now, False
        self.root = Vars(variables)
        self.box = Box(None, self.finish)
        self.run(tree, self.root, self.box, self.box.token_end)

    def finish(self) -> None:
        self.ended = True

    def open(self, kind: str) -> list[Wait]:
        found = [w for w in self.box.open() if w.kind == kind]
        return sorted(found, key=lambda w: (w.element, json.dumps(w.scope.all(), sort_keys=True), w.due))

    def run(self, b: Block, scope: Vars, box: Box, done: Callable) -> None:
        getattr(self, "run_" + b.kind)(b, scope, box, done)

    def run_user(self, b, scope, box, done):
        local = scope.inner(b.inputs)

        def fire(payload):
            wait.remove()
            if b.outputs:
                local.give(b.outputs, payload, scope)
            else:
                local.merge(payload)
            done()
        wait = Wait("user", b.id, local, box, fire)

    def run_seq(self, b, scope, box, done):
        self.run(b.parts[0], scope, box, lambda: self.run(b.parts[1], scope, box, done))

    def together(self, parts, scope, box, done):
        left = [len(parts)]

        def one():
            left[0] -= 1
            if not left[0]:
                done()
        for part in parts:
            self.run(part, scope, box, one)

    def run_and(self, b, scope, box, done):
        self.together(b.parts, scope, box, done)

    def run_or(self, b, scope, box, done):
        parts = [p for p, c in list(zip(b.parts, b.conditions, strict=True))[1:] if scope.all().get(c) is True]
        self.together(parts or b.parts[:1], scope, box, done)

    def run_xor(self, b, scope, box, done):
        parts = [p for p, c in list(zip(b.parts, b.conditions, strict=True))[1:] if scope.all().get(c) is True]
        self.run((parts or b.parts)[0], scope, box, done)

    def run_loop(self, b, scope, box, done):
        def decide():
            if scope.all().get("again") is True:
                self.run(b.parts[1], scope, box, decide)
            else:
                self.run(b.parts[0], scope, box, done)
        self.run(b.parts[1], scope, box, decide)

    def run_fork(self, b, scope, box, done):
        self.run(b.parts[0], scope, box, lambda: self.together(b.parts[1:], scope, box, done))

    def run_sub(self, b, scope, box, done):
        local = scope.inner(b.inputs)

        def finished():
            local.give(b.outputs, {}, scope)
            done()
        inner = Box(box, finished)
        self.run(b.parts[0], local, inner, inner.token_end)
        return local, inner

    def run_es(self, b, scope, box, done):
        local, inner = self.run_sub(b, scope, box, done)

        def fire(payload):
            if b.flag:
                inner.waits.clear()
                inner.boxes.clear()
                inner.tokens = 0
            inner.tokens += 1
            mine = Vars({}, local)
            mine.merge(payload)
            handler = Box(inner, inner.token_end)
            self.run(b.parts[1], mine, handler, handler.token_end)
        Wait("message", "h" + b.id, local, inner, fire)

    def attach(self, kind, b, scope, box, inner, done, event):
        """A boundary event ``event`` on the activity whose box is ``inner``; gone when the activity is done."""
        def fire(payload):
            if b.flag:
                wait.remove()
                inner.cancel()
            elif kind == "timer":
                if wait.left == 1:
                    wait.remove()
                wait.left -= 1
                while wait.due <= self.now:
                    wait.due += DAY
            scope.merge(payload)
            if not b.flag:
                box.tokens += 1
            self.run(b.parts[1], scope, box, done if b.flag else box.token_end)
        wait = event(fire)
        finished = inner.done

        def leave():
            wait.remove()
            finished()
        inner.done = leave
        return wait

    def run_msg(self, b, scope, box, done):
        _, inner = self.run_sub(b, scope, box, done)
        self.attach("message", b, scope, box, inner, done, lambda fire: Wait("message", "b" + b.id, scope, box, fire))

    def run_tim(self, b, scope, box, done):
        _, inner = self.run_sub(b, scope, box, done)
        wait = self.attach("timer", b, scope, box, inner, done, lambda fire: Wait("timer", "b" + b.id, scope, box, fire, self.now + (2 if b.flag else 1) * DAY))
        wait.left = 1 if b.flag else 3

    def run_evg(self, b, scope, box, done):
        def fire(payload):
            message.remove()
            clock.remove()
            scope.merge(payload)
            self.run(b.parts[0], scope, box, done)
        message = Wait("message", "m" + b.id, scope, box, fire)
        clock = Wait("timer", "t" + b.id, scope, box, fire, self.now + DAY)

    def each(self, b, scope, begin, done):
        """Multi-instance: ``begin(index, item, next)``."""
        items, finished = scope.all()["ps"], []

        def one(index):
            finished.append(index)
            if len(finished) == len(items):
                done()
            elif b.flag:
                begin(len(finished), items[len(finished)], one)
        for index, item in list(enumerate(items))[:1 if b.flag else None]:
            begin(index, item, one)

    def run_mi(self, b, scope, box, done):
        name = "rs" + b.id
        body = Vars({name: [None] * len(scope.all()["ps"])}, scope)

        def begin(index, item, after):
            local = Vars({"loopCounter": index + 1, "p" + b.id: item, "r": None}, body)

            def fire(payload):
                wait.remove()
                local.merge(payload)
                body.own[name] = [*body.own[name][:index], local.own["r"], *body.own[name][index + 1:]]
                after(index)
            wait = Wait("user", b.id, local, box, fire)

        def finish():
            scope.merge({name: body.own[name]})
            done()
        self.each(b, scope, begin, finish)

    def run_mis(self, b, scope, box, done):
        def begin(index, item, after):
            local = Vars({"loopCounter": index + 1, "p" + b.id: item}, scope)
            inner = Box(box, lambda: after(index))
            self.run(b.parts[0], local, inner, inner.token_end)
        self.each(b, scope, begin, done)

    def run_call(self, b, scope, box, done):
        local = scope.inner(b.inputs)
        root = Vars(dict(local.all() if b.flag2 else local.own))

        def finished():
            if b.outputs:
                local.give(b.outputs, root.own, scope)
            elif b.flag3:
                local.merge(root.own)
            done()
        inner = Box(box, finished)
        self.run(b.parts[0], root, inner, inner.token_end if b.kind == "call" else lambda: self.maybe_throw(b, root, scope, box, inner, done))

    run_ecall = run_call

    def maybe_throw(self, b, root, scope, box, inner, done):
        if root.all().get("again") is True:
            inner.cancel()
            self.run(b.parts[1], scope, box, done)
        else:
            inner.token_end()
