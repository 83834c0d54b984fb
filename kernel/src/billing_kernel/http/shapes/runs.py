"""Rounds of work over all services."""

from datetime import date, datetime
from typing import Any, Literal, Self

from msgspec import UNSET, UnsetType

from billing_kernel import models
from billing_kernel.http.shapes.base import Answer, Body


class StartRun(Body):
    """``as_of`` makes up for an earlier day; ``dry_run`` only lists what would happen."""

    EXAMPLE = {"kind": "nightly", "dry_run": True}

    kind: Literal["nightly"]
    as_of: date | None = None
    dry_run: bool = False


class Run(Answer):
    """A run: ``done`` of ``total`` services looked at, and what it did so far by kind.

    ``total`` grows as the run turns from one kind of work to the next. ``would_charge`` has the
    first thousand lines that a dry run found, ``would_charge_count`` is how many there were.
    """

    id: int
    kind: str
    status: str
    as_of: date | None
    dry_run: bool
    done: int
    total: int
    counts: dict[str, int]
    created_at: datetime
    finished_at: datetime | None
    would_charge: list[dict[str, Any]] | UnsetType = UNSET
    would_charge_count: int | UnsetType = UNSET

    @classmethod
    def of(cls, row: models.Run) -> Self:
        return cls(
            id=row.id,
            kind=row.kind,
            status=row.state,
            as_of=row.as_of,
            dry_run=row.is_dry,
            done=row.done,
            total=row.total,
            counts=row.counts,
            created_at=row.created_at,
            finished_at=row.finished_at,
            would_charge=row.would_charge if row.is_dry else UNSET,
            would_charge_count=row.would_charge_count if row.is_dry else UNSET,
        )
