"""Files made to hurt, each with its expected answer; and the models that would never end."""
import io
import time
import zipfile

import pytest

from engine.catalogue import Definition
from engine.errors import InvalidDefinition
from engine.lint import lint, report_elements
from engine.xml import read
from tests.unit.engine.models import (
    HEAD,
    MSG,
    SIG,
    Case,
    boundary,
    call,
    chain,
    definition,
    doc,
    el,
    end,
    ext,
    flow,
    multi,
    start,
    sub,
    timer,
    user,
)

FORM = ext('<zeebe:formDefinition formId="f"/>')
PLAIN = doc(start(), el("userTask", "x", FORM, name="Prüfung"), end(), chain("s", "x", "e"))
TEXT = PLAIN.decode()
SECONDS = 20.0  # generous for busy machines; each of these would otherwise take minutes, or all memory


def declared(encoding, data=TEXT, written=None):
    return f'<?xml version="1.0" encoding="{encoding}"?>{data}'.encode(written or encoding)


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("modell.bpmn", PLAIN)
    return buffer.getvalue()


def with_id(value):
    return TEXT.replace('"x"', f'"{value}"').encode()


def cardinality(value):
    loop = f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{value}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    return doc(start(), el("userTask", "x", FORM + loop), end(), chain("s", "x", "e"))


def laughs(kind):
    levels = "".join(f'<!ENTITY {kind}x{i} "{f"&x{i - 1};" * 10}">' for i in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY x0 "ha">{levels}]><a>&x9;</a>'.encode()


