"""Random bytes and random damage: the reader, FEEL and the stored state answer with a value or a refusal, never with a crash."""
import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import EngineError, ExpressionError, InvalidDefinition, StateDamaged
from engine.feel import compile_expression
from engine.lint import lint, report_elements
from engine.state import definition_key, load, pack, unpack
from engine.xml import read
from tests.unit.engine.models import MSG, Case, boundary, chain, doc, el, end, event_sub, multi, start, sub, timer, user

MODEL = doc(start(), el("parallelGateway", "f"), user("a", multi(inputElement="p")), sub("SP", start("x"), user("in"), chain("x", "in")), boundary("b", "SP", timer("Duration", "P1D"), "false"),
            user("h"), el("inclusiveGateway", "j"), end(), chain("s", "f", "a", "j", "e"), chain("f", "SP", "j"), chain("b", "h"), event_sub(MSG, "false", user("es"), first="es"))
CASE = Case(MODEL, fall=1, ps=[1, 2])
STATE = CASE.engine.store.states[CASE.key]
quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES = [b"<", b">", b"/>", b"</", b'"', b"&", b"&#0;", b"&x;", b"<![CDATA[", b"<!--", b"<!DOCTYPE a>", b"<?xml version='1.0' encoding='utf-16'?>", b"\x00", b"\xff\xfe", b"bpmn:", b"id=", b"xmlns='u'", b"]]>"]


def damaged(data):
    """Bytes with a few places cut, doubled, overwritten or filled with pieces."""
    place = st.integers(0, len(data))
    change = st.tuples(place, st.integers(0, 40), st.one_of(st.binary(max_size=8), st.sampled_from(PIECES)))

    def apply(changes):
        found = data
        for at, length, new in changes:
            found = found[:at] + new + found[at + length:]
        return found
    return st.lists(change, min_size=1, max_size=4).map(apply)


@quick
@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), damaged(MODEL)))
def test_reader_and_lint_never_crash(data):
    with contextlib.suppress(InvalidDefinition):
        read(data)
    report = lint(data)
    assert all(f.code != "unexpected" for f in report.findings), report.findings
    elements = report_elements(data)
    assert elements.report == report
    assert not (report.runs and elements.count("fails"))


@settings(quick, max_examples=300)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(
    ["(", ")", "[", "]", "{", "}", "1", '"a"', "x", ".", "..", ",", ":", "if", "then", "else", "for", "in", "return", "some", "satisfies", "function", "between", "and", "instance of", "not", "-", "**",
     "@", "?", "//", "/*", "`", "date", "time zone", "\u202e", "\U0001f600"]), max_size=25).map(" ".join)))
def test_feel_parser_never_crashes(text):
    with contextlib.suppress(ExpressionError):
        compile_expression(text).evaluate({"x": [1, None, {"a": "b"}]})


def restored(data):
    """The engine's answer to a stored state."""
    with contextlib.suppress(EngineError):
        assert isinstance(definition_key(data), str)
        return load(data, CASE.definition, CASE.engine.store.expressions, CASE.engine.clock.now())
    return None


@quick
@given(damaged(STATE))
def test_damaged_state_is_refused(data):
    assert (restored(data) is not None) == (data == STATE)


@settings(quick, max_examples=1000)
@given(st.integers(0, len(STATE) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_found_wherever_it_is(at, bit):
    """Also where the row would still look like a row, and only the next command would fail."""
    with pytest.raises(StateDamaged):
        load(STATE[:at] + bytes([STATE[at] ^ 1 << bit]) + STATE[at + 1:], CASE.definition, CASE.engine.store.expressions, CASE.engine.clock.now())


JSON = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(-2, 2**70), st.text(max_size=5)), lambda inner: st.one_of(
    st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)), max_leaves=8)


@quick
@given(st.sampled_from(["f", "key", "def", "parent", "started", "vars", "rows", "subs"]), JSON)
def test_state_with_a_part_of_another_shape_is_refused_or_read(part, value):
    restored(pack({**unpack(STATE), part: value}))


@quick
@given(st.data())
def test_state_with_a_row_of_another_shape_is_refused_or_read(data):
    stored = unpack(STATE)
    row = data.draw(st.sampled_from(stored["rows"]))
    row[data.draw(st.integers(0, len(row) - 1))] = data.draw(JSON)
    restored(pack(stored))


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b'{"f":1}', b"[" * 100_000, b"\xff", b'{"f":99}', b'{"f":1,"def":null}'])
def test_other_bytes_are_refused(data):
    with pytest.raises(EngineError):
        load(data, CASE.definition, CASE.engine.store.expressions, CASE.engine.clock.now())


def test_undamaged_state_is_read():
    assert restored(STATE) is not None
