"""Processing modules: connections to upstreams, and what can be imported through them."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application import connecting, importing
from billing_kernel.application.finding import find
from billing_kernel.application.organising import require
from billing_kernel.application.quoting import version_in_force
from billing_kernel.application.reconciling import reconcile
from billing_kernel.application.reconnecting import (
    change_module,
    check_new_settings,
    check_references,
)
from billing_kernel.application.synchronising import accept_tariffs, compare_tariffs
from billing_kernel.domain.tariffs import read_terms
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.catalogue import TariffPlan, TariffPlans
from billing_kernel.http.shapes.connections import (
    ChangeProcessingModule,
    ConnectionChecked,
    CreateProcessingModule,
    ImportableTariffAnswer,
    ImportTariffPlans,
    ProcessingModule,
)
from billing_kernel.http.shapes.reconciliation import ReconciliationAnswer
from billing_kernel.http.shapes.synchronisation import SyncTariffPlans, TariffDifferences

PATH, ONE = "/processing-modules", "/processing-modules/{processing_module_id:int}"
TAGS = ["Administration: processing modules"]


@get(PATH, operation_id="adminListProcessingModules", tags=TAGS, sync_to_thread=True)
def list_processing_modules(kernel: GivenKernel, paging: GivenPaging) -> Page[ProcessingModule]:
    """Every processing module."""
    return rows.listed(kernel, models.ProcessingModule, paging, ProcessingModule.of)


@post(PATH, operation_id="adminCreateProcessingModule", tags=TAGS, sync_to_thread=True)
def create_processing_module(
    kernel: GivenKernel, once: GivenOnce, data: JSONBody[CreateProcessingModule]
) -> Response[ProcessingModule]:
    """Connect to an upstream. The connection is checked first; what works is enabled at once."""
    if repeated := once.before():
        return repeated
    command = data.command()
    settings, account = connecting.check_module(kernel, command)
    references = {
        "data_center_id": command.data_center_id,
        "department_id": command.department_id,
        "license_module_id": command.license_module_id,
    }
    with kernel.database.reading() as session:
        check_references(session, references)
        connecting.refuse_shared_account(session, account)
    driver = kernel.extensions.processing_modules.find(command.driver)
    connecting.ask_module(kernel, driver, settings, driver.check_connection)

    def work(session: Session) -> ProcessingModule:
        check_references(session, references)
        return ProcessingModule.of(
            connecting.add_module(session, kernel, command, settings, account)
        )

    return once.answer(work)


@get(ONE, operation_id="adminGetProcessingModule", tags=TAGS, sync_to_thread=True)
def get_processing_module(
    kernel: GivenKernel, processing_module_id: FromPath[int]
) -> ProcessingModule:
    """One processing module."""
    return rows.shown(kernel, models.ProcessingModule, processing_module_id, ProcessingModule.of)


@patch(ONE, operation_id="adminChangeProcessingModule", tags=TAGS, sync_to_thread=True)
def change_processing_module(
    kernel: GivenKernel,
    processing_module_id: FromPath[int],
    data: JSONBody[ChangeProcessingModule],
) -> ProcessingModule:
    """Change a processing module; new settings are tried before they are kept."""
    connection = None
    if data.settings is not UNSET:
        with kernel.database.reading() as session:
            driver, connection = check_new_settings(
                session, kernel, processing_module_id, data.settings
            )
        connecting.ask_module(kernel, driver, connection.settings, driver.check_connection)
    return kernel.database.run(
        lambda session: ProcessingModule.of(
            change_module(session, kernel, processing_module_id, data.columns(), connection)
        )
    )


@delete(ONE, operation_id="adminDeleteProcessingModule", tags=TAGS, sync_to_thread=True)
def delete_processing_module(kernel: GivenKernel, processing_module_id: FromPath[int]) -> None:
    """Delete a processing module that nothing uses; 409 names the users."""
    rows.removed(kernel, models.ProcessingModule, processing_module_id)


@post(
    f"{ONE}/check",
    operation_id="adminCheckProcessingModule",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def check_processing_module(
    kernel: GivenKernel, processing_module_id: FromPath[int]
) -> ConnectionChecked:
    """Ask the upstream whether address and credentials work; 422 and 503 say what doesn't."""
    with kernel.database.reading() as session:
        module = find(session, models.ProcessingModule, processing_module_id)
    report = connecting.check_connection(kernel, module)
    return ConnectionChecked(summary=report.summary, facts=report.facts)


