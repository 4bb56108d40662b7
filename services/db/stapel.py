"""Statements of one command that need no answer in between: sent to the server in one go.

The driver's pipeline mode saves a round trip for each of them. They run in order and in the transaction of the session; a
failure of one fails the command, whose transaction is rolled back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection
    from sqlalchemy.orm import Session


class Stapel:
    """A batch. ``add`` collects, ``flush`` sends and tells how many rows each statement has touched."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._statements: list[tuple[str, Mapping[str, Any]]] = []

    def add(self, statement: str, parameters: Mapping[str, Any]) -> int:
        """Append a statement with ``%(name)s`` parameters; returns its place in the answer of :meth:`flush`."""
        self._statements.append((statement, parameters))
        return len(self._statements) - 1

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]], tail: str = "") -> None:
        """Append one INSERT for all rows; they have the same columns. ``tail`` follows the values (``on conflict ...``)."""
        if not rows:
            return
        columns = list(rows[0])
        values = ", ".join("(" + ", ".join(f"%({name}_{n})s" for name in columns) + ")" for n in range(len(rows)))
        parameters = {f"{name}_{n}": adapt(row[name]) for n, row in enumerate(rows) for name in columns}
        self.add(f"insert into {table} ({', '.join(columns)}) values {values} {tail}", parameters)  # noqa: S608  names are ours

    def flush(self) -> list[int]:
        """Run everything that was added; returns the number of rows of each statement. Raises psycopg's errors."""
        if not self._statements:
            return []
        raw: Connection[Any] = self._session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg's connection
        cursors = []
        with raw.pipeline():
            for statement, parameters in self._statements:
                cursor = raw.cursor()
                cursor.execute(statement.encode(), parameters)
                cursors.append(cursor)
        self._statements = []
        return [cursor.rowcount for cursor in cursors]


def adapt(value: object) -> object:
    """Mappings are JSON columns; everything else the driver knows."""
    return Jsonb(value) if isinstance(value, dict) else value
