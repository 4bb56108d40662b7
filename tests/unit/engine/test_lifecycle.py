"""Statuses move only along the table."""
import pytest

from engine.errors import IllegalMove, Rejected
from engine.lifecycle import MOVES, move


def test_known_moves():
    assert move("user_task", "created", "completed") == "completed"
    assert move("job", "failed", "created") == "created"


@pytest.mark.parametrize(("kind", "old", "new"), [("user_task", "completed", "created"), ("process_instance", "completed", "active"), ("incident", "resolved", "active"), ("job", "neu", "created")])
def test_any_other_move_is_refused_and_names_both(kind, old, new):
    with pytest.raises(IllegalMove, match=f"{old} to {new}") as refusal:
        move(kind, old, new)
    assert isinstance(refusal.value, Rejected)


def test_every_target_is_a_status():
    for moves in MOVES.values():
        assert {new for targets in moves.values() for new in targets} <= set(moves)
