"""Files as other tools write them: every one is answered, in German and English, and nothing that would not run is said to run."""

from __future__ import annotations

import pytest

from engine.catalogue import Definition
from engine.dialect.names import BPMN
from engine.lint import lint, report_elements
from engine.xml import read

NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BODY = (
    '<startEvent id="s"/><userTask id="u" name="Antrag prüfen"/><endEvent id="e"/>'
    '<sequenceFlow id="f1" sourceRef="s" targetRef="u"/><sequenceFlow id="f2" sourceRef="u" targetRef="e"/>'
)


def model(body=BODY, *, process='id="p" isExecutable="true"', around="", declaration='version="1.0"'):
    """A file with the default namespace and `tns` for its own."""
    return (
        f'<?xml {declaration}?><definitions xmlns="{NAMESPACE}" xmlns:tns="http://t" targetNamespace="http://t">'
        f"<process {process}>{body}</process>{around}</definitions>"
    )


def prefixed(text, prefix):
    """The same file with a prefix before every element, as other tools write it."""
    for tag in ("definitions", "process", "startEvent", "userTask", "endEvent", "sequenceFlow"):
        text = text.replace(f"<{tag} ", f"<{prefix}:{tag} ").replace(f"</{tag}>", f"</{prefix}:{tag}>")
    return text.replace("xmlns=", f"xmlns:{prefix}=")


def encoded(name, declared=None):
    return model(declaration=f'version="1.0" encoding="{declared or name}"').encode(name)


