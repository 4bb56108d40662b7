"""Batch operations: one order for many process instances."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, Key, Mandant, PrimaryKey


class BatchOperation(Base):
    """The order. ``parameters`` is what its kind needs (target, mapping, ...), never personal data."""

    __tablename__ = "batch_operation"
    __table_args__ = (
        CheckConstraint("status in ('CREATED', 'ACTIVE', 'SUSPENDED', 'COMPLETED', 'CANCELED')", name="status"),
        Index("ix_batch_operation_mandant_key", "mandant", "key"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    type: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'CREATED'"))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str | None]
    created: Mapped[datetime]
    created_by: Mapped[str]
    started: Mapped[datetime | None]
    ended: Mapped[datetime | None]


class BatchOperationItem(Base):
    """One thing of the order: an instance, or (when incidents are resolved) an incident of it."""

    __tablename__ = "batch_operation_item"
    __table_args__ = (
        CheckConstraint("status in ('ACTIVE', 'COMPLETED', 'FAILED', 'CANCELED')", name="status"),
        Index("ix_batch_operation_item_offen", "operation_key", "item_key", postgresql_where=text("status = 'ACTIVE'")),
    )
    operation_key: Mapped[int] = mapped_column(BigInteger, ForeignKey("etappe.batch_operation.key"), primary_key=True, autoincrement=False)
    item_key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    instance_key: Mapped[Key]
    root_key: Mapped[Key]
    status: Mapped[str] = mapped_column(server_default=text("'ACTIVE'"))
    processed: Mapped[datetime | None]
    message: Mapped[str | None]
