"""What can be searched: instances, elements, tasks, jobs, incidents, subscriptions and definitions, under the names of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import BIT

from services import policy
from services.db.models.prozess import (
    DecisionDefinition,
    ElementLog,
    Incident,
    Job,
    MessageSubscription,
    ProcessDefinition,
    ProcessInstance,
    UserTask,
)
from services.db.models.sammelauftrag import BatchOperation, BatchOperationItem
from services.policy import Action, MandantTarget
from services.prozess import rechte, variablen_filter
from services.prozess.schluessel import tasks_between
from services.prozess.suche import (
    Field,
    Source,
    bool_value,
    condition,
    instant_value,
    int_value,
    key_value,
    listed,
    one_of,
    text_value,
)

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.types import TypeEngine

    from services.context import Actor

i, d, t, j, n, e, s, o = (model.__table__.c for model in (
    ProcessInstance, ProcessDefinition, UserTask, Job, Incident, DecisionDefinition, MessageSubscription, ElementLog))
def among(column: ColumnElement[Any], *where: ColumnElement[bool], convert: Callable[[Any], Any] = text_value) -> Callable[[Any], ColumnElement[bool]]:
    """A filter on what belongs to a thing: it holds if one row of the other table passes; ``$exists: false`` if there is none."""
    def compare(wanted: object) -> ColumnElement[bool]:
        if isinstance(wanted, Mapping) and wanted.get("$exists") is False:
            return and_(not_(exists(select(column).where(*where))), *(compare(rest) for rest in [{k: v for k, v in wanted.items() if k != "$exists"}] if rest))
        return exists(select(column).where(*where, condition("Wert", Field(column=column, convert=convert), wanted)))
    return compare


def at_element(wanted: Mapping[str, Any]) -> ColumnElement[bool]:
    """Instances with one element instance that has this id, state and trouble. What has moved counts under its last name."""
    conditions = []
    last = literal_column("(array_agg(element_log.element_id order by element_log.id desc))[1]", Text)
    state = case((func.bool_or(o.what == "terminated"), "TERMINATED"), (func.bool_or(o.what == "completed"), "COMPLETED"), else_="ACTIVE")
    broken = exists(select(n.key).where(n.instance_key == i.key, n.task_id == o.task_id, n.status == "ACTIVE"))
    for name, value in wanted.items():
        if name == "elementId":
            conditions.append(condition(name, Field(column=last), value))
        elif name == "elementInstanceState":
            conditions.append(condition(name, Field(column=state, convert=one_of("ACTIVE", "COMPLETED", "TERMINATED")), value))
        else:
            conditions.append(broken if bool_value(value) else not_(broken))
    return exists(select(o.task_id).where(o.instance_key == i.key).group_by(o.task_id).having(and_(*conditions)))


has_incident = exists(select(n.key).where(n.instance_key == i.key, n.status == "ACTIVE"))

has_retries = exists(select(j.key).where(j.instance_key == i.key, j.status == "FAILED", j.retries > 0))

of_order = among(cast(BatchOperationItem.__table__.c.operation_key, Text), BatchOperationItem.__table__.c.instance_key == i.key)

# The engine's kinds of failure in the words of the official API; every other one is UNKNOWN.
ERROR_TYPES = {
    "JobFailed": "JOB_NO_RETRIES", "UnhandledError": "UNHANDLED_ERROR_EVENT", "NoFlowMatches": "CONDITION_ERROR",
    "CallFailed": "CALLED_ELEMENT_ERROR", "CallTooDeep": "CALLED_ELEMENT_ERROR", "ExpressionError": "EXTRACT_VALUE_ERROR",
    "FormNotFound": "FORM_NOT_FOUND", "DecisionNotFound": "CALLED_DECISION_ERROR"}


def element_key(task: ColumnElement[Any]) -> ColumnElement[int]:
    """The key of an element instance, computed as in ``schluessel.element_key``."""
    return cast(cast(literal("x") + func.left(task, 15), BIT(60)), BigInteger)


def element_key_is(task: ColumnElement[Any]) -> Callable[[Any], ColumnElement[bool]]:
    """An exact element instance, as a range of task ids: an index can serve it."""
    def compare(value: object) -> ColumnElement[bool]:
        first, last = tasks_between(key_value(value))
        return and_(task >= first, task <= last)
    return compare


def null_of(kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """A column without a value."""
    return cast(null(), kind)


def operators_only(actor: Actor, _: date) -> ColumnElement[bool]:
    """Jobs and incidents are shown to those who operate the engine."""
    return true() if policy.may(actor, Action.OPERATE, MandantTarget(mandant=actor.mandant)) else false()


PROCESS_INSTANCES = Source(
    statement=select(i.key, i.definition_key, i.process_id, i.version, d.version_tag, d.name, i.status, i.business_id, i.parent_key, i.parent_task,
                     i.root_key, i.started, i.ended, i.tags, has_incident.label("has_incident")).join_from(ProcessInstance.__table__, ProcessDefinition.__table__,
                                                                                                         d.key == i.definition_key),
    key=i.key,
    fields={
        "processInstanceKey": Field(column=i.key, convert=key_value), "processDefinitionId": Field(column=i.process_id),
        "processDefinitionName": Field(column=d.name), "processDefinitionVersion": Field(column=i.version, convert=int_value),
        "processDefinitionVersionTag": Field(column=d.version_tag), "processDefinitionKey": Field(column=i.definition_key, convert=key_value),
        "startDate": Field(column=i.started, convert=instant_value), "endDate": Field(column=i.ended, convert=instant_value),
        "state": Field(column=i.status, convert=one_of("ACTIVE", "COMPLETED", "TERMINATED", "SUSPENDED")), "businessId": Field(column=i.business_id),
        "parentProcessInstanceKey": Field(column=i.parent_key, convert=key_value),
        "parentElementInstanceKey": Field(column=element_key(i.parent_task), convert=key_value), "tags": Field(column=i.tags, array=True, sort=False),
        "hasIncident": Field(column=has_incident, convert=bool_value),
        "suspendedDate": Field(column=null_of(DateTime(timezone=True)), convert=instant_value)},
    special={"tags": lambda v: and_(*(literal(text_value(x)) == any_(i.tags) for x in listed("tags", v))),
             "errorMessage": among(n.message, n.instance_key == i.key, n.status == "ACTIVE"), "variables": variablen_filter.of_process,
             "batchOperationId": of_order, "batchOperationKey": of_order,
             "hasRetriesLeft": lambda v: has_retries if bool_value(v) else not_(has_retries)},
    joint=(frozenset({"elementId", "elementInstanceState", "hasElementInstanceIncident"}), at_element),
    visible=rechte.visible_instances, default_sort=(("processInstanceKey", False),))

USER_TASKS = Source(
    statement=select(*[column for column in t if column.name != "mandant"], d.name.label("process_name")).join_from(
        UserTask.__table__, ProcessDefinition.__table__, d.key == t.definition_key),
    key=t.key,
    fields={
        "userTaskKey": Field(column=t.key, convert=key_value), "assignee": Field(column=t.assignee),
        "priority": Field(column=t.priority, convert=int_value), "elementId": Field(column=t.element_id), "name": Field(column=t.name),
        "candidateGroup": Field(column=t.candidate_groups, array=True, sort=False), "candidateUser": Field(column=t.candidate_users, array=True, sort=False),
        "processDefinitionId": Field(column=t.process_id), "processDefinitionKey": Field(column=t.definition_key, convert=key_value),
        "processInstanceKey": Field(column=t.instance_key, convert=key_value), "creationDate": Field(column=t.created, convert=instant_value),
        "completionDate": Field(column=t.ended, convert=instant_value), "followUpDate": Field(column=t.follow_up, convert=instant_value),
        "dueDate": Field(column=t.due, convert=instant_value), "businessId": Field(column=t.business_id),
        "state": Field(column=t.status, convert=one_of("CREATED", "COMPLETED", "CANCELED", "ASSIGNING", "CANCELING", "COMPLETING", "CREATING", "FAILED",
                                                       "UPDATING")),
        "elementInstanceKey": Field(column=element_key(t.task_id), convert=key_value)},
    special={"tags": lambda v: literal(value=not [text_value(x) for x in listed("tags", v)]), "processInstanceVariables": variablen_filter.of_task_process,
             "localVariables": variablen_filter.of_task},
    visible=lambda actor, _: policy.visible_tasks(actor), default_sort=(("userTaskKey", False),))

JOBS = Source(
    statement=select(*[column for column in j if column.name != "mandant"]), key=j.key,
    fields={
        "jobKey": Field(column=j.key, convert=key_value), "type": Field(column=j.type), "worker": Field(column=j.worker),
        # A job with an incident has failed; the official API has no state of its own for it.
        "state": Field(column=case((j.status == "INCIDENT", "FAILED"), else_=j.status), convert=one_of(
            "CREATED", "FAILED", "COMPLETED", "CANCELED", "ERROR_THROWN", "MIGRATED", "PRIORITY_UPDATED", "RETRIES_UPDATED", "TIMED_OUT", "TIMEOUT_UPDATED")),
        "elementInstanceKey": Field(column=element_key(j.task_id), convert=key_value),
        "retries": Field(column=j.retries, convert=int_value), "elementId": Field(column=j.element_id), "processDefinitionId": Field(column=j.process_id),
        "processDefinitionKey": Field(column=j.definition_key, convert=key_value), "processInstanceKey": Field(column=j.instance_key, convert=key_value),
        "deadline": Field(column=j.deadline, convert=instant_value), "errorCode": Field(column=j.error_code), "errorMessage": Field(column=j.error_message),
        "creationTime": Field(column=j.created, convert=instant_value), "endTime": Field(column=j.ended, convert=instant_value),
        "hasFailedWithRetriesLeft": Field(column=j.status == "FAILED", convert=bool_value),
        # No job is denied, listens, was updated or comes first: these are what every job of ours answers.
        "priority": Field(column=literal(0, Integer), convert=int_value),
        "kind": Field(column=literal("BPMN_ELEMENT", Text), convert=one_of("BPMN_ELEMENT", "EXECUTION_LISTENER", "TASK_LISTENER", "AD_HOC_SUB_PROCESS")),
        "listenerEventType": Field(column=literal("UNSPECIFIED", Text)), "isDenied": Field(column=null_of(Boolean()), convert=bool_value),
        "deniedReason": Field(column=null_of(Text())), "lastUpdateTime": Field(column=null_of(DateTime(timezone=True)), convert=instant_value)},
    visible=operators_only, default_sort=(("jobKey", False),))

INCIDENTS = Source(
    statement=select(*[column for column in n if column.name != "mandant"]), key=n.key,
    fields={
        "incidentKey": Field(column=n.key, convert=key_value),
        "state": Field(column=n.status, convert=one_of("ACTIVE", "RESOLVED", "MIGRATED", "PENDING", "UNKNOWN")),
        "errorType": Field(column=case(ERROR_TYPES, value=n.type, else_="UNKNOWN")),
        "elementInstanceKey": Field(column=element_key(n.task_id), convert=key_value), "errorMessage": Field(column=n.message),
        "elementId": Field(column=n.element_id), "processDefinitionId": Field(column=n.process_id),
        "processDefinitionKey": Field(column=n.definition_key, convert=key_value), "processInstanceKey": Field(column=n.instance_key, convert=key_value),
        "jobKey": Field(column=n.job_key, convert=key_value), "creationTime": Field(column=n.created, convert=instant_value)},
    visible=operators_only, default_sort=(("incidentKey", False),))


def latest_only(table: Any, columns: Any, name: str) -> Callable[[Any], ColumnElement[bool]]:  # noqa: ANN401  tables
    """``isLatestVersion``: no newer version of the same id."""
    newer = table.alias()
    no_newer = not_(exists(select(newer.c.key).where(newer.c[name] == columns[name], newer.c.version > columns.version)))
    return lambda value: no_newer if bool_value(value) else literal(value=True)


PROCESS_DEFINITIONS = Source(
    statement=select(d.key, d.process_id, d.version, d.version_tag, d.name, d.resource_name), key=d.key,
    fields={
        "processDefinitionKey": Field(column=d.key, convert=key_value), "processDefinitionId": Field(column=d.process_id), "name": Field(column=d.name),
        "resourceName": Field(column=d.resource_name), "version": Field(column=d.version, convert=int_value), "versionTag": Field(column=d.version_tag)},
    special={"isLatestVersion": latest_only(ProcessDefinition.__table__, d, "process_id"),
             "hasStartForm": lambda v: literal(value=not bool_value(v)),
             "state": lambda v: literal(value=one_of("ACTIVE", "DELETED", "DRAINING")(v) == "ACTIVE")},
    default_sort=(("processDefinitionKey", False),))

DECISION_DEFINITIONS = Source(
    statement=select(e.key, e.decision_id, e.version, e.name, e.requirements_id, e.requirements_key, e.requirements_name, e.resource_name), key=e.key,
    fields={
        "decisionDefinitionKey": Field(column=e.key, convert=key_value), "decisionDefinitionId": Field(column=e.decision_id), "name": Field(column=e.name),
        "version": Field(column=e.version, convert=int_value), "decisionRequirementsId": Field(column=e.requirements_id),
        "decisionRequirementsKey": Field(column=e.requirements_key, convert=key_value),
        "decisionRequirementsName": Field(column=e.requirements_name), "decisionRequirementsVersion": Field(column=e.version, convert=int_value)},
    special={"isLatestVersion": latest_only(DecisionDefinition.__table__, e, "decision_id")}, default_sort=(("decisionDefinitionKey", False),))

REQUIREMENTS = select(e.requirements_key, e.requirements_id, e.requirements_name, e.resource_name, func.max(e.version).label("version")).group_by(
    e.requirements_key, e.requirements_id, e.requirements_name, e.resource_name).subquery()
r = REQUIREMENTS.c
DECISION_REQUIREMENTS = Source(
    statement=select(r.requirements_key, r.requirements_id, r.requirements_name, r.resource_name, r.version), key=r.requirements_key,
    fields={
        "decisionRequirementsKey": Field(column=r.requirements_key, convert=key_value), "decisionRequirementsId": Field(column=r.requirements_id),
        "decisionRequirementsName": Field(column=r.requirements_name), "version": Field(column=r.version, convert=int_value),
        "resourceName": Field(column=r.resource_name)},
    default_sort=(("decisionRequirementsKey", False),))

SUBSCRIPTIONS = Source(
    statement=select(*[column for column in s if column.name != "mandant"], d.name.label("process_name"), d.version, i.business_id).where(
        s.kind == "message").join_from(MessageSubscription.__table__, ProcessDefinition.__table__, d.key == s.definition_key).outerjoin(
        ProcessInstance.__table__, i.key == s.instance_key),
    key=s.key,
    fields={
        "messageSubscriptionKey": Field(column=s.key, convert=key_value), "processDefinitionId": Field(column=s.process_id),
        "processDefinitionKey": Field(column=s.definition_key, convert=key_value), "processInstanceKey": Field(column=s.instance_key, convert=key_value),
        "elementId": Field(column=s.element_id), "elementInstanceKey": Field(column=element_key(s.task_id), convert=key_value),
        "lastUpdatedDate": Field(column=s.created, convert=instant_value), "messageName": Field(column=s.name),
        "correlationKey": Field(column=s.correlation_key), "processDefinitionName": Field(column=d.name),
        "processDefinitionVersion": Field(column=d.version, convert=int_value), "businessId": Field(column=i.business_id),
        "messageSubscriptionState": Field(column=literal("CREATED", Text), convert=one_of("CREATED", "CORRELATED", "DELETED", "MIGRATED")),
        "toolName": Field(column=null_of(Text())), "inboundConnectorType": Field(column=null_of(Text())),
        "messageSubscriptionType": Field(column=case((s.instance_key.is_(None), "START_EVENT"), else_="PROCESS_EVENT"),
                                         convert=one_of("START_EVENT", "PROCESS_EVENT"))},
    visible=operators_only, default_sort=(("messageSubscriptionKey", False),))

# One line per element instance: what the log says about it in several lines. A migrated element counts under its last name.
LOG = select(
    o.instance_key, o.task_id, func.min(o.at).label("started"), func.max(o.at).filter(o.what.in_(("completed", "terminated"))).label("ended"),
    literal_column("(array_agg(element_id order by id desc))[1]", Text).label("element_id"),
    case((func.bool_or(o.what == "terminated"), "TERMINATED"), (func.bool_or(o.what == "completed"), "COMPLETED"), else_="ACTIVE").label("state"),
).group_by(o.instance_key, o.task_id).subquery()
x = LOG.c
open_incident = select(func.max(n.key)).where(n.instance_key == x.instance_key, n.task_id == x.task_id, n.status == "ACTIVE").scalar_subquery()
ELEMENT_INSTANCES = Source(
    statement=select(x.instance_key, x.task_id, x.element_id, x.started, x.ended, x.state, i.process_id, i.definition_key, i.root_key,
                     open_incident.label("incident_key")).join_from(LOG, ProcessInstance.__table__, i.key == x.instance_key),
    key=element_key(x.task_id),
    fields={
        "processDefinitionId": Field(column=i.process_id), "processDefinitionKey": Field(column=i.definition_key, convert=key_value),
        "processInstanceKey": Field(column=x.instance_key, convert=key_value), "elementId": Field(column=x.element_id),
        "state": Field(column=x.state, convert=one_of("ACTIVE", "COMPLETED", "TERMINATED")), "startDate": Field(column=x.started, convert=instant_value),
        "endDate": Field(column=x.ended, convert=instant_value), "incidentKey": Field(column=open_incident, convert=key_value),
        "elementInstanceKey": Field(column=element_key(x.task_id), convert=key_value)},
    special={"hasIncident": lambda v: open_incident.is_not(None) if bool_value(v) else open_incident.is_(None),
             "elementInstanceKey": element_key_is(x.task_id)},
    visible=rechte.visible_instances, default_sort=(("startDate", False),))

b, c = BatchOperation.__table__.c, BatchOperationItem.__table__.c


def items_in(*statuses: str) -> ColumnElement[int]:
    """How many items of an order have one of these statuses; all without."""
    counted = select(func.count()).select_from(BatchOperationItem.__table__).where(c.operation_key == b.key)
    return (counted.where(c.status.in_(statuses)) if statuses else counted).scalar_subquery()


BATCH_TYPES = ("ADD_VARIABLE", "CANCEL_PROCESS_INSTANCE", "DELETE_DECISION_DEFINITION", "DELETE_DECISION_INSTANCE", "DELETE_PROCESS_DEFINITION",
               "DELETE_PROCESS_INSTANCE", "MIGRATE_PROCESS_INSTANCE", "MODIFY_PROCESS_INSTANCE", "RESOLVE_INCIDENT", "RESUME_PROCESS_INSTANCE",
               "SUSPEND_PROCESS_INSTANCE", "UPDATE_JOB", "UPDATE_VARIABLE")
BATCH_OPERATIONS = Source(
    statement=select(b.key, b.type, b.status, b.started, b.ended, b.created_by, items_in().label("total"), items_in("FAILED").label("failed"),
                     items_in("COMPLETED").label("completed")),
    key=b.key,
    fields={
        "batchOperationKey": Field(column=b.key, convert=key_value), "operationType": Field(column=b.type, convert=one_of(*BATCH_TYPES)),
        "state": Field(column=b.status, convert=one_of("ACTIVE", "CANCELED", "COMPLETED", "CREATED", "FAILED", "PARTIALLY_COMPLETED", "SUSPENDED")),
        "startDate": Field(column=b.started, convert=instant_value), "endDate": Field(column=b.ended, convert=instant_value),
        "actorId": Field(column=b.created_by),
        "actorType": Field(column=literal("USER", Text), convert=one_of("ANONYMOUS", "CLIENT", "UNKNOWN", "USER"))},
    visible=operators_only, default_sort=(("batchOperationKey", False),))
BATCH_OPERATION_ITEMS = Source(
    statement=select(c.operation_key, c.item_key, c.instance_key, c.root_key, c.status, c.processed, c.message, b.type).join_from(
        BatchOperationItem.__table__, BatchOperation.__table__, b.key == c.operation_key),
    key=c.item_key,
    fields={
        "batchOperationKey": Field(column=c.operation_key, convert=key_value), "itemKey": Field(column=c.item_key, convert=key_value),
        "processInstanceKey": Field(column=c.instance_key, convert=key_value), "operationType": Field(column=b.type, convert=one_of(*BATCH_TYPES)),
        "state": Field(column=c.status, convert=one_of("ACTIVE", "CANCELED", "COMPLETED", "FAILED")),
        "processedDate": Field(column=c.processed, convert=instant_value)},
    visible=operators_only, default_sort=(("batchOperationKey", False), ("itemKey", False)))
