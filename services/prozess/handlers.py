"""Built-in service tasks: functions registered under their job type that run inside the command's transaction.

They write to our own database only; whatever leaves it (mail, calendar) they defer as a row of the same commit (decision D9).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.context import Actor
    from services.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Auftrag:
    """One built-in job: where it runs and what it was given. ``variables`` are those the service task sees."""

    uow: UnitOfWork
    type: str
    instance_key: int
    root_key: int
    business_id: str | None
    element_id: str
    variables: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def actor(self) -> Actor:
        """Who set the command off."""
        return self.uow.actor


Handler = Callable[[Auftrag], Mapping[str, Any] | None]
Handlers = Mapping[str, Handler]
