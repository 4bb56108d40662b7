import re
from decimal import Decimal
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html

from forms.rows import apply_row_action
from forms.show import build_view
from forms.submission import submit
from forms.view import ColumnsView, FieldView, FormView, ListView

TEMPLATES = Path(__file__).parents[3] / "web" / "templates"
JA_NEIN = [{"value": "ja", "label": "Ja"}, {"value": "nein", "label": "Nein"}]


def fields(view: FormView) -> dict[str, FieldView]:
    found: dict[str, FieldView] = {}

    def visit(blocks):
        for block in blocks:
            if isinstance(block, FieldView):
                found[block.name] = block
                visit(block.followers)
            elif isinstance(block, ColumnsView):
                visit(block.fields)
            elif isinstance(block, ListView):
                for row in block.rows:
                    visit(row.blocks)
            else:
                visit(getattr(block, "blocks", ()))

    for section in view.sections:
        visit(section.blocks)
    return found


def render(view: FormView, macro: str = "formular(view)") -> html.HtmlElement:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    text = environment.from_string("{% import 'formular/felder.html' as f %}<main>{{ f.fehler(view) }}{{ f." + macro + " }}</main>").render(view=view)
    return html.fromstring(text)


# Views


def test_values_are_shown_german_and_typed_ones_as_typed(form, evaluate):
    parsed = form({"type": "datetime", "key": "tag"}, {"type": "number", "key": "zahl"}, {"type": "datetime", "subtype": "datetime", "key": "wann"})

    stored = fields(build_view(parsed, {"tag": "2026-09-14", "zahl": Decimal("3.5"), "wann": "2026-09-14T08:30:00Z"}, {}, evaluate, {}))
    typed = fields(build_view(parsed, {"tag": "31.2.", "zahl": "1.234,5", "wann": "x"}, {}, evaluate, {}))

    assert [stored[name].value for name in ("tag", "zahl", "wann")] == ["14.09.2026", "3,5", "14.09.2026 10:30"]
    assert [typed[name].value for name in ("tag", "zahl", "wann")] == ["31.2.", "1.234,5", "x"]


def test_defaults_stand_in_where_nothing_was_answered_yet(form, choices, evaluate):
    parsed = form(
        {"type": "textfield", "key": "a", "defaultValue": "vor"}, {"type": "radio", "key": "b", "values": choices("x", "y"), "defaultValue": "y"},
        {"type": "textfield", "key": "c", "readonly": True},
    )  # fmt: skip

    fresh = fields(build_view(parsed, {}, {}, evaluate, {"c": "aus dem Fall"}))
    emptied = fields(build_view(parsed, {"a": "", "b": None}, {}, evaluate, {}))

    assert (fresh["a"].value, fresh["c"].value, fresh["c"].readonly) == ("vor", "aus dem Fall", True)
    assert [option.checked for option in fresh["b"].options] == [False, True]
    assert (emptied["a"].value, [option.checked for option in emptied["b"].options]) == ("", [False, False])


def test_field_that_was_not_on_the_page_shows_its_variable(form, evaluate):
    parsed = form({"type": "textfield", "key": "a"}, {"type": "textfield", "key": "b", "properties": {"fallakte": "ziele.b"}})

    shown = fields(build_view(parsed, {}, {}, evaluate, {"a": "alt", "b": "fremd"}))
    emptied = fields(build_view(parsed, {"a": ""}, {}, evaluate, {"a": "alt"}))

    assert (shown["a"].value, shown["b"].value, emptied["a"].value) == ("alt", "", "")


def test_sections_come_from_groups_and_headings(form, evaluate):
    text = {"type": "textfield", "label": "T"}
    view = build_view(
        form(
            {**text, "key": "a"}, {"type": "text", "text": "## Zweitens"}, {**text, "key": "b"}, {"type": "separator"},
            {"type": "group", "label": "Drittens", "description": "Nur kurz.", "components": [{**text, "key": "c"}]}, {**text, "key": "d"},
        ), {}, {}, evaluate, {},
    )  # fmt: skip

    assert [(section.title, section.hint, len(section.blocks)) for section in view.sections] == [
        ("", "", 1), ("Zweitens", "", 1), ("Drittens", "Nur kurz.", 1), ("", "", 1),
    ]  # fmt: skip