FLOWABLE = BODY.replace("<userTask ", '<userTask xmlns:flowable="http://flowable.org/bpmn" flowable:assignee="anna" ')
ACTIVITI = BODY.replace("<userTask ", '<userTask xmlns:activiti="http://activiti.org/bpmn" activiti:formKey="f" ')
RUNS = {
    "UTF-16 with mark": encoded("utf-16"),
    "UTF-16 little endian without mark": encoded("utf-16-le", "UTF-16"),
    "UTF-16 big endian without mark": encoded("utf-16-be", "UTF-16"),
    "UTF-16 that calls itself UTF-8": encoded("utf-16", "UTF-8"),
    "UTF-8 that calls itself UTF-16": encoded("utf-8", "UTF-16"),
    "UTF-32 with mark": encoded("utf-32"),
    "UTF-32 little endian without mark": encoded("utf-32-le", "UTF-32LE"),
    "UTF-32 big endian without mark": encoded("utf-32-be", "UTF-32"),
    "UTF-32 that calls itself UTF-8": encoded("utf-32", "UTF-8"),
    "ISO-8859-15": encoded("iso-8859-15"),
    "Windows-1252": encoded("cp1252", "Windows-1252"),
    "US-ASCII with character references": model(declaration='version="1.0" encoding="US-ASCII"').replace("ü", "&#xFC;").encode(),
    "XML 1.1": model(declaration='version="1.1" encoding="UTF-8"').encode(),
    "standalone": model(declaration='version="1.0" encoding="UTF-8" standalone="yes"').encode(),
    "blank lines before the declaration": ("\r\n\n  " + model()).encode(),
    "mark and blank line before the declaration": ("\ufeff\n" + model()).encode(),
    "no declaration": model().partition("?>")[2].encode(),
    "comment and processing instruction": model().replace("?>", '?><?xml-stylesheet href="x.css"?><!-- Export -->', 1).encode(),
    "prefix bpmn": prefixed(model(), "bpmn").encode(),
    "prefix semantic": prefixed(model(), "semantic").encode(),
    "no target namespace": model().replace(' targetNamespace="http://t"', "").encode(),
    "not marked as executable": model(process='id="p"').encode(),
    "true written as 1": model(process='id="p" isExecutable="1"').encode(),
    "true written as True": model(process='id="p" isExecutable="True"').encode(),
    "process id with umlaut": model(process='id="Prüfung" isExecutable="true"').encode(),
    "process id with dots": model(process='id="de.stadt.antrag" isExecutable="true"').encode(),
    "blanks around references": model(BODY.replace('targetRef="u"', 'targetRef=" u "')).encode(),
    "documentation in CDATA": model(BODY + "<documentation><![CDATA[<b>&</b>]]></documentation>").encode(),
    "name over several lines": model(BODY.replace("Antrag prüfen", "Antrag&#10;prüfen")).encode(),
    "large extensions": model("<extensionElements>" + '<x:a xmlns:x="urn:x" b="c">t</x:a>' * 2000 + "</extensionElements>" + BODY).encode(),
    "pools, black box, message flow, choreography, conversation": model(around=(
        '<collaboration id="k"><participant id="k1" name="Bürgerin"/><participant id="k2" processRef="p"/>'
        '<messageFlow id="m" sourceRef="k1" targetRef="u"/><conversation id="v"/></collaboration>'
        '<choreography id="c"><choreographyTask id="ct"/></choreography><globalUserTask id="g"/>')).encode(),
    "lanes in lanes": model(
        '<laneSet id="ls">' + "".join(f'<lane id="l{i}"><childLaneSet id="c{i}">' for i in range(40))
        + '<lane id="l"><flowNodeRef>u</flowNodeRef></lane>' + "</childLaneSet></lane>" * 40 + "</laneSet>" + BODY).encode(),
    "data, groups, notes": model(BODY + (
        '<dataObject id="d"/><dataObjectReference id="dr" dataObjectRef="d"/><dataStoreReference id="ds"/><group id="gr"/>'
        '<textAnnotation id="ta"><text>Hinweis</text></textAnnotation><association id="as" sourceRef="u" targetRef="ta"/>')).encode(),
    "Flowable": model(FLOWABLE).encode(),
    "Activiti": model(ACTIVITI).encode(),
}
TIMED = (
    '<subProcess id="ev" triggeredByEvent="{}"><startEvent id="es" isInterrupting="1"><timerEventDefinition><timeDuration>P1D</timeDuration>'
    '</timerEventDefinition></startEvent><task id="t"/><sequenceFlow id="f3" sourceRef="es" targetRef="t"/></subProcess>'
)
BOUNDARY = (
    '<boundaryEvent id="b" attachedToRef="tns:u" cancelActivity="{}"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>'
    '</boundaryEvent><sequenceFlow id="f4" sourceRef="b" targetRef="e"/>'
)
FAILS = {
    "empty process": (model("").encode(), "no_start"),
    "no process id": (model(process='isExecutable="true"').encode(), "id_missing"),
    "process id with blank": (model(process='id="Prozess 1" isExecutable="true"').encode(), "id_form"),
    "process id with slash": (model(process='id="a/b" isExecutable="true"').encode(), "id_form"),
    "id in braces": (model(BODY.replace('"u"', '"{4711-AB}"')).encode(), "id_form"),
    "all processes are pictures": (model(process='id="p" isExecutable="false"').encode(), "no_executable"),
    "two start events without trigger": (model(BODY + '<startEvent id="s2"/><sequenceFlow id="f9" sourceRef="s2" targetRef="u"/>').encode(), "several_plain_starts"),
    "two tokens to start with": (model(BODY.replace("<userTask ", '<userTask startQuantity="2" ')).encode(), "quantity"),
    "two tokens leave": (model(BODY.replace("<userTask ", '<userTask completionQuantity="2" ')).encode(), "quantity"),
    "extension that must be understood": (model(around='<extension mustUnderstand="1" definition="x:y"/>').encode(), "must_understand"),
    "flow to an ad-hoc sub-process": (model(BODY.replace("<userTask ", "<adHocSubProcess ")).encode(), "flow_refused"),
    "flow to a complex gateway": (model(BODY.replace("<userTask ", "<complexGateway ")).encode(), "flow_refused"),
    "transaction": (model(BODY.replace("<userTask ", "<transaction ")).encode(), "refused_element"),
    "flow without an end": (model(BODY + '<sequenceFlow id="f9" sourceRef="u"/>').encode(), "flow_reference"),
    "compensation task": (model(BODY.replace("<userTask ", '<userTask isForCompensation="1" ')).encode(), "refused_element"),
    "receive task that starts": (model(BODY.replace("<userTask ", '<receiveTask instantiate="1" ')).encode(), "instantiate"),
    "parallel event gateway": (
        model('<startEvent id="s"/><eventBasedGateway id="g" eventGatewayType="Parallel"/><sequenceFlow id="f" sourceRef="s" targetRef="g"/>').encode(),
        "event_gateway_parallel"),
    "call of a picture": (
        model('<startEvent id="s"/><callActivity id="u" xmlns:z="http://camunda.org/schema/zeebe/1.0"><extensionElements><z:calledElement processId="q"/>'
              '</extensionElements></callActivity><sequenceFlow id="f" sourceRef="s" targetRef="u"/>', around='<process id="q" isExecutable="false"/>').encode(),
        "called_picture"),
    "multi-instance that throws events": (
        model(BODY.replace('name="Antrag prüfen"/>', '><multiInstanceLoopCharacteristics behavior="None"/></userTask>')).encode(), "loop_behavior"),
    "loop with a superscript as maximum": (
        model(BODY.replace('name="Antrag prüfen"/>', '><standardLoopCharacteristics loopMaximum="²"/></userTask>')).encode(), "loop_maximum"),
    "loop with a maximum of 5,000 digits": (
        model(BODY.replace('name="Antrag prüfen"/>', f'><standardLoopCharacteristics loopMaximum="{"9" * 5000}"/></userTask>')).encode(), "loop_maximum"),
    "web page": (b"<!DOCTYPE html><html><body>503</body></html>", "xml_syntax"),
    "web page without doctype": (b"<html><br></html>", "xml_syntax"),
    "JSON": (b'{"error": 401}', "xml_syntax"),
    "ZIP": (b"PK\x03\x04\x14", "xml_syntax"),
    "truncated": (model().encode()[:300], "xml_syntax"),
    "only a byte order mark": (b"\xef\xbb\xbf", "xml_empty"),
    "Windows-1252 without saying so": (model().encode("cp1252"), "xml_encoding"),
}
NO_MODELS = {
    "XPDL": (b'<xpdl:Package xmlns:xpdl="http://www.wfmc.org/2009/XPDL2.2"/>', "XPDL"),
    "BPMN 1.x": (b'<bpmn:BpmnDiagram xmlns:bpmn="http://stp.eclipse.org/bpmn"/>', "BPMN 1.x"),
    "BPMN 2.0 beta": (b'<definitions xmlns="http://schema.omg.org/spec/BPMN/2.0"/>', "Vorabfassung"),
    "draw.io": (b'<mxfile host="app"><diagram/></mxfile>', "draw.io"),
    "DMN": (b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "DMN"),
    "CMMN": (b'<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"/>', "CMMN"),
    "Visio": (b'<VisioDocument xmlns="http://schemas.microsoft.com/visio/2003/core"/>', "Visio"),
    "EPML": (b'<epml:epml xmlns:epml="http://www.epml.de"/>', "EPML"),
    "ARIS": (b"<AML/>", "ARIS"),
    "another namespace": (b'<definitions xmlns="urn:x"/>', "urn:x"),
    "fragment": (f'<process xmlns="{NAMESPACE}" id="p"/>'.encode(), "process"),
}


