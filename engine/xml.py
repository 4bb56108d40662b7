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
BPMN_20: Final = "{http://www.omg.org/spec/BPMN/20100524/"
# First bytes, what the file is.
OTHER_FILES: Final = (
    (b"PK\x03\x04", "ein ZIP-Archiv; bitte die BPMN-Datei daraus nehmen", "a ZIP archive; please take the BPMN file out of it"),
    (b"%PDF", "ein PDF", "a PDF"),
    (b"\x89PNG", "ein Bild (PNG)", "a picture (PNG)"),
    (b"\xff\xd8\xff", "ein Bild (JPEG)", "a picture (JPEG)"),
    (b"\xd0\xcf\x11\xe0", "eine Datei eines Office-Programms", "a file of an office program"),
    (b"\x1f\x8b", "ein Archiv (gzip)", "a gzip archive"),
    (b"{", "JSON", "JSON"),
    (b"[", "JSON", "JSON"),
)
# The first four bytes, with a byte order mark or a "<" alone; libxml2 does not know this encoding.
UTF_32: Final = {b"\xff\xfe\0\0": "utf-32-le", b"\0\0\xfe\xff": "utf-32-be", b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be"}
DECLARED_ENCODING: Final = re.compile(r"""\A(\s*<\?xml\b[^>]*?)\sencoding\s*=\s*(?:"[^"]*"|'[^']*')""")
# A declaration in single bytes that says the file had two or four for each character.
WRONG_WIDTH: Final = re.compile(rb"""\A((?:\xef\xbb\xbf)?\s*<\?xml\b[^>]*?)\sencoding\s*=\s*["'](?:UTF-?(?:16|32)|UCS-?[24])[^"']*["']""", re.IGNORECASE)
BLANKS: Final = b"\xef\xbb\xbf \t\r\n"
BEFORE_DECLARATION: Final = re.compile(rb"(\xef\xbb\xbf)?(\s+)(<\?xml\b[^>]*\?>)")
BOOLEANS: Final = {"1": "true", "0": "false", "TRUE": "true", "FALSE": "false", "True": "true", "False": "false"}
BOOLEAN_NAMES: Final = frozenset({"cancelActivity", "triggeredByEvent", "instantiate", "testBefore", "parallelMultiple", "mustUnderstand"})
REFERENCES: Final = ("Ref", "Element")  # how the attributes of BPMN that refer to something end, besides `default`


# What libxml2 says, what it means.
REASONS: Final = (
    (r"Namespace prefix (\S+).* not defined", "der Namensraum zum Präfix „{}“ fehlt"),
    (r"Attribute (\S+) redefined", "das Attribut „{}“ steht zweimal an einem Element"),
    (r"Entity '(\S+)' not defined", "das Kürzel „&{};“ gibt es in XML nicht"),
    (r"xmlParseEntityRef: no name|EntityRef: expecting", "ein „&“ ist nicht als „&amp;“ geschrieben"),
    (r"Opening and ending tag mismatch: (\S+)", "das Element „{}“ wird nicht oder an falscher Stelle geschlossen"),
    (r"[Ii]nvalid [Cc]har|invalid xmlChar", "sie enthält ein Zeichen, das in XML nicht erlaubt ist"),
    (r"Extra content at the end", "nach dem letzten Element steht noch etwas"),
    (r"Premature end|EndTag: '</' not found|Couldn't find end of Start Tag|expected '>'", "sie endet zu früh"),
)


def because(problem: str) -> str:
    """The German reason for a syntax error, after a colon; empty if we have no words for it."""
    for pattern, german in REASONS:
        found = re.search(pattern, problem)
        if found is not None:
            return ": " + german.format(*(part[:60] for part in found.groups()))
    return ""


def refuse(code: str, german: str, english: str, line: int = 0) -> InvalidDefinition:
    """A refusal of the whole file."""
    return InvalidDefinition([Finding.of_file(code, german, english, line)])


def refuse_other(german: str, english: str, line: int) -> InvalidDefinition:
    """A file of another kind under the name of a model."""
    return refuse(
        "xml_syntax",
        f"Die Datei ist kein lesbares XML, sondern {german}.",
        f"The file is not XML but {english}.",
        line,
    )


def is_web_page(data: bytes) -> bool:
    """HTML, for example the error or log-in page of a portal that was saved instead of the model."""
    return data[:512].lstrip(BLANKS).lower().startswith((b"<!doctype html", b"<html"))


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
    if not data.strip(BLANKS):
        raise refuse("xml_empty", "Die Datei ist leer.", "The file is empty.")
    if is_web_page(data):
        raise refuse_other("eine Webseite", "a web page", 1)
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
        data = tolerated(data)
        for begin in range(0, len(data), 1 << 16):
            parser.feed(data[begin : begin + (1 << 16)])
            walk.on(parser)
        parser.close()
        walk.on(parser)  # the parser holds the first bytes back until it knows the encoding
    except etree.XMLSyntaxError as exc:
        first = next(iter(parser.feed_error_log), None)  # where an entity is unknown, the exception only says that nothing was found
        line = int(exc.lineno or 0) or (first.line if first is not None else 0)
        if b"<!DOCTYPE" in data[:HEAD_BYTES]:  # entities may stop the parser before we see the root
            raise refuse_doctype() from exc
        if "depth" in (exc.msg or ""):
            raise refuse_depth(line) from exc
        if ENCODING_TROUBLE.search(exc.msg or ""):
            german = f"Die Zeichen der Datei passen nicht zu der Kodierung, die sie nennt; nennt sie keine, gilt UTF-8 (Zeile {line})."
            raise refuse("xml_encoding", german, f"The characters do not fit the declared encoding (line {line}): {exc.msg}", line) from exc
        for magic, what, english in OTHER_FILES:
            if data[:512].lstrip(BLANKS).startswith(magic):
                raise refuse_other(what, english, line) from exc
        german = f"Die Datei ist kein lesbares XML (Zeile {line}){because(exc.msg or '') or because(first.message if first is not None else '')}."
        raise refuse("xml_syntax", german, f"The file is not well-formed XML (line {line}): {exc.msg}", line) from exc
    except (LookupError, ValueError) as exc:
        raise refuse("xml_encoding", "Die Zeichenkodierung der Datei ist unbekannt.", "The encoding of the file is unknown.") from exc
    if walk.root is None:
        raise refuse("xml_empty", "Die Datei enthält kein Element.", "The file contains no element.")
    if str(walk.root.tag).startswith(BPMN_20):
        unify(walk.root)
    return walk.root


def tolerated(data: bytes) -> bytes:
    """What some tools write, as the parser takes it, with the same line numbers: UTF-32, blank lines before the XML declaration, a
    declaration of UTF-16 in a file that somebody has stored as UTF-8.

    Raises UnicodeDecodeError.
    """
    if data[:4] in UTF_32:
        plain = data.decode(UTF_32[data[:4]]).removeprefix("\ufeff")
        data = DECLARED_ENCODING.sub(r"\1", plain, count=1).encode()
    data = WRONG_WIDTH.sub(rb"\1", data, count=1)
    found = BEFORE_DECLARATION.match(data)
    return data if found is None else found[3] + found[2] + data[found.end() :]


def unify(root: etree._Element) -> None:
    """One spelling for what XML Schema lets a BPMN file write in several: `1` for `true`, `tns:id` for an id of the same file."""
    own = root.get("targetNamespace") or ""
    for node in root.iter():
        if not str(node.tag).startswith(BPMN_20):
            continue
        for key, value in node.items():
            name = str(key)
            plain = BOOLEANS.get(str(value)) if name[:2] == "is" or name in BOOLEAN_NAMES else None
            if plain is None and (name.endswith(REFERENCES) or name == "default"):
                plain = own_id(node, str(value), own)
            if plain is not None and plain != value:
                node.set(name, plain)
        if len(node) == 0 and node.text and str(node.tag).endswith("Ref"):
            node.text = own_id(node, node.text, own)


def own_id(node: etree._Element, value: str, own: str) -> str:
    """A reference without blanks around it, and without the prefix of the file's own namespace."""
    prefix, colon, plain = value.strip().partition(":")
    return plain if colon and node.nsmap.get(prefix) == own else value.strip()


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
