"""Files in the form of a task: kept with the draft, taken away again, documents of the case once the task is completed."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from sqlalchemy import text as sql

from forms import uploads
from services.aufgaben import FormRefused, complete_with_form
from services.dokumente import ablegen, lesen
from services.prozess import deployments, instances, tasks
from services.prozess.deployments import Resource
from tests import bpmn, builders
from tests.web import daten

PDF = b"%PDF-1.7 ein Bescheid"
PNG = b"\x89PNG\r\n\x1a\n Bild"
FORM = {"id": "probe", "type": "default", "schemaVersion": 18, "components": [
    {"id": "c1", "type": "textfield", "key": "notiz", "label": "Notiz", "validate": {"required": True}},
    {"id": "c2", "type": "filepicker", "key": "bescheid", "label": "Bescheid", "accept": ".pdf", "validate": {"required": True},
     "properties": {"fallakte": "leistungen.bescheid", "variable": "true"}},
    {"id": "c3", "type": "filepicker", "key": "belege", "label": "Belege", "multiple": True, "accept": "application/pdf,image/*"},
    {"id": "c4", "type": "dynamiclist", "path": "zeugnisse", "label": "Zeugnisse", "defaultRepetitions": 0, "components": [
        {"id": "c5", "type": "textfield", "key": "schule", "label": "Schule"}, {"id": "c6", "type": "filepicker", "key": "blatt", "label": "Blatt"}]},
]}


@pytest.fixture
def fall(app) -> str:
    with daten.session(app) as db:
        db.execute(sql("update mandant set profil = 'moers'"))
        db.commit()
    model = bpmn.sequence("probe", bpmn.user("fragen", 'assignee="falkenrath"', '<zeebe:formDefinition formId="probe"/>'),
                          bpmn.user("nochmal", 'assignee="falkenrath"', '<zeebe:formDefinition formId="probe"/>'))
    deployments.deploy(app, builders.actor("prozess"), resources=[
        Resource(name="probe.bpmn", data=model), Resource(name="probe.form", data=json.dumps(FORM).encode())])
    return daten.fall(app, login="falkenrath")


@pytest.fixture
def aufgabe(app, fall) -> int:
    """A task with this form in a case; returns its key."""
    instances.start(app, builders.actor("prozess"), process_id="probe", business_id=fall)
    return open_task(app)


def open_task(app) -> int:
    with daten.session(app) as db:
        return db.execute(sql("select key from user_task where status = 'CREATED'")).scalar_one()


def rows(app, table: str) -> int:
    with daten.session(app) as db:
        return db.execute(sql(f"select count(*) from {table}")).scalar_one()


def send(person, key: int, button: str, files=(), **fields):
    """What a browser without JavaScript sends: the fields of the page, hidden ones too, the files, the button."""
    page = person.get(f"/aufgaben/{key}").get_data(as_text=True).partition('<form class="et-form"')[2]
    hidden: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([a-z][^"]*)" value="([^"]*)"', page):
        hidden.setdefault(name, []).append(value)
    data = {"notiz": "", **hidden, **fields, button.partition("=")[0]: button.partition("=")[2] or "1"}
    for field, content, name in files:
        data.setdefault(f"_datei-{field}", []).append((io.BytesIO(content), name))
    return person.post(f"/aufgaben/{key}", data, content_type="multipart/form-data")


def references(page: str, field: str) -> list[str]:
    return re.findall(rf'<input type="hidden" name="{field}" value="(\d+)"', page)


def docx(**more: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ({"word/document.xml": b"<w/>"} | more).items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_uploaded_file_stays_with_the_draft_and_becomes_a_document_with_the_task(app, fall, aufgabe, browser, text):
    person = browser("falkenrath")
    page = send(person, aufgabe, "_hochladen", [("bescheid", PDF, "Bescheid März.pdf")], notiz="kommt noch")
    assert page.status_code == 200
    assert "Bescheid März.pdf, 21 Byte" in text(page)
    assert rows(app, "dokument") == 0

    again = person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)
    (reference,) = references(again, "bescheid")
    file = person.get(f"/aufgaben/{aufgabe}/dateien/{reference}")
    assert (file.data, file.headers["Content-Disposition"].partition(";")[0]) == (PDF, "attachment")
    assert "sandbox" in file.headers["Content-Security-Policy"]

    done = send(person, aufgabe, "_abschliessen", [("belege", PNG, "Foto.png"), ("belege", PDF, "Quittung.pdf")], notiz="fertig")

    assert done.status_code == 302, text(done)
    assert done.location.endswith("/fertig")
    documents = {d.neueste.dateiname: d for d in lesen.auflisten(app, builders.actor("falkenrath"), aktenzeichen=fall)}
    assert set(documents) == {"Bescheid März.pdf", "Foto.png", "Quittung.pdf"}
    assert documents["Bescheid März.pdf"].abschnitte == ("leistungen",)
    assert documents["Bescheid März.pdf"].key == int(reference)
    assert documents["Bescheid März.pdf"].neueste.titel == "Bescheid: Bescheid März.pdf"
    assert lesen.oeffnen(app, builders.actor("falkenrath"), dokument=int(reference), version=1).inhalt == PDF
    assert (rows(app, "entwurf"), rows(app, "entwurf_datei")) == (0, 0)
    for where in ("fertig", ""):
        shown = text(person.get(f"/aufgaben/{aufgabe}/{where}".rstrip("/")))
        assert "Unterlagen zu dieser Aufgabe" in shown
        assert "Bescheid: Bescheid März.pdf" in shown


def test_process_holds_keys_of_documents_and_nothing_else(app, fall, aufgabe, browser):
    person = browser("falkenrath")
    send(person, aufgabe, "_abschliessen", [("bescheid", PDF, "Qaderi Samira.pdf")], notiz="x")

    variables = tasks.variables_of(app, builders.actor("falkenrath"), key=open_task(app))

    (document,) = lesen.auflisten(app, builders.actor("falkenrath"), aktenzeichen=fall)
    assert variables["bescheid"] == [str(document.key)]
    assert "Qaderi" not in json.dumps(variables)
    with daten.session(app) as db:
        states = db.execute(sql("select state from process_instance where state is not null")).scalars().all()
        audit = db.execute(sql("select string_agg(detail::text, '') from audit")).scalar_one()
    assert all(b"%PDF" not in state and b"Qaderi" not in state for state in map(bytes, states))
    assert "Qaderi" not in audit


def test_file_can_be_taken_away_before_the_task_is_completed(app, aufgabe, browser, text):
    person = browser("falkenrath")
    send(person, aufgabe, "_hochladen", [("bescheid", PDF, "richtig.pdf"), ("belege", PDF, "falsch.pdf")])
    page = person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)
    (wrong,) = references(page, "belege")

    after = send(person, aufgabe, f"_datei_entfernen=belege/{wrong}")

    assert "falsch.pdf" not in text(after)
    assert "richtig.pdf" in text(after)
    assert rows(app, "entwurf_datei") == 1
    assert person.get(f"/aufgaben/{aufgabe}/dateien/{wrong}").status_code == 404
    assert send(person, aufgabe, "_abschliessen", notiz="x").status_code == 302
    assert rows(app, "dokument") == 1


def test_draft_thrown_away_takes_its_files_along(app, aufgabe, browser):
    person = browser("falkenrath")
    send(person, aufgabe, "_speichern", [("bescheid", PDF, "a.pdf")])
    assert rows(app, "entwurf_datei") == 1

    person.post(f"/aufgaben/{aufgabe}/verwerfen")

    assert rows(app, "entwurf_datei") == 0


def test_autosave_keeps_the_files_of_the_draft(app, aufgabe, browser):
    person = browser("falkenrath")
    send(person, aufgabe, "_speichern", [("bescheid", PDF, "a.pdf")])
    (reference,) = references(person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True), "bescheid")

    person.post(f"/aufgaben/{aufgabe}/entwurf", {"notiz": "neu", "bescheid": ["", reference]})

    assert references(person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True), "bescheid") == [reference]


def test_same_page_sent_twice_keeps_one_file(app, aufgabe, browser):
    person = browser("falkenrath")
    for _ in range(2):
        data = {"notiz": "", "bescheid": "", "belege": "", "_hochladen": "belege", "_datei-belege": [(io.BytesIO(PDF), "a.pdf")]}
        person.get(f"/aufgaben/{aufgabe}")
        person.post(f"/aufgaben/{aufgabe}", data, content_type="multipart/form-data")

    assert rows(app, "entwurf_datei") == 1


def test_other_file_in_a_field_for_one_replaces_it_and_later_becomes_the_next_version(app, fall, aufgabe, browser):
    person = browser("falkenrath")
    send(person, aufgabe, "_hochladen", [("bescheid", PDF, "alt.pdf")])
    send(person, aufgabe, "_hochladen", [("bescheid", PDF + b" neu", "neu.pdf")])
    assert rows(app, "entwurf_datei") == 1
    send(person, aufgabe, "_abschliessen", notiz="x")
    (first,) = lesen.auflisten(app, builders.actor("falkenrath"), aktenzeichen=fall)

    # The next task of the case begins with that answer; a file in its place is the next version of the same document.
    second = open_task(app)
    assert references(person.get(f"/aufgaben/{second}").get_data(as_text=True), "bescheid") == [str(first.key)]
    send(person, second, "_abschliessen", [("bescheid", PDF + b" 2027", "Bescheid 2027.pdf")], notiz="x")

    (document,) = lesen.auflisten(app, builders.actor("falkenrath"), aktenzeichen=fall)
    assert document.key == first.key
    assert [(f.version, f.dateiname) for f in document.fassungen] == [(2, "Bescheid 2027.pdf"), (1, "neu.pdf")]


def test_file_in_a_row_belongs_to_its_row(app, fall, aufgabe, browser):
    person = browser("falkenrath")
    send(person, aufgabe, "_hinzufuegen=zeugnisse")
    send(person, aufgabe, "_hinzufuegen=zeugnisse")
    send(person, aufgabe, "_hochladen", [("zeugnisse-1-blatt", PDF, "zwei.pdf"), ("bescheid", PDF, "b.pdf")],
         **{"zeugnisse-0-schule": "Erste", "zeugnisse-1-schule": "Zweite"})
    send(person, aufgabe, "_entfernen=zeugnisse-0", **{"zeugnisse-0-schule": "Erste", "zeugnisse-1-schule": "Zweite"})

    assert send(person, aufgabe, "_abschliessen", notiz="x", **{"zeugnisse-0-schule": "Zweite"}).status_code == 302

    (row,) = tasks.variables_of(app, builders.actor("falkenrath"), key=open_task(app))["zeugnisse"]
    names = {str(d.key): d.neueste.dateiname for d in lesen.auflisten(app, builders.actor("falkenrath"), aktenzeichen=fall)}
    assert (row["schule"], [names[key] for key in row["blatt"]]) == ("Zweite", ["zwei.pdf"])


@pytest.mark.parametrize(("field", "content", "name", "sentence"), [
    ("bescheid", PNG, "bild.png", "Laden Sie eine Datei dieser Arten hoch: PDF."),
    ("bescheid", b"<script>", "brief.pdf", "Der Inhalt passt nicht zur Endung „.pdf“."),
    ("bescheid", b"", "leer.pdf", "Die Datei ist leer."),
    ("bescheid", PDF, "brief.exe.pdf", "Laden Sie eine Datei dieser Arten hoch: PDF."),
    ("bescheid", PDF, "../../etc/brief.pdf", "Benennen Sie die Datei um."),
    ("bescheid", PDF, "C:\\Akten\\brief.pdf", "Benennen Sie die Datei um."),
    ("bescheid", PDF, "x" * 200 + ".pdf", "Benennen Sie die Datei um."),
    ("bescheid", PDF, "\u202efdp.exe.pdf", "Benennen Sie die Datei um."),
    ("belege", b"PK\x03\x04", "brief.docx", "Laden Sie eine Datei dieser Arten hoch: JPEG, JPG, PDF, PNG."),
    ("zeugnisse-0-blatt", b"PK\x03\x04 kein Archiv", "brief.docx", "Die Datei ist beschädigt."),
    ("zeugnisse-0-blatt", docx(**{"word/vbaProject.bin": b"x"}), "brief.docx", "Die Datei enthält Makros."),
    ("zeugnisse-0-blatt", docx(**{"word/bombe.xml": bytes(201 * 1024 * 1024)}), "brief.docx", "Die Datei ist ausgepackt zu groß."),
    ("zeugnisse-0-blatt", docx(), "tabelle.xlsx", "Der Inhalt passt nicht zur Endung „.xlsx“."),
])  # fmt: skip
def test_file_that_does_not_fit_is_refused_next_to_its_field(app, aufgabe, browser, text, field, content, name, sentence):
    person = browser("falkenrath")

    page = send(person, aufgabe, "_abschliessen", [(field, content, name)], notiz="bleibt", **{"zeugnisse-0-schule": "Erste"})

    assert page.status_code == 422
    error = re.search(rf'id="feld-{field}-fehler">.*?<span class="kern-body">(.*?)</span>', page.get_data(as_text=True))
    assert error is not None
    assert sentence in error.group(1)
    assert "bleibt" in page.get_data(as_text=True)
    assert (rows(app, "entwurf_datei"), rows(app, "dokument")) == (0, 0)
    with daten.session(app) as db:
        assert db.execute(sql("select status from user_task")).scalars().all() == ["CREATED"]


def test_good_file_stays_when_its_neighbour_is_refused(app, aufgabe, browser, text):
    person = browser("falkenrath")

    page = send(person, aufgabe, "_speichern", [("belege", PDF, "gut.pdf"), ("belege", b"MZ", "boese.exe")])

    assert page.status_code == 422
    assert "gut.pdf" in text(page)
    assert "„boese.exe“:" in text(page)
    assert rows(app, "entwurf_datei") == 1


def test_file_that_is_too_big_is_refused(app, aufgabe, browser, text, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOAD", 1024 * 1024 // 4)

    page = send(browser("falkenrath"), aufgabe, "_hochladen", [("bescheid", PDF + bytes(1024 * 1024 // 4), "gross.pdf")])

    assert page.status_code == 422
    assert "„gross.pdf“: Laden Sie eine Datei mit höchstens" in text(page)
    assert rows(app, "entwurf_datei") == 0


def test_request_that_is_too_big_is_refused(app, aufgabe, browser, flask_app, text):
    person = browser("falkenrath")
    flask_app.config["MAX_CONTENT_LENGTH"] = 2000

    page = send(person, aufgabe, "_hochladen", [("bescheid", PDF + bytes(3000), "gross.pdf")])

    assert page.status_code == 413
    assert "größer als" in text(page)
    assert rows(app, "entwurf_datei") == 0


def test_files_that_are_too_much_together_come_back_with_what_was_typed(app, aufgabe, browser, flask_app, text):
    person = browser("falkenrath")
    flask_app.config["MAX_CONTENT_LENGTH"] = 6000

    page = send(person, aufgabe, "_abschliessen", [("belege", PDF + bytes(3000), "eins.pdf"), ("belege", PDF + bytes(3001), "zwei.pdf")], notiz="lange getippt")

    assert page.status_code == 413
    html = page.get_data(as_text=True)
    assert 'value="lange getippt"' in html
    assert re.search(r'id="[^"]*belege[^"]*-fehler"><span[^>]*></span><span class="kern-body">Ihre Dateien sind zusammen mit', html), html
    assert "Laden Sie die Dateien einzeln hoch" in text(page)
    assert "Ihre Eingaben sind als Entwurf gespeichert" in text(page)
    assert (rows(app, "entwurf"), rows(app, "entwurf_datei")) == (1, 0)
    assert 'value="lange getippt"' in person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)


def test_request_that_cannot_be_read_names_both_sizes_and_the_draft(app, aufgabe, browser, flask_app, text):
    person = browser("falkenrath")
    flask_app.config["MAX_CONTENT_LENGTH"] = 100 * 1024
    files = [("belege", PDF + bytes(300 * 1024), "gross.pdf")]

    page = send(person, aufgabe, "_hochladen", files)
    assert page.status_code == 413
    assert "Gesendet wurden 0,3 MB. Das ist größer als" in text(page)
    assert "noch kein Entwurf gespeichert" in text(page)

    send(person, aufgabe, "_speichern", notiz="bleibt")
    page = send(person, aufgabe, "_hochladen", files)
    assert re.search(r"Ihr Entwurf vom .* ist gespeichert", text(page))
    assert rows(app, "entwurf_datei") == 0


def test_nobody_who_is_not_logged_in_has_more_read(app, aufgabe, browser, flask_app):
    flask_app.config["MAX_CONTENT_LENGTH"] = 2000

    answer = flask_app.test_client().post("/anmelden", data={"x": (io.BytesIO(bytes(3000)), "x.pdf")}, content_type="multipart/form-data")

    assert answer.status_code == 413


@pytest.mark.parametrize("foreign", ["other_case", "other_mandant", "other_person", "nothing", "12; drop", "other_field"])
def test_reference_to_something_else_is_refused(app, fall, aufgabe, browser, text, foreign):
    reference = {"nothing": "9" * 18, "12; drop": "12; drop"}.get(foreign, "")
    if foreign == "other_case":
        other = daten.fall(app, nachname="Andere", login="falkenrath")
        reference = str(ablegen.hochladen(app, builders.actor("falkenrath"), aktenzeichen=other, titel="T", dateiname="a.pdf", inhalt=PDF))
    elif foreign == "other_mandant":
        reference = str(_document_in_koeln(app))
    elif foreign in {"other_person", "other_field"}:
        with daten.session(app) as db:
            who = "osterkamp" if foreign == "other_person" else "falkenrath"
            reference = str(app.keys.take(db))
            db.execute(sql("insert into entwurf values (:t, :l, 'moers', '{}', :n)"), {"t": aufgabe, "l": who, "n": app.clock.now()})
            db.execute(sql("insert into entwurf_datei values (:k, 'moers', :t, :l, 'belege', 'a.pdf', 'application/pdf', '', 3, 'abc', null, :n)"),
                       {"k": reference, "t": aufgabe, "l": who, "n": app.clock.now()})
            db.commit()

    page = send(browser("falkenrath"), aufgabe, "_abschliessen", notiz="x", bescheid=reference)

    assert page.status_code == 422
    assert "noch einmal hoch" in text(page)
    assert open_task(app) == aufgabe


def _document_in_koeln(app) -> int:
    with daten.session(app, "koeln") as db:
        key, now = app.keys.take(db), app.clock.now()
        organisation = db.execute(sql("select key from organisation limit 1")).scalar_one()
        db.execute(sql("insert into dokument (key, mandant, wurzel_key, datei, organisation, angelegt_am, angelegt_von) "
                       "values (:k, 'koeln', 1, :k, :o, :n, 'x')"), {"k": key, "o": organisation, "n": now})
        db.commit()
        return key


def test_other_people_do_not_reach_the_files_of_a_draft(app, aufgabe, browser):
    person = browser("falkenrath")
    send(person, aufgabe, "_speichern", [("bescheid", PDF, "a.pdf")])
    (reference,) = references(person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True), "bescheid")

    assert browser("osterkamp").get(f"/aufgaben/{aufgabe}/dateien/{reference}").status_code == 404
    assert browser(None).get(f"/aufgaben/{aufgabe}/dateien/{reference}").status_code == 302


def test_colleague_who_goes_on_with_a_draft_gets_copies_of_its_files(app, fall, aufgabe, browser):
    send(browser("falkenrath"), aufgabe, "_speichern", [("bescheid", PDF, "a.pdf"), ("belege", PNG, "b.png")], notiz="fast fertig")
    with daten.session(app) as db:
        db.execute(sql("update user_task set assignee = 'brueggen'"))
        db.commit()
    person = browser("brueggen")

    person.post(f"/aufgaben/{aufgabe}/entwurf-uebernehmen", {})

    (reference,) = references(person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True), "bescheid")
    assert person.get(f"/aufgaben/{aufgabe}/dateien/{reference}").data == PDF
    assert (rows(app, "entwurf"), rows(app, "entwurf_datei")) == (2, 4)
    done = send(person, aufgabe, "_abschliessen", notiz="fertig")
    assert done.status_code == 302
    assert {d.neueste.dateiname for d in lesen.auflisten(app, builders.actor("brueggen"), aktenzeichen=fall)} == {"a.pdf", "b.png"}


def test_machine_names_a_document_of_the_case(app, fall, aufgabe):
    me = builders.actor("falkenrath")
    key = ablegen.hochladen(app, me, aktenzeichen=fall, titel="Bescheid", dateiname="a.pdf", inhalt=PDF)
    reference = {"camunda.document.type": "camunda", "storeId": "x", "documentId": str(key), "metadata": {"fileName": "Qaderi.pdf"}}
    with pytest.raises(FormRefused) as refused:
        complete_with_form(app, me, key=aufgabe, values={"notiz": "x", "bescheid": ["7777"]}, typed=True)
    assert refused.value.errors == {"bescheid": "Diese Datei gibt es nicht mehr. Laden Sie sie noch einmal hoch."}

    complete_with_form(app, me, key=aufgabe, values={"notiz": "x", "bescheid": [reference]}, typed=True)

    assert tasks.variables_of(app, me, key=open_task(app))["bescheid"] == [str(key)]
