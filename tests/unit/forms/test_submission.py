import json
import time
from decimal import Decimal

import marshmallow as ma
import pytest
from werkzeug.datastructures import MultiDict

from forms.schema import build_schema
from forms.shape import Door
from forms.submission import prefill, submit

TEXT = {"type": "textfield", "key": "name", "label": "Name"}
NUMBER = {"type": "number", "key": "zahl", "label": "Zahl"}
HIDDEN_CHARACTERS = ["a\x00b", "a\x1bb", "a\u202eb", "a\ud800b", "a\nb", "a\x85b", "a\u2066b", "a\x7fb"]


def required(component):
    return {**component, "validate": {**component.get("validate", {}), "required": True}}


def children(**more):
    return {
        "type": "dynamiclist", "path": "kinder", "label": "Kinder", **more,
        "components": [required({"type": "textfield", "key": "name", "label": "Name"}), {"type": "number", "key": "alter", "label": "Alter"}],
    }  # fmt: skip


# The two doors


def test_schema_refuses_unknown_fields_and_types_answers(form):
    schema = build_schema(form(TEXT, NUMBER))

    assert schema.load({"name": " A ", "zahl": 1.5}) == {"name": "A", "zahl": Decimal("1.5")}
    with pytest.raises(ma.ValidationError) as caught:
        schema.load({"name": "A", "rolle": "admin"})
    assert "rolle" in caught.value.messages


def test_schema_is_built_once_per_form(form):
    one = form(TEXT)

    assert build_schema(one) is build_schema(one)
    assert build_schema(one) is not build_schema(one, Door.HTML)
    assert build_schema(one) is not build_schema(form(TEXT))


def test_post_is_typed(form, choices, evaluate):
    parsed = form(
        TEXT, NUMBER, {"type": "datetime", "key": "tag", "subtype": "date"}, {"type": "checkbox", "key": "ja"}, {"type": "checkbox", "key": "nein"},
        {"type": "checklist", "key": "themen", "values": choices("a", "b", "c")}, {"type": "radio", "key": "art", "values": [{"value": 1}, {"value": True}]},
        {"type": "textarea", "key": "text"},
    )  # fmt: skip

    result = submit(
        parsed,
        MultiDict([("name", " Mu\u0308ller "), ("zahl", "1.234,5"), ("tag", "1.2.2026"), ("ja", "true"), ("nein", ""), ("themen", "c"), ("themen", "a"),
                   ("themen", "a"), ("art", "true"), ("text", "eins\r\nzwei"), ("_csrf", "x")]),
        evaluate, {},
    )  # fmt: skip

    assert result.errors == {}
    assert result.variables == {
        "name": "Müller", "zahl": Decimal("1234.5"), "tag": "2026-02-01", "ja": True, "nein": False,
        "themen": ["c", "a"], "art": True, "text": "eins\nzwei",
    }  # fmt: skip


def test_empty_answers_become_null_so_that_old_ones_are_cleared(form, evaluate):
    result = submit(form(TEXT, NUMBER), {"name": "  ", "zahl": ""}, evaluate, {})

    assert result.variables == {"name": None, "zahl": None}


def test_what_was_not_on_the_page_is_not_cleared(form, choices, evaluate):
    radio = {"type": "radio", "key": "art", "values": choices("a")}
    many = {"type": "checklist", "key": "viele", "values": choices("a")}
    files = {"type": "filepicker", "key": "anlage"}
    rows = {"type": "dynamiclist", "path": "reihen", "defaultRepetitions": 0, "components": [{"type": "checkbox", "key": "fertig"}]}
    group = {"type": "group", "path": "g", "components": [required({**TEXT, "key": "n"}), {"type": "checkbox", "key": "nie"}]}
    parsed = form(TEXT, radio, {"type": "checkbox", "key": "ja"}, many, files, rows, group)

    assert submit(parsed, {"g-n": "x"}, evaluate, {}).variables == {"g": {"n": "x"}}
    assert submit(parsed, {"g-n": "x"}, evaluate, {}, partial=True).typed == {"g": {"n": "x"}}
    assert list(submit(parsed, {}, evaluate, {}).errors) == ["g-n"]


