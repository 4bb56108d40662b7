"""The pinned clock of the test mode."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from services import uhr
from services.errors import InvalidInput
from web.api_v2.common import Body, Long, empty, load
from web.auth import the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask import Blueprint


def add_routes(blueprint: Blueprint) -> None:
    blueprint.put("/clock")(pin)
    blueprint.post("/clock/reset")(reset)


class Pin(Body):
    """Milliseconds since 1970 in UTC."""

    timestamp = Long(required=True)


PIN = Pin()


@guard(roles=("verwaltung", "prozessverantwortung"))
def pin() -> tuple[str, int]:
    """Pin the clock of the installation. Raises NotPermitted outside the test mode."""
    body = load(PIN)
    try:
        zeit = datetime.fromtimestamp(body["timestamp"] / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidInput("timestamp: erwartet werden Millisekunden seit 1970.", errors={"timestamp": "ungültig"}) from None
    uhr.pin(the_app(), zeit)
    return empty()


@guard(roles=("verwaltung", "prozessverantwortung"))
def reset() -> tuple[str, int]:
    """Let the clock run again."""
    uhr.pin(the_app(), None)
    return empty()
