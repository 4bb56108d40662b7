import pytest
from lxml import html

from forms.text import heading_of, is_phone, render_markdown, tidy
from forms.uploads import MAX_UPLOAD, check_upload, safe_name


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,x)",
        "[x](vbscript:x)", "[x](//evil.example)", "![x](https://a.b/track.png)", "[x](java\tscript:alert(1))", "[x](&#106;avascript:alert(1))",
        "<a href='javascript:x'>x</a>", "[x]: javascript:alert(1)\n\n[x]", "<javascript:alert(1)>", '[x](https://a.b "\\" onmouseover=x")', "[x](file:///etc/passwd)",
        "| a |\n|:-:|\n| b |",
    ],
)  # fmt: skip
def test_markdown_cannot_run_anything(markdown):
    page = html.fromstring(f"<div>{render_markdown(markdown)}</div>")

    assert not page.xpath("//script | //img | //iframe | //@onerror | //@onmouseover | //@style")
    assert all(address.startswith("https://a.b") for address in page.xpath("//@href"))


def test_markdown_is_rendered_with_lower_headings():
    text = render_markdown("# Titel\n\n**fett** und [Link](https://example.org), [innen](/hilfe), [Mail](mailto:a@b.de)\n\n* eins")

    assert '<h3 class="et-h4">Titel</h3>' in text
    assert "<strong>fett</strong>" in text
    assert 'href="https://example.org" rel="noopener noreferrer"' in text
    assert 'href="/hilfe"' in text
    assert "<li>eins</li>" in text


def test_deep_markdown_answers():
    assert render_markdown("> " * 5_000 + "x")
    assert render_markdown("[" * 5_000)


def test_text_of_one_heading_is_a_title():
    assert heading_of("## 2. Verständigung") == "2. Verständigung"
    assert heading_of("## Titel ##\n") == "Titel"
    assert heading_of("## Titel\n\nText") is None
    assert heading_of("Text") is None


def test_text_is_normalised():
    assert tidy(" Mu\u0308ller\r\nx\ry ") == "Müller\nx\ny"


@pytest.mark.parametrize(("number", "fine"), [("02841 123456", True), ("+49 (0)2841/12-34", True), ("110", False), ("0800 CALL", False), ("1" * 60, False)])
def test_telephone_numbers(number, fine):
    assert is_phone(number) is fine


PDF = b"%PDF-1.7\n"


def test_ordinary_files_are_fine():
    assert check_upload("Zeugnis Müller.pdf", 1000, PDF) is None
    assert check_upload("bild.JPG", 1000, b"\xff\xd8\xff\xe0", (".jpg", ".png")) is None
    assert check_upload("scan.v2.pdf", MAX_UPLOAD, PDF, ("application/pdf",)) is None


@pytest.mark.parametrize(
    ("name", "size", "head"),
    [
        ("../../etc/passwd", 10, b"root"), ("..\\x.pdf", 10, PDF), ("/x.pdf", 10, PDF), ("a.pdf.exe", 10, b"MZ"), ("a.exe.pdf", 10, PDF), ("a.svg", 10, b"<svg"),
        ("a.png", 10, b"<svg onload=x>"), ("eicar.pdf", 68, b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"), ("a.pdf", 0, b""), ("a.pdf", 5 * 1024**3, PDF), ("", 10, PDF),
        (".pdf", 10, PDF), ("pdf", 10, PDF), ("a\x00.pdf", 10, PDF), ("a\u202efdp.exe", 10, b"MZ"), ("a\r\nb.pdf", 10, PDF), ("x" * 200 + ".pdf", 10, PDF),
        ("a.html", 10, b"<html"), ("a.docm", 10, b"PK\x03\x04"), ("a.pdf", 10, b"PK\x03\x04"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused(name, size, head):
    message = check_upload(name, size, head)

    assert message
    assert message.endswith(".")


def test_names_lose_their_path():
    assert safe_name("../../a/b\x00 c.pdf") == "b c.pdf"
