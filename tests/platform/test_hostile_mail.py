"""Expressions made to hurt as the data of a mail: they arrive as the text they are, or the mail is refused."""

from __future__ import annotations

import pytest

from services import mail_vorlage
from tests.platform.test_mail_vorlage import DATEN

PAYLOADS = [
    "__import__('os').system('id')", "().__class__.__base__.__subclasses__()", "'{0.__class__}'.format(x)", "${7*7}", "#{7*7}", "{{7*7}}", "{% if 1 %}1{% endif %}",
    "9**9**9", '"a"*10**9', "(a+)+$", "1/0", "null", "NaN", "{link}", "d\u0430te", "%s %(x)s", "\\1 \\g<0>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_value_that_looks_like_a_template_is_text(payload: str) -> None:
    subject, body = mail_vorlage.render("frist_erinnerung", {**DATEN, "aufgabe": payload})

    assert payload in subject + body


@pytest.mark.parametrize("payload", ["(" * 10_000, "a\r\nBcc: x@example.org", "a\x00b", "a\u2028b"])
def test_value_that_is_no_line_of_text_is_refused(payload: str) -> None:
    with pytest.raises(mail_vorlage.UnknownVorlage):
        mail_vorlage.render("frist_erinnerung", {**DATEN, "aufgabe": payload})
