"""Requirements, knowledge models, services, imports, types, boxed expressions."""

from __future__ import annotations

import pytest

from engine.dmn import DecisionModel, parse, parse_many
from engine.errors import ExpressionError
from engine.feel import to_json


def document(body: str, *, name: str = "m", imports: str = "") -> bytes:
    return f'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="{name}" name="{name}" namespace="urn:{name}">{imports}{body}</definitions>'.encode()


def model(body: str) -> DecisionModel:
    return parse(document(body))


def text(expression: str) -> str:
    return "<literalExpression><text>" + expression.replace("&", "&amp;").replace("<", "&lt;") + "</text></literalExpression>"


def decision(name: str, expression: str, *requires: str, kind: str = "") -> str:
    arrows = ""
    for target in requires:
        tag, arrow = {"i": ("requiredInput", "information"), "d": ("requiredDecision", "information"), "k": ("requiredKnowledge", "knowledge")}[target[0]]
        arrows += f'<{arrow}Requirement><{tag} href="#{target}"/></{arrow}Requirement>'
    return f'<decision id="{name}" name="{name}"><variable name="{name}" {kind}/>{arrows}{expression}</decision>'


def value(body: str, name: str, **context: object) -> object:
    return to_json(model(body).evaluate(name, context).value)


INPUT = '<inputData id="i_alter" name="Alter in Jahren"><variable name="Alter in Jahren" typeRef="number"/></inputData>'


def test_required_decisions_are_evaluated_once_and_kept() -> None:
    body = INPUT + decision("d_a", text("Alter in Jahren + 1"), "i_alter") + decision("d_b", text("d_a * 2"), "d_a") + decision("d_c", text("d_a + d_b"), "d_a", "d_b")

    outcome = model(body).evaluate("d_c", {"Alter in Jahren": 9})

    assert outcome.value == 30
    assert {name: part.value for name, part in outcome.evaluated.items()} == {"d_a": 10, "d_b": 20}
    assert model(body).input_names("d_c") == ("Alter in Jahren",)


def test_what_the_model_declares_needs_an_arrow_and_other_variables_do_not() -> None:
    body = INPUT + decision("d_a", text("1")) + decision("d_b", text("[d_a, Alter in Jahren, phase]"))

    assert value(body, "d_b", **{"Alter in Jahren": 5, "phase": "p"}) == [None, None, "p"]


def test_input_of_the_wrong_type_is_null_with_a_reason() -> None:
    outcome = model(INPUT + decision("d", text("Alter in Jahren"), "i_alter")).evaluate("d", {"Alter in Jahren": "alt"})

    assert outcome.value is None
    assert "Alter in Jahren" in outcome.problems[0]


def test_long_chain_and_cycle() -> None:
    chain = decision("d_0", text("1")) + "".join(decision(f"d_{n}", text(f"d_{n - 1} + 1"), f"d_{n - 1}") for n in range(1, 400))
    assert value(chain, "d_399") == 400

    with pytest.raises(ExpressionError, match="braucht sich selbst"):
        model(decision("d_x", text("d_y"), "d_y") + decision("d_y", text("d_x"), "d_x")).evaluate("d_x", {})


KNOWLEDGE = (
    '<businessKnowledgeModel id="k_fakultaet" name="fakultaet"><variable name="fakultaet" typeRef="number"/><encapsulatedLogic><formalParameter name="n" typeRef="number"/>'
    + text("if n <= 1 then 1 else n * fakultaet(n - 1)")
    + '</encapsulatedLogic><knowledgeRequirement><requiredKnowledge href="#k_fakultaet"/></knowledgeRequirement></businessKnowledgeModel>'
)


@pytest.mark.parametrize(("expression", "expected"), [("fakultaet(5)", 120), ("fakultaet(n: 3)", 6), ('fakultaet("a")', None), ("fakultaet()", None), ("fakultaet([4])", 24)])
def test_knowledge_model(expression: str, expected: object) -> None:
    assert value(KNOWLEDGE + decision("d", text(expression), "k_fakultaet"), "d") == expected


def test_knowledge_model_sees_nothing_of_its_caller() -> None:
    body = '<businessKnowledgeModel id="k" name="k"><variable name="k"/><encapsulatedLogic>' + text("geheim") + "</encapsulatedLogic></businessKnowledgeModel>"

    assert value(body + decision("d", text("k()"), "k"), "d", geheim=1) is None


def test_endless_recursion_is_refused() -> None:
    body = KNOWLEDGE.replace("if n &lt;= 1 then 1 else n * fakultaet(n - 1)", "fakultaet(n)")

    with pytest.raises(ExpressionError):
        model(body + decision("d", text("fakultaet(1)"), "k_fakultaet")).evaluate("d", {})


def test_invocation_binds_by_name() -> None:
    invocation = f'<invocation>{text("fakultaet")}<binding><parameter name="n"/>{text("4")}</binding></invocation>'

    assert value(KNOWLEDGE + decision("d", invocation, "k_fakultaet"), "d") == 24


