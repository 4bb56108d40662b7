"""Set up a database of its own, start the server, measure, print a table (and ``BENCH_JSON``)."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event

from services import anmeldung, bootstrap
from services.context import Actor
from services.db import provision
from services.db.embedded import EmbeddedPostgres
from services.prozess import deployments, instances
from services.prozess.deployments import Resource
from services.settings import Settings
from tests.bench import floor, kern, models, suche, zeit

ROOT = Path(__file__).parents[2]
ONLY = set(filter(None, os.environ.get("BENCH_ONLY", "").split(",")))  # keys of MEASURES; empty means all
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "400"))
BUDGETS = {"complete_ratio": 2.0, "complete_sql": 8, "complete_commits": 1, "step500_ratio": 1.3, "start_ratio": 2.0, "start_called_ratio": 2.5,
           "state_bytes": 3072, "inbox_ratio": 1.5, "feel_us": 5.0, "search_100000_p95_ms": 50.0, "search_little_sight_p95_ms": 50.0, "search_ratio": 2.0, "timer_late_p99_s": 2.0,
           "timer_1000_s": 20.0, "timer_late_p99_million_s": 2.0, "timer_1000_million_s": 20.0, "timer_million_ratio": 1.5}
ME = Actor(login="bench", name="Bench", mandant="bench", organisation="stadt", roles=frozenset({"verwaltung", "prozessverantwortung", "fallmanagement"}),
           functions=frozenset({"servicestelle"}))


@dataclass
class Bench:
    """A running server and its database."""

    settings: Settings
    owner: str
    port: int

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.headers = {"Authorization": "Basic " + base64.b64encode(b"bench:bench-passwort").decode(), "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[float, int, bytes]:
        """Seconds, status and body of one request on the kept-alive connection."""
        data = None if body is None else json.dumps(body).encode()
        begin = time.perf_counter()
        self.connection.request(method, path, body=data, headers=self.headers if headers is None else headers)
        response = self.connection.getresponse()
        answer = response.read()
        return time.perf_counter() - begin, response.status, answer

    def timed(self, method: str, path: str, body: Any = None, expect: int = 204, headers: dict[str, str] | None = None) -> float:
        seconds, status, answer = self.call(method, path, body, headers)
        assert status == expect, (method, path, status, answer[:500])
        return seconds

    def start(self, process: str) -> tuple[float, str]:
        seconds, status, answer = self.call("POST", "/v2/process-instances", {"processDefinitionId": process, "variables": models.VARIABLES})
        assert status == 200, answer
        return seconds, json.loads(answer)["processInstanceKey"]

    def floor(self) -> float:
        return self.timed("POST", "/boden/1", models.ANSWER)

    def next_task(self, instance: str) -> int:
        with psycopg.connect(self.owner) as connection:
            row = connection.execute("select key from etappe.user_task where instance_key = %s and status = 'CREATED'", (int(instance),)).fetchone()
        assert row is not None
        return int(row[0])

    def complete(self, task: int) -> float:
        return self.timed("POST", f"/v2/user-tasks/{task}/completion", {"variables": models.ANSWER})


@contextlib.contextmanager
def running() -> Iterator[Bench]:
    """A fresh database ``bench`` on an embedded server (or DATABASE_URL), prepared, with the server in front of it."""
    given = os.environ.get("DATABASE_URL")
    with tempfile.TemporaryDirectory(prefix="etappe-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        server = None if given else EmbeddedPostgres(Path(folder) / "pg")
        try:
            if server is not None:
                server.start()
                provision.create_database(server.url(), "bench")
                owner, app = server.url(provision.OWNER, "bench"), server.url(provision.APP, "bench")
                role = None
            else:
                owner = app = str(given)
                role = provision.APP
            provision.migrate(owner)
            settings = Settings(data_dir=Path(folder), database_url=app, owner_url=owner, database_role=role)
            prepare(settings, owner)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            environment = {**os.environ, "DATABASE_URL": owner, "ETAPPE_APP_DATABASE_URL": app, "ETAPPE_DATA_DIR": folder}
            process = subprocess.Popen([sys.executable, "-m", "tests.bench.server", str(port)], cwd=ROOT, env=environment)
            try:
                bench = Bench(settings, owner, port)
                wait_for(bench)
                yield bench
            finally:
                process.terminate()
                process.wait(10)
        finally:
            if server is not None:
                server.stop()


def wait_for(bench: Bench) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError, http.client.HTTPException):
            if bench.call("GET", "/v2/topology")[1] == 200:
                return
        bench.connection.close()
        time.sleep(0.1)
    raise RuntimeError("the server did not answer within 20 s")


def prepare(settings: Settings, owner: str) -> None:
    """Mandant, one person, the models, and the floor's tables."""
    with psycopg.connect(owner) as connection:
        connection.execute("insert into etappe.mandant (mandant, name, profil) values ('bench', 'Bench', 'moers')")
        connection.execute("insert into etappe.organisation (mandant, key, name, sort_key, art) values ('bench', 'stadt', 'Stadt', 'stadt', 'kommune')")
        connection.execute(
            "insert into etappe.benutzer (login, mandant, name, sort_key, organisation, rollen, funktionen, passwort_hash) "
            "values ('bench', 'bench', 'Bench', 'bench', 'stadt', %s, %s, %s)",
            (sorted(ME.roles), sorted(ME.functions), anmeldung.hash_password("bench-passwort")))
        connection.execute("set search_path = etappe")
        connection.execute(floor.TABLES)
        connection.execute("insert into bench_vorgang values (1, 'bench', 0, %s)", (floor.PAYLOAD,))
    app = bootstrap.build(settings)
    deployments.deploy(app, ME, resources=[Resource(name=n, data=d) for n, d in models.RESOURCES.items()])
    app.close()