def test_what_was_on_the_page_and_is_empty_is_cleared(form, choices, evaluate):
    rows = {"type": "dynamiclist", "path": "reihen", "defaultRepetitions": 0, "components": [{"type": "checkbox", "key": "fertig"}]}
    parsed = form({"type": "checkbox", "key": "ja"}, {"type": "checklist", "key": "viele", "values": choices("a")}, {"type": "filepicker", "key": "anlage"}, rows)

    sent = submit(parsed, {"ja": "", "viele": "", "anlage": "", "_liste": ["reihen"]}, evaluate, {"ja": True, "viele": ["a"]})

    assert sent.variables == {"ja": False, "viele": [], "anlage": [], "reihen": []}


def test_required_box_that_was_not_sent_is_missed(form, choices, evaluate):
    parsed = form(required({"type": "checkbox", "key": "ja"}), required({"type": "checklist", "key": "viele", "values": choices("a")}))

    assert sorted(submit(parsed, {}, evaluate, {}).errors) == ["ja", "viele"]


def test_box_behind_a_condition_that_was_not_sent_keeps_the_answer_there_is(form, evaluate):
    parsed = form(TEXT, {"type": "checkbox", "key": "ja", "conditional": {"hide": '=name != "mehr"'}})

    assert submit(parsed, {"name": "mehr"}, evaluate, {"ja": True}).variables == {"name": "mehr"}
    assert submit(parsed, {"name": "weniger", "ja": ""}, evaluate, {"ja": True}).variables == {"name": "weniger"}


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (TEXT, 3), (TEXT, True), (TEXT, ["a"]), (TEXT, {"a": 1}), (NUMBER, "3"), (NUMBER, True), (NUMBER, [1]), (NUMBER, float("inf")),
        ({"type": "checkbox", "key": "k"}, "true"), ({"type": "checkbox", "key": "k"}, 1), ({"type": "datetime", "key": "k"}, 20260101),
        ({"type": "checklist", "key": "k", "values": [{"value": "a"}]}, "a"), ({"type": "checklist", "key": "k", "values": [{"value": "a"}]}, [["a"]]),
        ({"type": "radio", "key": "k", "values": [{"value": 1}]}, "1"), ({"type": "radio", "key": "k", "values": [{"value": 1}]}, True),
        ({"type": "radio", "key": "k", "values": [{"value": "a"}]}, ["a"]), ({"type": "filepicker", "key": "k"}, ["../../etc/passwd"]),
        ({"type": "dynamiclist", "key": "k", "components": []}, {"0": {}}), ({"type": "dynamiclist", "key": "k", "components": []}, [3]),
        ({"type": "group", "path": "k", "components": [TEXT]}, "text"), ({"type": "group", "path": "k", "components": [TEXT]}, [1]),
    ],
)  # fmt: skip
def test_json_of_a_wrong_type_is_refused_in_german(form, evaluate, component, value):
    key = component.get("key") or component["path"]

    result = submit(form(component), {key: value}, evaluate, {}, door=Door.JSON)

    assert [name for name in result.errors if name.split("-")[0] == key]
    assert all(text.endswith(".") for text in result.errors.values())
    assert result.variables == {}


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_json_that_is_no_object_is_refused(form, evaluate, data):
    assert "_formular" in submit(form(TEXT), data, evaluate, {}, door=Door.JSON).errors


def test_json_without_a_group_misses_its_required_fields(form, evaluate):
    parsed = form({"type": "group", "path": "person", "components": [required(TEXT)]})

    assert submit(parsed, {}, evaluate, {}, door=Door.JSON).errors == {"person-name": "Füllen Sie „Name“ aus."}
    assert submit(parsed, {"person": {"name": "A"}}, evaluate, {}, door=Door.JSON).variables == {"person": {"name": "A"}}


