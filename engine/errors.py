"""Refusals and failures of the engine. One base class; facts travel as attributes.

An exception that leaves a command means: nothing has changed. What goes wrong *inside* a running element never leaves it;
it becomes an incident on that element (see ``engine.specs.base``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.findings import Finding


class EngineError(Exception):
    """Base of everything the engine raises on purpose."""


class Rejected(EngineError):
    """The command does not fit the state of the instance: gone, not waiting, of another kind, or its input is too large."""


class TaskNotOpen(Rejected):
    """Nothing of this kind is open under this key (any more).

    Attributes:
        task: key of the task asked for.
        kind: field of ``Step`` in which it would have been listed, such as ``user_tasks``.
    """

    def __init__(self, task: str, kind: str) -> None:
        super().__init__(f"task {task} is not open ({kind})")
        self.task, self.kind = task, kind


class InstanceNotRunning(Rejected):
    """The instance has ended or never existed."""

    def __init__(self, key: str) -> None:
        super().__init__(f"instance {key} is not running")
        self.key = key


class IllegalMove(Rejected):
    """A status would move along a way that ``engine.lifecycle`` does not know."""

    def __init__(self, kind: str, old: str, new: str) -> None:
        super().__init__(f"{kind} cannot move from {old} to {new}")
        self.kind, self.old, self.new = kind, old, new


class InvalidDefinition(EngineError):
    """A model that cannot be read or does not run.

    Attributes:
        findings: what, where and why; empty if the reason is all there is to say.
    """

    def __init__(self, problem: str | Sequence[Finding]) -> None:
        self.findings: tuple[Finding, ...] = () if isinstance(problem, str) else tuple(problem)
        listed = "; ".join(f"{f.code} at {f.element_id or '-'} (line {f.line})" for f in self.findings)
        super().__init__(problem if isinstance(problem, str) else listed)


class BudgetExceeded(EngineError):
    """An element or a command wants more than ``engine.limits`` allows. Inside an element: an incident there."""


class BpmnError(EngineError):
    """Foreseen by the procedure: a job handler raises it, a boundary event or event sub-process takes it."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code, self.message = code, message


class UnhandledError(EngineError):
    """A BPMN error that nobody catches, neither here nor in a calling instance."""

    def __init__(self, code: str | None) -> None:
        super().__init__(f"Der BPMN-Fehler „{code or 'ohne Kennung'}“ wird von keinem Ereignis behandelt.")
        self.code = code


class NoFlowMatches(EngineError):
    """No condition holds and there is no default flow."""

    def __init__(self, element: str) -> None:
        super().__init__(f"An „{element}“ trifft keine Bedingung zu, und es gibt keinen Standardfluss.")
        self.element = element


class JobFailed(EngineError):
    """A job has no retries left."""


class CallFailed(EngineError):
    """The called process could not be started."""


class FormNotFound(EngineError):
    """The form that a user task names is not deployed, or not in the version that its binding asks for."""


class DecisionNotFound(EngineError):
    """The decision that a business rule task names is not deployed."""


class CallTooDeep(BudgetExceeded):
    """Instances call each other more deeply than ``engine.limits`` allows."""


class ExpressionError(EngineError):
    """An expression cannot be read, exceeds its budget, or its value has the wrong type for its place."""


def unsuitable(text: str, reason: str) -> ExpressionError:
    """The value of ``text`` does not fit its place; ``reason`` is a German sentence."""
    return ExpressionError(f"{reason} Ausdruck: „{text[:200]}“")


class StateDamaged(EngineError):
    """The stored state of an instance cannot be read, or does not belong to the definition."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The stored state cannot be restored: {what}")


class UnknownStateFormat(EngineError):
    """The stored state was written by a release we do not know; it is never guessed at."""

    def __init__(self, found: object) -> None:
        super().__init__(f"unknown state format {found!r}")
        self.found = found