def median_ms(values: list[float]) -> float:
    return statistics.median(values) * 1000


def measure_complete(bench: Bench) -> dict[str, float]:
    """Completions of the 30-task process and the floor, one after the other in turn."""
    ours, floors, instance, left = [], [], "", 0
    for number in range(ROUNDS + 20):
        if not left:
            instance, left = bench.start("dreissig")[1], models.TASKS
        task = bench.next_task(instance)
        floor_seconds, seconds = bench.floor(), bench.complete(task)
        left -= 1
        if number >= 20:  # warm
            floors.append(floor_seconds)
            ours.append(seconds)
    return {"floor_ms": median_ms(floors), "complete_ms": median_ms(ours), "complete_ratio": median_ms(ours) / median_ms(floors)}


def measure_steps(bench: Bench) -> dict[str, float]:
    """The 500th step of a case against its 5th, over several cases."""
    early, late = [], []
    for _ in range(3):
        instance = bench.start("fuenfhundert")[1]
        for step in range(1, 511):
            seconds = bench.complete(bench.next_task(instance))
            if step <= 20 and step > 1:
                early.append(seconds)
            if step > 490:
                late.append(seconds)
    return {"step5_ms": median_ms(early), "step500_ms": median_ms(late), "step500_ratio": median_ms(late) / median_ms(early)}


