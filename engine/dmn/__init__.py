"""Decision models of DMN 1.1 to 1.5: read once, evaluated many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dmn.itemtypes import check_references, read_types
from engine.dmn.model import DecisionModel
from engine.dmn.reader import Source, line_of, names_in, read_source
from engine.dmn.results import Decision, DecisionInfo, Problem
from engine.dmn.tables import MatchedRule
from engine.feel.reading import Syntax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

__all__ = ["Decision", "DecisionInfo", "DecisionModel", "MatchedRule", "Problem", "parse", "parse_many"]


def parse(data: bytes) -> DecisionModel:
    """Read one DMN file. Raises InvalidDefinition if it is none; single expressions that cannot be read are in `problems`."""
    return parse_many([data])


def parse_many(files: Sequence[bytes]) -> DecisionModel:
    """Read a DMN file (the first) and those it imports, directly or not. Raises InvalidDefinition."""
    sources = [read_source(data) for data in files]
    by_namespace = {source.namespace: source for source in sources}
    problems: list[Problem] = []

    def report(node: _Element, text: str, reason: str) -> None:
        problems.append(Problem(element_id=node.get("id") or "", text=text, reason=reason, line=line_of(node)))

    for source in sources:
        names = set(names_in(source))
        for namespace in source.imports.values():
            if namespace in by_namespace:
                names |= names_in(by_namespace[namespace])
        source.syntax = Syntax(frozenset(names), source.types)
    for source in sources:
        read_types(source, report)
    for source in sources:
        _import_types(source, by_namespace)
    for source in sources:
        check_references(source, report)
    return DecisionModel(sources, problems)


def _import_types(source: Source, by_namespace: dict[str, Source]) -> None:
    """Make the types of imported files visible under the name of the import."""
    for name, namespace in source.imports.items():
        imported = by_namespace.get(namespace)
        if imported is not None and imported is not source:
            for own_name, kind in list(imported.types.items()):
                source.types.setdefault(f"{name}.{own_name}" if name else own_name, kind)
