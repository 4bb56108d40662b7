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
    """Something that is waited for. ``fail``: a job's other end."""

    def __init__(self, kind: str, element: str, scope: Vars, box: Box, fire: Callable, due: float = 0, fail: Callable | None = None) -> None:
        self.kind, self.element, self.scope, self.box, self.fire, self.due, self.fail = kind, element, scope, box, fire, due, fail
        self.left, self.condition, self.seen = 1, "", False
        box.waits.append(self)

    @property
    def open(self) -> bool:
        return self in self.box.waits

    def remove(self) -> None:
        if self.open:
            self.box.waits.remove(self)


class Box:
    """What is cancelled as a whole: a process instance, a sub-process, a handler, an activity with a boundary event.

    ``edge`` catches what leaves it, ``event`` is its event sub-process; what a ``handler`` throws is not for its own level.
    """

    def __init__(self, outer: Box | None, done: Callable, *, handler: bool = False) -> None:
        self.waits, self.boxes, self.marks, self.tokens = [], [], [], 1
        self.outer, self.done, self.handler = outer, done, handler
        self.edge: Wait | None = None
        self.event: Wait | None = None
        if outer:
            outer.boxes.append(self)

    def token_end(self) -> None:
        self.tokens -= 1
        if not self.tokens:
            self.finish()

    def finish(self) -> None:
        self.cancel()
        self.done()

    def clear(self) -> None:
        for box in list(self.boxes):
            box.clear()
        self.waits.clear()
        self.boxes.clear()
        self.marks.clear()

    def cancel(self) -> None:
        self.clear()
        if self.outer and self in self.outer.boxes:
            self.outer.boxes.remove(self)

    def settle_edge(self) -> None:
        """The activity is about to end: its boundary event stops listening."""
        if self.edge:
            self.edge.remove()

    def open(self) -> list[Wait]:
        return self.waits + [w for box in self.boxes for w in box.open()]


