"""Every route declares who may use it; a route that says nothing is refused, and a test finds it before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from services.context import ROLES

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Guard:
    """``public``: for everybody. Otherwise a log-in is needed and, if ``roles`` is not empty, one of these roles.

    The guard is the first door only: what a person may see inside is decided by ``services.policy``.
    """

    public: bool = False
    roles: frozenset[str] = frozenset()


def guard(*, roles: tuple[str, ...] = ()) -> Callable[[View], View]:
    """For people who are logged in; with ``roles``, for those who have at least one of them."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"Expected roles out of {ROLES}, found {sorted(unknown)}.")

    def declare(view: View) -> View:
        view.__dict__["guard"] = Guard(roles=frozenset(roles))
        return view
    return declare


def public(view: View) -> View:
    """For everybody, also without a log-in."""
    view.__dict__["guard"] = Guard(public=True)
    return view


def guard_of(view: Callable[..., Any] | None) -> Guard | None:
    """What a view function declares, or None."""
    declared = getattr(view, "guard", None)
    return declared if isinstance(declared, Guard) else None
