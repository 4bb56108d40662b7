"""``etappe konformitaet``: run the files of others, tell the counts, write JSON and the page."""
# ruff: noqa: T201  the terminal is the output

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from services.konformitaet.messung import measure, to_json
from services.konformitaet.seite import page

if TYPE_CHECKING:
    from services.konformitaet.messung import Messung


def run(dmn_tck: Path | None, bpmn: Path | None, json_file: Path | None, page_file: Path | None) -> int:
    """0 if it ran, whatever the outcome; 2 if a folder is missing or nothing was asked for."""
    folders = [folder for folder in (dmn_tck, bpmn) if folder is not None]
    if not folders:
        print("Bitte nennen Sie einen Ordner mit --dmn-tck, mit --bpmn oder beiden.", file=sys.stderr)
        return 2
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        print(f"Diesen Ordner gibt es nicht: {missing[0]}", file=sys.stderr)
        return 2
    found = measure(dmn_tck, bpmn)
    tell(found)
    if json_file is not None:
        json_file.write_text(json.dumps(to_json(found), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    target = page_file or default_page()
    if target is not None:
        target.write_text(page(found), encoding="utf-8")
        print(f"Geschrieben: {target}")
    return 0


def default_page() -> Path | None:
    """The page of the checkout this runs from; none where Etappe is installed as a package."""
    docs = Path(__file__).resolve().parent.parent / "docs"
    return docs / "konformitaet.md" if docs.is_dir() else None


def tell(found: Messung) -> None:
    """The counts, and what failed."""
    for level in found.levels():
        print(f"DMN TCK, Stufe {level.name or 'ohne Angabe'}: {level.passed} von {level.cases} Testfällen bestanden ({level.percent:.2f} %)")
    for outcome in found.dmn or ():
        if not outcome.passed:
            print(f"  nicht bestanden: {outcome.folder}/{outcome.case or outcome.file}: {outcome.reason}")
    if found.bpmn is not None:
        print(f"BPMN: {len(found.bpmn)} Dateien beantwortet, {sum(o.result == 'runs' for o in found.bpmn)} laufen")
        for file in found.bpmn:
            print(f"  {file.file}: {file.reason or 'läuft'}")