def test_json_leaves_out_what_was_not_sent(form, evaluate):
    assert submit(form(TEXT, NUMBER), {"zahl": None}, evaluate, {}, door=Door.JSON).variables == {"zahl": None}


# Hostile input


@pytest.mark.parametrize("door", list(Door))
@pytest.mark.parametrize("name", ["rolle", "fall", "name-0", "name.x", "__class__", "kinder-0-name", "x" * 10_000, "<script>"])
def test_fields_that_are_not_in_the_form_are_refused(form, evaluate, door, name):
    result = submit(form(TEXT), {"name": "A", name: "x"}, evaluate, {"rolle": "gast"}, door=door)

    if door is Door.HTML and name.startswith("_"):
        assert "__class__" not in result.values
        return
    assert list(result.errors) == [name[:100]]
    assert name not in result.variables


@pytest.mark.parametrize("door", list(Door))
@pytest.mark.parametrize("text", HIDDEN_CHARACTERS)
def test_control_characters_are_refused(form, evaluate, door, text):
    result = submit(form(TEXT), {"name": text}, evaluate, {}, door=door)

    assert "Steuerzeichen" in result.errors["name"]
    json.dumps(result.typed).encode()
    assert "\x00" not in result.typed["name"]


def test_names_with_joiners_and_other_scripts_are_fine(form, evaluate):
    for name in ("می\u200cخواهم", "Nguyễn Thị Ánh", "Oʻzbek", "محمد", "क्\u200dष", "O'Brien-Müller", "=HYPERLINK(1)"):
        assert submit(form(TEXT), {"name": name}, evaluate, {}).ok


@pytest.mark.parametrize("door", list(Door))
def test_ten_megabytes_are_refused_quickly_and_not_kept(form, evaluate, door):
    start = time.perf_counter()

    for partial in (False, True):
        result = submit(form(TEXT), {"name": "ä" * 10_000_000}, evaluate, {}, door=door, partial=partial)
        assert "Kürzen Sie" in result.errors["name"]
        assert len(result.typed["name"]) == 20_000

    assert time.perf_counter() - start < 2


def test_text_beyond_the_default_length_is_refused(form, evaluate):
    assert submit(form(TEXT), {"name": "a" * 10_000}, evaluate, {}).ok
    assert "Es sind 10001" in submit(form(TEXT), {"name": "a" * 10_001}, evaluate, {}).errors["name"]


def test_markup_is_kept_as_text(form, evaluate):
    assert submit(form(TEXT), {"name": "<script>alert(1)</script>{{7*7}}"}, evaluate, {}).variables["name"] == "<script>alert(1)</script>{{7*7}}"


def test_one_name_sent_twice_is_refused(form, evaluate):
    assert submit(form(TEXT), MultiDict([("name", "a"), ("name", "b")]), evaluate, {}).errors == {"name": "Geben Sie hier genau einen Wert an."}


def test_too_many_names_are_refused(form, evaluate):
    data = {f"kinder-{number}-name": "x" for number in range(6000)}

    assert "_formular" in submit(form(children()), data, evaluate, {}).errors


def test_too_many_rows_are_refused(form, evaluate):
    parsed = form(children(validate={"maxItems": 2}))
    rows = [{"name": "A"}] * 100_000

    assert submit(parsed, {"kinder": rows}, evaluate, {}, door=Door.JSON).errors == {"kinder": "Geben Sie höchstens 2 Einträge an."}
    assert "kinder" in submit(parsed, {f"kinder-{number}-name": "x" for number in range(3)}, evaluate, {}).errors


