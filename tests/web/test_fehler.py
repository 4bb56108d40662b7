"""Refusals and failures: status, a German sentence, no inside of the program."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy.exc import OperationalError

from web.app import create_app
from web.assets import Assets
from web.guards import public

HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options")


@pytest.mark.parametrize("path", ["/nirgends", "/faelle/MO-2026-9999", "/aufgaben/999999999999999999", "/aufgaben/99999999999999999999999", "/uebergaben/5",
                                  "/faelle/MO-2026-9999/einwilligungen/3/widerruf", "/faelle/%00", "/faelle/MO-2026-0001%00/akte"])
def test_what_does_not_exist_is_a_404_with_a_way_back(browser, text, path):
    response = browser("falkenrath").get(path)

    assert response.status_code == 404
    assert "Zu meinen Aufgaben" in text(response)
    for header in HEADERS:
        assert header in response.headers


def test_a_character_that_cannot_be_stored_is_refused_with_a_sentence(browser, text):
    person = browser("falkenrath")

    for response in (person.get("/aufgaben?ansicht=%00"), person.post("/suche", {"q": "Qad\0eri"})):
        assert response.status_code == 400
        assert "nicht gespeichert werden kann" in text(response)


def test_wrong_method_is_a_405(browser, text):
    response = browser("falkenrath").get("/aufgaben/auswahl")

    assert response.status_code in {404, 405}
    assert "Traceback" not in text(response)


@pytest.mark.parametrize(("method", "path", "allowed"), [
    ("TRACE", "/v2/topology", "GET, HEAD, OPTIONS"), ("PATCH", "/api/v1/ich", "GET, HEAD, OPTIONS"), ("DELETE", "/v2/deployments", "OPTIONS, POST")])
def test_wrong_method_of_a_machine_names_the_right_ones(app, method, path, allowed):
    response = create_app(app).test_client().open(path, method=method)

    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
    assert response.json["detail"] == f"{method} gibt es unter dieser Adresse nicht. Möglich ist: {allowed}."


def test_too_large_a_form_is_a_413_with_a_sentence(browser, text):
    person = browser("falkenrath")

    response = person.post("/einstellungen", {"dichte": "x" * (2 * 1024 * 1024)})

    assert response.status_code == 413
    assert "größer als 1 MB" in text(response)


def failing(app, error):
    flask_app = create_app(app)

    @public
    def boom():
        raise error
    flask_app.add_url_rule("/boom", "boom", boom)
    flask_app.add_url_rule("/v2/boom", "boom2", boom)
    return flask_app.test_client()


def test_answer_without_content_names_no_kind_of_content(app):
    flask_app = create_app(app)
    flask_app.add_url_rule("/v2/nichts", "nichts", public(lambda: ("", 204)))

    response = flask_app.test_client().get("/v2/nichts")

    assert (response.status_code, response.headers.get("Content-Type"), response.data) == (204, None, b"")


def test_our_fault_has_a_number_that_stands_in_the_log(app, text, caplog):
    client = failing(app, RuntimeError("geheim: Samira Qaderi"))

    with caplog.at_level(logging.ERROR, logger="etappe.web"):
        response = client.get("/boom")

    assert response.status_code == 500
    assert "Der Fehler liegt bei uns, nicht bei Ihnen" in text(response)
    assert "Qaderi" not in text(response)
    number = caplog.records[-1].number
    assert number in text(response)


def test_machines_get_problem_details_for_our_fault(app):
    response = failing(app, RuntimeError("geheim")).get("/v2/boom")

    assert response.status_code == 500
    assert response.mimetype == "application/problem+json"
    assert response.json["status"] == 500
    assert "geheim" not in response.get_data(as_text=True)


def test_an_unreachable_database_is_a_503(app, text):
    response = failing(app, OperationalError("select", {}, Exception("down"))).get("/boom")

    assert response.status_code == 503
    assert "Die Datenbank antwortet gerade nicht" in text(response)


def test_no_page_loosens_the_policy(browser):
    person = browser("falkenrath")
    for path in ("/anmeldung", "/aufgaben", "/faelle", "/hilfe", "/nirgends"):
        policy = person.get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy


def test_pages_with_data_are_not_kept_by_caches(browser):
    assert browser("falkenrath").get("/aufgaben").headers["Cache-Control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(browser):
    person = browser("falkenrath")
    for path in ("/anmeldung", "/aufgaben", "/faelle", "/faelle/neu", "/einstellungen", "/partner", "/uebergaben"):
        page = person.get(path).get_data(as_text=True)
        assert " style=" not in page, path
        assert " onclick=" not in page, path
        assert "<style" not in page, path
        assert "<script>" not in page, path


def test_without_built_assets_pages_still_work(app, monkeypatch, tmp_path):
    monkeypatch.setattr(Assets.__init__, "__defaults__", (tmp_path,))

    response = create_app(app).test_client().get("/anmeldung")

    assert response.status_code == 200
    assert b"app.css" not in response.data
