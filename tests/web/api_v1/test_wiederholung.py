"""A request that arrives twice is carried out once."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from sqlalchemy import text

from services.fall import faelle
from services.unit_of_work import give_back
from tests.web.api_v1.conftest import PDF, PERSON, Ruf, formular, neuer_fall
from web.api_v1.basis import document

pytestmark = pytest.mark.xdist_group("api_v1")
FALL = {"personen": [{**PERSON, "nachname": "Doppelt"}], "zugangsweg": "person"}
KEY = "Idempotency-Key"


def zahl(ruf: Ruf, table: str = "fall") -> int:
    return int(ruf.dienst.zeilen(f"select count(*) from {table}")[0][0])


def sende(ruf: Ruf, body: Any, key: str, path: str = "/faelle", *, wer: str = "fallmanagement", **kw: Any) -> Any:
    return ruf.caller("POST", f"/api/v1{path}", body, login=wer, headers={KEY: key}, **kw)


def test_same_request_twice_is_carried_out_once_and_answered_alike(ruf: Ruf) -> None:
    before = zahl(ruf)
    first = sende(ruf, FALL, '"8e03978e-40d5-43dd-bc93-6894a57f9324"')
    # Members in another order, other spaces, and no quotation marks: the same request.
    second = sende(ruf, json.dumps(dict(reversed(FALL.items())), indent=3).encode(), "8e03978e-40d5-43dd-bc93-6894a57f9324")

    assert (first.status_code, second.status_code) == (201, 201)
    assert (second.get_data(), second.headers["Location"], second.mimetype) == (first.get_data(), first.headers["Location"], first.mimetype)
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (False, "true")
    assert zahl(ruf) == before + 1


def test_without_a_key_every_request_counts(ruf: Ruf) -> None:
    before = zahl(ruf)
    for _ in range(2):
        ruf("POST", "/faelle", FALL, soll=201)

    assert zahl(ruf) == before + 2


def test_same_key_for_something_else_is_refused(ruf: Ruf) -> None:
    akte = neuer_fall(ruf, login="fallmanagement")["aktenzeichen"]
    other = neuer_fall(ruf, login="fallmanagement")["aktenzeichen"]
    note = {"art": "telefon", "notiz": "Eins"}
    assert sende(ruf, note, "k-1", f"/faelle/{akte}/kontakte").status_code == 201

    for path, body in ((f"/faelle/{akte}/kontakte", {**note, "notiz": "Zwei"}), (f"/faelle/{other}/kontakte", note)):
        with ruf.unveraendert():
            refused = sende(ruf, body, "k-1", path)
        assert refused.status_code == 422
        assert "gehört zu einer anderen Anfrage" in refused.json["detail"]


def test_keys_of_other_people_are_other_keys(ruf: Ruf) -> None:
    before = zahl(ruf)
    for wer in ("fallmanagement", "koordination"):
        assert sende(ruf, FALL, "gemeinsam", wer=wer).status_code == 201

    assert zahl(ruf) == before + 2


def test_refused_request_may_come_again_with_its_key(ruf: Ruf) -> None:
    with ruf.unveraendert():
        assert sende(ruf, {**FALL, "zugangsweg": ""}, "k-2").status_code == 422

    assert sende(ruf, FALL, "k-2").status_code == 201


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "mit Leerzeichen", "Schlüssel"])
def test_key_that_is_none_is_refused(ruf: Ruf, key: str) -> None:
    with ruf.unveraendert():
        refused = sende(ruf, FALL, key)

    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.json["detail"]


def test_key_is_forgotten_after_a_day(ruf: Ruf) -> None:
    before = zahl(ruf)
    sende(ruf, FALL, "k-3")
    ruf.dienst.app.clock.advance(hours=23)  # type: ignore[attr-defined]  # the clock of the tests
    sende(ruf, FALL, "k-3")
    assert zahl(ruf) == before + 1

    ruf.dienst.app.clock.advance(hours=2)  # type: ignore[attr-defined]  # the clock of the tests
    sende(ruf, FALL, "k-3")
    assert zahl(ruf) == before + 2
    assert zahl(ruf, "wiederholung where schluessel = 'k-3'") == 1


def test_answers_are_thrown_away_by_the_sweep(ruf: Ruf) -> None:
    sende(ruf, FALL, "k-4")
    with ruf.dienst.app.engine.begin() as connection:
        connection.execute(text("select set_config('app.mandant', 'moers', true)"))
        connection.execute(text("select abgelaufenes_loeschen(:t)"), {"t": ruf.dienst.app.clock.now().replace(year=2027)})

    assert zahl(ruf, "wiederholung") == 0


def test_upload_is_the_same_whatever_its_boundaries(ruf: Ruf) -> None:
    akte = neuer_fall(ruf, login="fallmanagement")["aktenzeichen"]
    answers = [sende(ruf, None, "k-5", f"/faelle/{akte}/dokumente", data=formular(PDF, "a.pdf", titel="A")) for _ in range(2)]
    other = sende(ruf, None, "k-5", f"/faelle/{akte}/dokumente", data=formular(PDF + b"!", "a.pdf", titel="A"))

    assert [a.status_code for a in (*answers, other)] == [201, 201, 422]
    assert answers[0].json == answers[1].json
    assert len(ruf("GET", f"/faelle/{akte}/dokumente")["eintraege"]) == 1


def test_two_at_once_one_is_carried_out_and_the_other_is_told_to_wait(ruf: Ruf, monkeypatch: pytest.MonkeyPatch) -> None:
    before, inside, go, answers = zahl(ruf), threading.Event(), threading.Event(), {}
    real = faelle.anlegen

    def slow(*args: Any, **kw: Any) -> str:
        made = real(*args, **kw)
        inside.set()
        assert go.wait(30)
        return made
    monkeypatch.setattr(faelle, "anlegen", slow)

    def first() -> None:
        try:
            answers["first"] = sende(Ruf(dienst=ruf.dienst), FALL, "k-6")
        finally:
            give_back()
    running = threading.Thread(target=first)
    running.start()
    assert inside.wait(30)

    second = sende(ruf, FALL, "k-6")
    assert zahl(ruf) == before  # nothing is committed yet
    go.set()
    running.join()
    third = sende(ruf, FALL, "k-6")

    assert (answers["first"].status_code, second.status_code, third.status_code) == (201, 409, 201)
    assert "wird gerade ausgeführt" in second.json["detail"]
    assert third.get_data() == answers["first"].get_data()
    assert zahl(ruf) == before + 1


def test_many_at_once_make_one(ruf: Ruf) -> None:
    before, begin, codes = zahl(ruf), threading.Barrier(4), []

    def one() -> None:
        caller = Ruf(dienst=ruf.dienst)
        begin.wait(30)
        try:
            codes.append(sende(caller, FALL, "k-7").status_code)
        finally:
            give_back()
    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(codes) <= {201, 409}
    assert 201 in codes
    assert zahl(ruf) == before + 1


def test_what_fails_on_the_way_leaves_nothing_and_may_come_again(ruf: Ruf, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_kw: Any) -> None:
        raise RuntimeError("the process dies between the work and its answer")
    with monkeypatch.context() as patch, ruf.unveraendert():
        patch.setattr(faelle, "lesen", broken)
        assert sende(ruf, FALL, "k-8").status_code == 500

    before = zahl(ruf)
    assert sende(ruf, FALL, "k-8").status_code == 201
    assert zahl(ruf) == before + 1


def test_every_operation_that_writes_with_post_takes_a_key() -> None:
    takes = {path for path, methods in document()["paths"].items() if "post" in methods
             and any(p.get("name") == KEY for p in methods["post"].get("parameters", ()))}

    assert takes == {path for path, methods in document()["paths"].items() if "post" in methods} - {"/api/v1/faelle/suche"}
