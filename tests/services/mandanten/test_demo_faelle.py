"""The invented cases of every Kommune: in different phases, each with a task that somebody who can log in has."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from sqlalchemy import text

from processes import bibliothek, profil
from services import demo, demo_faelle, demo_wege
from services.context import system_actor
from services.prozess import deployments
from services.prozess.deployments import Resource
from services.unit_of_work import read
from tests.services.mandanten.test_kommunen import app, people  # noqa: F401  the fixture

LEBEN = Path(__file__).parents[2] / "reise" / "leben"


@pytest.mark.parametrize("kommune", sorted(demo_wege.WEGE))
def test_kommune_has_living_cases_in_every_phase(app, kommune):  # noqa: F811  the fixture
    demo.load(app, [kommune])
    # Deploying every model would take most of the time; a missing one would stop a case with an incident.
    wanted = set(yaml.safe_load((LEBEN / f"{kommune}.yaml").read_text())["prozesse"])
    deployments.deploy(app, people(app, kommune)[demo.logins(kommune)[-1]], resources=[
        Resource(name=d.name.rsplit("/", 1)[-1], data=d.data) for d in bibliothek.dateien() if d.key in wanted])
    demo.load_faelle(app, [kommune])
    demo.load_faelle(app, [kommune])  # what is there stays as it is

    def rows(statement: str) -> list:
        return read(app, system_actor(kommune), lambda uow: list(uow.session.execute(text(statement))))
    cases = rows("select f.aktenzeichen, f.phase, (select count(*) from user_task t where t.business_id = f.aktenzeichen and t.status = 'CREATED' "
                 "and t.assignee is not null) as aufgaben from fall f order by 1")
    assert 5 <= len(cases) <= 8
    assert {"zugang", "assessment", "hilfeplanung", "monitoring"} <= {case.phase for case in cases}
    assert all(case.aufgaben for case in cases)
    assert rows("select * from incident") == []
    mine = {row.assignee for row in rows("select distinct assignee from user_task where status = 'CREATED' and assignee is not null")}
    assert demo.logins(kommune)[0] in mine
    assert mine <= set(people(app, kommune))


def test_what_is_said_about_a_child_is_not_what_is_said_about_its_mother(app):  # noqa: F811  the fixture
    demo.load(app, [demo.FIRST])
    wanted = set(yaml.safe_load((LEBEN / "moers.yaml").read_text())["prozesse"])
    deployments.deploy(app, people(app, demo.FIRST)["verwaltung"], resources=[
        Resource(name=d.name.rsplit("/", 1)[-1], data=d.data) for d in bibliothek.dateien() if d.key in wanted])
    demo.load_faelle(app, [demo.FIRST])

    told = read(app, system_actor(demo.FIRST), lambda uow: uow.session.execute(text(
        "select distinct p.geburtsdatum > current_date - interval '14 years' as kind, a.inhalt ->> 'berufsausbildung' as beruf "
        "from akte_abschnitt a join person p on p.key = a.person where a.inhalt ? 'berufsausbildung'")).all())

    assert {beruf for kind, beruf in told if kind} == {demo_faelle.KINDERWORTE["beruf"]}
    assert {beruf for kind, beruf in told if not kind} == {demo_faelle.WORTE["beruf"]}


def test_families_are_not_the_same_everywhere():
    assert set(demo_wege.WEGE) == set(profil.namen()) - {demo.FIRST}
    assert len({(first, last) for first, last, _ in demo_wege.FAMILIEN}) == len(demo_wege.FAMILIEN)
