"""Alembic environment: online only, one connection of the owner."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text

from services.db.models import SCHEMA, Base

config = context.config


def include_name(name: str | None, type_: str, _parents: object) -> bool:
    """Only our own schema: the queue's tables have their own migrations."""
    return type_ != "schema" or name == SCHEMA


engine = create_engine(config.attributes["url"], connect_args={"options": "-c lock_timeout=10000 -c statement_timeout=600000"})
with engine.connect() as connection:
    connection.execute(text(f"create schema if not exists {SCHEMA}"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata, version_table_schema=SCHEMA, include_schemas=True,
                      include_name=include_name, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
