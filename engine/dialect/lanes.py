"""Lanes: who does it where no assignment is set."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from engine.dialect.names import BPMN

if TYPE_CHECKING:
    from lxml import etree

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def read_lanes(scope: etree._Element) -> dict[str, etree._Element]:
    """Element id -> innermost lane of this process or sub-process that names it."""
    found: dict[str, etree._Element] = {}
    for lane in scope.iterfind(f"{BPMN}laneSet//{BPMN}lane"):  # document order: inner lanes overwrite outer ones
        for ref in lane.findall(BPMN + "flowNodeRef"):
            found[(ref.text or "").strip()] = lane
    return found


def group_of(lane: etree._Element) -> str | None:
    """The candidate group a lane stands for: its name as an identifier ("Bürgerservice" -> ``buergerservice``), else its id."""
    name = unicodedata.normalize("NFC", lane.get("name", "")).lower().translate(UMLAUTS)
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", folded).strip("_") or lane.get("id")
