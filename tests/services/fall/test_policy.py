"""The pure rules, and that lists follow them row for row."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select

from services import policy
from services.context import system_actor
from services.db.models.fall import Fall
from services.db.models.prozess import UserTask
from services.errors import NotFound, NotPermitted
from services.fall import einwilligungen, faelle, uebergaben, verantwortung
from services.fall.faelle import NeuePerson
from services.policy import AbschnittTarget, Action, FallTarget, MandantTarget, TaskTarget, UebergabeTarget
from services.unit_of_work import read, transact
from tests.builders import BENUTZER, ORGANISATIONEN, actor

LOGINS = [b[0] for b in BENUTZER]


def task(**changes):
    return TaskTarget(**{"mandant": "moers", "assignee": None, "candidate_groups": frozenset(), "candidate_users": frozenset(), **changes})


def case(**changes):
    return FallTarget(**{"mandant": "moers", "aktenzeichen": "MO-1", "inhaber": "servicestelle_zuwanderung", "verantwortlich": None,
                         "federfuehrend": None, "organisation": "servicestelle_zuwanderung", **changes})


@pytest.mark.parametrize(("login", "target", "read_", "claim", "assign", "complete"), [
    ("falkenrath", task(assignee="falkenrath"), True, True, True, True),
    ("falkenrath", task(assignee="brueggen", candidate_groups=frozenset({"fallmanagement"})), True, False, False, False),
    ("falkenrath", task(candidate_groups=frozenset({"servicestelle"})), True, True, False, True),
    ("falkenrath", task(candidate_users=frozenset({"falkenrath"})), True, True, False, True),
    ("falkenrath", task(candidate_groups=frozenset({"servicestelle_zuwanderung"})), True, True, False, True),
    ("falkenrath", task(candidate_groups=frozenset({"awo"})), False, False, False, False),
    ("osterkamp", task(assignee="falkenrath", organisationen=frozenset({"servicestelle_zuwanderung"})), True, False, True, False),
    ("osterkamp", task(assignee="wieland", organisationen=frozenset({"awo"})), False, False, False, False),
    ("wieland", task(candidate_groups=frozenset({"awo"})), True, True, False, True),
    ("domhoff", task(candidate_groups=frozenset({"fallmanagement"})), False, False, False, False),
    # Offered to an organisation: whoever works on cases there, not whoever is employed there; without a case everybody there.
    ("lindqvist", task(candidate_groups=frozenset({"caritas"})), True, True, False, True),
    *((login, task(candidate_groups=frozenset({"servicestelle_zuwanderung"})), False, False, False, False) for login in ("dsb", "verwaltung", "prozess")),
    ("dsb", task(candidate_groups=frozenset({"servicestelle_zuwanderung"}), ohne_fall=True), True, True, False, True),
    ("dsb", task(assignee="dsb", candidate_groups=frozenset({"servicestelle_zuwanderung"})), True, True, True, True),
])
def test_task_rules(login, target, read_, claim, assign, complete):
    who = actor(login)

    assert [bool(policy.may(who, a, target)) for a in (Action.TASK_READ, Action.TASK_CLAIM, Action.TASK_ASSIGN, Action.TASK_COMPLETE)] == [
        read_, claim, assign, complete]


@pytest.mark.parametrize(("login", "target", "may_read", "may_write"), [
    ("falkenrath", case(), True, True), ("osterkamp", case(), True, True), ("wieland", case(), False, False),
    ("wieland", case(freigegeben=True), True, False), ("lindqvist", case(freigegeben=True), True, False),
    ("lindqvist", case(inhaber="caritas"), False, False), ("lindqvist", case(inhaber="caritas", verantwortlich="lindqvist"), True, True),
    ("falkenrath", case(inhaber="awo"), False, False), ("osterkamp", case(inhaber="awo"), True, False),
    ("osterkamp", case(inhaber="awo", organisation="awo"), False, False),
    ("osterkamp", case(inhaber="awo", organisation="awo", federfuehrend="servicestelle_zuwanderung"), True, False),
    ("falkenrath", case(inhaber="awo", eigene_aufgabe=True), True, False),
    ("dsb", case(), False, False), ("verwaltung", case(freigegeben=True), False, False), ("prozess", case(), False, False),
    ("domhoff", case(inhaber="kim_koeln", organisation="kim_koeln"), False, False),
])
def test_case_rules(login, target, may_read, may_write):
    assert (bool(policy.may(actor(login), Action.FALL_READ, target)), bool(policy.may(actor(login), Action.FALL_WRITE, target))) == (may_read, may_write)


def test_section_of_others_is_seen_only_where_lent_and_internal_ones_never():
    lent = case(freigegeben=True)
    see = lambda name, **more: bool(policy.may(actor("wieland"), Action.ABSCHNITT_READ, AbschnittTarget(  # noqa: E731  one call, named where it is used
        fall=lent, abschnitt=name, organisation="servicestelle_zuwanderung", **more)))

    assert (see("ziele"), see("ziele", freigegeben=True), see("fallbesprechung", freigegeben=True)) == (False, True, False)


def test_handover_rules():
    handover = UebergabeTarget(mandant="moers", absender="servicestelle_zuwanderung", empfaenger="awo", status="angeboten")
    rights = {login: [bool(policy.may(actor(login), a, handover)) for a in (Action.UEBERGABE_READ, Action.UEBERGABE_OFFER, Action.UEBERGABE_ANSWER)]
              for login in LOGINS}

    assert {k: v for k, v in rights.items() if any(v)} == {
        "falkenrath": [True, True, False], "brueggen": [True, True, False], "osterkamp": [True, True, False], "wieland": [True, False, True]}


@pytest.mark.parametrize(("action", "logins"), [
    (Action.FALL_CREATE, {"falkenrath", "brueggen", "osterkamp", "wieland"}), (Action.SUPERVISE, {"osterkamp"}),
    (Action.DEPLOY, {"prozess", "verwaltung"}), (Action.AUDIT_READ, {"dsb"}), (Action.ADMINISTER, {"verwaltung"})])
def test_rights_in_the_whole_mandant(action, logins):
    assert {login for login in LOGINS if policy.may(actor(login), action, MandantTarget(mandant="moers"))} == logins


@pytest.mark.parametrize("action", list(Action))
def test_no_right_crosses_the_mandant(action):
    for target in (task(), case(), MandantTarget(mandant="moers"), AbschnittTarget(fall=case(), abschnitt="ziele", organisation="kim_koeln"),
                   UebergabeTarget(mandant="moers", absender="kim_koeln", empfaenger="kim_koeln", status="angeboten")):
        for who in (actor("domhoff"), system_actor("koeln")):
            assert policy.may(who, action, target).hidden


def test_refusal_hides_what_the_person_may_not_know():
    with pytest.raises(NotFound):
        policy.require(actor("wieland"), Action.FALL_WRITE, case())
    with pytest.raises(NotPermitted):
        policy.require(actor("wieland"), Action.FALL_WRITE, case(freigegeben=True))
    with pytest.raises(NotFound):
        policy.require(actor("wieland"), Action.FALL_READ, None)


INSERT_INSTANCE = """
    insert into etappe.deployment (key, mandant, name, erstellt, erstellt_von) values (1, 'moers', 'x', now(), 'x');
    insert into etappe.process_definition (key, mandant, deployment_key, process_id, version, resource_name, xml, checksum)
    values (1, 'moers', 1, 'p', 1, 'p', '', '');
    insert into etappe.process_instance (key, mandant, definition_key, process_id, version, status, rev, root_key, started)
    values (1, 'moers', 1, 'p', 1, 'ACTIVE', 1, 1, now())
