"""Batch operations with the official client, done by the real worker."""

from __future__ import annotations

import time

import pytest
from camunda_orchestration_sdk import errors, models

from tests import bpmn
from tests.web.api_v2.test_umfang import AT_ONCE, deploy, start, state, tasks


def finished(client, order) -> models.BatchOperationResponse:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = client.get_batch_operation(order.batch_operation_key, consistency=AT_ONCE)
        if found.state == "COMPLETED":
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def selection(name: str) -> dict[str, object]:
    return {"filter": {"processDefinitionId": name}}


def test_incidents_of_many_instances_are_resolved_by_one_order(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.call("rufen", f"{name}_fehlt"), bpmn.user("danach")))
    instances = [start(client, name) for _ in range(3)]
    deploy(client, bpmn.sequence(f"{name}_fehlt", bpmn.user("innen")))

    order = client.resolve_incidents_batch_operation(data=models.ProcessInstanceIncidentResolutionBatchOperationRequest.from_dict(selection(name)))
    done = finished(client, order)

    assert (done.batch_operation_type, done.operations_total_count, done.operations_completed_count, done.operations_failed_count) == (
        "RESOLVE_INCIDENT", 3, 3, 0)
    assert [client.get_process_instance(key, consistency=AT_ONCE).has_incident for key in instances] == [False] * 3


def test_the_incidents_of_one_instance(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.call("rufen", f"{name}_fehlt")))
    one, other = start(client, name), start(client, name)
    deploy(client, bpmn.sequence(f"{name}_fehlt", bpmn.user("innen")))

    finished(client, client.resolve_process_instance_incidents(one))

    assert [client.get_process_instance(key, consistency=AT_ONCE).has_incident for key in (one, other)] == [False, True]


def test_instances_are_moved_modified_rested_and_cancelled_by_orders(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("alt"), bpmn.user("b")))
    instances = [start(client, name) for _ in range(2)]
    target = deploy(client, bpmn.sequence(name, bpmn.user("neu"), bpmn.user("b"))).deployments[0].process_definition

    refused = finished(client, client.migrate_process_instances_batch_operation(
        data=models.ProcessInstanceMigrationBatchOperationRequest.from_dict(
            selection(name) | {"migrationPlan": {"targetProcessDefinitionKey": target.process_definition_key, "mappingInstructions": []}})))
    assert (refused.operations_completed_count, refused.operations_failed_count) == (0, 2)
    items = client.search_batch_operation_items(data=models.BatchOperationItemSearchQuery.from_dict(
        {"filter": {"batchOperationKey": str(refused.batch_operation_key), "state": "FAILED"}}), consistency=AT_ONCE).items
    assert {i.process_instance_key for i in items} == set(instances)
    assert all("alt" in i.error_message for i in items)

    finished(client, client.migrate_process_instances_batch_operation(
        data=models.ProcessInstanceMigrationBatchOperationRequest.from_dict(
            selection(name) | {"migrationPlan": {"targetProcessDefinitionKey": target.process_definition_key,
                                                 "mappingInstructions": [{"sourceElementId": "alt", "targetElementId": "neu"}]}})))
    assert [[t.element_id for t in tasks(client, key, state="CREATED")] for key in instances] == [["neu"]] * 2

    finished(client, client.modify_process_instances_batch_operation(
        data=models.ProcessInstanceModificationBatchOperationRequest.from_dict(
            selection(name) | {"moveInstructions": [{"sourceElementId": "neu", "targetElementId": "b"}]})))
    assert [[t.element_id for t in tasks(client, key, state="CREATED")] for key in instances] == [["b"]] * 2

    finished(client, client.suspend_process_instances_batch_operation(
        data=models.ProcessInstanceSuspensionBatchOperationRequest.from_dict(selection(name))))
    assert [state(client, key) for key in instances] == ["SUSPENDED"] * 2
    finished(client, client.resume_process_instances_batch_operation(
        data=models.ProcessInstanceResumptionBatchOperationRequest.from_dict(selection(name))))
    order = client.cancel_process_instances_batch_operation(data=models.ProcessInstanceCancellationBatchOperationRequest.from_dict(selection(name)))
    finished(client, order)

    assert [state(client, key) for key in instances] == ["TERMINATED"] * 2
    found = client.search_batch_operations(data=models.BatchOperationSearchQuery.from_dict(
        {"filter": {"operationType": "CANCEL_PROCESS_INSTANCE", "batchOperationKey": str(order.batch_operation_key)}}), consistency=AT_ONCE)
    assert [o.state for o in found.items] == ["COMPLETED"]


def test_orders_that_are_over_cannot_be_steered(client, name) -> None:
    order = client.cancel_process_instances_batch_operation(
        data=models.ProcessInstanceCancellationBatchOperationRequest.from_dict(selection(name)))
    assert finished(client, order).operations_total_count == 0

    for act in (client.suspend_batch_operation, client.resume_batch_operation, client.cancel_batch_operation):
        with pytest.raises(errors.ApiError) as refused:
            act(order.batch_operation_key)
        assert refused.value.status_code == 409
