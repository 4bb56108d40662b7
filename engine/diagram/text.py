"""How wide text is and where it breaks, without a font library: the same in the checker and in the picture."""

from __future__ import annotations

from typing import Final

SIZE: Final = 11  # of labels in bpmn-js and in our SVG
BAND_SIZE: Final = 12  # of the names of pools and lanes
INSET: Final = 12  # what a name keeps free in its box, left and right together
ICON: Final = 23  # what the picture of a task takes of the upper left corner, in width
LEADING: Final = 3  # added to the size for the distance of two lines

# Widths of Arial (Liberation Sans, Helvetica) in thousandths of the size.
_GROUPS: Final = {
    222: "ijl'",
    278: "ftI.,:;!/|[] ",
    333: "r()-",
    500: "cksvxyzJ",
    556: "abdeghnopqu0123456789?L_äöü",
    611: "FTZß",
    667: "ABEKPSVXYÄ&",
    722: "CDHNRUwÜ",
    778: "GOQÖ",
    833: "mM",
    944: "W",
}
_WIDTHS: Final = {char: width for width, chars in _GROUPS.items() for char in chars}
_OTHER: Final = 600


def text_width(text: str, size: float = SIZE) -> float:
    """Width of one line in pixels."""
    return size * sum(_WIDTHS.get(char, _OTHER) for char in text) / 1000


def wrap(text: str, width: float, size: float = SIZE, lines: int = 99) -> list[str]:
    """Break a text into lines, greedily; words that are too long break after a hyphen or, if there is none, hard with a hyphen.

    Args:
        text: The text; line breaks stay.
        width: Greatest width of a line in pixels.
        size: Font size in pixels.
        lines: Greatest number of lines; the last one then ends with an ellipsis.
    """
    out: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for part in paragraph.split():
            word = part
            while text_width(word, size) > width and len(word) > 4:
                head, word = _cut(word, width, size)
                out += [line] if line else []
                out.append(head)
                line = ""
            trial = f"{line} {word}".strip()
            if line and text_width(trial, size) > width:
                out.append(line)
                line = word
            else:
                line = trial
        if line:
            out.append(line)
    if len(out) > lines:
        out = out[:lines]
        out[-1] = out[-1][:-1] + "…"
    return out


def _cut(word: str, width: float, size: float) -> tuple[str, str]:
    """The part of a long word that fits, and the rest."""
    cut = max(2, next((i for i in range(len(word), 2, -1) if text_width(word[:i] + "-", size) <= width), 3))
    dash = word.rfind("-", 2, cut)
    return (word[: dash + 1], word[dash + 1 :]) if dash > 0 else (word[:cut] + "-", word[cut:])


def label_size(text: str, width: float = 90.0, size: float = SIZE) -> tuple[float, float]:
    """Width and height of a label beside its element."""
    rows = wrap(text, width, size)
    return max((text_width(row, size) for row in rows), default=0) + 6, len(rows) * (size + LEADING)


def name_lines(name: str, width: float, height: float, *, has_icon: bool, has_sign: bool) -> tuple[list[str], float]:
    """How the name of an activity stands in its box.

    Args:
        name: The name.
        width: Of the box.
        height: Of the box.
        has_icon: A picture of the kind of task stands in the upper left corner.
        has_sign: The sign of a loop stands at the foot.

    Returns:
        The lines, and the distance of their top from the top of the box.
    """
    rows = wrap(name, width - INSET, SIZE, max(1, int((height - 14) // (SIZE + LEADING))))
    shift = 0.0
    if has_icon and not has_sign and len(rows) > 2:
        is_beside = text_width(rows[0]) > width - 2 * ICON
        shift = 6.0 if len(rows) > 3 else 4.0 if is_beside else 0.0
    return rows, height / 2 - len(rows) * (SIZE + LEADING) / 2 + shift
