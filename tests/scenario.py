"""Drives the real models along a scenario file; docs/szenarien.md explains the format.

Real: models, FEEL, DMN, forms (what may be entered), profile, calendar, storing and loading of the state after every command.
Doubles: the built-in jobs, called processes that are not named ``echt``, the clock.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine import runtime, timers
from engine.calendar import Calendar, from_wall_clock
from engine.clock import BERLIN, FixedClock
from engine.expressions import Expressions
from engine.family import Family
from engine.step import KINDS
from processes.angaben import lies_yaml
from services.fall import fakten
from tests import scenario_forms
from tests.scenario_jobs import Jobs
from tests.scenario_library import STUB_JOB, Store, decisions, form, load_profile

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_DAY = dt.date(2026, 3, 2)
MORNING = dt.time(8, 0)
FALL = {
    "aktenzeichen": "KIM-2026-0001",
    "kommune": "beispiel",
    "phase": "zugang",
    "verantwortlich": "fallmanagerin",
    "verantwortliche_organisation": "kim_stelle",
    "federfuehrende_organisation": "kim_stelle",
    "rechtskreise": ["asylblg"],
    "anzahl_personen": 1,
    "alter": 30,
    "aufenthalt": "asylverfahren",
    "bezieht_sgb2": False,
    "personen": [{"id": "p1", "alter": 30, "hauptperson": True}],
}
STEPS = {
    "aufgabe": {"mit", "nummer"},
    "zeit": set(),
    "zeit_bis": set(),
    "nachricht": {"schluessel", "mit"},
    "signal": {"mit"},
    "auftrag": {"ergebnis", "fehler"},
    "ruft": {"liefert", "fehler", "nummer", "prozess"},
    "fall": set(),
    "erwartet": set(),
}


@dataclass
class Coverage:
    """What a scenario reached, by process: elements, sequence flows (left and entered within one command) and DMN rules."""

    elements: dict[str, set[str]] = field(default_factory=dict)
    flows: dict[str, set[str]] = field(default_factory=dict)
    rules: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def add(self, other: Coverage) -> None:
        """Unite."""
        for mine, theirs in ((self.elements, other.elements), (self.flows, other.flows), (self.rules, other.rules)):
            for process, found in theirs.items():
                mine.setdefault(process, set()).update(found)


class Scenario:
    """One case on one scenario file, or driven by hand with the same methods.

    Args:
        document: The parsed file; only ``prozess`` is needed to drive it by hand.
    """

    def __init__(self, document: dict) -> None:
        unknown = set(document) - {"titel", "prozess", "profil", "echt", "start", "schritte", "erwartet"}
        assert not unknown, f"unknown entries {sorted(unknown)}"
        self.document, self.process = document, document["prozess"]
        start = document.get("start") or {}
        assert set(start) <= {"am", "variablen", "fall"}, f"unknown entries in start: {sorted(start)}"
        self.clock = FixedClock(moment(start.get("am", DEFAULT_DAY)))
        self.profile = load_profile(document.get("profil", "beispiel"))
        self.fall = FALL | {"personen": [dict(p) for p in FALL["personen"]]}
        self.common, self.own = list(FALL["rechtskreise"]), {}
        self.change_fall(start.get("fall") or {})
        self.calendar = Calendar(self.profile.land, frozenset(self.profile.schliesstage))
        self.jobs = Jobs(self.fall, self.move_people)
        self.real, self.once = document.get("echt") or [], []
        self.store = Store(self.clock, self.expressions, self.is_real)
        self.family = Family(self.store, self.expressions, self.clock.now)
        self.open: dict[str, dict] = {kind: {} for kind in KINDS}
        self.coverage, self.ends = Coverage(), []
        self.variables = {"aktenzeichen": self.fall["aktenzeichen"], **plain(start.get("variablen") or {})}
        self.key = ""
        self.expected_incident = None

    @classmethod
    def from_file(cls, path: Path) -> Scenario:
        """Read a file."""
        document = lies_yaml(path.read_text("utf-8"))
        assert document.get("titel"), "a scenario has a title"
        return cls(document)

    def run(self) -> Coverage:
        """Start, take all steps, compare."""
        steps = list(self.document.get("schritte") or [])
        while steps and next(iter(steps[0])) in {"auftrag", "ruft"} and steps[0].get("ruft") in {None, "weiter"}:
            self.take(steps.pop(0))
        self.start()
        for number, step in enumerate(steps, 1):
            try:
                self.take(step)
            except AssertionError as exc:
                raise AssertionError(f"step {number} {step}: {exc}") from exc
        self.expect(self.document.get("erwartet") or {})
        left = {kind: answers for kind, answers in self.jobs.announced.items() if answers}
        assert not left, f"announced answers that nobody fetched: {left}"
        assert not self.once, f"announced calls that never came: {self.once}"
        return self.coverage

    # -- ports of the engine ---------------------------------------------------------------------------------------------------
    def expressions(self, _key: str) -> Expressions:
        facts = {"fall": lambda: dict(self.fall), "profil": self.profile.as_facts}
        return Expressions(facts, self.frist, self.calendar, self.clock, self.decide)

    def frist(self, name: str):
        try:
            return self.profile.frist(name)
        except Exception as exc:
            raise LookupError(str(exc)) from exc

    def decide(self, decision_id, view, *_bound):
        assert decision_id in decisions(), f"there is no decision {decision_id}"
        process, table = decisions()[decision_id]
        found = table.evaluate(decision_id, view)
        # Null of a table that takes null for an answer is not a fault; a note about what went wrong is.
        for rule in (rule for one in (found, *found.evaluated.values()) for rule in one.matched_rules):
            self.coverage.rules.setdefault(process, set()).add((rule.table, rule.id or str(rule.index)))
        return found.value

    def is_real(self, process: str) -> bool:
        if not self.store.parents or self.real == "alle" or process in self.real:
            return True
        if process in self.once:
            self.once.remove(process)
            return True
        return False

    # -- steps -----------------------------------------------------------------------------------------------------------------
    def take(self, step: dict) -> None:
        """One step of the file."""
        kind = next((name for name in STEPS if name in step), None)
        assert kind is not None, f"unknown step {step}"
        assert set(step) <= {kind} | STEPS[kind], f"unknown entries in step {step}"
        if kind == "aufgabe":
            self.complete(step["aufgabe"], plain(step.get("mit") or {}), step.get("nummer", 1))
        elif kind == "zeit":
            self.advance(timers.parse_timer("duration", step["zeit"], self.clock.now()).due)
        elif kind == "zeit_bis":
            self.advance(moment(step["zeit_bis"]))
        elif kind == "nachricht":
            self.message(step["nachricht"], plain(step.get("schluessel", self.fall["aktenzeichen"])), plain(step.get("mit") or {}))
        elif kind == "signal":
            self.signal(step["signal"], plain(step.get("mit") or {}))
        elif kind == "auftrag":
            self.jobs.announced.setdefault(step["auftrag"], []).append({k: plain(v) for k, v in step.items() if k != "auftrag"})
        elif kind == "ruft" and step["ruft"] == "weiter":
            self.once.append(step["prozess"])
        elif kind == "ruft":
            self.answer_call(step["ruft"], plain(step.get("liefert") or {}), step.get("fehler"), step.get("nummer", 1))
        elif kind == "fall":
            self.change_fall(step["fall"])
        else:
            self.expect(step["erwartet"])

    def start(self) -> None:
        self.key = self.family.start(self.process, self.variables)
        self.settle()

    def complete(self, element: str, answers: dict, number: int = 1) -> None:
        """A person completes the ``number``-th open task of this element."""
        found = [(k, t) for k, t in self.open["user_tasks"].items() if t.element == element]
        assert len(found) >= number, f"{element} is not open; open is {self.waiting()}"
        (instance, task), opened = found[number - 1]
        process = self.store.of[instance].process_id
        assert opened.form_id == f"{process}.{element}", f"{element} has the form {opened.form_id}"
        visible = dict(runtime.variables_of(self.store.get(instance), task))
        facts = {"fall": self.fall, "profil": self.profile.as_facts()}
        self.command(instance, "complete", task, scenario_forms.variables_of(form(opened.form_id), answers, visible, facts))

    def advance(self, until: dt.datetime) -> None:
        """Time passes; every timer on the way fires at its own time."""
        assert until >= self.clock.now(), f"{until} has passed"
        while due := [(t.due, k) for k, t in self.open["timers"].items() if t.due <= until]:
            at, (instance, task) = min(due)
            self.clock.set(max(at, self.clock.now()))
            self.command(instance, "tick", task)
        self.clock.set(until)

    def message(self, name: str, key: object, variables: dict) -> None:
        hits = self.subscribers("message", name, str(key))
        assert hits, f"nobody waits for the message {name} with the key {key}"
        self.deliver(hits, variables)

    def subscribers(self, kind: str, name: str, key: str | None) -> list[tuple[str, str]]:
        return [k for k, s in self.open["subscriptions"].items() if (s.kind, s.name, s.correlation_key) == (kind, name, key)]

    def deliver(self, hits: list[tuple[str, str]], variables: dict) -> None:
        """Once per process, as a message is."""
        served = set()
        for instance, task in hits:
            process = self.store.of[instance].process_id
            if process not in served and (instance, task) in self.open["subscriptions"]:
                served.add(process)
                self.command(instance, "correlate", task, variables)

    def signal(self, name: str, variables: dict) -> None:
        hits = {instance for (instance, _), s in self.open["subscriptions"].items() if (s.kind, s.name) == ("signal", name)}
        assert hits, f"nobody waits for the signal {name}"
        for instance in sorted(hits):
            if instance in self.store.states:
                self.command(instance, "signal", name, variables)

    def answer_call(self, process: str, variables: dict, error: str | None, number: int) -> None:
        """A called process that does not really run ends, with variables or with an error."""
        stubs = [k for k, j in self.open["jobs"].items() if j.type == STUB_JOB and self.store.of[k[0]].process_id == process]
        assert len(stubs) >= number, f"{process} is not called; open is {self.waiting()}"
        instance, task = stubs[number - 1]
        if error is not None:
            self.command(instance, "job_failed", task, error_code=error)
        else:
            self.command(instance, "job_done", task, variables)

    def change_fall(self, changes: dict) -> None:
        changes = plain(changes)
        unknown = set(changes) - set(FALL)
        assert not unknown, f"fall has no {sorted(unknown)}"
        self.fall.update(changes)
        if "personen" in changes:
            main = [p["alter"] for p in changes["personen"] if p.get("hauptperson")]
            self.fall["anzahl_personen"] = changes.get("anzahl_personen", len(changes["personen"]))
            self.fall["alter"] = changes.get("alter", main[0] if main else None)
            self.own = {p["id"]: p["rechtskreise"] for p in changes["personen"] if "rechtskreise" in p}
        self.common = changes.get("rechtskreise", self.common)
        self.derive()
        if "bezieht_sgb2" not in changes and ("rechtskreise" in changes or any("rechtskreise" in p for p in changes.get("personen", ()))):
            self.fall["bezieht_sgb2"] = "sgb2" in self.fall["rechtskreise"]

    def derive(self) -> None:
        """Rechtskreise of each person (own, else those of everybody) and of the case as their union, as the service derives them."""
        people = [{**p, "rechtskreise": list(self.own.get(p["id"], self.common))} for p in self.fall["personen"]]
        found = {r for p in people for r in p["rechtskreise"]} if people else set(self.common)
        self.fall["personen"] = people
        self.fall["rechtskreise"] = [r for r in fakten.RECHTSKREISE if r in found]

    def move_people(self, personen: list[str], rechtskreise: list[str]) -> None:
        """What ``fall.rechtskreis_wechseln`` does to the facts."""
        unknown = set(personen) - {p["id"] for p in self.fall["personen"]}
        assert personen, "nobody changes"
        assert not unknown, f"there is no person {sorted(unknown)}"
        self.own.update(dict.fromkeys(personen, rechtskreise))
        self.derive()
        self.fall["bezieht_sgb2"] = "sgb2" in self.fall["rechtskreise"]

    # -- the engine ------------------------------------------------------------------------------------------------------------
    def command(self, instance: str, name: str, *args, **more) -> None:
        self.family.run(instance, name, *args, **more)
        self.settle()

    def settle(self) -> None:
        """Apply the last steps, then answer jobs and deliver thrown messages until nothing automatic is left."""
        thrown = self.apply()
        while True:
            ready = [k for k, j in self.open["jobs"].items() if j.type != STUB_JOB]
            if ready:
                self.do_job(*ready[0])
                thrown += self.apply()
            elif thrown:
                message = thrown.pop(0)
                hits = self.subscribers("message", message.name, message.correlation_key)
                for instance, task in hits[:1]:
                    self.family.run(instance, "correlate", task, dict(message.variables))
                    thrown += self.apply()
            else:
                break
        stuck = {i.element: i.message for i in self.open["incidents"].values() if i.element != self.expected_incident}
        if stuck and not self.waits_for_incident(stuck):
            raise AssertionError(f"incident: {stuck}")

    def waits_for_incident(self, stuck: dict) -> bool:
        """Whether the file names the incident."""
        named = [self.document.get("erwartet") or {}] + [s["erwartet"] for s in self.document.get("schritte") or [] if "erwartet" in s]
        return set(stuck) <= {e.get("stoerung") for e in named}

    def do_job(self, instance: str, task: str) -> None:
        job = self.open["jobs"][instance, task]
        declared = {target for target, _ in self.store.of[instance].elements[job.element].ext.inputs}
        result, error = self.jobs.take(job, declared)
        if error is not None:
            self.family.run(instance, "job_failed", task, error_code=error)
        else:
            self.family.run(instance, "job_done", task, result)

    def apply(self) -> list:
        """The lists a service keeps in tables, from the steps alone; returns what was thrown."""
        thrown = []
        for step in self.family.steps:
            for kind in KINDS:
                delta = getattr(step, kind)
                for task in delta.closed:
                    self.open[kind].pop((step.instance, task), None)
                for task, opened in delta.opened.items():
                    self.open[kind][step.instance, task] = opened
            thrown += step.messages
            self.note(step)
        return thrown

    def note(self, step) -> None:
        """Coverage and end events."""
        definition = self.store.of[step.instance]
        if definition.key.endswith(":stub"):
            return
        reached = self.coverage.elements.setdefault(definition.process_id, set())
        left = set()
        for event in step.events:
            if event.what == "completed":
                left.add(event.element)
                reached.add(event.element)
                facts = definition.elements.get(event.element)
                if facts is not None and facts.type == "endEvent" and step.instance == self.key:
                    self.ends.append(event.element)
            elif event.what == "entered":
                reached.add(event.element)
                pairs = {f"{source}->{event.element}" for source in left}
                self.coverage.flows.setdefault(definition.process_id, set()).update(pairs)

    # -- expectations ----------------------------------------------------------------------------------------------------------
    def waiting(self) -> list[str]:
        """Element ids of open tasks and unanswered calls."""
        tasks = [t.element for t in self.open["user_tasks"].values()]
        calls = []
        for key, job in self.open["jobs"].items():
            if job.type == STUB_JOB:
                caller, task = self.store.parents[key[0]]
                calls.append(self.open["calls"][caller, task].element)
        return sorted(tasks + calls)

    def expect(self, expected: dict) -> None:
        """Compare with an ``erwartet`` entry."""
        checks = {
            "offen": self.expect_open, "beendet": self.expect_end, "variablen": self.expect_variables, "faellig": self.expect_due,
            "zustaendig": self.expect_assigned, "termine": self.expect_timers, "auftraege": self.expect_jobs, "stoerung": self.expect_incident,
        }
        unknown = set(expected) - set(checks)
        assert not unknown, f"unknown expectations {sorted(unknown)}"
        for name, value in expected.items():
            checks[name](plain(value))

    def expect_open(self, wanted: list[str]) -> None:
        assert self.waiting() == sorted(wanted), f"open is {self.waiting()}"

    def expect_end(self, wanted: str) -> None:
        assert self.key in self.store.ended, f"still running, open is {self.waiting()}"
        assert self.ends[-1:] == [wanted], f"ended at {self.ends[-1:]}"

    def expect_variables(self, wanted: dict) -> None:
        if self.key in self.store.ended:
            found = self.store.ended[self.key]
        else:
            found = self.store.get(self.key).data
        for name, value in wanted.items():
            assert found.get(name) == value, f"{name} is {found.get(name)!r}, not {value!r}"

    def task(self, element: str):
        found = [t for t in self.open["user_tasks"].values() if t.element == element]
        assert found, f"{element} is not open; open is {self.waiting()}"
        return found[0]

    def expect_due(self, wanted: dict) -> None:
        for element, day in wanted.items():
            due = self.task(element).due
            found = None if due is None else due.astimezone(BERLIN).date().isoformat()
            assert found == day, f"{element} is due {found}"

    def expect_assigned(self, wanted: dict) -> None:
        for element, name in wanted.items():
            task = self.task(element)
            found = {task.assignee, *task.candidate_groups, *task.candidate_users}
            assert name in found, f"{element} belongs to {sorted(map(str, found))}"

    def expect_timers(self, wanted: dict) -> None:
        for element, day in wanted.items():
            found = sorted(t.due.astimezone(BERLIN).date().isoformat() for t in self.open["timers"].values() if t.element == element)
            assert found[:1] == [day], f"{element} is due {found}"

    def expect_jobs(self, wanted: list) -> None:
        """In this order; others may lie between."""
        done = iter(self.jobs.done)
        for item in wanted:
            kind, inputs = next(iter(item.items())) if isinstance(item, dict) else (item, {})
            hit = any(d == kind and all(seen.get(k) == v for k, v in inputs.items()) for d, seen in done)
            assert hit, f"no job {item} in this place; there were {self.jobs.done}"

    def expect_incident(self, wanted: str) -> None:
        found = {i.element: i.message for i in self.open["incidents"].values()}
        assert wanted in found, f"no incident at {wanted}, but at {found}"
        self.expected_incident = wanted


def moment(value: object) -> dt.datetime:
    """A date is its morning in Europe/Berlin; a text is ISO 8601; a time without zone is one of Europe/Berlin."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value) if "T" in value else dt.date.fromisoformat(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC) if value.tzinfo else from_wall_clock(value)
    return from_wall_clock(dt.datetime.combine(value, MORNING))


def plain(value):
    """YAML dates as the texts that variables hold."""
    if isinstance(value, dict):
        return {str(plain(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value.isoformat() if isinstance(value, dt.date) else value
