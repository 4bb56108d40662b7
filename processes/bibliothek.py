"""The library that ships with the application: models, decision tables and forms, as files for a deployment.

Files are read through ``importlib.resources``, so the list is the same in the source tree and in an installed wheel.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, kw_only=True)
class Datei:
    """One file of the library.

    Attributes:
        name: Path below the package root, with slashes: ``processes/<key>/<key>.bpmn`` or ``forms/vorlagen/<key>/<task>.form``.
        key: Key of the process the file belongs to.
        data: The bytes as they are deployed.
    """

    name: str
    key: str
    data: bytes


def dateien() -> tuple[Datei, ...]:
    """Everything that is deployed: models first, then decision tables, then forms, each sorted by name."""
    return (*modelle(), *entscheidungen(), *formulare())


def modelle() -> tuple[Datei, ...]:
    """The BPMN models."""
    return tuple(_below(resources.files("processes"), "processes", ".bpmn"))


def entscheidungen() -> tuple[Datei, ...]:
    """The DMN decision tables."""
    return tuple(_below(resources.files("processes"), "processes", ".dmn"))


def formulare() -> tuple[Datei, ...]:
    """The forms of the user tasks."""
    return tuple(_below(resources.files("forms") / "vorlagen", "forms/vorlagen", ".form"))


def einstellungen() -> tuple[Datei, ...]:
    """The settings of the processes; they are read with every Kommunalprofil and not deployed."""
    found = _below(resources.files("processes"), "processes", ".yaml")
    return tuple(datei for datei in found if datei.name.endswith("/einstellungen.yaml"))


def szenarien(key: str) -> tuple[Datei, ...]:
    """The scenarios of one process, which also serve as examples for a trial run."""
    folder = resources.files("processes") / key
    return tuple(_files(folder / "szenarien", f"processes/{key}/szenarien", key, ".yaml")) if key in keys() else ()


def keys() -> tuple[str, ...]:
    """The keys of all processes, sorted."""
    return tuple(sorted({datei.key for datei in modelle()}))


def _below(root: Traversable, path: str, ending: str) -> Iterator[Datei]:
    if root.is_dir():
        for folder in sorted(root.iterdir(), key=lambda entry: entry.name):
            yield from _files(folder, f"{path}/{folder.name}", folder.name, ending)


def _files(folder: Traversable, path: str, key: str, ending: str) -> Iterator[Datei]:
    if folder.is_dir():
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.is_file() and entry.name.endswith(ending):
                yield Datei(name=f"{path}/{entry.name}", key=key, data=entry.read_bytes())
