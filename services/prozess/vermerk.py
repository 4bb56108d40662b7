"""Interventions of those who operate the engine stand in the time line of the case they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from services.prozess.store import InstanceRow
    from services.unit_of_work import UnitOfWork


def eingriff(uow: UnitOfWork, row: InstanceRow, was: str, reason: str | None) -> None:
    """A note for the people of the case: what was done to which process, and why. Nothing for a process without a case.

    It belongs to no organisation, so those who work in the case read it whoever intervened, and nobody outside does.
    """
    if row.business_id is None:
        return
    grund = f" Grund: {reason.strip()}" if reason and reason.strip() else ""
    uow.session.execute(text(
        "insert into zeitleiste (key, mandant, aktenzeichen, am, art, text, wer, organisation) "
        "select :k, f.mandant, f.aktenzeichen, :n, 'notiz', 'Vorgang „' || coalesce(d.name, d.process_id) || '“ ' || :t, :w, '' "
        "from fall f, process_definition d where f.mandant = :m and f.aktenzeichen = :a and d.key = :d"),
        {"k": uow.key(), "m": uow.actor.mandant, "a": row.business_id, "d": row.definition_key, "n": uow.now, "w": uow.actor.login,
         "t": f"{was}.{grund}"})
