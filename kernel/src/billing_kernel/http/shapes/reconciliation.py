"""Where a module and its upstream differ."""

from typing import Self

from billing_kernel.application.reconciling import Reconciliation
from billing_kernel.domain.reconciliation import Difference
from billing_kernel.http.shapes.base import Answer


class DifferenceAnswer(Answer):
    """``kind`` is "ghost" (upstream only), "missing" (here only), "state" or "expiry"."""

    kind: str
    upstream_id: str
    service_id: int | None
    detail: str

    @classmethod
    def of(cls, each: Difference) -> Self:
        return cls(
            kind=each.kind,
            upstream_id=each.upstream_id,
            service_id=each.service_id,
            detail=each.detail,
        )


class ReconciliationAnswer(Answer):
    """``checked`` services exist upstream."""

    checked: int
    differences: list[DifferenceAnswer]

    @classmethod
    def of(cls, result: Reconciliation) -> Self:
        return cls(
            checked=result.checked,
            differences=[DifferenceAnswer.of(each) for each in result.differences],
        )
