"""Messages are written about what happened: once, in the reader's language, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    make_method,
    open_one,
    pay,
    place,
    run_newest,
)

from billing_hookspecs import Done, Money, OperationKind, UpstreamRefusedError
from billing_kernel.application.booking import lock_payment, receive_money
from billing_kernel.application.closing import act_on_service
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.learning import fail_payment
from billing_kernel.application.notifying import notify
from billing_kernel.application.templating import create_message_template
from billing_kernel.models import (
    Client,
    Department,
    Employee,
    EmployeeDepartment,
    Message,
    MessageTemplate,
    ProcessingModule,
    Provider,
    TariffPlan,
)

Written = Callable[[], list[Message]]


def change(kernel: Kernel, model: type[Any], row_id: int, **columns: Any) -> None:
    def work(session: Any) -> None:
        row = session.get_one(model, row_id)
        for name, value in columns.items():
            setattr(row, name, value)

    kernel.database.run(work)


def add_template(kernel: Kernel, **columns: Any) -> int:
    given = {"name": "Mine", "subject": {"en": "Mine"}, **columns}
    return kernel.database.run(lambda session: create_message_template(session, given).id)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "The service is ready for use.", "February 28, 2026"),
        ("ru", "Услуга готова к использованию.", "28 февраля 2026"),
    ],
)
def test_the_client_is_told_that_the_service_is_ready(
    kernel: Kernel,
    shop: Shop,
    work: Callable[..., None],
    written: Written,
    language: str,
    text: str,
    day: str,
) -> None:
    """F-151: in the client's language; without a channel the message is kept to be read."""
    change(kernel, Client, shop.client.id, language=language)
    open_one(kernel, shop)
    work()
    [message] = written()
    assert text in message.body
    assert day in message.body.replace("\xa0", " ")
    assert (message.language, message.event) == (language, "ServiceOpened")
    assert (message.state, message.channel) == ("kept", "")
    assert message.recipient == shop.client.email


def test_an_event_that_is_handled_twice_makes_one_message(
    kernel: Kernel, shop: Shop, work: Callable[..., None], written: Written
) -> None:
    """Queues deliver at least once."""
    open_one(kernel, shop)
    work()
    event_id = written()[0].event_id
    assert event_id is not None
    notify(kernel, event_id)
    assert len(written()) == 1


def test_at_13_the_tariffs_own_text_takes_the_standard_ones_place(
    kernel: Kernel, shop: Shop, work: Callable[..., None], written: Written, module: FakeModule
) -> None:
    """With what the upstream told and clients may see; other facts stay out of it."""
    body = "{{ service.name }}: key {{ upstream.key }}, root {{ upstream.root_password }}."
    template_id = add_template(kernel, body={"en": body})
    change(kernel, TariffPlan, shop.plan.id, activation_template_id=template_id)
    module.answers.append(Done("up-1", {"key": "K-1", "root_password": "canary-7f3a"}))
    open_one(kernel, shop)
    work()
    [message] = written()
    assert (message.subject, message.body) == ("Mine", "mine: key K-1, root .")


def test_a_template_with_a_key_takes_the_place_of_the_standard_text(
    kernel: Kernel, shop: Shop, work: Callable[..., None], written: Written
) -> None:
    """And one that older rules let in and that can't be filled in any more doesn't."""
    key = {"key": "service.activated", "body": {"en": "Have fun, {{ client.name }}"}}
    template_id = add_template(kernel, **key)
    open_one(kernel, shop)
    work()
    change(kernel, MessageTemplate, template_id, body={"en": "{{ cycler.__init__ }}"})
    open_one(kernel, shop)
    work()
    first, second = (message.body for message in written())
    assert first == "Have fun, Client"
    assert "The service is ready for use." in second


def test_a_refused_order_is_told_to_the_client_and_to_the_department(
    kernel: Kernel, shop: Shop, work: Callable[..., None], written: Written, module: FakeModule
) -> None:
    """The upstream's own words are for employees to look up, not for mail."""
    module.answers.append(UpstreamRefusedError("no", "internal detail canary-11aa"))
    placed = buy(kernel, shop)
    run_newest(kernel, placed.services[0].id)
    work()
    told = {message.event: message for message in written()}
    assert set(told) == {"TaskOpened", "OperationRefused"}
    assert told["OperationRefused"].recipient == shop.client.email
    assert "on your balance" in " ".join(told["OperationRefused"].body.split())
    task = told["TaskOpened"]
    assert (task.recipient, task.client_id) == ("ops@provider.test", None)
    assert "Open of mine was refused" in task.subject
    assert not any("canary" in message.subject + message.body for message in written())


