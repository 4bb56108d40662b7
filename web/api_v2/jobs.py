"""Jobs: activate with long polling, complete, fail, throw an error, update, search."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import marshmallow as ma
from flask import Blueprint, Response, jsonify

from services.errors import InvalidInput
from services.prozess import jobs
from services.prozess.quellen import JOBS
from web.api_v2.common import (
    LONG,
    TENANT,
    Body,
    Flag,
    Long,
    answer_search,
    element_instance,
    empty,
    instant,
    key_of,
    load,
    variables_field,
)
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from services.prozess.jobs import ActivatedJob

DEFAULT_POLL_MS = 10_000
MAX_POLL_MS = 30_000
MAX_RETRIES = 2**31 - 1


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/jobs/activation")(activate)
    blueprint.post("/jobs/<key>/completion")(complete)
    blueprint.post("/jobs/<key>/failure")(fail)
    blueprint.post("/jobs/<key>/error")(throw_error)
    blueprint.patch("/jobs/<key>")(update)
    blueprint.post("/jobs/search")(search)


class Activate(Body):
    """``timeout`` of the lease and ``requestTimeout`` of the poll in milliseconds; 0 is our default, below 0 is no waiting."""

    type = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=500))
    timeout = Long(required=True, validate=ma.validate.Range(1, 10**12))
    maxJobsToActivate = Long(required=True, validate=ma.validate.Range(1, LONG - 1))
    worker = ma.fields.String(load_default="")
    fetchVariable = ma.fields.List(ma.fields.String(), load_default=list, allow_none=True)
    requestTimeout = Long(load_default=0, allow_none=True)
    tenantIds = ma.fields.List(ma.fields.String(), load_default=list, allow_none=True)
    tenantFilter = ma.fields.String(load_default=None, allow_none=True)
    withLease = Flag(load_default=False, allow_none=True)


class Leased(Body):
    """What every answer of a worker may carry: the fencing token of its lease."""

    jobLeaseToken = ma.fields.String(load_default=None, allow_none=True)


class Complete(Leased):
    """The result."""

    variables = variables_field()
    result = ma.fields.Dict(load_default=None, allow_none=True)
    businessId = ma.fields.String(load_default=None, allow_none=True)


class Fail(Leased):
    """``retryBackOff`` in milliseconds."""

    retries = Long(load_default=0, validate=ma.validate.Range(-MAX_RETRIES, MAX_RETRIES))
    errorMessage = ma.fields.String(load_default="", allow_none=True)
    retryBackOff = Long(load_default=0, validate=ma.validate.Range(0, 10**12))
    variables = variables_field()


class ThrowError(Leased):
    """A BPMN error."""

    errorCode = ma.fields.String(required=True)
    errorMessage = ma.fields.String(load_default="", allow_none=True)
    variables = variables_field()


class Changeset(ma.Schema):
    """What may be changed; null leaves it as it is."""

    class Meta:
        """Strict."""

        unknown = ma.RAISE

    retries = Long(load_default=None, allow_none=True, validate=ma.validate.Range(0, MAX_RETRIES))
    timeout = Long(load_default=None, allow_none=True, validate=ma.validate.Range(0, 10**12))
    priority = Long(load_default=None, allow_none=True)


class Update(Leased):
    """``changeset``: ``retries``, ``timeout`` in milliseconds."""

    changeset = ma.fields.Nested(Changeset, required=True)


ACTIVATE, COMPLETE, FAIL, THROW_ERROR, UPDATE = Activate(), Complete(), Fail(), ThrowError(), Update()


def shape(job: ActivatedJob, *, leased: bool) -> dict[str, Any]:
    return {
        "jobKey": str(job.key), "type": job.type, "kind": "BPMN_ELEMENT", "listenerEventType": "UNSPECIFIED", "worker": job.worker,
        "retries": job.retries, "deadline": int(job.deadline.timestamp() * 1000), "priority": 0, "variables": dict(job.variables),
        "customHeaders": dict(job.headers), "userTask": None, "tags": [], "businessId": job.business_id, "elementId": job.element_id,
        "elementInstanceKey": element_instance(job.task_id), "processDefinitionId": job.process_id, "processDefinitionKey": str(job.definition_key),
        "processDefinitionVersion": job.version, "processInstanceKey": str(job.instance_key), "rootProcessInstanceKey": str(job.root_key),
        "tenantId": TENANT, "physicalTenantId": "default", "jobLeaseToken": job.lease_token if leased else None}


@guard()
def activate() -> Response:
    """Take jobs of a type for a while; waits for the first one."""
    body = load(ACTIVATE)
    asked = body["requestTimeout"] or 0
    wait = 0 if asked < 0 else min(asked or DEFAULT_POLL_MS, MAX_POLL_MS)
    taken = jobs.activate(the_app(), actor(), job_type=body["type"], worker=body["worker"] or "", timeout=timedelta(milliseconds=body["timeout"]),
                          limit=body["maxJobsToActivate"], wait=timedelta(milliseconds=wait), variables=frozenset(body["fetchVariable"] or ()))
    return jsonify({"jobs": [shape(job, leased=bool(body["withLease"])) for job in taken]})


@guard()
def complete(key: str) -> tuple[str, int]:
    body = load(COMPLETE)
    jobs.complete(the_app(), actor(), key=key_of(key), variables=body["variables"] or {}, lease_token=body["jobLeaseToken"])
    return empty()


@guard()
def fail(key: str) -> tuple[str, int]:
    body = load(FAIL)
    jobs.fail(the_app(), actor(), key=key_of(key), retries=body["retries"], message=body["errorMessage"] or "",
              backoff=timedelta(milliseconds=body["retryBackOff"]), variables=body["variables"] or {}, lease_token=body["jobLeaseToken"])
    return empty()


@guard()
def throw_error(key: str) -> tuple[str, int]:
    body = load(THROW_ERROR)
    jobs.throw_error(the_app(), actor(), key=key_of(key), code=body["errorCode"], message=body["errorMessage"] or "",
                     variables=body["variables"] or {}, lease_token=body["jobLeaseToken"])
    return empty()


@guard()
def update(key: str) -> tuple[str, int]:
    body = load(UPDATE)
    retries, timeout = body["changeset"]["retries"], body["changeset"]["timeout"]
    if body["changeset"]["priority"]:
        raise InvalidInput("Aufträge haben hier keine Rangfolge (priority).", errors={"changeset.priority": "nicht möglich"})
    if retries is None and timeout is None:
        raise InvalidInput("Es wurde keine Änderung genannt (retries oder timeout).")
    jobs.update(the_app(), actor(), key=key_of(key), retries=retries, timeout=None if timeout is None else timedelta(milliseconds=timeout),
                lease_token=body["jobLeaseToken"])
    return empty()


STATES = {"INCIDENT": "FAILED"}


def search_shape(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {
        "jobKey": str(row.key), "type": row.type, "worker": row.worker or "", "state": STATES.get(row.status, row.status), "kind": "BPMN_ELEMENT",
        "listenerEventType": "UNSPECIFIED", "retries": row.retries, "isDenied": None, "deniedReason": None,
        "hasFailedWithRetriesLeft": row.status == "FAILED", "errorCode": row.error_code, "errorMessage": row.error_message,
        "customHeaders": dict(row.headers), "deadline": instant(row.deadline), "endTime": instant(row.ended), "creationTime": instant(row.created),
        "lastUpdateTime": None, "processDefinitionId": row.process_id, "processDefinitionKey": str(row.definition_key),
        "processInstanceKey": str(row.instance_key), "rootProcessInstanceKey": str(row.root_key), "elementId": row.element_id,
        "elementInstanceKey": element_instance(row.task_id), "businessId": row.business_id, "tenantId": TENANT, "priority": 0}


@guard()
def search() -> Response:
    return answer_search(JOBS, search_shape)
