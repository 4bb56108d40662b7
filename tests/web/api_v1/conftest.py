"""The case side over HTTP: the demo's people and the models of Moers on a database of their own, and a clock that moves by hand.

Every answer is checked against the OpenAPI document, whichever test caused it.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from services import bootstrap, unit_of_work
from services.bootstrap import App
from services.db import provision
from services.db.embedded import EmbeddedPostgres
from services.prozess import messages, timers
from services.settings import Settings
from tests import builders
from tests.vorlagen import fresh
from tests.web.api_v2.rufen import PASSWORD, Caller
from web.api_v1.basis import document
from web.app import create_app

MAX_BODY = 256 * 1024
METHODS = ("get", "post", "put", "delete")
# Rows that a refusal may leave: attempts to log in. Definitions never change, so counting them is enough.
LEFT_OUT = ("anmeldeversuch",)
COUNTED = ("process_definition", "decision_definition", "form_definition")


@dataclass(frozen=True, kw_only=True)
class Dienst:
    """What runs, and the owner's view of its database."""

    app: App
    flask: Flask
    watch: psycopg.Connection
    tables: tuple[str, ...]

    def stand(self) -> dict[str, str]:
        """A fingerprint of every table's rows."""
        one = "select '{0}', coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '') from etappe.{0} t"
        few = "select '{0}', count(*)::text from etappe.{0}"
        statement = " union all ".join((few if name in COUNTED else one).format(name) for name in self.tables)
        return dict(self.watch.execute(statement).fetchall())

    def zeilen(self, statement: str, **values: Any) -> list[Any]:
        return self.watch.execute(statement, values).fetchall()

    def warte(self, **parts: float) -> None:
        """Time passes, and the worker does what is due."""
        self.app.clock.advance(**parts)  # type: ignore[attr-defined]  # the clock of the tests
        self.arbeite()

    def arbeite(self) -> None:
        while timers.fire_due(self.app) or messages.deliver_pending(self.app):
            pass


@pytest.fixture(scope="session")
def dienst(postgres: EmbeddedPostgres, moers_template: str) -> Iterator[Dienst]:
    with fresh(postgres, moers_template) as name:
        yield from running(postgres, name)


def running(postgres: EmbeddedPostgres, name: str) -> Iterator[Dienst]:
    app = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, name), pool_size=4, max_body_bytes=MAX_BODY),
                          clock=builders.Uhr())
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # hashing is slow on purpose
    with psycopg.connect(postgres.url(provision.OWNER, name)) as owner:
        owner.execute("insert into etappe.mandant (mandant, name, profil) values ('koeln', 'Stadt Köln', 'moers')")
        owner.execute("insert into etappe.organisation (mandant, key, name, sort_key, art) values ('koeln', 'kim_koeln', 'KIM Köln', 'kim koeln', 'kommune')")
        owner.execute("insert into etappe.benutzer (login, mandant, name, sort_key, organisation, rollen, funktionen, passwort_hash) values "
                      "('koeln', 'koeln', 'Karla Domhoff', 'domhoff', 'kim_koeln', '{fallmanagement,koordination}', '{servicestelle,fallmanagement}', '')")
        owner.execute("update etappe.benutzer set passwort_hash = %s", (quick,))
    with psycopg.connect(postgres.url(provision.OWNER, name), autocommit=True) as watch:
        watch.execute("set search_path = etappe, jobs")
        known = [row[0] for row in watch.execute("select tablename from pg_tables where schemaname = 'etappe' order by 1")]
        yield Dienst(app=app, flask=create_app(app), watch=watch, tables=tuple(t for t in known if t not in LEFT_OUT))
    unit_of_work.give_back()
    app.close()


