"""Rules of user tasks and of conditional flows, each as Camunda 8 or BPMN state it; found by ``scripts/mutation.py``."""
from datetime import UTC, datetime

import pytest

from engine.errors import FormNotFound
from tests.unit.engine.models import Case, chain, doc, el, ext, flow, io, start, user


def opened(inner, **variables):
    """The facts of one user task with these extensions."""
    case = Case(doc(start(), user("u", ext(inner)), chain("s", "u")), **variables)
    (found,) = case.engine.open["user_tasks"].values()
    return found


def refused(inner, **variables):
    """The sentence of its incident."""
    case = Case(doc(start(), user("u", ext(inner)), chain("s", "u")), **variables)
    assert case.open() == []
    assert case.incident("u").type == "ExpressionError"
    return case.incident("u").message


def assigned(**attributes):
    return "<zeebe:assignmentDefinition " + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>"


# -- with which form -----------------------------------------------------------------------------------------------------------
class Forms:
    """Deployed forms: what was asked for, and the key of the bound version; a form that is not here is missing."""

    def __init__(self, **keys):
        self.keys, self.asked = keys, []

    def __call__(self, form_id, binding, version_tag, definition):
        self.asked.append((form_id, binding, version_tag, definition))
        if form_id not in self.keys:
            raise FormNotFound(f"{form_id} fehlt")
        return self.keys[form_id]


def with_forms(forms, attributes, **variables):
    case = Case(doc(start(), user("u", ext(f"<zeebe:formDefinition {attributes}/>")), chain("s", "u")), begin=False)
    case.engine.store.expressions._forms = forms
    case.key = case.engine.start("p", **variables)
    return case


@pytest.mark.parametrize(("attributes", "asked"), [
    ('formId="f"', ("f", "latest", None)), ('formId="= &quot;f&quot;" bindingType="deployment"', ("f", "deployment", None)),
    ('formId="f" bindingType="versionTag" versionTag="= marke"', ("f", "versionTag", "v1"))])
def test_form_is_looked_for_when_the_task_begins(attributes, asked):
    forms = Forms(f="77")
    case = with_forms(forms, attributes, marke="v1")

    (found,) = case.engine.open["user_tasks"].values()
    assert (found.form_id, found.form_key) == ("f", "77")
    assert set(forms.asked) == {(*asked, case.definition.key)}


def test_task_whose_form_is_missing_has_an_incident_until_the_form_is_there():
    forms = Forms()
    case = with_forms(forms, 'formId="f"')
    assert case.open() == []
    assert (case.incident("u").type, case.incident("u").phase, case.incident("u").message) == ("FormNotFound", "enter", "f fehlt")

    case.retry("u")
    assert case.incident("u").type == "FormNotFound"

    forms.keys["f"] = None
    case.retry("u")
    (found,) = case.engine.open["user_tasks"].values()
    assert (found.form_id, found.form_key) == ("f", None)
    assert case.open("incidents") == []


@pytest.mark.parametrize("attributes", ['externalReference="https://a.example"', 'formId="= null" externalReference="https://a.example"'])
def test_reference_to_a_form_elsewhere_is_not_looked_for(attributes):
    forms = Forms()

    (found,) = with_forms(forms, attributes).engine.open["user_tasks"].values()

    assert (found.form_key, forms.asked) == ("https://a.example", [])


# -- who -----------------------------------------------------------------------------------------------------------------------
def test_task_without_a_name_is_called_by_its_id():
    assert opened("").name == "u"


@pytest.mark.parametrize(("groups", "found"), [
    ("= null", ()), ("= []", ()), ("a, b", ("a", "b")), ("= &quot;a,b&quot;", ("a", "b")), ("[&quot;a&quot;, &quot;b&quot;]", ("a", "b")), ("[1]", ("1",)), ("[a, b", ("[a", "b")),
    ("7", ("7",)), ("= [&quot;b&quot;, &quot;a&quot;, &quot;b&quot;]", ("b", "a")), ("a,,b,", ("a", "b"))])
def test_groups_are_a_text_with_commas_or_a_list(groups, found):
    """Each once, in the order of the model; as some modelers write it, also as JSON text."""
    assert opened(assigned(candidateGroups=groups)).candidate_groups == found


@pytest.mark.parametrize("groups", ["= 7", "= {a: 1}", "= [1]", "= [&quot;a&quot;, 1]", "= [null]", "= true"])
def test_groups_that_are_no_names_are_refused(groups):
    assert groups.replace("&quot;", '"') in refused(assigned(candidateUsers=groups))