"""


def test_lists_show_exactly_what_the_details_allow(app, sql):
    dice = random.Random(20260902)
    organisations = [o[1] for o in ORGANISATIONEN if o[0] == "moers"]
    people = [b for b in BENUTZER if b[1] == "moers"]
    cases = []
    for number in range(9):
        akte = faelle.anlegen(app, actor("falkenrath"), personen=[NeuePerson(vorname="A", nachname=f"N{number}", hauptperson=True)])
        cases.append(akte)
        person, = (k for (k,) in sql("select key from etappe.person where aktenzeichen = %s", akte))
        if dice.random() < 0.6:
            to = dice.choice(["awo", "caritas"])
            einwilligungen.erteilen(app, actor("falkenrath"), aktenzeichen=akte, person=person, empfaenger=to, zweck="uebergabe",
                                    abschnitte=["ziele"], sprache="Dari", form="schriftlich", textfassung="1")
            key = uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger=to, abschnitte=["ziele"], grund="x")
            if dice.random() < 0.8:
                uebergaben.anbieten(app, actor("falkenrath"), uebergabe=key)
        if dice.random() < 0.5:
            who = dice.choice(people)
            transact(app, system_actor("moers"), lambda uow, a=akte, w=who: verantwortung.transfer(uow, a, organisation=w[3], login=w[0], grund="x"))
        if dice.random() < 0.3:
            sql("update etappe.fall set federfuehrend = %s, organisation = %s where aktenzeichen = %s", *dice.sample(organisations, 2), akte)
    sql(INSERT_INSTANCE)
    groups = ["servicestelle", "fallmanagement", "koordination", *organisations]
    for number in range(36):
        sql("insert into etappe.user_task (key, mandant, instance_key, root_key, definition_key, process_id, version, business_id, task_id, element_id, "
            "assignee, candidate_groups, candidate_users, status, created) values (%s, 'moers', 1, 1, 1, 'p', 1, %s, %s, 'e', %s, %s, %s, 'CREATED', now())",
            number, dice.choice([*cases, None]), str(number), dice.choice([None, *(p[0] for p in people)]),
            dice.sample(groups, dice.randint(0, 2)), dice.sample([p[0] for p in people], dice.randint(0, 1)))

    today = app.clock.today()
    seen = 0
    for login in LOGINS:
        who = actor(login)

        def work(uow, who=who):
            listed = set(uow.session.scalars(select(Fall.aktenzeichen).where(policy.visible_faelle(who, today))))
            targets = {a: policy.fall_target(uow.session, who, a, today) for a in cases}
            allowed = {a for a, t in targets.items() if t and policy.may(who, Action.FALL_READ, t)}
            tasks = set(uow.session.scalars(select(UserTask.key).where(policy.visible_tasks(who))))
            may = {t.key for t in uow.session.scalars(select(UserTask)) if policy.may(who, Action.TASK_READ, policy.task_target(uow.session, who, t))}
            return listed, allowed, tasks, may

        listed, allowed, tasks, may = read(app, who, work)
        assert listed == allowed, login
        assert tasks == may, login
        seen += len(listed) + len(tasks)
    assert seen > 60
