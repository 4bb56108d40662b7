"""Every element of any file gets a verdict: runs, documentation, or fails because of something."""
import os
import time
from pathlib import Path

import pytest

from engine.lint import lint, report_elements
from tests.unit.engine.models import MSG, boundary, chain, doc, el, end, ext, flow, service, start, sub, user
from tests.unit.engine.test_lint import REFUSED, around

DIRECTORY = os.environ.get("ETAPPE_CONFORMANCE_DIR")
FORM = ext('<zeebe:formDefinition formId="f"/>')


def verdicts(xml):
    return {e.element_id: e.verdict for e in report_elements(xml).elements if e.element_id}


def test_clean_model_runs_element_by_element():
    report = report_elements(doc(start(), user("u", FORM), end(), chain("s", "u", "e")))

    assert report.report.runs
    assert {e.verdict for e in report.elements if e.process == "p"} == {"runs"}
    assert [e.element_id for e in report.elements if e.element_type == "process"] == ["p"]
    assert sum(e.element_type == "sequenceFlow" for e in report.elements) == 2


def test_declarations_run_where_they_are_used():
    found = verdicts(doc(start(), user("u", FORM), boundary("b", "u", MSG), end(), chain("s", "u", "e"), flow("b", "e")))

    assert (found["M"], found["SIG"], found["E"]) == ("runs", "documentation", "documentation")


def test_reason_stands_at_the_element_and_the_scopes_around_say_so():
    xml = doc(start(), sub("SP", start("a"), el("serviceTask", "x", name="Brief senden"), service("y"), chain("a", "x", "y")), end(), chain("s", "SP", "e"))
    found = {e.element_id: e for e in report_elements(xml).elements}

    assert [i for i in ("p", "SP", "x", "y", "s") if found[i].verdict == "fails"] == ["p", "SP", "x"]
    assert found["x"].reasons_de == ("„Brief senden“: die Aufgabe braucht einen Auftragstyp (zeebe:taskDefinition).",)
    assert found["x"].reasons_en == ('"Brief senden": the task needs a job type (zeebe:taskDefinition).',)
    assert found["SP"].reasons_de == ("In „SP“ stehen Elemente, die nicht laufen.",)


def test_what_stands_in_a_refused_element_does_not_run_either():
    found = {e.element_id: e for e in report_elements(around(el("transaction", "x", start("a") + user("u") + chain("a", "u")))).elements}

    assert (found["x"].verdict, found["u"].verdict, found["s"].verdict) == ("fails", "fails", "runs")
    assert found["u"].reasons_de == ("Es steht in „x“, das nicht ausgeführt wird.",)


def test_warning_is_a_note_at_an_element_that_runs():
    found = {e.element_id: e for e in report_elements(around(user("x"))).elements}

    assert (found["x"].verdict, found["x"].reasons_de) == ("runs", ("„x“: die Aufgabe hat kein Formular.",))


def test_pictures_and_artifacts_are_documentation():
    picture = el("process", "bild", user("u2"), isExecutable="false") + el("collaboration", "c", el("participant", "P", processRef="p"))
    xml = around(el("task", "x", '<bpmn:dataInputAssociation id="di"/>'), el("textAnnotation", "t"), '<fremd xmlns="urn:x" id="f"/>').replace(
        b"</bpmn:definitions>", picture.encode() + b"</bpmn:definitions>")
    found = verdicts(xml)

    assert [i for i, v in found.items() if v == "documentation"] == ["M", "SIG", "E", "E2", "X", "di", "t", "f", "bild", "u2", "c", "P"]
    assert report_elements(xml).report.runs


def test_file_that_marks_no_process_is_examined_as_if_it_did():
    xml = around(el("serviceTask", "x"), el("complexGateway", "g"), flow("x", "g")).replace(b'isExecutable="true"', b'isExecutable="false"')
    report = report_elements(xml)
    found = {e.element_id: e for e in report.elements}

    assert not report.report.runs
    assert (found["x"].verdict, found["g"].verdict, found["s"].verdict) == ("fails", "fails", "runs")
    assert found["p"].reasons_de[0] == "„p“ läuft nicht, solange der Prozess nicht als ausführbar gekennzeichnet ist (isExecutable)."


def test_elements_without_or_with_the_same_id_keep_their_own_verdict():
    xml = around(el("task", "x"), sub("SP", start("a"), el("serviceTask", "x"), chain("a", "x")), flow("x", "SP")).replace(b'<bpmn:endEvent id="e">', b"<bpmn:endEvent>")
    found = [(e.element_type, e.verdict, e.reasons_de) for e in report_elements(xml).elements]

    assert ("task", "runs", ()) in found
    assert any(kind == "endEvent" and verdict == "fails" for kind, verdict, _ in found)
    assert any(kind == "serviceTask" and len(reasons) == 2 for kind, _, reasons in found)


@pytest.mark.parametrize("name", REFUSED)
def test_verdicts_agree_with_lint(name):
    report = report_elements(REFUSED[name][0])

    assert report.report == lint(REFUSED[name][0])
    assert report.count("fails") > 0
    assert all(e.reasons_de and e.reasons_en for e in report.elements if e.verdict != "runs")
    assert all("{x}" not in text for e in report.elements for text in e.reasons_de + e.reasons_en)


@pytest.mark.parametrize("data", [b"", b"<a/>", b"PK\x03\x04", b"\xff\xfe", b"<a"])
def test_other_files_have_no_elements_but_a_reason(data):
    report = report_elements(data)

    assert report.elements == ()
    assert len(report.report.findings) == 1


@pytest.mark.skipif(DIRECTORY is None, reason="ETAPPE_CONFORMANCE_DIR is not set")
def test_every_reference_model_is_answered_within_a_second():
    files = sorted((Path(DIRECTORY or "") / "miwg").glob("*.bpmn"))
    assert len(files) >= 21
    for path in files:
        begin = time.perf_counter()
        report = report_elements(path.read_bytes())
        assert time.perf_counter() - begin < 1, path.name

        assert report.elements, path.name
        assert "unexpected" not in [f.code for f in report.report.findings], path.name
        assert report.report.runs == (report.count("fails") == 0), path.name
