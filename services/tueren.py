"""The doors between case side and engine side, in one transaction; the composition root puts them on the ``App``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from services.prozess import instances, messages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.context import Actor
    from services.unit_of_work import UnitOfWork

# How long a message of the case side waits for its process. Only an answer to a handover may come long before the process
# asks for it; everything else concerns the present and must not wake a later listener.
DEFAULT_TTL = timedelta(minutes=10)
# A revocation ends what is open at that moment; whoever begins later asks for the consent that holds then, perhaps a new one.
TTL = {"uebergabe_beantwortet": timedelta(days=365), "einwilligung_widerrufen": timedelta(0)}
# What is true of the whole case is told to every process of it that listens, not to one of each kind.
BEKANNTGABEN = {"einwilligung_widerrufen", "fall_geschlossen", "kontakt_abgebrochen", "kontakt_wieder_aufgenommen"}


def start_process(uow: UnitOfWork, actor: Actor, process_id: str, variables: Mapping[str, object], business_id: str) -> int:
    """Start the latest version of a process for a case; returns the key of the instance."""
    del actor  # the unit of work knows who acts
    return instances.start_in(uow, process_id=process_id, variables=variables, business_id=business_id).key


def publish(uow: UnitOfWork, name: str, key: str, variables: Mapping[str, object]) -> None:
    """A message to the processes: a row of this commit, delivered right after it."""
    kind = "bekanntgabe" if name in BEKANNTGABEN else "message"
    messages.publish_in(uow, name=name, correlation_key=key, variables=dict(variables), ttl=TTL.get(name, DEFAULT_TTL), kind=kind, pending=True)