def test_short_fields_of_a_row_stand_side_by_side(form, evaluate):
    row = {"layout": {"row": "r"}}
    view = build_view(
        form({"type": "textfield", "key": "a", **row}, {"type": "number", "key": "b", **row}, {"type": "textarea", "key": "c", **row}), {}, {}, evaluate, {}
    )

    blocks = view.sections[0].blocks
    assert isinstance(blocks[0], ColumnsView)
    assert [field.name for field in blocks[0].fields] == ["a", "b"]
    assert blocks[1].kind == "textarea"


@pytest.mark.parametrize(
    ("hide", "opening"),
    [
        ('=hilfe != "ja"', {"ja"}),
        ('=not(hilfe = "ja")', {"ja"}),
        ("=hilfe = null", {"ja", "nein"}),
        ('=hilfe = null or hilfe = "nein"', {"ja"}),
        ('=not(list contains(["ja"], hilfe))', {"ja"}),
    ],
)
def test_condition_on_one_answer_is_left_to_css(form, evaluate, hide, opening):
    parsed = form({"type": "radio", "key": "hilfe", "values": JA_NEIN}, {"type": "textfield", "key": "wer", "conditional": {"hide": hide}})

    view = build_view(parsed, {}, {}, evaluate, {})

    trigger = fields(view)["hilfe"]
    assert {option.value for option in trigger.options if option.opens} == opening
    assert [follower.name for follower in trigger.followers] == ["wer"]
    assert not view.refresh


@pytest.mark.parametrize(
    "hide",
    [
        '=hilfe = "nein"',  # visible while unanswered, and the answer is not required
        '=hilfe != "ja" or name != "x"',
        "=false",
        '=name != "x"',
        '=hilfe != "ja" or fall.phase = "x"',
        "=hilfe",
    ],
)
def test_other_conditions_are_left_to_the_server(form, evaluate, hide):
    parsed = form(
        {"type": "textfield", "key": "name"}, {"type": "radio", "key": "hilfe", "values": JA_NEIN},
        {"type": "textfield", "key": "wer", "conditional": {"hide": hide}},
    )  # fmt: skip

    trigger = fields(build_view(parsed, {}, {}, evaluate, {"fall": {"phase": "x"}}))["hilfe"]

    assert trigger.followers == ()
    assert not any(option.opens for option in trigger.options)


def test_page_offers_to_look_again_only_when_the_server_decides(form, evaluate):
    name = {"type": "textfield", "key": "name"}
    by_answer = form(name, {"type": "textfield", "key": "wer", "conditional": {"hide": '=name != "x"'}})
    by_case = form(name, {"type": "textfield", "key": "wer", "conditional": {"hide": "=fall.x"}})

    assert build_view(by_answer, {}, {}, evaluate, {}).refresh
    assert not build_view(by_case, {}, {}, evaluate, {"fall": {"x": True}}).refresh
    assert list(fields(build_view(by_answer, {"name": "x"}, {}, evaluate, {}))) == ["name", "wer"]


@pytest.mark.parametrize(
    ("trigger", "hide", "opening"),
    [
        ({"type": "checkbox", "key": "t"}, "=t != true", {"true"}),
        ({"type": "checkbox", "key": "t"}, "=not(t)", {"true"}),
        ({"type": "select", "key": "t", "values": JA_NEIN}, '=t != "nein"', {"nein"}),
        ({"type": "checklist", "key": "t", "values": JA_NEIN}, '=not(list contains(t, "ja"))', {"ja"}),
        ({"type": "radio", "key": "t", "values": JA_NEIN, "validate": {"required": True}}, '=t = "nein"', {"ja"}),
    ],
)
def test_every_kind_of_choice_can_open_others(form, evaluate, trigger, hide, opening):
    view = build_view(form(trigger, {"type": "textfield", "key": "wer", "conditional": {"hide": hide}}), {}, {}, evaluate, {})

    assert {option.value for option in fields(view)["t"].options if option.opens} == opening
    assert len(fields(view)["t"].followers) == 1


