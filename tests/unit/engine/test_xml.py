"""The hardened reader."""
import pytest

from engine import xml
from engine.errors import InvalidDefinition


def refused(data):
    with pytest.raises(InvalidDefinition) as refusal:
        xml.read(data)
    finding, = refusal.value.findings
    return finding.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_declared_encodings_are_read(encoding):
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    root = xml.read(f'<?xml version="1.0" encoding="{name}"?>\n<a name="Übergabe"><!-- x --><b/></a>'.encode(encoding))
    assert (root.get("name"), len(root)) == ("Übergabe", 1)


def test_any_doctype_is_refused(tmp_path):
    secret = tmp_path / "geheim.txt"
    secret.write_text("geheim")
    assert refused(b"<!DOCTYPE a><a/>") == "xml_doctype"
    assert refused(f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>&x;</a>'.encode()) == "xml_doctype"
    bomb = '<!DOCTYPE a [<!ENTITY x0 "xxxxxxxxxx">' + "".join(f'<!ENTITY x{i} "{f"&x{i - 1};" * 10}">' for i in range(1, 9)) + "]><a>&x8;</a>"
    assert refused(bomb.encode()) in ("xml_doctype", "xml_syntax")
    assert refused(('<!DOCTYPE a [<!ATTLIST a b CDATA "' + "x" * 200_000 + '">]><a/>').encode()) == "xml_doctype"


def test_limits():
    assert refused(b"<a>" + b" " * xml.MAX_BYTES + b"</a>") == "xml_too_large"
    assert refused(b"<a>" * 300 + b"</a>" * 300) in ("xml_too_deep", "xml_syntax")
    assert refused(b"<a>" + b"<b/>" * 200_001 + b"</a>") == "xml_too_many"
    assert refused(b'<a b="' + b"x" * 100_001 + b'"/>') == "xml_attribute"
    assert refused(b"<a><b></a>") == "xml_syntax"
    assert xml.read(b"<a>" * 200 + b"</a>" * 200).tag == "a"
    assert len(xml.read(b"<a>" + b"<b/>" * 150_000 + b"</a>")) == 150_000


def test_line_numbers():
    assert xml.line_of(xml.read(b"<a>\n\n<b/></a>")[0]) == 3
