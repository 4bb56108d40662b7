"""Every route says who may use it, and means it."""

from __future__ import annotations

import pytest

from web.app import create_app
from web.auth import MACHINE_PATHS, is_machine_path
from web.guards import Guard, guard, guard_of

PUBLIC = {"static", "anmeldung.anmelden", "anmeldung.anmelden_absenden", "texte.hilfe", "texte.barrierefreiheit", "texte.datenschutz", "texte.impressum"}


def example(rule) -> str:
    values = {name: 1 if name in {"key", "version", "verweis"} else "MO-2026-0001" for name in rule.arguments}
    return rule.build(values)[1] if rule.arguments else rule.rule


def test_every_route_declares_a_guard(flask_app):
    undeclared = [rule.endpoint for rule in flask_app.url_map.iter_rules() if guard_of(flask_app.view_functions[rule.endpoint]) is None]

    assert undeclared == []


def test_public_routes_are_those_of_the_list(flask_app):
    pages = {r.endpoint for r in flask_app.url_map.iter_rules() if not r.endpoint.startswith("api_")}
    public = {endpoint for endpoint in pages if guard_of(flask_app.view_functions[endpoint]).public}

    assert public == PUBLIC


def test_without_login_no_page_opens(flask_app, browser):
    nobody = browser()
    for rule in flask_app.url_map.iter_rules():
        declared = guard_of(flask_app.view_functions[rule.endpoint])
        if declared.public or rule.rule.startswith(MACHINE_PATHS):
            continue
        for method in rule.methods & {"GET", "POST"}:
            response = nobody.client.open(example(rule), method=method)
            assert response.status_code == 302, (rule.rule, method)
            assert response.location.startswith("/anmeldung"), rule.rule


def test_without_login_machines_get_problem_details(flask_app, browser):
    machine = [r for r in flask_app.url_map.iter_rules() if r.rule.startswith("/v2") and "GET" in r.methods and not r.arguments]
    for rule in machine:
        if guard_of(flask_app.view_functions[rule.endpoint]).public:
            continue
        response = browser().get(rule.rule)
        assert response.status_code == 401
        assert response.mimetype == "application/problem+json"
        assert response.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(("login", "path"), [
    ("falkenrath", "/fristen"), ("falkenrath", "/stoerungen"), ("lindqvist", "/fristen"), ("lindqvist", "/faelle/neu"), ("verwaltung", "/faelle"),
    ("dsb", "/faelle"), ("prozess", "/fristen"), ("verwaltung", "/uebergaben"), ("dsb", "/stoerungen"),
])
def test_with_the_wrong_role_the_page_says_so(browser, text, login, path):
    response = browser(login).get(path)

    assert response.status_code == 403
    assert "Dafür fehlt Ihnen die Berechtigung" in text(response)


@pytest.mark.parametrize(("login", "path"), [
    ("falkenrath", "/aufgaben"), ("falkenrath", "/faelle"), ("falkenrath", "/faelle/neu"), ("osterkamp", "/fristen"), ("osterkamp", "/stoerungen"),
    ("prozess", "/stoerungen"), ("lindqvist", "/uebergaben"), ("lindqvist", "/partner"), ("verwaltung", "/einstellungen"), ("dsb", "/aufgaben"),
])
def test_with_the_right_role_the_page_opens(browser, login, path):
    assert browser(login).get(path).status_code == 200


def test_a_route_without_a_guard_is_refused(app, browser):
    flask_app = create_app(app)
    flask_app.add_url_rule("/vergessen", "vergessen", lambda: "offen")

    response = flask_app.test_client().get("/vergessen")

    assert response.status_code == 500
    assert b"offen" not in response.data


def test_menu_shows_only_what_opens(browser):
    steering = browser("osterkamp").get("/aufgaben").get_data(as_text=True)
    working = browser("falkenrath").get("/aufgaben").get_data(as_text=True)

    assert 'href="/fristen"' in steering
    assert 'href="/fristen"' not in working


def test_unknown_role_is_a_defect():
    with pytest.raises(ValueError, match="Expected roles"):
        guard(roles=("chef",))


def test_guard_of_an_undeclared_view_is_none():
    assert guard_of(lambda: None) is None
    assert Guard(public=True).roles == frozenset()
    assert callable(is_machine_path)
