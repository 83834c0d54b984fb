"""Compose messages: who is written to about an event, and what every place is filled with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel import Locale, UnknownLocaleError
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, text_in
from billing_kernel.application.addressing import (
    Reader,
    provider_of_task,
    reader_of,
    recipients_of,
)
from billing_kernel.application.closing import CLIENT
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.recalling import Answers
from billing_kernel.application.renewing import quote_renewal
from billing_kernel.application.viewing import client_facts
from billing_kernel.documents.formats import Formats
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.messages import ACTIVATION, key_of
from billing_kernel.models import (
    Client,
    Event,
    MessageTemplate,
    Operation,
    Payment,
    PaymentMethod,
    Provider,
    Service,
    TariffPlan,
    Task,
)

Groups = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be written about an event; ``values`` are asked for with a language.

    ``template_id`` takes the place of the occasion's own template.
    """

    key: str
    provider: Provider
    readers: Sequence[Reader]
    values: Callable[[str], Groups]
    client_id: int | None = None
    department_id: int | None = None
    template_id: int | None = None


def compose(session: Session, kernel: Kernel, event: Event) -> Letter | None:
    """The letter about an event; None where there is nobody to tell, or nothing any more."""
    key = key_of(event.name)
    if key is None:
        return None
    if "task_id" in event.facts:
        return _about_task(session, key, event)
    if "payment_id" in event.facts:
        return _about_payment(session, key, event)
    if "per_day_minor" in event.facts:
        return _about_balance(session, key, event)
    return _about_service(session, kernel, key, event)


def template_of(session: Session, letter: Letter) -> MessageTemplate | None:
    """The text that an administrator wrote for this letter, if one did."""
    if letter.template_id is not None:
        return session.get(MessageTemplate, letter.template_id)
    return session.scalar(select(MessageTemplate).where(MessageTemplate.key == letter.key))


def _about_task(session: Session, key: str, event: Event) -> Letter | None:
    task = session.get_one(Task, event.facts["task_id"])
    provider = provider_of_task(session, task)
    if provider is None:
        return None
    group = {"id": str(task.id), "kind": task.kind, "title": task.title}
    return Letter(
        key,
        provider,
        recipients_of(session, task.department_id, provider),
        lambda _: {"provider": _provider(provider), "task": group},
        department_id=task.department_id,
    )


def _about_payment(session: Session, key: str, event: Event) -> Letter:
    payment = session.get_one(Payment, event.facts["payment_id"])
    client = session.get_one(Client, payment.client_id)
    provider = session.get_one(Provider, payment.provider_id)
    method = session.get(PaymentMethod, payment.payment_method_id or 0)
    amount = Money(payment.amount_minor, payment.currency)
    if "amount_minor" in event.facts:
        amount = Money(event.facts["amount_minor"], event.facts["currency"])

    def values(language: str) -> Groups:
        group = {
            "id": str(payment.id),
            "amount": _formats(language).money(amount),
            "method": text_in(method.name, language) if method else "",
        }
        return {"provider": _provider(provider), "client": _client(client), "payment": group}

    return Letter(key, provider, [reader_of(client, provider)], values, client_id=client.id)


def _about_balance(session: Session, key: str, event: Event) -> Letter:
    client = session.get_one(Client, event.client_id)
    provider = session.get_one(Provider, client.provider_id)
    facts = event.facts

    def values(language: str) -> Groups:
        formats = _formats(language)
        group = {
            "amount": formats.money(Money(facts["spendable_minor"], facts["currency"])),
            "per_day": formats.money(Money(facts["per_day_minor"], facts["currency"])),
            "days_left": str(facts["days_left"]),
            "ends_on": formats.day(date.fromisoformat(facts["ends_on"])),
        }
        return {"provider": _provider(provider), "client": _client(client), "balance": group}

    return Letter(key, provider, [reader_of(client, provider)], values, client_id=client.id)


def _about_service(session: Session, kernel: Kernel, key: str, event: Event) -> Letter | None:
    """What is bundled with a service is that one's: its client isn't written to about it.

    Nor about the refusal of what the night or an administrator asked for.
    """
    service = session.get_one(Service, event.facts["service_id"])
    if service.parent_service_id is not None or _is_asked_by_others(session, event):
        return None
    client = session.get_one(Client, service.client_id)
    provider = session.get_one(Provider, service.provider_id)
    plan = session.get_one(TariffPlan, service.tariff_plan_id)

    def values(language: str) -> Groups:
        formats = _formats(language)
        return {
            "provider": _provider(provider),
            "client": _client(client),
            "service": _service(service, plan, event.facts, language),
            "upstream": {
                name: str(value) for name, value in client_facts(session, kernel, service).items()
            },
            "reminder": _reminder(session, kernel, service, event.facts, formats),
            "operation": {"kind": _operation_kind(session, event.facts)},
        }

    return Letter(
        key,
        provider,
        [reader_of(client, provider)],
        values,
        client_id=client.id,
        template_id=plan.activation_template_id if key == ACTIVATION else None,
    )


def _provider(provider: Provider) -> dict[str, str]:
    return {
        "name": provider.name,
        "support_email": provider.support_email or provider.notification_email,
        "site_url": provider.site_url,
        "billing_url": provider.billing_url,
        "help_url": provider.help_url,
    }


def _client(client: Client) -> dict[str, str]:
    return {"name": client.name, "email": client.email}


def _service(
    service: Service, plan: TariffPlan, facts: Mapping[str, Any], language: str
) -> dict[str, str]:
    """The service as it was at the event, as far as that says."""
    expires_on = service.expires_on
    if facts.get("expires_on"):
        expires_on = date.fromisoformat(facts["expires_on"])
    return {
        "id": str(service.id),
        "name": service.name,
        "tariff": text_in(plan.name, language),
        "domain": service.domain or str(service.parameters.get("domain", "")),
        "username": service.username,
        "status": service.status,
        "expires_on": _formats(language).day(expires_on) if expires_on else "",
    }


def _reminder(
    session: Session, kernel: Kernel, service: Service, facts: Mapping[str, Any], formats: Formats
) -> dict[str, str]:
    if "days_left" not in facts and "deleted_on" not in facts:
        return {}
    price = renewal_price(session, kernel, service)
    deleted_on = facts.get("deleted_on")
    return {
        "days_left": str(facts.get("days_left", "")),
        "price": formats.money(price) if price else "",
        "deleted_on": formats.day(date.fromisoformat(deleted_on)) if deleted_on else "",
    }


def renewal_price(
    session: Session, kernel: Kernel, service: Service, answers: Answers | None = None
) -> Money | None:
    """What another period of a service costs today, tax included; None where it can't be said."""
    try:
        priced = quote_renewal(session, kernel, service, service.period_months, answers=answers)
    except (ConflictError, RuleError):
        return None
    return priced.total(priced.lines[0].total.currency)


def _is_asked_by_others(session: Session, event: Event) -> bool:
    if event.name != "OperationRefused":
        return False
    operation = session.get_one(Operation, event.facts["operation_id"])
    return operation.request.get("asked_by") not in (None, CLIENT)


def _operation_kind(session: Session, facts: Mapping[str, Any]) -> str:
    operation = session.get(Operation, facts.get("operation_id", 0))
    return operation.kind if operation else ""


def _formats(language: str) -> Formats:
    """How a language writes; English where nobody knows it."""
    try:
        return Formats(Locale.parse(language, sep="-"), "long")
    except (UnknownLocaleError, ValueError):
        return Formats(Locale.parse("en"), "long")
