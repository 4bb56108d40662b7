"""Roles, database and extensions, then the migrations. Runs with the owner's rights; the application never has them."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import make_url

OWNER, APP = "etappe_owner", "etappe_app"


def create_database(admin_url: str, name: str) -> None:
    """Create the two roles and the database where they are missing. ``admin_url`` needs CREATEROLE and CREATEDB."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role in (OWNER, APP):
            if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
                connection.execute(sql.SQL("create role {} login nosuperuser nobypassrls").format(sql.Identifier(role)))
        if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(OWNER)))


def alembic_config(owner_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = make_url(owner_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return config


def migrate(owner_url: str) -> None:
    """Bring the schema to the newest revision; a second process waits for the first."""
    with psycopg.connect(owner_url, autocommit=True) as lock:
        if not lock.execute("select 1 from pg_roles where rolname = %s", (APP,)).fetchone():
            lock.execute(sql.SQL("create role {} nologin nosuperuser nobypassrls").format(sql.Identifier(APP)))
        lock.execute("select pg_advisory_lock(742018)")
        command.upgrade(alembic_config(owner_url), "head")
