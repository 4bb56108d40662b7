"""Variables with their scopes, moves to another version, and the keys that are made of other things."""

from __future__ import annotations

import pytest

from services.errors import Conflict, InvalidInput, NotFound
from services.prozess import instances, jobs, schluessel, umzug, variablen
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import deploy, only_task, started
from tests.services.prozess.test_ereignisse import activate


def test_local_variables_stay_in_their_scope(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("u")))
    key = started(app, "p", n=1)
    task = only_task(app)

    instances.set_variables(app, actor("verwaltung"), key=key, variables={"n": 2}, task_id=task.task_id, local=True)
    instances.set_variables(app, actor("verwaltung"), key=key, variables={"m": 3}, task_id=task.task_id)

    own = schluessel.element_key(task.task_id)
    assert {(v.scope, v.name, v.value) for v in variablen.of_instance(app, actor("verwaltung"), key=key)} == {(key, "n", "1"), (key, "m", "3"), (own, "n", "2")}
    assert {v.name: (v.scope, v.value) for v in variablen.of_task(app, actor("falkenrath"), key=task.key)} == {"n": (own, "2"), "m": (key, "3")}
    assert variablen.place_of(app, actor("verwaltung"), key=own) == variablen.Place(instance=key, task_id=task.task_id)


def test_variables_of_a_failed_job_are_local_to_it(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.service("extern")))
    key = started(app, "p")
    (job,) = activate(app)

    jobs.fail(app, actor("verwaltung"), key=job.key, retries=1, variables={"versuch": 1})

    (again,) = activate(app)
    assert again.variables == {"versuch": 1}
    assert [v.scope for v in variablen.of_instance(app, actor("verwaltung"), key=key)] == [schluessel.element_key(job.task_id)]


def test_variables_of_an_ended_instance_remain(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("u")))
    key = started(app, "p", n=1)
    instances.cancel(app, actor("verwaltung"), key=key)

    (variable,) = variablen.of_instance(app, actor("verwaltung"), key=key)
    assert (variable.name, variable.value) == ("n", "1")
    assert variablen.get(app, actor("verwaltung"), key=variable.key) == variable
    with pytest.raises(NotFound):
        variablen.get(app, actor("verwaltung"), key=variable.key ^ 1)
    with pytest.raises(NotFound):
        variablen.of_instance(app, actor("domhoff"), key=key)


def test_move_to_another_version_refuses_what_does_not_fit(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("alt")), bpmn.sequence("q", bpmn.user("alt")))
    key = started(app, "p")
    here = instances.get(app, actor("verwaltung"), key=key).definition_key
    from services.prozess.definitions import find_process
    from services.unit_of_work import read
    other = read(app, actor("verwaltung"), lambda uow: find_process(uow.session, process_id="q").key)

    for target in (here, other):
        with pytest.raises(Conflict):
            umzug.migrate(app, actor("verwaltung"), key=key, definition_key=target)
    with pytest.raises(NotFound):
        umzug.migrate(app, actor("verwaltung"), key=key, definition_key=1)
    assert instances.get(app, actor("verwaltung"), key=key).definition_key == here


@pytest.mark.parametrize(("pattern", "value", "fits"), [
    ("*", "", True), ("a*c", "abbc", True), ("a*c", "abb", False), ("a?c", "abc", True), ("a?c", "ac", False), ("\\*", "*", True), ("\\*", "x", False),
    ("a*b*c", "a1b2b3c", True), ("", "", True), ("", "x", False), ("*" * 200 + "b", "a" * 2000, False), ("a.c", "abc", False), ("\\\\", "\\", True)])
def test_wildcards_of_the_interface(pattern, value, fits) -> None:
    assert variablen.like(value, pattern) is fits


@pytest.mark.parametrize("wanted", [5, {"$bad": "x"}, {"$in": "x"}, {"$eq": None}, {"$exists": "ja"}, None])
def test_filters_are_checked_even_where_nothing_is_found(wanted) -> None:
    if wanted is None:
        assert variablen.chosen([], filters={"name": wanted}, sort=[], page={}).total == 0
    else:
        with pytest.raises(InvalidInput):
            variablen.chosen([], filters={"name": wanted}, sort=[], page={})


def test_keys_of_variables_are_stable_and_different() -> None:
    names = [(scope, f"name{n}") for scope in (1, 2) for n in range(3000)]

    keys = schluessel.variable_keys(1000, names)

    assert keys == schluessel.variable_keys(1000, reversed(names))
    assert len(set(keys.values())) == len(names)
    assert {schluessel.instance_of_variable(key) for key in keys.values()} == {1000}
    assert max(schluessel.variable_keys(2**41 - 1, names).values()) < 2**63


def test_keys_of_elements_name_their_task_and_nothing_else() -> None:
    task = "0123456789abcdef0123456789abcdef"
    first, last = schluessel.tasks_between(schluessel.element_key(task))
    assert first <= task <= last
    first, last = schluessel.tasks_between(2**63 - 1)
    assert first > last


def test_variables_of_all_instances_that_the_person_may_see(app, monkeypatch) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("u")))
    first, second, third = (started(app, "p", zahl=number) for number in (1, 2, 3))

    def found(login: str = "verwaltung", keys: object = None) -> list[tuple[int, str]]:
        return [(v.instance, v.value) for v in variablen.of_instances(app, actor(login), keys=keys) if v.name == "zahl"]

    assert found() == [(first, "1"), (second, "2"), (third, "3")]
    assert found(keys={"$in": [str(first), str(third)]}) == [(first, "1"), (third, "3")]
    assert found(keys={"$neq": str(first)}) == [(second, "2"), (third, "3")]
    assert found("lindqvist") == [], "instances without a case are for operators"
    monkeypatch.setattr(variablen, "MAX_INSTANCES", 2)
    assert found(keys={"$in": [str(first), str(third)]}) == [(first, "1"), (third, "3")]
    with pytest.raises(InvalidInput, match="mehr als 2 Vorgänge"):
        found()
