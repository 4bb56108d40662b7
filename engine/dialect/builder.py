"""BPMN with ``zeebe:`` extension elements to specs. The model has passed ``engine.lint``; what it refuses never comes here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dialect.events import read_named
from engine.dialect.scope import Scope

if TYPE_CHECKING:
    from lxml import etree

    from engine.instance import ProcessSpec
    from engine.specs import ElementFacts


class Build:
    """The specs of one process.

    Attributes:
        specs: ``<key>`` and ``<key>/<element>/...`` -> specs of the process and its sub-processes.
        elements: element id -> what the model says about it.
    """

    def __init__(self, root: etree._Element, process: etree._Element, key: str) -> None:
        self.named = read_named(root)
        self.specs: dict[str, ProcessSpec] = {}
        self.elements: dict[str, ElementFacts] = {}
        Scope(self, process, key)
