"""A whole installation (`etappe run`) seen from outside: the official client for processes, the pages where a person needs one."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import httpx
import psutil
import psycopg
from camunda_orchestration_sdk import CamundaClient, ConsistencyOptions, errors, models

from engine.calendar import Calendar
from engine.clock import FixedClock
from engine.expressions import Expressions
from forms.parse import parse
from processes import profil
from services.db import provision
from tests.antworten import answers
from tests.crash.installation import Installation
from tests.reise.gang import WEG

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = ConsistencyOptions(wait_up_to_ms=0)
PATIENCE = 60.0
PASSWORD = "demo"
REFUSED = {400, 401, 403, 422}
# What a part that was killed a moment ago looks like from outside.
AWAY = (httpx.HTTPError, errors.ApiError, psycopg.OperationalError, psutil.Error, OSError, ValueError)


class Haus(Installation):
    """``fertig`` counts completions: acknowledged, or found done after the answer was lost."""

    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[str, CamundaClient] = {}
        self.bestaetigt, self.vorgefunden = 0, 0
        self.zeit = datetime.now(UTC).replace(microsecond=0)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, login: str) -> CamundaClient:
        """The unmodified official client."""
        if login not in self.clients:
            self.clients[login] = CamundaClient(configuration={
                "CAMUNDA_REST_ADDRESS": self.address, "CAMUNDA_BASIC_AUTH_USERNAME": login, "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD})
        return self.clients[login]

    def beharrlich(self, call: Callable[[], Any]) -> Any:
        """Ask until an answer comes. For reading and for what may be repeated; a refusal is passed on."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return call()
            except AWAY as error:
                if getattr(error, "status_code", 500) < 500 or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def stelle_uhr(self, zeit: datetime) -> None:
        self.zeit = zeit
        pin = models.ClockPinRequest(timestamp=int(zeit.timestamp() * 1000))
        self.beharrlich(lambda: self.client("verwaltung").pin_clock(data=pin))

    def zeilen(self, statement: str, *values: Any) -> list[Any]:
        """Rows, read by the owner of the database."""
        def read() -> list[Any]:
            with psycopg.connect(self.server.url(provision.OWNER, "etappe"), autocommit=True) as connection:
                connection.execute("set search_path = etappe, jobs")
                return connection.execute(statement, values or None).fetchall()
        return self.beharrlich(read)

    # -- the kinds of trouble ---------------------------------------------------------------------------------------------
    def toete(self, what: str) -> None:
        """kill -9 of ``serve``, ``worker`` or ``datenbank``; waits until there is one to kill."""
        def victim() -> Any:
            return self.postmaster() if what == "datenbank" else self.child(what)
        self.beharrlich(victim).kill()


class Seite:
    """A person in front of the pages."""

    def __init__(self, haus: Haus, login: str) -> None:
        self.http = httpx.Client(base_url=haus.address, timeout=20)
        self.schicke("/anmeldung", "/anmeldung", {"konto": login, "passwort": PASSWORD})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def schicke(self, page: str, target: str, data: dict[str, Any]) -> httpx.Response:
        """Open the page, fill in its form and send it off."""
        token = re.search(r'name="_csrf" value="([^"]+)"', self.http.get(page).text)
        assert token, f"{page} has no form"
        sent = self.http.post(target, data={"_csrf": token[1], **data})
        assert sent.status_code == 303 or sent.is_redirect, f"{target}: {sent.status_code} {sent.text[:2000]}"
        return sent


def neuer_fall(haus: Haus, login: str, **person: str) -> str:
    """*Neuer Fall* on the page; returns the Aktenzeichen."""
    data = {"zugangsweg": "buergerservice", "erstkontakt": f"{haus.zeit:%d.%m.%Y}", "person": login,
            "p0-vorname": "Amina", "p0-nachname": "Beispiel", **{f"p0-{name}": value for name, value in person.items()}}
    haus.zeilen("select 1")  # a journey before this one may have killed database and server a moment ago
    haus.until(haus.answers, "an answer of the server")
    with Seite(haus, login) as seite:
        sent = seite.schicke("/faelle/neu", "/faelle/neu", data)
    return re.search(r"/faelle/([^/?]+)", sent.headers["location"])[1]  # type: ignore[index]  # None fails the test as it should