class Oracle:
    VISIBLE = ("user", "job", "message", "timer", "signal")

    def __init__(self, tree: Block, now: float, **variables) -> None:
        self.now, self.ended = now, False
        self.root = Vars(variables)
        self.box = Box(None, self.finish)
        self.process(tree, self.root, self.box)

    def finish(self) -> None:
        self.ended = True

    def open(self, kind: str) -> list[Wait]:
        found = [w for w in self.box.open() if w.kind == kind]
        return sorted(found, key=lambda w: (w.element, json.dumps(w.scope.all(), sort_keys=True), w.due))

    def run(self, b: Block, scope: Vars, box: Box, done: Callable) -> None:
        getattr(self, "run_" + b.kind)(b, scope, box, done)

    # -- what happens ----------------------------------------------------------------------------------------------------------
    def broadcast(self, payload: dict) -> None:
        for wait in self.open("signal"):
            if wait.open:
                wait.fire(dict(payload))

    def throw(self, kind: str, box: Box, payload: dict) -> None:
        """To the nearest catcher: event sub-process of the level, boundary event of the activity, and so on outwards."""
        inside = False
        while box is not None:
            for catcher in (None if inside else box.event, box.edge):
                if catcher is not None and catcher.kind == kind and catcher.open:
                    catcher.fire(payload)
                    return
            inside, box = box.handler, box.outer

    def check_conditions(self) -> None:
        for wait in [w for w in self.box.open() if w.kind == "conditional"]:
            if wait.open:
                was, wait.seen = wait.seen, wait.scope.all().get(wait.condition) is True
                if wait.seen and not was:
                    wait.fire({})

    def alive_after(self, box: Box, change: Callable) -> bool:
        """Whether a token in ``box`` is still there after a change of variables: a condition may have interrupted it."""
        mark = object()
        box.marks.append(mark)
        change()
        self.check_conditions()
        if mark not in box.marks:
            return False
        box.marks.remove(mark)
        return True

    # -- tasks -----------------------------------------------------------------------------------------------------------------
    def run_user(self, b, scope, box, done):
        local = scope.inner(b.inputs)

        def fire(payload):
            wait.remove()
            box.settle_edge()
            if self.alive_after(box, lambda: local.give(b.outputs, payload, scope) if b.outputs else local.merge(payload)):
                done()
        wait = Wait(b.kind, b.id, local, box, fire, fail=(lambda payload: self.throw("error", box, payload)) if b.kind == "job" and b.flag else None)

    run_job = run_user

    # -- order -----------------------------------------------------------------------------------------------------------------
    def run_seq(self, b, scope, box, done):
        self.run(b.parts[0], scope, box, lambda: self.run(b.parts[1], scope, box, done))

    run_link = run_seq

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

    def holds(self, b, scope):
        return [p for p, c in list(zip(b.parts, b.conditions, strict=True))[1:] if scope.all().get(c) is True]

    def run_or(self, b, scope, box, done):
        parts = self.holds(b, scope)
        if not b.flag:
            self.together(parts or b.parts[:1], scope, box, done)
            return
        dead = [p for p in parts if p is b.parts[-1]]
        box.tokens += len(dead)
        self.together([b.parts[0], *[p for p in parts if p not in dead]], scope, box, done)
        for part in dead:
            self.run(part, scope, box, box.token_end)

    def run_xor(self, b, scope, box, done):
        self.run((self.holds(b, scope) or b.parts)[0], scope, box, done)

    def run_loop(self, b, scope, box, done):
        def decide():
            if scope.all().get("again") is True:
                self.run(b.parts[1], scope, box, decide)
            else:
                self.run(b.parts[0], scope, box, done)
        self.run(b.parts[1], scope, box, decide)

    def run_fork(self, b, scope, box, done):
        self.run(b.parts[0], scope, box, lambda: self.together(b.parts[1:], scope, box, done))

    # -- throwing --------------------------------------------------------------------------------------------------------------
    def run_esc(self, b, scope, box, done):
        def thrown():
            if self.alive_after(box, lambda: self.throw("escalation", box, {})):
                done()
        self.run(b.parts[0], scope, box, thrown)

    def run_err(self, b, scope, box, done):
        self.run(b.parts[0], scope, box, lambda: self.throw("error", box, {}) if scope.all().get("again") is True else done())

    # -- scopes ----------------------------------------------------------------------------------------------------------------
    def run_sub(self, b, scope, box, done):
        local = scope.inner(b.inputs)

        def finished():
            local.give(b.outputs, {}, scope)
            done()
        self.content(b, local, Box(box, finished))

    run_es = run_term = run_sub

    def process(self, b, scope, inner):
        if b.kind == "root":
            self.content(b, scope, inner)
        else:
            self.run(b, scope, inner, inner.token_end)

    def content(self, b, scope, inner):
        """What a process with an event sub-process, or a sub-process, holds; its variables are ``scope``."""
        if b.kind == "term":
            inner.tokens += 1
            self.run(b.parts[0], scope, inner, inner.finish)
            self.run(b.parts[1], scope, inner, inner.token_end)
        elif b.kind in ("es", "root"):
            if self.listen_inside(b, scope, inner):
                self.run(b.parts[0], scope, inner, inner.token_end)
        else:
            self.run(b.parts[0], scope, inner, inner.token_end)

    def listener(self, b, element, scope, box, fire):
        wait = Wait(b.trigger, element, scope, box, fire)
        if b.trigger == "timer":
            wait.due, wait.left = self.now + (2 if b.flag else 1) * DAY, 1 if b.flag else 3
        wait.condition = b.condition
        return wait

    def fired(self, b, wait):
        """A listener that interrupts, or has had its last turn, is gone."""
        if b.trigger == "timer" and not b.flag:
            if wait.left == 1:
                wait.remove()
            wait.left -= 1
            while wait.due <= self.now:
                wait.due += DAY
        elif b.flag:
            wait.remove()

    def listen_inside(self, b, scope, inner):
        """The event sub-process of a level. False: it has interrupted the level at once."""
        def fire(payload):
            self.fired(b, inner.event)
            if b.flag:
                inner.clear()
                inner.tokens = 0
            inner.tokens += 1
            mine = Vars({}, scope)
            handler = Box(inner, inner.token_end, handler=True)
            if self.alive_after(handler, lambda: mine.merge(payload)):
                self.run(b.parts[1], mine, handler, handler.token_end)
        inner.event = self.listener(b, "h" + b.id, scope, inner, fire)
        return self.alive_after(inner, lambda: None)

    def run_bnd(self, b, scope, box, done):
        inner = Box(box, lambda: (inner.settle_edge(), done()))

        def fire(payload):
            self.fired(b, inner.edge)
            if b.flag:
                inner.cancel()
            if not b.flag:
                box.tokens += 1
            if self.alive_after(box, lambda: scope.merge(payload)):
                self.run(b.parts[1], scope, box, done if b.flag else box.token_end)
        inner.edge = self.listener(b, b.id, scope, box, fire)
        if self.alive_after(inner, lambda: None):
            self.run(b.parts[0], scope, inner, inner.token_end)

    def run_evg(self, b, scope, box, done):
        def fire(payload):
            for wait in waits:
                wait.remove()
            if self.alive_after(box, lambda: scope.merge(payload)):
                self.run(b.parts[0], scope, box, done)
        waits = [Wait("message", "m" + b.id, scope, box, fire), Wait("timer", "t" + b.id, scope, box, fire, self.now + DAY), Wait("signal", "c" + b.id, scope, box, fire)]

    # -- several times ---------------------------------------------------------------------------------------------------------
    def each(self, b, scope, around, begin):
        """Multi-instance: ``begin(index, item, next)``; ``around`` is finished when enough of them are."""
        items, finished, over = scope.all()["ps"], [], []

        def one(index):
            finished.append(index)
            if over:
                return
            if b.flag2 or len(finished) == len(items):
                over.append(index)
                around.finish()
            elif b.flag:
                begin(len(finished), items[len(finished)], one)
        for index, item in list(enumerate(items))[:1 if b.flag else None]:
            if not over:  # an instance that waits for nothing may have been enough
                begin(index, item, one)

    def run_mi(self, b, scope, box, done):
        name = "rs" + b.id
        body = Vars({name: [None] * len(scope.all()["ps"])}, scope)

        def finish():
            scope.merge({name: body.own[name]})
            done()
        around = Box(box, finish)

        def begin(index, item, after):
            local = Vars({"loopCounter": index + 1, "p" + b.id: item, "r": None}, body)

            def fire(payload):
                wait.remove()
                if self.alive_after(around, lambda: local.merge(payload)):
                    body.own[name] = [*body.own[name][:index], local.own["r"], *body.own[name][index + 1:]]
                    after(index)
            wait = Wait("user", b.id, local, around, fire)
        self.each(b, scope, around, begin)

    def run_mis(self, b, scope, box, done):
        around = Box(box, done)

        def begin(index, item, after):
            local = Vars({"loopCounter": index + 1, "p" + b.id: item}, scope)
            inner = Box(around, lambda: after(index))
            self.run(b.parts[0], local, inner, inner.token_end)
        self.each(b, scope, around, begin)

    def run_sloop(self, b, scope, box, done):
        def turn(number):
            inner_scope = Vars({"loopCounter": number}, scope)
            part = b.parts[0]

            def ended():
                last = b.flag2 and number == 2
                if not last and seen().get("again") is True:
                    turn(number + 1)
                else:
                    done()
            if part.kind in ("user", "job"):
                local = Vars({"loopCounter": number}, scope)
                for target, source in part.inputs.items():
                    write(local.own, target, local.value(source))

                def seen():
                    return local.all()

                def fire(payload):
                    wait.remove()
                    if self.alive_after(box, lambda: local.give(part.outputs, payload, local) if part.outputs else local.merge(payload)):
                        ended()
                wait = Wait(part.kind, part.id, local, box, fire, fail=(lambda payload: self.throw("error", box, payload)) if part.kind == "job" and part.flag else None)
            else:
                def seen():
                    return inner_scope.all()
                inner = Box(box, ended)
                self.run(part, inner_scope, inner, inner.token_end)
        if b.flag and scope.all().get("again") is not True:
            box.settle_edge()
            done()
        else:
            turn(1)

    # -- calls -----------------------------------------------------------------------------------------------------------------
    def run_call(self, b, scope, box, done):
        local = scope.inner(b.inputs)
        root = Vars(dict(local.all() if b.flag2 else local.own))

        def finished():
            def give():
                if b.outputs:
                    local.give(b.outputs, root.own, scope)
                elif b.flag3:
                    local.merge(root.own)
            box.settle_edge()
            if self.alive_after(box, give):
                done()
        self.process(b.parts[0], root, Box(box, finished))
