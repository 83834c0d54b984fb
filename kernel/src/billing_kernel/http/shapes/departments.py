"""Departments, and when their people are there."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from billing_kernel import models
from billing_kernel.domain.business_hours import is_open, next_opening, read_hours
from billing_kernel.http.shapes.base import Answer, Body, Localised, RowId, Sort, given
from billing_kernel.http.shapes.providers import TimeZone

ClockTime: TypeAlias = Annotated[
    str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["09:00"])
]


class WeeklyInterval(Body):
    """From when until when, on a day of each week; Monday is 0, midnight at the end 24:00."""

    weekday: Annotated[int, Meta(ge=0, le=6)]
    start: ClockTime = msgspec.field(name="from")
    end: ClockTime = msgspec.field(name="to")


Intervals: TypeAlias = Annotated[list[WeeklyInterval], Meta(max_length=100)]
Holidays: TypeAlias = Annotated[list[date], Meta(max_length=366)]


class CreateBusinessHours(Body):
    """When people are there, by the clocks of a time zone; on holidays nobody is."""

    EXAMPLE = {
        "name": {"en": "Office hours"},
        "time_zone": "Europe/Berlin",
        "intervals": [{"weekday": 0, "from": "09:00", "to": "18:00"}],
        "holidays": ["2026-12-25"],
    }

    name: Localised
    time_zone: TimeZone
    intervals: Intervals
    holidays: Holidays = []

    def columns(self) -> dict[str, Any]:
        columns: dict[str, Any] = msgspec.to_builtins(self)
        return columns


class ChangeBusinessHours(Body):
    """What is to be another; what is left out stays."""

    name: Localised | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    intervals: Intervals | UnsetType = UNSET
    holidays: Holidays | UnsetType = UNSET

    def columns(self) -> dict[str, Any]:
        columns: dict[str, Any] = msgspec.to_builtins(given(self))
        return columns


class BusinessHours(Answer):
    """When people are there."""

    id: int
    name: Mapping[str, str]
    time_zone: str
    intervals: list[WeeklyInterval]
    holidays: list[date]

    @classmethod
    def of(cls, row: models.BusinessHours) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            time_zone=row.time_zone,
            intervals=msgspec.convert(row.intervals, list[WeeklyInterval]),
            holidays=[date.fromisoformat(each) for each in row.holidays],
        )


class CreateDepartment(Body):
    """Employees who answer for some tasks."""

    name: Localised
    sort: Sort = 1
    show_in_support_center: bool = False
    business_hours_id: RowId | None = None
    head_id: RowId | None = None


class ChangeDepartment(Body):
    """What is to be another; what is left out stays. ``head_id`` is one of its employees."""

    name: Localised | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET
    show_in_support_center: bool | UnsetType = UNSET
    business_hours_id: RowId | UnsetType | None = UNSET
    head_id: RowId | UnsetType | None = UNSET


class Department(Answer):
    """Employees who answer for some tasks.

    ``opens_at`` is when somebody is there again, null while it is open; a department without
    business hours is always open, one whose hours never begin never opens.
    """

    id: int
    name: Mapping[str, str]
    sort: int
    show_in_support_center: bool
    business_hours_id: int | None
    head_id: int | None
    is_open: bool
    opens_at: datetime | None

    @classmethod
    def of(cls, row: models.Department, now: datetime) -> Self:
        opened, opens_at = _presence(row.business_hours, now)
        return cls(
            id=row.id,
            name=row.name,
            sort=row.sort,
            show_in_support_center=row.show_in_support_center,
            business_hours_id=row.business_hours_id,
            head_id=row.head_id,
            is_open=opened,
            opens_at=opens_at,
        )


def _presence(row: models.BusinessHours | None, now: datetime) -> tuple[bool, datetime | None]:
    if row is None:
        return True, None
    hours = read_hours(row.time_zone, row.intervals, row.holidays)
    return (True, None) if is_open(hours, now) else (False, next_opening(hours, now))
