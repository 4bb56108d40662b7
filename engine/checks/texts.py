"""Expressions and timers: can they be read?"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from engine import timers
from engine.dialect.names import BPMN, local
from engine.errors import ExpressionError
from engine.feel import compile_expression

if TYPE_CHECKING:
    from lxml import etree

    from engine.checks.context import Context
    from engine.timers import Form

SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # any moment: only the form of the text is looked at
FEEL_LANGUAGE: Final = re.compile(r"feel|dmn.*/FEEL", re.IGNORECASE)
TARGET: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def check_feel(context: Context, node: etree._Element, text: str | None, german: str, english: str, *, required: bool = False) -> None:
    """A text that may be FEEL (after ``=``); ``required``: it has to be."""
    if text is None:
        return
    text = text.strip()
    if not text.startswith("="):
        if required:
            context.error(
                "not_feel",
                node,
                f"{{x}}: {german} muss ein FEEL-Ausdruck sein, der mit „=“ beginnt; gefunden wurde „{text[:80]}“.",
                f'{{x}}: {english} must be a FEEL expression that begins with "="; found "{text[:80]}".',
            )
        return
    try:
        compile_expression(text[1:].strip())
    except ExpressionError as exc:
        context.error(
            "feel",
            node,
            f"{{x}}: {german} ist kein gültiger FEEL-Ausdruck. {exc}",
            f'{{x}}: {english} is not valid FEEL: "{text[:80]}".',
        )


def check_language(context: Context, node: etree._Element, holder: etree._Element) -> None:
    """A ``language`` attribute other than FEEL."""
    language = holder.get("language")
    if language and not FEEL_LANGUAGE.search(language):
        context.error(
            "language",
            node,
            f"{{x}}: die Sprache „{language[:80]}“ wird nicht ausgeführt; Ausdrücke sind FEEL.",
            f'{{x}}: the language "{language[:80]}" is not executed; expressions are FEEL.',
        )


def check_timer(context: Context, node: etree._Element, definition: etree._Element) -> None:
    """Exactly one of date, duration and cycle, and readable."""
    found = [c for c in definition if local(c) in ("timeDate", "timeDuration", "timeCycle")]
    text = (found[0].text or "").strip() if found else ""
    if len(found) != 1 or not text:
        context.error(
            "timer_missing",
            node,
            "{x}: der Zeitgeber braucht genau eine Angabe: Datum, Dauer oder Wiederholung.",
            "{x}: the timer needs exactly one of date, duration and cycle.",
        )
        return
    check_language(context, node, found[0])
    if text.startswith("="):
        check_feel(context, node, text, "der Zeitgeber", "the timer")
        return
    try:
        timers.parse_timer(cast("Form", local(found[0])[4:].lower()), text, SINCE)
    except ExpressionError as exc:
        context.error(
            "timer",
            node,
            f"{{x}}: der Zeitgeber kann nicht gelesen werden. {exc}",
            f'{{x}}: the timer "{text[:80]}" cannot be read; expected is ISO 8601, such as P3D, or FEEL after "=".',
        )


def check_condition(context: Context, node: etree._Element, holder: etree._Element, child: str, german: str, english: str) -> bool:
    """The expression in a BPMN child element; False if there is none."""
    found = holder.find(BPMN + child)
    text = "" if found is None else (found.text or "").strip()
    if found is None or not text:
        return False
    check_language(context, node, found)
    check_feel(context, node, text, german, english, required=True)
    return True


def check_target(context: Context, node: etree._Element, target: str | None, german: str, english: str) -> None:
    """A variable that is written: ``name`` or ``name.part``."""
    if target is None or not TARGET.fullmatch(target):
        context.error(
            "variable",
            node,
            f"{{x}}: {german} braucht einen Variablennamen aus Buchstaben, Ziffern und „_“; gefunden wurde „{(target or '')[:80]}“.",
            f'{{x}}: {english} needs a variable name of letters, digits and "_"; found "{(target or "")[:80]}".',
        )
