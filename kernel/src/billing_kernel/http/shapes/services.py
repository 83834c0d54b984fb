"""Services and the operations on them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self

from msgspec import UNSET, UnsetType

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel import models
from billing_kernel.application.sourcing import Source
from billing_kernel.http.shapes.base import Answer, Body, Fields, Line, Months, Password, RowId
from billing_kernel.http.shapes.payments import PayWithBody


class RenewServiceBody(Body):
    """``expected_expires_on`` refuses a renewal of a date that has moved already."""

    EXAMPLE = {
        "period_months": 12,
        "pay_with": {"balance": True},
        "expected_expires_on": "2026-02-28",
    }

    period_months: Months
    pay_with: PayWithBody
    expected_expires_on: date | None = None
    payer_id: RowId | None = None


class RenewalSourceBody(Body):
    """Where the money of automatic renewals comes from: exactly one of the two.

    A stored method is charged only where the balance isn't enough.
    """

    EXAMPLE = {"stored_payment_method_id": 5}

    balance: bool = False
    stored_payment_method_id: RowId | None = None

    def source(self) -> Source:
        """The same for the application; raises InvalidInputError for none or both."""
        if self.balance is (self.stored_payment_method_id is not None):
            detail = 'must be {"balance": true} or {"stored_payment_method_id": ...}'
            raise InvalidInputError([FieldError("/auto_renewal_source", detail)])
        return Source(self.stored_payment_method_id)


class ChangeServiceOfClient(Body):
    """What administrators may change about a service; what is left out stays.

    ``parameters`` are for a service that may be configured (its ``allowed_actions``): a quick
    order left them out. Switching ``auto_renewal`` off ends a subscription, which only a client
    can give.
    """

    EXAMPLE = {"parameters": {"domain": "shop.example"}}

    name: Line | UnsetType = UNSET
    parameters: Fields | UnsetType = UNSET
    auto_renewal: bool | UnsetType = UNSET


class ChangeService(ChangeServiceOfClient):
    """What clients may change about a service; what is left out stays.

    A stored method in ``auto_renewal_source`` switches ``auto_renewal`` on and is a
    subscription; switching it off ends that. ``parameters`` are for a service that may be
    configured (its ``allowed_actions``): a quick order left them out.
    """

    EXAMPLE = {"auto_renewal": True, "auto_renewal_source": {"stored_payment_method_id": 5}}

    auto_renewal_source: RenewalSourceBody | UnsetType = UNSET


class ChangeServicePassword(Body):
    """What the user of the service logs in to its panel with; the confirmation may be left out."""

    EXAMPLE = {"password": "correct horse battery"}

    password: Password
    password_confirmation: Password | None = None


class PanelLink(Answer):
    """Where to send a browser at once: whoever opens it first is logged in, nobody after that."""

    url: str


class RenewalSource(Answer):
    """Where the money of automatic renewals comes from; the balance always comes first."""

    balance: bool
    stored_payment_method_id: int | None


class OperationInProgress(Answer):
    """The operation on a service that hasn't ended."""

    id: int
    kind: str
    state: str


class BundledService(Answer):
    """What an addon of a service ordered: a licence of its control panel, for example."""

    id: int
    resource_type: str
    product_type: str
    tariff_code: str
    name: str
    status: str
    upstream: Mapping[str, Any]

    @classmethod
    def of(cls, row: models.Service, upstream: Mapping[str, Any]) -> Self:
        return cls(
            id=row.id,
            resource_type=row.bundled_as,
            product_type=row.product_type,
            tariff_code=row.tariff_code,
            name=row.name,
            status=row.status,
            upstream=upstream,
        )


class Service(Answer):
    """What was sold. ``expires_on`` is the half-open end of what was paid.

    A service that is charged daily has ``charged_until`` instead: the first day that isn't
    charged yet.

    ``upstream`` has the facts that its reader may see: licence key, address, login. What its
    addons ordered is ``bundled`` with it, and has its id as ``parent_service_id``.
    ``deletes_on`` is the day that it is deleted on, where somebody asked for that.
    """

    id: int
    client_id: int
    order_id: int
    product_type: str
    tariff_plan_id: int
    name: str
    status: str
    period_months: int
    started_on: date | None
    expires_on: date | None
    charged_until: date | None
    auto_renewal: bool
    auto_renewal_source: RenewalSource
    deletes_on: date | None
    parameters: Mapping[str, Any]
    addons: Mapping[str, Any]
    upstream: Mapping[str, Any]
    operation: OperationInProgress | None
    allowed_actions: list[str]
    parent_service_id: int | None
    bundled: list[BundledService]

    @classmethod
    def of(
        cls,
        row: models.Service,
        operation: models.Operation | None,
        upstream: Mapping[str, Any],
        allowed_actions: Sequence[str],
        bundled: Sequence[BundledService],
    ) -> Self:
        return cls(
            id=row.id,
            client_id=row.client_id,
            order_id=row.order_id,
            product_type=row.product_type,
            tariff_plan_id=row.tariff_plan_id,
            name=row.name,
            status=row.status,
            period_months=row.period_months,
            started_on=row.started_on,
            expires_on=row.expires_on,
            charged_until=row.charged_until,
            auto_renewal=row.auto_renewal,
            auto_renewal_source=RenewalSource(
                balance=row.renewal_method_id is None,
                stored_payment_method_id=row.renewal_method_id,
            ),
            deletes_on=row.deletes_on,
            parameters=row.parameters,
            addons=row.addons or {},
            upstream=upstream,
            operation=None
            if operation is None
            else OperationInProgress(id=operation.id, kind=operation.kind, state=operation.state),
            allowed_actions=list(allowed_actions),
            parent_service_id=row.parent_service_id,
            bundled=list(bundled),
        )


class ServiceOperation(Answer):
    """One instruction to an upstream, as the service's client sees it."""

    id: int
    kind: str
    state: str
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: models.Operation) -> Self:
        return cls(
            id=row.id,
            kind=row.kind,
            state=row.state,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )
