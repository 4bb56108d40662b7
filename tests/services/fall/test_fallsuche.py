"""The search shows what the policy shows, name by name and person by person, however many bear the name."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import select

from services import policy
from services.context import Actor
from services.db.models.fall import Person
from services.fall import einwilligungen, faelle, fallsuche, freigaben, sortierung, uebergaben
from services.fall.faelle import NeuePerson
from services.unit_of_work import read
from tests.builders import actor

LOGINS = ("falkenrath", "osterkamp", "wieland", "lindqvist", "dsb", "domhoff")
GIVEN = ("Amina", "Omid", "Dilnaz", "Elyas")
FAMILY = ("Qaderi", "Özdemir", "Aminzada", "Da Silva", "Yıldız", "Al Amin")
ASKED = ("amina", "Omid", "qa", "amin", "özdemir", "Dilnaz Qaderi", "al amin", "MO-2026-01", "0007", "7", "a", "nichts da")
NUMBER = 150


@pytest.fixture
def many(owner_url):
    """Cases of three organisations, most of one; every third has a child, whose name may be the one that is found."""
    dice = random.Random(20261122)
    with psycopg.connect(owner_url) as connection:  # one transaction: a case needs its holder at the commit
        sql = connection.cursor()
        sql.execute("insert into etappe.fall_zaehler (mandant, jahr, letzte) values ('moers', 2026, %s)", (NUMBER,))
        for n in range(1, NUMBER + 1):
            organisation = dice.choice(["servicestelle_zuwanderung"] * 8 + ["awo", "caritas"])
            login = {"awo": "wieland", "caritas": "lindqvist"}.get(organisation) if dice.random() < 0.5 else None
            akte = f"MO-2026-{n:04}"
            people = [(dice.choice(FAMILY), dice.choice(GIVEN)) for _ in range(2 if n % 3 == 0 else 1)]
            sql.execute("insert into etappe.fall (mandant, aktenzeichen, status, phase, organisation, angelegt_am, erstkontakt, angelegt_von) "
                        "values ('moers', %s, 'offen', 'zugang', %s, '2026-09-01', '2026-09-01', 'x')", (akte, organisation))
            sql.execute("insert into etappe.fallverantwortung (key, mandant, aktenzeichen, organisation, login, von, grund, durch) "
                        "values (%s, 'moers', %s, %s, %s, '2026-09-01', 'x', 'x')", (10**9 + n, akte, organisation, login))
            for number, (family, given) in enumerate(people):
                sql.execute("insert into etappe.person (key, mandant, aktenzeichen, vorname, nachname, hauptperson, sort_key, angelegt_am) "
                            "values (%s, 'moers', %s, %s, %s, %s, %s, '2026-09-01')",
                            (2 * 10**9 + 10 * n + number, akte, given, family, number == 0, sortierung.sort_key(family, given)))


@pytest.fixture
def lent(app, many, sql):
    """Loans to the AWO: one with the name, one without, one without consent any more."""
    for n, (sections, withdrawn) in enumerate([(["stammdaten", "ziele"], False), (["ziele"], False), (["stammdaten"], True)], start=1):
        akte = faelle.anlegen(app, actor("falkenrath"), personen=[NeuePerson(vorname="Amina", nachname="Verliehen", hauptperson=True)])
        ((person,),) = sql("select key from etappe.person where aktenzeichen = %s", akte)
        (consent,) = einwilligungen.erteilen(app, actor("falkenrath"), aktenzeichen=akte, person=person, empfaenger="awo", zweck="uebergabe",
                                             abschnitte=sections, sprache="Dari", form="schriftlich", textfassung=str(n))
        key = uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="awo", abschnitte=sections, grund="x")
        uebergaben.anbieten(app, actor("falkenrath"), uebergabe=key)
        if withdrawn:
            einwilligungen.widerrufen(app, actor("falkenrath"), einwilligung=consent, grund="x")


@dataclass
class Sichtbar:
    """A case that the policy shows, and whether its names are shown too."""

    aktenzeichen: str
    keys: list[str]
    order: str
    named: bool


def visible(app, who: Actor) -> list[Sichtbar]:
    """Every case is looked at and the policy is asked about each: slow, and plainly right."""

    def work(uow):
        today, found = app.clock.today(), []
        people = defaultdict(list)
        for person in uow.session.scalars(select(Person).order_by(Person.hauptperson.desc())):
            people[person.aktenzeichen].append(person.sort_key)
        for akte, keys in people.items():
            target = policy.fall_target(uow.session, who, akte, today)
            if policy.may(who, policy.Action.FALL_READ, target):
                named = policy.belongs(who, target) or any(f.abschnitt == "stammdaten" for f in freigaben.lent(uow.session, who, akte, today))
                found.append(Sichtbar(aktenzeichen=akte, keys=keys, order=keys[0], named=named))
        return found

    return read(app, who, work)


def meant(case: Sichtbar, wanted: str) -> bool:
    """Whether the case bears the name (a short word must begin it) or the number."""
    words, number = sortierung.fold(wanted).split(), wanted.upper()
    longest = max(words, key=len)
    if number.isdecimal():
        numbered = int(number) == int(case.aktenzeichen.rsplit("-", 1)[1])
    else:
        numbered = any(c.isdecimal() for c in number) and case.aktenzeichen.startswith(number)
    return numbered or (case.named and any(all(w in k for w in words) and (len(longest) > 2 or k.startswith(longest)) for k in case.keys))


def test_search_finds_what_the_policy_shows_in_the_order_of_the_list(app, lent, monkeypatch):
    shown_at_all, unfinished = 0, 0

    for login in (*LOGINS, "niemand"):
        who = actor(login) if login != "niemand" else Actor(login="niemand", name="N", mandant="moers", organisation="tafel", roles=frozenset({"partner"}))
        cases = visible(app, who)
        for wanted in ASKED:
            right = [c.aktenzeichen for c in sorted(cases, key=lambda c: (c.order, c.aktenzeichen)) if meant(c, wanted)]
            for first, at_most, few, very_few in ((100, 1000, 5000, 500), (100, 1000, 5000, 20), (10, 40, 30, 0), (4, 14, 0, 0)):
                monkeypatch.setattr(fallsuche, "ERSTER_BLICK", first)
                monkeypatch.setattr(fallsuche, "HOECHSTENS", at_most)
                monkeypatch.setattr(fallsuche, "WENIGE", few)
                monkeypatch.setattr(fallsuche, "SEHR_WENIGE", very_few)

                found = fallsuche.suchen(app, who, suche=wanted, grenze=12)

                shown = [z.aktenzeichen for z in found.zeilen]
                if found.vollstaendig:
                    assert (shown, found.weitere) == (right[:12], len(right) > 12), (login, wanted, at_most)
                else:
                    assert (shown, found.weitere, at_most < 1000) == (right[: len(shown)], True, True), (login, wanted, at_most)
                shown_at_all += len(shown)
                unfinished += not found.vollstaendig

    assert shown_at_all > 300
    assert unfinished > 0
