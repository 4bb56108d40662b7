"""The six profiles: every variant point, every time of the catalogue, and every name that a model asks for."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from processes import bibliothek, einstellungen, profil
from processes.einstellungen import InvalidEinstellungen, Vorgaben
from processes.profil import InvalidProfil
from processes.varianten import EINTRAEGE, VARIANTEN, Bindung

KOMMUNEN = {"dormagen": "DO", "duesseldorf": "DU", "hoexter": "HX", "koeln": "KO", "moers": "MO", "muelheim": "MH"}
# How many times the catalogue names for each Kommune; the two-year programme ran in four of them.
ZEITEN = {"DO": 16, "DU": 2, "HX": 2, "KO": 9, "MO": 7, "MH": 5}
MODELLKOMMUNEN = {"dormagen", "koeln", "moers", "muelheim"}
# The part before the first comma of ``frist("name", ...)``, in XML and in JSON.
FRIST = re.compile(r'frist\(\s*(?:"|&quot;|&#34;|\\")(\w+)(?:"|&quot;|&#34;|\\")(\s*\+)?')
NAMEN = re.compile(r"profil\.(regel|wert|funktion|prozess|beschriftung)\.(\w+)")


def asked() -> dict[str, set[tuple[str, str]]]:
    """(kind, name) -> the files that ask for it."""
    found: dict[tuple[str, str], set[str]] = {}
    for datei in bibliothek.dateien():
        text = datei.data.decode()
        for name, continued in FRIST.findall(text):
            # frist("gremium_" + takt): any of the names that begin so.
            found.setdefault(("fristen*" if continued else "fristen", name), set()).add(datei.name)
        for kind, name in NAMEN.findall(text):
            found.setdefault((kind, name), set()).add(datei.name)
        for groups in re.findall(r'candidateGroups="([^"=]+)"', text):
            for group in groups.split(","):
                found.setdefault(("funktion", group.strip()), set()).add(datei.name)
    return found


def test_six_profiles_ship() -> None:
    assert set(profil.namen()) == set(KOMMUNEN)


@pytest.mark.parametrize("kommune", KOMMUNEN)
def test_every_variant_point_is_set_with_source_or_reason(kommune: str) -> None:
    found = profil.load(kommune)

    assert list(found.varianten) == [f"V-{n:02}" for n in range(1, 29)] == list(VARIANTEN)
    for name, point in found.varianten.items():
        assert point.einstellung, name
        assert bool(point.quelle) is not point.unsere_einstellung, name
        assert re.search(r"\d{3}:L\d+", point.quelle) if point.quelle else point.begruendung, name


@pytest.mark.parametrize(("kommune", "code"), KOMMUNEN.items())
def test_every_time_of_the_catalogue_is_set(kommune: str, code: str) -> None:
    found = profil.load(kommune)

    wanted = {f"T-{code}-{n:02}" for n in range(1, ZEITEN[code] + 1)} | ({"T-PR-01"} if kommune in MODELLKOMMUNEN else set())
    assert set(found.zeiten) == wanted
    for name, zeit in found.zeiten.items():
        assert re.search(r"\d{3}:L\d+", zeit.quelle), name


@pytest.mark.parametrize("kommune", KOMMUNEN)
def test_a_figure_of_the_source_is_the_one_in_the_wording(kommune: str) -> None:
    """``innerhalb von 14 Tagen`` is carried by a deadline of 14 days."""
    found = profil.load(kommune)
    words = {"tage": "Tag", "wochen": "Woche", "monate": "Monat", "jahre": "Jahr", "stunden": "Stunde"}
    numbers = {"einer": 1, "zwei": 2, "drei": 3, "zweijährige": 2}
    checked = 0
    for name, zeit in found.zeiten.items():
        for verweis in zeit.einstellung:
            kind, _, setting = verweis.partition(".")
            frist = found.fristen[setting] if kind == "fristen" else None
            spoken = re.findall(r"(\d+|einer|zwei|drei)\s+(Tag|Woche|Monat|Jahr|Stunde)", zeit.wortlaut)
            if frist is None or frist.unsere_einstellung or not spoken:
                continue
            checked += 1
            assert any(int(numbers.get(n, n)) == frist.wert and words[frist.einheit] == unit for n, unit in spoken), name
    assert checked or kommune == "hoexter"


@pytest.mark.parametrize("kommune", KOMMUNEN)
def test_every_name_that_a_model_asks_for_exists(kommune: str) -> None:
    found = profil.load(kommune)
    settings: dict[str, Any] = {"fristen": found.fristen, "regel": found.regel, "wert": found.wert, "funktion": found.funktion,
                                "prozess": found.prozess, "beschriftung": found.beschriftung}

    settings["fristen*"] = {name[:end] for name in found.fristen for end in range(len(name))}

    missing = {f"{kind}.{name}": min(files) for (kind, name), files in asked().items() if name not in settings[kind]}

    assert missing == {}
    assert len(asked()) > 100


@pytest.mark.parametrize("kommune", KOMMUNEN)
def test_access_and_assignment_name_processes_of_the_house(kommune: str) -> None:
    found = profil.load(kommune)

    assert found.prozess["zugang"] == f"zugang_{kommune}"
    assert set(found.prozess.values()) <= set(bibliothek.keys())
    assert {"fallmanagement", "fallmanager", "aufnahmestelle"} <= set(found.beschriftung)


def test_bindings_are_the_four_of_the_catalogue() -> None:
    assert {str(b) for b in Bindung} == {"fest", "soll", "kann", "angabe"}


# What is refused

BASE = {
    "kommune": "musterstadt", "name": "Musterstadt", "version": "1", "land": "NW", "aktenzeichen": {"praefix": "MS"}, "prozess": {},
    "funktion": {"koordination": "stadt"}, "organisationen": [{"key": "stadt", "name": "Stadt", "art": "kommune"}], "fristen": {}, "regel": {"a": 1},
}
POINT = {"einstellung": ["regel.a"], "quelle": "004:L1"}
ALL: dict[str, Any] = dict.fromkeys(VARIANTEN, POINT)
ZEIT = {"einstellung": ["regel.a"], "wortlaut": "umgehend", "bindung": "fest", "quelle": "004:L1"}


def read(**changes: Any) -> profil.Profil:
    return profil.parse(yaml.safe_dump({**BASE, **changes}, allow_unicode=True).encode(), kommune="musterstadt", vorgaben=Vorgaben())


def test_points_and_times_are_read_as_they_stand() -> None:
    found = read(varianten={**ALL, "V-10": {"einstellung": ["organisationen"], "unsere_einstellung": True, "begruendung": "x"}}, zeiten={"T-MS-01": ZEIT})

    assert found.varianten["V-01"].quelle == "004:L1"
    assert found.varianten["V-10"].unsere_einstellung
    assert found.zeiten["T-MS-01"].bindung is Bindung.FEST


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"varianten": []}, "Variantenpunkten mit Angaben"),
        ({"varianten": {n: p for n, p in ALL.items() if n != "V-07"}}, "fehlt „V-07“ \\(Nicht erfasste Gruppen"),
        ({"varianten": {**ALL, "V-29": POINT}}, "„V-29“ unbekannt"),
        ({"varianten": {**ALL, "V-01": {"einstellung": ["regel.a"]}}}, "entweder „quelle“ oder"),
        ({"varianten": {**ALL, "V-01": {"einstellung": ["regel.a"], "unsere_einstellung": True}}}, "braucht eine „begruendung“"),
        ({"varianten": {**ALL, "V-01": {"einstellung": [], "quelle": "x"}}}, "nennt keine Einstellung"),
        ({"varianten": {**ALL, "V-01": {"einstellung": ["a"], "quelle": "x"}}}, "keine Einstellung wie regel.uebergabe"),
        ({"varianten": {**ALL, "V-01": {"einstellung": ["regel.b"], "quelle": "x"}}}, "„V-01“ nennt „regel.b“"),
        ({"zeiten": {"MO-1": ZEIT}}, "keine Nummer wie T-MO-01"),
        ({"zeiten": {"T-MO-01": {**ZEIT, "bindung": "streng"}}}, "Erlaubt sind"),
        ({"zeiten": {"T-MO-01": {**ZEIT, "einstellung": ["fristen.x"]}}}, "„T-MO-01“ nennt „fristen.x“"),
        ({"zeiten": {"T-MO-01": {k: v for k, v in ZEIT.items() if k != "wortlaut"}}}, "fehlt „wortlaut“"),
        ({"zeiten": []}, "Nummern mit Angaben"),
    ],
)
def test_wrong_points_and_times_are_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidProfil, match=sentence):
        read(**changes)


# Facts that steer nothing

def test_a_setting_that_steers_nothing_says_why() -> None:
    found = read(nur_angabe={"regel.a": "steht nur im Vertrag"})

    assert found.nur_angabe == {"regel.a": "steht nur im Vertrag"}


@pytest.mark.parametrize(
    ("angaben", "sentence"),
    [
        (["regel.a"], "mit ihrem Grund"),
        ({"a": "x"}, "keine Einstellung wie regel.uebergabe"),
        ({"regel.a": " "}, "„nur_angabe.regel.a“ muss Text sein"),
        ({"regel.b": "x"}, "„nur_angabe“ nennt „regel.b“; das steht hier nicht"),
    ],
)
def test_a_wrong_fact_is_refused(angaben: Any, sentence: str) -> None:
    with pytest.raises(InvalidProfil, match=sentence):
        read(nur_angabe=angaben)


def test_a_process_says_why_its_setting_steers_nothing() -> None:
    data = {"regel": {"a": {"wert": 1, "quelle": "004:L1"}}, "nur_angabe": {"regel.a": "x"}}

    assert einstellungen.parse(yaml.safe_dump(data).encode(), key="muster").nur_angabe == {"regel.a": "x"}
    with pytest.raises(InvalidEinstellungen, match="das steht hier nicht"):
        einstellungen.parse(yaml.safe_dump({"nur_angabe": {"regel.a": "x"}}).encode(), key="muster")


@pytest.mark.parametrize("value", [["person"], [{"key": "person"}], "person", [{"key": "person", "name": 1}]])
def test_a_list_that_people_choose_from_has_names(value: Any) -> None:
    with pytest.raises(InvalidProfil, match=r"„regel\.meldende“ muss eine Liste von Einträgen mit „key“ und „name“ sein"):
        read(regel={"a": 1, "meldende": value})


@pytest.mark.parametrize("kommune", KOMMUNEN)
def test_every_rule_whose_entries_a_form_names_is_checked(kommune: str) -> None:
    """``profil.regel.x.key`` and ``for e in profil.regel.x return {label: e.name, ...}`` need entries with both."""
    wanted = set()
    for datei in bibliothek.dateien():
        wanted |= set(re.findall(r"profil\.regel\.(\w+)\.(?:key|name)\b", datei.data.decode()))
        wanted |= set(re.findall(r"in profil\.regel\.(\w+) return \{label: \w+\.name", datei.data.decode()))

    assert wanted
    assert wanted <= EINTRAEGE
    assert set(profil.load(kommune).regel) >= EINTRAEGE
