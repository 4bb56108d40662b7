"""Whole journeys with the unmodified official client: every answer passes its own ``from_dict``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from camunda_orchestration_sdk import CamundaClient, ConsistencyOptions, WorkerConfig, errors, models
from camunda_orchestration_sdk.types import File

from tests import bpmn
from tests.web.api_v2.conftest import Server

AT_ONCE = ConsistencyOptions(wait_up_to_ms=0)


def in_its_own_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: a browser of another test may keep a running event loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()



def deploy(client: CamundaClient, *data: bytes | tuple[str, bytes]) -> models.DeploymentResult:
    files = [entry if isinstance(entry, tuple) else (f"modell{n}.bpmn", entry) for n, entry in enumerate(data)]
    return client.create_deployment(data=models.CreateDeploymentData(resources=[File(payload=d, file_name=n) for n, d in files]))


def start(client: CamundaClient, process: str, **more: Any) -> str:
    return str(client.create_process_instance(data=models.ProcessCreationById.from_dict({"processDefinitionId": process, **more})).process_instance_key)


def tasks(client: CamundaClient, instance: str, **wanted: Any) -> list[models.UserTaskResult]:
    query = models.UserTaskSearchQuery.from_dict({"filter": {"processInstanceKey": instance, **wanted}})
    return client.search_user_tasks(data=query, consistency=AT_ONCE).items


def state(client: CamundaClient, instance: str) -> str:
    return str(client.get_process_instance(instance, consistency=AT_ONCE).state.value)


def until(check: Callable[[], bool], seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def variables(client: CamundaClient, instance: str) -> dict[str, str]:
    query = models.VariableSearchQuery.from_dict({"filter": {"processInstanceKey": instance}})
    return {item.name: item.value for item in client.search_variables(data=query, consistency=AT_ONCE).items}


def test_task_of_a_case_is_found_by_its_group(server: Server, client, name) -> None:
    deployed = deploy(client, bpmn.sequence(name, bpmn.user("antrag_pruefen")))
    assert deployed.deployments[0].process_definition.process_definition_id == name
    created = client.create_process_instance(data=models.ProcessCreationByKey(
        process_definition_key=deployed.deployments[0].process_definition.process_definition_key, business_id="K-1", tags=["a:b"]))
    instance = created.process_instance_key
    assert (created.business_id, created.tags) == ("K-1", ["a:b"])

    with server.client("falkenrath") as caseworker:
        (task,) = tasks(caseworker, instance, state="CREATED")
    assert tasks(client, instance) == []  # the administration of the engine sees no cases
    assert (task.element_id, task.name, task.business_id, task.candidate_groups, task.assignee) == (
        "antrag_pruefen", "Antrag pruefen", "K-1", ["fallmanagement"], None)


def test_claimed_task_is_completed_and_the_instance_ends(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("antrag_pruefen")))
    instance = start(client, name, variables={"frage": 1})
    (task,) = tasks(client, instance)

    client.assign_user_task(task.user_task_key, data=models.UserTaskAssignmentRequest(assignee="verwaltung", allow_override=False))
    assert client.get_user_task(task.user_task_key, consistency=AT_ONCE).assignee == "verwaltung"
    assert [t.user_task_key for t in tasks(client, instance, assignee="verwaltung")] == [task.user_task_key]
    client.unassign_user_task(task.user_task_key)
    assert client.get_user_task(task.user_task_key, consistency=AT_ONCE).assignee is None
    client.update_user_task(task.user_task_key, data=models.UserTaskUpdateRequest.from_dict(
        {"changeset": {"priority": 80, "dueDate": "2030-01-01T00:00:00Z"}}))
    changed = client.get_user_task(task.user_task_key, consistency=AT_ONCE)
    assert (changed.priority, changed.due_date.year) == (80, 2030)
    client.complete_user_task(task.user_task_key, data=models.UserTaskCompletionRequest.from_dict({"variables": {"antwort": {"a": [1, None]}}}))

    assert state(client, instance) == "COMPLETED"
    assert variables(client, instance) == {"frage": "1", "antwort": '{"a": [1, null]}'}
    assert client.get_user_task(task.user_task_key, consistency=AT_ONCE).state.value == "COMPLETED"
    with pytest.raises(errors.ConflictError) as refused:
        client.complete_user_task(task.user_task_key, data=models.UserTaskCompletionRequest())
    assert refused.value.parsed.detail == "Diese Aufgabe ist nicht mehr offen."


def test_message_goes_to_the_instance_that_waits(client, name) -> None:
    deploy(client, bpmn.process(
        name, bpmn.el("startEvent", "anfang") + bpmn.message_catch("warten", "m") + bpmn.el("endEvent", "ende") + bpmn.chain("anfang", "warten", "ende"),
        bpmn.message("m", f"antwort_{name}", "= nummer")))
    instance, other = start(client, name, variables={"nummer": "7"}), start(client, name, variables={"nummer": "8"})
    waiting = client.search_message_subscriptions(data=models.MessageSubscriptionSearchQuery.from_dict(
        {"filter": {"processInstanceKey": instance}}), consistency=AT_ONCE).items
    assert [(w.message_name, w.correlation_key, w.message_subscription_type.value) for w in waiting] == [(f"antwort_{name}", "7", "PROCESS_EVENT")]

    client.publish_message(data=models.MessagePublicationRequest.from_dict(
        {"name": f"antwort_{name}", "correlationKey": "7", "timeToLive": 60000, "messageId": "m-1", "variables": {"ja": True}}))

    assert (state(client, instance), state(client, other)) == ("COMPLETED", "ACTIVE")
    with pytest.raises(errors.UnexpectedStatus, match="409"):  # the official API has no status for it, the official server answers so
        client.publish_message(data=models.MessagePublicationRequest(name=f"antwort_{name}", correlation_key="7", message_id="m-1"))
    correlated = client.correlate_message(data=models.MessageCorrelationRequest(name=f"antwort_{name}", correlation_key="8"))
    assert (correlated.process_instance_key, state(client, other)) == (other, "COMPLETED")
    with pytest.raises(errors.NotFoundError):
        client.correlate_message(data=models.MessageCorrelationRequest(name=f"antwort_{name}", correlation_key="8"))


def test_signal_reaches_everybody_who_listens(client, name) -> None:
    model = bpmn.process(name, bpmn.el("startEvent", "anfang") + bpmn.el("intermediateCatchEvent", "warten", '<bpmn:signalEventDefinition signalRef="s"/>')
                         + bpmn.el("endEvent", "ende") + bpmn.chain("anfang", "warten", "ende"), bpmn.el("signal", "s", name=f"signal_{name}"))
    deploy(client, model)
    both = [start(client, name), start(client, name)]

    client.broadcast_signal(data=models.SignalBroadcastRequest.from_dict({"signalName": f"signal_{name}", "variables": {"x": 1}}))

    assert [state(client, instance) for instance in both] == ["COMPLETED", "COMPLETED"]


@pytest.mark.usefixtures("running_clock")
def test_timer_fires_when_the_clock_is_pinned_behind_it(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.timer_catch("warten", "P3W"), bpmn.user("danach")))
    instance = start(client, name)
    now = time.time()
    client.pin_clock(data=models.ClockPinRequest(timestamp=int((now + 20 * 86400) * 1000)))
    time.sleep(1.2)
    assert tasks(client, instance) == []

    client.pin_clock(data=models.ClockPinRequest(timestamp=int((now + 22 * 86400) * 1000)))

    until(lambda: [t.element_id for t in tasks(client, instance)] == ["danach"])
    client.reset_clock()


def test_job_without_retries_is_an_incident_that_is_resolved(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.service("rufen", name)))
    instance = start(client, name)
    (job,) = activate(client, name)
    client.fail_job(job.job_key, data=models.JobFailRequest(retries=0, error_message="Gegenstelle antwortet nicht"))

    query = models.IncidentSearchQuery.from_dict({"filter": {"processInstanceKey": instance, "state": "ACTIVE"}})
    (incident,) = client.search_incidents(data=query, consistency=AT_ONCE).items
    assert (incident.error_type.value, incident.error_message, incident.job_key, incident.element_id) == (
        "JOB_NO_RETRIES", "Gegenstelle antwortet nicht", job.job_key, "rufen")
    assert client.get_process_instance(instance, consistency=AT_ONCE).has_incident
    assert client.get_incident(incident.incident_key, consistency=AT_ONCE).incident_key == incident.incident_key
    of_instance = client.search_process_instance_incidents(instance, data=models.IncidentSearchQuery(), consistency=AT_ONCE)
    of_element = client.search_element_instance_incidents(incident.element_instance_key, data=models.IncidentSearchQuery(), consistency=AT_ONCE)
    assert [i.incident_key for i in of_instance.items] == [i.incident_key for i in of_element.items] == [incident.incident_key]
    client.update_job(job.job_key, data=models.JobUpdateRequest(changeset=models.JobChangeset(retries=2)))
    client.resolve_incident(incident.incident_key)
    (again,) = activate(client, name)
    client.complete_job(again.job_key, data=models.JobCompletionRequest.from_dict({"variables": {"ergebnis": 5}}))

    assert (state(client, instance), variables(client, instance)) == ("COMPLETED", {"ergebnis": "5"})
    with pytest.raises(errors.NotFoundError):
        client.resolve_incident(incident.incident_key)


def activate(client: CamundaClient, job_type: str, **more: Any) -> list[models.ActivatedJobResult]:
    body = {"type": job_type, "timeout": 60000, "maxJobsToActivate": 10, "requestTimeout": -1, **more}
    return client.activate_jobs(data=models.JobActivationRequest.from_dict(body)).jobs


def test_failed_job_comes_back_with_its_variables(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.service("rufen", name)))
    instance = start(client, name, variables={"a": 1, "b": 2})
    (job,) = activate(client, name, fetchVariable=["a"], worker="w1")
    assert (job.variables.to_dict(), job.worker, job.retries, job.process_instance_key, job.job_lease_token) == ({"a": 1}, "w1", 3, instance, None)

    client.fail_job(job.job_key, data=models.JobFailRequest.from_dict({"retries": 2, "retryBackOff": 0, "variables": {"versuch": 1}}))

    found = client.search_jobs(data=models.JobSearchQuery.from_dict({"filter": {"processInstanceKey": instance, "state": "FAILED"}}), consistency=AT_ONCE)
    assert [(j.retries, j.has_failed_with_retries_left) for j in found.items] == [(2, True)]
    (again,) = activate(client, name)
    assert again.variables.to_dict() == {"a": 1, "b": 2, "versuch": 1}
    client.throw_job_error(again.job_key, data=models.JobErrorRequest(error_code="E1", error_message="fachlich"))
    assert client.search_incidents(data=models.IncidentSearchQuery.from_dict({"filter": {"processInstanceKey": instance}}),
                                   consistency=AT_ONCE).items[0].error_type.value == "UNHANDLED_ERROR_EVENT"


@pytest.mark.parametrize("with_lease", [False, True])
def test_worker_of_the_async_client_serves_jobs(server: Server, client, name, with_lease) -> None:
    deploy(client, bpmn.sequence(name, bpmn.service("rufen", name)))
    instances = [start(client, name, variables={"zahl": n}) for n in (1, 2)]
    tokens = []

    async def serve(job: Any) -> dict[str, Any]:
        tokens.append(job.job_lease_token)
        return {"doppelt": 2 * job.variables.to_dict()["zahl"]}

    async def work() -> None:
        async with server.async_client() as own:
            own.create_job_worker(WorkerConfig(job_type=name, job_timeout_milliseconds=10_000, request_timeout_milliseconds=500, with_lease=with_lease), serve)
            running = asyncio.create_task(own.run_workers())
            for _ in range(100):
                found = [await own.get_process_instance(key, consistency=AT_ONCE) for key in instances]
                if all(i.state.value == "COMPLETED" for i in found):
                    break
                await asyncio.sleep(0.05)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    in_its_own_loop(work())

    assert [variables(client, key)["doppelt"] for key in instances] == ["2", "4"]
    assert all(isinstance(token, str) for token in tokens) == with_lease


def test_answer_of_an_old_lease_is_refused(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.service("rufen", name)))
    instance = start(client, name)
    (old,) = activate(client, name, withLease=True, timeout=1)
    time.sleep(0.01)
    (new,) = activate(client, name, withLease=True)

    with pytest.raises(errors.ConflictError):
        client.complete_job(old.job_key, data=models.JobCompletionRequest(job_lease_token=old.job_lease_token))
    client.complete_job(new.job_key, data=models.JobCompletionRequest(job_lease_token=new.job_lease_token))

    assert state(client, instance) == "COMPLETED"


def test_async_client_walks_the_same_way(server: Server, client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("antrag_pruefen")))

    async def walk() -> str:
        async with server.async_client() as own:
            created = await own.create_process_instance(data=models.ProcessCreationById(process_definition_id=name))
            query = models.UserTaskSearchQuery.from_dict({"filter": {"processInstanceKey": created.process_instance_key}})
            (task,) = (await own.search_user_tasks(data=query, consistency=AT_ONCE)).items
            await own.complete_user_task(task.user_task_key, data=models.UserTaskCompletionRequest())
            return (await own.get_process_instance(created.process_instance_key, consistency=AT_ONCE)).state.value

    assert in_its_own_loop(walk()) == "COMPLETED"


def test_result_is_awaited(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.el("scriptTask", "rechnen", bpmn.ext('<zeebe:script expression="= a + 1" resultVariable="b"/>'))),
           bpmn.sequence(f"{name}_lang", bpmn.user("u")))

    done = client.create_process_instance(data=models.ProcessCreationById.from_dict(
        {"processDefinitionId": name, "variables": {"a": 1}, "awaitCompletion": True, "fetchVariables": ["b"]}))

    assert done.variables.to_dict() == {"b": 2}
    with pytest.raises(errors.GatewayTimeoutError):
        client.create_process_instance(data=models.ProcessCreationById(process_definition_id=f"{name}_lang", await_completion=True, request_timeout=100))


def test_two_people_claim_at_once_and_one_gets_it(server: Server, client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("u")))
    instance = start(client, name)
    (task,) = tasks(client, instance)

    def claim(login: str) -> bool:
        with server.client(login) as own:
            try:
                own.assign_user_task(task.user_task_key, data=models.UserTaskAssignmentRequest(assignee=login, allow_override=False))
            except (errors.ConflictError, errors.UnexpectedStatus):
                return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(claim, ("falkenrath", "brueggen")))

    assert sorted(won) == [False, True]
    assert client.get_user_task(task.user_task_key, consistency=AT_ONCE).assignee == ("falkenrath", "brueggen")[won.index(True)]


def test_poll_waits_for_the_first_job(server: Server, client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.service("rufen", name)))

    with ThreadPoolExecutor(1) as pool:
        polled = pool.submit(activate, client, name, requestTimeout=8000)
        time.sleep(0.3)
        assert not polled.done()
        instance = start(client, name)
        (job,) = polled.result(8)

    assert job.process_instance_key == instance


def test_jobs_are_given_to_one_worker_each(server: Server, client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.service("rufen", name)))
    for _ in range(8):
        start(client, name)

    with ThreadPoolExecutor(4) as pool:
        taken = [job.job_key for jobs in pool.map(lambda _: activate(client, name, maxJobsToActivate=3), range(4)) for job in jobs]

    assert len(taken) == len(set(taken)) == 8
