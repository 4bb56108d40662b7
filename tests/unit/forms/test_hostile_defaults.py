"""Expressions made to hurt as the default of a field: shown as the text they are, never evaluated."""

import pytest

from forms.show import build_view
from tests.unit.forms.test_view import fields, render

PAYLOADS = [
    "__import__('os').system('id')", "().__class__.__base__.__subclasses__()", "'{0.__class__}'.format(x)", "${7*7}", "#{7*7}", "{{7*7}}", "{% if 1 %}1{% endif %}",
    "= 9**9**9", '="a"*10**9', "= " + "(" * 10_000, '= matches("aaaa!", "(a+)+$")', "= 1/0", "null", "NaN", "= gibtsnicht", 'd\u0430te("2020-01-01")',
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_default_that_looks_like_an_expression_is_text(form, evaluate, payload):
    view = build_view(form({"type": "textfield", "key": "a", "label": "A", "defaultValue": payload}), {}, {}, evaluate, {})

    assert fields(view)["a"].value == payload
    page = render(view)
    assert page.xpath("//input[@name='a']/@value") == [payload]
    assert not page.xpath("//script")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_default_of_another_kind_does_not_become_code(form, evaluate, payload):
    parsed = form({"type": "number", "key": "n", "label": "N", "defaultValue": payload}, {"type": "checkbox", "key": "c", "label": "C", "defaultValue": payload})
    page = render(build_view(parsed, {}, {}, evaluate, {}))

    assert not page.xpath("//script")
    assert "49" not in "".join(page.xpath("//input/@value"))
