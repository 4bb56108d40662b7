"""The stored state: format number, frozen fixture, what it holds, upgrades in order."""
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from engine import state
from engine.catalogue import Definition
from engine.errors import StateDamaged, UnknownStateFormat
from engine.runtime import call_raised, call_returned, complete, correlate, job_done, open_things, retry, set_variables, tick
from engine.runtime import start as begin
from tests.unit.engine.models import MSG, Case, boundary, chain, doc, el, event_sub, ext, io, multi, start, sub, timer, user
from tests.unit.engine.stub import TableExpressions

FIXTURES = Path(__file__).parents[2] / "fixtures" / "states"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FORMATS = (1, 2)


def frozen_model():
    """Never change this: the states in tests/fixtures/states belong to it, of every format."""
    return (FIXTURES / "format_1.bpmn").read_bytes()


@pytest.mark.parametrize("number", FORMATS)
def test_states_of_every_format_still_run(number):
    expressions, definition = TableExpressions(), Definition(frozen_model(), "alt:1", "alt")
    data = (FIXTURES / f"format_{number}.json").read_bytes()

    instance = state.load(data, definition, expressions, NOW)

    found = open_things(instance)
    tasks = {instance.find(UUID(k)).task_spec.bpmn_id: k for k in found["user_tasks"]}
    assert sorted(tasks) == ["innen", "je_person"]
    assert len(found["user_tasks"]) == 2
    assert len(found["timers"]) == 1
    assert len(found["subscriptions"]) == 2
    assert state.definition_key(data) == "alt:1"
    assert instance.parent == ("41", "0" * 32)
    correlate(instance, next(iter(found["subscriptions"])), {"grund": "x"})
    instance.now += 20 * 86400
    assert [t.element for t in tick(instance).user_tasks.opened.values()] == ["erinnern"]
    for element in ("innen", "je_person"):
        step = complete(instance, tasks[element], {"ergebnis": "schlecht"})
    assert instance.data == {"fall": "KIM-1", "personen": ["p1", "p2"], "ort": "Straße 5", "weiter": True, "grund": "x", "ergebnis": "schlecht",
                             "anschrift": {"ort": "Straße 5"}, "ergebnisse": ["gut", "schlecht"]}
    step = complete(instance, next(iter(open_things(instance)["user_tasks"])), {})
    assert step.ended == "completed"


@pytest.mark.parametrize("number", FORMATS)
def test_states_that_wait_in_every_way_still_run_to_their_end(number):
    """Joins with a token, event gateway, loop and sequence in the middle, call, job, incidents, event sub-processes, a condition that has held."""
    definition = Definition((FIXTURES / "format_1_weit.bpmn").read_bytes(), "weit:1", "weit")
    data = (FIXTURES / f"format_{number}_weit.json").read_bytes()
    instance = state.load(data, definition, TableExpressions(), NOW + timedelta(days=8))

    def waiting(kind):
        return {v if isinstance(v, str) else v[0]: k for k, v in open_things(instance)[kind].items()}

    assert state.unpack(state.dump(instance)) == state.unpack(data)
    assert {kind: sorted(waiting(kind)) for kind in open_things(instance)} == {
        "user_tasks": ["bh", "bu", "fu", "i2", "nach_bc", "p2", "schleife", "woche"], "jobs": ["auftrag"], "timers": ["gt", "wess"],
        "subscriptions": ["bess", "gm"], "calls": ["ruf"], "incidents": ["falsch", "fehlauftrag"]}
    for element, opens in (("i2", "nach_ij"), ("p2", "nach_pj")):
        complete(instance, waiting("user_tasks")[element], {})
        assert opens in waiting("user_tasks")
    tick(instance, waiting("timers")["gt"])
    assert "gm" not in waiting("subscriptions")
    set_variables(instance, {"zahl": "kim", "rot": True})
    for element in ("falsch", "fehlauftrag"):
        retry(instance, waiting("incidents")[element])
    call_raised(instance, waiting("calls")["ruf"], "escalation", "X1", {})
    call_returned(instance, waiting("calls")["ruf"], {"antwort": 1})
    for element in ("auftrag", "fehlauftrag"):
        job_done(instance, waiting("jobs")[element], {})
    done = []
    while waiting("user_tasks"):
        element, key = min(waiting("user_tasks").items())
        complete(instance, key, {"ergebnis": len(done)})
        done.append(element)
    assert sorted(done) == ["bh", "bu", "falsch", "fu", "fu", "nach_bc", "nach_esk", "nach_gt", "nach_ij", "nach_pj", "schleife", "schleife", "woche"]
    assert instance.outcome == "completed"
    assert instance.data["antwort"] == 1
    assert instance.data["ergebnisse"][0] == "gut"
    assert len(instance.data["ergebnisse"]) == 3


def test_every_released_format_has_its_states():
    """A format that can no longer be loaded is a case file that is lost."""
    assert {json.loads(p.read_bytes())["f"] for p in FIXTURES.glob("*.json")} == set(range(1, state.FORMAT + 1))


def test_dump_is_stable_and_compact():
    data = (FIXTURES / "format_2.json").read_bytes()
    instance = state.load(data, Definition(frozen_model(), "alt:1", "alt"), TableExpressions(), NOW)

    assert state.dump(instance) == data
    assert b", " not in data
    assert b'": ' not in data
    assert "Straße".encode() in data


@pytest.mark.parametrize("found", [0, 3, "1", None, 1.5])
def test_unknown_format_is_an_error(found):
    with pytest.raises(UnknownStateFormat):
        state.unpack(json.dumps({"f": found}).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b"[1]", b'"f"', b"null"])
