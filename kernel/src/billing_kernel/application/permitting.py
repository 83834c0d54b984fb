"""What clients may do to their services themselves: by their group, by the tariff plan."""

from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel.application.closing import CLIENT, suspended_by
from billing_kernel.application.configuring import is_unconfigured
from billing_kernel.application.consulting import charging_policy
from billing_kernel.application.dating import today_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.errors import ForbiddenError, RuleError
from billing_kernel.domain.minimum_periods import end_of_minimum
from billing_kernel.domain.states import ServiceState
from billing_kernel.domain.tariffs import TariffTerms, read_terms
from billing_kernel.models import (
    Client,
    ClientGroup,
    Service,
    TariffVersion,
)


class MinimumPeriodError(RuleError):
    """The tariff plan's minimum period hasn't ended yet."""

    code = "service.minimum_period"


def permit(session: Session, kernel: Kernel, service: Service, kind: OperationKind) -> None:
    """Let a client suspend, resume or delete a service, or say why not.

    Suspending is allowed by the client's group, or by a tariff plan that charges daily; only
    what a client suspended a client may resume. Whoever asked for a deletion may take it back,
    and what was ordered and not configured yet anybody may give up. Raises ForbiddenError,
    MinimumPeriodError.
    """
    if kind is OperationKind.RESUME and service.deletes_on is not None:
        if service.deletion_asked_by != CLIENT:
            raise ForbiddenError("the provider deletes this service: ask support")
        return
    if kind is OperationKind.CLOSE and is_unconfigured(service):
        return
    client = session.get_one(Client, service.client_id)
    group = session.get(ClientGroup, client.client_group_id or 0)
    terms = read_terms(session.get_one(TariffVersion, service.tariff_version_id).terms)
    if kind is OperationKind.CLOSE:
        if group is None or not group.allow_deletion:
            raise ForbiddenError("your group of clients may not delete services: ask support")
        _refuse_early_end(session, kernel, service, terms)
        return
    may_suspend = group is not None and group.allow_suspension
    if not (may_suspend or _tariff_allows(kernel, terms)):
        raise ForbiddenError(f"you may not {kind} this service: ask support")
    if kind is OperationKind.RESUME and suspended_by(session, service) != CLIENT:
        raise ForbiddenError(
            "the service was suspended by the provider: pay for it, or ask support"
        )


def permitted_actions(
    session: Session, kernel: Kernel, service: Service, possible: list[str]
) -> list[str]:
    """Which of the possible actions the service's client may take now."""
    gated = {"suspend": OperationKind.SUSPEND, "resume": OperationKind.RESUME}
    gated["delete"] = OperationKind.CLOSE
    return [
        action
        for action in possible
        if action not in gated or _is_permitted(session, kernel, service, gated[action])
    ]


def _is_permitted(session: Session, kernel: Kernel, service: Service, kind: OperationKind) -> bool:
    try:
        permit(session, kernel, service, kind)
    except (ForbiddenError, RuleError):
        return False
    return True


def _tariff_allows(kernel: Kernel, terms: TariffTerms) -> bool:
    is_daily = charging_policy(kernel, terms.charging).charges_daily
    return is_daily and bool(terms.charging.get("clients_may_suspend"))


def _refuse_early_end(
    session: Session, kernel: Kernel, service: Service, terms: TariffTerms
) -> None:
    if terms.minimum_period is None or service.started_on is None:
        return
    if service.status == ServiceState.FAILED:
        return
    ends_on = end_of_minimum(terms.minimum_period, service.started_on)
    if today_of(session, kernel, service) < ends_on:
        raise MinimumPeriodError(f"service {service.id} can't be deleted before {ends_on}")
