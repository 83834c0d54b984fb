"""Renewing after expiry, by each policy, with weekends between."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

import pytest
from tests.addons import DISK
from tests.factories import NOON, Shop, open_one, renew, run_newest, sell_under, service_of

from billing_hookspecs import Money
from billing_kernel.application.altering import ChangeAddons, ServiceExpiredError, ask_for_change
from billing_kernel.application.expiring import suspend_expired
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.renewing import quote_renewal
from billing_kernel.clock import FixedClock
from billing_kernel.domain.pricing import PricedItem
from billing_kernel.domain.tariffs import PriceTerm, TariffPolicies
from billing_kernel.models import Service

OPENED, EXPIRED = date(2026, 1, 31), date(2026, 2, 28)
"""A month of 28 days, so that 2800 are 100 a day; it ends on a Saturday."""

FIXED = {"policy": "fixed", "amount": {"amount_minor": 70, "currency": "RUB"}}
HALF = {"policy": "percent", "percent": "50"}


@dataclass(frozen=True)
class Late:
    """A service of 2800 for 28 days, and whoever asks for its renewal later."""

    kernel: Kernel
    service_id: int

    def quote(self, today: date) -> PricedItem:
        with self.kernel.database.reading() as session:
            service = session.get_one(Service, self.service_id)
            return quote_renewal(session, self.kernel, service, 1, as_of=today)


def late(kernel: Kernel, shop: Shop, **policies: dict[str, Any]) -> Late:
    sell_under(
        kernel,
        shop,
        prices=(PriceTerm(1, Money(2800, "RUB")),),
        addons=(),
        policies=TariffPolicies(**policies),
    )
    return Late(kernel, open_one(kernel, shop))


@pytest.mark.parametrize(
    ("policy", "fee", "start_on"),
    [
        ({"policy": "none"}, 0, date(2026, 3, 4)),
        (FIXED, 70, date(2026, 3, 4)),
        (HALF, 250, date(2026, 3, 4)),
        ({"policy": "from_suspension_date"}, 0, EXPIRED),
    ],
)
def test_each_policy_has_its_fee_and_its_first_day(
    kernel: Kernel, shop: Shop, policy: dict[str, Any], fee: int, start_on: date
) -> None:
    """Expired on February 28th, renewed on March 4th: five started days, as in AT-33."""
    quote = late(kernel, shop, late_renewal_fee=policy).quote(date(2026, 3, 4))
    fees = [line.net.amount_minor for line in quote.lines if line.kind == "late_fee"]
    assert fees == ([fee] if fee else [])
    assert quote.lines[0].period is not None
    assert quote.lines[0].period.start_on == start_on


@pytest.mark.parametrize(
    ("policy", "fee"), [(FIXED, 70 + 200), (HALF, 200 + 3 * 50), ({"policy": "none"}, 0)]
)
def test_a_kept_weekend_is_paid_for_in_full(
    kernel: Kernel, shop: Shop, policy: dict[str, Any], fee: int
) -> None:
    """AT-36: Saturday and Sunday were served, so the percentage counts the other three days."""
    shop_keeps = {"late_renewal_fee": policy, "weekend_suspension": {"policy": "keep"}}
    quote = late(kernel, shop, **shop_keeps).quote(date(2026, 3, 4))
    fees = [line.net.amount_minor for line in quote.lines if line.kind == "late_fee"]
    assert fees == ([fee] if fee else [])


def test_the_expiry_day_itself_is_in_time(kernel: Kernel, shop: Shop) -> None:
    """Renewed on the day it expires, a service goes on as if it had been renewed before."""
    quote = late(kernel, shop, late_renewal_fee=HALF).quote(EXPIRED)
    assert [line.kind for line in quote.lines] == ["period"]
    assert quote.expires_on == date(2026, 3, 31)


def test_less_of_an_addon_makes_nobody_less_late(kernel: Kernel, shop: Shop) -> None:
    """The fee is of what was used: taken out now and back after the renewal, it would shrink."""
    sell_under(kernel, shop, addons=(DISK,), policies=TariffPolicies(late_renewal_fee=HALF))
    service_id = open_one(kernel, shop, addons={"disk": 100})
    cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=32)
    less = ChangeAddons({"disk": 10})
    with pytest.raises(ServiceExpiredError, match="renew it first"):
        kernel.database.run(
            lambda session: ask_for_change(session, kernel, service_id, less, shop.client.id)
        )


def test_a_late_renewal_is_charged_and_moves_the_anchor(kernel: Kernel, shop: Shop) -> None:
    """The fee is on the invoice beside the period, and the books take both."""
    sold = late(kernel, shop, late_renewal_fee=HALF)
    cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=32)
    renew(kernel, shop, sold.service_id)
    run_newest(kernel, sold.service_id)
    service = service_of(kernel, sold.service_id)
    assert (service.anchor_on, service.expires_on) == (date(2026, 3, 4), date(2026, 4, 4))


def test_from_the_suspension_date_every_month_since_is_paid_one_by_one(
    kernel: Kernel, shop: Shop
) -> None:
    """Renewed two months late: the first renewal pays for what is over, the second for today.

    The quote says so beforehand, and paying for the past alone doesn't start the service again.
    """
    sold = late(kernel, shop, late_renewal_fee={"policy": "from_suspension_date"})
    day = date(2026, 3, 3)
    cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=31)
    kernel.database.run(lambda session: suspend_expired(session, kernel, sold.service_id, day))
    run_newest(kernel, sold.service_id)
    cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=70)
    ends = []
    for status in ("suspended", "active"):
        quote = sold.quote(date(2026, 4, 11))
        ends.append(quote.expires_on)
        renew(kernel, shop, sold.service_id)
        run_newest(kernel, sold.service_id)
        run_newest(kernel, sold.service_id)
        assert service_of(kernel, sold.service_id).status == status
    assert ends == [date(2026, 3, 28), date(2026, 4, 28)]
