"""How a client can pay."""

from litestar import get
from sqlalchemy import select

from billing_hookspecs import GatewayCapability, json_schema
from billing_kernel.application.kernel import Kernel
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.languages import GivenLanguages, Languages
from billing_kernel.http.pagination import GivenPaging, Page, page_of_items
from billing_kernel.http.shapes.payments import PaymentMethodOffer
from billing_kernel.models import Client, PaymentMethod, PaymentMethodProvider, Provider


@get("/payment-methods", operation_id="listPaymentMethods", tags=["Payments"], sync_to_thread=True)
def list_payment_methods(
    kernel: GivenKernel, caller: GivenCaller, languages: GivenLanguages, paging: GivenPaging
) -> Page[PaymentMethodOffer]:
    """The ways to pay that your provider offers, lowest sort number first."""
    with kernel.database.reading() as session:
        provider = session.get_one(Provider, session.get_one(Client, caller.id).provider_id)
        offered = (
            select(PaymentMethod)
            .join(PaymentMethodProvider)
            .where(PaymentMethodProvider.provider_id == provider.id, PaymentMethod.is_enabled)
        )
        installed = [
            method
            for method in session.scalars(offered)
            if method.driver in kernel.extensions.payment_gateways
        ]
        return page_of_items(
            installed,
            paging,
            key=lambda method: (method.sort, method.id),
            shape=lambda method: _shape(kernel, method, languages, provider.default_language),
        )


def _shape(
    kernel: Kernel, method: PaymentMethod, languages: Languages, default_language: str
) -> PaymentMethodOffer:
    gateway = kernel.extensions.payment_gateways.find(method.driver)
    return PaymentMethodOffer(
        id=method.id,
        name=languages.text(method.name, default_language),
        driver=method.driver,
        currencies=list(gateway.currencies),
        confirmed_by_hand=GatewayCapability.CONFIRMED_BY_HAND in gateway.capabilities,
        stores=GatewayCapability.STORED_METHODS in gateway.capabilities,
        payer_form=json_schema(gateway.payer_fields, languages.best(default_language)),
    )
