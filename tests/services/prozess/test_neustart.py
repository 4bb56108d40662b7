"""A database that was restarted: nobody sees the dead connections of the pool."""

from __future__ import annotations

import psycopg

from services import aufgaben
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import deploy, only_task, started


def kill_connections(owner_url: str, postgres) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'etappe_app' and datname = %s",
                      (psycopg.conninfo.conninfo_to_dict(owner_url)["dbname"],))


def test_dead_connections_are_replaced_without_an_error(app, owner_url, postgres) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste"), bpmn.user("zweite")))
    started(app, "p")
    task = only_task(app)

    kill_connections(owner_url, postgres)
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={}, typed=True)
    kill_connections(owner_url, postgres)

    assert only_task(app).element_id == "zweite"
