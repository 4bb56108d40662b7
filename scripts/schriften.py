# ruff: noqa: INP001, T201  a script, not a package; the terminal is its output
"""Cuts the fonts of the documents from the full ones and writes down which characters they can show.

Only needed when the fonts change: ``pip install fonttools``, then ``python scripts/schriften.py <folder of the full fonts>`` (Debian:
``fonts-noto-core`` and ``fonts-dejavu-core``, both below ``/usr/share/fonts/truetype``).
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parent.parent / "services" / "dokumente" / "schriften"
LATIN_CYRILLIC = [*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x300, 0x370), *range(0x370, 0x530), *range(0x1E00, 0x1F00),
                  *range(0x2000, 0x2070), *range(0x20A0, 0x20C0), 0x2116, 0x2122]
ARABIC = [0x20, *range(0x600, 0x700), *range(0x750, 0x780), *range(0x8A0, 0x900), *range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00),
          0x200C, 0x200D, 0x200E, 0x200F]
SIGNS = [*range(0x2190, 0x2200), *range(0x2200, 0x2270), *range(0x25A0, 0x2700), *range(0x2700, 0x27C0), *range(0x530, 0x600),
         *range(0x10A0, 0x1100), *range(0x2000, 0x2070), 0x200B, *range(0x1F600, 0x1F650)]
FONTS = {
    "noto/NotoSans-Regular.ttf": LATIN_CYRILLIC,
    "noto/NotoSans-Bold.ttf": LATIN_CYRILLIC,
    "noto/NotoSansArabic-Regular.ttf": ARABIC,
    "noto/NotoSansArabic-Bold.ttf": ARABIC,
    "dejavu/DejaVuSans.ttf": SIGNS,
    "dejavu/DejaVuSans-Bold.ttf": SIGNS,
}


def cut(source: Path, wanted: list[int]) -> set[int]:
    """Write the part of a font that is wanted; returns what it can show."""
    options = Options()
    options.layout_features = ["*"]
    options.name_IDs = ["*"]
    options.hinting = False
    font = TTFont(source)
    # Where two characters share a picture (hyphen and soft hyphen), whoever copies the text or hears it read gets the first one.
    names = font.getBestCmap()
    first: dict[str, int] = {}
    for point in sorted(set(wanted) & set(names)):
        first.setdefault(names[point], point)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[*first.values(), *({0xA0} & set(wanted))])
    subsetter.subset(font)
    font.save(TARGET / source.name)
    return set(font.getBestCmap())


def ranges(points: set[int]) -> list[str]:
    """Neighbouring code points together, in hex digits."""
    found: list[list[int]] = []
    for point in sorted(points):
        if found and point == found[-1][1] + 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return [f"{first:x}-{last:x}" if first != last else f"{first:x}" for first, last in found]


def main(folder: Path) -> None:
    """Cut all fonts. What is shown must exist in the regular and in the bold cut."""
    shown = [cut(folder / name, wanted) for name, wanted in FONTS.items()]
    both = set().union(*(regular & bold for regular, bold in zip(shown[::2], shown[1::2], strict=True)))
    (TARGET / "abdeckung.txt").write_text("\n".join(ranges(both)) + "\n", encoding="ascii")
    print(f"{len(both)} Zeichen, {sum(f.stat().st_size for f in TARGET.glob('*.ttf')) // 1024} KB")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts/truetype"))
