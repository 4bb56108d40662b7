"""Gateways to specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.specs import Choice, Element, EventGateway, InclusiveJoin, ParallelJoin, Pass

if TYPE_CHECKING:
    from engine.instance import ProcessSpec
    from engine.specs import ElementFacts


def build(spec: ProcessSpec, name: str, facts: ElementFacts, *, merges: bool, splits: bool) -> tuple[Element, Element]:
    """The spec a token enters and the one from which the flows leave; only the first appears in the element log."""
    if facts.type == "eventBasedGateway":
        gateway = EventGateway(spec, name, facts)
        return gateway, gateway
    first: Element | None = None
    if merges:
        join = {"parallelGateway": ParallelJoin, "inclusiveGateway": InclusiveJoin}.get(facts.type, Pass)
        first = join(spec, name, facts)
    last = first
    if splits and facts.type != "parallelGateway":
        last = Choice(spec, name if first is None else name + ".flows", facts, inclusive=facts.type == "inclusiveGateway")
        if first is not None:
            first.connect(last)
    last = last or Pass(spec, name, facts)
    first = first or last
    first.logged = True
    return first, last
