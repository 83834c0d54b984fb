"""What may be ordered."""

from litestar import get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from billing_kernel.application import browsing
from billing_kernel.application.browsing import Audience, Offer
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.registering import Caller
from billing_kernel.http.auth import GivenKernel, GivenVisitor
from billing_kernel.http.filters import IdFilter, MonthsFilter, TextFilter
from billing_kernel.http.languages import GivenLanguages, Languages
from billing_kernel.http.pagination import GivenPaging, Page, page_of_items
from billing_kernel.http.shapes.offers import TariffPlanOffer
from billing_kernel.models import Client


@get("/tariff-plans", operation_id="listTariffPlans", tags=["Catalogue"], sync_to_thread=True)
def list_tariff_plans(
    kernel: GivenKernel,
    visitor: GivenVisitor,
    languages: GivenLanguages,
    paging: GivenPaging,
    product_type: TextFilter = None,
    label: TextFilter = None,
    period_months: MonthsFilter = None,
    provider_id: IdFilter = None,
) -> Page[TariffPlanOffer]:
    """Tariff plans for sale, lowest sort number first; clients see those of
    their own provider that are open to their group."""
    with kernel.database.reading() as session:
        found = browsing.offers(
            session,
            kernel,
            _audience(session, visitor),
            provider_id=provider_id,
            product_type=product_type,
            label=label,
            period_months=period_months,
        )
        return page_of_items(
            found,
            paging,
            key=lambda offer: offer.order,
            shape=lambda offer: _shape(kernel, offer, languages),
        )


@get(
    "/tariff-plans/{tariff_plan_id:int}",
    operation_id="getTariffPlan",
    tags=["Catalogue"],
    sync_to_thread=True,
)
def get_tariff_plan(
    kernel: GivenKernel,
    visitor: GivenVisitor,
    languages: GivenLanguages,
    tariff_plan_id: FromPath[int],
) -> TariffPlanOffer:
    """One tariff plan for sale, with the form of its orders."""
    with kernel.database.reading() as session:
        offer = browsing.offer(session, kernel, _audience(session, visitor), tariff_plan_id)
        return _shape(kernel, offer, languages)


def _audience(session: Session, visitor: Caller | None) -> Audience:
    if visitor is None:
        return Audience()
    if visitor.role != "client":
        return Audience(sees_all=True)
    return Audience(session.get_one(Client, visitor.id))


def _shape(kernel: Kernel, offer: Offer, languages: Languages) -> TariffPlanOffer:
    product_type = kernel.extensions.product_types.find(offer.plan.product_type)
    return TariffPlanOffer.of(offer, product_type, languages)
