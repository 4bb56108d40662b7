"""Migrations lead from nothing to exactly what the models say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from services.db import provision
from services.db.models import SCHEMA, Base
from services.db.provision import OWNER, alembic_config

VERSIONS = Path(provision.__file__).parent / "migrations/versions"


def test_empty_database_migrated_to_head_equals_the_models(postgres, empty_database):
    url = postgres.url(OWNER, empty_database)

    provision.migrate(url)

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "version_table_schema": SCHEMA,
                "include_name": lambda name, kind, _parents: kind != "schema" or name == SCHEMA,
            },
        )
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == []


def test_migrating_twice_changes_nothing(owner_url, template):
    provision.migrate(owner_url)

    with psycopg.connect(owner_url) as connection:
        assert connection.execute("select count(*) from etappe.alembic_version").fetchone() == (1,)


def test_revisions_are_linear_and_numbered():
    script = ScriptDirectory.from_config(alembic_config("postgresql://nobody@/none"))
    revisions = [r.revision for r in script.walk_revisions()][::-1]

    assert len(script.get_heads()) == 1
    assert [r[:4] for r in revisions] == [f"{n:04}" for n in range(1, len(revisions) + 1)]


def test_migrations_never_import_the_models():
    assert [f.name for f in VERSIONS.glob("*.py") if "models" in f.read_text()] == []


def test_two_processes_that_migrate_at_once_both_succeed(postgres, empty_database):
    program = "import sys; from services.db import provision; provision.migrate(sys.argv[1])"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, postgres.url(OWNER, empty_database)],
            cwd=VERSIONS.parents[3],
            env={**os.environ, "PYTHONPATH": str(VERSIONS.parents[3])},
        )
        for _ in range(2)
    ]

    assert [p.wait(timeout=60) for p in both] == [0, 0]