def test_odd_row_numbers_are_no_rows(form, evaluate):
    result = submit(form(children()), {"kinder--1-name": "x", "kinder-1e3-name": "x", "kinder-٣-name": "x", "kinder-99999-name": "x"}, evaluate, {})

    assert len(result.errors) == 4


def test_numbers_in_arabic_digits_in_row_names_do_not_break_error_order(form, evaluate):
    result = submit(form(TEXT), {"a-²-b": "x", "name": ""}, evaluate, {})

    assert "a-²-b" in result.errors


@pytest.mark.parametrize("door", list(Door))
def test_choice_outside_the_list_is_refused(form, choices, evaluate, door):
    parsed = form(*({"type": kind, "key": kind, "values": choices("a")} for kind in ("radio", "select")))

    result = submit(parsed, {"radio": "z", "select": "__proto__"}, evaluate, {}, door=door)

    assert set(result.errors) == {"radio", "select"}


def test_offered_choices_come_from_the_case(form, evaluate):
    parsed = form({"type": "select", "key": "wer", "valuesKey": "leute"}, {"type": "checklist", "key": "was", "valuesExpression": "=fall.dinge"})
    context = {"leute": [{"value": 7, "label": "Sieben"}], "fall": {"dinge": ["a", "b"]}}

    assert submit(parsed, {"wer": "7", "was": ["a", "b"]}, evaluate, context).variables == {"wer": 7, "was": ["a", "b"]}
    assert submit(parsed, {"wer": 7, "was": ["a"]}, evaluate, context, door=Door.JSON).ok
    assert set(submit(parsed, {"wer": "8", "was": ["z"]}, evaluate, context).errors) == {"wer", "was"}
    assert set(submit(parsed, {"wer": "7", "was": ["a"]}, evaluate, {}).errors) == {"wer", "was"}


def test_readonly_values_are_never_taken_from_outside(form, evaluate):
    parsed = form(
        {**TEXT, "readonly": True}, required({**NUMBER, "disabled": True}), {"type": "textfield", "key": "x", "readonly": "=gesperrt"},
        required({"type": "textfield", "key": "y", "conditional": {"hide": '=name != "echt"'}}),
    )  # fmt: skip
    context = {"name": "echt", "zahl": 1, "gesperrt": True}

    result = submit(parsed, {"name": "falsch", "zahl": "99", "x": "neu", "y": "da"}, evaluate, context)

    assert result.variables == {"y": "da"}
    assert submit(parsed, {"x": "neu", "y": "da"}, evaluate, {**context, "gesperrt": False}).variables == {"x": "neu", "y": "da"}


def test_computed_values_are_never_taken_from_outside(form, evaluate):
    parsed = form(NUMBER, {"type": "expression", "key": "doppelt", "expression": "=zahl * 2"})

    assert submit(parsed, {"zahl": "4"}, evaluate, {}).variables == {"zahl": 4, "doppelt": 8}
    assert submit(parsed, {"zahl": "4", "doppelt": "9"}, evaluate, {}).variables["doppelt"] == 8
    assert "doppelt" in submit(parsed, {"zahl": 4, "doppelt": 9}, evaluate, {}, door=Door.JSON).errors


# Rules of fields


