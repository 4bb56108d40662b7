"""The built-in functions of FEEL, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.feel.builtins import contexts, lists, numeric, ranges, temporal, text

if TYPE_CHECKING:
    from engine.feel.values import FeelFunction

BUILTINS: Final[dict[str, FeelFunction]] = {
    name: function
    for module in (numeric, text, temporal, lists, contexts, ranges)
    for name, function in module.REGISTRY.functions().items()
}
