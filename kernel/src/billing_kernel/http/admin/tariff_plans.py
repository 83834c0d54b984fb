"""Tariff plans: what is sold, and for how much."""

from collections.abc import Sequence

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from billing_kernel import models
from billing_kernel.application.cataloguing import (
    change_plan,
    create_plan,
    delete_plan,
    fields_of,
    switch_plans,
    terms_in_force,
)
from billing_kernel.application.exemplifying import recheck_plan
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.organising import require
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter, TextFilter
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.catalogue import (
    ChangeTariffPlan,
    CreateTariffPlan,
    TariffPlan,
    TariffPlanIds,
    TariffPlans,
)
from billing_kernel.http.shapes.examples import ExamplesChecked

PATH, ONE = "/tariff-plans", "/tariff-plans/{tariff_plan_id:int}"
TAGS = ["Administration: tariff plans"]


@get(PATH, operation_id="adminListTariffPlans", tags=TAGS, sync_to_thread=True)
def list_tariff_plans(
    kernel: GivenKernel,
    paging: GivenPaging,
    provider_id: IdFilter = None,
    product_type: TextFilter = None,
    processing_module_id: IdFilter = None,
) -> Page[TariffPlan]:
    """Every tariff plan, for sale or not."""
    wanted = {
        "provider_id": provider_id,
        "product_type": product_type,
        "processing_module_id": processing_module_id,
    }
    statement = (
        select(models.TariffPlan)
        .options(undefer(models.TariffPlan.examples))
        .filter_by(**{name: value for name, value in wanted.items() if value is not None})
    )
    with kernel.database.reading() as session:
        return page_of_rows(
            session, statement, models.TariffPlan, paging, lambda plan: _shape(session, plan)
        )


@post(PATH, operation_id="adminCreateTariffPlan", tags=TAGS, sync_to_thread=True)
def create_tariff_plan(
    kernel: GivenKernel, once: GivenOnce, data: JSONBody[CreateTariffPlan]
) -> Response[TariffPlan]:
    """Create a tariff plan; it is for sale at once unless ``enabled`` is false."""
    fields = data.fields()

    def work(session: Session) -> TariffPlan:
        require(session, models.Provider, data.provider_id, "/provider_id")
        return _shape(session, create_plan(session, kernel, fields))

    return once.answer(work)


@get(ONE, operation_id="adminGetTariffPlan", tags=TAGS, sync_to_thread=True)
def get_tariff_plan(kernel: GivenKernel, tariff_plan_id: FromPath[int]) -> TariffPlan:
    """One tariff plan."""
    with kernel.database.reading() as session:
        return _shape(session, find(session, models.TariffPlan, tariff_plan_id))


@patch(ONE, operation_id="adminChangeTariffPlan", tags=TAGS, sync_to_thread=True)
def change_tariff_plan(
    kernel: GivenKernel, tariff_plan_id: FromPath[int], data: JSONBody[ChangeTariffPlan]
) -> TariffPlan:
    """Change a tariff plan; what is left out stays. Sold services keep their terms."""

    def work(session: Session) -> TariffPlan:
        plan = find(session, models.TariffPlan, tariff_plan_id, lock=True)
        fields = data.over(fields_of(session, plan))
        return _shape(session, change_plan(session, kernel, plan.id, fields))

    return kernel.database.run(work)


@delete(ONE, operation_id="adminDeleteTariffPlan", tags=TAGS, sync_to_thread=True)
def delete_tariff_plan(kernel: GivenKernel, tariff_plan_id: FromPath[int]) -> None:
    """Delete a tariff plan that was never ordered."""
    kernel.database.run(lambda session: delete_plan(session, tariff_plan_id))


@post(
    f"{PATH}/enable",
    operation_id="adminEnableTariffPlans",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def enable_tariff_plans(kernel: GivenKernel, data: JSONBody[TariffPlanIds]) -> TariffPlans:
    """Put several tariff plans on sale, all or none."""
    return _switch(kernel, data.ids, enabled=True)


@post(
    f"{PATH}/disable",
    operation_id="adminDisableTariffPlans",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def disable_tariff_plans(kernel: GivenKernel, data: JSONBody[TariffPlanIds]) -> TariffPlans:
    """Take several tariff plans off sale, all or none; services of them go on."""
    return _switch(kernel, data.ids, enabled=False)


@post(
    f"{ONE}/examples/check",
    operation_id="adminCheckTariffPlanExamples",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def check_examples(kernel: GivenKernel, tariff_plan_id: FromPath[int]) -> ExamplesChecked:
    """Work the examples out anew; while one of them differs, the tariff plan isn't for sale."""
    return ExamplesChecked.of(recheck_plan(kernel, tariff_plan_id))


def _switch(kernel: Kernel, ids: Sequence[int], *, enabled: bool) -> TariffPlans:
    def work(session: Session) -> TariffPlans:
        plans = switch_plans(session, list(ids), enabled=enabled)
        return TariffPlans(items=[_shape(session, plan) for plan in plans])

    return kernel.database.run(work)


def _shape(session: Session, plan: models.TariffPlan) -> TariffPlan:
    return TariffPlan.of(plan, terms_in_force(session, plan))


HANDLERS = [
    list_tariff_plans,
    create_tariff_plan,
    get_tariff_plan,
    change_tariff_plan,
    delete_tariff_plan,
    enable_tariff_plans,
    disable_tariff_plans,
    check_examples,
]
