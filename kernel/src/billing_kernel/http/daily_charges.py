"""The days that a client's services were charged for without an invoice."""

from litestar import get
from litestar.params import FromPath
from sqlalchemy import select

from billing_kernel import models
from billing_kernel.application.explaining import explain_charge
from billing_kernel.application.finding import find
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.charges import DailyCharge
from billing_kernel.http.shapes.explanations import ExplanationAnswer

TAGS = ["Services"]
PATH = "/services/{service_id:int}/daily-charges"


@get(PATH, operation_id="listDailyCharges", tags=TAGS, sync_to_thread=True)
def list_daily_charges(
    kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging, service_id: FromPath[int]
) -> Page[DailyCharge]:
    """What a service that is charged daily cost each day, newest first.

    The first day is on the order's invoice.
    """
    with kernel.database.reading() as session:
        service = find(session, models.Service, service_id, client_id=caller.id)
        mine = select(models.DailyCharge).where(models.DailyCharge.service_id == service.id)
        return page_of_rows(
            session, mine, models.DailyCharge, paging, DailyCharge.of, newest_first=True
        )


@get(
    f"{PATH}/{{daily_charge_id:int}}/explanation",
    operation_id="explainDailyCharge",
    tags=TAGS,
    sync_to_thread=True,
)
def explain_daily_charge(
    kernel: GivenKernel,
    caller: GivenCaller,
    service_id: FromPath[int],
    daily_charge_id: FromPath[int],
) -> Page[ExplanationAnswer]:
    """How a day's amounts came about, line by line, made again from the same facts."""
    with kernel.database.reading() as session:
        lines = explain_charge(session, kernel, service_id, daily_charge_id, client_id=caller.id)
        return Page([ExplanationAnswer.of(line) for line in lines])


HANDLERS = [list_daily_charges, explain_daily_charge]
