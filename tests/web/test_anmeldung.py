"""Log-in, sessions, throttling, passwords, and the token of every form."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text as sql

from services import anmeldung, bootstrap, uhr, unit_of_work
from services.anmeldung import LoginRefused, LoginThrottled
from services.worker import Worker
from tests.web import daten


def test_right_password_opens_a_session_whose_token_is_not_stored(app, browser):
    person = browser()

    response = person.login("falkenrath")

    assert response.status_code == 302
    cookie = next(c for c in response.headers.getlist("Set-Cookie") if c.startswith("etappe_sitzung="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    token = cookie.split("=", 1)[1].split(";")[0]
    assert len(token) >= 43  # 256 bits
    with daten.session(app) as db:
        stored = db.execute(sql("select token_hash from sitzung")).scalars().all()
    assert anmeldung.token_hash(token) in [bytes(s) for s in stored]
    assert token.encode() not in b"".join(bytes(s) for s in stored)


def test_cookie_is_secure_behind_https(app, flask_app):
    object.__setattr__(app.settings, "base_url", "https://etappe.example")
    client = flask_app.test_client()

    response = client.get("/anmeldung")

    assert all("Secure" in c for c in response.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(("login", "password"), [("falkenrath", "falsch"), ("gibtesnicht", "falsch"), ("", ""), ("falkenrath", "x" * 5000)])
def test_wrong_name_or_password_gets_the_same_sentence(browser, text, login, password):
    response = browser().login(login, password)

    assert response.status_code == 401
    assert "Benutzername oder Passwort stimmen nicht." in text(response)
    assert "<title>Fehler: " in response.get_data(as_text=True)


def test_typed_password_never_comes_back(browser):
    response = browser().login("falkenrath", "geheimes-wort")

    assert "geheimes-wort" not in response.get_data(as_text=True)


def test_after_five_failures_the_right_password_has_to_wait(app, browser, text):
    person = browser()
    for _ in range(anmeldung.FREE_ATTEMPTS):
        person.login("falkenrath", "falsch")

    assert person.login("falkenrath").status_code == 429

    app.clock.advance(minutes=1)
    assert person.login("falkenrath").status_code == 302


def test_throttled_page_says_when(browser, text):
    person = browser()
    for _ in range(anmeldung.FREE_ATTEMPTS):
        person.login("falkenrath", "falsch")

    assert "Zu viele Fehlversuche. Ab " in text(person.login("falkenrath"))


def test_failures_of_one_name_do_not_lock_another(browser):
    person = browser()
    for _ in range(anmeldung.FREE_ATTEMPTS + 1):
        person.login("falkenrath", "falsch")

    assert person.login("osterkamp").status_code == 302


def test_waiting_grows_and_ends():
    waits = [anmeldung.wait_after(n) for n in range(30)]

    assert waits[4] == timedelta(0)
    assert waits[5] == timedelta(seconds=30)
    assert waits == sorted(waits)
    assert waits[-1] == anmeldung.LONGEST_WAIT


def test_idle_session_ends(app, browser):
    person = browser("falkenrath")

    app.clock.advance(minutes=29)
    assert person.get("/aufgaben").status_code == 200
    app.clock.advance(minutes=29)
    assert person.get("/aufgaben").status_code == 200
    app.clock.advance(minutes=31)
    assert person.get("/aufgaben").status_code == 302


def test_no_session_outlives_the_absolute_limit(app, browser):
    person = browser("falkenrath")
    for _ in range(30):
        app.clock.advance(minutes=25)
        answer = person.get("/aufgaben").status_code

    assert answer == 302


def test_logging_out_ends_the_session_on_the_server(browser, text):
    person = browser("falkenrath")
    token = person.client.get_cookie("etappe_sitzung").value

    response = person.post("/abmeldung")

    assert response.location == "/anmeldung?meldung=abgemeldet"
    assert "Ihre Entwürfe bleiben gespeichert" in text(person.get(response.location))
    person.client.set_cookie("etappe_sitzung", token)
    assert person.get("/aufgaben").status_code == 302


def test_deactivated_account_is_out_at_once(app, browser):
    person = browser("falkenrath")
    with daten.session(app) as db:
        db.execute(sql("update benutzer set aktiv = false where login = 'falkenrath'"))
        db.commit()

    assert person.get("/aufgaben").status_code == 302


@pytest.mark.parametrize("target", ["https://boese.example/", "//boese.example", "/\\boese.example", "javascript:alert(1)", "/a\r\nX: y"])
def test_log_in_never_leads_to_another_server(browser, target):
    person = browser()
    person.get("/anmeldung")

    response = person.post("/anmeldung", {"konto": "falkenrath", "passwort": daten.PASSWORT, "weiter": target})

    assert response.location == "/"


def test_log_in_leads_back_to_the_page_that_was_asked_for(browser):
    person = browser()
    asked = person.get("/aufgaben?liste=gruppen")

    assert asked.location == "/anmeldung?weiter=/aufgaben?liste%3Dgruppen"
    person.get(asked.location)
    response = person.post("/anmeldung", {"konto": "falkenrath", "passwort": daten.PASSWORT, "weiter": "/aufgaben?liste=gruppen"})
    assert response.location == "/aufgaben?liste=gruppen"


# -- the token of forms ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("token", ["", "falsch", "0" * 64])
def test_form_without_its_token_changes_nothing(app, browser, text, token):
    person = browser("falkenrath")

    response = person.post("/einstellungen", {"dichte": "kompakt"}, csrf=token)

    assert response.status_code == 400
    assert "Bitte laden Sie die Seite neu" in text(response)
    assert "kompakt" not in anmeldung.sitzung(app, token=person.client.get_cookie("etappe_sitzung").value).einstellungen.values()


def test_token_of_another_session_is_refused(browser):
    one, other = browser("falkenrath"), browser("osterkamp")

    assert one.post("/einstellungen", {"dichte": "kompakt"}, csrf=other.csrf).status_code == 400


def test_every_route_that_writes_wants_the_token(flask_app, browser):
    person = browser("osterkamp")
    for rule in flask_app.url_map.iter_rules():
        if "POST" in rule.methods and rule.endpoint != "static" and not rule.rule.startswith(("/v2", "/api")):
            path = rule.build({name: 1 if name in {"key", "version"} else "MO-2026-0001" for name in rule.arguments})[1]
            if rule.endpoint != "anmeldung.anmelden_absenden":
                assert person.client.post(path, data={}).status_code in {400, 403}, path


def test_log_in_form_has_a_token_too(browser):
    person = browser()

    assert person.client.post("/anmeldung", data={"konto": "falkenrath", "passwort": daten.PASSWORT}).status_code == 400


def test_token_may_come_in_a_header(browser):
    person = browser("falkenrath")

    response = person.client.post("/einstellungen", data={"dichte": "kompakt"}, headers={"X-CSRF-Token": person.csrf})

    assert response.status_code == 302
    assert 'data-dichte="kompakt"' in person.get("/einstellungen").get_data(as_text=True)


# -- settings and password -------------------------------------------------------------------------------------------------
def test_new_password_closes_the_other_sessions(browser):
    here, elsewhere = browser("falkenrath"), browser("falkenrath")
    new = "ein ganz anderer Satz"

    response = here.post("/einstellungen/passwort", {"alt": daten.PASSWORT, "neu": new, "neu2": new})

    assert response.status_code == 302
    assert here.get("/aufgaben").status_code == 200
    assert elsewhere.get("/aufgaben").status_code == 302
    assert browser().login("falkenrath", new).status_code == 302
    assert browser().login("falkenrath").status_code == 401


@pytest.mark.parametrize(("data", "sentence"), [
    ({"alt": "falsch", "neu": "lang genug für alle", "neu2": "lang genug für alle"}, "Das bisherige Passwort stimmt nicht."),
    ({"alt": daten.PASSWORT, "neu": "kurz", "neu2": "kurz"}, "mindestens 12 Zeichen"),
    ({"alt": daten.PASSWORT, "neu": "lang genug für alle", "neu2": "etwas anderes hier"}, "sind verschieden"),
])
def test_unfit_password_is_refused_with_a_sentence(browser, text, data, sentence):
    response = browser("falkenrath").post("/einstellungen/passwort", data)

    assert response.status_code == 422
    assert sentence in text(response)


def test_unknown_setting_is_refused(browser):
    assert browser("falkenrath").post("/einstellungen", {"dichte": "riesig"}).status_code == 400


# -- machines --------------------------------------------------------------------------------------------------------------
def test_basic_verifies_once_a_minute(app, monkeypatch):
    calls = []
    real = anmeldung.verify_password
    monkeypatch.setattr(anmeldung, "_verdicts", anmeldung.Verdicts())
    monkeypatch.setattr(anmeldung.Verdicts.fits, "__defaults__", (lambda s, p: calls.append(1) or real(s, p),))

    for _ in range(3):
        assert anmeldung.basic(app, login="falkenrath", password=daten.PASSWORT).actor.login == "falkenrath"
    assert len(calls) == 1

    app.clock.advance(seconds=61)
    anmeldung.basic(app, login="falkenrath", password=daten.PASSWORT)
    assert len(calls) == 2


def test_program_at_work_is_not_locked_out_by_guesses_at_its_name(app):
    anmeldung.basic(app, login="falkenrath", password=daten.PASSWORT)
    for _ in range(anmeldung.FREE_ATTEMPTS):
        with pytest.raises(LoginRefused):
            anmeldung.basic(app, login="falkenrath", password="falsch")

    for _ in range(4):
        app.clock.advance(seconds=40)
        assert anmeldung.basic(app, login="falkenrath", password=daten.PASSWORT).actor.login == "falkenrath"


def test_basic_refuses_a_wrong_password_also_after_a_right_one(app):
    anmeldung.basic(app, login="falkenrath", password=daten.PASSWORT)

    with pytest.raises(LoginRefused):
        anmeldung.basic(app, login="falkenrath", password="falsch")
    with pytest.raises(LoginRefused):
        anmeldung.basic(app, login="niemand", password="falsch")


def test_basic_is_throttled_as_well(app):
    for _ in range(anmeldung.FREE_ATTEMPTS):
        with pytest.raises(LoginRefused):
            anmeldung.basic(app, login="falkenrath", password="falsch")

    with pytest.raises(LoginThrottled):
        anmeldung.basic(app, login="falkenrath", password=daten.PASSWORT)


def test_changed_password_ends_the_verdict_at_once(app):
    anmeldung.basic(app, login="falkenrath", password=daten.PASSWORT)
    with daten.session(app) as db:
        db.execute(sql("update benutzer set passwort_hash = :p where login = 'falkenrath'"), {"p": anmeldung.hash_password("neu")})
        db.commit()

    with pytest.raises(LoginRefused):
        anmeldung.basic(app, login="falkenrath", password=daten.PASSWORT)


def test_session_of_one_mandant_sees_nothing_of_another(app):
    angemeldet, token = anmeldung.anmelden(app, login="domhoff", password=daten.PASSWORT)

    assert angemeldet.actor.mandant == "koeln"
    assert anmeldung.sitzung(app, token=token).actor.login == "domhoff"
    assert anmeldung.namen(app, angemeldet.actor, logins=["falkenrath", "domhoff"]) == {"domhoff": "Karla Domhoff"}


def test_moving_the_pinned_clock_of_the_test_mode_ends_no_log_in(app):
    test_mode = bootstrap.build(replace(app.settings, testmodus=True))
    try:
        person, token = anmeldung.anmelden(test_mode, login="falkenrath", password=daten.PASSWORT)
        for days in (21, -21):
            uhr.pin(test_mode, datetime.now(UTC) + timedelta(days=days))

            Worker(test_mode, []).clean()

            found = anmeldung.sitzung(test_mode, token=token)
            assert found is not None
            assert found.actor == person.actor
            anmeldung.verlaengern(test_mode, found.actor, token=token)
            unit_of_work.give_back()
    finally:
        unit_of_work.give_back()
        test_mode.close()
