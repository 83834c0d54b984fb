"""The simulated seller's goods, accounts and rules, without functions and documents."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from billing_isp_licenses.simulator.goods import (
    ACTIVE,
    DELETED,
    PARKED,
    PERIODS,
    PROCESSING,
    SUSPENDED,
    Account,
    SoldLicense,
    Tariff,
    amount,
    end_of,
    standard_tariffs,
)
from billing_ispsystem_api.simulator import RefusalError

IP_CHANGE_PAUSE = timedelta(days=31)
FIRST_LICENSE_ID = 900_001


class Shop:
    """Sells licences. Every rule that is broken raises RefusalError, and nothing is charged.

    ``activation_polls``, ``activation_s``  how many readings and seconds a licence stays
                   without a key.
    ``funds_error``  type, object and message of the refusal for want of money.
    """

    def __init__(
        self, now: Callable[[], datetime], *, activation_polls: int, activation_s: float
    ) -> None:
        self._now = now
        self.activation_polls = activation_polls
        self.activation_s = activation_s
        self.keeps_deleted = False
        self.funds_error = ("balance", "balance", "Insufficient funds on the balance")
        self.tariffs = standard_tariffs()
        self.accounts: dict[str, Account] = {}
        self.licenses: dict[str, SoldLicense] = {}

    def tariff(self, code: str) -> Tariff:
        if code not in self.tariffs:
            raise RefusalError("missed", "pricelist", code, f"Tariff plan {code} not found")
        return self.tariffs[code]

    def license(self, license_id: str, account: str, *, to_change: bool) -> SoldLicense:
        license = self.licenses.get(license_id)
        gone = license is None or (
            license.status == DELETED and (to_change or not self.keeps_deleted)
        )
        if license is None or gone or license.account != account:
            raise RefusalError("missed", "item", license_id, f"Service {license_id} not found")
        return license

    def sell(
        self, account: str, tariff: Tariff, period: str, ip: str, name: str, addons: dict[str, int]
    ) -> SoldLicense:
        if period not in tariff.periods:
            raise RefusalError("value", "period", period, "This period can't be ordered")
        self.refuse_taken(ip)
        license_id = str(FIRST_LICENSE_ID + len(self.licenses))
        self.charge(account, f"order {license_id}", tariff.price_minor(period, addons))
        today = self._now().date()
        license = SoldLicense(
            id=license_id,
            account=account,
            tariff=tariff,
            name=name,
            ip=ip,
            period=period,
            created_on=today,
            expires_on=end_of(today, period),
            activates_at=self._now().timestamp() + self.activation_s,
            polls_left=self.activation_polls,
            addons=addons,
        )
        self.licenses[license_id] = license
        self.pass_time(license)
        return license

    def prolong(self, license: SoldLicense, period: str) -> str:
        """Another period after the present one; the new expiry."""
        if license.tariff.is_trial or license.expires_on is None:
            raise RefusalError("prolong", "item", license.id, "This service can't be prolonged")
        until = end_of(license.expires_on, period) if period in PERIODS else None
        if until is None:
            raise RefusalError("value", "period", period, "This period can't be ordered")
        cost = license.tariff.price_minor(period, license.addons)
        self.charge(license.account, f"prolong {license.id}", cost)
        license.expires_on = until
        if license.status == SUSPENDED and until > self._now().date():
            license.status = ACTIVE
        return until.isoformat()

    def change_tariff(self, license: SoldLicense, tariff: Tariff) -> None:
        extra = max(0, tariff.month_minor - license.tariff.month_minor)
        self.charge(license.account, f"change {license.id}", extra)
        license.tariff, license.addons = tariff, {}

    def move(self, license: SoldLicense, ip: str) -> None:
        if ip == license.ip:
            return
        today = self._now().date()
        if license.ip_changed_on and today - license.ip_changed_on <= IP_CHANGE_PAUSE:
            raise RefusalError(
                "ip_change", "ip", ip, "The IP address can be changed once in 31 days"
            )
        self.refuse_taken(ip)
        license.ip, license.ip_changed_on = ip, today

    def refuse_taken(self, ip: str) -> None:
        """One working licence for an address; any number may be parked."""
        taken = (it.ip for it in self.licenses.values() if it.status != DELETED)
        if ip != PARKED and ip in taken:
            raise RefusalError("exists", "ip", ip, f"A license for {ip} already exists")

    def charge(self, name: str, what: str, minor: int) -> None:
        account = self.accounts[name]
        if minor > account.balance_minor:
            type, object, message = self.funds_error
            raise RefusalError(type, object, amount(account.balance_minor), message)
        account.balance_minor -= minor
        account.charges.append((what, minor))

    def pass_time(self, license: SoldLicense) -> None:
        """Finish an opening that took long enough; stop what has expired."""
        now = self._now()
        if license.status == PROCESSING and license.polls_left <= 0:
            if now.timestamp() >= license.activates_at:
                license.activate()
        elif license.status == ACTIVE and license.expires_on and license.expires_on <= now.date():
            license.status = SUSPENDED

    def as_json(self) -> dict[str, Any]:
        return {
            "accounts": {
                account.name: {
                    "balance_minor": account.balance_minor,
                    "currency": account.currency,
                    "charges": account.charges,
                }
                for account in self.accounts.values()
            },
            "licenses": [
                {"id": it.id, "status": it.status, "key": it.key, **it.bought}
                for it in self.licenses.values()
            ],
        }
