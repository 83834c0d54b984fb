"""The table of instructions: which capability each needs and how it is given."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from billing_hookspecs.context import Context
from billing_hookspecs.processing import (
    Capability,
    ChangePassword,
    ChangeService,
    CloseService,
    Done,
    OpenService,
    OperationKind,
    Pending,
    ProcessingModule,
    RenewService,
    ResumeService,
    ServiceView,
    SuspendService,
)
from billing_hookspecs.values import Secret

CANARY_PASSWORD = Secret("canary-Pa55-w0rd-7f3a")
RETURN_URL = "https://billing.example.com/api/v1/panel-returns/sample"
NEEDED: dict[OperationKind, Capability | None] = {
    OperationKind.OPEN: None,
    OperationKind.SUSPEND: Capability.SUSPEND,
    OperationKind.RESUME: Capability.SUSPEND,
    OperationKind.RENEW: Capability.RENEW,
    OperationKind.CHANGE: Capability.CHANGE,
    OperationKind.CLOSE: None,
    OperationKind.CHANGE_PASSWORD: Capability.CHANGE_PASSWORD,
}
"""Kind of instruction → the capability that it needs."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """Gives each kind of instruction; ``changed`` says what a service becomes by CHANGE."""

    changed: Callable[[ServiceView], ServiceView]

    def give(
        self, module: ProcessingModule, kind: OperationKind, service: ServiceView, context: Context
    ) -> Done | Pending:
        match kind:
            case OperationKind.OPEN:
                return module.open_service(OpenService(service), context)
            case OperationKind.SUSPEND:
                return module.suspend_service(SuspendService(service, "expired"), context)
            case OperationKind.RESUME:
                return module.resume_service(ResumeService(service), context)
            case OperationKind.RENEW:
                months, expires_on = service.period_months, renewed_until(service)
                return module.renew_service(RenewService(service, months, expires_on), context)
            case OperationKind.CHANGE:
                request = ChangeService(self.changed(service), before=service)
                return module.change_service(request, context)
            case OperationKind.CLOSE:
                return module.close_service(CloseService(service), context)
        return module.change_password(ChangePassword(service, CANARY_PASSWORD), context)


def renewed_until(service: ServiceView) -> date | None:
    """The day that a renewal of ``service`` should reach; None where nothing ends."""
    if service.paid_until is None:
        return None
    month = service.paid_until.month - 1 + service.period_months
    year, month = service.paid_until.year + month // 12, month % 12 + 1
    return date(year, month, min(service.paid_until.day, monthrange(year, month)[1]))


def after(service: ServiceView, done: Done) -> ServiceView:
    """The service as the kernel would keep it once ``done`` was heard."""
    return replace(
        service,
        upstream_id=done.upstream_id or service.upstream_id,
        facts={**service.facts, **done.facts},
        paid_until=done.expires_on or service.paid_until,
    )


def call_optional(
    module: ProcessingModule, method: str, service: ServiceView, context: Context
) -> object:
    """Call one of the ``CAPABILITY_METHODS`` with whatever it takes."""
    give = partial(Instructions(changed=lambda it: it).give, module)
    calls: dict[str, Callable[[], object]] = {
        "suspend_service": partial(give, OperationKind.SUSPEND, service, context),
        "resume_service": partial(give, OperationKind.RESUME, service, context),
        "renew_service": partial(give, OperationKind.RENEW, service, context),
        "change_service": partial(give, OperationKind.CHANGE, service, context),
        "change_password": partial(give, OperationKind.CHANGE_PASSWORD, service, context),
        "panel_link": partial(module.panel_link, service, RETURN_URL, context),
        "sync_service": partial(module.sync_service, service, context),
        "importable_tariffs": partial(module.importable_tariffs, context),
        "import_services": partial(module.import_services, context),
        "collect_usage": partial(module.collect_usage, service, context),
        "balance": partial(module.balance, context),
    }
    return calls[method]()
