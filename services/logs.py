"""Structured logging: one JSON object per line on standard error, without personal data.

A line holds the stable event, identifiers from the list below and, for exceptions, types and places. Neither the message
of an exception nor the arguments of a foreign library's message are written: both may quote a row.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

import psycopg
from sqlalchemy.exc import OperationalError

# Only these extras are written. They are keys, counts, durations and names of technical things.
EXTRAS = frozenset({
    "mandant", "instance_key", "root_key", "task_key", "job_key", "timer_key", "message_key", "key", "process_id", "element_id",
    "request_id", "route", "method", "status", "milliseconds", "seconds", "count", "fired", "delivered", "released", "removed", "failures",
    "queue", "task", "attempt", "vorlage", "part", "pid", "exit_code", "address", "revision", "path", "reason", "code", "loop",
})
OURS = ("web", "services", "processes", "forms", "engine", "etappe")
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        # The template of a foreign message is fixed text; its arguments are not.
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": str(record.msg) if record.args or not record.name.startswith(OURS) else record.getMessage(),
        }
        extras = {name: value for name, value in vars(record).items() if name not in STANDARD}
        line |= {name: value for name, value in extras.items() if name in EXTRAS and isinstance(value, str | int | float | None)}
        if record.name.startswith(OURS) and (unlisted := sorted(set(extras) - EXTRAS)):
            line["unlisted"] = unlisted  # a name, never its value: add it to EXTRAS if it is no personal data
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["causes"] = _causes(record.exc_info[1])
            frames = traceback.extract_tb(record.exc_info[2])
            line["stack"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
        return json.dumps(line, ensure_ascii=False, default=str)


def _causes(error: BaseException | None) -> list[str]:
    """Types of the exceptions that led to this one, the nearest first."""
    found: list[str] = []
    while error is not None and (error := error.__cause__ or error.__context__) is not None and len(found) < 5:
        found.append(type(error).__name__)
    return found


def failed(log: logging.Logger, event: str, error: Exception, **extras: object) -> None:
    """Log what a loop survived: a fault of ours with its stack, a database that is away in one short line."""
    if isinstance(error, OperationalError | psycopg.OperationalError):
        log.warning("database_unreachable", extra=extras)
    else:
        log.error(event, exc_info=error, extra=extras)


def configure(level: int = logging.INFO) -> None:
    """Send all logging of this process to standard error as JSON lines. Replaces earlier handlers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    for chatty in ("apscheduler", "procrastinate", "waitress.queue", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