@dataclass(kw_only=True)
class Ruf:
    """Calls operations; each answer has to be what the document says. ``gerufen``: those that succeeded."""

    dienst: Dienst
    login: str = "fallmanagement"
    gerufen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.caller = Caller(self.dienst.flask)

    def __call__(self, method: str, path: str, body: Any = None, *, wer: str | None = "", soll: int = 200, **kw: Any) -> Any:
        """The JSON of the answer (None if it is empty). ``wer``: log-in, None for nobody."""
        response = self.caller(method, f"/api/v1{path}", body, login=self.login if wer == "" else wer, **kw)
        assert response.status_code == soll, response.get_data(as_text=True)[:2000]
        return self.geprueft(method, path, response)

    def geprueft(self, method: str, path: str, response: TestResponse) -> Any:
        entry = operation_of(method, path)
        described = entry["responses"][str(response.status_code)]
        if response.status_code < 300:
            self.gerufen.add(entry["operationId"])
        content = described.get("content", {})
        if "*/*" in content:
            return response.get_data()  # a file
        if not content:
            assert response.get_data() == b""
            return None
        found = json.loads(response.get_data())
        (schema,) = (c["schema"] for kind, c in content.items() if kind == response.mimetype)
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator(schema).iter_errors(found)]
        assert errors == []
        return found

    def nein(self, soll: int, method: str, path: str, body: Any = None, **kw: Any) -> dict[str, Any]:
        """The problem, which is a sentence in German."""
        problem = self(method, path, body, soll=soll, **kw)
        assert problem["status"] == soll
        assert problem["instance"] == "/api/v1" + path.split("?", maxsplit=1)[0]
        assert deutsch(problem["detail"]), problem["detail"]
        return problem

    @contextlib.contextmanager
    def unveraendert(self) -> Iterator[None]:
        """Nothing in the database changes within the block."""
        vorher = self.dienst.stand()
        yield
        assert self.dienst.stand() == vorher

    def abgelehnt(self, soll: int, method: str, path: str, body: Any = None, **kw: Any) -> dict[str, Any]:
        """The problem; nothing in the database has changed."""
        with self.unveraendert():
            return self.nein(soll, method, path, body, **kw)


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """References are looked up in the document."""
    return Draft202012Validator({**schema, "components": document()["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER)


def deutsch(satz: str) -> bool:
    """A whole sentence in German, without words of a library."""
    english = re.search(r"\b(the|not|field|missing|invalid|must|error|unknown)\b", satz, re.IGNORECASE)
    return bool(satz) and satz[0].isupper() and satz.rstrip().endswith((".", "!", "“")) and english is None


def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """operationId -> (method, path, entry)."""
    return {entry["operationId"]: (method.upper(), path, entry)
            for path, methods in document()["paths"].items() for method, entry in methods.items() if method in METHODS}


def operation_of(method: str, path: str) -> dict[str, Any]:
    """The entry of the document for a request; a literal path goes before one with parts."""
    wanted = "/api/v1" + path.split("?", maxsplit=1)[0]
    fits = [(template.count("{"), methods[method.lower()]) for template, methods in document()["paths"].items()
            if method.lower() in methods and re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", template), wanted)]
    assert fits, f"{method} {path} is not in the document"
    return min(fits, key=lambda found: found[0])[1]


@pytest.fixture
def ruf(dienst: Dienst) -> Ruf:
    return Ruf(dienst=dienst)


PERSON = {"vorname": "Amina", "nachname": "Beispiel", "geburtsdatum": "1986-03-01", "hauptperson": True, "aufenthalt": "duldung"}


PDF = b"%PDF-1.7 Bescheid"


def formular(content: bytes, name: str, **fields: Any) -> dict[str, Any]:
    """A multipart form with a file."""
    return {"datei": (io.BytesIO(content), name), **fields}


def neuer_fall(ruf: Ruf, **mehr: Any) -> dict[str, Any]:
    """*Neuer Fall*."""
    found: dict[str, Any] = ruf("POST", "/faelle", {"personen": [PERSON], "zugangsweg": "buergerservice", **mehr}, soll=201)
    return found


def offene(ruf: Ruf, akte: str, **kw: Any) -> list[dict[str, Any]]:
    """The open tasks of the case that somebody sees."""
    found: list[dict[str, Any]] = ruf("GET", f"/faelle/{akte}/aufgaben", **kw)["eintraege"]
    return found
