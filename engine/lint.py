"""Will this model run? Findings for people, never a stack trace."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lxml import etree

Severity = Literal["error", "warning", "ignored"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence about one element.

    Attributes:
        severity: ``error`` will not run; ``warning`` runs, but look at it; ``ignored`` is documentation only.
        code: stable, for tests and translations.
    """

    severity: Severity
    code: str
    element_id: str = ""
    element_name: str = ""
    element_type: str = ""
    line: int = 0
    message_de: str
    message_en: str

    @classmethod
    def of_file(cls, code: str, german: str, english: str, line: int = 0) -> Finding:
        """An error of the file as a whole."""
        return cls(severity="error", code=code, line=line, message_de=german, message_en=english)


def findings_of(root: etree._Element) -> list[Finding]:
    """X"""
    return []
