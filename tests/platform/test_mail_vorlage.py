"""Mail texts are filled by replacing fields, and by nothing else."""

from __future__ import annotations

import pytest

from services import mail_vorlage
from services.mail_vorlage import UnknownVorlage

DATEN = {"aufgabe": "Übergabe prüfen", "aktenzeichen": "KIM-2026-0001", "frist": "2026-12-01", "link": "https://etappe.example"}


def test_every_text_is_complete_and_uses_known_fields() -> None:
    assert len(mail_vorlage.vorlagen()) >= 7


def test_fields_are_replaced_and_dates_are_german() -> None:
    subject, body = mail_vorlage.render("frist_erinnerung", DATEN)

    assert subject == "Erinnerung: Übergabe prüfen ist bis 01.12.2026 zu erledigen"
    assert "https://etappe.example" in body
    assert "{" not in subject + body


def test_instant_is_shown_in_local_time() -> None:
    assert "24.03.2026, 09:30 Uhr" in mail_vorlage.render("frist_erinnerung", {**DATEN, "frist": "2026-03-24T08:30:00+00:00"})[1]


def test_value_with_braces_is_text_and_not_replaced_again() -> None:
    subject, _ = mail_vorlage.render("frist_erinnerung", {**DATEN, "aufgabe": "{link} {aufgabe.__class__}"})

    assert "{link} {aufgabe.__class__}" in subject


@pytest.mark.parametrize("daten", [
    {**DATEN, "vorname": "x"}, {"aufgabe": "x"}, {**DATEN, "aufgabe": "eins\nBcc: x@example.org"}, {**DATEN, "aufgabe": "x" * 501},
    {**DATEN, "aufgabe": "a\u2028b"},
], ids=["unknown field", "missing value", "line break", "too long", "line separator"])
def test_data_that_do_not_fit_are_refused(daten) -> None:
    with pytest.raises(UnknownVorlage):
        mail_vorlage.check("frist_erinnerung", daten)


def test_unknown_text_is_refused() -> None:
    with pytest.raises(UnknownVorlage):
        mail_vorlage.check("../../etc/passwd", {})
