"""Refusals of the services. Facts travel as attributes; ``web/errors.py`` turns them into statuses and German pages."""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """The request cannot be carried out. Nothing was changed."""

    message_de: ClassVar[str] = "Das geht im Moment nicht. Es wurde nichts geändert."

    def __init__(self, detail: str | None = None, **facts: object) -> None:
        super().__init__(detail or self.message_de)
        self.detail = detail or self.message_de
        self.facts = facts


class NotFound(ServiceError):
    """There is no such thing, or not for this person."""

    message_de = "Das gibt es nicht, oder Sie dürfen es nicht sehen."


class NotPermitted(ServiceError):
    """The person is known but has not the right."""

    message_de = "Dafür fehlt Ihnen die Berechtigung."


class Conflict(ServiceError):
    """Somebody was faster, or the thing is in another state by now."""

    message_de = "Das hat inzwischen schon jemand anders erledigt."


class TaskNotOpen(Conflict):
    """The task was completed or cancelled before."""

    message_de = "Diese Aufgabe ist nicht mehr offen."


class Resting(Conflict):
    """The topmost instance of the family rests, and all that it called with it."""

    message_de = "Der Vorgang ruht. Er muss erst fortgesetzt werden."


class StaleVersion(Conflict):
    """A lost race; retried from a fresh read before anybody sees it."""

    message_de = "Der Vorgang wurde gleichzeitig geändert. Bitte versuchen Sie es noch einmal."


class StateUnreadable(ServiceError):
    """The stored state of an instance is damaged, or written by a release that this one does not know. Nobody but the operator can help."""

    def __init__(self, detail: str, *, instance: int, newer_release: bool = False) -> None:
        super().__init__(detail)
        self.instance = instance
        self.newer_release = newer_release  # it is sound, and waits for that release


class InvalidInput(ServiceError):
    """The input does not have the expected shape; ``errors`` maps a field path to a sentence."""

    message_de = "Bitte prüfen Sie Ihre Angaben."

    def __init__(self, detail: str | None = None, *, errors: dict[str, str] | None = None, **facts: object) -> None:
        super().__init__(detail, **facts)
        self.errors = errors or {}


class DeploymentRefused(InvalidInput):
    """A resource of a deployment does not run here; ``findings`` says which element, where and why."""

    message_de = "Das Modell kann hier nicht ausgeführt werden."

    def __init__(self, detail: str | None = None, *, findings: tuple[object, ...] = (), **facts: object) -> None:
        super().__init__(detail)
        self.facts = facts
        self.findings = findings
