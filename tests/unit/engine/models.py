"""Short functions that write BPMN for the tests, and a driver on top of ``memory.Engine``."""

from __future__ import annotations

import itertools
import json

from engine import runtime
from engine.limits import DEFAULT_LIMITS
from tests.unit.engine.memory import Engine
from tests.unit.engine.stub import TableExpressions

HEAD = ('<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="x">'
        '<bpmn:message id="M" name="m"><bpmn:extensionElements><zeebe:subscription correlationKey="= fall"/></bpmn:extensionElements></bpmn:message>'
        '<bpmn:signal id="SIG" name="sig"/><bpmn:error id="E" errorCode="E1"/><bpmn:error id="E2" errorCode="E2"/>'
        '<bpmn:escalation id="X" escalationCode="X1"/>')
_numbers = itertools.count()


def ext(inner):
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def el(tag, id, inner="", **attributes):
    return f'<bpmn:{tag} id="{id}"' + "".join(f' {k}="{v}"' for k, v in attributes.items()) + f">{inner}</bpmn:{tag}>"


def flow(a, b, condition=None, id=None):
    inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return el("sequenceFlow", id or f"F{next(_numbers)}", inner, sourceRef=a, targetRef=b)


def chain(*ids):
    return "".join(flow(a, b) for a, b in itertools.pairwise(ids))


def user(id, inner=""):
    return el("userTask", id, inner)


def io(inputs=None, outputs=None):
    rows = [f'<zeebe:input source="{s}" target="{t}"/>' for t, s in (inputs or {}).items()]
    return "<zeebe:ioMapping>" + "".join(rows + [f'<zeebe:output source="{s}" target="{t}"/>' for t, s in (outputs or {}).items()]) + "</zeebe:ioMapping>"


def service(id, inner=""):
    return el("serviceTask", id, ext('<zeebe:taskDefinition type="j"/>' + inner))


def call(id, process, mapping="", loop="", **attributes):
    more = "".join(f' {k}="{v}"' for k, v in attributes.items())
    return el("callActivity", id, ext(f'<zeebe:calledElement processId="{process}"{more}/>{mapping}') + loop)


def definition(kind, **attributes):
    return f"<bpmn:{kind}EventDefinition " + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>"


def timer(form, text):
    return f"<bpmn:timerEventDefinition><bpmn:time{form}>{text}</bpmn:time{form}></bpmn:timerEventDefinition>"


def multi(sequential="false", items="= ps", until=None, **attributes):
    z = ext(f'<zeebe:loopCharacteristics inputCollection="{items}" ' + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>")
    stop = f"<bpmn:completionCondition>{until}</bpmn:completionCondition>" if until else ""
    return f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}">{z}{stop}</bpmn:multiInstanceLoopCharacteristics>'


MSG, SIG, ESC = definition("message", messageRef="M"), definition("signal", signalRef="SIG"), definition("escalation", escalationRef="X")
ERR, ERR2, TERM = definition("error", errorRef="E"), definition("error", errorRef="E2"), "<bpmn:terminateEventDefinition/>"
COND = "<bpmn:conditionalEventDefinition><bpmn:condition>= rot</bpmn:condition></bpmn:conditionalEventDefinition>"


def start(id="s", inner=""):
    return el("startEvent", id, inner)


def end(id="e", inner=""):
    return el("endEvent", id, inner)


def sub(id, *body, inner=""):
    return el("subProcess", id, inner + "".join(body))


def boundary(id, host, trigger, cancels="true", inner=""):
    return el("boundaryEvent", id, inner + trigger, attachedToRef=host, cancelActivity=cancels)


def event_sub(trigger, interrupting, body, id="ES", first="h", inner="", start_inner=""):
    return el("subProcess", id, inner + el("startEvent", id + "s", start_inner + trigger, isInterrupting=interrupting) + body + end(id + "e")
              + chain(id + "s", first, id + "e"), triggeredByEvent="true")


def doc(*body, process="p"):
    return (HEAD + el("process", process, "".join(body), isExecutable="true") + "</bpmn:definitions>").encode()


class Case:
    """Drives one family of instances by element ids, through the lists an ``Engine`` keeps from the steps."""

    def __init__(self, xml, *, cold=True, table=None, decisions=None, called=None, facts=None, begin=True, limits=DEFAULT_LIMITS, **variables):
        self.engine = Engine(TableExpressions(table, decisions, facts), cold, limits)
        self.definition = self.engine.deploy("p", xml)
        for process, other in (called or {}).items():
            self.engine.deploy(process, other)
        self.key = self.engine.start("p", **variables) if begin else ""

    def open(self, kind="user_tasks"):
        return sorted(d.element for d in self.engine.open[kind].values())

    def at(self, element, kind="user_tasks", index=0):
        return [k for k, d in self.engine.open[kind].items() if d.element == element][index]

    def do(self, element, /, _index=0, **variables):
        key, task = self.at(element, index=_index)
        self.engine.run(key, "complete", task, variables)
        return self

    def job(self, element, /, **variables):
        key, task = self.at(element, "jobs")
        self.engine.run(key, "job_done", task, variables)

    def fail(self, element, *args, **kw):
        key, task = self.at(element, "jobs")
        self.engine.run(key, "job_failed", task, *args, **kw)

    def send(self, key=1, **payload):
        """To every open subscription, as the message service would."""
        hits = [k for k, d in self.engine.open["subscriptions"].items() if d.kind == "message" and d.correlation_key in (None, str(key))]
        for instance, task in hits:
            if (instance, task) in self.engine.open["subscriptions"]:
                self.engine.run(instance, "correlate", task, payload)
        return len(hits)

    def signal(self, **payload):
        for instance in self.alive():
            if instance not in self.engine.store.ended:  # the instance before may have cancelled it
                self.engine.run(instance, "signal", "sig", payload)

    def wait(self, days, seconds=1):
        self.engine.clock.advance(days=days, seconds=seconds)
        for instance in {k for (k, _), d in self.engine.open["timers"].items() if d.due <= self.engine.clock.now()}:
            self.engine.run(instance, "tick")

    def retry(self, element):
        key, task = self.at(element, "incidents")
        self.engine.run(key, "retry", task)

    def incident(self, element):
        return self.engine.open["incidents"][self.at(element, "incidents")]

    def sees(self, element, kind="user_tasks", index=0):
        key, task = self.at(element, kind, index)
        return runtime.variables_of(self.engine.store.get(key), task)

    def alive(self):
        return [k for k in self.engine.store.parents if k not in self.engine.store.ended]

    @property
    def ended(self):
        return self.engine.store.ended.get(self.key, (None,))[0]

    @property
    def done(self):
        assert not self.ended or not any(self.engine.open.values()), self.engine.open
        return self.ended == "completed"

    @property
    def data(self):
        return self.engine.variables(self.key)


def wiring(definition):
    return json.dumps({k: {n: (x._inputs, x._outputs) for n, x in p.task_specs.items()} for k, p in definition.specs.items()})