def answered(data):
    """The report; every sentence stands in both languages, every element has a verdict, and every refusal a reason."""
    report = report_elements(data)
    assert report.report == lint(data)
    for finding in report.report.findings:
        assert finding.message_de
        assert finding.message_en
        assert finding.code != "unexpected"
    for element in report.elements:
        assert element.verdict == "runs" or (element.reasons_de and element.reasons_en), element
    return report


@pytest.mark.parametrize("name", RUNS)
def test_model_of_another_tool_runs(name):
    report = answered(RUNS[name])

    assert report.report.runs, report.report.findings[:2]
    verdicts = {e.element_id: (e.verdict, e.element_name) for e in report.elements}
    assert verdicts["u"] == ("runs", "Antrag prüfen")
    assert Definition(RUNS[name], "k", report.report.processes[0].id).name


@pytest.mark.parametrize("name", FAILS)
def test_model_that_would_not_run_is_refused_with_its_reason(name):
    data, code = FAILS[name]

    report = answered(data)

    assert not report.report.runs
    assert code in [f.code for f in report.report.findings if f.severity == "error"]


@pytest.mark.parametrize(("old", "new", "word"), [
    ("<userTask ", "<foo:userTask ", "„foo“"), ('id="u"', 'id="u" id="v"', "„id“"), ("Antrag", "An&nbsp;trag", "„&nbsp;“"), ("Antrag", "A & B", "„&amp;“"),
    ("</process>", "", "„process“"), ("Antrag", "An\x08trag", "nicht erlaubt"), ("</definitions>", "</definitions>abc", "nach dem letzten Element"),
    ("</definitions>", "", "endet zu früh"),
])
def test_broken_xml_is_refused_with_its_reason_in_german(old, new, word):
    (finding,) = lint(model().replace(old, new).encode()).findings

    assert finding.code == "xml_syntax"
    assert word in finding.message_de


