"""Runs the test cases of the DMN TCK: reads inputs and expected values, evaluates, compares.

Source: github.com/dmn-tck/tck, schema ``testCases.xsd``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from lxml import etree

from engine.calendar import Calendar
from engine.clock import SystemClock
from engine.dmn import DecisionModel, parse_many
from engine.feel.fristen import engine_functions
from engine.feel.temporal import TemporalError, parse_date, parse_date_time, parse_duration, parse_time
from engine.feel.values import equal, is_number, number_from_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Value: TypeAlias = object  # anything FEEL knows
XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
TOLERANCE: Final = Decimal("1e-8")
NUMBERS: Final = frozenset({"decimal", "double", "integer", "int", "long", "float"})
READERS: Final = {"date": parse_date, "time": parse_time, "dateTime": parse_date_time, "duration": parse_duration}
FUNCTIONS: Final = engine_functions(SystemClock(), Calendar())
MAX_REASON: Final = 500


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One test case: everything it expects came out, or why not.

    Attributes:
        level: ``2``, ``3`` or another name of a compliance level; empty if no folder around names one.
        results: number of expected results in the case.
        reason: the first failures; empty if passed.
    """

    level: str
    folder: str
    file: str
    case: str
    results: int
    passed: bool
    reason: str = ""


def run(root: Path) -> list[Outcome]:
    """All test cases in a folder and the folders below it, in the order of their names."""
    folders = sorted({path.parent for path in root.rglob("*-test-*.xml")})
    return [outcome for folder in folders for outcome in run_folder(folder)]


def level_of(folder: Path) -> str:
    """The compliance level a folder belongs to."""
    names = [part.name for part in (folder, *folder.parents) if part.name.startswith("compliance-level-")]
    return names[0].removeprefix("compliance-level-") if names else ""


def run_folder(folder: Path) -> list[Outcome]:
    """All test cases of one folder."""
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.dmn"))}
    return [outcome for test in sorted(folder.glob("*-test-*.xml")) for outcome in run_file(folder, files, test)]


def run_file(folder: Path, files: dict[str, bytes], test: Path) -> Iterator[Outcome]:
    """The test cases of one file; whatever goes wrong is an outcome, never a stack trace."""
    level = level_of(folder.resolve())

    def outcome(case: str, results: int, failures: list[str]) -> Outcome:
        return Outcome(level=level, folder=folder.name, file=test.name, case=case, results=results, passed=not failures,
                       reason="; ".join(failures)[:MAX_REASON])
    try:
        root = etree.parse(str(test), etree.XMLParser(remove_comments=True, resolve_entities=False, no_network=True)).getroot()
    except etree.XMLSyntaxError as error:
        yield outcome("", 0, [f"Die Testdatei ist nicht lesbar: {error}"])
        return
    cases = children(root, "testCase")
    try:
        model = parse_many(in_order(root, files))
    except Exception as error:  # noqa: BLE001 - the models are foreign: the next file has its turn
        for case in cases:
            yield outcome(case.get("id") or "", len(children(case, "resultNode")), [f"Das Modell ist nicht lesbar: {error}"])
        return
    for case in cases:
        nodes = children(case, "resultNode")
        yield outcome(case.get("id") or "", len(nodes), list(failures_of(model, case, nodes)))


def in_order(root: etree._Element, files: dict[str, bytes]) -> list[bytes]:
    """The model under test first, then those it may import.

    Raises:
        FileNotFoundError: if the folder holds no model.
    """
    if not files:
        raise FileNotFoundError("*.dmn")
    main = next((part.text or "" for part in children(root, "modelName")), "").strip()
    main = main if main in files else min(files)
    return [files[main], *(data for name, data in files.items() if name != main)]


def failures_of(model: DecisionModel, case: etree._Element, nodes: list[etree._Element]) -> Iterator[str]:
    """One sentence for every expected result that did not come out."""
    try:
        context = {node.get("name") or "": value_of(node) for node in children(case, "inputNode")}
    except Exception as error:  # noqa: BLE001 - a value nobody can read
        yield f"Die Eingaben sind nicht lesbar: {error}"
        return
    for node in nodes:
        name = node.get("name") or ""
        is_service = (case.get("type") or node.get("type")) == "decisionService"
        service = case.get("invocableName") if is_service else None
        try:
            expected = value_of(next(iter(children(node, "expected")), None))
            decision = model.evaluate(service or name, context, FUNCTIONS)
        except Exception as error:  # noqa: BLE001 - a case that fails must not end the run
            yield f"{name}: {type(error).__name__}: {error}"
            continue
        actual = decision.value
        if service is not None and isinstance(actual, dict) and name in actual:
            actual = actual[name]
        if not same(expected, actual):
            why = f" ({'; '.join(str(p) for p in decision.problems[:3])})" if decision.problems else ""
            yield f"{name}: erwartet {shown(expected)}, berechnet {shown(actual)}{why}"


def shown(value: Value) -> str:
    """A value in a sentence."""
    return "null" if value is None else str(value)[:120]


def local(node: etree._Element) -> str:
    """Tag without namespace."""
    return etree.QName(node).localname


def children(node: etree._Element, name: str) -> list[etree._Element]:
    """Child elements of that name."""
    return [part for part in node if isinstance(part.tag, str) and local(part) == name]


def value_of(node: etree._Element | None) -> Value:
    """The value inside an inputNode, component, item or expected element."""
    for part in node if node is not None else ():
        name = local(part)
        if name == "value":
            return scalar(part)
        if name == "component":
            assert node is not None
            return {component.get("name"): value_of(component) for component in children(node, "component")}
        if name == "list":
            return None if part.get(f"{XSI}nil") == "true" else [value_of(item) for item in children(part, "item")]
    return None


def scalar(node: etree._Element) -> Value:
    """A value by its ``xsi:type``; text that cannot be read as that type stays text."""
    if node.get(f"{XSI}nil") == "true":
        return None
    kind = (node.get(f"{XSI}type") or "string").rpartition(":")[2]
    text = node.text or ""
    if kind == "string":
        return text
    text = text.strip()
    if kind == "boolean":
        return {"true": True, "false": False, "1": True, "0": False}.get(text)
    if kind in NUMBERS:
        number = number_from_text(text.lstrip("+-"))
        return -number if number is not None and text.startswith("-") else number
    try:
        return READERS[kind](text)
    except (KeyError, TemporalError):
        return text


def same(expected: Value, actual: Value) -> bool:
    """Equality of the TCK: numbers within a tolerance, everything else as in FEEL."""
    if is_number(expected) and is_number(actual):
        a, b = Decimal(str(expected)), Decimal(str(actual))
        return abs(a - b) <= max(TOLERANCE, abs(a) * TOLERANCE)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(same(a, b) for a, b in zip(expected, actual, strict=True))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(expected[key], actual[key]) for key in expected)
    return equal(expected, actual) is True