def test_only_followers_with_the_same_condition_directly_behind_are_css(form, evaluate):
    def text(key, hide):
        return {"type": "textfield", "key": key, "conditional": {"hide": hide}}

    parsed = form({"type": "radio", "key": "t", "values": JA_NEIN}, text("a", '=t != "ja"'), text("b", '=t != "ja"'), text("c", '=t != "nein"'))

    view = build_view(parsed, {"t": "nein"}, {}, evaluate, {})

    assert [follower.name for follower in fields(view)["t"].followers] == ["a", "b"]
    assert "c" in fields(view)
    assert view.refresh


def test_reading_leaves_hidden_fields_out_and_uses_words(form, evaluate):
    parsed = form(
        {"type": "radio", "key": "t", "label": "Hilfe?", "values": JA_NEIN}, {"type": "textfield", "key": "a", "conditional": {"hide": '=t != "ja"'}},
        {"type": "checkbox", "key": "b"}, {"type": "number", "key": "c", "appearance": {"suffixAdorner": "Euro"}},
        {"type": "datetime", "subtype": "time", "key": "d"},
    )  # fmt: skip

    view = build_view(parsed, {"t": "nein", "a": "alt", "b": True, "c": 3, "d": "10:30:00"}, {}, evaluate, {}, readonly=True)

    assert {name: field.shown for name, field in fields(view).items()} == {"t": "Nein", "b": "Ja", "c": "3 Euro", "d": "10:30 Uhr"}
    assert not view.has_fields


def test_feel_labels_and_offered_answers(form, evaluate):
    parsed = form(
        {"type": "select", "key": "a", "label": "= upper(wort)", "valuesKey": "liste"}, {"type": "text", "text": '= "**" + wort + "**"'},
        {"type": "expression", "key": "e", "label": "Summe", "expression": "=n + 1"}, {"type": "number", "key": "n"},
    )  # fmt: skip
    context = {"wort": "x", "liste": ["eins", {"value": 2, "label": "Zwei"}, {"value": None}, [1], ""]}

    view = build_view(parsed, {"a": 2, "n": "4"}, {}, evaluate, context)

    assert fields(view)["a"].label == "X"
    assert [(option.value, option.label, option.checked) for option in fields(view)["a"].options] == [("eins", "eins", False), ("2", "Zwei", True)]
    assert fields(view)["e"].shown == "5"
    assert "<strong>x</strong>" in view.sections[0].blocks[1].html


# Rows without JavaScript

KINDER = {
    "type": "dynamiclist", "path": "kinder", "label": "Kinder", "validate": {"minItems": 1, "maxItems": 2},
    "components": [{"type": "textfield", "key": "name", "label": "Name"}, {"type": "dynamiclist", "path": "schulen", "label": "Schulen", "components": [{"type": "textfield", "key": "ort"}]}],
}  # fmt: skip


def press(parsed, data, evaluate):
    typed = submit(parsed, data, evaluate, {}, partial=True).typed
    return apply_row_action(parsed, typed, data)


def test_rows_are_added_and_removed(form, evaluate):
    parsed = form(KINDER)
    one = {"kinder-0-_zeile": "1", "kinder-0-name": "A"}
    two = {**one, "kinder-1-_zeile": "1", "kinder-1-name": "B"}

    assert press(parsed, one, evaluate) is None
    assert [row.get("name") for row in press(parsed, {**one, "_hinzufuegen": "kinder"}, evaluate)["kinder"]] == ["A", None]
    assert [row["name"] for row in press(parsed, {**two, "_entfernen": "kinder-0"}, evaluate)["kinder"]] == ["B"]
    inner = press(parsed, {**one, "_hinzufuegen": "kinder-0-schulen"}, evaluate)
    assert inner["kinder"][0]["schulen"] == [{}]