@pytest.mark.parametrize(
    ("component", "value", "sentence"),
    [
        (required(TEXT), "", "Füllen Sie „Name“ aus."),
        (required({**TEXT, "properties": {"fehlt": "Nennen Sie den Namen."}}), "", "Nennen Sie den Namen."),
        ({**TEXT, "validate": {"minLength": 3}}, "ab", "Geben Sie mindestens 3 Zeichen ein."),
        ({**TEXT, "validate": {"maxLength": 3}}, "abcd", "Kürzen Sie den Text auf höchstens 3 Zeichen. Es sind 4."),
        ({**TEXT, "validate": {"validationType": "email"}}, "a@b", "Geben Sie eine E-Mail-Adresse ein, zum Beispiel name@beispiel.de."),
        ({**TEXT, "validate": {"validationType": "phone"}}, "Tel", "Geben Sie eine Telefonnummer ein, zum Beispiel 02841 123456 oder +49 2841 123456."),
        ({**TEXT, "validate": {"pattern": "^[0-9]{5}$"}}, "123", "Prüfen Sie die Angabe bei „Name“ und geben Sie sie in der verlangten Form ein."),
        ({**NUMBER, "validate": {"min": 1}}, "0", "Geben Sie eine Zahl ab 1 ein."),
        ({**NUMBER, "validate": {"max": 1.5}}, "1,6", "Geben Sie eine Zahl bis höchstens 1,5 ein."),
        ({**NUMBER, "decimalDigits": 0}, "1,5", "Geben Sie eine ganze Zahl ein."),
        ({**NUMBER, "decimalDigits": 1}, "1,55", "Geben Sie eine Zahl mit höchstens 1 Nachkommastellen ein."),
        (required({"type": "checkbox", "key": "k", "label": "Ich stimme zu"}), "", "Bestätigen Sie „Ich stimme zu“."),
        (required({"type": "datetime", "key": "k", "dateLabel": "Tag"}), "", "Geben Sie bei „Tag“ das Datum als TT.MM.JJJJ ein."),
        ({"type": "datetime", "key": "k", "disallowPassedDates": True}, "21.11.2026", "Geben Sie ein Datum ab heute ein."),
        (required({"type": "radio", "key": "k", "label": "Art?", "values": [{"value": "a"}]}), "", "Wählen Sie bei „Art“ eine Antwort aus."),
        (required({"type": "checklist", "key": "k", "label": "Themen", "values": [{"value": "a"}]}), [], "Wählen Sie bei „Themen“ mindestens eine Antwort aus."),
        (required({"type": "filepicker", "key": "k", "label": "Beleg"}), [], "Laden Sie bei „Beleg“ eine Datei hoch."),
        (children(validate={"minItems": 1}), [], "Geben Sie bei „Kinder“ mindestens einen Eintrag an."),
    ],
)  # fmt: skip
def test_sentences_say_what_to_do(form, evaluate, component, value, sentence):
    key = component.get("key") or component["path"]

    assert submit(form(component), {} if component["type"] == "dynamiclist" else {key: value}, evaluate, {}).errors == {key: sentence}


@pytest.mark.parametrize("address", ["a@beispiel.de", "vor.nach+x@müller.example", "a@sub.beispiel.de"])
def test_mail_addresses_are_taken(form, evaluate, address):
    assert submit(form({**TEXT, "validate": {"validationType": "email"}}), {"name": address}, evaluate, {}).ok


@pytest.mark.parametrize("address", ["a@b@c.de", "a b@c.de", "a@c..de", ".a@c.de", "a@-c.de", "a@c.de\r\nBcc: x@y.de", "<a@c.de>", "@c.de", "a@c.de,b@c.de"])
def test_mail_addresses_that_inject_are_refused(form, evaluate, address):
    assert not submit(form({**TEXT, "validate": {"validationType": "email"}}), {"name": address}, evaluate, {}).ok


def test_number_as_text_goes_around_unchanged(form, evaluate):
    parsed = form({**NUMBER, "serializeToString": True})

    sent = submit(parsed, {"zahl": "1,234"}, evaluate, {})

    assert sent.variables == {"zahl": "1.234"}
    assert prefill(parsed, sent.variables, {}) == {"zahl": Decimal("1.234")}


# Visibility


def test_hidden_fields_are_dropped_and_not_required(form, choices, evaluate):
    parsed = form(
        required({"type": "radio", "key": "hilfe", "label": "Hilfe?", "values": choices("ja", "nein")}),
        required({**TEXT, "conditional": {"hide": '=hilfe != "ja"'}}),
    )

    assert submit(parsed, {"hilfe": "nein", "name": "x"}, evaluate, {}).variables == {"hilfe": "nein"}
    assert submit(parsed, {"hilfe": "nein", "name": "\x00"}, evaluate, {}).ok
    assert submit(parsed, {"hilfe": "ja", "name": ""}, evaluate, {}).errors == {"name": "Füllen Sie „Name“ aus."}


