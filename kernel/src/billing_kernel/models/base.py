"""The declarative base: named constraints, integer keys, UTC stamps."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Date, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from billing_kernel.models.types import BigId, JsonDocument, UtcDateTime

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def wall_clock() -> datetime:
    """The real time, for stamps of rows; business dates come from the clock port."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        date: Date,
        int: BigInteger,
        str: String,
        dict[str, Any]: JsonDocument,
        list[Any]: JsonDocument,
    }


class Row(Base):
    """A table with an integer key and the time its rows were made."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True, sort_order=-10)
    created_at: Mapped[datetime] = mapped_column(default=wall_clock, sort_order=90)


class ChangingRow(Row):
    """A row that is changed in place, and when that was last."""

    __abstract__ = True

    updated_at: Mapped[datetime] = mapped_column(
        default=wall_clock, onupdate=wall_clock, sort_order=91
    )
