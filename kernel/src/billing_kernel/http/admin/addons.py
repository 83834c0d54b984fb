"""Addons of tariff plans."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.cataloguing import terms_in_force
from billing_kernel.application.finding import find
from billing_kernel.application.supplementing import (
    addon_of,
    change_addon,
    create_addon,
    remove_addon,
)
from billing_kernel.domain.tariffs import TariffTerms
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_items
from billing_kernel.http.shapes.addons import Addon, ChangeAddon, CreateAddon

PATH = "/tariff-plans/{tariff_plan_id:int}/addons"
ONE = f"{PATH}/{{addon_id:int}}"
TAGS = ["Administration: addons"]


@get(PATH, operation_id="adminListAddons", tags=TAGS, sync_to_thread=True)
def list_addons(
    kernel: GivenKernel, paging: GivenPaging, tariff_plan_id: FromPath[int]
) -> Page[Addon]:
    """The addons of a tariff plan, lowest sort number first."""
    with kernel.database.reading() as session:
        terms = _terms(session, tariff_plan_id)
    return page_of_items(
        terms.addons, paging, key=lambda addon: (addon.sort, addon.id), shape=Addon.of
    )


@post(PATH, operation_id="adminCreateAddon", tags=TAGS, sync_to_thread=True)
def create(
    kernel: GivenKernel,
    once: GivenOnce,
    tariff_plan_id: FromPath[int],
    data: JSONBody[CreateAddon],
) -> Response[Addon]:
    """Add an addon for new orders; it is enabled unless ``enabled`` is false."""
    said = data.said()
    return once.answer(
        lambda session: Addon.of(
            create_addon(session, kernel, tariff_plan_id, data.resource_type, said)
        )
    )


@get(ONE, operation_id="adminGetAddon", tags=TAGS, sync_to_thread=True)
def get_addon(kernel: GivenKernel, tariff_plan_id: FromPath[int], addon_id: FromPath[int]) -> Addon:
    """One addon."""
    with kernel.database.reading() as session:
        return Addon.of(addon_of(_terms(session, tariff_plan_id), addon_id))


@patch(ONE, operation_id="adminChangeAddon", tags=TAGS, sync_to_thread=True)
def change(
    kernel: GivenKernel,
    tariff_plan_id: FromPath[int],
    addon_id: FromPath[int],
    data: JSONBody[ChangeAddon],
) -> Addon:
    """Change an addon for new orders; what is left out stays, sold services keep their terms."""
    said = data.said()
    return kernel.database.run(
        lambda session: Addon.of(change_addon(session, kernel, tariff_plan_id, addon_id, said))
    )


@delete(ONE, operation_id="adminDeleteAddon", tags=TAGS, sync_to_thread=True)
def remove(kernel: GivenKernel, tariff_plan_id: FromPath[int], addon_id: FromPath[int]) -> None:
    """Take an addon out of a tariff plan; services that have it keep it."""
    kernel.database.run(lambda session: remove_addon(session, kernel, tariff_plan_id, addon_id))


def _terms(session: Session, tariff_plan_id: int) -> TariffTerms:
    return terms_in_force(session, find(session, models.TariffPlan, tariff_plan_id))


HANDLERS = [list_addons, create, get_addon, change, remove]
