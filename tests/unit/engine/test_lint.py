"""What lint refuses, warns about and ignores; and that it never fails itself."""
import pytest

from engine.catalogue import Catalogue, Definition
from engine.errors import InvalidDefinition
from engine.lint import lint
from tests.unit.engine.models import (
    COND,
    ERR,
    HEAD,
    MSG,
    SIG,
    boundary,
    call,
    chain,
    definition,
    doc,
    el,
    end,
    event_sub,
    ext,
    flow,
    io,
    multi,
    service,
    start,
    sub,
    timer,
    user,
)

USER = user("u", ext('<zeebe:formDefinition formId="f"/>'))
LINK = '<bpmn:linkEventDefinition name="L"/>'


def around(*body, **more):
    """A process in which ``x`` stands between start and end."""
    return doc(start(), *body, end(), chain("s", "x", "e"), **more)


def codes(xml, severity="error"):
    return [f.code for f in lint(xml).findings if f.severity == severity]


REFUSED = {
    "unknown element": (around(el("zauberTask", "x")), "unknown_element"),
    "transaction": (around(el("transaction", "x")), "refused_element"),
    "complex gateway": (around(el("complexGateway", "x")), "refused_element"),
    "ad-hoc": (around(el("adHocSubProcess", "x")), "refused_element"),
    "compensation event": (around(el("intermediateThrowEvent", "x", "<bpmn:compensateEventDefinition/>")), "refused_event"),
    "compensation handler": (around(el("task", "x", isForCompensation="true")), "refused_element"),
    "script in another language": (around(el("scriptTask", "x", "<bpmn:script>import os</bpmn:script>", scriptFormat="python")), "script_language"),
    "script without result": (around(el("scriptTask", "x", ext('<zeebe:script expression="= 1"/>'))), "variable"),
    "script that is no expression": (around(el("scriptTask", "x", ext('<zeebe:script expression="1 + 1" resultVariable="r"/>'))), "not_feel"),
    "script missing": (around(el("scriptTask", "x")), "script_missing"),
    "service without type": (around(el("serviceTask", "x")), "job_type"),
    "send without type": (around(el("sendTask", "x")), "job_type"),
    "receive without message": (around(el("receiveTask", "x")), "reference"),
    "call without process": (around(el("callActivity", "x", calledElement="q")), "called_process"),
    "call with unknown binding": (around(call("x", "q", bindingType="gestern")), "binding"),
    "call without tag": (around(call("x", "q", bindingType="versionTag")), "version_tag"),
    "form with unknown binding": (around(user("x", ext('<zeebe:formDefinition formId="f" bindingType="gestern"/>'))), "binding"),
    "form without tag": (around(user("x", ext('<zeebe:formDefinition formId="f" bindingType="versionTag"/>'))), "version_tag"),
    "feel of a form's tag": (around(user("x", ext('<zeebe:formDefinition formId="f" bindingType="versionTag" versionTag="= ("/>'))), "feel"),
    "decision missing": (around(el("businessRuleTask", "x")), "decision_missing"),
    "decision without result": (around(el("businessRuleTask", "x", ext('<zeebe:calledDecision decisionId="d"/>'))), "variable"),
    "feel that does not compile": (around(user("x", ext(io({"a": "= 1 +"})))), "feel"),
    "feel of an assignment": (around(user("x", ext('<zeebe:assignmentDefinition assignee="= ("/>'))), "feel"),
    "mapping without target": (around(user("x", ext('<zeebe:ioMapping><zeebe:input source="= 1"/></zeebe:ioMapping>'))), "variable"),
    "timer that cannot be read": (around(el("intermediateCatchEvent", "x", timer("Duration", "3 Tage"))), "timer"),
    "timer without text": (around(el("intermediateCatchEvent", "x", timer("Duration", ""))), "timer_missing"),
    "timer with broken feel": (around(el("intermediateCatchEvent", "x", timer("Date", "= date("))), "feel"),
    "endless cycle": (around(user("x"), boundary("b", "x", timer("Cycle", "R/PT0S"), "false"), USER, flow("b", "u")), "timer"),
    "duplicate id": (around(el("task", "x"), sub("SP", start("s2"), el("task", "x"), chain("s2", "x")), flow("x", "SP")), "duplicate_id"),
    "id like a name of our own": (doc(start(), el("task", "x.events"), chain("s", "x.events")), "id_form"),
    "id without a letter": (doc(start(), el("task", ".-."), chain("s", ".-.")), "id_form"),
    "id with a colon": (doc(start(), el("task", "a:b"), chain("s", "a:b")), "id_form"),
    "id that begins with a hyphen": (doc(start(), el("task", "-x"), chain("s", "-x")), "id_form"),
    "missing id": (around(el("task", "x")).replace(b'<bpmn:startEvent id="s">', b"<bpmn:startEvent>"), "id_missing"),
    "flow to nowhere": (around(el("task", "x"), flow("x", "weg")), "flow_reference"),
    "flow into a sub-process": (around(sub("x", start("s2"), user("in"), chain("s2", "in")), el("task", "y"), flow("x", "y"), flow("y", "in")), "flow_reference"),
    "boundary on nothing": (around(el("task", "x"), boundary("b", "weg", MSG), USER, flow("b", "u")), "attached"),
    "boundary on a gateway": (around(el("exclusiveGateway", "x"), boundary("b", "x", MSG), USER, flow("b", "u")), "attached"),
    "boundary without trigger": (around(el("task", "x"), boundary("b", "x", ""), USER, flow("b", "u")), "event_place"),
    "non-interrupting error": (around(el("task", "x"), boundary("b", "x", ERR, "false"), USER, flow("b", "u")), "error_interrupts"),
    "exclusive split without condition": (around(el("exclusiveGateway", "x"), USER, flow("x", "u", "= a")), "flow_condition"),
    "condition in another language": (around(el("exclusiveGateway", "x", default="D"), USER, flow("x", "u", "${a}"), flow("x", "e", id="D")), "not_feel"),
    "language attribute": (around(el("exclusiveGateway", "x", default="D"), USER, flow("x", "e", id="D"), el(
        "sequenceFlow", "f1", '<bpmn:conditionExpression language="http://www.java.com/javaTypes">= a</bpmn:conditionExpression>', sourceRef="x", targetRef="u")), "language"),
    "condition after a parallel gateway": (around(el("parallelGateway", "x"), USER, flow("x", "u", "= a")), "condition_place"),
    "default flow of somebody else": (around(el("exclusiveGateway", "x", default="weg")), "default_reference"),
    "orphan": (around(el("task", "x"), USER), "orphan"),
    "flow out of an end event": (around(el("task", "x"), USER, flow("e", "u")), "flow_out"),
    "flow into a start event": (around(el("task", "x"), flow("x", "s")), "flow_into"),
    "no start event": (doc(USER, el("task", "y"), flow("y", "u"), flow("u", "y")), "no_start"),
    "sub-process without start": (around(sub("x")), "no_start"),
    "sub-process with two starts": (around(sub("x", start("s2"), start("s3"), el("task", "in"), chain("s2", "in"), flow("s3", "in"))), "several_starts"),
    "sub-process with message start": (around(sub("x", start("s2", MSG), el("task", "in"), chain("s2", "in"))), "event_place"),
    "event sub-process without trigger": (around(el("task", "x"), event_sub("", "true", USER, first="u")), "event_place"),
    "conditional start of a process": (around(el("task", "x"), start("s2", COND), USER, chain("s2", "u")), "event_place"),
    "catching event without trigger": (around(el("intermediateCatchEvent", "x")), "event_place"),
    "two triggers": (around(el("intermediateCatchEvent", "x", MSG + SIG)), "multiple_events"),
    "unknown message": (around(el("intermediateCatchEvent", "x", definition("message", messageRef="weg"))), "reference"),
    "unknown signal": (around(el("intermediateCatchEvent", "x", definition("signal", signalRef="weg"))), "reference"),
    "error end without code": (doc(start(), end("e", "<bpmn:errorEventDefinition/>"), chain("s", "e")), "code_missing"),
    "message without key": (around(el("intermediateCatchEvent", "x", MSG)).replace(b'correlationKey="= fall"', b""), "correlation_key"),
    "condition missing": (around(el("intermediateCatchEvent", "x", "<bpmn:conditionalEventDefinition/>")), "condition_missing"),
    "link without target": (doc(start(), el("intermediateThrowEvent", "x", LINK), chain("s", "x")), "link_target"),
    "event gateway with a task": (around(el("eventBasedGateway", "x"), USER, el("intermediateCatchEvent", "c", SIG), flow("x", "u"), flow("x", "c")), "event_gateway"),
    "multi-instance without collection": (around(user("x", "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>")), "loop_collection"),
    "output collection without element": (around(user("x", multi(outputCollection="rs"))), "loop_output"),
    "endless loop": (around(user("x", "<bpmn:standardLoopCharacteristics/>")), "loop_endless"),
    "listeners": (around(user("x", ext("<zeebe:taskListeners/>"))), "refused_extension"),
    "embedded form": (around(user("x", ext('<zeebe:userTaskForm id="f"/>'))), "refused_extension"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_not_run_is_refused_with_element_and_line(name):
    xml, code = REFUSED[name]
    report = lint(xml)
    found = [f for f in report.findings if f.code == code and f.severity == "error"]

    assert found, [(f.code, f.message_de) for f in report.findings]
    assert not report.runs
    assert found[0].line == 1
    assert found[0].element_type
    assert found[0].message_de.endswith((".", "“", ")"))
    assert "{x}" not in found[0].message_de
    assert "{x}" not in found[0].message_en
    with pytest.raises(InvalidDefinition) as refusal:
        Definition(xml, "k", "p")
    assert code in [f.code for f in refusal.value.findings]


def test_lines_and_names_point_to_the_element():
    xml = HEAD + '<bpmn:process id="p" isExecutable="true">\n<bpmn:startEvent id="s"/>\n<bpmn:serviceTask id="x" name="Brief&#10;senden"/>' + flow("s", "x") + "</bpmn:process></bpmn:definitions>"
    found = next(f for f in lint(xml.encode()).findings if f.code == "job_type")

    assert (found.element_id, found.element_name, found.element_type, found.line) == ("x", "Brief senden", "serviceTask", 3)
    assert found.message_de.startswith("„Brief senden“: ")
    assert found.message_en.startswith('"Brief senden": ')


def test_clean_model_has_no_findings():
    assert lint(around(user("x", ext('<zeebe:formDefinition formId="f"/>')))).findings == ()


@pytest.mark.parametrize(("binding", "found"), [
    ("", []), ('bindingType="latest"', []), ('bindingType="deployment"', []), ('bindingType="versionTag" versionTag="v1"', []),
    ('bindingType="versionTag"', ["version_tag"]), ('bindingType="neueste"', ["binding"])])
def test_binding_of_a_decision_is_checked(binding, found):
    xml = around(el("businessRuleTask", "x", ext(f'<zeebe:calledDecision decisionId="d" resultVariable="r" {binding}/>')))

    assert (codes(xml, "error"), codes(xml, "warning")) == (found, [])


def test_warnings_do_not_prevent_deployment():
    xml = around(el("manualTask", "x"), user("m", camunda="x").replace("camunda=", "camunda:assignee=") if False else user("m"), flow("x", "m"))
    assert set(codes(xml, "warning")) == {"manual", "no_form"}
    assert lint(xml).runs
    foreign = HEAD.replace("targetNamespace", 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace')
    xml = around(user("x", ext('<zeebe:formDefinition formId="f"/><camunda:formData/>'))).replace(HEAD.encode(), foreign.encode())
    assert codes(xml.replace(b'userTask id="x"', b'userTask id="x" camunda:assignee="demo"'), "warning") == ["camunda7", "camunda7"]


def test_documentation_is_reported_as_ignored():
    xml = around(el("task", "x"), el("dataObject", "d"), el("dataObjectReference", "dr", dataObjectRef="d"), el("textAnnotation", "ta", "<bpmn:text>Hinweis</bpmn:text>"), el("group", "g"),
                 "<bpmn:documentation>Text</bpmn:documentation>", '<fremd xmlns="urn:x"/>')
    assert sorted(codes(xml, "ignored")) == ["documentation"] * 4 + ["foreign", "foreign_namespace"]
    assert lint(xml).runs
    assert Definition(xml, "k", "p")


def test_picture_beside_an_executable_process_is_not_examined():
    picture = el("process", "bild", el("zauberTask", "z"), isExecutable="false")
    xml = around(el("task", "x")).replace(b"</bpmn:definitions>", picture.encode() + b"</bpmn:definitions>")
    report = lint(xml)

    assert report.runs
    assert [(p.id, p.executable) for p in report.processes] == [("p", True), ("bild", False)]
    assert codes(xml, "ignored") == ["not_executable"]
    with pytest.raises(InvalidDefinition):
        Definition(xml, "k", "bild")


def test_file_without_executable_process_is_refused():
    assert codes(around(el("task", "x")).replace(b'isExecutable="true"', b'isExecutable="false"')) == ["no_executable"]
    assert codes(around(el("task", "x")).replace(b' isExecutable="true"', b"")) == []


@pytest.mark.parametrize("data", [b"", b"   ", b"PK\x03\x04", b"<a", b"<a/>", b'<?xml version="1.0" encoding="klingonisch"?><a/>', b"\xff\xfe", "<a>ü</a>".encode("latin-1"),
                                  b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', HEAD.encode() + b"</bpmn:definitions>", b'{"type": "default"}'])
def test_anything_else_gives_one_german_sentence(data):
    report = lint(data)

    assert not report.runs
    assert len(report.findings) == 1
    assert report.findings[0].message_de[0].isupper()
    assert report.findings[0].message_de.endswith(".")


def test_every_truncation_and_damage_of_a_model_is_survived():
    xml = REFUSED["flow into a sub-process"][0] + b""
    for cut in range(0, len(xml), 97):
        lint(xml[:cut])
    for old, new in ((b"id=", b"ID="), (b"sourceRef", b"x"), (b"targetRef", b"x"), (b"subProcess", b"startEvent"), (b"startEvent", b"process"), (b"bpmn:task", b"bpmn:subProcess"),
                     (b"bpmn:", b""), (b"process", b"laneSet"), (b'"s2"', b'"x"'), (b"sequenceFlow", b"userTask")):
        report = lint(xml.replace(old, new))
        assert not [f for f in report.findings if f.code == "unexpected"], (old, report.findings)


def test_catalogue_reads_once_and_forgets_the_oldest():
    reads, catalogue = [], Catalogue(limit=2)

    def source():
        reads.append(1)
        return around(el("task", "x")), "p"
    first = catalogue.get("1", source)
    assert catalogue.get("1", source) is first
    assert len(reads) == 1
    catalogue.get("2", source)
    catalogue.get("3", source)
    assert catalogue.get("1", source) is not first
    assert len(reads) == 4


def test_service_task_of_the_helpers_is_accepted():
    assert lint(around(service("x"))).runs