REFUSED = {
    "external entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "xml_doctype"),
    "external subset": (b'<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>', "xml_doctype"),
    "parameter entity": (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://localhost/x"> %x;]><a/>', "xml_doctype"),
    "internal entity": (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "xml_doctype"),
    "billion laughs": (laughs(""), "xml_doctype"),
    "quadratic blow-up": (f'<!DOCTYPE a [<!ENTITY x "{"y" * 50_000}">]><a>{"&x;" * 50_000}</a>'.encode(), "xml_doctype"),
    "doctype hidden in UTF-7": (declared("UTF-7", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'), "xml_doctype"),
    "300 levels": (HEAD.encode() + b"<a>" * 300 + b"</a>" * 300 + b"</bpmn:definitions>", "xml_too_deep"),
    "50 MB": (PLAIN + b" " * 50_000_000, "xml_too_large"),
    "a million elements": (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "xml_too_many"),
    "ISO-8859-1 declared as UTF-8": (declared("UTF-8", TEXT, "latin-1"), "xml_encoding"),
    "unknown encoding": (declared("klingonisch", TEXT, "utf-8"), "xml_encoding"),
    "NUL byte": (PLAIN.replace(b'"x"', b'"x\x00"'), "xml_syntax"),
    "zip": (zipped(), "xml_syntax"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "xml_syntax"),
    "no definitions": (b"<a/>", "not_bpmn"),
    "another root": (b'<process xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="p"/>', "not_bpmn"),
    "wrong namespace": (PLAIN.replace(b"20100524/MODEL", b"20110524/MODEL"), "not_bpmn"),
    "duplicate ids": (doc(start(), user("x"), user("x"), chain("s", "x")), "duplicate_id"),
    "id with a quote": (with_id("a&quot;b"), "id_form"),
    "id with a slash": (with_id("../../etc/passwd"), "id_form"),
    "id of 10,000 characters": (with_id("x" * 10_000), "id_form"),
    "id with a right-to-left mark": (with_id("a\u202eb"), "id_form"),
    "flow to a missing node": (doc(start(), flow("s", "weg")), "flow_reference"),
    "cardinality -1": (cardinality(-1), "loop_collection"),
    "cardinality 1e9": (cardinality("1e9"), "loop_collection"),
    "cardinality abc": (cardinality("abc"), "loop_collection"),
    "boundary event on nothing": (doc(start(), user("x"), boundary("b", "weg", MSG), chain("s", "x")), "attached"),
    "event sub-process with two starts": (doc(start(), user("x"), chain("s", "x"), el(
        "subProcess", "ES", el("startEvent", "a", MSG) + el("startEvent", "b", SIG) + user("h") + flow("a", "h") + flow("b", "h"), triggeredByEvent="true")), "several_starts"),
    "message without name": (doc(start(), el("intermediateCatchEvent", "x", MSG), chain("s", "x")).replace(b'name="m"', b""), "message_name"),
    "compensation": (doc(start(), el("intermediateThrowEvent", "x", definition("compensate")), chain("s", "x")), "refused_event"),
    "ad-hoc": (doc(start(), el("adHocSubProcess", "x", user("u")), chain("s", "x")), "refused_element"),
    "link without target": (doc(start(), el("intermediateThrowEvent", "x", definition("link", name="L")), chain("s", "x")), "link_target"),
    "R/PT0S": (doc(start(), user("x"), boundary("b", "x", timer("Cycle", "R/PT0S"), "false"), user("h"), chain("s", "x"), chain("b", "h")), "timer"),
}
ACCEPTED = {
    "UTF-16": declared("UTF-16"),
    "UTF-8 declared as UTF-16": declared("UTF-16", TEXT, "utf-8"),
    "UTF-8 with mark": declared("UTF-8", TEXT, "utf-8-sig"),
    "ISO-8859-1": declared("ISO-8859-1"),
    "windows-1252": declared("windows-1252"),
    "two start events": doc(start(), start("s2", MSG), user("x"), end(), chain("s", "x", "e"), flow("s2", "x")),
    "gateway without default": doc(start(), el("exclusiveGateway", "g"), user("x"), user("y"), chain("s", "g"), flow("g", "x", "= false"), flow("g", "y", "= false")),
    "markup as a name": doc(start(), el("userTask", "x", FORM, name="&lt;script&gt;{{7*7}}&lt;/script&gt;"), chain("s", "x")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_file_is_refused_with_its_sentence(name):
    data, code = REFUSED[name]
    begin = time.perf_counter()
    report = lint(data)
    elements = report_elements(data)

    assert time.perf_counter() - begin < SECONDS
    assert code in [f.code for f in report.findings if f.severity == "error"], report.findings[:3]
    assert "unexpected" not in [f.code for f in report.findings]
    assert not elements.report.runs
    assert all(len(f.message_de) < 1000 for f in report.findings)
    with pytest.raises(InvalidDefinition):
        Definition(data, "k", "p")


@pytest.mark.parametrize("name", ACCEPTED)
def test_unusual_file_runs(name):
    assert lint(ACCEPTED[name]).runs
    assert Definition(ACCEPTED[name], "k", "p").name


def test_umlauts_survive_every_encoding():
    for name in ("UTF-16", "UTF-8 with mark", "ISO-8859-1", "windows-1252"):
        found = {e.element_id: e.element_name for e in report_elements(ACCEPTED[name]).elements}
        assert found["x"] == "Prüfung", name


@pytest.mark.parametrize("data", [b"<a/>", b"<a></a>", b" <a/>\n"])
def test_smallest_file_is_read_and_is_no_model(data):
    assert read(data).tag == "a"
    assert [f.code for f in lint(data).findings] == ["not_bpmn"]


def test_gateway_without_a_matching_flow_is_an_incident():
    case = Case(ACCEPTED["gateway without default"])

    assert [i.element for i in case.engine.open["incidents"].values()] == ["g"]
    cancelled(case)


def cancelled(case):
    """Whatever happened, people can end it."""
    case.engine.run(case.key, "cancel", whole_family=True)
    assert case.alive() == []
    assert not any(case.engine.open.values())


def nested(levels, items):
    inner = user("u", multi("false", items, inputElement="p"))
    body, first = inner, "u"
    for level in range(levels):
        body, first = sub(f"S{level}", start(f"s{level}"), body, chain(f"s{level}", first), inner=multi("false", items, inputElement=f"p{level}")), f"S{level}"
    return doc(start(), body, chain("s", first))


ENDLESS = {
    "loop without wait": (doc(start(), el("exclusiveGateway", "m"), el("task", "x"), chain("s", "m", "x", "m")), {}, {"BudgetExceeded"}),
    "process that calls itself": (doc(start(), call("c", "p"), chain("s", "c")), {}, {"CallTooDeep"}),
    "two processes that call each other": (
        doc(start(), call("c", "q"), chain("s", "c")), {"q": doc(start(), call("c", "p"), chain("s", "c"), process="q")}, {"CallTooDeep"}),
    "multi-instance of a million": (
        doc(start(), user("u", multi("false", "= for i in 1..1000000 return i", inputElement="p")), chain("s", "u")), {}, {"BudgetExceeded", "FeelError"}),
    "ten nested multi-instances of a thousand": (nested(10, "= for i in 1..1000 return i"), {}, {"BudgetExceeded"}),
    "cycle of no length": (
        doc(start(), user("u"), boundary("b", "u", timer("Cycle", "= &quot;R/PT0S&quot;"), "false"), user("h"), chain("s", "u"), chain("b", "h")), {}, {"FeelError"}),
}


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("name", ENDLESS)
def test_endless_model_stops_as_an_incident_and_can_be_cancelled(name, cold):
    xml, called, types = ENDLESS[name]
    begin = time.perf_counter()
    case = Case(xml, called=called, cold=cold)

    assert time.perf_counter() - begin < SECONDS
    assert {i.type for i in case.engine.open["incidents"].values()} <= types
    assert case.open("incidents")
    assert case.ended is None
    cancelled(case)
