"""Refuse what a client may not order: by its group, the tariff plan's limits, its agreement."""

from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_kernel.application.checking import OrderItem
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.errors import ForbiddenError, RuleError
from billing_kernel.domain.minimum_periods import is_long_enough
from billing_kernel.domain.states import ServiceState
from billing_kernel.domain.tariffs import TariffTerms
from billing_kernel.models import Client, ClientGroup, DocumentTemplate, Service, TariffPlan


class TariffForbiddenError(ForbiddenError):
    """The tariff plan isn't offered to this client's group."""

    code = "tariff.forbidden"


class PeriodTooShortError(RuleError):
    """The tariff plan is sold for a longer time only."""

    code = "order.period_too_short"


class QuantityTooLargeError(RuleError):
    """More services than one order of the tariff plan may have."""

    code = "order.quantity_too_large"


class ServiceLimitError(RuleError):
    """The client has as many services of this tariff plan as it allows."""

    code = "order.service_limit"


class AgreementRequiredError(RuleError):
    """The tariff plan's agreement must be accepted."""

    code = "order.agreement_required"


def may_order(plan: TariffPlan, group_id: int | None) -> bool:
    """True if clients of this group (None: of no group) may order the plan; forbidding wins."""
    if group_id in plan.forbidden_client_group_ids:
        return False
    return not plan.allowed_client_group_ids or group_id in plan.allowed_client_group_ids


def refuse_forbidden(plan: TariffPlan, client: Client) -> None:
    """Raise TariffForbiddenError unless the client's group may order the plan."""
    if not may_order(plan, client.client_group_id):
        raise TariffForbiddenError(f"tariff plan {plan.id} isn't offered to your group of clients")


def refuse_unentitled(
    plan: TariffPlan, terms: TariffTerms, item: OrderItem, client: Client | None, today: date
) -> None:
    """Refuse a plan that the client's group may not order, a short period, a large quantity.

    Raises TariffForbiddenError, PeriodTooShortError, QuantityTooLargeError.
    """
    if client is not None:
        refuse_forbidden(plan, client)
    least = terms.minimum_period
    if least is not None and not is_long_enough(least, item.period_months, today):
        raise PeriodTooShortError(
            f"period_months {item.period_months} is too short: "
            f"tariff plan {plan.id} is sold for {least.length} {least.unit} or more"
        )
    if item.quantity > terms.services_per_order_max:
        raise QuantityTooLargeError(
            f"at most {terms.services_per_order_max} services of tariff plan {plan.id} at a time"
        )


def refuse_too_many(
    session: Session, client: Client, plan: TariffPlan, terms: TariffTerms, quantity: int
) -> None:
    """Raise ServiceLimitError for more services than one client may have of a plan.

    The caller has locked the client. Deleted services free their places, and groups with
    ``ignore_service_limit`` have no limit.
    """
    most = terms.services_per_client_max
    if most is None or _ignores_limit(session, client):
        return
    have = session.scalar(
        select(func.count(Service.id)).where(
            Service.client_id == client.id,
            Service.tariff_plan_id == plan.id,
            Service.status != ServiceState.DELETED,
            Service.parent_service_id.is_(None),
        )
    )
    if (have or 0) + quantity > most:
        raise ServiceLimitError(
            f"at most {most} services of this tariff plan for one client; there are {have or 0}"
        )


def accepted_agreement(
    session: Session, kernel: Kernel, plan: TariffPlan, item: OrderItem
) -> dict[str, Any] | None:
    """What an order keeps of the agreement that it accepts; None where the plan has none.

    The fingerprint of each language's text, as the client may have read any of them.
    Raises AgreementRequiredError.
    """
    if plan.agreement_template_id is None:
        return None
    if not item.agreement_accepted:
        raise AgreementRequiredError(
            f"tariff plan {plan.id} has an agreement: read it and send agreement_accepted"
        )
    template = session.get_one(DocumentTemplate, plan.agreement_template_id)
    return {
        "template_id": template.id,
        "sha256": {
            language: sha256(text.encode()).hexdigest() for language, text in template.body.items()
        },
        "accepted_at": kernel.clock.now().isoformat(),
    }


def _ignores_limit(session: Session, client: Client) -> bool:
    if client.client_group_id is None:
        return False
    return session.get_one(ClientGroup, client.client_group_id).ignore_service_limit
