"""What parsing and evaluating a decision model give back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.dmn.tables import MatchedRule
    from engine.feel.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a model that cannot be read; the model is usable, but this expression gives null.

    Attributes:
        element_id: id of the nearest element that has one.
        text: the expression.
        reason: German sentence.
        line: line in the file.
    """

    element_id: str
    text: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInfo:
    """A decision that can be evaluated; ``version_tag`` from its extension element ``versionTag``."""

    id: str
    name: str
    namespace: str
    is_service: bool = False
    version_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of an evaluation.

    Attributes:
        id: id of the decision.
        name: its name.
        value: FEEL value (`engine.feel.to_json` makes JSON of it).
        matched_rules: rules that applied in its tables, also in the knowledge models it called.
        evaluated: outcome of each decision this one requires, by name, in order of evaluation.
        problems: German sentences for each thing that became null on the way.
    """

    id: str
    name: str
    value: Value
    matched_rules: tuple[MatchedRule, ...] = ()
    evaluated: Mapping[str, Decision] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