def measure_start(bench: Bench) -> dict[str, float]:
    alone, called, floors = [], [], []
    for _ in range(ROUNDS // 2):
        floors.append(bench.floor())
        alone.append(bench.start("dreissig")[0])
        called.append(bench.start("rufend")[0])
    base = median_ms(floors)
    return {"start_ms": median_ms(alone), "start_called_ms": median_ms(called), "start_ratio": median_ms(alone) / base,
            "start_called_ratio": median_ms(called) / base}


def measure_state(bench: Bench) -> dict[str, float]:
    instance = bench.start("dreissig")[1]
    for _ in range(15):
        bench.complete(bench.next_task(instance))
    with psycopg.connect(bench.owner) as connection:
        row = connection.execute("select length(state) from etappe.process_instance where key = %s", (int(instance),)).fetchone()
    assert row is not None
    return {"state_bytes": float(row[0]), "variables_bytes": float(len(json.dumps(models.VARIABLES | models.ANSWER)))}


def measure_statements(settings: Settings) -> dict[str, float]:
    """Statements and commits of one completion over HTTP, counted at the driver (warm caches)."""
    from web.app import create_app
    app = bootstrap.build(settings)
    client = create_app(app).test_client()
    headers = {"Authorization": "Basic " + base64.b64encode(b"bench:bench-passwort").decode()}
    key = instances.start(app, ME, process_id="dreissig", variables=models.VARIABLES).key
    statements: list[str] = []
    commits: list[int] = []
    event.listen(app.engine, "commit", lambda _: commits.append(1))
    execute = psycopg.Cursor.execute

    def counted(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        statements.append(str(query))
        return execute(cursor, query, *arguments, **options)

    for _ in range(3):
        with psycopg.connect(settings.owner_url) as connection:
            row = connection.execute("select key from etappe.user_task where instance_key = %s and status = 'CREATED'", (key,)).fetchone()
        assert row is not None
        commits.clear()
        statements.clear()
        psycopg.Cursor.execute = counted  # type: ignore[method-assign, assignment]  # below SQLAlchemy, so that batches count too
        try:
            response = client.post(f"/v2/user-tasks/{row[0]}/completion", json={"variables": models.ANSWER}, headers=headers)
        finally:
            psycopg.Cursor.execute = execute  # type: ignore[method-assign]
        assert response.status_code == 204, response.text
    app.close()
    return {"complete_sql": len(statements), "complete_commits": len(commits)}


FILL = """
    insert into etappe.process_instance (key, mandant, definition_key, process_id, version, status, rev, root_key, started)
    select :base, 'bench', d.key, d.process_id, d.version, 'ACTIVE', 1, :base, now() from etappe.process_definition d where process_id = 'dreissig';
    insert into etappe.user_task (key, mandant, instance_key, root_key, definition_key, process_id, version, task_id, element_id, name, assignee,
                                  candidate_groups, due, status, created)
    select :base + i, 'bench', :base, :base, d.key, d.process_id, d.version, 'fill' || :base || '-' || i, 'pruefen_1', 'Prüfen',
           case when i % 2 = 0 then 'bench' else null end, '{servicestelle}', now() + make_interval(hours => (i * 7919) % 2000 - 200), 'CREATED', now()
    from generate_series(1, :n) i cross join (select * from etappe.process_definition where process_id = 'dreissig') d
"""


def fill_inbox(owner: str, base: int, number: int) -> None:
    with psycopg.connect(owner, autocommit=True) as connection:
        for statement in FILL.split(";\n"):
            connection.execute(statement.replace(":base", str(base)).replace(":n", str(number)))  # figures of ours
        connection.execute("vacuum analyze etappe.user_task")
        connection.execute("vacuum analyze etappe.process_instance")


def measure_inbox(bench: Bench) -> dict[str, float]:
    """The page *Meine Aufgaben* (HTML) with 100 and with 100,000 open tasks in the Mandant."""
    with psycopg.connect(bench.owner, autocommit=True) as connection:
        connection.execute("update etappe.user_task set status = 'CANCELED' where status = 'CREATED'")
    app = bootstrap.build(bench.settings)
    _, token = anmeldung.anmelden(app, login="bench", password="bench-passwort")
    app.close()
    headers = {"Cookie": f"etappe_sitzung={token}"}
    result = {}
    for name, base, number in (("inbox_100_ms", 10**12, 100), ("inbox_100000_ms", 2 * 10**12, 99_900)):
        fill_inbox(bench.owner, base, number)
        times = [bench.timed("GET", "/aufgaben", expect=200, headers=headers) for _ in range(60)][10:]
        result[name] = median_ms(times)
    return result | {"inbox_ratio": result["inbox_100000_ms"] / result["inbox_100_ms"]}


MEASURES: dict[str, Callable[[Bench], dict[str, float]]] = {
    "complete": measure_complete, "start": measure_start, "state": measure_state, "steps": measure_steps,
    "statements": lambda bench: measure_statements(bench.settings), "inbox": measure_inbox, "search": suche.measure,
    "timers": lambda bench: zeit.measure(bench, ME), "engine": lambda _: kern.measure()}


def main() -> int:
    """Measure everything; exit status 1 if a budget is missed."""
    with running() as bench:
        figures: dict[str, float] = {}
        for name, measure in MEASURES.items():
            if not ONLY or name in ONLY:
                figures |= measure(bench)
    print(f"{'Messgröße':<26}{'gemessen':>12}{'Budget':>10}")
    for name, value in figures.items():
        budget = BUDGETS.get(name)
        verdict = "" if budget is None else ("  ja" if value <= budget else "  NEIN")
        print(f"{name:<26}{value:>12.2f}{'' if budget is None else budget:>10}{verdict}")
    target = os.environ.get("BENCH_JSON")
    if target:
        Path(target).write_text(json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=2) + "\n", encoding="utf-8")
    return int(any(figures[name] > budget for name, budget in BUDGETS.items() if name in figures))


if __name__ == "__main__":
    sys.exit(main())
