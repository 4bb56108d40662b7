"""The DMN Technology Compatibility Kit: an oracle from outside. Its cases are data of others and are not part of this project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.konformitaet.tck import Outcome, run

DIRECTORY = os.environ.get("ETAPPE_CONFORMANCE_DIR")
pytestmark = pytest.mark.skipif(DIRECTORY is None, reason="ETAPPE_CONFORMANCE_DIR is not set")
# Functions written in Java are never executed: a model must not bring code (D4).
FOREIGN_CODE = {"0076-feel-external-java"}


def run_level(level: int) -> tuple[list[Outcome], list[Outcome]]:
    outcomes = run(Path(DIRECTORY or "") / "dmn-tck" / f"compliance-level-{level}")
    assert {outcome.level for outcome in outcomes} == {str(level)}
    return outcomes, [outcome for outcome in outcomes if not outcome.passed]


def test_level_2_is_complete() -> None:
    outcomes, failed = run_level(2)

    assert len(outcomes) >= 116
    assert failed == []


def test_level_3_is_complete_but_for_foreign_code() -> None:
    outcomes, failed = run_level(3)

    assert len(failed) <= len(outcomes) * 0.01
    assert [outcome for outcome in failed if outcome.folder not in FOREIGN_CODE] == []
