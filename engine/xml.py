"""The one reader of XML in the engine (BPMN and DMN): bytes in, tree out, hardened.

Any DOCTYPE is refused, so there are no entities; size, depth, number of elements and length of attributes are limited. Every
encoding that libxml2 knows and the file declares is fine.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from engine.errors import InvalidDefinition
from engine.findings import Finding

MAX_BYTES: Final = 10_000_000
MAX_DEPTH: Final = 256  # libxml2's own limit without huge_tree is the same
ENCODING_TROUBLE: Final = re.compile(r"encoding|UTF-8|input conversion", re.IGNORECASE)
HEAD_BYTES: Final = 1 << 16  # where a DOCTYPE stands
MAX_ELEMENTS: Final = 200_000
MAX_ATTRIBUTE: Final = 100_000  # characters


def refuse(code: str, german: str, english: str, line: int = 0) -> InvalidDefinition:
    """A refusal of the whole file."""
    return InvalidDefinition([Finding.of_file(code, german, english, line)])


def refuse_doctype() -> InvalidDefinition:
    """A DOCTYPE, of whatever kind."""
    return refuse(
        "xml_doctype",
        "Die Datei enthält eine DOCTYPE-Angabe; das ist nicht erlaubt.",
        "The file contains a DOCTYPE; that is not allowed.",
    )


def refuse_depth(line: int) -> InvalidDefinition:
    """Elements in elements without end."""
    return refuse(
        "xml_too_deep",
        f"Die Elemente sind mehr als {MAX_DEPTH} Ebenen tief verschachtelt.",
        f"Elements are nested more than {MAX_DEPTH} levels deep.",
        line,
    )


def read(data: bytes) -> etree._Element:
    """The root element.

    Raises:
        InvalidDefinition: with one finding that says what is wrong, in German and English.
    """
    if len(data) > MAX_BYTES:
        raise refuse(
            "xml_too_large",
            f"Die Datei ist größer als {MAX_BYTES // 1_000_000} MB.",
            f"The file is larger than {MAX_BYTES // 1_000_000} MB.",
        )
    if not data.strip():
        raise refuse("xml_empty", "Die Datei ist leer.", "The file is empty.")
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    walk = Walk()
    try:
        for begin in range(0, len(data), 1 << 16):
            parser.feed(data[begin : begin + (1 << 16)])
            walk.on(parser)
        parser.close()
        walk.on(parser)  # the parser holds the first bytes back until it knows the encoding
    except etree.XMLSyntaxError as exc:
        line = int(exc.lineno or 0)
        if b"<!DOCTYPE" in data[:HEAD_BYTES]:  # entities may stop the parser before we see the root
            raise refuse_doctype() from exc
        if "depth" in (exc.msg or ""):
            raise refuse_depth(line) from exc
        if ENCODING_TROUBLE.search(exc.msg or ""):
            german = f"Die Zeichen der Datei passen nicht zu der Kodierung, die sie nennt (Zeile {line})."
            raise refuse("xml_encoding", german, f"The characters do not fit the declared encoding (line {line}): {exc.msg}", line) from exc
        german = f"Die Datei ist kein lesbares XML (Zeile {line})."
        raise refuse("xml_syntax", german, f"The file is not well-formed XML (line {line}): {exc.msg}", line) from exc
    except (LookupError, ValueError) as exc:
        raise refuse("xml_encoding", "Die Zeichenkodierung der Datei ist unbekannt.", "The encoding of the file is unknown.") from exc
    if walk.root is None:
        raise refuse("xml_empty", "Die Datei enthält kein Element.", "The file contains no element.")
    return walk.root


class Walk:
    """Looks at every element as soon as it is read."""

    def __init__(self) -> None:
        self.root: etree._Element | None = None
        self.depth = self.elements = 0

    def on(self, parser: etree.XMLPullParser) -> None:
        """What was read since the last time. Raises InvalidDefinition."""
        for event, node in parser.read_events():
            if event == "end":
                self.depth -= 1
                continue
            assert isinstance(node, etree._Element)
            self.depth, self.elements = self.depth + 1, self.elements + 1
            if self.root is None:
                self.root = node
                if has_doctype(node):
                    raise refuse_doctype()
            check(node, self.depth, self.elements)


def has_doctype(root: etree._Element) -> bool:
    """Whether a DOCTYPE stands before the root element."""
    info: object = root.getroottree().docinfo
    return bool(getattr(info, "doctype", ""))


def line_of(node: etree._Element) -> int:
    """Line of the start tag; 0 if unknown."""
    line: object = node.sourceline
    return line if isinstance(line, int) else 0


def check(node: etree._Element, depth: int, elements: int) -> None:
    """The limits, while reading."""
    if depth > MAX_DEPTH:
        raise refuse_depth(line_of(node))
    if elements > MAX_ELEMENTS:
        raise refuse(
            "xml_too_many", f"Die Datei enthält mehr als {MAX_ELEMENTS} Elemente.", f"The file contains more than {MAX_ELEMENTS} elements."
        )
    for name, value in node.items():
        if len(value) > MAX_ATTRIBUTE:
            shown = re.sub(r"^\{.*\}", "", str(name))
            raise refuse(
                "xml_attribute",
                f"Das Attribut „{shown}“ ist länger als {MAX_ATTRIBUTE} Zeichen.",
                f'The attribute "{shown}" is longer than {MAX_ATTRIBUTE} characters.',
                line_of(node),
            )
