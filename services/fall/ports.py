"""The doors of the case side to the engine and to the outside. The composition root provides them on the ``App``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from services.bootstrap import App
    from services.context import Actor
    from services.unit_of_work import UnitOfWork


class Ports(Protocol):
    """What :class:`services.bootstrap.App` has beyond the database. Everything happens in the caller's transaction."""

    def start_process(self, uow: UnitOfWork, actor: Actor, process_id: str, variables: Mapping[str, object], business_id: str) -> int:
        """Start the latest version of a process; returns the key of the instance."""

    def publish(self, uow: UnitOfWork, name: str, key: str, variables: Mapping[str, object]) -> None:
        """Publish a message to the processes; it is buffered until somebody waits for it or its time is over."""

    def defer_mail(self, session: Session, *, mandant: str, key: str, an: str, vorlage: str, daten: Mapping[str, object]) -> None:
        """Write down a mail that is sent after the commit, once per ``key``. ``daten``: keys and dates, never personal data."""


def ports(uow: UnitOfWork | None = None, *, app: App | None = None) -> Ports:
    """The doors of the application of this unit of work."""
    found = uow.app if uow is not None else app
    return cast("Ports", found)  # the composition root adds the three to the App
