"""Buttons are as wide as their words: KERN draws one with hidden words inside as an icon of 48 pixels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = sorted((Path(__file__).parents[2] / "web/templates").rglob("*.html"))
BUTTON = re.compile(r"<(button|a)\b[^>]*\bkern-btn\b[^>]*>(.*?)</\1>", re.DOTALL)


def hidden(page: str) -> list[str]:
    """Buttons of the page that hold hidden words."""
    return [found.group(0) for found in BUTTON.finditer(page) if "kern-sr-only" in found.group(2)]


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_no_button_holds_hidden_words(file: Path) -> None:
    assert not hidden(file.read_text("utf-8"))


def test_such_a_button_would_be_found() -> None:
    assert hidden('<button class="kern-btn" type="submit"><span>A<span class="kern-sr-only">: b</span></span></button>')
