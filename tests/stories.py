"""A provider, a client and the time that passes between them, over HTTP alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from tests.factories import FakeModule
from tests.people import Person

from billing_hookspecs import Capability

BALANCE = {"pay_with": {"balance": True}}
NOON = time(12)
DAY = timedelta(days=1)
Days = tuple[str, str]
"""Two ISO dates: from the first one on, up to the other, which isn't in it any more."""


class StoryModule(FakeModule):
    """A driver that provides hosting and does at once whatever it is asked."""

    key: ClassVar[str] = "fake_hosting"
    product_types: ClassVar[tuple[str, ...]] = ("shared_hosting",)
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.SUSPEND, Capability.RENEW, Capability.CHANGE}
    )


@dataclass
class Story:
    """What happens between a provider and its client, day by day.

    Amounts are minor units of the provider's ``currency``; days are ISO dates in its
    ``time_zone``. Whatever a verb sets going is done when it returns.
    """

    administrator: Person
    client: Person
    provider_id: int
    module_id: int
    method_id: int
    currency: str
    time_zone: str
    topped_up: int = 0

    def money(self, amount_minor: int) -> dict[str, Any]:
        return {"amount_minor": amount_minor, "currency": self.currency}

    def price(self, months: int, amount_minor: int, **more: Any) -> dict[str, Any]:
        """One entry of ``prices``."""
        return {"period_months": months, "price": self.money(amount_minor), **more}

    def now(self) -> datetime:
        return datetime.fromisoformat(self.administrator.done("GET", "/admin/clock")["now"])

    def travel_to(self, day: str, at: time = NOON) -> None:
        """Let time pass until an hour of a day, with everything that falls due on the way."""
        instant = datetime.combine(date.fromisoformat(day), at, ZoneInfo(self.time_zone))
        self.administrator.done("PUT", "/admin/clock", {"now": instant.isoformat()})

    def wait(self) -> None:
        """Until workers have done what is due now."""
        self.administrator.done("PUT", "/admin/clock", {"now": self.now().isoformat()})

    def sell(self, price_minor: int = 0, **said: Any) -> int:
        """The id of a new tariff plan for hosting, at this price a month unless it says more."""
        described = {
            "provider_id": self.provider_id,
            "product_type": "shared_hosting",
            "processing_module_id": self.module_id,
            "name": {"en": "Hosting"},
            "create_all_addons": False,
            **({"prices": [self.price(1, price_minor)]} if price_minor else {}),
            **said,
        }
        return int(self.administrator.done("POST", "/admin/tariff-plans", described)["id"])

    def top_up(self, amount_minor: int) -> None:
        """The client announces a transfer, and an administrator sees it arrive."""
        asked = {"amount": self.money(amount_minor), "payment_method_id": self.method_id}
        payment = self.client.done("POST", "/payments", asked)
        paid = self.administrator.done("POST", f"/admin/payments/{payment['id']}/confirm")
        assert (payment["status"], paid["status"]) == ("pending", "paid")
        self.topped_up += amount_minor
        self.wait()

    def order(self, plan_id: int, months: int = 1, **said: Any) -> Any:
        """The answer to an order that is paid from the balance."""
        body = {"tariff_plan_id": plan_id, "period_months": months, **BALANCE, **said}
        return self.client.done("POST", "/orders", body)

    def buy(self, plan_id: int, months: int = 1, **said: Any) -> int:
        """The id of a service that was ordered, paid from the balance and opened."""
        service_id = int(self.order(plan_id, months, **said)["service"]["id"])
        self.wait()
        assert self.service(service_id)["status"] == "active"
        return service_id

    def renew(self, service_id: int, months: int = 1) -> Any:
        """The invoice of a renewal that is paid from the balance and done."""
        body = {"period_months": months, **BALANCE}
        answer = self.client.done("POST", f"/services/{service_id}/renew", body)
        self.wait()
        return answer["invoice"]

    def change(self, service_id: int, what: str, **said: Any) -> Any:
        """The answer to a change (``tariff`` or ``addons``) that is paid and made."""
        path = f"/services/{service_id}/change-{what}"
        answer = self.client.done("POST", path, {**said, **BALANCE})
        self.wait()
        return answer

    def service(self, service_id: int) -> Any:
        return self.client.done("GET", f"/services/{service_id}")

    def stands(self, service_id: int) -> tuple[str, str | None]:
        """The status of a service and when it expires."""
        service = self.service(service_id)
        return service["status"], service["expires_on"]

    def balance(self) -> int:
        """Minor units that the client may spend."""
        [balance] = self.client.every("/balances")
        assert balance["balance"]["currency"] == self.currency
        return int(balance["balance"]["amount_minor"])

    def invoices(self, *kinds: str) -> list[Any]:
        """The client's paid invoices, oldest first, without those that only asked for money."""
        listed = self.client.every("/invoices")[::-1]
        wanted = kinds or ("order", "renewal", "change", "charge", "credit_note")
        return [each for each in listed if each["kind"] in wanted and each["status"] == "paid"]

    def totals(self, *kinds: str) -> list[int]:
        """What each of them came to; negative where money was given back."""
        return [each["total"]["amount_minor"] for each in self.invoices(*kinds)]

    def daily_charges(self) -> list[int]:
        """What was taken straight from the balance for days, oldest first."""
        rows = self.client.every("/ledger-entries")[::-1]
        return [-row["amount"]["amount_minor"] for row in rows if row["kind"] == "charge"]

    def billed(self, service_id: int, *kinds: str) -> list[Any]:
        """The charged days of a service by when they began, without reversed ones."""
        path = f"/admin/services/{service_id}/billed-periods"
        rows = [row for row in self.administrator.every(path) if not row["reversed"]]
        wanted = [row for row in rows if not kinds or row["kind"] in kinds]
        return sorted(wanted, key=lambda row: (row["start_on"], row["end_on"]))

    def ends(self, until: Mapping[int, str], *, unserved: tuple[Days, ...] = ()) -> None:
        """The books are right, and each day but the unserved ones was charged, once.

        ``until`` is the day after the last one that was charged, by services. What was paid in
        and not given out for invoices is on the balance, to the cent; invoices are numbered
        without gaps.
        """
        assert self.administrator.done("GET", "/admin/ledger/verify")["problems"] == []
        for service_id, end_on in until.items():
            self._is_charged_once_a_day(service_id, end_on, unserved)
        assert self.topped_up - sum(self.totals()) - sum(self.daily_charges()) == self.balance()
        invoices = self.administrator.every("/admin/invoices")
        for series in ("INV", "CN"):
            numbers = [
                int(each["number"].removeprefix(f"{series}-"))
                for each in invoices
                if each["number"].startswith(series)
            ]
            assert sorted(numbers) == list(range(1, len(numbers) + 1))
        for invoice in invoices:
            for name in ("net", "tax", "total"):
                lines = sum(line[name]["amount_minor"] for line in invoice["lines"])
                assert lines == invoice[name]["amount_minor"]

    def _is_charged_once_a_day(
        self, service_id: int, until: str, unserved: tuple[Days, ...]
    ) -> None:
        """Periods of the service and of each addon follow each other; changes lie within them."""
        rows = self.billed(service_id)
        by_line: dict[str, list[Any]] = {}
        for row in rows:
            if row["kind"] != "change":
                by_line.setdefault(row["resource_type"] or "", []).append(row)
        for line in by_line.values():
            assert all(one["end_on"] <= other["start_on"] for one, other in pairwise(line))
        charged = {
            day
            for row in rows
            if row["kind"] != "free"
            for day in _days(row["start_on"], row["end_on"])
        }
        free = {day for days in unserved for day in _days(*days)}
        began = self.service(service_id)["started_on"]
        first = min(began, rows[0]["start_on"])
        assert charged == set(_days(first, until)) - free


def _days(start_on: str, end_on: str) -> list[date]:
    """Every day from the first one up to the other."""
    first, end = date.fromisoformat(start_on), date.fromisoformat(end_on)
    return [first + DAY * number for number in range((end - first).days)]
