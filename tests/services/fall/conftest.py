"""Cases to start from."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from services.fall import faelle
from services.fall.faelle import NeuePerson
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
