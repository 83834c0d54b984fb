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
    """A run: ``done`` of ``total`` steps, and what it did so far by kind.

    ``would_charge`` has the lines that a dry run found.
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
        )
