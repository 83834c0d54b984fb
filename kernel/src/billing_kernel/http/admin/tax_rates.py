"""Tax rates by country, kind of customer and date."""

from dataclasses import replace

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.finding import find
from billing_kernel.application.levying import change_rate, create_rate, delete_rate, fields_of
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import TextFilter
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.taxes import ChangeTaxRate, CreateTaxRate, TaxRate

PATH, ONE = "/tax-rates", "/tax-rates/{tax_rate_id:int}"
TAGS = ["Administration: tax"]


@get(PATH, operation_id="listTaxRates", tags=TAGS, sync_to_thread=True)
def list_tax_rates(
    kernel: GivenKernel, paging: GivenPaging, country: TextFilter = None
) -> Page[TaxRate]:
    """Every rate on record, past and to come, or those of one country."""
    wanted = country.upper() if country else None
    return rows.listed(kernel, models.TaxRate, paging, TaxRate.of, country=wanted)


@post(PATH, operation_id="createTaxRate", tags=TAGS, sync_to_thread=True)
def create(once: GivenOnce, data: JSONBody[CreateTaxRate]) -> Response[TaxRate]:
    """Record a rate. 409 where it would tax days differently that invoices were issued on."""
    return once.answer(lambda session: TaxRate.of(create_rate(session, data.fields())))


@get(ONE, operation_id="getTaxRate", tags=TAGS, sync_to_thread=True)
def get_tax_rate(kernel: GivenKernel, tax_rate_id: FromPath[int]) -> TaxRate:
    """One rate."""
    return rows.shown(kernel, models.TaxRate, tax_rate_id, TaxRate.of)


@patch(ONE, operation_id="changeTaxRate", tags=TAGS, sync_to_thread=True)
def change(
    kernel: GivenKernel, tax_rate_id: FromPath[int], data: JSONBody[ChangeTaxRate]
) -> TaxRate:
    """Correct a rate; one that invoices were taxed with only in its name: record a newer one."""

    def work(session: Session) -> TaxRate:
        before = fields_of(find(session, models.TaxRate, tax_rate_id))
        return TaxRate.of(change_rate(session, tax_rate_id, replace(before, **given(data))))

    return kernel.database.run(work)


@delete(ONE, operation_id="deleteTaxRate", tags=TAGS, sync_to_thread=True)
def delete_tax_rate(kernel: GivenKernel, tax_rate_id: FromPath[int]) -> None:
    """Forget a rate that no invoice was taxed with."""
    kernel.database.run(lambda session: delete_rate(session, tax_rate_id))


HANDLERS = [list_tax_rates, create, get_tax_rate, change, delete_tax_rate]
