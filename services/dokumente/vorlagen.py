"""The templates of documents: a declaration (``<key>.yaml``), a layout (``<key>.typ``) and, where it is translated, texts by language.

The declaration says which sections of the Fallakte the document shows and which further facts a process may hand in. A
template never sees anything else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from processes.angaben import lies_yaml
from services.errors import InvalidInput
from services.fall import abschnitte as sections

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDNER = resources.files("services.dokumente") / "vorlagen"
GEMEINSAM = ("seite.typ", "erklaerung.typ")  # what every layout may import
ARTEN = ("text", "datum", "zahl", "ja_nein", "stelle", "abschnitte", "zweck", "sprache", "liste", "tabelle", "wahl")


class InvalidVorlage(Exception):
    """A declaration has not the expected shape: a defect of the installation, found by the tests."""


@dataclass(frozen=True, kw_only=True)
class Angabe:
    """A fact that a process hands in. ``werte``: words for the keys of a choice. ``spalten``: key -> heading of a table."""

    name: str
    titel: str
    art: str = "text"
    pflicht: bool = False
    werte: Mapping[str, str] = field(default_factory=dict)
    spalten: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Vorlage:
    """A template.

    Attributes:
        ebene: ``fall``, ``system``, or ``beide``: where the document may belong.
        abschnitte: Section -> the fields that are shown; an empty tuple means all. These sections also decide who may see the document.
        personen: Whether the people of the case are named in it.
        angaben: What a process may hand in besides.
        sprachen: Language -> whether the translation has been checked.
        entwurf: The original form is not available; the document says so.
        quelle: Where its content comes from.
        fassung: Begins with the number of the declaration; the rest changes with every byte of the template.
    """

    key: str
    titel: str
    ebene: str
    fassung: str
    quelle: str
    abschnitte: Mapping[str, tuple[str, ...]]
    personen: bool
    angaben: Mapping[str, Angabe]
    sprachen: Mapping[str, bool]
    entwurf: bool
    texte: Mapping[str, Mapping[str, Any]]

    @property
    def layout(self) -> bytes:
        """Source of the layout."""
        return (ORDNER / f"{self.key}.typ").read_bytes()


@cache
def alle() -> Mapping[str, Vorlage]:
    """All templates of this installation by key."""
    keys = sorted(file.name.removesuffix(".yaml") for file in ORDNER.iterdir() if file.name.endswith(".yaml") and file.name.count(".") == 1)
    return MappingProxyType({key: _read(key) for key in keys})


def finden(key: str) -> Vorlage:
    """The template of this key. Raises InvalidInput."""
    found = alle().get(key)
    if found is None:
        raise InvalidInput(f"Die Dokumentvorlage „{key}“ gibt es nicht. Vorhanden sind: {', '.join(alle())}.")
    return found


def gemeinsam() -> dict[str, bytes]:
    """Files that every layout may import."""
    return {name: (ORDNER / name).read_bytes() for name in GEMEINSAM}


def _read(key: str) -> Vorlage:
    raw = lies_yaml((ORDNER / f"{key}.yaml").read_text("utf-8"))
    known = {"titel", "ebene", "fassung", "quelle", "abschnitte", "personen", "angaben", "sprachen", "entwurf"}
    if not isinstance(raw, dict) or set(raw) - known or not {"titel", "ebene", "fassung", "quelle"} <= set(raw):
        raise InvalidVorlage(f"{key}: keys {sorted(raw)}")
    if raw["ebene"] not in ("fall", "system", "beide"):
        raise InvalidVorlage(f"{key}: ebene {raw['ebene']}")
    shown = {name: tuple(fields or ()) for name, fields in (raw.get("abschnitte") or {}).items()}
    if set(shown) - set(sections.TITEL):
        raise InvalidVorlage(f"{key}: sections {sorted(set(shown) - set(sections.TITEL))}")
    angaben = {name: _angabe(key, name, given) for name, given in (raw.get("angaben") or {}).items()}
    texte = {}
    sprachen = {str(name): bool(checked) for name, checked in (raw.get("sprachen") or {"de": True}).items()}
    for sprache in sprachen:
        file = ORDNER / f"{key}.{sprache}.yaml"
        if file.is_file():
            texte[sprache] = lies_yaml(file.read_text("utf-8"))
    digest = hashlib.sha256()
    for name in (f"{key}.typ", f"{key}.yaml", *(f"{key}.{s}.yaml" for s in texte), *GEMEINSAM):
        digest.update((ORDNER / name).read_bytes() + b"\0")
    return Vorlage(
        key=key, titel=raw["titel"], ebene=raw["ebene"], fassung=f"{raw['fassung']}-{digest.hexdigest()[:8]}", quelle=raw["quelle"],
        abschnitte=MappingProxyType(shown), personen=bool(raw.get("personen", raw["ebene"] == "fall")), angaben=MappingProxyType(angaben),
        sprachen=MappingProxyType(sprachen), entwurf=bool(raw.get("entwurf", False)), texte=MappingProxyType(texte),
    )


def _angabe(key: str, name: str, given: Mapping[str, Any]) -> Angabe:
    angabe = Angabe(name=name, **given)
    if angabe.art not in ARTEN or (angabe.art == "wahl") != bool(angabe.werte) or (angabe.art == "tabelle") != bool(angabe.spalten):
        raise InvalidVorlage(f"{key}: {name} is no field of a document")
    return angabe
