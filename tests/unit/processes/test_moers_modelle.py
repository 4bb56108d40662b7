"""What the models of access, responsibility and handover may contain: the contract, checked on the files."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from engine.feel import compile_expression
from forms.model import ChoiceField, Field
from forms.parse import parse
from processes import bibliothek, profil

if TYPE_CHECKING:
    from collections.abc import Iterator

ZUGANG = ("zugang_moers", "zugang_moers_erstkontakt", "zugang_moers_analyse", "zugang_moers_empfehlung")
KEYS = (*ZUGANG, "fallverantwortung", "warme_uebergabe", "uebergabe_vorbereitung", "uebergabe_angebot", "uebergabe_rueckgabe", "uebergabe_nachfrage")
# What a part of the access asks was answered in an earlier part of it.
FRUEHER = {"zugang_moers_analyse": ("zugang_moers_erstkontakt",), "zugang_moers_empfehlung": ("zugang_moers_erstkontakt", "zugang_moers_analyse")}
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
JOBS = {
    "fall.verantwortung_uebertragen": {"organisation", "person", "grund"},
    "partner.kapazitaet_pruefen": {"organisationen"},
    "partner.abwechselnd_waehlen": {"regel", "organisationen"},
    "einwilligung.pruefen": {"empfaenger", "zweck", "abschnitte"},
    "einwilligung.erteilen": {"empfaenger", "zweck", "abschnitte", "besondere_abschnitte", "sprache", "form", "gueltig_bis", "textfassung"},
    "uebergabe.anbieten": {"empfaenger", "zweck", "abschnitte", "grund", "antwort_bis"},
    "uebergabe.verfallen_lassen": {"uebergabe_id"},
    "uebergabe.widerrufen": {"uebergabe_id"},
    "uebergabe.uebernehmen": {"uebergabe_id"},
    "partner.informieren": {"anlass", "empfaenger"},
    "mail.senden": {"an", "vorlage", "daten"},
    "fall.notiz": {"text", "art"},
    "dokument.erzeugen": {"vorlage", "titel", "bezug", "daten"},
}
FACTS = {
    "fall": {"aktenzeichen", "verantwortlich", "verantwortliche_organisation", "alter", "aufenthalt", "bezieht_sgb2", "personen"},
    "profil": {"funktion", "regel", "organisationen"},
}
GESUNDHEIT = {"schwerbehinderung", "schwerbehinderung_text", "gesundheit", "befunde"}


def model(key: str) -> etree._Element:
    return etree.fromstring(next(d.data for d in bibliothek.modelle() if d.key == key))


def forms_of(key: str) -> dict[str, bytes]:
    return {Path(d.name).stem: d.data for d in bibliothek.formulare() if d.key == key}


def expressions(element: etree._Element) -> Iterator[str]:
    for node in element.iter(etree.Element):
        yield from (value for value in map(str, node.attrib.values()) if value.startswith("="))
        if node.text and node.text.strip().startswith("="):
            yield node.text.strip()


@pytest.mark.parametrize("key", KEYS)
def test_process_id_is_the_key_and_runs_on_the_platform(key: str) -> None:
    root = model(key)
    process, = root.findall(f"{BPMN}process")

    assert process.get("id") == key
    assert process.get("isExecutable") == "true"
    assert process.find(f".//{ZEEBE}versionTag") is not None
    assert root.get("{http://camunda.org/schema/modeler/1.0}executionPlatformVersion") == "8.9.0"


@pytest.mark.parametrize("key", KEYS)
def test_every_user_task_has_its_form_assignment_and_due_date(key: str) -> None:
    tasks = {task.get("id"): task for task in model(key).iter(f"{BPMN}userTask")}

    assert set(tasks) == set(forms_of(key))
    for id_, task in tasks.items():
        assert task.find(f".//{ZEEBE}formDefinition").get("formId") == f"{key}.{id_}"
        assert task.find(f".//{ZEEBE}assignmentDefinition").get("candidateGroups")
        assert task.find(f".//{ZEEBE}taskSchedule").get("dueDate").startswith("= string(")


@pytest.mark.parametrize("key", KEYS)
def test_jobs_are_built_in_and_get_exactly_their_inputs(key: str) -> None:
    for task in model(key).iter(f"{BPMN}serviceTask"):
        kind = task.find(f".//{ZEEBE}taskDefinition").get("type")

        assert {row.get("target") for row in task.iter(f"{ZEEBE}input")} == JOBS[kind], task.get("id")


@pytest.mark.parametrize("key", KEYS)
def test_default_flows_exist_and_every_other_flow_of_a_question_has_its_condition(key: str) -> None:
    root = model(key)
    flows = {flow.get("id"): flow for flow in root.iter(f"{BPMN}sequenceFlow")}
    for gateway in root.iter(f"{BPMN}exclusiveGateway"):
        leaving = {name for name, flow in flows.items() if flow.get("sourceRef") == gateway.get("id")}
        if len(leaving) == 1:
            continue  # ways meet here, nothing is asked
        assert gateway.get("default") in leaving, gateway.get("id")
        conditional = {name for name in leaving if flows[name].find(f"{BPMN}conditionExpression") is not None}
        assert conditional == leaving - {gateway.get("default")}, gateway.get("id")


@pytest.mark.parametrize("key", KEYS)
def test_expressions_can_be_read_and_ask_for_known_facts(key: str) -> None:
    for text in expressions(model(key)):
        compile_expression(text[1:])
        for source, name in re.findall(r"\b(fall|profil)\.(\w+)", text):
            assert name in FACTS[source], text


@pytest.mark.parametrize("key", KEYS)
def test_deadlines_and_rules_stand_in_the_profile_of_moers(key: str) -> None:
    moers = profil.load("moers")
    for text in expressions(model(key)):
        for name in re.findall(r'frist\("(\w+)"', text):
            moers.frist(name)
        for part, name in re.findall(r"profil\.(regel|funktion)\.(\w+)", text):
            assert name in getattr(moers, part), text


@pytest.mark.parametrize("key", KEYS)
def test_no_timer_carries_a_figure(key: str) -> None:
    for timer in model(key).iter(f"{BPMN}timeDuration", f"{BPMN}timeDate", f"{BPMN}timeCycle"):
        # counted from a moment, or from the end of a day: "on the next day" is over when that day is
        text = re.sub(r'(date\(erstkontakt\.datum\)|today\(\)), time\("23:59:59@Europe/Berlin"\)', "ende_des_tages", timer.text)
        # the last working day of the period was computed from its frist when the process began; the timer keeps the time of day
        text = text.replace("date and time(date(nachfrage_bis), time(date and time(uebernommen_am)))", 'frist("uebergabe_nachfrage", date and time(uebernommen_am))')
        assert re.fullmatch(r'= frist\("\w+"(, date and time\(\w+\))?\)( - frist\("\w+"\))?', text)


@pytest.mark.parametrize("key", KEYS)
def test_no_organisation_is_named(key: str) -> None:
    moers = profil.load("moers")
    words = {o.key for o in moers.organisationen} | {"Arbeiterwohlfahrt", "AWO", "Caritas", "Internationale", "Kreis Wesel", "Stadt Moers"}
    files = [d.data.decode() for d in bibliothek.dateien() if d.key == key]

    assert [word for word in words for text in files if re.search(rf"\b{word}\b", text)] == []


@pytest.mark.parametrize("key", KEYS)
def test_forms_are_valid_and_health_stays_apart(key: str) -> None:
    for task, data in forms_of(key).items():
        form = parse(data)
        assert form.id == f"{key}.{task}"
        for _, field in form.fields():
            assert (field.binding.section == "gesundheit") is (field.key in GESUNDHEIT)


def names_in(field: Field) -> set[str]:
    return {str(option.value) for option in field.options or ()} if isinstance(field, ChoiceField) else set()


@pytest.mark.parametrize("key", KEYS)
def test_conditions_compare_with_answers_that_a_form_offers(key: str) -> None:
    """A typing error in a condition would send every case down the default flow without a word."""
    offered: dict[str, set[str]] = {}
    for data in itertools.chain.from_iterable(forms_of(one).values() for one in (key, *FRUEHER.get(key, ()))):
        for path, field in parse(data).fields():
            if field.binding.variable:
                offered.setdefault(path[-1], set()).update(names_in(field))
    texts = [node.text for node in model(key).iter(f"{BPMN}conditionExpression")]
    compared = [pair for text in texts for pair in re.findall(r'(?<![.\w])(\w+) !?= "(\w+)"', text)]

    for name, value in compared:
        if name in offered:
            assert value in offered[name], (name, value)
    answered = {name for name, values in offered.items() if values == {"ja", "nein"}}
    assert {name for name, value in compared if value == "ja"} <= answered


def test_analysis_covers_the_twelve_groups_and_the_closing_question() -> None:
    fields = {f"{f.binding.section}.{f.binding.field}" for _, f in parse(forms_of("zugang_moers_analyse")["analyse_durchfuehren"]).fields() if f.binding.section and f.required}

    assert fields >= {
        "stammdaten.vorname", "stammdaten.nachname", "stammdaten.herkunftsland", "aufenthalt.status", "aufenthalt.einreise_am", "sprache.sprachmittlung_noetig", "netzwerk.beteiligte_erfragt",
        "netzwerk.freiwillige_beteiligt", "familie.kinder_im_haushalt", "gesundheit.schwerbehinderung", "familie.zusammenzug", "sprache.kenntnisse",
        "sprache.deutschkurse", "sprache.bedarf", "bildung_arbeit.schulbildung", "bildung_arbeit.berufsausbildung", "bildung_arbeit.handlungsbedarf",
        "wohnen.situation", "gesundheit.situation", "netzwerk.soziale_netzwerke", "ressourcen.interessen", "ressourcen.staerken", "ressourcen.plaene_und_wuensche",
    }


def test_personal_answers_never_become_variables() -> None:
    """Variables carry routing decisions and the codes of a consent only: every free text and every other date belongs to the Fallakte."""
    for key in KEYS:
        for task, data in forms_of(key).items():
            for path, field in parse(data).fields():
                if "*" not in path and field.binding.variable and path[-1] not in {"gesundheit_eingewilligt", "einwilligung_gueltig_bis"}:
                    assert isinstance(field, ChoiceField), (task, path)


def test_check_after_handover_is_started_by_exactly_one_message() -> None:
    throwers = [e for key in KEYS for e in model(key).iter(f"{BPMN}intermediateThrowEvent", f"{BPMN}endEvent") if e.find(f"{BPMN}messageEventDefinition") is not None]
    starts = [e for key in KEYS for e in model(key).findall(f"{BPMN}process/{BPMN}startEvent") if e.find(f"{BPMN}messageEventDefinition") is not None]

    assert [e.get("id") for e in throwers] == ["nachfrage_anstossen"]
    assert [e.get("id") for e in starts] == ["uebergabe_erfolgt"]
    for key in ("warme_uebergabe", "uebergabe_nachfrage"):
        message = next(m for m in model(key).findall(f"{BPMN}message") if m.get("name") == "uebergabe_uebernommen")
        assert message.find(f".//{ZEEBE}subscription").get("correlationKey") == "= aktenzeichen"


@pytest.mark.parametrize("key", KEYS)
def test_forms_are_plain_json_of_the_agreed_schema(key: str) -> None:
    for data in forms_of(key).values():
        assert json.loads(data)["schemaVersion"] == 18
