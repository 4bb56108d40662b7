"""What may be uploaded: decided by content and name together, before a file is stored.

A file field holds references only. The store calls ``check_upload`` and gives the reference back.
"""

from __future__ import annotations

import re

MAX_UPLOAD = 10 * 1024 * 1024
HEAD = 512

# First bytes by ending. Formats that a browser would run (SVG, HTML) or an office program execute (macros) are not among them.
_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "docx": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "odt": (b"PK\x03\x04",),
    "ods": (b"PK\x03\x04",),
}
_INNER = re.compile(r"\.(exe|com|bat|cmd|js|vbs|scr|msi|ps1|sh|html?|svg|php|jar|docm|xlsm)(?=\.|$)", re.IGNORECASE)


def check_upload(name: str, size: int, head: bytes, accept: tuple[str, ...] = ()) -> str | None:
    """Check one uploaded file.

    Args:
        name: File name as the browser sent it; never used as a path.
        size: Length in bytes, measured, not declared.
        head: The first ``HEAD`` bytes.
        accept: ``FileField.accept``: endings with a dot; other forms are not looked at.

    Returns:
        A German sentence that says what to do, or ``None`` if the file is fine.
    """
    if not name or name != safe_name(name) or len(name) > 150:
        return "Benennen Sie die Datei um. Erlaubt sind höchstens 150 Zeichen ohne Schrägstriche und Steuerzeichen."
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    wanted = {each.removeprefix(".") for each in accept if each.startswith(".")} & set(_BEGINNINGS) or set(_BEGINNINGS)
    if ending not in wanted or _INNER.search(name):
        return f"Laden Sie eine Datei dieser Arten hoch: {', '.join(sorted(each.upper() for each in wanted))}."
    if size <= 0:
        return "Die Datei ist leer. Prüfen Sie die Datei und laden Sie sie noch einmal hoch."
    if size > MAX_UPLOAD:
        return f"Laden Sie eine Datei mit höchstens {MAX_UPLOAD // 1024 // 1024} MB hoch."
    if not head.startswith(_BEGINNINGS[ending]):
        return f"Der Inhalt passt nicht zur Endung „.{ending}“. Speichern Sie die Datei neu und laden Sie sie noch einmal hoch."
    return None


def safe_name(name: str) -> str:
    """The name without path, control characters and leading dots, for storing and for the download header."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable() and letter not in '"<>|:*?\u202e').strip().lstrip(".")
