"""Exports of modelling tools, each in its own dialect: namespaces, ids, extensions, encodings, what it draws besides the process.

Every element is answered in German and English, nothing is a defect, what the tool added stays, and what can run runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time

import pytest

from engine.catalogue import Definition
from engine.diagram.read import read as read_diagram
from engine.lint import lint, report_elements

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPACES = ('xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
          'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"')


def plane(prefix: str, element: str, *nodes: str) -> str:
    """A diagram, as every tool writes one."""
    shapes = "".join(f'<bpmndi:BPMNShape id="S{i}" bpmnElement="{prefix}{node}"><dc:Bounds x="{100 * i}" y="80" width="80" height="60"/></bpmndi:BPMNShape>'
                     for i, node in enumerate(nodes))
    return f'<bpmndi:BPMNDiagram id="D"><bpmndi:BPMNPlane id="P" bpmnElement="{element}">{shapes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'


@dataclass(frozen=True, kw_only=True)
class Export:
    """A file, whether it runs, and elements of which we know the verdict."""

    text: str
    encoding: str = "utf-8"
    runs: bool = True
    verdicts: tuple[tuple[str, str], ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def data(self) -> bytes:
        return self.text.encode(self.encoding)


EXPORTS = {
    # Signavio: sid- ids, its own namespace with colours and meta data everywhere, several pools, message flows, conditions in words.
    "Signavio": Export(text=f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<definitions xmlns="{BPMN}" {SPACES} xmlns:omgdc="http://www.omg.org/spec/DD/20100524/DC" xmlns:signavio="http://www.signavio.com" exporter="Signavio Process Editor, http://www.signavio.com"
  exporterVersion="15.9.0" expressionLanguage="http://www.w3.org/1999/XPath" typeLanguage="http://www.w3.org/2001/XMLSchema" id="sid-4a7c" targetNamespace="http://www.signavio.com">
 <collaboration id="sid-k"><extensionElements><signavio:signavioDiagramMetaData metaKey="prozessverantwortlicher" metaValue="Leitung &amp; Stab"/></extensionElements>
  <participant id="sid-A1" name="Bürger/in"><extensionElements><signavio:signavioMetaData metaKey="bgcolor" metaValue="#ffffff"/></extensionElements></participant>
  <participant id="sid-B2" name="Ausländerbehörde" processRef="sid-p"/><messageFlow id="sid-m" sourceRef="sid-A1" targetRef="sid-s"/></collaboration>
 <process id="sid-p" isClosed="false" isExecutable="false" name="Ausländerbehörde" processType="None">
  <laneSet id="sid-l"><lane id="sid-l1" name="Sachbearbeitung"><flowNodeRef>sid-s</flowNodeRef><flowNodeRef>sid-g</flowNodeRef></lane></laneSet>
  <startEvent id="sid-s" name=""><outgoing>sid-f1</outgoing><messageEventDefinition id="sid-md"/></startEvent>
  <exclusiveGateway gatewayDirection="Diverging" id="sid-g" name="Unterlagen&#10;vollständig?"><incoming>sid-f1</incoming></exclusiveGateway>
  <task completionQuantity="1" id="sid-t" isForCompensation="false" name="Unterlagen nachfordern" startQuantity="1"/><endEvent id="sid-e" name=""/>
  <dataObject id="sid-d" isCollection="false"/><dataObjectReference dataObjectRef="sid-d" id="sid-dr" name="Antrag"/>
  <sequenceFlow id="sid-f1" sourceRef="sid-s" targetRef="sid-g"/><sequenceFlow id="sid-f2" name="nein" sourceRef="sid-g" targetRef="sid-t">
   <conditionExpression id="sid-c" xsi:type="tFormalExpression">Unterlagen fehlen</conditionExpression></sequenceFlow>
  <sequenceFlow id="sid-f3" name="ja" sourceRef="sid-g" targetRef="sid-e"/><sequenceFlow id="sid-f4" sourceRef="sid-t" targetRef="sid-e"/>
 </process>{plane("", "sid-k", "sid-A1", "sid-s", "sid-t")}</definitions>""", runs=False, codes=("no_executable",)),
    # Signavio in English settings, marked as executable but with conditions in natural language: each such flow is named.
    "conditions in words": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="{BPMN}" {SPACES} targetNamespace="http://x"><process id="p" isExecutable="true">
 <startEvent id="s"/><exclusiveGateway id="g"/><task id="a"/><task id="b"/><sequenceFlow id="f0" sourceRef="s" targetRef="g"/>
 <sequenceFlow id="f1" sourceRef="g" targetRef="a"><conditionExpression xsi:type="tFormalExpression">wenn der Betrag höher als 500 € ist</conditionExpression></sequenceFlow>
 <sequenceFlow id="f2" sourceRef="g" targetRef="b"><conditionExpression xsi:type="tFormalExpression">sonst</conditionExpression></sequenceFlow></process></definitions>""",
                                  runs=False),
    # ADONIS NP: everything prefixed, ids with underscores, extensions with notebook attributes, processType, ioSpecification.
    "ADONIS": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" {SPACES} xmlns:adonis="http://www.boc-group.com/adonis" exporter="ADONIS NP" exporterVersion="13.0" id="_d7f" name="Wohngeld" targetNamespace="http://www.boc-group.com">
 <bpmn:extensionElements><adonis:model class="Geschäftsprozessdiagramm (BPMN 2.0)" version="1.0"/></bpmn:extensionElements>
 <bpmn:process id="_obj.29382" name="Wohngeld" processType="Private" isExecutable="true" isClosed="false"><bpmn:extensionElements><adonis:attribute name="Beschreibung">Text</adonis:attribute></bpmn:extensionElements>
  <bpmn:ioSpecification id="_io"><bpmn:dataInput id="_di" name="Antrag"/><bpmn:inputSet id="_is"><bpmn:dataInputRefs>_di</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet id="_os"/></bpmn:ioSpecification>
  <bpmn:startEvent id="_obj.1" name="Antrag eingegangen" isInterrupting="true" parallelMultiple="false"/>
  <bpmn:userTask id="_obj.2" name="Antrag prüfen" implementation="##unspecified"><bpmn:documentation textFormat="text/html">&lt;p&gt;Prüfen&lt;/p&gt;</bpmn:documentation>
   <bpmn:extensionElements><adonis:attribute name="Bearbeitungszeit">00:000:00:20:00</adonis:attribute></bpmn:extensionElements><bpmn:potentialOwner id="_po"><bpmn:resourceAssignmentExpression id="_ra"><bpmn:formalExpression id="_fe">Wohngeldstelle</bpmn:formalExpression></bpmn:resourceAssignmentExpression></bpmn:potentialOwner></bpmn:userTask>
  <bpmn:endEvent id="_obj.3" name="Bescheid erteilt"/><bpmn:sequenceFlow id="_rel.1" sourceRef="_obj.1" targetRef="_obj.2" isImmediate="true"/><bpmn:sequenceFlow id="_rel.2" sourceRef="_obj.2" targetRef="_obj.3"/>
  <bpmn:group id="_grp" categoryValueRef="_cv"/></bpmn:process><bpmn:category id="_cat" name="Gruppe"><bpmn:categoryValue id="_cv" value="Gruppe"/></bpmn:category>
 {plane("", "_obj.29382", "_obj.1", "_obj.2", "_obj.3")}</bpmn:definitions>""", verdicts=(("_obj.2", "runs"), ("_po", "documentation"), ("_grp", "documentation"))),
    # ARIS: windows-1252 line ends, ids of occurrences with dots and hyphens, a namespace with GUIDs.
    "ARIS": Export(text=f"""<?xml version="1.0" encoding="UTF-16"?>\r
<semantic:definitions xmlns:semantic="{BPMN}" {SPACES} xmlns:aris="http://www.softwareag.com/aris" exporter="ARIS" exporterVersion="10.0.17" id="Def.6hs" targetNamespace="http://www.ids-scheer.com/aris">\r
 <semantic:process id="ObjOcc.7p" name="Gewerbe anmelden" isExecutable="true" aris:guid="0f1c-11e6">\r
  <semantic:startEvent id="ObjOcc.6hs--p-----L-" name="Anmeldung liegt vor"/>\r
  <semantic:manualTask id="ObjOcc.6i1--p-----L-" name="Anmeldung prüfen" aris:guid="4711"><semantic:extensionElements><aris:attributes><aris:AT_DESC locale="de">Text</aris:AT_DESC></aris:attributes></semantic:extensionElements></semantic:manualTask>\r
  <semantic:endEvent id="ObjOcc.6i9--p-----L-"/>\r
  <semantic:sequenceFlow id="CxnOcc.1" sourceRef="ObjOcc.6hs--p-----L-" targetRef="ObjOcc.6i1--p-----L-"/><semantic:sequenceFlow id="CxnOcc.2" sourceRef="ObjOcc.6i1--p-----L-" targetRef="ObjOcc.6i9--p-----L-"/>\r
 </semantic:process></semantic:definitions>""", encoding="utf-16", verdicts=(("ObjOcc.6i1--p-----L-", "runs"),)),
    # BIC Process Design: Latin-1, German ids.
    "BIC": Export(text=f"""<?xml version='1.0' encoding='ISO-8859-1'?><definitions xmlns="{BPMN}" {SPACES} xmlns:bic="http://www.gbtec.de/bic" exporter="BIC Process Design" targetNamespace="http://www.gbtec.de">
 <process id="Prozess_Führerschein" name="Führerschein umtauschen" isExecutable="true"><startEvent id="Start"/><userTask id="Tätigkeit_1" name="Prüfen"><extensionElements><bic:attributes><bic:attribute id="AT_KOSTEN">12,50 EUR</bic:attribute></bic:attributes></extensionElements></userTask>
 <endEvent id="End"/><sequenceFlow id="k1" sourceRef="Start" targetRef="Tätigkeit_1"/><sequenceFlow id="k2" sourceRef="Tätigkeit_1" targetRef="End"/></process></definitions>""", encoding="iso-8859-1",
                  verdicts=(("Tätigkeit_1", "runs"),)),
    # Visual Paradigm: ids that are no XML names, two processes and a black box, extensions in its own namespace.
    "Visual Paradigm": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="{BPMN}" {SPACES} xmlns:vpumldi="http://www.visual-paradigm.com" xmlns:tns="http://www.visual-paradigm.com" exporter="Visual Paradigm" exporterVersion="17.0" targetNamespace="http://www.visual-paradigm.com">
 <collaboration id="4.J9IjKGAqFCApSM"><participant id="yY6Q2d6GAq.ACGg4A" name="Antragsteller"/><participant id="8Zn" name="Amt" processRef="p1"/><messageFlow id="1.x" sourceRef="yY6Q2d6GAq.ACGg4A" targetRef=".0YPlQ6GAqBwgRMe"/></collaboration>
 <process id="p1" isExecutable="true"><startEvent id=".0YPlQ6GAqBwgRMe"/><userTask id="6Ag2YRyuGAqDUAQhq" name="Prüfen"/><endEvent id="9gSJ4k.DqGAqAAAQnR"/>
  <sequenceFlow id="1f" sourceRef=".0YPlQ6GAqBwgRMe" targetRef="6Ag2YRyuGAqDUAQhq"/><sequenceFlow id="2f" sourceRef="tns:6Ag2YRyuGAqDUAQhq" targetRef="tns:9gSJ4k.DqGAqAAAQnR"/></process>
 <process id="p2" isExecutable="false"/></definitions>""", verdicts=(("6Ag2YRyuGAqDUAQhq", "runs"),)),
    # Bizagi: Id_ with GUIDs, empty processes of black-box pools, one process per pool, blank names, no isExecutable.
    "Bizagi": Export(text=f"""<?xml version="1.0" encoding="utf-8"?>