@dataclass(kw_only=True)
class Fernreise:
    """A case that is walked over /v2. ``leute`` are tried in this order. ``stoerung``: element -> (victim, moment).

    ``vorher``: completions that the house counted before this case.
    """

    haus: Haus
    akte: str
    leute: tuple[str, ...]
    antworten: dict[str, dict[str, Any]]
    stoerung: dict[str, tuple[str, str]] = field(default_factory=dict)
    gegangen: list[tuple[str, str]] = field(default_factory=list)
    vorher: int = 0

    def __post_init__(self) -> None:
        self.vorher = self.haus.bestaetigt + self.haus.vorgefunden

    def offen(self) -> list[tuple[str, Any]]:
        """(log-in, task) of every open task of the case that one of the people may complete."""
        found: dict[str, tuple[str, Any]] = {}
        for login in self.leute:
            query = models.UserTaskSearchQuery.from_dict({"filter": {"state": "CREATED"}, "page": {"limit": 200}})
            for task in self.haus.beharrlich(lambda who=login, q=query: self.haus.client(who).search_user_tasks(data=q, consistency=AT_ONCE)).items:
                if task.business_id == self.akte and task.assignee in (None, login):
                    found.setdefault(str(task.user_task_key), (login, task))
        return [found[key] for key in sorted(found, key=int)]

    def gehe(self, *, bis: str | None = None, hoechstens: int = 80) -> None:
        """Complete what is open until nothing is, or until ``bis`` is reached."""
        for _ in range(hoechstens):
            tasks = [(login, task) for login, task in self.offen() if task.element_id != "fall_begleiten"]
            if not tasks or tasks[0][1].element_id == bis:
                return
            self.erledige(*tasks[0])
        raise AssertionError(f"no end: {self.gegangen[-20:]}")

    def erledige(self, login: str, task: Any) -> None:
        haus, element, key = self.haus, task.element_id, task.user_task_key
        variables = haus.beharrlich(lambda: self.ausfuellen(login, key, element))
        body = models.UserTaskCompletionRequest.from_dict({"variables": variables})
        victim, moment = self.stoerung.pop(element, ("", ""))
        if moment == "vorher":
            haus.toete(victim)
        blow = threading.Timer(0.03, lambda: haus.toete(victim)) if moment == "mitten" else None
        if blow:
            blow.start()
        while True:
            try:
                haus.client(login).complete_user_task(key, data=body)
            except AWAY as error:
                if getattr(error, "status_code", 500) in REFUSED:
                    raise
                state = haus.beharrlich(lambda: haus.client(login).get_user_task(key, consistency=AT_ONCE)).state.value
                if state == "COMPLETED":
                    haus.vorgefunden += 1
                    break
                assert state == "CREATED", state
                time.sleep(0.1)
            else:
                haus.bestaetigt += 1
                break
        if blow:
            blow.join()
        if moment == "danach":
            haus.toete(victim)
        self.gegangen.append((element, login))

    def ausfuellen(self, login: str, key: Any, element: str) -> dict[str, Any]:
        """Answers to the form as /v2 shows it: its schema, and the variables that the task sees."""
        client = self.haus.client(login)
        form = parse(client.get_user_task_form(key, consistency=AT_ONCE).schema.encode())
        query = models.UserTaskEffectiveVariableSearchQueryRequest.from_dict({"page": {"limit": 200}})
        seen = client.search_user_task_effective_variables(key, data=query, truncate_values=False, consistency=AT_ONCE).items
        context = {item.name: json.loads(item.value) for item in seen}
        given = {**WEG.get(element, {}), **self.antworten.get(element, {})}
        known = {path[0]: context[path[0]] for path, f in form.fields() if len(path) == 1 and path[0] in context and not f.binding.section}
        settings = profil.load("moers")
        facts = {"fall": {"aufenthalt": "asylverfahren", "verantwortliche_organisation": "stadt_moers"}, "profil": settings.as_facts()}
        expressions = Expressions(facts=facts, frist=settings.frist, calendar=Calendar("NW"), clock=FixedClock(self.haus.zeit), decide=None)
        return answers(form, lambda text, view: expressions.value("=" + text, view), context, {**known, **given})


def aufraeumen(haus: Haus) -> None:
    """Close the clients and throw the installation away."""
    for client in haus.clients.values():
        with suppress(Exception):
            client.close()
    haus.destroy()
