"""Subscriptions."""

from datetime import datetime
from typing import Self

from billing_kernel import models
from billing_kernel.http.shapes.base import Answer


class Subscription(Answer):
    """A client's consent that a stored method is charged for a service's renewals.

    ``ended_at`` null: it lasts. ``end_reason`` is ``client``, ``replaced``,
    ``auto_renewal_off``, ``stored_method_removed`` or ``service_deleted``.
    """

    id: int
    client_id: int
    service_id: int
    stored_payment_method_id: int
    created_at: datetime
    ended_at: datetime | None
    end_reason: str

    @classmethod
    def of(cls, row: models.Subscription) -> Self:
        return cls(
            id=row.id,
            client_id=row.client_id,
            service_id=row.service_id,
            stored_payment_method_id=row.stored_method_id,
            created_at=row.created_at,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
        )
