"""Single elements: does everything stand there that is needed to run them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.checks.events import check_message
from engine.checks.texts import check_condition, check_feel, check_target
from engine.dialect.extensions import attribute, whole, worker_type
from engine.dialect.names import ACTIVITIES, BPMN, GATEWAYS, ZEEBE, has_zeebe, local, zeebe

if TYPE_CHECKING:
    from lxml import etree

    from engine.checks.context import Context

# Extensions that tell other engines how to run an element; what they ask for does not happen here.
ENGINES: Final = {
    "http://camunda.org/schema/1.0/bpmn": ("camunda", "Camunda 7"),
    "http://activiti.org/bpmn": ("activiti", "Activiti"),
    "http://activiti.com/modeler": ("modeler", "Activiti"),
    "http://flowable.org/bpmn": ("flowable", "Flowable"),
    "http://www.jboss.org/drools": ("drools", "jBPM"),
    "http://www.jboss.org/jbpm": ("jbpm", "jBPM"),
    "http://www.omg.org/bpmn20": ("bpmn20", "jBPM"),
    "http://www.bonitasoft.org/studio/BPMN": ("bonita", "Bonita"),
    "http://axonivy.com/bpmn": ("ivy", "Axon Ivy"),
    "http://xmlns.oracle.com/bpm/OracleExtensions": ("oracle", "Oracle BPM"),
    "http://www.sap.com/bpmn2/extensions": ("sap", "SAP"),
    "http:///com.sap.ifl.model/Ifl.xsd": ("ifl", "SAP Integration Suite"),
}
READ: Final = frozenset(
    {
        "assignmentDefinition",
        "calledDecision",
        "calledElement",
        "formDefinition",
        "header",
        "input",
        "ioMapping",
        "loopCharacteristics",
        "output",
        "priorityDefinition",
        "properties",
        "property",
        "publishMessage",
        "script",
        "subscription",
        "taskDefinition",
        "taskHeaders",
        "taskSchedule",
        "userTask",
        "versionTag",
        "modelerTemplate",
        "modelerTemplateVersion",
        "modelerTemplateIcon",
    }
)
REFUSED_EXTENSIONS: Final = {
    "executionListeners": "Ausführungs-Listener",
    "taskListeners": "Aufgaben-Listener",
    "adHoc": "Ad-hoc-Teilprozess",
    "userTaskForm": "eingebettetes Formular (bitte als eigene Formulardatei verknüpfen)",
}
# zeebe element, attribute, what it is
TEXTS: Final = (
    ("taskDefinition", "type", "der Auftragstyp", "the job type"),
    ("taskDefinition", "retries", "die Zahl der Versuche", "the number of retries"),
    ("assignmentDefinition", "assignee", "die Zuweisung", "the assignee"),
    ("assignmentDefinition", "candidateGroups", "die Gruppe", "the candidate groups"),
    ("assignmentDefinition", "candidateUsers", "die Liste der Personen", "the candidate users"),
    ("taskSchedule", "dueDate", "die Frist", "the due date"),
    ("taskSchedule", "followUpDate", "die Wiedervorlage", "the follow-up date"),
    ("priorityDefinition", "priority", "die Priorität", "the priority"),
    ("formDefinition", "formId", "das Formular", "the form"),
    ("formDefinition", "formKey", "das Formular", "the form"),
    ("formDefinition", "externalReference", "das Formular", "the form"),
    ("formDefinition", "versionTag", "die Fassung", "the version tag"),
    ("calledElement", "processId", "der aufgerufene Prozess", "the called process"),
    ("calledElement", "versionTag", "die Fassung", "the version tag"),
    ("calledDecision", "decisionId", "die Entscheidung", "the decision"),
    ("calledDecision", "versionTag", "die Fassung", "the version tag"),
    ("publishMessage", "correlationKey", "der Schlüssel", "the correlation key"),
)


def check_node(context: Context, node: etree._Element) -> None:
    """Activities, events and gateways alike, then by kind."""
    tag = local(node)
    check_extensions(context, node)
    if tag in ACTIVITIES:
        check_loop(context, node)
        check_quantity(context, node)
        if node.get("isForCompensation") == "true":
            context.error(
                "refused_element", node, "{x}: Kompensation wird noch nicht ausgeführt.", "{x}: compensation is not executed yet."
            )
    check = KINDS.get(tag)
    if check is not None:
        check(context, node)


def check_extensions(context: Context, node: etree._Element) -> None:
    """``zeebe:`` elements and their texts; what belongs to Camunda 7."""
    if has_zeebe(node):
        for element, name, german, english in TEXTS:
            check_feel(context, node, attribute(node, element, name), german, english)
    mapping = zeebe(node, "ioMapping")
    for entry in mapping if mapping is not None else ():
        check_target(context, node, entry.get("target"), "eine Zuordnung", "a mapping")
        check_feel(context, node, entry.get("source"), f"die Zuordnung „{entry.get('target')}“", f'mapping "{entry.get("target")}"')
    if mapping is not None and local(node) in GATEWAYS:
        context.warn(
            "gateway_mapping",
            node,
            "{x}: Zuordnungen an Gateways werden nicht ausgewertet.",
            "{x}: mappings at gateways are not evaluated.",
        )
    extensions = node.find(BPMN + "extensionElements")
    for child in extensions if extensions is not None else ():
        name = local(child)
        if isinstance(child.tag, str) and child.tag.startswith(ZEEBE) and name not in READ:
            if name in REFUSED_EXTENSIONS:
                context.error(
                    "refused_extension",
                    node,
                    f"{{x}}: {REFUSED_EXTENSIONS[name]} wird nicht ausgeführt.",
                    f"{{x}}: {name} is not executed.",
                )
            else:
                context.warn(
                    "unknown_extension",
                    node,
                    f"{{x}}: die Erweiterung „{name}“ wird nicht ausgewertet.",
                    f'{{x}}: the extension "{name}" is not evaluated.',
                )
        else:
            check_engine(context, node, child.tag)
    for key in node.attrib:
        check_engine(context, node, key)


def check_engine(context: Context, node: etree._Element, name: object) -> None:
    """An element or attribute that speaks to another engine."""
    namespace, _, short = str(name).removeprefix("{").rpartition("}")
    if namespace in ENGINES:
        prefix, engine = ENGINES[namespace]
        context.warn(
            "camunda7" if prefix == "camunda" else "other_engine",
            node,
            f"{{x}}: „{prefix}:{short[:80]}“ ({engine}) wird nicht ausgewertet.",
            f'{{x}}: "{prefix}:{short[:80]}" ({engine}) is not evaluated.',
        )


def check_quantity(context: Context, node: etree._Element) -> None:
    """How many tokens start an activity and leave it."""
    for name in ("startQuantity", "completionQuantity"):
        if node.get(name, "1").strip() != "1":
            context.error(
                "quantity",
                node,
                f"{{x}}: „{name}“ wird nur mit dem Wert 1 ausgeführt.",
                f'{{x}}: "{name}" is executed with value 1 only.',
            )


def check_loop(context: Context, node: etree._Element) -> None:
    """Multi-instance and standard loop."""
    multi, standard = node.find(BPMN + "multiInstanceLoopCharacteristics"), node.find(BPMN + "standardLoopCharacteristics")
    if multi is not None:
        items = attribute(multi, "loopCharacteristics", "inputCollection")
        if items is None:
            context.error(
                "loop_collection",
                node,
                "{x}: die Mehrfachausführung braucht eine Eingabeliste (zeebe:loopCharacteristics).",
                "{x}: multi-instance needs an input collection (zeebe:loopCharacteristics).",
            )
        check_feel(context, node, items, "die Eingabeliste", "the input collection", required=True)
        output, element = (
            attribute(multi, "loopCharacteristics", "outputCollection"),
            attribute(multi, "loopCharacteristics", "outputElement"),
        )
        if (output is None) != (element is None):
            context.error(
                "loop_output",
                node,
                "{x}: Ausgabeliste und Ausgabeelement gehören zusammen; eines davon fehlt.",
                "{x}: output collection and output element belong together; one is missing.",
            )
        check_feel(context, node, element, "das Ausgabeelement", "the output element", required=True)
        for name in (output, attribute(multi, "loopCharacteristics", "inputElement")):
            if name is not None:
                check_target(context, node, name, "die Mehrfachausführung", "multi-instance")
        check_condition(context, node, multi, "completionCondition", "die Abschlussbedingung", "the completion condition")
        check_multi(context, node, multi)
    if standard is not None:
        maximum = standard.get("loopMaximum")
        if maximum is not None and whole(maximum) is None:
            context.error(
                "loop_maximum",
                node,
                f"{{x}}: die Höchstzahl „{maximum[:40]}“ ist keine ganze Zahl.",
                f'{{x}}: loopMaximum "{maximum[:40]}" is not a whole number.',
            )
        if not check_condition(context, node, standard, "loopCondition", "die Schleifenbedingung", "the loop condition") and not maximum:
            context.error(
                "loop_endless",
                node,
                "{x}: die Schleife hat weder Bedingung noch Höchstzahl und würde nie enden.",
                "{x}: the loop has neither condition nor maximum and would never end.",
            )
    if multi is not None and standard is not None:
        context.error(
            "loop_both",
            node,
            "{x}: Schleife und Mehrfachausführung schließen einander aus.",
            "{x}: loop and multi-instance exclude each other.",
        )


def check_multi(context: Context, node: etree._Element, multi: etree._Element) -> None:
    """What BPMN lets multi-instance do besides running over a list."""
    if multi.get("behavior", "All") != "All":
        context.error(
            "loop_behavior",
            node,
            "{x}: die Mehrfachausführung löst hier keine Ereignisse aus (behavior ist nur „All“).",
            "{x}: multi-instance throws no events here (behavior is All only).",
        )
    if multi.find(BPMN + "loopCardinality") is not None and attribute(multi, "loopCharacteristics", "inputCollection") is not None:
        context.warn(
            "loop_cardinality",
            node,
            "{x}: die Anzahl (loopCardinality) wird nicht ausgewertet; es gilt die Eingabeliste.",
            "{x}: loopCardinality is not evaluated; the input collection counts.",
        )


def check_service(context: Context, node: etree._Element) -> None:
    """A worker has to know what to do."""
    if worker_type(node) is None:
        context.error(
            "job_type",
            node,
            "{x}: die Aufgabe braucht einen Auftragstyp (zeebe:taskDefinition).",
            "{x}: the task needs a job type (zeebe:taskDefinition).",
        )


def check_send(context: Context, node: etree._Element) -> None:
    """A worker, or a message."""
    if worker_type(node) is None:
        if node.get("messageRef"):
            check_message(context, node, node.get("messageRef"), needs_key=False)
        else:
            context.error(
                "job_type",
                node,
                "{x}: die Sendeaufgabe braucht einen Auftragstyp (zeebe:taskDefinition) oder eine Nachricht.",
                "{x}: the send task needs a job type (zeebe:taskDefinition) or a message.",
            )


def check_receive(context: Context, node: etree._Element) -> None:
    """A message."""
    if node.get("instantiate") == "true":
        context.error(
            "instantiate",
            node,
            "{x}: Empfangsaufgaben starten keine Vorgänge; bitte ein Nachrichten-Startereignis verwenden.",
            "{x}: receive tasks do not start instances; please use a message start event.",
        )
    check_message(context, node, node.get("messageRef"), needs_key=True)


def check_script(context: Context, node: etree._Element) -> None:
    """FEEL with a result variable, or a worker."""
    if node.find(BPMN + "script") is not None or node.get("scriptFormat") not in (None, "", "feel", "FEEL"):
        context.error(
            "script_language",
            node,
            "{x}: Skripte laufen nur in FEEL (zeebe:script); Programmcode in Modellen wird nicht ausgeführt.",
            "{x}: scripts run in FEEL only (zeebe:script); code in models is not executed.",
        )
        return
    if attribute(node, "taskDefinition", "type") is not None:
        return
    expression, result = attribute(node, "script", "expression"), attribute(node, "script", "resultVariable")
    if expression is None:
        context.error(
            "script_missing", node, "{x}: das FEEL-Skript fehlt (zeebe:script).", "{x}: the FEEL script is missing (zeebe:script)."
        )
        return
    check_feel(context, node, expression, "das Skript", "the script", required=True)
    check_target(context, node, result, "das Ergebnis", "the result")


def check_decision(context: Context, node: etree._Element) -> None:
    """A decision with a result variable, or a worker."""
    if attribute(node, "taskDefinition", "type") is not None:
        return
    if attribute(node, "calledDecision", "decisionId") is None:
        context.error(
            "decision_missing",
            node,
            "{x}: die aufgerufene Entscheidung fehlt (zeebe:calledDecision).",
            "{x}: the called decision is missing (zeebe:calledDecision).",
        )
        return
    check_binding(context, node, "calledDecision")
    check_target(context, node, attribute(node, "calledDecision", "resultVariable"), "das Ergebnis", "the result")


def check_call(context: Context, node: etree._Element) -> None:
    """Which process, which version."""
    if attribute(node, "calledElement", "processId") is None:
        context.error(
            "called_process",
            node,
            "{x}: der aufgerufene Prozess fehlt (zeebe:calledElement processId).",
            "{x}: the called process is missing (zeebe:calledElement processId).",
        )
    called = attribute(node, "calledElement", "processId")
    if called is not None and called in context.pictures:
        context.error(
            "called_picture",
            node,
            f"{{x}}: der aufgerufene Prozess „{called[:80]}“ ist in dieser Datei nicht als ausführbar gekennzeichnet (isExecutable).",
            f'{{x}}: the called process "{called[:80]}" is not marked as executable in this file (isExecutable).',
        )
    check_binding(context, node, "calledElement")


def check_binding(context: Context, node: etree._Element, extension: str) -> None:
    """Which version of what the extension element names."""
    binding = attribute(node, extension, "bindingType") or "latest"
    if binding not in ("latest", "deployment", "versionTag"):
        context.error(
            "binding", node, f"{{x}}: die Bindung „{binding[:40]}“ gibt es nicht.", f'{{x}}: there is no binding "{binding[:40]}".'
        )
    if binding == "versionTag" and attribute(node, extension, "versionTag") is None:
        context.error("version_tag", node, "{x}: die Fassung fehlt (versionTag).", "{x}: the version tag is missing.")


def check_user(context: Context, node: etree._Element) -> None:
    """A form and somebody who does it."""
    if zeebe(node, "formDefinition") is None:
        context.warn("no_form", node, "{x}: die Aufgabe hat kein Formular.", "{x}: the task has no form.")
    check_binding(context, node, "formDefinition")


def check_manual(context: Context, node: etree._Element) -> None:
    """Waits for somebody to say that it is done."""
    context.warn(
        "manual",
        node,
        "{x}: eine manuelle Aufgabe wartet, bis jemand sie als erledigt meldet.",
        "{x}: a manual task waits until somebody reports it done.",
    )


KINDS: Final = {
    "serviceTask": check_service,
    "sendTask": check_send,
    "receiveTask": check_receive,
    "scriptTask": check_script,
    "businessRuleTask": check_decision,
    "callActivity": check_call,
    "userTask": check_user,
    "manualTask": check_manual,
}
