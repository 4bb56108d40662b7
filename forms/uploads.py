"""What may be uploaded: decided by content and name together, before a file is stored.

A file field holds references only. The store calls ``check_file`` and gives the reference back.
"""

from __future__ import annotations

import io
import re
import zipfile

MAX_UPLOAD = 10 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
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
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
# What an office file has inside (ISO/IEC 29500-2, ISO/IEC 26300): without it, it is any other archive.
_INSIDE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "odt": "content.xml", "ods": "content.xml"}
_MACROS = re.compile(r"(^|/)(vbaproject\.bin|basic/|scripts/)", re.IGNORECASE)
_INNER = re.compile(r"\.(exe|com|bat|cmd|js|vbs|scr|msi|ps1|sh|html?|svg|php|jar|docm|xlsm)(?=\.|$)", re.IGNORECASE)


def endings_of(accept: tuple[str, ...]) -> frozenset[str]:
    """The endings that a field takes: ``.pdf``, ``application/pdf`` and ``image/*`` are understood, anything else is not looked at."""
    found = {each.removeprefix(".") for each in accept if each.startswith(".")}
    for ending, media in MEDIA_TYPES.items():
        if any(each in {media, media.partition("/")[0] + "/*"} for each in accept):
            found.add(ending)
    return frozenset(found & set(_BEGINNINGS) or _BEGINNINGS)


def check_upload(name: str, size: int, head: bytes, accept: tuple[str, ...] = ()) -> str | None:
    """Check one uploaded file as far as its name, its size and its beginning tell.

    Args:
        name: File name as the browser sent it; never used as a path.
        size: Length in bytes, measured, not declared.
        head: The first ``HEAD`` bytes.
        accept: ``FileField.accept``.

    Returns:
        A German sentence that says what to do, or ``None`` if the file is fine.
    """
    if not name or name != safe_name(name) or len(name) > 150:
        return "Benennen Sie die Datei um. Erlaubt sind höchstens 150 Zeichen ohne Schrägstriche und Steuerzeichen."
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    wanted = endings_of(accept)
    if ending not in wanted or _INNER.search(name):
        return f"Laden Sie eine Datei dieser Arten hoch: {', '.join(sorted(each.upper() for each in wanted))}."
    if size <= 0:
        return "Die Datei ist leer. Prüfen Sie die Datei und laden Sie sie noch einmal hoch."
    if size > MAX_UPLOAD:
        return f"Laden Sie eine Datei mit höchstens {MAX_UPLOAD // 1024 // 1024} MB hoch."
    if not head.startswith(_BEGINNINGS[ending]):
        return f"Der Inhalt passt nicht zur Endung „.{ending}“. Speichern Sie die Datei neu und laden Sie sie noch einmal hoch."
    return None


def check_file(name: str, content: bytes, accept: tuple[str, ...] = ()) -> str | None:
    """Check one uploaded file as a whole; arguments and answer as for ``check_upload``. Nothing is unpacked."""
    problem = check_upload(name, len(content), content[:HEAD], accept)
    ending = name.rpartition(".")[2].lower()
    if problem or ending not in _INSIDE:
        return problem
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "Die Datei ist beschädigt. Speichern Sie sie neu und laden Sie sie noch einmal hoch."
    if not any(entry.filename == _INSIDE[ending] for entry in entries):
        return f"Der Inhalt passt nicht zur Endung „.{ending}“. Speichern Sie die Datei neu und laden Sie sie noch einmal hoch."
    if any(_MACROS.search(entry.filename) for entry in entries):
        return "Die Datei enthält Makros. Speichern Sie sie ohne Makros, zum Beispiel als PDF, und laden Sie sie noch einmal hoch."
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return "Die Datei ist ausgepackt zu groß. Speichern Sie sie als PDF und laden Sie sie noch einmal hoch."
    return None


def media_type(name: str) -> str:
    """The media type of a file that was checked, by its ending."""
    return MEDIA_TYPES[name.rpartition(".")[2].lower()]


def safe_name(name: str) -> str:
    """The name without path, control characters and leading dots, for storing and for the download header."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable() and letter not in '"<>|:*?\u202e').strip().lstrip(".")