def test_what_hangs_on_a_hidden_field_is_hidden_too(form, evaluate):
    box = {"type": "checkbox", "key": "eins"}
    parsed = form(
        box, {"type": "checkbox", "key": "zwei", "conditional": {"hide": "=not(eins)"}}, required({**TEXT, "conditional": {"hide": "=not(zwei)"}})
    )

    assert submit(parsed, {"eins": "", "zwei": "true", "name": "x"}, evaluate, {}).variables == {"eins": False}
    assert submit(parsed, {"eins": "true", "zwei": "true", "name": "x"}, evaluate, {}).variables == {"eins": True, "zwei": True, "name": "x"}


def test_conditions_that_chase_each_other_end(form, evaluate):
    parsed = form(
        {"type": "checkbox", "key": "a", "conditional": {"hide": "=not(b = true)"}},
        {"type": "checkbox", "key": "b", "conditional": {"hide": "=a = true"}},
    )

    assert submit(parsed, {"a": "true", "b": "true"}, evaluate, {}).errors == {}


def test_a_hidden_group_takes_its_fields_along(form, evaluate):
    parsed = form({"type": "group", "path": "person", "components": [required(TEXT)], "conditional": {"hide": "=not(noetig)"}})

    assert submit(parsed, {"person-name": ""}, evaluate, {"noetig": False}).ok
    assert not submit(parsed, {"person-name": ""}, evaluate, {"noetig": True}).ok


def test_rows_decide_for_themselves_and_see_what_is_around(form, evaluate):
    parsed = form(
        {"type": "checkbox", "key": "schule"},
        {"type": "dynamiclist", "path": "kinder", "components": [
            {"type": "number", "key": "alter"},
            required({"type": "textfield", "key": "ort", "label": "Ort", "conditional": {"hide": "=alter = null or alter < 6 or not(parent.schule)"}}),
        ]},
    )  # fmt: skip
    data = {"schule": "true", "kinder-0-alter": "3", "kinder-0-ort": "weg", "kinder-1-alter": "7", "kinder-1-ort": ""}

    result = submit(parsed, data, evaluate, {})

    assert result.errors == {"kinder-1-ort": "Füllen Sie „Ort“ aus."}
    assert submit(parsed, {**data, "kinder-1-ort": "Moers"}, evaluate, {}).variables["kinder"] == [{"alter": 3}, {"alter": 7, "ort": "Moers"}]
    assert submit(parsed, {**data, "schule": ""}, evaluate, {}).variables["kinder"] == [{"alter": 3}, {"alter": 7}]


def test_one_missing_answer_gives_one_sentence(form, choices, evaluate):
    trigger = required({"type": "radio", "key": "art", "label": "Art", "values": choices("a", "b")})
    parsed = form(trigger, required({**TEXT, "conditional": {"hide": '=art = "b"'}}))

    assert list(submit(parsed, {"name": ""}, evaluate, {}).errors) == ["art"]
    assert list(submit(parsed, {"name": "", "art": "a"}, evaluate, {}).errors) == ["name"]


# Rows


def test_rows_of_a_post_close_gaps_and_leave_out_empty_ones(form, evaluate):
    data = {"kinder-0-name": "", "kinder-0-alter": " ", "kinder-2-name": "B", "kinder-2-alter": "5", "kinder-10-name": "C"}

    assert submit(form(children()), data, evaluate, {}).variables["kinder"] == [{"name": "B", "alter": 5}, {"name": "C"}]


