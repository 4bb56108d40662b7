"""Runs the test cases of the DMN TCK: reads inputs and expected values, evaluates, compares."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml import etree

from engine.calendar import Calendar
from engine.clock import SystemClock
from engine.dmn import DecisionModel, parse_many
from engine.feel.fristen import engine_functions
from engine.feel.temporal import TemporalError, parse_date, parse_date_time, parse_duration, parse_time
from engine.feel.values import equal, is_number, number_from_text

if TYPE_CHECKING:
    from pathlib import Path

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
TOLERANCE = Decimal("1e-8")
FUNCTIONS = engine_functions(SystemClock(), Calendar())


@dataclass(frozen=True)
class Outcome:
    """One expected result and what came out."""

    folder: str
    case: str
    node: str
    passed: bool
    detail: str = ""


def local(node: etree._Element) -> str:
    return etree.QName(node).localname


def children(node: etree._Element, name: str) -> list[etree._Element]:
    return [part for part in node if isinstance(part.tag, str) and local(part) == name]


def value_of(node: etree._Element | None) -> Any:
    """The value inside an inputNode, component, item or expected element."""
    if node is None:
        return None
    for part in node:
        name = local(part)
        if name == "value":
            return scalar(part)
        if name == "component":
            return {component.get("name"): value_of(component) for component in children(node, "component")}
        if name == "list":
            return None if part.get(f"{XSI}nil") == "true" else [value_of(item) for item in children(part, "item")]
    return None


def scalar(node: etree._Element) -> Any:
    if node.get(f"{XSI}nil") == "true":
        return None
    kind = (node.get(f"{XSI}type") or "string").rpartition(":")[2]
    text = node.text or ""
    if kind == "string":
        return text
    text = text.strip()
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    if kind in {"decimal", "double", "integer", "int", "long", "float"}:
        return number_from_text(text.replace("INF", "x").lstrip("+")) if not text.startswith("-") else -number_from_text(text[1:])
    readers = {"date": parse_date, "time": parse_time, "dateTime": parse_date_time, "duration": parse_duration}
    try:
        return readers[kind](text)
    except (KeyError, TemporalError):
        return text


def same(expected: Any, actual: Any) -> bool:
    """Equality of the TCK: numbers within a tolerance, everything else as in FEEL."""
    if is_number(expected) and is_number(actual):
        a, b = Decimal(expected), Decimal(actual)
        return abs(a - b) <= max(TOLERANCE, abs(a) * TOLERANCE)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(same(a, b) for a, b in zip(expected, actual, strict=True))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(expected[key], actual[key]) for key in expected)
    return equal(expected, actual) is True


def run_folder(folder: Path) -> list[Outcome]:
    """All outcomes of one folder."""
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.dmn"))}
    outcomes: list[Outcome] = []
    for test in sorted(folder.glob("*-test-*.xml")):
        root = etree.parse(str(test), etree.XMLParser(remove_comments=True, resolve_entities=False)).getroot()
        main = next((part.text or "" for part in root if isinstance(part.tag, str) and local(part) == "modelName"), "").strip()
        main = main if main in files else min(files)
        try:
            model = parse_many([files[main], *(data for name, data in files.items() if name != main)])
        except Exception as exc:
            outcomes.append(Outcome(folder.name, test.name, main, passed=False, detail=f"{type(exc).__name__}: {exc}"))
            continue
        for case in children(root, "testCase"):
            outcomes += run_case(folder.name, model, case)
    return outcomes


def run_case(folder: str, model: DecisionModel, case: etree._Element) -> list[Outcome]:
    context = {node.get("name"): value_of(node) for node in children(case, "inputNode")}
    outcomes = []
    for node in children(case, "resultNode"):
        name = node.get("name") or ""
        service = case.get("invocableName") if (case.get("type") or node.get("type")) == "decisionService" else None
        expected = value_of(children(node, "expected")[0]) if children(node, "expected") else None
        try:
            outcome = model.evaluate(service or name, context, FUNCTIONS)
            actual, problems = outcome.value, outcome.problems
            if service is not None and isinstance(actual, dict) and name in actual:
                actual = actual[name]
            passed = same(expected, actual)
            detail = "" if passed else f"expected {expected!r}, got {actual!r} {problems[:3]}"
        except Exception as exc:
            passed, detail = False, f"{type(exc).__name__}: {exc}"
        outcomes.append(Outcome(folder, case.get("id") or "", name, passed, detail))
    return outcomes


def run_level(root: Path, level: int) -> list[Outcome]:
    """All outcomes of a compliance level."""
    return [
        outcome for folder in sorted((root / f"compliance-level-{level}").iterdir()) if folder.is_dir() for outcome in run_folder(folder)
    ]
