"""How wide text is and where it breaks, without a font library: the same in the checker and in the picture."""

from __future__ import annotations

from typing import Final

SIZE: Final = 11  # of labels in bpmn-js and in our SVG
BAND_SIZE: Final = 12  # of the names of pools and lanes
INSET: Final = 12  # what a name keeps free in its box, left and right together
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
