"""Moving a running instance to another version of its process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine import runtime
from services.errors import Conflict
from services.prozess import rechte
from services.prozess.command import Command
from services.prozess.definitions import find_process
from services.prozess.instances import running
from services.prozess.rechte import Recht
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.bootstrap import App
    from services.context import Actor

# What goes on waiting keeps its row; only the names of the new version are written into it.
RENAMED = {
    "job": "definition_key = :d, version = :v, ", "timer": "definition_key = :d, ", "message_subscription": "definition_key = :d, ",
    "incident": "definition_key = :d, "}
OPEN = {"job": "status in ('CREATED', 'FAILED', 'INCIDENT')", "timer": "status = 0", "message_subscription": "true", "incident": "status = 'ACTIVE'"}


def migrate(app: App, actor: Actor, *, key: int, definition_key: int, mapping: Mapping[str, str] | None = None, reason: str | None = None) -> None:
    """Move an instance to another version; ``mapping`` renames elements (old id to new id), others keep their id.

    Raises NotFound, NotPermitted, Conflict with the first problem that forbids it: then nothing has changed.
    """
    def work(uow: UnitOfWork) -> None:
        rechte.require(actor, Recht.OPERATE)
        command = Command(uow)
        row = running(command.store.lock_instance(key))
        command.begin(row)
        target = find_process(uow.session, key=definition_key)
        if target.process_id != row.process_id:
            raise Conflict(f"Umziehen kann ein Vorgang nur zu einer anderen Fassung von „{row.process_id}“, nicht zu „{target.process_id}“.")
        if target.key == row.definition_key:
            raise Conflict("Der Vorgang läuft schon in dieser Fassung.")
        assert row.state is not None
        library = uow.app.library
        instance, step = runtime.migrate(row.state, library.process(uow.session, row.definition_key), library.process(uow.session, target.key),
                                         dict(mapping or {}), command.store.evaluator_of(key), uow.now)
        if instance is None:
            raise Conflict("Der Vorgang kann nicht umziehen: " + " ".join(step.problems[:5]))
        row.definition_key, row.version = target.key, target.version
        command.store.live[key] = instance
        command.changes.add(command.family.adopt(instance, step))
        command.serve()
        rename(uow, key, target.key, target.version, mapping or {})
        command.finish("process_instance.migrate", f"process_instance:{key}", reason=reason,
                       detail={"definition": target.key, "version": target.version, "mapping": dict(mapping or {})})
    transact(app, actor, work)


def rename(uow: UnitOfWork, instance: int, definition: int, version: int, mapping: Mapping[str, str]) -> None:
    """Write the new version and the new element ids into the rows of what goes on waiting."""
    for table, columns in RENAMED.items():
        uow.session.execute(text(
            f"update {table} set {columns}element_id = coalesce(cast(:m as jsonb) ->> element_id, element_id) "  # noqa: S608  our own words
            f"where instance_key = :i and {OPEN[table]}"), {"d": definition, "m": json.dumps(dict(mapping)), "i": instance}
            | ({"v": version} if ":v" in columns else {}))
