"""Companies: the legal entities that documents come from."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.finding import find
from billing_kernel.application.naming import change_company, create_company, party_of
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.parties import (
    ChangeCompany,
    Company,
    CreateCompany,
    changed_party,
)

PATH, ONE = "/companies", "/companies/{company_id:int}"
TAGS = ["Administration: companies"]


@get(PATH, operation_id="listCompanies", tags=TAGS, sync_to_thread=True)
def list_companies(kernel: GivenKernel, paging: GivenPaging) -> Page[Company]:
    """Every company."""
    return rows.listed(kernel, models.Company, paging, Company.of)


@post(PATH, operation_id="createCompany", tags=TAGS, sync_to_thread=True)
def create(
    kernel: GivenKernel, once: GivenOnce, data: JSONBody[CreateCompany]
) -> Response[Company]:
    """Add a company for providers to sell under; its numbers are checked as payers' are."""

    def work(session: Session) -> Company:
        return Company.of(create_company(session, kernel, data.party(), data.email, data.phone))

    return once.answer(work)


@get(ONE, operation_id="getCompany", tags=TAGS, sync_to_thread=True)
def get_company(kernel: GivenKernel, company_id: FromPath[int]) -> Company:
    """One company."""
    return rows.shown(kernel, models.Company, company_id, Company.of)


@patch(ONE, operation_id="changeCompany", tags=TAGS, sync_to_thread=True)
def change(
    kernel: GivenKernel, company_id: FromPath[int], data: JSONBody[ChangeCompany]
) -> Company:
    """Change a company for invoices to come; issued ones keep what they name."""

    def work(session: Session) -> Company:
        row = find(session, models.Company, company_id, lock=True)
        sent = given(data)
        party = changed_party(party_of(row), data)
        email, phone = sent.get("email", row.email), sent.get("phone", row.phone)
        return Company.of(change_company(session, kernel, row, party, email, phone))

    return kernel.database.run(work)


@delete(ONE, operation_id="deleteCompany", tags=TAGS, sync_to_thread=True)
def delete_company(kernel: GivenKernel, company_id: FromPath[int]) -> None:
    """Delete a company that no provider sells under; 409 names the users."""
    rows.removed(kernel, models.Company, company_id)


HANDLERS = [list_companies, create, get_company, change, delete_company]
