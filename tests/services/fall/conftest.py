"""Cases to start from."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from services.fall import akte as akte_modul
from services.fall import einwilligungen, faelle, uebergaben
from services.fall.faelle import NeuePerson
from services.unit_of_work import transact
from tests.builders import actor

FAMILIE = (
    NeuePerson(vorname="Samira", nachname="Qaderi", geburtsdatum=date(1992, 3, 14), hauptperson=True, aufenthalt="asylverfahren"),
    NeuePerson(vorname="Elyas", nachname="Qaderi", geburtsdatum=date(2014, 6, 2)),
)


@pytest.fixture
def akte(app):
    """Aktenzeichen of an open case of the Servicestelle; nobody outside sees it."""
    return faelle.anlegen(app, actor("falkenrath"), personen=FAMILIE, zugangsweg="M4", rechtskreise=["asylblg"], login="falkenrath")


@pytest.fixture
def sql(owner_url):
    """Runs a statement as the owner and returns its rows."""
    with psycopg.connect(owner_url, autocommit=True) as connection:

        def run(query, *values):
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else None

        yield run


@pytest.fixture
def people(sql, akte):
    """Keys of the main person and the child."""
    return [key for (key,) in sql("select key from etappe.person where aktenzeichen = %s order by hauptperson desc", akte)]


@pytest.fixture
def einwilligung(app, akte, people):
    """Gives consent for the whole family; keywords change what is agreed to."""

    def give(empfaenger="awo", **changes):
        values = {"zweck": "uebergabe", "abschnitte": ["stammdaten", "aufenthalt", "ziele"], "sprache": "Dari", "form": "schriftlich",
                  "textfassung": "3 vom 01.07.2026", "auch_fuer": people[1:], **changes}
        return einwilligungen.erteilen(app, actor("falkenrath"), aktenzeichen=akte, person=people[0], empfaenger=empfaenger, **values)

    return give


@pytest.fixture
def angebot(app, akte, einwilligung):
    """Offers the case to the AWO, with consent; returns the key of the handover."""

    def offer(empfaenger="awo", abschnitte=("stammdaten", "aufenthalt", "ziele"), **more):
        einwilligung(empfaenger)
        key = uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger=empfaenger, abschnitte=abschnitte, grund="Regel Z3", **more)
        uebergaben.anbieten(app, actor("falkenrath"), uebergabe=key)
        return key

    return offer


@pytest.fixture
def schreiben(app, akte):
    """Writes sections as somebody who completes a task."""

    def write(inhalte, login="falkenrath", person=None):
        transact(app, actor(login), lambda uow: akte_modul.write_sections(uow, uow.actor, akte, person, inhalte, form_id="test.form", form_version=1))

    return write


@pytest.fixture
def wait_until_blocked(postgres, database):
    """Waits until another connection waits for a lock: a state of the database, not a length of time."""

    def wait():
        query = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        with psycopg.connect(postgres.url(database=database), autocommit=True) as admin:
            for _ in range(1000):
                if admin.execute(query).fetchone():
                    return
                admin.execute("select pg_sleep(0.01)")
        raise AssertionError("nobody waits")

    return wait
