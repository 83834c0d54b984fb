"""Write the rows of a page of renewals: those that one by one would be written."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind, Period
from billing_kernel.application.documenting import document_message
from billing_kernel.application.invoicing import (
    INVOICE_SERIES,
    company_of,
    invoice_values,
    line_values,
    numbered,
    take_numbers,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paging.judging import Renewal
from billing_kernel.application.paging.surveying import Survey
from billing_kernel.application.posting import post_many
from billing_kernel.application.publishing import event_values, record_many, send_many
from billing_kernel.application.renewing import RENEWAL, renewal_items
from billing_kernel.application.spending import paid_values
from billing_kernel.application.starting import operation_message, operation_values
from billing_kernel.application.viewing import view_service
from billing_kernel.bulk import bulk_write, draw_ids
from billing_kernel.domain.ledger import draft_hold
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.states import InvoiceState
from billing_kernel.models import (
    Invoice,
    InvoiceLine,
    Operation,
    Payment,
    Provider,
    wall_clock,
)


def write_renewals(
    session: Session, kernel: Kernel, page: Survey, renewals: Sequence[Renewal]
) -> None:
    """Invoice and pay renewals from their clients' balances, and have workers carry them out.

    The row of the invoices' numbers is what all pages of a provider wait for: it is locked as
    late as possible.
    """
    if not renewals:
        return
    now = wall_clock()
    count = len(renewals)
    invoice_ids = draw_ids(session, Invoice, count)
    operation_ids = draw_ids(session, Operation, count)
    numbered_renewals = list(zip(invoice_ids, renewals, strict=True))
    operations = [
        {"id": operation_id, **_operation(session, invoice_id, renewal)}
        for operation_id, (invoice_id, renewal) in zip(
            operation_ids, numbered_renewals, strict=True
        )
    ]
    lines = [
        {"invoice_id": invoice_id, **line_values(position, item)}
        for invoice_id, renewal in numbered_renewals
        for position, item in enumerate(renewal_items(renewal.service, renewal.priced), start=1)
    ]
    record_many(session, kernel, _events(kernel, numbered_renewals))
    send_many(
        session,
        [
            *(document_message(invoice_id, now) for invoice_id in invoice_ids),
            *(operation_message(operation_id, now) for operation_id in operation_ids),
        ],
    )
    invoices = _invoices(session, kernel, page.provider, numbered_renewals)
    bulk_write(session, Invoice, invoices)
    bulk_write(session, InvoiceLine, lines)
    charged = [
        (invoice, renewal) for invoice, renewal in zip(invoices, renewals, strict=True)
        if renewal.total
    ]  # fmt: skip
    bulk_write(
        session,
        Payment,
        [paid_values(invoice["id"], each.owner, each.total) for invoice, each in charged],
    )
    holds = [
        draft_hold(each.owner, invoice["id"], each.total, f"Invoice {invoice['number']}")
        for invoice, each in charged
    ]
    post_many(session, holds, page.accounts)
    bulk_write(session, Operation, operations)


def _invoices(
    session: Session, kernel: Kernel, provider: Provider, renewals: Sequence[tuple[int, Renewal]]
) -> list[dict[str, Any]]:
    company = company_of(session, provider)
    now = kernel.clock.now()
    said = [
        invoice_values(
            provider,
            company,
            renewal.client,
            RENEWAL,
            renewal_items(renewal.service, renewal.priced),
            currency=renewal.total.currency,
            today=business_date(now, provider.time_zone),
            tax_note=renewal.priced.tax_note,
        )
        for _, renewal in renewals
    ]
    first = take_numbers(session, provider.id, INVOICE_SERIES, len(said))
    return [
        {
            "id": invoice_id,
            **values,
            **numbered(INVOICE_SERIES, number),
            "status": InvoiceState.PAID,
            "paid_at": now,
        }
        for number, ((invoice_id, _), values) in enumerate(
            zip(renewals, said, strict=True), start=first
        )
    ]


def _operation(session: Session, invoice_id: int, renewal: Renewal) -> dict[str, Any]:
    service, line = renewal.service, renewal.priced.lines[0]
    period: Period | None = line.period
    return operation_values(
        service.id,
        service.processing_module_id,
        OperationKind.RENEW,
        invoice_id,
        view_service(session, service),
        start_on=period.start_on if period else None,
        expires_on=period.end_on if period else None,
        period_months=line.period_months,
    )


def _events(kernel: Kernel, renewals: Sequence[tuple[int, Renewal]]) -> list[dict[str, Any]]:
    """First all that were issued, then all that were paid: the order in which they were."""
    issued = [
        event_values(
            kernel, "InvoiceIssued", {"invoice_id": each, "kind": RENEWAL}, renewal.client.id
        )
        for each, renewal in renewals
    ]
    paid = [
        event_values(kernel, "InvoicePaid", {"invoice_id": each}, renewal.client.id)
        for each, renewal in renewals
    ]
    return [*issued, *paid]
