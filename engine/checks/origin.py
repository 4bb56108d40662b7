"""A file that is no BPMN 2.0 model: what it is instead, as far as its root element tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.dialect.names import BPMN, local

if TYPE_CHECKING:
    from lxml import etree

PLAIN: Final = ("Die Datei ist kein BPMN-2.0-Modell.", "The file is not a BPMN 2.0 model.")
EXPORT: Final = ("Bitte im Modellierungswerkzeug als BPMN 2.0 (XML) ausgeben.", "Please export it as BPMN 2.0 (XML) from the modelling tool.")
# Part of the namespace in lower case, what it is.
NAMESPACES: Final = (
    ("spec/dmn/", "ein DMN-Modell", "a DMN model"),
    ("spec/cmmn/", "ein CMMN-Modell", "a CMMN model"),
    ("wfmc.org", "ein Modell in XPDL", "an XPDL model"),
    ("schemas.microsoft.com/office/visio", "eine Zeichnung von Visio", "a Visio drawing"),
    ("schemas.microsoft.com/visio", "eine Zeichnung von Visio", "a Visio drawing"),
    ("w3.org/1999/xhtml", "eine Webseite", "a web page"),
    ("w3.org/2000/svg", "ein Bild (SVG)", "a picture (SVG)"),
    ("wsbpel", "ein Modell in BPEL", "a BPEL model"),
    ("epml", "eine Ereignisgesteuerte Prozesskette (EPML)", "an event-driven process chain (EPML)"),
    ("graphml", "ein Graph (GraphML)", "a graph (GraphML)"),
    ("omg.org/spec/xmi", "ein UML-Modell (XMI)", "a UML model (XMI)"),
    ("schema.omg.org/xmi", "ein UML-Modell (XMI)", "a UML model (XMI)"),
    ("spec/bpmn/", "eine Vorabfassung von BPMN", "a preliminary version of BPMN"),
    ("bpmn.org", "ein Modell in BPMN 1.x", "a BPMN 1.x model"),
    ("stp.eclipse.org/bpmn", "ein Modell in BPMN 1.x", "a BPMN 1.x model"),
    ("jbpm.org", "ein Modell in jPDL", "a jPDL model"),
)
ROOTS: Final = {
    "html": ("eine Webseite", "a web page"),
    "mxfile": ("eine Zeichnung von draw.io", "a draw.io drawing"),
    "mxGraphModel": ("eine Zeichnung von draw.io", "a draw.io drawing"),
    "svg": ("ein Bild (SVG)", "a picture (SVG)"),
    "AML": ("eine Ausgabe von ARIS in AML", "an ARIS export in AML"),
    "ADOXML": ("eine Ausgabe von ADONIS in ADOXML", "an ADONIS export in ADOXML"),
    "XMI": ("ein UML-Modell (XMI)", "a UML model (XMI)"),
    "Package": ("ein Modell in XPDL", "an XPDL model"),
    "epml": ("eine Ereignisgesteuerte Prozesskette (EPML)", "an event-driven process chain (EPML)"),
    "BpmnDiagram": ("ein Modell in BPMN 1.x", "a BPMN 1.x model"),
}


# Namespaces that every tool writes, or that we read ourselves.
KNOWN: Final = (
    "http://www.omg.org/spec/BPMN/",
    "http://www.omg.org/spec/DD/",
    "http://camunda.org/schema/zeebe/",
    "http://camunda.org/schema/modeler/",
    "http://bpmn.io/schema/",
    "http://www.w3.org/2001/XMLSchema",
    "http://www.w3.org/XML/1998/namespace",
)


def foreign_namespaces(root: etree._Element) -> dict[str, int]:
    """Namespaces of what other tools added to a model, with the number of their elements and attributes."""
    found: dict[str, int] = {}
    for node in root.iter():
        for name in (node.tag, *node.attrib):
            text = str(name)
            if text.startswith("{"):
                namespace = text[1 : text.index("}")]
                found[namespace] = found.get(namespace, 0) + 1
    return {namespace: count for namespace, count in found.items() if not namespace.startswith(KNOWN)}


def no_model(root: etree._Element) -> tuple[str, str]:
    """German and English sentences on a root element that is not ``definitions`` of BPMN 2.0."""
    german, english = what_it_is(root)
    return f"{PLAIN[0]} {german}", f"{PLAIN[1]} {english}"


def what_it_is(root: etree._Element) -> tuple[str, str]:
    """The second sentence."""
    name = local(root)[:80]
    namespace = str(root.tag).removeprefix("{").rpartition("}")[0]
    if not str(root.tag).startswith(BPMN):
        found = next(((de, en) for part, de, en in NAMESPACES if part in namespace.lower()), None) or ROOTS.get(name)
        if found is not None:
            return f"Sie ist {found[0]}. {EXPORT[0]}", f"It is {found[1]}. {EXPORT[1]}"
        if name == "definitions":
            return f"Der Namensraum „{namespace[:80]}“ ist ein anderer.", f'The namespace "{namespace[:80]}" is another one.'
    return f"Das äußerste Element heißt „{name}“.", f'The outermost element is "{name}".'