def test_errors_of_rows_name_the_row_and_stand_in_order(form, evaluate):
    parsed = form(children(), required({**TEXT, "key": "ende"}))

    result = submit(parsed, {"kinder-1-alter": "x", "kinder-0-alter": "5", "kinder-0-name": "", "ende": ""}, evaluate, {})

    assert list(result.errors) == ["kinder-0-name", "kinder-1-name", "kinder-1-alter", "ende"]


def test_fixed_rows_keep_their_readonly_cells(form, evaluate):
    parsed = form({"type": "dynamiclist", "key": "plan", "label": "Plan", "allowAddRemove": False, "components": [
        {"type": "textfield", "key": "ziel", "readonly": True}, {"type": "checkbox", "key": "fertig"}]})  # fmt: skip
    context = {"plan": [{"ziel": "A", "fertig": False}, {"ziel": "B", "fertig": False}]}

    result = submit(parsed, {"plan-0-_zeile": "1", "plan-0-ziel": "falsch", "plan-1-_zeile": "1", "plan-1-fertig": "true"}, evaluate, context)

    assert result.variables == {"plan": [{"ziel": "A", "fertig": False}, {"ziel": "B", "fertig": True}]}
    assert "plan" in submit(parsed, {"plan-0-_zeile": "1"}, evaluate, context).errors


# Where answers go


def test_answers_are_split_by_their_binding(form, evaluate):
    parsed = form(
        {**TEXT, "properties": {"fallakte": "stammdaten.name"}},
        {**NUMBER, "properties": {"fallakte": "familie.kinder", "variable": "true"}},
        {"type": "textfield", "key": "weg"},
        children(properties={"fallakte": "familie.liste"}),
    )

    result = submit(parsed, {"name": "A", "zahl": "2", "weg": "B", "kinder-0-name": "C"}, evaluate, {})

    assert result.variables == {"zahl": 2, "weg": "B"}
    assert result.fallakte == {"stammdaten": {"name": "A"}, "familie": {"kinder": 2, "liste": [{"name": "C"}]}}
    assert prefill(parsed, result.variables, result.fallakte) == result.values


def test_nothing_is_split_while_there_are_errors(form, evaluate):
    result = submit(form(TEXT, NUMBER), {"name": "A", "zahl": "x"}, evaluate, {})

    assert (result.ok, result.variables, result.fallakte) == (False, {}, {})


# Drafts


def test_draft_keeps_everything_as_typed(form, choices, evaluate):
    parsed = form(required(TEXT), NUMBER, {"type": "datetime", "key": "tag"}, children(), {"type": "textfield", "key": "x", "conditional": {"hide": "=true"}})

    result = submit(parsed, {"name": "", "zahl": "viel", "tag": "31.2.", "kinder-0-_zeile": "1", "x": "bleibt"}, evaluate, {}, partial=True)

    assert result.errors == {}
    assert result.values == {"name": "", "zahl": "viel", "tag": "31.2.", "kinder": [{}], "x": "bleibt"}
    assert result.variables == {}


@pytest.mark.parametrize("door", list(Door))
def test_draft_refuses_fields_that_are_not_in_the_form(form, evaluate, door):
    result = submit(form(TEXT), {"name": "A", "rolle": "admin"}, evaluate, {}, partial=True, door=door)

    assert list(result.errors) == ["rolle"]
    assert result.values == {"name": "A"}


def test_draft_does_not_keep_readonly_values_of_others(form, evaluate):
    assert submit(form({**TEXT, "readonly": True}), {"name": "falsch"}, evaluate, {"name": "echt"}, partial=True).values == {}


def test_json_draft_keeps_known_scalars_only(form, evaluate):
    parsed = form(TEXT, children())

    result = submit(parsed, {"name": {"$ne": 1}, "kinder": [{"name": "a\x00", "boese": 1}, 5]}, evaluate, {}, partial=True, door=Door.JSON)

    assert result.values == {"kinder": [{"name": "a"}, {}]}
