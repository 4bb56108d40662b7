"""Documents over HTTP: who sees what, and what is refused."""

from __future__ import annotations

import pytest

from tests.web.api_v1.conftest import PDF, Ruf, formular, neuer_fall

pytestmark = pytest.mark.xdist_group("api_v1")


@pytest.fixture
def akte(ruf: Ruf) -> str:
    found: str = neuer_fall(ruf, login="fallmanagement")["aktenzeichen"]
    return found


def test_file_leaves_as_a_download_without_rights(ruf: Ruf, akte: str) -> None:
    key = ruf("POST", f"/faelle/{akte}/dokumente", data=formular(PDF, "Bescheid März.pdf", titel="Bescheid"), soll=201)["key"]

    answer = ruf.caller("GET", f"/api/v1/dokumente/{key}/1/datei", login="fallmanagement")

    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_other_organisations_and_other_mandanten_see_nothing(ruf: Ruf, akte: str) -> None:
    key = ruf("POST", f"/faelle/{akte}/dokumente", data=formular(PDF, "a.pdf", titel="A", abschnitte=["leistungen"]), soll=201)["key"]

    for wer in ("awo", "koeln"):
        for path in (f"/dokumente/{key}", f"/dokumente/{key}/1/datei", f"/faelle/{akte}/dokumente"):
            ruf.abgelehnt(404, "GET", path, wer=wer)
        ruf.abgelehnt(404, "POST", f"/dokumente/{key}/fassungen", data=formular(PDF, "b.pdf", titel="B"), wer=wer)
        ruf.abgelehnt(404, "POST", f"/faelle/{akte}/dokumente", data=formular(PDF, "b.pdf", titel="B"), wer=wer)
    ruf.nein(404, "GET", f"/dokumente/{key}/2/datei")


@pytest.mark.parametrize(("data", "field"), [
    (lambda: formular(PDF, "a.exe", titel="A"), "datei"),
    (lambda: formular(b"MZ", "a.pdf", titel="A"), "datei"),
    (lambda: formular(b"", "a.pdf", titel="A"), "datei"),
    (lambda: formular(PDF, "../a.pdf", titel="A"), "datei"),
    (lambda: {"titel": "A"}, "datei"),
    (lambda: {"datei": formular(PDF, "a.pdf")["datei"]}, "titel"),
    (lambda: formular(PDF, "a.pdf", titel="x" * 151), "titel"),
    (lambda: formular(PDF, "a.pdf", titel="A\nB"), "titel"),
    (lambda: formular(PDF, "a.pdf", titel="A", abschnitte=["unsinn"]), "abschnitte"),
    (lambda: formular(PDF, "a.pdf", titel="A", organisation="awo"), "organisation"),
])  # fmt: skip
def test_upload_that_does_not_fit_names_the_place(ruf: Ruf, akte: str, data, field: str) -> None:
    problem = ruf.abgelehnt(422, "POST", f"/faelle/{akte}/dokumente", data=data(), content_type="multipart/form-data")

    assert list(problem["fehler"]) == [field]


def test_json_is_not_a_file(ruf: Ruf, akte: str) -> None:
    ruf.abgelehnt(415, "POST", f"/faelle/{akte}/dokumente", {"titel": "A"})
