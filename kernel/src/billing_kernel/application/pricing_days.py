"""Price the days of a service that is charged daily."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, Occasion
from billing_kernel.application.consulting import InstalledPolicies
from billing_kernel.application.finding import terms_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import described, view_of_sale
from billing_kernel.application.taxing import decide_tax
from billing_kernel.domain.pricing import PricedItem, Sale, price_day
from billing_kernel.domain.tariffs import TariffTerms
from billing_kernel.models import (
    Client,
    Invoice,
    InvoiceLine,
    Payer,
    Provider,
    Service,
    TariffPlan,
)


@dataclass(frozen=True, slots=True)
class DayPrices:
    """What the days of a service cost, by the terms and addons that it has now.

    ``payer`` is who is named on the service's order, and so decides how it is taxed.
    """

    session: Session
    kernel: Kernel
    service: Service
    terms: TariffTerms
    plan: TariffPlan
    client: Client
    provider: Provider
    payer: Payer | None

    @classmethod
    def of(cls, session: Session, kernel: Kernel, service: Service) -> Self:
        return cls(
            session,
            kernel,
            service,
            terms_of(session, service.tariff_version_id),
            session.get_one(TariffPlan, service.tariff_plan_id),
            session.get_one(Client, service.client_id),
            session.get_one(Provider, service.provider_id),
            _payer(session, service),
        )

    def price(self, day: date) -> PricedItem:
        """One day, with the tax rates in force on it.

        Raises PeriodNotSoldError, AddonNotSoldError, UnknownDriverError, PluginFaultError.
        """
        service, months = self.service, self.service.period_months
        sale = Sale(
            Occasion.RENEWAL,
            months,
            day,
            service.anchor_on or day,
            described(self.plan, service.name, self.client),
            view_of_sale(self.plan, self.terms, self.client, Occasion.RENEWAL, months),
            service.addons,
            decide_tax(self.session, self.kernel, self.provider, self.client, self.payer, day),
            self.provider.prices_include_tax,
        )
        return price_day(self.terms, sale, InstalledPolicies(self.kernel))

    def total(self, day: date) -> Money:
        """What one day takes from the balance."""
        return self.price(day).total(self.terms.currency)


def _payer(session: Session, service: Service) -> Payer | None:
    return session.scalar(
        select(Payer)
        .join(Invoice, Invoice.payer_id == Payer.id)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(InvoiceLine.service_id == service.id, Invoice.kind == "order")
        .order_by(Invoice.id)
        .limit(1)
    )