def lane(task, name="Amt"):
    lanes = f'<bpmn:laneSet id="L"><bpmn:lane id="l1" name="{name}"><bpmn:flowNodeRef>u</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>' if name is not None else ""
    return Case(doc(lanes, start(), task, chain("s", "u"))).engine.open["user_tasks"].values()


@pytest.mark.parametrize("given", [{"assignee": "anna"}, {"candidateGroups": "b"}, {"candidateUsers": "c"}, {"candidateGroups": "= []"}])
def test_lane_says_nothing_where_the_model_assigns(given):
    (found,) = lane(user("u", ext(assigned(**given))))

    assert found.candidate_groups == (("b",) if given.get("candidateGroups") == "b" else ())


@pytest.mark.parametrize(("name", "groups"), [("Amt", ("amt",)), (None, ())])
def test_task_without_assignment_belongs_to_its_lane_if_it_has_one(name, groups):
    (found,) = lane(user("u"), name)

    assert found.candidate_groups == groups


@pytest.mark.parametrize("value", ["= null", "=&quot;&quot;"])
def test_empty_text_is_nobody(value):
    assert opened(assigned(assignee=value)).assignee is None


def test_fact_that_is_no_text_is_refused_with_its_expression():
    assert "= 40 + 2" in refused('<zeebe:formDefinition formId="= 40 + 2"/>')


# -- when and how urgent -------------------------------------------------------------------------------------------------------
def test_deadline_ends_with_its_day_and_resubmission_begins_with_it():
    found = opened('<zeebe:taskSchedule dueDate="2026-03-01" followUpDate="2026-03-01"/>')

    assert found.due == datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC)
    assert found.follow_up == datetime(2026, 2, 28, 23, tzinfo=UTC)


def test_deadline_may_be_null():
    assert opened('<zeebe:taskSchedule dueDate="= null"/>').due is None


@pytest.mark.parametrize(("text", "priority"), [("", 50), ('<zeebe:priorityDefinition priority="= null"/>', 50), *[(f'<zeebe:priorityDefinition priority="{n}"/>', n) for n in (0, 9, 10, 99, 100)]])
def test_priority_is_fifty_unless_the_model_says_otherwise(text, priority):
    assert opened(text).priority == priority


@pytest.mark.parametrize("value", ["101", "-1", "= 0 - 1", "= 50.5", "hoch", "= true", "1000", "= [1]"])
def test_priority_is_a_whole_number_up_to_a_hundred(value):
    assert f"Ausdruck: „{value}“" in refused(f'<zeebe:priorityDefinition priority="{value}"/>')


# -- choices -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("holds", [True, False])
def test_flow_without_condition_is_always_taken_beside_conditional_ones(holds):
    """BPMN 2.0, 13.2.1: every outgoing flow of an activity that is unconditional, or whose condition holds, gets a token."""
    case = Case(doc(start(), user("a"), user("immer"), user("wenn"), chain("s", "a"), flow("a", "immer"), flow("a", "wenn", "= ja")), ja=holds)
    case.do("a")

    assert case.open() == (["immer", "wenn"] if holds else ["immer"])


def test_conditional_flow_does_not_see_the_locals_of_the_activity_it_leaves():
    """The activity has ended, and its scope with it."""
    task = el("userTask", "a", ext(io({"x": "= 5"}, {"y": "= x"})), default="D")
    case = Case(doc(start(), task, user("innen"), user("aussen"), chain("s", "a"), flow("a", "innen", "= x = 5"), flow("a", "aussen", id="D")), x=1)
    case.do("a")

    assert case.open() == ["aussen"]
    assert case.data == {"x": 1, "y": 5}


# -- decided by a table --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("attributes", "asked"), [
    ('decisionId="d"', ("d", "latest", None)), ('decisionId="= &quot;d&quot;" bindingType="deployment"', ("d", "deployment", None)),
    ('decisionId="d" bindingType="versionTag" versionTag="v1"', ("d", "versionTag", "v1")),
    ('decisionId="d" bindingType="versionTag" versionTag="= marke"', ("d", "versionTag", "v2"))])
def test_decision_is_asked_for_in_the_version_that_it_is_bound_to(attributes, asked):
    rule = el("businessRuleTask", "r", ext(f'<zeebe:calledDecision {attributes} resultVariable="ergebnis"/>'))
    case = Case(doc(start(), rule, user("u"), chain("s", "r", "u")), begin=False)
    seen = []
    case.engine.store.expressions._decide = lambda name, view, *bound: seen.append((name, *bound)) or 7
    case.key = case.engine.start("p", marke="v2")

    assert case.data["ergebnis"] == 7
    assert seen == [(*asked, case.definition.key)]
