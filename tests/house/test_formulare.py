"""The catalogue of forms (docs/formulare.md) says the truth: what it names exists, and a draft tells people that it is one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine import feel
from forms.conditions import options_of
from forms.parse import parse
from forms.shape import Door
from forms.submission import submit
from processes import profil

ROOT = Path(__file__).resolve().parents[2]
VORLAGEN = ROOT / "forms" / "vorlagen"
DOKUMENTE = ROOT / "services" / "dokumente" / "vorlagen"
TEXT = (ROOT / "docs" / "formulare.md").read_text(encoding="utf-8")
# How many forms each local concept names.
KENNUNGEN = {"DO": 20, "KO": 15, "MO": 14, "MH": 19, "HX": 9, "DU": 5}
FORM = re.compile(r"`([a-z0-9_]+)/([a-z0-9_]+)`")
DOKUMENT = re.compile(r"Dokument `([a-z_]+)`")
STAND = re.compile(r"(vollständig|teilweise|offen in der Quelle|nicht gebaut)\b")
QUELLE = re.compile(r"00[0-4]:L\d+")


def section(title: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    part = TEXT.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in part.splitlines() if line.startswith("| ")]
    return rows[2:]


KOMMUNEN = section("Konzepte der Kommunen")
INSTRUMENTE = [["", *row] for row in section("Instrumente der Handreichung")]
ZEILEN = KOMMUNEN + INSTRUMENTE


def form_text(process: str, element: str) -> str:
    return (VORLAGEN / process / f"{element}.form").read_text(encoding="utf-8")


def test_every_form_of_the_local_concepts_is_in_the_catalogue_once():
    assert [row[0] for row in KOMMUNEN] == [f"F-{town}-{n:02}" for town, count in KENNUNGEN.items() for n in range(1, count + 1)]


@pytest.mark.parametrize("row", ZEILEN, ids=lambda row: row[0] or row[1][:40])
def test_what_a_row_names_exists(row):
    _, name, quelle, ours, stand, entwurf = row
    forms, documents = FORM.findall(ours), DOKUMENT.findall(ours)

    assert name
    assert QUELLE.search(quelle)
    assert STAND.match(stand)
    assert [f for f in forms if not (VORLAGEN / f[0] / f"{f[1]}.form").is_file()] == []
    assert [d for d in documents if not (DOKUMENTE / f"{d}.yaml").is_file()] == []
    assert bool(forms or documents) != stand.startswith("nicht gebaut")
    assert entwurf in {"ja", "nein"}


@pytest.mark.parametrize("row", [row for row in ZEILEN if row[5] == "ja"], ids=lambda row: row[0] or row[1][:40])
def test_a_draft_says_that_it_is_one(row):
    forms, documents = FORM.findall(row[3]), DOKUMENT.findall(row[3])

    told = [f for f in forms if re.search(r"\bEntwurf", form_text(*f))]
    told += [d for d in documents if yaml.safe_load((DOKUMENTE / f"{d}.yaml").read_text(encoding="utf-8")).get("entwurf")]
    assert told


def test_settings_that_the_catalogue_names_exist():
    known = {name for kommune in profil.namen() for name in profil.load(kommune).regel}

    assert set(re.findall(r"`regel\.([a-z0-9_]+)`", TEXT)) <= known


def test_the_profiling_form_is_told_field_by_field():
    form = parse((VORLAGEN / "assessment" / "profilingbogen_ausfuellen.form").read_bytes())
    told = {cell.strip("`") for _, cell, _ in section("Der Profilingbogen Feld für Feld")}

    assert told == {f"{field.binding.section}.{field.binding.field}" for _, field in form.fields() if field.binding.section}


# --- what a Kommune sees --------------------------------------------------------------------------------------------------


def evaluate(text: str, names: Any) -> Any:
    return feel.evaluate_json(text, {name: feel.from_json(value) for name, value in names.items()})


def missing(form_id: str, kommune: str, answers: dict[str, Any]) -> set[str]:
    """What this Kommune must still fill in when these answers are given."""
    process, element = form_id.split("/")
    form = parse((VORLAGEN / process / f"{element}.form").read_bytes())
    context = {"fall": {"personen": []}, "profil": profil.load(kommune).as_facts(), "gremium_name": "", "befristet_bis": None}
    return set(submit(form, answers, evaluate, context, door=Door.JSON).errors)


PLAN = "hilfeplanung/hilfeplan_entwerfen"
ZIEL = {"teilziele": [{"teilziel": "Kurs", "messbar": "Prüfung"}], "hauptziel": "Ankommen"}


@pytest.mark.parametrize(
    ("form_id", "kommune", "answers", "expected"),
    [
        (PLAN, "dormagen", ZIEL | {"planart": "integrationsplan"}, {"teilziele-0-saeule", "teilziele-0-horizont"}),
        (PLAN, "moers", ZIEL, {"teilziele-0-bereich"}),
        (PLAN, "dormagen", {"hauptziel": "Ankommen", "planart": "ohne_bleibeperspektive"}, {"angebote"}),
        (PLAN, "dormagen", {"hauptziel": "Ankommen", "planart": "ohne_bleibeperspektive", "angebote": ["information"]}, set()),
        (
            "hilfeplanung/aufgaben_verteilen",
            "dormagen",
            {"plan_von": "2026-01-01", "plan_bis": "2026-06-30", "massnahmen": [{"aufgabe": "Kurs", "wer": "person"}]},
            {"netzwerkpartner"},
        ),
        (
            "zielvereinbarung/ziele_verhandeln",
            "muelheim",
            {"ziele": [{"ziel": "Kurs", "bereich": "sprache"}], "sprachmittlung": "ja"},
            {f"ziele-0-{name}" for name in ("potentiale", "schritte", "zustaendigkeit", "zeitraum")},
        ),
        (
            "zielvereinbarung/ziele_verhandeln",
            "koeln",
            {"ziele": [{"ziel": "Kurs", "bereich": "sprache"}], "sprachmittlung": "ja"},
            set(),
        ),
        (
            "leistungssteuerung/leistungen_auswaehlen",
            "koeln",
            {"leistungen": [{"bereich": "sprache", "passung": "luecke"}]},
            set(),
        ),
        (
            "leistungssteuerung/leistungen_auswaehlen",
            "koeln",
            {"leistungen": [{"bereich": "sprache", "passung": "laeuft", "anbieter": "amt_soziales"}]},
            {"leistungen-0-loesungsrang"},
        ),
        (
            "abschluss/verlauf_auswerten",
            "koeln",
            {"wirksam": "ja", "aufwand": "ja"},
            {"angebot_vorhanden", "angebot_zielfuehrend", "naechstbeste_loesung"},
        ),
        ("abschluss/verlauf_auswerten", "moers", {"wirksam": "ja", "aufwand": "ja"}, set()),
        (
            "zugang_muelheim/aufnahme_entscheiden",
            "muelheim",
            {"entscheidung": "aufnehmen", "aufnahme_begruendung": "Alle Kriterien"},
            {"qualifikation"},
        ),
        (
            "zugang_muelheim/aufnahme_entscheiden",
            "muelheim",
            {"entscheidung": "aufnehmen", "aufnahme_begruendung": "Alle Kriterien", "qualifikation": "im_erwerb"},
            {"qualifikation"},
        ),
        (
            "zugang_muelheim/aufnahme_entscheiden",
            "moers",
            {"entscheidung": "aufnehmen", "aufnahme_begruendung": "Alle Kriterien"},
            set(),
        ),
        (
            "zugang_dormagen/aufnahme_entscheiden",
            "dormagen",
            {"entscheidung": "regelsystem", "aufnahme_begruendung": "Ein Anliegen"},
            set(),
        ),
        (
            "zugang_hoexter/fall_melden",
            "hoexter",
            {"meldende_stelle": "Jugendamt", "meldung_an": "koordination", "komplexitaet": ["mehrere_akteure"], "schilderung": "Text", "meldung_einverstanden": "ja"},
            {"komplexitaet"},
        ),
        (
            "zielvereinbarung/ziele_vereinbaren",
            "muelheim",
            {
                "vereinbart_am": "2026-01-01",
                "form": "schriftlich",
                "erklaert": True,
                "unterschrift_person": True,
                "unterschrift_fallmanagement": True,
            },
            {"ziele_vollstaendig"},
        ),
        (
            "zielvereinbarung/ziele_vereinbaren",
            "moers",
            {"vereinbart_am": "2026-01-01", "form": "schriftlich", "erklaert": True},
            set(),
        ),
        (
            "abschluss/abschlussgespraech_fuehren",
            "muelheim",
            {
                "abschlussgespraech_am": "2026-01-01",
                "zielerreichung": "erreicht",
                "verbleibend": "keine",
                "abschluss_bestaetigt": True,
            },
            {"entpflichtet", "bewertung", "reflexion"},
        ),
        (
            "abschluss/abschlussgespraech_fuehren",
            "muelheim",
            {
                "abschlussgespraech_am": "2026-01-01",
                "zielerreichung": "nicht",
                "verbleibend": "keine",
                "abschluss_bestaetigt": False,
            },
            set(),
        ),
    ],
)
def test_a_kommune_is_asked_what_its_concept_asks(form_id, kommune, answers, expected):
    assert missing(form_id, kommune, answers) == expected


def test_the_values_of_the_plan_are_those_of_the_profile():
    form = parse((VORLAGEN / "hilfeplanung" / "hilfeplan_entwerfen.form").read_bytes())
    fields = {path[-1]: field for path, field in form.fields()}
    kommune = profil.load("dormagen")
    facts = {"profil": kommune.as_facts()}

    def offered(name: str) -> list[tuple[Any, str]]:
        return [(option.value, option.label) for option in options_of(fields[name], feel.evaluate_json, facts)]

    for name, regel in (("saeule", "planungssaeulen"), ("horizont", "zielhorizonte"), ("angebote", "planung_ohne_bleibeperspektive")):
        assert offered(name) == [(entry["key"], entry["name"]) for entry in kommune.regel[regel]]
        assert offered(name), name


@pytest.mark.parametrize(("kommune", "offered"), [("koeln", ["zertifiziert", "im_erwerb"]), ("dormagen", ["basisschulung", "zertifiziert"]), ("moers", [])])
def test_the_proof_of_qualification_is_the_one_of_the_concept(kommune, offered):
    form = parse((VORLAGEN / "fallverantwortung_auswahl" / "stelle_auswaehlen.form").read_bytes())
    field = next(field for path, field in form.fields() if path[-1] == "qualifikation")

    assert [option.value for option in options_of(field, feel.evaluate_json, {"profil": profil.load(kommune).as_facts()})] == offered
