from __future__ import annotations

import psycopg
import pytest

from services.errors import InvalidInput, NotFound, NotPermitted
from services.fall import verantwortung
from services.unit_of_work import transact
from tests.builders import actor


def test_reassignment_closes_one_period_when_the_next_begins(app, akte):
    app.clock.advance(days=3)

    verantwortung.zuweisen(app, actor("falkenrath"), aktenzeichen=akte, login="brueggen", grund="Urlaub")

    first, second = verantwortung.verlauf(app, actor("falkenrath"), aktenzeichen=akte)
    assert (first.name, second.name, second.bis, second.grund) == ("Ines Falkenrath", "Lena Brüggen", None, "Urlaub")
    assert first.bis == second.von == app.clock.now()


def test_two_reassignments_in_the_same_instant_keep_one_holder(app, akte):
    for login in ("brueggen", "falkenrath", None):
        verantwortung.zuweisen(app, actor("osterkamp"), aktenzeichen=akte, login=login, grund="Test")

    assert [h.login for h in verantwortung.verlauf(app, actor("osterkamp"), aktenzeichen=akte)][-1] is None


def test_clock_that_runs_behind_never_makes_a_period_end_before_it_began(app, akte):
    app.clock.advance(seconds=-5)

    verantwortung.zuweisen(app, actor("osterkamp"), aktenzeichen=akte, login="brueggen", grund="Test")

    first, second = verantwortung.verlauf(app, actor("osterkamp"), aktenzeichen=akte)
    assert first.von == first.bis == second.von


def test_nobody_assigns_people_of_another_organisation(app, akte):
    with pytest.raises(InvalidInput):
        verantwortung.zuweisen(app, actor("osterkamp"), aktenzeichen=akte, login="wieland", grund="Test")
    with pytest.raises(NotFound):
        verantwortung.zuweisen(app, actor("wieland"), aktenzeichen=akte, login="wieland", grund="Test")


def test_lead_by_law_is_another_fact_than_responsibility(app, akte):
    verantwortung.federfuehrung_setzen(app, actor("falkenrath"), aktenzeichen=akte, organisation="jobcenter", grund="§ 14 SGB II")

    (holder,) = verantwortung.verlauf(app, actor("falkenrath"), aktenzeichen=akte)
    assert holder.organisation == "servicestelle_zuwanderung"


def test_koordination_that_opened_a_case_sees_it_after_it_moved_but_changes_nothing(app, akte):
    transact(app, actor("falkenrath"), lambda uow: verantwortung.transfer(uow, akte, organisation="awo", login=None, grund="Test"))

    assert len(verantwortung.verlauf(app, actor("osterkamp"), aktenzeichen=akte)) == 2
    with pytest.raises(NotPermitted):
        verantwortung.zuweisen(app, actor("osterkamp"), aktenzeichen=akte, login="osterkamp", grund="Test")
    with pytest.raises(NotFound):
        verantwortung.verlauf(app, actor("falkenrath"), aktenzeichen=akte)


SECOND = "insert into etappe.fallverantwortung (key, mandant, aktenzeichen, organisation, von, bis, grund, durch) values (1, 'moers', %s, 'awo', {}, {}, '', '')"


@pytest.mark.parametrize(
    ("von", "bis"),
    [
        ("now()", "null"),
        ("timestamptz '2026-09-02 09:00Z'", "timestamptz '2026-09-02 10:00Z'"),
        ("timestamptz '2026-09-01 00:00Z'", "timestamptz '2026-09-02 08:01Z'"),
    ],
)
def test_database_refuses_a_second_holder(akte, sql, von, bis):
    with pytest.raises((psycopg.errors.ExclusionViolation, psycopg.errors.UniqueViolation)):
        sql(SECOND.format(von, bis), akte)


@pytest.mark.parametrize(
    "statement",
    [
        "update etappe.fallverantwortung set bis = timestamptz '2026-09-03 00:00Z' where aktenzeichen = %s",
        "delete from etappe.fallverantwortung where aktenzeichen = %s",
        "update etappe.fallverantwortung set von = timestamptz '2026-09-02 08:00:01Z' where aktenzeichen = %s",
    ],
)
def test_database_refuses_a_moment_without_holder(akte, sql, statement):
    with pytest.raises(psycopg.errors.CheckViolation):
        sql(statement, akte)


def test_database_refuses_a_case_without_holder(akte, sql):
    with pytest.raises(psycopg.errors.CheckViolation):
        sql(
            "insert into etappe.fall (mandant, aktenzeichen, status, phase, erstkontakt, organisation, angelegt_am, angelegt_von) "
            "values ('moers', 'MO-1', 'offen', 'zugang', '2026-01-01', 'awo', now(), '')"
        )


def test_database_refuses_a_gap_between_two_holders(akte, owner_url):
    with psycopg.connect(owner_url) as connection:
        connection.execute("update etappe.fallverantwortung set bis = timestamptz '2026-09-03 00:00Z' where aktenzeichen = %s", (akte,))
        connection.execute(SECOND.format("timestamptz '2026-09-03 00:01Z'", "null"), (akte,))
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.commit()


def test_application_cannot_rewrite_history(app, akte):
    with app.engine.connect() as connection, pytest.raises(Exception, match="permission denied"):
        connection.exec_driver_sql("update fallverantwortung set organisation = 'awo'")
