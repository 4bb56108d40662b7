"""Boxes, points and segments of a diagram; all lengths are the pixels of BPMNDI."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
Segment = tuple[Point, Point]

DEFAULT_MARK = 11.0  # distance of the slash of a default flow from its start
NEAR = 3.0  # two parallel segments closer than this look like one line


@dataclass(frozen=True)
class Box:
    """An axis-parallel rectangle: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def x2(self) -> float:
        """The right edge."""
        return self.x + self.w

    @property
    def y2(self) -> float:
        """The lower edge."""
        return self.y + self.h

    @property
    def cx(self) -> float:
        """The middle from left to right."""
        return self.x + self.w / 2

    @property
    def cy(self) -> float:
        """The middle from top to bottom."""
        return self.y + self.h / 2

    def grow(self, by: float) -> Box:
        """The box with a margin on each side (negative: smaller)."""
        return Box(self.x - by, self.y - by, self.w + 2 * by, self.h + 2 * by)

    def hits(self, other: Box, slack: float = 0.0) -> bool:
        """Whether two boxes overlap by more than ``slack`` in both directions."""
        across = min(self.x2, other.x2) - max(self.x, other.x)
        down = min(self.y2, other.y2) - max(self.y, other.y)
        return across > slack and down > slack

    def contains(self, other: Box, slack: float = 0.5) -> bool:
        """Whether the other box lies inside."""
        return (
            self.x - slack <= other.x
            and self.y - slack <= other.y
            and self.x2 + slack >= other.x2
            and self.y2 + slack >= other.y2
        )


def segment_hits(segment: Segment, box: Box) -> bool:
    """Whether a segment runs through a box (clipping of Liang and Barsky)."""
    (px, py), (qx, qy) = segment
    first, last = 0.0, 1.0
    dx, dy = qx - px, qy - py
    for d, low in ((-dx, px - box.x), (dx, box.x2 - px), (-dy, py - box.y), (dy, box.y2 - py)):
        if d == 0:
            if low <= 0:
                return False
            continue
        t = low / d
        if d < 0:
            first = max(first, t)
        else:
            last = min(last, t)
    return last - first > 1e-6


def cross(one: Segment, other: Segment) -> bool:
    """Whether two segments cross in a point that is an end of neither."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    (a, b), (c, d) = one, other
    return side(a, b, c) * side(a, b, d) < -1e-6 and side(c, d, a) * side(c, d, b) < -1e-6


def shared_length(one: Segment, other: Segment) -> float:
    """The length in which two axis-parallel segments lie on each other; 0 or less if they do not."""
    (a, b), (c, d) = one, other
    for along, across in ((0, 1), (1, 0)):
        parallel = abs(a[across] - b[across]) < 0.5 and abs(c[across] - d[across]) < 0.5
        if parallel and abs(a[across] - c[across]) < NEAR:
            return min(max(a[along], b[along]), max(c[along], d[along])) - max(min(a[along], b[along]), min(c[along], d[along]))
    return 0.0


def distance(one: Box, other: Box) -> float:
    """The gap between two boxes, across plus down; 0 if they touch."""
    across = max(one.x - other.x2, other.x - one.x2, 0.0)
    down = max(one.y - other.y2, other.y - one.y2, 0.0)
    return across + down


def borders(box: Box) -> list[Segment]:
    """The four sides."""
    a, b, c, d = (box.x, box.y), (box.x2, box.y), (box.x2, box.y2), (box.x, box.y2)
    return [(a, b), (b, c), (d, c), (a, d)]


def mark_of_default(points: tuple[Point, ...]) -> Box:
    """The box around the slash that marks a default flow, near its start."""
    (x, y), (u, v) = points[0], points[1]
    length = max(((u - x) ** 2 + (v - y) ** 2) ** 0.5, 1.0)
    along = DEFAULT_MARK / length
    return Box(x + (u - x) * along - 5, y + (v - y) * along - 5, 10, 10)


def diamond_hits(diamond: Box, box: Box) -> bool:
    """Whether a box touches the diamond that a gateway is drawn as."""
    x = min(max(diamond.cx, box.x), box.x2)
    y = min(max(diamond.cy, box.y), box.y2)
    return abs(x - diamond.cx) / (diamond.w / 2) + abs(y - diamond.cy) / (diamond.h / 2) < 1
