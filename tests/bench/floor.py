"""The floor: a bare Flask endpoint with one SELECT FOR UPDATE, one 3 KB UPDATE, three INSERTs, the Mandant and a commit.

It uses the same server, driver, pool and database as the product, and nothing of the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, request
from sqlalchemy import create_engine, make_url, text

if TYPE_CHECKING:
    from services.settings import Settings

TABLES = """
    create table if not exists bench_vorgang (id bigint primary key, mandant text not null, rev int not null, state bytea not null);
    create table if not exists bench_eintrag (id bigint generated always as identity primary key, mandant text not null,
                                              vorgang bigint not null, art text not null, text text not null, am timestamptz not null);
    grant select, insert, update on bench_vorgang, bench_eintrag to etappe_app
"""
PAYLOAD = b"x" * 3000
SELECT = text("select rev, state from bench_vorgang where id = :id for update")
UPDATE = text("update bench_vorgang set state = :state, rev = rev + 1 where id = :id and rev = :rev")
INSERT = text("insert into bench_eintrag (mandant, vorgang, art, text, am) values ('bench', :id, :art, :text, now())")


def create_floor(settings: Settings) -> Flask:
    """The application with the one endpoint ``POST /boden/<id>``."""
    app = Flask("floor")
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"), pool_size=settings.pool_size,
                           connect_args={"options": "-c search_path=etappe -c app.mandant="})

    @app.post("/boden/<int:number>")
    def floor(number: int) -> tuple[str, int]:
        body = request.get_json()
        with engine.begin() as connection:
            connection.exec_driver_sql("select set_config('app.mandant', %s, true)", ("bench",))
            row = connection.execute(SELECT, {"id": number}).one()
            connection.execute(UPDATE, {"id": number, "rev": row.rev, "state": PAYLOAD})
            for art in ("aufgabe", "verlauf", "audit"):
                connection.execute(INSERT, {"id": number, "art": art, "text": str(body)[:200]})
        return "", 204
    return app