@pytest.mark.parametrize(
    "action",
    [
        {"_hinzufuegen": "name"}, {"_hinzufuegen": "kinder-7-schulen"}, {"_hinzufuegen": "__class__"}, {"_entfernen": "kinder"},
        {"_entfernen": "kinder-0"}, {"_entfernen": "kinder-9"}, {"_entfernen": ""}, {"_hinzufuegen": "x" * 10_000}, {"_entfernen": "kinder--1"},
    ],
)  # fmt: skip
def test_row_buttons_that_do_not_fit_change_nothing(form, evaluate, action):
    parsed = form(KINDER)
    data = {"kinder-0-_zeile": "1", "kinder-0-name": "A"}

    assert press(parsed, {**data, **action}, evaluate)["kinder"] == [{"name": "A", "schulen": []}]


def test_limits_decide_which_row_buttons_there_are(form, evaluate):
    parsed = form(KINDER)

    def buttons(count):
        block = build_view(parsed, {"kinder": [{}] * count}, {}, evaluate, {}).sections[0].blocks[0]
        return block.add, [row.remove for row in block.rows]

    assert buttons(1) == ("kinder", [""])
    assert buttons(2) == ("", ["kinder-0", "kinder-1"])
    assert len(build_view(parsed, {}, {}, evaluate, {}).sections[0].blocks[0].rows) == 1


# Templates


@pytest.fixture(name="big")
def big_fixture(form, choices):
    group = [
        {"type": "radio", "key": "hilfe", "label": "Hilfe?", "description": "Fragen Sie nach.", "values": JA_NEIN, "validate": {"required": True}},
        {"type": "textfield", "key": "wer", "label": "Wer?", "validate": {"required": True}, "conditional": {"hide": '=hilfe != "ja"'}},
        {"type": "select", "key": "weg", "label": "Weg", "values": choices("a", "b")},
        {"type": "textarea", "key": "welcher", "label": "Welcher?", "conditional": {"hide": '=weg != "b"'}},
        {"type": "checkbox", "key": "eilig", "label": "Eilig", "validate": {"required": True}},
        {"type": "checklist", "key": "themen", "label": "Themen", "values": choices("a", "b")},
        {"type": "taglist", "key": "marken", "label": "Marken", "values": choices("a", "b")},
        {"type": "datetime", "key": "tag", "label": "Tag", "layout": {"row": "r"}},
        {"type": "number", "key": "zahl", "label": "Zahl", "layout": {"row": "r"}, "appearance": {"suffixAdorner": "Euro"}},
        {"type": "filepicker", "key": "beleg", "label": "Beleg", "multiple": True, "accept": ".pdf"},
        {"type": "textfield", "key": "fest", "label": "Fest", "readonly": True},
        {"type": "expression", "key": "summe", "label": "Summe", "expression": "=1 + 1"},
        KINDER,
        {"type": "table", "label": "Termine", "dataSource": "=termine", "columns": [{"key": "tag", "label": "Tag"}]},
        {"type": "separator"}, {"type": "spacer"}, {"type": "text", "text": "Siehe [dort](https://example.org)."},
        {"type": "group", "id": "innen", "label": "Innen", "components": [{"type": "textfield", "key": "mail", "label": "Mail", "validate": {"validationType": "email"}}]},
    ]  # fmt: skip
    return form({"type": "group", "label": "Alles", "components": group})


CONTEXT = {"termine": [{"tag": "2026-09-14"}], "fest": "<i>fest</i>"}


def test_rendered_form_is_well_linked(big, evaluate):
    sent = submit(big, {"hilfe": "ja", "zahl": "x", "tag": "31.02.2026", "kinder-0-name": "", "beleg": ["a1", "b2"]}, evaluate, CONTEXT)
    page = render(build_view(big, sent.typed, sent.errors, evaluate, CONTEXT))

    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {"wer", "zahl", "tag", "eilig"} <= set(sent.errors)
    for links in page.xpath("//@aria-describedby | //@aria-labelledby"):
        assert set(links.split()) <= set(ids)
    assert {target.removeprefix("#") for target in page.xpath("//*[@class='et-errors']//a/@href")} <= set(ids)
    for control in page.xpath("//input[@type != 'hidden'] | //select | //textarea"):
        assert page.xpath(f"//label[@for='{control.get('id')}']"), control.get("name")
    for name in sent.errors:
        if page.xpath(f"//*[@name='{name}']"):
            assert page.xpath(f"//*[@name='{name}'][@aria-invalid='true']")
    assert all(fieldset.xpath("./legend") for fieldset in page.xpath("//fieldset"))
    assert page.xpath("//h2")[0].text == f"Bitte prüfen Sie {len(sent.errors)} Angaben"


