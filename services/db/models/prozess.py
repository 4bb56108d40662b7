"""Tables of the engine side: everything a list shows is a column, written in the command's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, Key, Mandant, PrimaryKey, Words


class Deployment(Base):
    """One act of bringing resources in."""

    __tablename__ = "deployment"
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    name: Mapped[str]
    erstellt: Mapped[datetime]
    erstellt_von: Mapped[str]


class ProcessDefinition(Base):
    """An immutable version of a process; ``xml`` holds the original bytes of its resource."""

    __tablename__ = "process_definition"
    __table_args__ = (UniqueConstraint("mandant", "process_id", "version"),)
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    deployment_key: Mapped[Key] = mapped_column(ForeignKey("etappe.deployment.key"))
    process_id: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    version_tag: Mapped[str | None]
    name: Mapped[str | None]
    resource_name: Mapped[str]
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    checksum: Mapped[bytes] = mapped_column(LargeBinary)


class DecisionDefinition(Base):
    """An immutable version of one decision; several may share one resource."""

    __tablename__ = "decision_definition"
    __table_args__ = (UniqueConstraint("mandant", "decision_id", "version"),)
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    deployment_key: Mapped[Key] = mapped_column(ForeignKey("etappe.deployment.key"))
    decision_id: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    version_tag: Mapped[str | None]
    name: Mapped[str | None]
    requirements_id: Mapped[str]
    requirements_name: Mapped[str | None]
    requirements_key: Mapped[Key]
    resource_name: Mapped[str]
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    checksum: Mapped[bytes] = mapped_column(LargeBinary)


class FormDefinition(Base):
    """An immutable version of a form document."""

    __tablename__ = "form_definition"
    __table_args__ = (UniqueConstraint("mandant", "form_id", "version"),)
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    deployment_key: Mapped[Key] = mapped_column(ForeignKey("etappe.deployment.key"))
    form_id: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    resource_name: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    checksum: Mapped[bytes] = mapped_column(LargeBinary)


class ProcessInstance(Base):
    """A running or ended instance. ``state`` is the engine's bytes (None once ended), ``rev`` the compare-and-swap counter.

    ``status``: ACTIVE, SUSPENDED, COMPLETED, TERMINATED. The root of a family is locked before anything else in it.
    """

    __tablename__ = "process_instance"
    __table_args__ = (
        Index("ix_process_instance_root", "root_key"),
        Index("ix_process_instance_business", "mandant", "business_id"),
        Index("ix_process_instance_list", "mandant", "status", "key"),
        Index("ix_process_instance_definition", "definition_key", "status"),
        Index("ix_process_instance_parent", "parent_key"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    definition_key: Mapped[Key] = mapped_column(ForeignKey("etappe.process_definition.key"))
    process_id: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    status: Mapped[str]
    rev: Mapped[int] = mapped_column(Integer)
    state: Mapped[bytes | None] = mapped_column(LargeBinary)
    variables: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    business_id: Mapped[str | None]
    parent_key: Mapped[int | None] = mapped_column(BigInteger)
    parent_task: Mapped[str | None]
    root_key: Mapped[Key]
    started: Mapped[datetime]
    ended: Mapped[datetime | None]
    end_element: Mapped[str | None]
    tags: Mapped[Words] = mapped_column(server_default=text("'{}'"))


class UserTask(Base):
    """A task for people. ``status``: CREATED, COMPLETED, CANCELED. ``task_id`` is the engine's key inside the instance."""

    __tablename__ = "user_task"
    __table_args__ = (
        UniqueConstraint("instance_key", "task_id"),
        Index("ix_user_task_assignee", "mandant", "assignee", "due", "key", postgresql_where=text("status = 'CREATED'")),
        Index("ix_user_task_due", "mandant", "due", "key", postgresql_where=text("status = 'CREATED'")),
        Index("ix_user_task_groups", "candidate_groups", postgresql_using="gin", postgresql_where=text("status = 'CREATED'")),
        Index("ix_user_task_business", "mandant", "business_id"),
        Index("ix_user_task_root", "root_key"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    instance_key: Mapped[Key] = mapped_column(ForeignKey("etappe.process_instance.key"))
    root_key: Mapped[Key]
    definition_key: Mapped[Key]
    process_id: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    business_id: Mapped[str | None]
    task_id: Mapped[str]
    element_id: Mapped[str]
    name: Mapped[str | None]
    form_id: Mapped[str | None]
    form_key: Mapped[str | None]
    assignee: Mapped[str | None]
    candidate_groups: Mapped[Words] = mapped_column(server_default=text("'{}'"))
    candidate_users: Mapped[Words] = mapped_column(server_default=text("'{}'"))
    due: Mapped[datetime | None]
    follow_up: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("50"))
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    status: Mapped[str]
    created: Mapped[datetime]
    assigned: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    completed_by: Mapped[str | None]


class Entwurf(Base):
    """A draft: what somebody typed into a task, valid or not. Survives log-out, ends with the task."""

    __tablename__ = "entwurf"
    task_key: Mapped[int] = mapped_column(BigInteger, ForeignKey("etappe.user_task.key", ondelete="CASCADE"), primary_key=True)
    login: Mapped[str] = mapped_column(primary_key=True)
    mandant: Mapped[Mandant]
    inhalt: Mapped[dict[str, Any]] = mapped_column(JSONB)
    gespeichert: Mapped[datetime]


class Timer(Base):
    """A due time of a running element. ``status``: 0 waiting, 1 fired, 2 cancelled."""

    __tablename__ = "timer"
    __table_args__ = (
        Index("ix_timer_waiting", "due", postgresql_where=text("status = 0")),
        Index("ix_timer_instance", "instance_key", "task_id", postgresql_where=text("status = 0")),
        Index("ix_timer_root", "root_key", postgresql_where=text("status = 0")),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    instance_key: Mapped[int | None] = mapped_column(BigInteger)
    root_key: Mapped[int | None] = mapped_column(BigInteger)
    definition_key: Mapped[Key]
    task_id: Mapped[str]
    element_id: Mapped[str]
    due: Mapped[datetime]
    status: Mapped[int] = mapped_column(SmallInteger)
    ended: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    not_before: Mapped[datetime | None]


class MessageSubscription(Base):
    """An element (or, without instance, a start event of the latest version) waiting for a message or signal."""

    __tablename__ = "message_subscription"
    __table_args__ = (
        Index("ix_message_subscription_match", "mandant", "name", "correlation_key"),
        Index("ix_message_subscription_instance", "instance_key", "task_id"),
        Index("ix_message_subscription_definition", "definition_key", postgresql_where=text("instance_key is null")),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    kind: Mapped[str]
    name: Mapped[str]
    correlation_key: Mapped[str | None]
    definition_key: Mapped[Key]
    process_id: Mapped[str]
    instance_key: Mapped[int | None] = mapped_column(BigInteger)
    root_key: Mapped[int | None] = mapped_column(BigInteger)
    task_id: Mapped[str | None]
    element_id: Mapped[str]
    created: Mapped[datetime]


class Message(Base):
    """A message or signal on its way: delivered as soon as somebody waits, gone at ``expires``."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_match", "mandant", "name", "correlation_key"),
        Index("uq_message_id", "mandant", "name", "correlation_key", "message_id", unique=True,
              postgresql_where=text("message_id is not null")),
        Index("ix_message_pending", "created", postgresql_where=text("pending")),
        Index("ix_message_expires", "expires"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    kind: Mapped[str]
    name: Mapped[str]
    correlation_key: Mapped[str | None]
    message_id: Mapped[str | None]
    variables: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created: Mapped[datetime]
    expires: Mapped[datetime]
    pending: Mapped[bool] = mapped_column(Boolean)
    failures: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    not_before: Mapped[datetime | None]


class MessageDelivery(Base):
    """Which family of instances, or which process, already got a message: at most one each, as in Camunda 8."""

    __tablename__ = "message_delivery"
    message_key: Mapped[int] = mapped_column(BigInteger, ForeignKey("etappe.message.key", ondelete="CASCADE"), primary_key=True)
    process_id: Mapped[str] = mapped_column(primary_key=True)
    mandant: Mapped[Mandant]


class Job(Base):
    """Work for an external worker. ``status``: CREATED, FAILED (retries left), COMPLETED, CANCELED, ERROR_THROWN, INCIDENT."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("instance_key", "task_id"),
        Index("ix_job_activatable", "mandant", "type", "key", postgresql_where=text("status in ('CREATED', 'FAILED')")),
        Index("ix_job_root", "root_key"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    instance_key: Mapped[Key] = mapped_column(ForeignKey("etappe.process_instance.key"))
    root_key: Mapped[Key]
    definition_key: Mapped[Key]
    process_id: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    business_id: Mapped[str | None]
    task_id: Mapped[str]
    element_id: Mapped[str]
    type: Mapped[str]
    retries: Mapped[int] = mapped_column(Integer)
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    worker: Mapped[str | None]
    deadline: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    not_before: Mapped[datetime | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    created: Mapped[datetime]
    ended: Mapped[datetime | None]


class Incident(Base):
    """An element that needs help. ``status``: ACTIVE, RESOLVED."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_open", "mandant", "key", postgresql_where=text("status = 'ACTIVE'")),
        Index("ix_incident_instance", "instance_key", "task_id", postgresql_where=text("status = 'ACTIVE'")),
        Index("ix_incident_root", "root_key"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    instance_key: Mapped[Key] = mapped_column(ForeignKey("etappe.process_instance.key"))
    root_key: Mapped[Key]
    definition_key: Mapped[Key]
    process_id: Mapped[str]
    business_id: Mapped[str | None]
    task_id: Mapped[str]
    element_id: Mapped[str]
    element_name: Mapped[str | None]
    phase: Mapped[str]
    type: Mapped[str]
    message: Mapped[str]
    job_key: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str]
    created: Mapped[datetime]
    ended: Mapped[datetime | None]


class ElementLog(Base):
    """What happened to an element: entered, completed, terminated, moved (to another version, where it has this id). Source of durations, heat map and the path taken."""

    __tablename__ = "element_log"
    __table_args__ = (
        Index("ix_element_log_instance", "instance_key", "id"),
        Index("ix_element_log_task", "task_id"),
        Index("ix_element_log_heat", "mandant", "process_id", "element_id", "at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    mandant: Mapped[Mandant]
    instance_key: Mapped[Key]
    process_id: Mapped[str]
    element_id: Mapped[str]
    task_id: Mapped[str]
    what: Mapped[str]
    at: Mapped[datetime]


class DecisionLog(Base):
    """Which rules of a decision matched, so that a clerk can see why."""

    __tablename__ = "decision_log"
    __table_args__ = (Index("ix_decision_log_instance", "instance_key", "id"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    mandant: Mapped[Mandant]
    instance_key: Mapped[Key]
    decision_id: Mapped[str]
    decision_key: Mapped[Key]
    result: Mapped[Any] = mapped_column(JSONB)
    matched: Mapped[Any] = mapped_column(JSONB)
    at: Mapped[datetime]


class Audit(Base):
    """Append-only. Each chain (one per family of instances or case) links its rows by hash."""

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("mandant", "chain", "number"),
        Index("ix_audit_at", "mandant", "at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    mandant: Mapped[Mandant]
    chain: Mapped[str]
    number: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    on_behalf_of: Mapped[str | None]
    command: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
