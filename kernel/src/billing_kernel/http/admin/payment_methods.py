"""Payment methods: gateways with their settings."""

from typing import Any

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.offering import change_method, create_method
from billing_kernel.application.removing import delete_unused
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.connections import (
    ChangePaymentMethod,
    CreatePaymentMethod,
    PaymentMethod,
)

PATH, ONE = "/payment-methods", "/payment-methods/{payment_method_id:int}"
TAGS = ["Administration: payment methods"]


@get(PATH, operation_id="adminListPaymentMethods", tags=TAGS, sync_to_thread=True)
def list_payment_methods(kernel: GivenKernel, paging: GivenPaging) -> Page[PaymentMethod]:
    """Every payment method."""
    return rows.listed(kernel, models.PaymentMethod, paging, PaymentMethod.of)


@post(PATH, operation_id="adminCreatePaymentMethod", tags=TAGS, sync_to_thread=True)
def create_payment_method(
    kernel: GivenKernel, once: GivenOnce, data: JSONBody[CreatePaymentMethod]
) -> Response[PaymentMethod]:
    """Offer a way to pay; the gateway's form checks the settings."""

    def work(session: Session) -> PaymentMethod:
        columns: dict[str, Any] = {
            "name": data.name,
            "is_enabled": data.enabled,
            "sort": data.sort,
        }
        return PaymentMethod.of(
            create_method(session, kernel, data.driver, data.settings, data.provider_ids, columns)
        )

    return once.answer(work)


@get(ONE, operation_id="adminGetPaymentMethod", tags=TAGS, sync_to_thread=True)
def get_payment_method(kernel: GivenKernel, payment_method_id: FromPath[int]) -> PaymentMethod:
    """One payment method."""
    return rows.shown(kernel, models.PaymentMethod, payment_method_id, PaymentMethod.of)


@patch(ONE, operation_id="adminChangePaymentMethod", tags=TAGS, sync_to_thread=True)
def change_payment_method(
    kernel: GivenKernel, payment_method_id: FromPath[int], data: JSONBody[ChangePaymentMethod]
) -> PaymentMethod:
    """Change a payment method; settings that are left out stay."""

    def work(session: Session) -> PaymentMethod:
        return PaymentMethod.of(
            change_method(
                session,
                kernel,
                payment_method_id,
                None if data.settings is UNSET else data.settings,
                None if data.provider_ids is UNSET else data.provider_ids,
                data.columns(),
            )
        )

    return kernel.database.run(work)


@delete(ONE, operation_id="adminDeletePaymentMethod", tags=TAGS, sync_to_thread=True)
def delete_payment_method(kernel: GivenKernel, payment_method_id: FromPath[int]) -> None:
    """Delete a payment method that nothing uses; 409 names the users."""
    parts = frozenset({"payment_method_providers"})
    kernel.database.run(
        lambda session: delete_unused(session, models.PaymentMethod, payment_method_id, own=parts)
    )


HANDLERS = [
    list_payment_methods,
    create_payment_method,
    get_payment_method,
    change_payment_method,
    delete_payment_method,
]
