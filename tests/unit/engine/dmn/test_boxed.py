"""Types, knowledge models and boxed expressions of DMN 1.5, also where they do not fit."""

from __future__ import annotations

import pytest

from tests.unit.engine.dmn.test_graph import decision, text, value


def item(name: str, inner: str, attributes: str = "") -> str:
    return f'<itemDefinition name="{name}" {attributes}>{inner}</itemDefinition>'


def knowledge(name: str, parameters: str, expression: str) -> str:
    """A knowledge model whose parameters are numbers."""
    formal = "".join(f'<formalParameter name="{p}" typeRef="number"/>' for p in parameters.split())
    return (
        f'<businessKnowledgeModel id="k{name}" name="{name}"><variable name="{name}"/><encapsulatedLogic>{formal}{text(expression)}</encapsulatedLogic>'
        "</businessKnowledgeModel>"
    )


def invocation(**arguments: str) -> str:
    bound = "".join(f'<binding><parameter name="{name}"/>{text(expression)}</binding>' for name, expression in arguments.items())
    return "<invocation>" + text("f") + bound + "</invocation>"


POSITIVE = item("tN", "<typeRef>number</typeRef><allowedValues><text>&gt; 0</text></allowedValues>")
SMALL = item("tL", "<typeRef>number</typeRef><allowedValues><text>[1..3]</text></allowedValues>", 'isCollection="true"')
SEVERAL = item("tC", "<typeRef>number</typeRef><typeConstraint><text>count(?) &gt; 1</text></typeConstraint>", 'isCollection="true"')
PERSON = item(
    "tP", '<itemComponent name="a"><typeRef>number</typeRef></itemComponent><itemComponent name="b c"><typeRef>string</typeRef></itemComponent>'
)
FUNCTION = item("tF", '<functionItem outputTypeRef="number"><parameters name="a" typeRef="number"/></functionItem>')
RELATION = '<relation><column name="n"/><column name="v"/><row><literalExpression><text>"a"</text></literalExpression><literalExpression><text>1</text></literalExpression></row><row><literalExpression><text>"b"</text></literalExpression><literalExpression><text>2</text></literalExpression></row></relation>'
CASES = [
    pytest.param(POSITIVE + decision("d", text("5"), kind='typeRef="tN"'), 5, {}, id="allowed ok"),
    pytest.param(POSITIVE + decision("d", text("-5"), kind='typeRef="tN"'), None, {}, id="allowed bad"),
    pytest.param(SMALL + decision("d", text("[1,2]"), kind='typeRef="tL"'), [1, 2], {}, id="coll ok"),
    pytest.param(SMALL + decision("d", text("2"), kind='typeRef="tL"'), [2], {}, id="coll single"),
    pytest.param(SMALL + decision("d", text("[1,9]"), kind='typeRef="tL"'), None, {}, id="coll bad"),
    pytest.param(SMALL + decision("d", text("[1,null]"), kind='typeRef="tL"'), [1, None], {}, id="coll null item"),
    pytest.param(SEVERAL + decision("d", text("[1,2]"), kind='typeRef="tC"'), [1, 2], {}, id="constraint ok"),
    pytest.param(SEVERAL + decision("d", text("[1]"), kind='typeRef="tC"'), None, {}, id="constraint bad"),
    pytest.param(PERSON + decision("d", text('{a: 1, b c: "x"}'), kind='typeRef="tP"'), {"a": 1, "b c": "x"}, {}, id="ctx ok"),
    pytest.param(PERSON + decision("d", text("{a: 1}"), kind='typeRef="tP"'), None, {}, id="ctx missing"),
    pytest.param(PERSON + decision("d", text('{a: "1", b c: "x"}'), kind='typeRef="tP"'), None, {}, id="ctx wrong"),
    pytest.param(
        PERSON + '<inputData id="i" name="p"><variable name="p" typeRef="tP"/></inputData>' + decision("d", text("p.b c"), "i"),
        "x",
        {"p": {"a": 1, "b c": "x"}},
        id="ctx path",
    ),
    pytest.param(
        item("tS", '<typeRef>string</typeRef><allowedValues><text>"a","b"</text></allowedValues>') + decision("d", text('"c"'), kind='typeRef="tS"'),
        None,
        {},
        id="string enum",
    ),
    pytest.param(decision("d", text('string(date("2020-01-01"))')), "2020-01-01", {}, id="date to dt"),
    pytest.param(decision("d", text('date("2020-01-01")'), kind='typeRef="dateTime"'), "2020-01-01T00:00:00Z", {}, id="dt coerce"),
    pytest.param(
        item("tL2", "<typeRef>tL</typeRef>", 'isCollection="true"') + SMALL + decision("d", text("[[1],[2]]"), kind='typeRef="tL2"'),
        [[1], [2]],
        {},
        id="nested coll",
    ),
    pytest.param(
        FUNCTION + decision("de", text("function(a: number) a + 1"), kind='typeRef="tF"') + decision("d", text("de(2)"), "de"), 3, {}, id="fn type"
    ),
    pytest.param(knowledge("f", "x", "x*2") + decision("d", text("f(2)"), "kf"), 4, {}, id="bkm typed"),
    pytest.param(knowledge("f", "x", "x*2") + decision("d", text('f("a")'), "kf"), None, {}, id="bkm wrong"),
    pytest.param(knowledge("f", "x", "x*2") + decision("d", text("f(x: 3)"), "kf"), 6, {}, id="bkm named"),
    pytest.param(knowledge("f", "x", "x*2") + decision("d", text("f(1,2)"), "kf"), None, {}, id="bkm arity"),
    pytest.param(knowledge("f", "x", "x*2") + decision("d", text("for i in [1,2] return f(i)"), "kf"), [2, 4], {}, id="bkm as value"),
    pytest.param(knowledge("f", "x y", "x > y") + decision("d", text("sort([1,3,2], f)"), "kf"), [3, 2, 1], {}, id="bkm in sort"),
    pytest.param(decision("d", RELATION), [{"n": "a", "v": 1}, {"n": "b", "v": 2}], {}, id="relation"),
    pytest.param(decision("d", f"<filter><in>{RELATION}</in><match>{text('v > 1')}</match></filter>"), [{"n": "b", "v": 2}], {}, id="filter"),
    pytest.param(decision("d", f"<filter><in>{text('[1,2,3]')}</in><match>{text('item > 1')}</match></filter>"), [2, 3], {}, id="filter item"),
    pytest.param(decision("d", f"<filter><in>{text('null')}</in><match>{text('item > 1')}</match></filter>"), [], {}, id="filter null in"),
    pytest.param(
        decision("d", f"<filter><in>{text('[1,2]')}</in><match>{text(chr(34) + 'x' + chr(34))}</match></filter>"), None, {}, id="filter nonbool"
    ),
    pytest.param(decision("d", f"<filter><in>{text('5')}</in><match>{text('item = 5')}</match></filter>"), [5], {}, id="filter single"),
    pytest.param(decision("d", f'<for iteratorVariable="i"><in>{text("[1,2]")}</in><return>{text("i*2")}</return></for>'), [2, 4], {}, id="for"),
    pytest.param(
        decision("d", f'<for iteratorVariable="i"><in>{text("[1,2,3]")}</in><return>{text("count(partial)")}</return></for>'),
        [0, 1, 2],
        {},
        id="for partial",
    ),
    pytest.param(decision("d", f'<for iteratorVariable="i"><in>{text("1")}</in><return>{text("i*2")}</return></for>'), [2], {}, id="for nonlist"),
    pytest.param(decision("d", f'<for iteratorVariable="i"><in>{text("null")}</in><return>{text("i*2")}</return></for>'), None, {}, id="for null"),
    pytest.param(
        decision("d", f'<some iteratorVariable="i"><in>{text("[1,2]")}</in><satisfies>{text("i > 1")}</satisfies></some>'), True, {}, id="some"
    ),
    pytest.param(
        decision("d", f'<every iteratorVariable="i"><in>{text("[1,2]")}</in><satisfies>{text("i > 1")}</satisfies></every>'), False, {}, id="every"
    ),
    pytest.param(
        decision("d", f'<some iteratorVariable="i"><in>{text("[1..2]")}</in><satisfies>{text("i > 1")}</satisfies></some>'), True, {}, id="some range"
    ),
    pytest.param(
        decision("d", f"<conditional><if>{text('1')}</if><then>{text('1')}</then><else>{text('2')}</else></conditional>"), None, {}, id="cond nonbool"
    ),
    pytest.param(
        decision("d", f"<conditional><if>{text('null')}</if><then>{text('1')}</then><else>{text('2')}</else></conditional>"), 2, {}, id="cond null"
    ),
    pytest.param(decision("d", f"<list>{text('1')}{text('2')}</list>"), [1, 2], {}, id="list"),
    pytest.param(decision("d", f'<list typeRef="string">{text("1")}</list>'), None, {}, id="list typed"),
    pytest.param(
        decision(
            "d", f'<context><contextEntry><variable name="a b"/>{text("1")}</contextEntry><contextEntry>{text("a b + 1")}</contextEntry></context>'
        ),
        2,
        {},
        id="context result",
    ),
    pytest.param(
        decision(
            "d",
            f'<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="x"/>{text("x + 1")}</functionDefinition></contextEntry><contextEntry>{text("f(1)")}</contextEntry></context>',
        ),
        2,
        {},
        id="context fn",
    ),
    pytest.param(
        decision("d", f'<context><contextEntry><variable name="a" typeRef="string"/>{text("1")}</contextEntry></context>'),
        {"a": None},
        {},
        id="context typed bad",
    ),
    pytest.param(knowledge("f", "x y", "x - y") + decision("d", invocation(y="1", x="5"), "kf"), 4, {}, id="invocation"),
    pytest.param(knowledge("f", "x y", "x - y") + decision("d", invocation(x="5"), "kf"), None, {}, id="invocation missing"),
    pytest.param(knowledge("f", "x", "x") + decision("d", invocation(z="5"), "kf"), None, {}, id="invocation unknown"),
    pytest.param('<decision id="d" name="d"><variable name="d"/></decision>', None, {}, id="no logic"),
    pytest.param(
        '<inputData id="i" name="Bürger\'s Alter"><variable name="Bürger\'s Alter" typeRef="number"/></inputData>'
        + decision("d", text("Bürger's Alter + 1"), "i"),
        6,
        {"Bürger's Alter": 5},
        id="name with quote",
    ),
    pytest.param(
        '<inputData id="i" name="a-b + c"><variable name="a-b + c" typeRef="number"/></inputData>' + decision("d", text("a-b + c * 2"), "i"),
        10,
        {"a-b + c": 5},
        id="name with op",
    ),
    pytest.param(
        decision(
            "d",
            '<decisionTable hitPolicy="COLLECT"><input id="i"><inputExpression><text>[1,2]</text></inputExpression></input><output id="o"/><rule><inputEntry><text>list contains(?, 1)</text></inputEntry><outputEntry><text>"x"</text></outputEntry></rule><rule><inputEntry><text>[1,2]</text></inputEntry><outputEntry><text>"y"</text></outputEntry></rule></decisionTable>',
        ),
        ["x", "y"],
        {},
        id="unary list in",
    ),
]


@pytest.mark.parametrize(("body", "expected", "context"), CASES)
def test_decision_has_the_value_of_the_standard(body: str, expected: object, context: dict[str, object]) -> None:
    assert value(body, "d", **context) == expected
