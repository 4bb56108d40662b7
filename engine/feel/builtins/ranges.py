"""Relations between points and ranges (DMN 1.5, 10.3.4.9) and `range` (10.3.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.feel.builtins.registry import Registry
from engine.feel.values import Faulty, Range, Value, compare

if TYPE_CHECKING:
    from collections.abc import Callable

REGISTRY: Final = Registry()
add = REGISTRY.add
POINT: Final = "number|string|date|time|date and time|days and time duration|years and months duration"


def _order(left: Value, right: Value) -> int:
    order = compare(left, right)
    if order is None:
        raise Faulty("Diese Werte können nicht geordnet werden.")
    return order


def _ends(*ranges: Range) -> None:
    """Every range must have both ends, except where the standard lets one be open."""
    if any(part.low is None and part.high is None for part in ranges) or any(part.operator == "!=" for part in ranges):
        raise Faulty("Der Bereich hat keine Enden.")


def _low_order(a: Range, b: Range) -> int:
    """Which range begins first: -1 if a does. No lower end begins before everything."""
    if a.low is None or b.low is None:
        return (b.low is None) - (a.low is None) if (a.low is None) != (b.low is None) else 0
    return _order(a.low, b.low) or (b.low_closed - a.low_closed)


def _high_order(a: Range, b: Range) -> int:
    """Which range ends last: 1 if a does."""
    if a.high is None or b.high is None:
        return (a.high is None) - (b.high is None)
    return _order(a.high, b.high) or (a.high_closed - b.high_closed)


def _wholly_before(a: Range, b: Range) -> bool:
    if a.high is None or b.low is None:
        return False
    order = _order(a.high, b.low)
    return order < 0 or (order == 0 and not (a.high_closed and b.low_closed))


def _point_before(point: Value, part: Range) -> bool:
    if part.low is None:
        return False
    order = _order(point, part.low)
    return order < 0 or (order == 0 and not part.low_closed)


def _point_after(point: Value, part: Range) -> bool:
    if part.high is None:
        return False
    order = _order(point, part.high)
    return order > 0 or (order == 0 and not part.high_closed)


def _meets(a: Range, b: Range) -> bool:
    return a.high is not None and b.low is not None and a.high_closed and b.low_closed and _order(a.high, b.low) == 0


def _overlaps(a: Range, b: Range) -> bool:
    return not _wholly_before(a, b) and not _wholly_before(b, a)


def _includes(a: Range, b: Range) -> bool:
    return _low_order(a, b) <= 0 and _high_order(a, b) >= 0


def _holds(point: Value, part: Range) -> bool:
    inside = part.contains(point)
    if inside is None:
        raise Faulty("Diese Werte können nicht geordnet werden.")
    return inside


def _starts_at(point: Value, part: Range) -> bool:
    return part.low is not None and _order(point, part.low) == 0 and part.low_closed


def _finishes_at(point: Value, part: Range) -> bool:
    return part.high is not None and _order(point, part.high) == 0 and part.high_closed


def _same(a: Range, b: Range) -> bool:
    return _low_order(a, b) == 0 and _high_order(a, b) == 0


def _checked(body: Callable[..., bool]) -> Callable[..., bool]:
    def run(left: Value, right: Value) -> bool:
        _ends(*(part for part in (left, right) if type(part) is Range))
        return body(left, right)

    return run


def _declare(name: str, left: str, right: str, body: Callable[..., bool]) -> None:
    """Declare `name(left, right)`; each side is `point` or `range`."""
    names = ("point1", "point2") if left == right == "point" else ("range1", "range2") if left == right else (left, right)
    kinds = [POINT if side == "point" else "range" for side in (left, right)]
    add(name, f"{names[0]}: {kinds[0]}, {names[1]}: {kinds[1]}", result="boolean")(_checked(body))


_declare("before", "point", "point", lambda a, b: _order(a, b) < 0)
_declare("before", "point", "range", _point_before)
_declare("before", "range", "point", lambda part, point: _point_after(point, part))
_declare("before", "range", "range", _wholly_before)
_declare("after", "point", "point", lambda a, b: _order(a, b) > 0)
_declare("after", "point", "range", _point_after)
_declare("after", "range", "point", lambda part, point: _point_before(point, part))
_declare("after", "range", "range", lambda a, b: _wholly_before(b, a))
_declare("meets", "range", "range", _meets)
_declare("met by", "range", "range", lambda a, b: _meets(b, a))
_declare("overlaps", "range", "range", _overlaps)
_declare("overlaps before", "range", "range", lambda a, b: _overlaps(a, b) and _low_order(a, b) < 0 and _high_order(a, b) <= 0)
_declare("overlaps after", "range", "range", lambda a, b: _overlaps(a, b) and _low_order(a, b) > 0 and _high_order(a, b) >= 0)
_declare("finishes", "point", "range", _finishes_at)
_declare("finishes", "range", "range", lambda a, b: _high_order(a, b) == 0 and _low_order(a, b) >= 0)
_declare("finished by", "range", "point", lambda part, point: _finishes_at(point, part))
_declare("finished by", "range", "range", lambda a, b: _high_order(a, b) == 0 and _low_order(a, b) <= 0)
_declare("includes", "range", "point", lambda part, point: _holds(point, part))
_declare("includes", "range", "range", _includes)
_declare("during", "point", "range", _holds)
_declare("during", "range", "range", lambda a, b: _includes(b, a))
_declare("starts", "point", "range", _starts_at)
_declare("starts", "range", "range", lambda a, b: _low_order(a, b) == 0 and _high_order(a, b) <= 0)
_declare("started by", "range", "point", lambda part, point: _starts_at(point, part))
_declare("started by", "range", "range", lambda a, b: _low_order(a, b) == 0 and _high_order(a, b) >= 0)
_declare("coincides", "point", "point", lambda a, b: _order(a, b) == 0)
_declare("coincides", "range", "range", _same)
