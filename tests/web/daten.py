"""Rows for tests of pages: people who can log in, cases, and tasks of an instance that nobody has to run."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services import anmeldung
from services.fall import faelle
from tests import builders

PASSWORT = "ein langer Satz"
BERLIN = ZoneInfo("Europe/Berlin")


@lru_cache(maxsize=1)
def passwort_hash() -> str:
    return anmeldung.hash_password(PASSWORT)


def session(app: Any, mandant: str = "moers") -> Any:
    return app.sessions(info={"mandant": mandant})


def with_passwords(app: Any) -> None:
    """Everybody of :data:`builders.BENUTZER` can log in."""
    for mandant in ("moers", "koeln"):
        with session(app, mandant) as db:
            db.execute(text("update benutzer set passwort_hash = :p"), {"p": passwort_hash()})
            db.commit()


def fall(app: Any, *, wer: str = "osterkamp", vorname: str = "Samira", nachname: str = "Qaderi", kinder: int = 0, login: str | None = None) -> str:
    """A case without a process."""
    personen = [faelle.NeuePerson(vorname=vorname, nachname=nachname, geburtsdatum=datetime(1992, 3, 14).date(), hauptperson=True)]
    personen += [faelle.NeuePerson(vorname=f"Kind{n}", nachname=nachname, geburtsdatum=datetime(2015, 6, 2).date()) for n in range(kinder)]
    return faelle.anlegen(app, builders.actor(wer), personen=personen, zugangsweg="buergerservice", login=login, prozess=None)


def instanz(app: Any, *, business_id: str | None, mandant: str = "moers", process_id: str = "fallmanagement") -> int:
    """An active instance without a state: enough for rows that refer to it."""
    with session(app, mandant) as db:
        key = app.keys.take(db)
        found = db.execute(text("select key from process_definition where process_id = :p"), {"p": process_id}).scalar_one_or_none()
        if found is None:
            found = app.keys.take(db)
            now = app.clock.now()
            db.execute(text("insert into deployment (key, mandant, name, erstellt, erstellt_von) values (:k, :m, 'test', :n, 'test')"),
                       {"k": found, "m": mandant, "n": now})
            db.execute(text(
                "insert into process_definition (key, mandant, deployment_key, process_id, version, name, resource_name, xml, checksum) "
                "values (:k, :m, :k, :p, 1, 'Fallmanagement', 'x.bpmn', '', '')"), {"k": found, "m": mandant, "p": process_id})
        db.execute(text(
            "insert into process_instance (key, mandant, definition_key, process_id, version, status, rev, business_id, root_key, started) "
            "values (:k, :m, :d, :p, 1, 'ACTIVE', 1, :b, :k, :n)"),
            {"k": key, "m": mandant, "d": found, "p": process_id, "b": business_id, "n": app.clock.now()})
        db.commit()
        return int(key)


def aufgabe(app: Any, *, business_id: str | None = None, name: str = "Bedarfsanalyse", assignee: str | None = None, groups: tuple[str, ...] = (),
            due: datetime | None = None, status: str = "CREATED", completed_by: str | None = None, mandant: str = "moers", form_id: str | None = None,
            follow_up: datetime | None = None, priority: int = 50, instance: int | None = None) -> int:
    """A row of ``user_task``."""
    parent = instance or instanz(app, business_id=business_id, mandant=mandant)
    with session(app, mandant) as db:
        key = app.keys.take(db)
        now = app.clock.now()
        db.execute(text(
            "insert into user_task (key, mandant, instance_key, root_key, definition_key, process_id, version, business_id, task_id, element_id, name, "
            "assignee, candidate_groups, due, status, created, completed_by, ended, form_id, follow_up, priority) values (:k, :m, :i, :i, "
            "(select definition_key from process_instance where key = :i), 'fallmanagement', 1, :b, :t, 'schritt', :name, :a, :g, :due, :s, :now, :c, "
            ":e, :f, :fu, :p)"),
            {"k": key, "m": mandant, "i": parent, "b": business_id, "t": f"{key:032x}", "name": name, "a": assignee, "g": list(groups), "due": due,
             "s": status, "now": now, "c": completed_by, "e": now if status != "CREATED" else None, "f": form_id, "fu": follow_up, "p": priority})
        db.commit()
        return int(key)


def tag(app: Any, tage: int) -> datetime:
    """The end of a day, so many days from today."""
    today = app.clock.today() + timedelta(days=tage)
    return datetime(today.year, today.month, today.day, 23, 59, 59, tzinfo=BERLIN)
