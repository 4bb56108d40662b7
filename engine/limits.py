"""Budgets that stop models which would run for ever, and the meter that counts one command.

Exceeding a budget inside an element is an incident on that element; the instance stays usable.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Our own settings (design, section 3), generous for people and small for machines.

    Attributes:
        steps: elements that run in one command, over all instances of the family.
        tokens: open tokens of one instance.
        depth: nested calls.
        instances: instances that one command may start.
        state_bytes: variables of one instance, as JSON text.
    """

    steps: int = 10_000
    tokens: int = 2_000
    depth: int = 20
    instances: int = 1_000
    state_bytes: int = 1_000_000


DEFAULT_LIMITS = Limits()
MAX_REFUSALS = 50


class Meter:
    """Counts what one command uses. A family shares one meter among all its instances.

    Attributes:
        refusals: how often there may still be no room for more tokens. Each is an incident, but a model that goes on asking is a flood: counting
            its tokens again and again would take longer than the steps it has left.
    """

    __slots__ = ("instances", "refusals", "shared", "steps")

    def __init__(self, limits: Limits, *, shared: bool = False) -> None:
        self.steps, self.instances, self.shared = limits.steps, limits.instances, shared
        self.refusals = MAX_REFUSALS

    def take_step(self) -> bool:
        """One more element; False when there are none left."""
        self.steps -= 1
        return self.steps >= 0

    def take_refusal(self) -> None:
        """One more claim for which there was no room; below zero it happened too often."""
        self.refusals -= 1

    def take_instance(self) -> bool:
        """One more called instance; False when there are none left."""
        self.instances -= 1
        return self.instances >= 0
