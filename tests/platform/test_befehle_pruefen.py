"""``etappe lint`` element by element, and ``etappe konformitaet`` on folders of any content."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.unit.engine.models import chain, doc, el, end, ext, start, user
from web.cli import main

RUNS = doc(start(), user("u", ext('<zeebe:formDefinition formId="f"/>')), end(), chain("s", "u", "e"))
FAILS = doc(start(), el("serviceTask", "x", name="Brief"), end(), el("textAnnotation", "t"), chain("s", "x", "e"))
DMN = ('<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><inputData id="i" name="a"><variable name="a" typeRef="number"/></inputData>'
       '<decision id="plus" name="plus"><variable name="plus" typeRef="number"/><informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>'
       '<literalExpression><text>a + 1</text></literalExpression></decision></definitions>')
CASE = '<testCase id="{id}"><inputNode name="a"><value xsi:type="xsd:decimal">1</value></inputNode><resultNode name="plus" type="decision"><expected><value xsi:type="xsd:decimal">{expected}</value></expected></resultNode></testCase>'
TESTS = ('<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
         '<modelName>m.dmn</modelName>{cases}</testCases>')


@pytest.fixture
def folders(tmp_path):
    tck, bpmn = tmp_path / "tck" / "compliance-level-3" / "0001-plus", tmp_path / "bpmn" / "werkzeug"
    tck.mkdir(parents=True)
    bpmn.mkdir(parents=True)
    (tck / "m.dmn").write_text(DMN, encoding="utf-8")
    (tck / "m-test-01.xml").write_text(TESTS.format(cases=CASE.format(id="001", expected=2) + CASE.format(id="002", expected="3")), encoding="utf-8")
    (bpmn / "gut.bpmn").write_bytes(RUNS)
    (bpmn / "schlecht.xml").write_bytes(FAILS)
    (bpmn / "bild.bpmn").write_bytes(b"\x89PNG\r\n")
    return tmp_path


def test_lint_tells_every_element_and_why(tmp_path, capsys):
    path = tmp_path / "m.bpmn"
    path.write_bytes(FAILS)

    assert main(["lint", str(path)]) == 1
    told = capsys.readouterr().out
    assert f"{path}:1: läuft: Startereignis „s“\n" in told
    assert f"{path}:1: läuft nicht: Dienstaufgabe „Brief“, weil: die Aufgabe braucht einen Auftragstyp (zeebe:taskDefinition).\n" in told
    assert "Dokumentation: Anmerkung „t“: " in told
    assert main(["lint", "--sprache", "en", str(path)]) == 1
    assert 'does not run: serviceTask "Brief", because: the task needs a job type (zeebe:taskDefinition).' in capsys.readouterr().out
    assert path.read_bytes() == FAILS


def test_lint_as_json_has_both_languages_and_the_checksum(tmp_path, capsys):
    good, bad, other = tmp_path / "gut.bpmn", tmp_path / "schlecht.bpmn", tmp_path / "f.form"
    good.write_bytes(RUNS)
    bad.write_bytes(FAILS)
    other.write_text("{", encoding="utf-8")

    assert main(["lint", "--json", str(good)]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["runs"] is True
    assert main(["lint", "--json", str(bad), str(other), str(tmp_path / "weg.bpmn")]) == 1
    first, second, third = json.loads(capsys.readouterr().out)["files"]
    assert first["sha256"] == hashlib.sha256(FAILS).hexdigest()
    element = next(e for e in first["elements"] if e["element_id"] == "x")
    assert (element["verdict"], element["element_type"], element["line"], element["process"]) == ("fails", "serviceTask", 1, "p")
    assert element["reasons_de"]
    assert element["reasons_en"]
    assert (second["runs"], third["runs"]) == (False, False)


def test_conformance_counts_and_writes_json_and_page(folders, capsys):
    target, page = folders / "k.json", folders / "seite.md"

    assert main(["konformitaet", "--dmn-tck", str(folders / "tck"), "--bpmn", str(folders / "bpmn"), "--json", str(target), "--seite", str(page)]) == 0
    found = json.loads(target.read_text(encoding="utf-8"))
    dmn, bpmn = found["dmn_tck"], found["bpmn"]
    assert dmn["levels"] == [{"name": "3", "cases": 2, "passed": 1, "failed": 1, "percent": 50.0}]
    assert [(r["case"], r["outcome"]) for r in dmn["results"]] == [("001", "passed"), ("002", "failed")]
    assert [(r["file"], r["outcome"]) for r in bpmn["results"]] == [
        ("werkzeug/bild.bpmn", "not_a_model"), ("werkzeug/gut.bpmn", "runs"), ("werkzeug/schlecht.xml", "does_not_run")]
    assert all(r["reason"] for r in bpmn["results"] if r["outcome"] != "runs")
    text = page.read_text(encoding="utf-8")
    assert "| 3 | 2 | 1 | 1 | 50,00 % |" in text
    assert "| 3 | 0001-plus | 002 | " in text
    assert "| Transaktion | `transaction` | wird abgelehnt |" in text
    assert "Stufe 3: 1 von 2" in capsys.readouterr().out


def test_conformance_answers_broken_folders(tmp_path):
    broken = tmp_path / "tck" / "kaputt"
    broken.mkdir(parents=True)
    (broken / "a-test-01.xml").write_text("<testCases", encoding="utf-8")
    (broken / "b-test-01.xml").write_text(TESTS.format(cases=CASE.format(id="001", expected=2)), encoding="utf-8")
    target = tmp_path / "k.json"

    assert main(["konformitaet", "--dmn-tck", str(tmp_path / "tck"), "--json", str(target), "--seite", str(tmp_path / "s.md")]) == 0
    results = json.loads(target.read_text(encoding="utf-8"))["dmn_tck"]["results"]
    assert [r["outcome"] for r in results] == ["failed", "failed"]
    assert all(r["reason"] for r in results)
    assert main(["konformitaet"]) == 2
    assert main(["konformitaet", "--bpmn", str(tmp_path / "weg")]) == 2