@pytest.mark.parametrize("name", NO_MODELS)
def test_file_of_another_kind_is_named(name):
    data, word = NO_MODELS[name]

    (finding,) = answered(data).report.findings

    assert finding.code == "not_bpmn"
    assert word in finding.message_de


@pytest.mark.parametrize("written", ["1", "true", "True"])
def test_truth_values_mean_the_same_in_every_spelling(written):
    data = model(BODY + TIMED.format(written) + BOUNDARY.format(written)).encode()
    definition = Definition(data, "k", "p")

    assert answered(data).report.runs
    assert [definition.specs["k"].task_specs[name].repeats for name in ("b", "es")] == [False, False]


@pytest.mark.parametrize("written", ["0", "false"])
def test_false_means_the_same_in_every_spelling(written):
    assert Definition(model(BODY + BOUNDARY.format(written)).encode(), "k", "p").specs["k"].task_specs["b"].repeats


def test_reference_with_the_prefix_of_the_file_is_followed_and_one_of_another_file_is_not():
    body = BODY + '<boundaryEvent id="b" attachedToRef="u"><errorEventDefinition errorRef="{}:err"/></boundaryEvent>'
    error = '<error id="err" errorCode="E1"/>'
    own, other = (model(body.format(p), around=error).replace("<definitions ", '<definitions xmlns:o="urn:o" ').encode() for p in ("tns", "o"))

    assert Definition(own, "k", "p").elements["b"].event.name == "E1"
    assert [f.code for f in lint(other).findings if f.severity == "error"] == ["reference"]


def test_lane_with_prefixed_references_holds_its_task():
    body = '<laneSet id="ls"><lane id="l" name="Amt"><flowNodeRef> tns:u </flowNodeRef></lane></laneSet>' + BODY

    assert Definition(model(body).encode(), "k", "p").elements["u"].lane == "l"


def test_process_begins_with_its_plain_start_event_wherever_it_stands():
    message = '<startEvent id="m"><messageEventDefinition messageRef="msg"/></startEvent><sequenceFlow id="f9" sourceRef="m" targetRef="u"/>'
    definition = Definition(model(message + BODY, around='<message id="msg" name="Post"/>').encode(), "k", "p")

    assert definition.start_event(None).id == "s"


def test_what_other_engines_are_told_is_named_and_not_done():
    for name, prefix in (("Flowable", "flowable:assignee"), ("Activiti", "activiti:formKey")):
        warnings = [f.message_de for f in answered(RUNS[name]).report.findings if f.code == "other_engine"]
        assert [prefix in warning for warning in warnings] == [True]


def test_blank_lines_before_the_declaration_keep_the_numbers_of_lines():
    assert read(b"\n\n" + model("\n<task/>").encode()).find(f"{BPMN}process/{BPMN}task").sourceline == 4


def test_a_large_file_is_answered_in_seconds():
    tasks = "".join(f'<task id="t{i}" name="Aufgabe {i}"/><sequenceFlow id="f{i}" sourceRef="{f"t{i - 1}" if i else "s"}" targetRef="t{i}"/>' for i in range(4000))

    report = answered(model('<startEvent id="s"/>' + tasks).encode())

    assert report.report.runs
    assert report.count("runs") > 8000


def test_what_other_tools_added_is_counted():
    body = BODY.replace("<userTask ", '<userTask xmlns:sig="http://www.signavio.com" xmlns:a="urn:adonis" a:farbe="rot" sig:x="1" sig:y="2" ')

    found = {f.message_de: f.severity for f in answered(model(body).encode()).report.findings if f.code == "foreign_namespace"}

    assert found == {
        "Angaben anderer Werkzeuge werden nicht ausgewertet und bleiben erhalten: „http://www.signavio.com“ (2-mal).": "ignored",
        "Angaben anderer Werkzeuge werden nicht ausgewertet und bleiben erhalten: „urn:adonis“ (1-mal).": "ignored",
    }
    assert not [f for f in lint(model().encode()).findings if f.code == "foreign_namespace"]
