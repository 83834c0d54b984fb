"""Whatever happens to a service, its money and its days stay right after every step."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from tests.addons import ADDONS
from tests.factories import (
    FakeModule,
    Shop,
    give,
    money_of,
    open_one,
    open_tasks,
    renew,
    run_newest,
    sell_under,
    service_of,
    with_plan,
)

from billing_hookspecs import Done, Money, UpstreamRefusedError
from billing_kernel.application.altering import (
    ChangeAddons,
    ChangeCommand,
    ServiceExpiredError,
    ask_for_change,
)
from billing_kernel.application.changing import ChangeTariff
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.restoring import return_change
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.clock import FixedClock
from billing_kernel.domain.addons import AddonNotSoldError
from billing_kernel.domain.repricing import ChangeImpossibleError
from billing_kernel.domain.tariffs import TariffPolicies
from billing_kernel.models import BilledPeriod, Provider, ServiceChange, TaxRate

STEPS = 24
RATES = ("0.20", "0.22", "0", "0.055", "0.20")
"""Each holds for 25 days, the last one for good."""
POLICIES = ("refund_difference", "charge_only", "change_period", "full_payment")


def levy_taxes(kernel: Kernel, shop: Shop) -> None:
    def levy(session: Session) -> None:
        session.get_one(Provider, shop.provider.id).tax = {"policy": "standard"}
        for number, rate in enumerate(RATES):
            day = kernel.clock.now().date() + timedelta(days=25 * number)
            session.add(TaxRate(country="RU", rate=rate, valid_from=day))

    kernel.database.run(levy)


def arrives(kernel: Kernel, shop: Shop, change_id: int) -> None:
    """What a change was said to return is on the balance, unless a person has to decide."""
    before, tasks = money_of(kernel, shop)[0], len(open_tasks(kernel))
    return_change(kernel, change_id)
    with kernel.database.reading() as session:
        made = session.get_one(ServiceChange, change_id)
    returned = money_of(kernel, shop)[0] - before
    if made.state == "done" and len(open_tasks(kernel)) == tasks:
        assert returned == made.returns_minor


def ends_right(kernel: Kernel, service_id: int, policy: str) -> None:
    """Every change came to an end, and no day was charged that isn't served."""
    with kernel.database.reading() as session:
        changes = session.scalars(select(ServiceChange)).all()
        assert {each.state for each in changes} <= {"done", "refused"}
        assert any(each.returns_minor for each in changes) or policy == "full_payment"
        ends = session.scalars(
            select(BilledPeriod.end_on).where(~BilledPeriod.reversed, BilledPeriod.line_no == 0)
        ).all()
        assert max(ends) <= (service_of(kernel, service_id).expires_on or max(ends))


@pytest.mark.slow
@pytest.mark.on_both
@pytest.mark.parametrize(
    ("databases", "policy"),
    [*(("sqlite", policy) for policy in POLICIES), ("postgresql", "refund_difference")],
    indirect=["databases"],
)
def test_changes_and_renewals_in_any_order_keep_the_books(
    kernel: Kernel, shop: Shop, module: FakeModule, policy: str
) -> None:
    """More, less, dearer, cheaper, renewed, refused, in random order; tax rates come and go."""
    dice = random.Random(policy)
    chosen = TariffPolicies(tariff_change={"policy": policy})
    kernel.database.run(lambda session: give(session, shop.owner, Money(900_000, "RUB"), 2))

    levy_taxes(kernel, shop)
    shops = [shop, with_plan(kernel, shop, 1733), with_plan(kernel, shop, 401)]
    for each in shops:
        sell_under(kernel, each, policies=chosen, addons=ADDONS)
    service_id = open_one(kernel, shop, addons={"disk": 25})
    clock = cast(FixedClock, kernel.clock)

    def change(command: ChangeCommand) -> None:
        try:
            change_now(command)
        except ServiceExpiredError:
            renewal()

    def change_now(command: ChangeCommand) -> None:
        def work(session: Session) -> int:
            asked = ask_for_change(session, kernel, service_id, command, shop.client.id)
            if asked.invoice is not None:
                pay_invoice(
                    session, kernel, asked.invoice.id, shop.client.id, PayWith(balance=True)
                )
            return asked.change.id

        change_id = kernel.database.run(work)
        run_newest(kernel, service_id)
        arrives(kernel, shop, change_id)

    def more_or_less() -> None:
        addons = {"disk": dice.randrange(10, 101, 5), "panel": dice.choice((11, 12))}
        change(
            ChangeAddons(addons | ({"panel": dice.choice((11, 12))} if dice.random() < 0.5 else {}))
        )

    def another_tariff() -> None:
        change(ChangeTariff(dice.choice(shops).plan.id))

    def renewal() -> None:
        renew(kernel, shop, service_id)
        run_newest(kernel, service_id)

    def days() -> None:
        clock.instant += timedelta(days=dice.randrange(1, 20))

    steps: tuple[Callable[[], None], ...] = (more_or_less, another_tariff, renewal, days)
    done = refused = 0
    for _ in range(STEPS):
        module.answers.append(
            UpstreamRefusedError("no", "No.") if dice.random() < 0.2 else Done("up-1")
        )
        try:
            dice.choice(steps)()
            done += 1
        except (ChangeImpossibleError, AddonNotSoldError):
            refused += 1
        module.answers.clear()
        with kernel.database.reading() as session:
            assert verify_ledger(session).problems == ()
        balance, held = money_of(kernel, shop)
        assert (balance >= 0, held) == (True, 0)
    assert (done > STEPS / 2, done + refused) == (True, STEPS)
    ends_right(kernel, service_id, policy)
