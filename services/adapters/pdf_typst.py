"""Makes PDF files with Typst: tagged, PDF/UA-1, offline, with our own fonts only.

Data reach a layout as JSON, as values: nothing in them is ever read as source. The compiler sees a set of files in memory and
nothing of the disk; Typst code cannot read the network.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typst

from services.dokumente import vorlagen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MEDIENTYP = "application/pdf"


class RenderingFailed(Exception):
    """The file could not be made; the cause says why. The same data would fail again."""


@cache
def _fonts() -> typst.Fonts:
    folder = Path(str(resources.files("services.dokumente") / "schriften"))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


def render(vorlage: str, daten: Mapping[str, object], *, am: datetime) -> bytes:
    """The document as PDF; the same input gives the same bytes. ``am``: the moment it was asked for.

    Raises:
        RenderingFailed: the layout does not fit the data.
        InvalidInput: there is no such template.
    """
    files = {"main.typ": vorlagen.finden(vorlage).layout, "daten.json": json.dumps(daten, ensure_ascii=False).encode(), **vorlagen.gemeinsam()}
    source = cast("bytes", files)  # a set of files in memory, which its stub does not name
    try:
        made = typst.compile(source, font_paths=_fonts(), ignore_system_fonts=True, format="pdf", pdf_standards=["ua-1"], timestamp=int(am.timestamp()))
    except typst.TypstError as error:
        raise RenderingFailed(vorlage) from error
    return made
