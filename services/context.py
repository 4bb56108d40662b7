"""Who acts, and on whose behalf."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("fallmanagement", "koordination", "prozessverantwortung", "partner", "datenschutz", "verwaltung")


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person or machine within one Mandant.

    ``login`` identifies the person, ``organisation`` is the key of the own organisation, ``roles`` are those of design
    section 6, ``groups`` the functions of the person (``servicestelle``, ...) and the organisation's key: what candidate
    groups of tasks are compared with.
    """

    login: str
    name: str
    mandant: str
    organisation: str
    roles: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    on_behalf_of: str | None = None

    @property
    def groups(self) -> frozenset[str]:
        return self.functions | {self.organisation}

    def has_role(self, *roles: str) -> bool:
        """Whether the actor has at least one of the roles; ``verwaltung`` administers but sees no cases by itself."""
        return not self.roles.isdisjoint(roles)


def system_actor(mandant: str, name: str = "system") -> Actor:
    """Timers, messages and hand-overs act in nobody's name: the audit shows ``system``."""
    return Actor(login=name, name="Etappe", mandant=mandant, organisation="", roles=frozenset({"system"}))
