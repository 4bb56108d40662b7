"""A running server with the invented cases, and Chromium. Axe comes from the development dependencies of the frontend."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from playwright.sync_api import sync_playwright
from psycopg import sql
from werkzeug.serving import make_server

from services import bootstrap, demo
from services.auslieferung import deploy_missing
from services.db import provision
from services.settings import Settings
from web.app import create_app
from web.assets import BUILD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

FRONTEND = Path(__file__).parents[2] / "web" / "frontend"
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
CHROMIUM = os.environ.get("ETAPPE_CHROMIUM") or next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                                                     if Path(p).exists()), "")
DEMO = "browser"


@pytest.fixture(scope="session")
def etappe(postgres: Any) -> Iterator[Any]:
    """The application with the demo data; made once for all browser tests."""
    name = f"t_browser_{os.getpid()}"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        provision.create_database(postgres.url(), name)
        provision.migrate(postgres.url(provision.OWNER, name))
        app = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, name)))
        try:
            demo.load(app)
            deploy_missing(app)
            demo.load_faelle(app)
            yield app
        finally:
            app.close()
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def server(etappe: Any) -> Iterator[str]:
    """Address of the running pages."""
    assert (BUILD / "manifest.json").exists(), "Browser tests need the built assets: run scripts/assets.py."
    flask_app = create_app(etappe)
    made = make_server("127.0.0.1", 0, flask_app, threaded=True)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join(5)
    made.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "Browser tests need Chromium: run scripts/browser.sh."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def person(server: str, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A page in a fresh window, logged in; every error in the console fails the test."""
    contexts, problems = [], []

    def make(login: str | None, *, width: int = 1280, scheme: str = "light", javascript: bool = True) -> Page:
        context = chromium.new_context(base_url=server, viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=javascript,
                                       locale="de-DE", timezone_id="Europe/Berlin")
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        if login is not None:
            page.goto("/anmeldung")
            page.fill("#konto", login)
            page.fill("#passwort", demo.PASSWORD)
            page.click("button[type=submit]")
            page.wait_for_url("**/aufgaben*")
        return page
    yield make
    for context in contexts:
        context.close()
    assert problems == []
