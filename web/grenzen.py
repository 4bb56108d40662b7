"""How much one request may bring, and what people read who sent more.

A page that asks for files is read up to what the server lets through, so that a refusal comes back on the same page with
everything that was typed. What is larger cannot be read; the browser checks the size before it sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, g, request

from forms.uploads import MAX_UPLOAD

if TYPE_CHECKING:
    from flask import Flask

MIB = 1024 * 1024
READABLE = 2  # times the limit: so much passes the server before our own code is asked


def init(flask_app: Flask) -> None:
    """Tell the pages the limits, for the check before sending."""
    flask_app.context_processor(lambda: {"obergrenze": {"datei": MAX_UPLOAD, "gesamt": limit()}})


def limit() -> int:
    """Bytes of one request."""
    return int(current_app.config["MAX_CONTENT_LENGTH"])


def widen() -> None:
    """Read the files of somebody who is logged in although they are too many, in order to refuse them by name."""
    if g.get("actor") is not None and request.mimetype == "multipart/form-data":
        request.max_content_length = READABLE * limit()


def zu_viel() -> str | None:
    """A sentence if the files of this request are too much together; its text could be read."""
    size = request.content_length or 0
    if size <= limit():
        return None
    return (f"Ihre Dateien sind zusammen mit {in_mb(size)} größer als {in_mb(limit())}; mehr geht nicht auf einmal. Keine davon ist hochgeladen. "
            "Laden Sie die Dateien einzeln hoch: eine auswählen, „Hochladen“, dann die nächste.")


def satz() -> str:
    """For a request that could not be read: what was sent, what is taken, what to do."""
    size, grenze = request.content_length or 0, limit()
    if size > grenze:
        return (f"Gesendet wurden {in_mb(size)}. Das ist größer als {max(1, grenze // MIB)} MB, mehr nehmen wir auf einmal nicht an. "
                "Bitte laden Sie Dateien einzeln hoch, verkleinern Sie sie oder kürzen Sie den Text.")
    text = current_app.config["MAX_FORM_MEMORY_SIZE"]
    return f"Der Text in diesem Formular ist größer als {in_mb(text)}, mehr nehmen wir auf einmal nicht an. Bitte kürzen Sie ihn oder teilen Sie ihn auf."


def in_mb(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / MIB:.1f}".removesuffix(".0").replace(".", ",") + " MB"
