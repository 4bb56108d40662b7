"""The end of a family whose stored state cannot be read: by its rows alone, as the operator's last resort.

The engine cannot say what is open in such an instance; the tables can. Nothing of the model runs, as with every cancelling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from engine import state as codec
from engine.errors import StateDamaged, UnknownStateFormat
from services.db.stapel import adapt
from services.errors import StateUnreadable
from services.prozess import vermerk
from services.prozess.ablehnung import unreadable
from services.prozess.store import COLUMNS, InstanceRow

if TYPE_CHECKING:
    from services.unit_of_work import UnitOfWork

GRUND = "Soll der Vorgang trotzdem beendet werden, dann auf der Seite „Laufende Modelle“ und mit einem Grund."
FAMILY = text(f"select {COLUMNS} from process_instance where root_key = :r and status in ('ACTIVE', 'SUSPENDED') order by key for update")  # noqa: S608  our own words
END_INSTANCE = text("update process_instance set status = 'TERMINATED', state = null, rev = rev + 1, ended = :now, variables = :v where key = :k")
END_THINGS = tuple(text(statement) for statement in (
    ("with ended as (update user_task set status = 'CANCELED', ended = :now where instance_key = any(:i) and status = 'CREATED' returning key) "
     "delete from entwurf where task_key in (select key from ended)"),
    "update timer set status = 2, ended = :now where instance_key = any(:i) and status = 0",
    "delete from message_subscription where instance_key = any(:i)",
    "update job set status = 'CANCELED', ended = :now where instance_key = any(:i) and status in ('CREATED', 'FAILED', 'INCIDENT')",
    "update incident set status = 'RESOLVED', ended = :now where instance_key = any(:i) and status = 'ACTIVE'",
    # What was entered and did not end; under the name that it had last.
    ("insert into element_log (mandant, instance_key, process_id, element_id, task_id, what, at) "
     "select mandant, instance_key, process_id, (array_agg(element_id order by id desc))[1], task_id, 'terminated', :now from element_log "
     "where instance_key = any(:i) group by mandant, instance_key, process_id, task_id having not bool_or(what in ('completed', 'terminated'))")))


def beenden(uow: UnitOfWork, root: InstanceRow, error: StateUnreadable, reason: str | None) -> None:
    """End a family that is locked at its root. What can be read of the variables is kept.

    Args:
        uow: of the operator, whose right was asked.
        root: the locked root.
        error: what the engine's way of cancelling ended in; raised again for a state of a newer release, which is sound.
        reason: why. Without one the refusal says where to give it.
    """
    if error.newer_release:
        raise error
    if not (reason or "").strip():
        raise StateUnreadable(f"{error.detail} {GRUND}", instance=error.instance) from error
    family = [InstanceRow(**row) for row in uow.session.execute(FAMILY, {"r": root.key}).mappings()]
    for row in family:
        uow.session.execute(END_INSTANCE, {"k": row.key, "v": adapt(variables_of(row)), "now": uow.now})
    for statement in END_THINGS:
        uow.session.execute(statement, {"i": [row.key for row in family], "now": uow.now})
    vermerk.eingriff(uow, root, "wurde von Hand beendet, weil sein gespeicherter Zustand beschädigt war", reason)
    uow.audit("process_instance.cancel", f"process_instance:{root.key}", chain=f"pi:{root.key}", reason=reason,
              detail={"unreadable": error.instance, "ended": [row.key for row in family]})


def variables_of(row: InstanceRow) -> dict[str, Any]:
    """The variables of the process, or none where they cannot be read. Raises StateUnreadable for a state of a newer release."""
    try:
        found = codec.unpack(row.state or b"").get("vars")
    except StateDamaged:
        found = None
    except UnknownStateFormat as error:
        raise unreadable(error, row.key) from error
    return found if isinstance(found, dict) else {}
