"""The decision table of the Fallverantwortung against the text of the concept, written down a second time here."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from engine.dmn import DecisionModel, parse
from engine.feel import evaluate_json
from processes import profil

FOLDER = Path(__file__).parents[3] / "processes" / "fallverantwortung"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
AUFENTHALTE = (
    "asylverfahren", "bleiberecht", "duldung", "eu_freizuegigkeit", "visum_drei_monate", "gesundheitsvisum", "studium",
    "unbegleitet_minderjaehrig", None,
)
AUSGESCHLOSSEN = {"visum_drei_monate", "gesundheitsvisum", "studium", "unbegleitet_minderjaehrig"}
SERVICESTELLE = ("eigene_stelle", "servicestelle")
KOORDINATION = ("koordination", None)
YOUNG, OLDER = "bis_27", "ab_27"


@cache
def table() -> DecisionModel:
    return parse((FOLDER / "fallverantwortung.dmn").read_bytes())


@cache
def mappings() -> dict[str, str]:
    """Input of the decision -> FEEL text, as the model hands it over."""
    task = etree.parse(str(FOLDER / "fallverantwortung.bpmn")).find(f".//{BPMN}businessRuleTask")
    return {row.get("target"): row.get("source")[1:] for row in task.iter(f"{ZEEBE}input")}


def ask(**inputs) -> tuple[str, str, str | None]:
    default = {
        "ausgeschlossen": False, "beratung_besteht": False, "wechsel_gewuenscht": False, "aufenthalt": "asylverfahren", "altersgruppe": YOUNG,
        "bezieht_sgb2": False, "jobcenter_fallmanagement": False, "jobcenter_einverstanden": False, "jugendmigrationsdienst_frei": True,
        "fluechtlingsberatung_frei": True, "migrationsberatung_frei": True, "jobcenter_beauftragt": False, "kooperationsvertrag": False,
    }
    assert not set(inputs) - set(default)
    result = table().evaluate("fallverantwortung", {**default, **inputs})
    assert not result.problems
    assert len(result.matched_rules) == 1
    return result.value["regel"], result.value["weg"], result.value["funktion"]


def concept(c: dict) -> tuple[str, str, str | None]:
    """The rules in the words of the concept (004:L1086-1109); gaps go to the Koordination."""
    if c["aufenthalt"] in AUSGESCHLOSSEN:
        return "Z0", "ausgeschlossen", None
    young = c["altersgruppe"] == YOUNG
    if c["aufenthalt"] == "asylverfahren":
        if young and c["jugendmigrationsdienst_frei"]:
            return "Z2", "funktion", "jugendmigrationsdienst"
        if c["fluechtlingsberatung_frei"]:
            return "Z3", "funktion", "fluechtlingsberatung"
        return "Z4", *SERVICESTELLE
    if c["aufenthalt"] == "bleiberecht":
        if c["bezieht_sgb2"] and c["jobcenter_fallmanagement"]:
            return "Z5", "funktion", "jobcenter"
        if c["bezieht_sgb2"] and not c["jobcenter_einverstanden"]:
            return "Luecke_Einvernehmen", *KOORDINATION
        if young and c["jugendmigrationsdienst_frei"]:
            return "Z6", "funktion", "jugendmigrationsdienst"
        if c["migrationsberatung_frei"]:
            return "Z7", "abwechselnd", "migrationsberatung"
        if not c["bezieht_sgb2"]:
            return "Z8", *SERVICESTELLE
        if c["jobcenter_beauftragt"] and c["kooperationsvertrag"]:
            return "Z9", *SERVICESTELLE
        return "Z10", *KOORDINATION
    return "Luecke_Aufenthalt", *KOORDINATION


@pytest.mark.parametrize("aufenthalt", AUFENTHALTE)
def test_every_combination_follows_the_concept(aufenthalt: str | None) -> None:
    names = (
        "altersgruppe", "bezieht_sgb2", "jobcenter_fallmanagement", "jobcenter_einverstanden", "jugendmigrationsdienst_frei",
        "fluechtlingsberatung_frei", "migrationsberatung_frei", "jobcenter_beauftragt", "kooperationsvertrag",
    )
    # Where the status alone decides, the other inputs need only be tried at their extremes.
    choices = itertools.product((True, False), repeat=len(names)) if aufenthalt in {"asylverfahren", "bleiberecht"} else [(True,) * 9, (False,) * 9]
    for values in choices:
        case = dict(zip(names, values, strict=True)) | {"aufenthalt": aufenthalt, "altersgruppe": YOUNG if values[0] else OLDER}
        assert ask(**case, ausgeschlossen=aufenthalt in AUSGESCHLOSSEN) == concept(case), case


@pytest.mark.parametrize("aufenthalt", ["asylverfahren", "bleiberecht", "duldung", None])
def test_existing_relationship_wins_unless_a_change_is_wished(aufenthalt: str | None) -> None:
    assert ask(aufenthalt=aufenthalt, beratung_besteht=True, bezieht_sgb2=True, jobcenter_fallmanagement=True) == ("Z1", "bestehende", None)
    assert ask(aufenthalt=aufenthalt, beratung_besteht=True, wechsel_gewuenscht=True)[0] != "Z1"


def test_excluded_group_wins_over_existing_relationship() -> None:
    assert ask(aufenthalt="studium", ausgeschlossen=True, beratung_besteht=True) == ("Z0", "ausgeschlossen", None)


@pytest.mark.parametrize("aufenthalt", ["asylverfahren", "bleiberecht"])
@pytest.mark.parametrize("frei", [True, False])
def test_unknown_age_is_nobodys_guess(aufenthalt: str, frei: bool) -> None:
    answer = ask(aufenthalt=aufenthalt, altersgruppe=None, jugendmigrationsdienst_frei=frei, fluechtlingsberatung_frei=frei, migrationsberatung_frei=frei)

    assert answer == ("Luecke_Aufenthalt", *KOORDINATION)


@pytest.mark.parametrize(
    ("hoechstalter", "alter", "group"),
    [
        (26, 25, YOUNG), (26, 26, YOUNG), (26, 27, OLDER), (26, 28, OLDER), (27, 26, YOUNG), (27, 27, YOUNG), (27, 28, OLDER), (25, 26, OLDER),
        (26, None, None),
    ],
)
def test_age_boundary_is_a_setting(hoechstalter: int, alter: int | None, group: str | None) -> None:
    context = {"fall": {"alter": alter}, "profil": {"regel": {"jugend_hoechstalter": hoechstalter}}}

    assert evaluate_json(mappings()["altersgruppe"], context) == group


def test_profile_of_moers_ends_youth_with_the_27th_birthday() -> None:
    context = {"profil": profil.load("moers").as_facts()}

    answers = [evaluate_json(mappings()["altersgruppe"], context | {"fall": {"alter": alter}}) for alter in (26, 27, 28)]

    assert answers == [YOUNG, OLDER, OLDER]


@pytest.mark.parametrize("aufenthalt", AUFENTHALTE)
def test_exclusions_come_from_the_profile(aufenthalt: str | None) -> None:
    context = {"fall": {"aufenthalt": aufenthalt}, "profil": profil.load("moers").as_facts()}

    assert evaluate_json(mappings()["ausgeschlossen"], context) is (aufenthalt in AUSGESCHLOSSEN)


def test_an_organisation_that_refused_counts_as_full() -> None:
    model = etree.parse(str(FOLDER / "fallverantwortung.bpmn"))
    task = next(t for t in model.iter(f"{BPMN}serviceTask") if t.get("id") == "kapazitaet_pruefen")
    wanted, = (row.get("source")[1:] for row in task.iter(f"{ZEEBE}input"))
    free, = (row.get("source")[1:] for row in task.iter(f"{ZEEBE}output"))
    facts = {"profil": profil.load("moers").as_facts()}

    asked = evaluate_json(wanted, facts)
    context = {"organisationen": asked, "kapazitaet": dict.fromkeys(asked, True) | {"caritas_migrationsberatung": False}, "ausgeschiedene_stellen": ["awo_migrationsberatung"]}

    assert asked == ["ib_jugendmigrationsdienst", "awo_fluechtlingsberatung", "awo_migrationsberatung", "caritas_migrationsberatung"]
    assert evaluate_json(free, context) == ["ib_jugendmigrationsdienst", "awo_fluechtlingsberatung"]


def test_table_names_functions_that_the_profile_knows() -> None:
    functions = {"jugendmigrationsdienst", "fluechtlingsberatung", "migrationsberatung", "jobcenter", "servicestelle"}

    outputs = {entry.text for entry in etree.parse(str(FOLDER / "fallverantwortung.dmn")).iter("{*}text")}

    assert {f'"{name}"' for name in functions} <= outputs
    assert functions <= set(profil.load("moers").funktion)
