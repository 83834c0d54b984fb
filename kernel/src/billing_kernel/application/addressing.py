"""Who is written to, where, and in which language."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import AddressKind
from billing_kernel.models import (
    Client,
    Employee,
    EmployeeDepartment,
    Payment,
    Provider,
    Service,
    Task,
)


@dataclass(frozen=True, slots=True)
class Reader:
    """A person; ``email`` is there whatever the channel."""

    email: str
    language: str
    phone: str = ""

    @property
    def addresses(self) -> Mapping[AddressKind, str]:
        return {AddressKind.EMAIL: self.email, AddressKind.PHONE: self.phone}


def reader_of(client: Client, provider: Provider) -> Reader:
    """A client as the reader of messages."""
    return Reader(client.email, client.language or provider.default_language, client.phone)


def recipients_of(session: Session, department_id: int | None, provider: Provider) -> list[Reader]:
    """The people of a department; where it has none, the provider's own address."""
    people = session.scalars(
        select(Employee)
        .join(EmployeeDepartment)
        .where(EmployeeDepartment.department_id == department_id, Employee.is_enabled)
        .order_by(Employee.id)
    )
    readers = [
        Reader(person.email, person.language or provider.default_language) for person in people
    ]
    return readers or [Reader(provider.notification_email, provider.default_language)]


def provider_of_task(session: Session, task: Task) -> Provider | None:
    """Who a task belongs to; the first provider where it is about nobody's service or money."""
    about: Service | Payment | None = session.get(Service, task.service_id or 0)
    about = about or session.get(Payment, task.payment_id or 0)
    if about is not None:
        return session.get_one(Provider, about.provider_id)
    return session.scalars(select(Provider).order_by(Provider.id).limit(1)).one_or_none()