def test_what_is_no_stored_object_is_called_damaged(data):
    with pytest.raises(StateDamaged, match=r"it is not (JSON|an object)"):
        state.unpack(data)


@pytest.mark.parametrize("found", ["", ',"def":null', ',"def":7'])
def test_state_without_a_definition_is_damaged(found):
    with pytest.raises(StateDamaged, match="it names no definition"):
        state.definition_key(f'{{"f":1{found}}}'.encode())


@pytest.mark.parametrize(("damage", "long"), [({"rows": []}, False), ({"vars": 7}, False), ({"subs": None}, False), ({"rows": [["0", -1, "x" * 500, 64, 0]]}, True)])
def test_rows_that_cannot_be_used_are_damaged_in_one_sentence(damage, long):
    stored = state.unpack((FIXTURES / "format_2.json").read_bytes()) | damage
    with pytest.raises(StateDamaged) as found:
        state.load(state.pack(stored), Definition(frozen_model(), "alt:1", "alt"), TableExpressions(), NOW)

    said = len(str(found.value)) - len(str(StateDamaged("")))
    assert said == 300 if long else 0 < said < 300


def test_what_json_does_not_know_is_never_stored():
    """Another program could not read it."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        state.pack({"x": float("nan")})


def test_sub_process_that_has_ended_is_not_stored():
    """Only its host still waits, with its incident."""
    case = Case(doc(start(), sub("SP", start("x"), user("in"), chain("x", "in"), inner=ext(io(outputs={"aus": "= kaputt"}))), chain("s", "SP")), table={"kaputt": lambda _: 1 / 0})
    case.do("in")

    assert case.open("incidents") == ["SP"]
    assert state.unpack(case.engine.store.states["1"])["subs"] == []


def test_upgrades_run_in_order_from_the_format_found(monkeypatch):
    monkeypatch.setattr(state, "UPGRADES", (lambda s: s | {"f": 2, "a": 1}, lambda s: s | {"f": 3, "a": s["a"] + 1}))
    monkeypatch.setattr(state, "FORMAT", 3)

    assert state.unpack(b'{"f":1}') == {"f": 3, "a": 2}
    assert state.unpack(state.pack({"f": 2, "a": 5})) == {"f": 3, "a": 6}


@pytest.mark.parametrize(("data", "why"), [
    (b'{"f":2,"vars":{}}', "its checksum is missing"),
    (b'{"f":2,"sum":"00000000","vars":{}}', "its checksum is missing"),
    (b'{"f":2,"sum":7}', "its checksum is missing"),
    (state.pack({"f": 2, "vars": {}}).replace(b"vars", b"wars"), "its checksum is another one"),
    (state.pack({"f": 1, "vars": {}}), "its format knows no checksum"),
])
def test_checksum_belongs_to_the_state_and_to_its_format(data, why):
    with pytest.raises(StateDamaged, match=why):
        state.unpack(data)


def test_checksum_is_no_part_of_what_was_stored():
    assert state.unpack(state.pack({"f": 2, "sum_": 1})) == {"f": 2, "sum_": 1}
    assert json.loads(state.pack({"f": 2}))["f"] == 2


def test_order_of_keys_of_variables_is_kept():
    case = Case(doc(start(), user("a"), chain("s", "a")), z=1, a={"y": 1, "b": 2})

    assert list(case.data) == ["z", "a"]
    assert list(case.data["a"]) == ["y", "b"]


def test_user_data_cannot_reach_the_machinery():
    """A variable named like our own fields stays a variable."""
    case = Case(doc(start(), user("a", ext(io({"incident": "= incident"}))), user("b"), chain("s", "a", "b")), incident={"phase": "run"}, f=9, vars=1, typename="x")
    case.do("a", job=1, call=2, key=3, due=4, result=5, index=0)

    assert case.open() == ["b"]
    assert not case.open("incidents")
    assert case.data["index"] == 0


def test_restored_instance_continues_exactly_like_the_one_in_memory():
    xml = doc(start(), sub("SP", start("x"), user("in", multi(inputElement="p")), chain("x", "in"), event_sub(MSG, "false", user("h"))), boundary("t", "SP", timer("Cycle", "R/P1D"), "false"),
              el("task", "tt"), user("z"), chain("s", "SP", "z"), chain("t", "tt"))
    cases = [Case(xml, cold=cold, fall=1, ps=[1, 2]) for cold in (True, False)]
    for case in cases:
        case.wait(1)
        case.send(pay=1)
        case.do("h").do("in").do("in")
        assert case.open() == ["z"]
    assert cases[0].data == cases[1].data
    assert cases[0].engine.log == cases[1].engine.log


def make_fixture():
    """How the first fixture was made; run by hand once per format, never again for an old one. The wide one came from its format 1."""
    expressions, definition = TableExpressions(), Definition(frozen_model(), "alt:1", "alt")
    instance, step = begin(definition, expressions, NOW, {"fall": "KIM-1", "personen": ["p1", "p2"], "ort": "Straße 5"}, key="42", parent=("41", "0" * 32))
    anfang = next(k for k, t in step.user_tasks.opened.items() if t.element == "anfang")
    complete(instance, anfang, {"weiter": True})
    je = next(k for k, v in open_things(instance)["user_tasks"].items() if v == "je_person")
    complete(instance, je, {"ergebnis": "gut"})
    (FIXTURES / f"format_{state.FORMAT}.json").write_bytes(state.dump(instance))
