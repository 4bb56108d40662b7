"""What all tables share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, cast

from sqlalchemy import BigInteger, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, mapped_column

SCHEMA = "etappe"
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[int, mapped_column(BigInteger)]
PrimaryKey = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
Words = Annotated[list[str], mapped_column(ARRAY(Text))]
Mandant = Annotated[str, mapped_column(Text, nullable=False)]


class Base(DeclarativeBase):
    """Tables live in the schema ``etappe``; every one with a ``mandant`` has row-level security (a test checks it)."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True), str: Text, int: BigInteger}


def table(model: type[Base]) -> Table:
    """The table of a model, for Core statements in hot paths."""
    return cast("Table", model.__table__)
