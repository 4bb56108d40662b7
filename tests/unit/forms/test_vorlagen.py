"""The forms that ship, with the real FEEL: read, without findings, shown and submitted."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html

from engine import feel
from engine.errors import EngineError
from forms.catalogue import check, load_as
from forms.show import build_view
from forms.submission import submit

ROOT = Path(__file__).parents[3]
VORLAGEN = sorted((ROOT / "forms" / "vorlagen").glob("*/*.form"))
CONTEXT: dict[str, Any] = {"fall": {"rechtskreise": [], "personen": []}, "profil": {"regel": {}, "funktion": {}, "wert": {}}}


def compile_feel(text: str) -> str | None:
    try:
        feel.compile_expression(text)
    except EngineError as error:
        return str(error)
    return None


def evaluate(text: str, names: Any) -> Any:
    return feel.evaluate_json(text, {name: feel.from_json(value) for name, value in names.items()})


@pytest.mark.parametrize("path", VORLAGEN, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_form_is_read_shown_and_submitted(path):
    form = load_as(path.read_bytes(), f"{path.parent.name}.{path.stem}")
    environment = Environment(loader=FileSystemLoader(ROOT / "web" / "templates"), autoescape=True, undefined=StrictUndefined)
    template = environment.from_string("{% import 'formular/felder.html' as f %}<main>{{ f.fehler(view) }}{{ f.formular(view) }}</main>")

    findings = check(form, compile_feel)
    sent = submit(form, {}, evaluate, CONTEXT)
    page = html.fromstring(template.render(view=build_view(form, sent.typed, sent.errors, evaluate, CONTEXT)))

    assert findings == []
    assert len(page.xpath("//@id")) == len(set(page.xpath("//@id")))
    # Whatever is missing can be filled in on this very page.
    assert {target.removeprefix("#") for target in page.xpath("//*[@class='et-errors']//a/@href")} <= set(page.xpath("//@id"))
    assert len(page.xpath("//*[@class='et-errors']//li")) == len(page.xpath("//*[@class='et-errors']//a"))


def test_there_are_forms():
    assert VORLAGEN
