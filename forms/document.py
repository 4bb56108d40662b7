"""JSON of a form document, read with limits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from forms.errors import InvalidForm

MAX_BYTES = 1_000_000

Json = dict[str, Any]


def read_json(data: bytes) -> Json:
    """The JSON object of a document; numbers with a point are ``Decimal``.

    Raises:
        InvalidForm: if it is too large, not UTF-8, not JSON, not an object, or names something twice.
    """
    if len(data) > MAX_BYTES:
        raise InvalidForm(f"Die Formulardatei ist größer als {MAX_BYTES // 1_000_000} MB.")
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_unique, parse_float=Decimal)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidForm(f"Die Formulardatei ist kein gültiges JSON in UTF-8: {error}.") from error
    except (RecursionError, ValueError) as error:
        raise InvalidForm("Die Formulardatei ist zu tief verschachtelt oder enthält eine unzulässige Zahl.") from error
    if not isinstance(document, dict):
        raise InvalidForm("Die Formulardatei enthält kein Formular: erwartet wird ein JSON-Objekt mit „id“ und „components“.")
    return document


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    result = dict(pairs)
    if len(result) != len(pairs):
        doubled = next(name for name, _ in pairs if sum(other == name for other, _ in pairs) > 1)
        raise InvalidForm(f"Die Formulardatei nennt „{doubled[:60]}“ in einem Objekt zweimal. Entfernen Sie eine der beiden Angaben.")
    return result