def test_rendered_form_posts_back_to_the_same_answers(big, evaluate):
    data = {
        "hilfe": "ja", "wer": 'Mü"<b>', "weg": "b", "welcher": "\n eins\n zwei", "eilig": "true", "themen": ["a", "b"], "marken": "", "tag": "14.09.2026",
        "zahl": "3,5", "beleg": ["a1"], "kinder-0-name": "A", "kinder-0-_zeile": "1", "mail": "a@b.de",
    }  # fmt: skip
    first = submit(big, data, evaluate, CONTEXT)

    page = render(build_view(big, first.typed, {}, evaluate, CONTEXT))
    tree = html.fromstring(f"<form>{html.tostring(page, encoding='unicode')}</form>")
    posted: dict[str, list[str]] = {}
    for name, value in tree.form_values():
        posted.setdefault(name, []).append(value)
    second = submit(big, posted, evaluate, CONTEXT)

    assert first.errors == {}
    assert second.errors == {}
    assert {**second.values, "welcher": second.values["welcher"].replace("\r", "")} == first.values


def test_css_pattern_of_the_reference_is_used(big, evaluate):
    page = render(build_view(big, {}, {}, evaluate, CONTEXT))

    assert page.xpath("//fieldset[contains(@class,'et-ask')]/div[@class='et-if']//input[@name='wer']")
    assert page.xpath("//input[contains(@class,'et-on')]/@value") == ["ja"]
    assert page.xpath("//div[contains(@class,'et-ask')]/div[@class='et-if']//textarea[@name='welcher']")
    assert page.xpath("//option[contains(@class,'et-on')]/@value") == ["b"]


def test_first_submit_button_never_removes_a_row(big, evaluate):
    page = render(build_view(big, {}, {}, evaluate, CONTEXT), "formular(view, '_abschliessen')")

    assert page.xpath("//button[@type='submit']/@name")[0] == "_abschliessen"


def test_policy_without_inline_style_and_script_is_kept(big, evaluate):
    text = html.tostring(render(build_view(big, {}, {}, evaluate, CONTEXT)), encoding="unicode")

    assert not re.search(r"<script|\sstyle=|\son\w+=|javascript:", text)


def test_what_people_typed_is_escaped(big, form, evaluate):
    evil = '"><script>alert(1)</script>'
    parsed = form({"type": "textfield", "key": "a", "label": evil, "description": evil}, {"type": "textarea", "key": "b", "label": "b"})
    view = build_view(parsed, {"a": evil, "b": f"</textarea>{evil}"}, {"a": evil, evil: evil}, evaluate, {})

    for macro in ("formular(view)", "lesen(view)"):
        page = render(view if "formular" in macro else build_view(parsed, {"a": evil, "b": evil}, {}, evaluate, {}, readonly=True), macro)
        assert not page.xpath("//script")
    assert render(view).xpath("//input[@name='a']/@value") == [evil]
    assert render(view).xpath("//textarea")[0].text.lstrip("\n") == f"</textarea>{evil}"


def test_reading_has_no_controls(big, evaluate):
    values = {"hilfe": "ja", "wer": "A", "kinder": [{"name": "B", "schulen": [{"ort": "Moers"}]}], "welcher": "eins\nzwei", "weg": "b"}
    page = render(build_view(big, values, {}, evaluate, CONTEXT, readonly=True), "lesen(view)")

    assert not page.xpath("//input | //select | //textarea | //button")
    shown = {term.text: term.getnext().text_content() for term in page.xpath("//dt")}
    assert (shown["Hilfe?"], shown["Wer?"], shown["Name"], shown["Tag"], shown["Fest"]) == ("Ja", "A", "B", "keine Angabe", "<i>fest</i>")
    assert all(child.tag == "div" for child in page.xpath("//dl/*"))