def test_decision_service_called_and_asked_directly() -> None:
    body = (
        INPUT + decision("d_in", text("100")) + decision("d_out", text("d_in + Alter in Jahren"), "d_in", "i_alter") + decision("d_call", text("dienst(1, 2)"), "k_dienst")
        + '<decisionService id="k_dienst" name="dienst"><variable name="dienst"/><outputDecision href="#d_out"/><inputDecision href="#d_in"/><inputData href="#i_alter"/></decisionService>'
    )  # fmt: skip

    assert value(body, "d_call") == 3
    assert value(body, "dienst", **{"d_in": 5, "Alter in Jahren": 6}) == 11
    assert value(body, "d_out", **{"Alter in Jahren": 6}) == 106


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f'<context><contextEntry><variable name="a b"/>{text("2")}</contextEntry><contextEntry>{text("a b * 3")}</contextEntry></context>', 6),
        (f'<context><contextEntry><variable name="a"/>{text("2")}</contextEntry><contextEntry><variable name="b"/>{text("a + 1")}</contextEntry></context>', {"a": 2, "b": 3}),
        (f"<list>{text('1')}{text('1 + 1')}</list>", [1, 2]),
        (f'<relation><column name="x"/><column name="y"/><row>{text("1")}{text("2")}</row></relation>', [{"x": 1, "y": 2}]),
        (f"<conditional><if>{text('true')}</if><then>{text('1')}</then><else>{text('2')}</else></conditional>", 1),
        (f"<conditional><if>{text('3')}</if><then>{text('1')}</then><else>{text('2')}</else></conditional>", None),
        (f"<filter><in>{text('[1, 2, 3]')}</in><match>{text('item > 1')}</match></filter>", [2, 3]),
        (f'<for iteratorVariable="x"><in>{text("[1, 2]")}</in><return>{text("x * 10")}</return></for>', [10, 20]),
        (f'<some iteratorVariable="x"><in>{text("[1, 2]")}</in><satisfies>{text("x > 1")}</satisfies></some>', True),
        (f'<every iteratorVariable="x"><in>{text("[1, 2]")}</in><satisfies>{text("x > 1")}</satisfies></every>', False),
        (
            (f'<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="x"/>{text("x + 1")}</functionDefinition></contextEntry>'
            f"<contextEntry>{text('f(1)')}</contextEntry></context>"),
            2,
        ),
    ],
)
def test_boxed_expressions(expression: str, expected: object) -> None:
    assert value(decision("d", expression), "d") == expected


TYPES = (
    '<itemDefinition name="tStufe"><typeRef>string</typeRef><allowedValues><text>"a", "b"</text></allowedValues></itemDefinition>'
    '<itemDefinition name="tPerson"><itemComponent name="Name"><typeRef>string</typeRef></itemComponent><itemComponent name="Stufe"><typeRef>tStufe</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tPersonen" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>'
)


@pytest.mark.parametrize(
    ("kind", "expression", "expected"),
    [
        ("tStufe", '"a"', "a"), ("tStufe", '"c"', None), ("tStufe", '["b"]', "b"), ("tPerson", '{Name: "x", Stufe: "a"}', {"Name": "x", "Stufe": "a"}), ("tPerson", '{Name: "x", Stufe: "z"}', None),
        ("tPerson", '{Name: "x"}', None), ("tPersonen", '{Name: "x", Stufe: null}', [{"Name": "x", "Stufe": None}]), ("tPersonen", '[{Name: 1, Stufe: "a"}]', None), ("date and time", 'date("2026-01-01")', "2026-01-01T00:00:00Z"),
        ("number", '"1"', None), ("list&lt;number>", "1", [1]), ("unbekannt", "1", None),
    ],
)  # fmt: skip
def test_result_has_the_declared_type(kind: str, expression: str, expected: object) -> None:
    assert value(TYPES + decision("d", text(expression), kind=f'typeRef="{kind}"'), "d") == expected


def test_unknown_type_is_reported() -> None:
    own = model(TYPES + decision("d", text("1"), kind='typeRef="tFehlt"'))

    assert [problem.text for problem in own.problems] == ["tFehlt"]
    assert model(decision("d", text("1.5"), kind='typeRef="double"')).problems == ()


def test_java_is_reported_and_never_run() -> None:
    java = '<functionDefinition kind="Java"><formalParameter name="x"/><context/></functionDefinition>'
    own = model(decision("d", java))

    assert "Java" in own.problems[0].reason


def test_imports_are_seen_by_their_name() -> None:
    library = document(KNOWLEDGE + TYPES + decision("d_lib", text("7")), name="lib")
    arrows = (
        '<knowledgeRequirement><requiredKnowledge href="urn:lib#k_fakultaet"/></knowledgeRequirement><informationRequirement><requiredDecision href="urn:lib#d_lib"/></informationRequirement>'
    )
    main = document(
        f'<decision id="d" name="d"><variable name="d" typeRef="Bib.tStufe"/>{arrows}{text("if Bib.fakultaet(3) + Bib.d_lib = 13 then &quot;a&quot; else &quot;c&quot;".replace("&quot;", chr(34)))}</decision>',
        imports='<import name="Bib" namespace="urn:lib" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>',
    )

    assert parse_many([main, library]).evaluate("d", {}).value == "a"
    assert parse(main).problems


def test_functions_of_the_engine_are_visible_everywhere() -> None:
    from engine.feel import FeelFunction

    answer = FeelFunction("antwort", (), lambda: 42, kinds=())

    assert model(decision("d", text("antwort()"))).evaluate("d", {}, {"antwort": answer}).value == 42
