"""The days that services of all clients were charged for without an invoice."""

from litestar import get
from litestar.params import FromPath

from billing_kernel import models
from billing_kernel.application.explaining import explain_charge
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.charges import DailyCharge
from billing_kernel.http.shapes.explanations import ExplanationAnswer

TAGS = ["Administration: services"]
PATH = "/services/{service_id:int}/daily-charges"


@get(PATH, operation_id="adminListDailyCharges", tags=TAGS, sync_to_thread=True)
def list_daily_charges(
    kernel: GivenKernel, paging: GivenPaging, service_id: FromPath[int]
) -> Page[DailyCharge]:
    """What a service that is charged daily cost each day, newest first."""
    rows.shown(kernel, models.Service, service_id, lambda service: service.id)
    return rows.listed(
        kernel,
        models.DailyCharge,
        paging,
        DailyCharge.of,
        newest_first=True,
        service_id=service_id,
    )


@get(
    f"{PATH}/{{daily_charge_id:int}}/explanation",
    operation_id="adminExplainDailyCharge",
    tags=TAGS,
    sync_to_thread=True,
)
def explain_daily_charge(
    kernel: GivenKernel, service_id: FromPath[int], daily_charge_id: FromPath[int]
) -> Page[ExplanationAnswer]:
    """How a day's amounts came about, line by line, made again from the same facts."""
    with kernel.database.reading() as session:
        lines = explain_charge(session, kernel, service_id, daily_charge_id)
        return Page([ExplanationAnswer.of(line) for line in lines])


HANDLERS = [list_daily_charges, explain_daily_charge]
