"""Parts of addresses: keys and page numbers, within what the database can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from werkzeug.routing import IntegerConverter

if TYPE_CHECKING:
    from werkzeug.routing import Map

MAX_KEY = 2**63 - 1
MAX_PAGE = 10_000


class Nummer(IntegerConverter):
    """A 64-bit key; a longer number is an address that does not exist."""

    def __init__(self, map: Map) -> None:  # noqa: A002  the name is that of the library
        super().__init__(map, max=MAX_KEY)


def seitenzahl() -> int:
    """The page of a list, from 1; nonsense is the first page."""
    return min(MAX_PAGE, max(1, request.args.get("seite", 1, type=int)))