<definitions xmlns:xsd="http://www.w3.org/2001/XMLSchema" {SPACES} id="_2024" targetNamespace="http://www.bizagi.com/definitions/_2024" expressionLanguage="http://www.w3.org/1999/XPath" typeLanguage="http://www.w3.org/2001/XMLSchema" exporter="Bizagi Modeler" exporterVersion="4.0.0.065" xmlns="{BPMN}" xmlns:bizagi="http://www.bizagi.com/bpmn20">
 <process id="Id_76e3" name="Hauptprozess"><documentation/><extensionElements><bizagi:BizagiExtensions><bizagi:BizagiProperties><bizagi:BizagiProperty name="bgColor" value="White"/></bizagi:BizagiProperties></bizagi:BizagiExtensions></extensionElements>
  <startEvent id="Id_a1" name=""><extensionElements><bizagi:BizagiExtensions/></extensionElements><outgoing>Id_f1</outgoing></startEvent><task id="Id_a2" name="Aufgabe 1"/><endEvent id="Id_a3" name=""/>
  <sequenceFlow id="Id_f1" name="" sourceRef="Id_a1" targetRef="Id_a2"/><sequenceFlow id="Id_f2" name="" sourceRef="Id_a2" targetRef="Id_a3"/></process></definitions>""", encoding="utf-8-sig", verdicts=(("Id_a2", "runs"),)),
    # Sparx Enterprise Architect: EAID ids, transactions of its own, a choreography besides.
    "Enterprise Architect": Export(text=f"""<?xml version="1.0" encoding="windows-1252"?><bpmn:definitions xmlns:bpmn="{BPMN}" {SPACES} xmlns:ea="http://www.sparxsystems.com.au/ea" id="EAPK_1" targetNamespace="http://www.sparxsystems.com.au/bpmn" exporter="Enterprise Architect" exporterVersion="15.2">
 <bpmn:process id="EAID_P" name="Ablauf" isExecutable="true" isClosed="false" processType="none"><bpmn:startEvent id="EAID_1" name="Beginn"/><bpmn:task id="EAID_2" name="Prüfen – sofort"/><bpmn:endEvent id="EAID_3" name="Schluß"/>
 <bpmn:sequenceFlow id="EAID_F1" sourceRef="EAID_1" targetRef="EAID_2"/><bpmn:sequenceFlow id="EAID_F2" sourceRef="EAID_2" targetRef="EAID_3"/></bpmn:process>
 <bpmn:choreography id="EAID_C"><bpmn:choreographyTask id="EAID_C1" initiatingParticipantRef="EAID_X"><bpmn:participantRef>EAID_X</bpmn:participantRef></bpmn:choreographyTask></bpmn:choreography></bpmn:definitions>""",
                                   encoding="cp1252", verdicts=(("EAID_2", "runs"), ("EAID_C", "documentation"))),
    # Trisotech: data, stores, item definitions, triso extensions, globally unique ids with an underscore, adHoc markers elsewhere.
    "Trisotech": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?><semantic:definitions xmlns:semantic="{BPMN}" {SPACES} xmlns:triso="http://www.trisotech.com/2015/triso/modeling" xmlns:rss="http://purl.org/rss/2.0/" id="_1" name="Wohnsitz" exporter="BPMN Modeler" exporterVersion="11" targetNamespace="http://www.trisotech.com/definitions/_1" triso:logoChoice="Default">
 <semantic:itemDefinition id="_it" structureRef="xsd:string" isCollection="false" itemKind="Information"/><semantic:dataStore id="_st" name="Melderegister" isUnlimited="true"/><semantic:message id="_msg" itemRef="_it"/>
 <semantic:process id="_p" isExecutable="true"><semantic:property id="_pr" itemSubjectRef="_it"/><semantic:dataStoreReference id="_sr" dataStoreRef="_st"/><semantic:startEvent id="_s"><semantic:extensionElements><triso:attachments/></semantic:extensionElements></semantic:startEvent>
 <semantic:userTask id="_u" name="Ummelden"><semantic:ioSpecification id="_ios"><semantic:dataInput id="_in"/><semantic:inputSet id="_ins"><semantic:dataInputRefs>_in</semantic:dataInputRefs></semantic:inputSet><semantic:outputSet id="_out"/></semantic:ioSpecification>
  <semantic:dataInputAssociation id="_dia"><semantic:sourceRef>_sr</semantic:sourceRef><semantic:targetRef>_in</semantic:targetRef></semantic:dataInputAssociation></semantic:userTask><semantic:endEvent id="_e"/>
 <semantic:sequenceFlow id="_f1" sourceRef="_s" targetRef="_u"/><semantic:sequenceFlow id="_f2" sourceRef="_u" targetRef="_e"/></semantic:process></semantic:definitions>""", verdicts=(("_u", "runs"), ("_sr", "documentation"))),
    # Camunda 7: delegates, JUEL; nothing of it runs here, and each place says so.
    "Camunda 7": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="{BPMN}" {SPACES} xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn" exporter="Camunda Modeler" exporterVersion="5.2" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.18.0">
 <bpmn:process id="P" isExecutable="true" camunda:historyTimeToLive="30"><bpmn:startEvent id="s" camunda:initiator="wer"/><bpmn:serviceTask id="d" name="Rechnen" camunda:delegateExpression="${{rechner}}"/><bpmn:exclusiveGateway id="g"/>
 <bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="d"/><bpmn:sequenceFlow id="f2" sourceRef="d" targetRef="g"/><bpmn:sequenceFlow id="f3" sourceRef="g" targetRef="e"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${{betrag &gt; 5}}</bpmn:conditionExpression></bpmn:sequenceFlow></bpmn:process></bpmn:definitions>""", runs=False),
    # bpmn.io: no executable process, self-made ids, a text annotation.
    "bpmn.io": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="{BPMN}" {SPACES} xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" xmlns:color="http://www.omg.org/spec/BPMN/non-normative/color/1.0" targetNamespace="" exporter="bpmn-js (https://demo.bpmn.io)" exporterVersion="17.0.2">
 <process id="Process_0sckl64"><startEvent id="StartEvent_1y45yut" name="hunger noticed"/><task id="Activity_0k8" bioc:stroke="#831311"/><endEvent id="Event_1"/><sequenceFlow id="Flow_1" sourceRef="StartEvent_1y45yut" targetRef="Activity_0k8"/><sequenceFlow id="Flow_2" sourceRef="Activity_0k8" targetRef="Event_1"/>
 <textAnnotation id="TA"><text>Text</text></textAnnotation><association id="As" sourceRef="Activity_0k8" targetRef="TA"/></process></definitions>""", verdicts=(("Activity_0k8", "runs"), ("TA", "documentation"))),
    "Flowable": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="{BPMN}" {SPACES} xmlns:flowable="http://flowable.org/bpmn" xmlns:design="http://flowable.org/design" typeLanguage="http://www.w3.org/2001/XMLSchema" expressionLanguage="http://www.w3.org/1999/XPath" targetNamespace="http://flowable.org/test" design:palette="flowable-engage">
 <process id="antrag" name="Antrag" isExecutable="true" flowable:candidateStarterGroups="x"><startEvent id="s" flowable:formKey="f"/><userTask id="u" name="Prüfen" flowable:candidateGroups="amt" flowable:formFieldValidation="false"><extensionElements><flowable:taskListener event="create" class="de.x.Y"/></extensionElements></userTask><endEvent id="e"/>
 <sequenceFlow id="f1" sourceRef="s" targetRef="u"/><sequenceFlow id="f2" sourceRef="u" targetRef="e"/></process></definitions>""", verdicts=(("u", "runs"),)),
    "jBPM": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?><bpmn2:definitions xmlns:bpmn2="{BPMN}" {SPACES} xmlns:bpsim="http://www.bpsim.org/schemas/1.0" xmlns:drools="http://www.jboss.org/drools" id="_nE" exporter="jBPM Process Modeler" exporterVersion="2.0" targetNamespace="http://www.omg.org/bpmn20">
 <bpmn2:itemDefinition id="_xItem" structureRef="String"/><bpmn2:process id="de.stadt.antrag" drools:packageName="de.stadt" drools:version="1.0" drools:adHoc="false" name="antrag" isExecutable="true" processType="Public"><bpmn2:property id="x" itemSubjectRef="_xItem" name="x"/>
 <bpmn2:startEvent id="_S"/><bpmn2:scriptTask id="_T" name="Setzen" scriptFormat="http://www.java.com/java"><bpmn2:script>kcontext.setVariable("x", 1);</bpmn2:script></bpmn2:scriptTask><bpmn2:endEvent id="_E"/><bpmn2:sequenceFlow id="_F1" sourceRef="_S" targetRef="_T"/><bpmn2:sequenceFlow id="_F2" sourceRef="_T" targetRef="_E"/></bpmn2:process>
 <bpmn2:relationship type="BPSimData"><bpmn2:extensionElements><bpsim:BPSimData><bpsim:Scenario id="default"/></bpsim:BPSimData></bpmn2:extensionElements><bpmn2:source>_nE</bpmn2:source><bpmn2:target>_nE</bpmn2:target></bpmn2:relationship></bpmn2:definitions>""", runs=False),
    "Activiti": Export(text=f"""<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="{BPMN}" {SPACES} xmlns:activiti="http://activiti.org/bpmn" targetNamespace="http://www.activiti.org/processdef"><process id="vacation" isExecutable="true"><startEvent id="request" activiti:initiator="e"><extensionElements><activiti:formProperty id="n" name="Tage" type="long" required="true"/></extensionElements></startEvent>
 <sequenceFlow id="flow1" sourceRef="request" targetRef="t"/><userTask id="t" activiti:assignee="${{e}}"><humanPerformer><resourceAssignmentExpression><formalExpression>amt</formalExpression></resourceAssignmentExpression></humanPerformer></userTask></process></definitions>""", verdicts=(("t", "runs"),)),
    # Several processes that run, a file that many tools cannot name otherwise; elements without ids that only document.
    "several processes, documentation without ids": Export(text=f"""<?xml version="1.0"?><definitions xmlns="{BPMN}" targetNamespace="x">""" + "".join(
        f'<process id="p{i}" isExecutable="true"><documentation>x</documentation><laneSet><lane name="A"><flowNodeRef>s{i}</flowNodeRef></lane></laneSet><startEvent id="s{i}"/><task id="t{i}"/><sequenceFlow id="f{i}" sourceRef="s{i}" targetRef="t{i}"/><textAnnotation><text>T</text></textAnnotation></process>'
        for i in range(5)) + "</definitions>", verdicts=(("t0", "runs"), ("t4", "runs"))),
    # Ids missing or doubled.
    "missing ids": Export(text=f"""<definitions xmlns="{BPMN}" targetNamespace="x"><process id="p" isExecutable="true"><startEvent/><task name="Ohne Kennung"/><endEvent/><sequenceFlow/></process></definitions>""", runs=False, codes=("id_missing",)),
    "doubled ids": Export(text=f"""<definitions xmlns="{BPMN}" targetNamespace="x"><process id="p" isExecutable="true"><startEvent id="a"/><task id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="a"/></process></definitions>""", runs=False, codes=("duplicate_id",)),
    "doubled ids of what only documents": Export(text=f"""<definitions xmlns="{BPMN}" targetNamespace="x"><process id="p" isExecutable="true"><startEvent id="a"/><task id="b"><ioSpecification><dataInput id="in"/><inputSet/><outputSet/></ioSpecification></task><task id="c"><ioSpecification><dataInput id="in"/><inputSet/><outputSet/></ioSpecification></task><sequenceFlow id="f" sourceRef="a" targetRef="b"/><sequenceFlow id="g" sourceRef="b" targetRef="c"/></process></definitions>""",
                                                 codes=("duplicate_id",), verdicts=(("b", "runs"), ("c", "runs"))),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_export_is_answered_element_by_element(name):
    export = EXPORTS[name]
    data = export.data

    began = process_time()
    report = report_elements(data)
    assert process_time() - began < 2

    assert report.report.runs is export.runs, [f.message_de for f in report.report.findings if f.severity == "error"]
    assert set(export.codes) <= {f.code for f in report.report.findings}
    for finding in report.report.findings:
        assert finding.code != "unexpected"
        assert finding.message_de != finding.message_en
    for element in report.elements:
        assert element.verdict == "runs" or (element.reasons_de and element.reasons_en), element
    told = {element.element_id: element.verdict for element in report.elements}
    assert {key: told.get(key) for key, _ in export.verdicts} == dict(export.verdicts)
    assert data == export.data
    assert lint(data) == report.report


def test_start_event_without_id_is_not_said_to_be_missing():
    codes = {name: {f.code for f in lint(EXPORTS[name].data).findings if f.severity == "error"} for name in ("missing ids", "doubled ids")}

    assert codes == {"missing ids": {"id_missing", "flow_reference"}, "doubled ids": {"duplicate_id", "flow_into"}}


@pytest.mark.parametrize("name", [name for name, export in EXPORTS.items() if export.runs])
def test_export_that_runs_is_built_and_drawn(name):
    export = EXPORTS[name]

    for process in lint(export.data).processes:
        if process.executable:
            assert Definition(export.data, "k", process.id).specs
    read_diagram(export.data)
