"""Files to elements: what a DMN file declares, without looking into its expressions.

Reads DMN 1.1 to 1.5; the versions differ in namespaces and in elements that are simply absent in older ones, so elements are told
apart by their local names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from engine import xml
from engine.feel.reading import Syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from engine.feel.types import FeelType

Kind: TypeAlias = Literal["input", "decision", "bkm", "service"]
NAMESPACES: Final = (
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
)
_ITERATORS: Final = frozenset({"for", "some", "every"})
_KINDS: Final[dict[str, Kind]] = {
    "inputData": "input",
    "decision": "decision",
    "businessKnowledgeModel": "bkm",
    "decisionService": "service",
}
_NAMED: Final = frozenset(
    {"variable", "formalParameter", "parameter", "parameters", "itemComponent", "itemDefinition", "column", "import", *_KINDS}
)


@dataclass(frozen=True, slots=True)
class Key:
    """Identifies an element across files."""

    namespace: str
    id: str


@dataclass(frozen=True, eq=False)
class Element:
    """An input, a decision, a business knowledge model or a decision service.

    Attributes:
        kind: which of the four.
        key: its identity.
        name: name expressions use (that of its variable).
        label: name of the element itself.
        node: its XML.
        source: the file it stands in.
    """

    kind: Kind
    key: Key
    name: str
    label: str
    node: _Element
    source: Source


@dataclass(eq=False)
class Source:
    """One file.

    Attributes:
        namespace: target namespace.
        name: name of the model.
        root: its XML.
        imports: import name -> namespace; an empty name makes everything visible without a prefix.
        elements: by id.
        types: item definitions by name, those of imports with the prefix `import name.`.
        syntax: names and types as the FEEL parser wants them.
    """

    namespace: str
    name: str
    root: _Element
    imports: dict[str, str] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    types: dict[str, FeelType] = field(default_factory=dict)
    syntax: Syntax = field(default_factory=Syntax)


def local(node: _Element) -> str:
    """Name of an element without its namespace."""
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(node: _Element | None, *names: str) -> Iterator[_Element]:
    """Child elements with one of these local names."""
    if node is not None:
        for child in node:
            if local(child) in names:
                yield child


def child(node: _Element | None, *names: str) -> _Element | None:
    """The first of them, or None."""
    return next(children(node, *names), None)


def version_tag_of(node: _Element) -> str | None:
    """The ``versionTag`` among the extension elements, which a model may name to be bound to this version."""
    tag = child(child(node, "extensionElements"), "versionTag")
    return None if tag is None else tag.get("value") or None


def text_of(node: _Element | None) -> str:
    """The content of the `text` child (or of the element itself if it has none), stripped."""
    if node is None:
        return ""
    inner = child(node, "text")
    return ((node if inner is None else inner).text or "").strip()


def read_source(data: bytes) -> Source:
    """Read one file. Raises InvalidDefinition if it is no DMN model."""
    root = xml.read(data)
    namespace = root.tag[1:].partition("}")[0] if isinstance(root.tag, str) and root.tag.startswith("{") else ""
    if local(root) != "definitions" or namespace not in NAMESPACES:
        raise xml.refuse("dmn_root", "Die Datei ist kein DMN-Modell (1.1 bis 1.5).", "The file is not a DMN model (1.1 to 1.5).")
    source = Source(root.get("namespace") or "", root.get("name") or "", root)
    source.imports = {node.get("name") or "": node.get("namespace") or "" for node in children(root, "import")}
    for node in root:
        kind = _KINDS.get(local(node))
        if kind is not None:
            name = (node.get("name") or "").strip()
            own_id = node.get("id") or name
            variable = child(node, "variable")
            variable_name = (variable.get("name") or "").strip() if variable is not None else ""
            source.elements[own_id] = Element(kind, Key(source.namespace, own_id), variable_name or name, name, node, source)
    return source


def names_in(source: Source) -> frozenset[str]:
    """All names a file introduces, so that the FEEL parser recognises those with blanks or special characters."""
    found = {" ".join((node.get("name") or "").split()) for node in source.root.iter() if local(node) in _NAMED}
    found |= {" ".join((node.get("iteratorVariable") or "").split()) for node in source.root.iter() if local(node) in _ITERATORS}
    return frozenset(name for name in found if name)


def line_of(node: _Element) -> int:
    """Line of an element in its file, 0 if unknown."""
    line = node.sourceline
    return line if isinstance(line, int) else 0


def href_key(source: Source, node: _Element) -> Key:
    """The element a requirement points to."""
    namespace, _, own_id = (node.get("href") or "").rpartition("#")
    return Key(namespace or source.namespace, own_id)
