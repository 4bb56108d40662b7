"""Addresses of the built browser assets, by their plain name. Without assets every page still works, only unstyled."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, url_for

BUILD = Path(__file__).parent / "static" / "build"


class Assets:
    """Reads ``manifest.json`` (plain name -> file with a hash in its name) and again when it has changed."""

    def __init__(self, build: Path = BUILD) -> None:
        self._file = build / "manifest.json"
        self._seen: int | None = None
        self._files: dict[str, str] = {}

    def files(self) -> dict[str, str]:
        try:
            changed = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        if changed != self._seen:
            self._files = json.loads(self._file.read_text())
            self._seen = changed
        return self._files

    def url(self, name: str) -> str | None:
        """Address of an asset (``app.js``, ``app.css``), or None if it was not built."""
        file = self.files().get(name)
        return None if file is None else url_for("static", filename=f"build/{file}")


def init(flask_app: Flask) -> None:
    """Make ``asset(name)`` known to the templates."""
    assets = Assets()
    flask_app.context_processor(lambda: {"asset": assets.url})
