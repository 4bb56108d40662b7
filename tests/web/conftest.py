"""The web application on a fresh database, with people who can log in, and a browser without JavaScript."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from services import anmeldung, bootstrap, demo, unit_of_work
from services.db import provision
from services.settings import Settings
from tests import builders
from tests.vorlagen import fresh
from tests.web import daten
from web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from werkzeug.test import TestResponse


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is slow on purpose; tests need only that it is the same function. What was verified before is forgotten."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(anmeldung, "_hasher", quick)
    monkeypatch.setattr(anmeldung, "_nobody", quick.hash("niemand"))
    monkeypatch.setattr(anmeldung, "_verdicts", anmeldung.Verdicts())
    monkeypatch.setattr(anmeldung, "_renewals", anmeldung.Renewals())


@pytest.fixture
def app(postgres: Any, database: str) -> Iterator[Any]:
    """The real composition root with a clock that moves by hand (``app.clock``)."""
    settings = Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, database), pool_size=3, max_body_bytes=1024 * 1024)
    made = bootstrap.build(settings, clock=builders.Uhr())
    builders.seed(postgres.url(provision.OWNER, database))
    daten.with_passwords(made)
    yield made
    unit_of_work.give_back()  # tests ask for sessions outside of a request, which would do it
    made.close()


BUILT: list[Flask] = []


@pytest.fixture
def flask_app(app: Any) -> Iterator[Flask]:
    """The web application of this test. Its routes and templates are compiled once per process, its settings are those of a new one."""
    if not BUILT:
        BUILT.append(create_app(app))
    (shared,) = BUILT
    settings = dict(shared.config)
    shared.extensions["etappe"] = app
    yield shared
    del shared.extensions["etappe"]
    shared.config.clear()
    shared.config.update(settings)


class Browser:
    """Follows nothing by itself, keeps cookies, sends forms with their token."""

    def __init__(self, flask_app: Flask) -> None:
        self.client = flask_app.test_client()
        self.csrf = ""

    def get(self, path: str, **kw: Any) -> TestResponse:
        return self._keep(self.client.get(path, **kw))

    def post(self, path: str, data: dict[str, Any] | None = None, *, csrf: str | None = None, **kw: Any) -> TestResponse:
        token = self.csrf if csrf is None else csrf
        return self._keep(self.client.post(path, data={**(data or {}), "_csrf": token}, **kw))

    def _keep(self, response: TestResponse) -> TestResponse:
        found = re.search(r'name="_csrf" value="([0-9a-f]+)"', response.get_data(as_text=True)) if response.mimetype == "text/html" else None
        if found:
            self.csrf = found.group(1)
        return response

    def login(self, login: str, password: str = daten.PASSWORT) -> TestResponse:
        self.get("/anmeldung")
        response = self.post("/anmeldung", {"konto": login, "passwort": password})
        if response.status_code == 302:
            self.get("/einstellungen")
        return response


@pytest.fixture
def browser(flask_app: Flask) -> Callable[[str | None], Browser]:
    """A new browser, logged in as somebody of ``builders.BENUTZER`` or as nobody."""
    def make(login: str | None = None) -> Browser:
        made = Browser(flask_app)
        if login is not None:
            assert made.login(login).status_code == 302
        return made
    return make


def words(response: TestResponse) -> str:
    """The text of a page without its markup, spaces joined."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", response.get_data(as_text=True), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).replace("\u00ad", "").strip()


@pytest.fixture
def text() -> Callable[[TestResponse], str]:
    return words


# -- the whole service: real models and the people of the demo -------------------------------------------------------------
@pytest.fixture(scope="session")
def moers(postgres: Any, moers_template: str) -> Iterator[Any]:
    """An installation with the demo and all models, and a clock that moves by hand; one for all tests of pages."""
    with fresh(postgres, moers_template) as name:
        made = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, name), pool_size=4), clock=builders.Uhr())
        try:
            yield made
        finally:
            unit_of_work.give_back()
            made.close()


@pytest.fixture(scope="session")
def moers_flask(moers: Any) -> Flask:
    return create_app(moers)


@pytest.fixture
def moerser(moers_flask: Flask) -> Iterator[Callable[[str], Browser]]:
    """A browser in which somebody of the demo is logged in."""
    def make(login: str) -> Browser:
        made = Browser(moers_flask)
        assert made.login(login, demo.PASSWORD).status_code == 302
        return made
    yield make
    unit_of_work.give_back()
