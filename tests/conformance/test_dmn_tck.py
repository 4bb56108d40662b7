"""The DMN Technology Compatibility Kit: an oracle from outside. Its cases are data of others and are not part of this project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conformance.tck import Outcome, run_level

DIRECTORY = os.environ.get("ETAPPE_CONFORMANCE_DIR")
pytestmark = pytest.mark.skipif(DIRECTORY is None, reason="ETAPPE_CONFORMANCE_DIR is not set")
# Functions written in Java are never executed: a model must not bring code (D4).
FOREIGN_CODE = {"0076-feel-external-java"}


def run(level: int) -> tuple[list[Outcome], list[Outcome]]:
    outcomes = run_level(Path(DIRECTORY or "") / "dmn-tck", level)
    return outcomes, [outcome for outcome in outcomes if not outcome.passed]


def test_level_2_is_complete() -> None:
    outcomes, failed = run(2)

    assert len(outcomes) > 100
    assert failed == []


def test_level_3_is_complete_but_for_foreign_code() -> None:
    outcomes, failed = run(3)

    assert len(failed) <= len(outcomes) * 0.01
    assert [outcome for outcome in failed if outcome.folder not in FOREIGN_CODE] == []