@pytest.mark.parametrize(("asked_by", "told"), [("client", 1), ("nightly", 0)])
def test_a_refused_suspension_is_told_to_who_asked_for_it(
    kernel: Kernel,
    shop: Shop,
    work: Callable[..., None],
    written: Written,
    module: FakeModule,
    asked_by: str,
    told: int,
) -> None:
    """A client who never heard of it would ask support what couldn't be carried out."""
    service_id = open_one(kernel, shop)
    module.answers.append(UpstreamRefusedError("no"))
    kernel.database.run(
        lambda session: act_on_service(
            session, kernel, service_id, OperationKind.SUSPEND, asked_by=asked_by
        )
    )
    run_newest(kernel, service_id)
    work()
    refusals = [message for message in written() if message.event == "OperationRefused"]
    assert len(refusals) == told
    assert not any("balance" in message.body for message in refusals)


def test_a_payment_that_failed_is_told(
    kernel: Kernel, shop: Shop, work: Callable[..., None], written: Written
) -> None:
    """Whoever thinks that it is paid finds out when the service stops."""
    change(kernel, Provider, shop.provider.id, support_email="help@provider.test")
    change(kernel, Client, shop.client.id, language="ru")
    method = make_method(kernel, shop)
    payment_id = pay(kernel, shop, place(kernel, shop).invoice.id, method.id)

    def fail(session: Any) -> None:
        payment = lock_payment(session, payment_id)
        fail_payment(session, kernel, payment, "gateway's words canary-22bb")

    kernel.database.run(fail)
    work()
    [message] = written()
    assert message.subject == f"Платёж {payment_id} не прошёл"
    assert "на 10,00\xa0₽ (manual) не прошёл" in message.body
    assert "help@provider.test" in message.body
    assert "canary" not in message.body


def test_money_that_fits_no_invoice_is_told(
    kernel: Kernel, shop: Shop, work: Callable[..., None], written: Written
) -> None:
    """It is the client's, on the balance; a department is asked about it as well."""
    method = make_method(kernel, shop)
    payment_id = pay(kernel, shop, place(kernel, shop).invoice.id, method.id)

    def receive(session: Any) -> None:
        payment = lock_payment(session, payment_id)
        receive_money(session, kernel, payment, Money(300, "RUB"))

    kernel.database.run(receive)
    work()
    told = {message.event: message for message in written()}
    assert set(told) == {"PaymentWentToBalance", "TaskOpened"}
    assert "RUB 3.00 of your payment" in told["PaymentWentToBalance"].body.replace("\xa0", " ")


def test_a_suspension_and_a_deletion_are_told(
    kernel: Kernel, shop: Shop, work: Callable[..., None], written: Written
) -> None:
    """Whoever did it: the client finds out from us, not from a site that is gone."""
    service_id = open_one(kernel, shop)
    for kind in (OperationKind.SUSPEND, OperationKind.CLOSE):
        kernel.database.run(
            lambda session, kind=kind: act_on_service(
                session, kernel, service_id, kind, asked_by="test"
            )
        )
        run_newest(kernel, service_id)
    work()
    assert [message.event for message in written()] == [
        "ServiceOpened",
        "ServiceSuspended",
        "ServiceDeleted",
    ]


def test_a_task_is_told_to_each_of_its_department(
    kernel: Kernel, shop: Shop, work: Callable[..., None], written: Written, module: FakeModule
) -> None:
    """AT-04: whoever works elsewhere, or not any more, isn't told; each in their language."""

    def staff(session: Any) -> None:
        ours, other = (Department(name={"en": name}) for name in ("Support", "Sales"))
        session.add_all([ours, other])
        session.flush()
        for name, department, columns in (
            ("ann", ours, {}),
            ("boris", ours, {"language": "ru"}),
            ("gone", ours, {"is_enabled": False}),
            ("sue", other, {}),
        ):
            email = f"{name}@provider.test"
            departments = [EmployeeDepartment(department_id=department.id)]
            session.add(
                Employee(
                    email=email, name=name, password_hash="-", departments=departments, **columns
                )
            )
        session.get_one(ProcessingModule, shop.module_id).department_id = ours.id

    kernel.database.run(staff)
    module.answers.append(UpstreamRefusedError("no"))
    placed = buy(kernel, shop)
    run_newest(kernel, placed.services[0].id)
    work()
    told = [message for message in written() if message.event == "TaskOpened"]
    assert [message.recipient for message in told] == ["ann@provider.test", "boris@provider.test"]
    assert [message.subject.split()[0] for message in told] == ["Task", "Задача"]
    assert {message.department_id for message in told} == {1}