@get(
    f"{ONE}/importable-tariff-plans",
    operation_id="adminListImportableTariffPlans",
    tags=TAGS,
    sync_to_thread=True,
)
def list_importable_tariff_plans(
    kernel: GivenKernel, processing_module_id: FromPath[int]
) -> Page[ImportableTariffAnswer]:
    """What the upstream sells to this account, with its costs; on one page."""
    offered = importing.importable_tariffs(kernel, processing_module_id)
    return Page([ImportableTariffAnswer.of(tariff) for tariff in offered])


@post(
    f"{ONE}/import-tariff-plans",
    operation_id="adminImportTariffPlans",
    tags=TAGS,
    sync_to_thread=True,
)
def import_tariff_plans(
    kernel: GivenKernel,
    once: GivenOnce,
    processing_module_id: FromPath[int],
    data: JSONBody[ImportTariffPlans],
) -> Response[TariffPlans]:
    """Import tariffs: disabled and unpriced, with the upstream's costs beside them."""
    if repeated := once.before():
        return repeated
    offered = importing.importable_tariffs(kernel, processing_module_id)

    def work(session: Session) -> TariffPlans:
        require(session, models.Provider, data.provider_id, "/provider_id")
        plans = importing.import_tariffs(
            session,
            kernel,
            processing_module_id,
            data.provider_id,
            data.product_type,
            data.external_ids,
            offered,
        )
        return TariffPlans(
            items=[
                TariffPlan.of(plan, read_terms(version_in_force(session, plan).terms))
                for plan in plans
            ]
        )

    return once.answer(work)


@post(
    f"{ONE}/sync-tariff-plans",
    operation_id="adminSyncTariffPlans",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def sync_tariff_plans(
    kernel: GivenKernel,
    once: GivenOnce,
    processing_module_id: FromPath[int],
    data: JSONBody[SyncTariffPlans | None] = None,
) -> Response[TariffDifferences]:
    """Compare imported tariff plans with the upstream, and take over what is accepted."""
    if repeated := once.before():
        return repeated
    wanted = data or SyncTariffPlans()
    accepted = [] if wanted.dry_run else wanted.accept
    offered = importing.importable_tariffs(kernel, processing_module_id)

    def work(session: Session) -> TariffDifferences:
        if wanted.provider_id is not None:
            require(session, models.Provider, wanted.provider_id, "/provider_id")
        applied = accept_tariffs(
            session, kernel, processing_module_id, accepted, offered, wanted.provider_id
        )
        return TariffDifferences.of(
            compare_tariffs(session, processing_module_id, offered), applied
        )

    return once.answer(work, status=200)


@post(
    f"{ONE}/reconcile",
    operation_id="adminReconcileProcessingModule",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def reconcile_processing_module(
    kernel: GivenKernel, processing_module_id: FromPath[int]
) -> ReconciliationAnswer:
    """Compare what was sold with what exists upstream; changes nothing on either side.

    The same is done each night. Differences are a task of the module's department, too.
    """
    return ReconciliationAnswer.of(reconcile(kernel, processing_module_id))


HANDLERS = [
    list_processing_modules,
    create_processing_module,
    get_processing_module,
    change_processing_module,
    delete_processing_module,
    check_processing_module,
    list_importable_tariff_plans,
    import_tariff_plans,
    sync_tariff_plans,
    reconcile_processing_module,
]
