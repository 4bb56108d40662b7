"""Which status may follow which. Any other move is a refusal that names both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

FALL: Mapping[str, frozenset[str]] = {"offen": frozenset({"abgeschlossen"}), "abgeschlossen": frozenset({"offen"})}
# An accepted handover may still be withdrawn as long as the Fallverantwortung has not moved (checked by the use case).
UEBERGABE: Mapping[str, frozenset[str]] = {
    "entworfen": frozenset({"angeboten", "widerrufen"}),
    "angeboten": frozenset({"angenommen", "abgelehnt", "verfallen", "widerrufen"}),
    "angenommen": frozenset({"widerrufen"}),
    "abgelehnt": frozenset(),
    "verfallen": frozenset(),
    "widerrufen": frozenset(),
}
VERWEIS: Mapping[str, frozenset[str]] = {
    "angeboten": frozenset({"angenommen", "abgelehnt", "verfallen", "widerrufen"}),
    "angenommen": frozenset({"erledigt", "widerrufen"}),
    "erledigt": frozenset(),
    "abgelehnt": frozenset(),
    "verfallen": frozenset(),
    "widerrufen": frozenset(),
}
NAMEN = {id(FALL): "Der Fall", id(UEBERGABE): "Die Übergabe", id(VERWEIS): "Der Verweis"}


def move(table: Mapping[str, frozenset[str]], old: str, new: str) -> str:
    """The new status.

    Raises:
        Conflict: the table has no such move; ``facts`` hold both states.
    """
    if new not in table[old]:
        raise Conflict(f"{NAMEN[id(table)]} ist „{old}“ und kann nicht mehr „{new}“ werden.", war=old, soll=new)
    return new
