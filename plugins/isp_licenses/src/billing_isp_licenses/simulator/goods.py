"""What the simulated seller sells, to whom, and what it has sold."""

import secrets
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta

ORDERED, ACTIVE, SUSPENDED, DELETED, PROCESSING = "1", "2", "3", "4", "5"
STATUS_LABELS = {
    "en": {"1": "Ordered", "2": "Active", "3": "Suspended", "4": "Deleted", "5": "Processing"},
    "ru": {"1": "Заказан", "2": "Активен", "3": "Остановлен", "4": "Удалён", "5": "Обработка"},
}
TRIAL_PERIOD = "-100"
TRIAL_DAYS = 14
PERIODS = ("1", "3", "6", "12", "24", "36", "0")
PARKED = "0.0.0.0"
LIFETIME_MONTHS = 60


@dataclass(frozen=True, slots=True)
class TariffAddon:
    """Something countable that a tariff can have more of, priced by piece and month."""

    id: str
    internal_name: str
    name: str
    month_minor: int
    minimum: int = 0
    maximum: int = 100


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff of the price list; amounts in minor units. A trial costs nothing, once."""

    id: str
    internal_name: str
    name: str
    name_ru: str
    month_minor: int
    addons: tuple[TariffAddon, ...] = ()
    is_trial: bool = False

    @property
    def periods(self) -> tuple[str, ...]:
        return (TRIAL_PERIOD,) if self.is_trial else PERIODS

    def price_minor(self, period: str, addons: dict[str, int]) -> int:
        if self.is_trial:
            return 0
        by_piece = sum(addon.month_minor * addons.get(addon.id, 0) for addon in self.addons)
        return (self.month_minor + by_piece) * (int(period) or LIFETIME_MONTHS)


def standard_tariffs() -> dict[str, Tariff]:
    """The vendor's own codes for its international price list; the prices are made up."""
    nodes = TariffAddon("55236", "nodes", "Cluster nodes", month_minor=900)
    tariffs = (
        Tariff("55227", "ispmanager6_lite", "ispmanager 6 lite", "ispmanager 6 lite", 450),
        Tariff("55228", "ispmanager6_pro", "ispmanager 6 pro", "ispmanager 6 pro", 810),
        Tariff("55229", "ispmanager6_host", "ispmanager 6 host", "ispmanager 6 host", 1350),
        Tariff(
            "55230",
            "ispmanager6_business",
            "ispmanager 6 business",
            "ispmanager 6 business",
            1800,
            (nodes,),
        ),
        Tariff(
            "55239",
            "ispmanager6_trial",
            "ispmanager 6 trial",
            "ispmanager 6 пробная",
            0,
            is_trial=True,
        ),
    )
    return {tariff.id: tariff for tariff in tariffs}


@dataclass(slots=True)
class Account:
    """A reselling client of the seller. ``charges`` are (what for, minor units)."""

    name: str
    balance_minor: int
    currency: str
    charges: list[tuple[str, int]] = field(default_factory=list)


@dataclass(slots=True)
class SoldLicense:
    """A licence that was sold; it works once its opening is finished."""

    id: str
    account: str
    tariff: Tariff
    name: str
    ip: str
    period: str
    created_on: date
    expires_on: date | None
    activates_at: float
    polls_left: int
    remote_id: str = ""
    status: str = PROCESSING
    key: str = ""
    ip_changed_on: date | None = None
    key_changed_on: date | None = None
    addons: dict[str, int] = field(default_factory=dict)

    def activate(self) -> None:
        self.status = ACTIVE
        self.key = self.key or new_key(self.id)

    @property
    def bought(self) -> dict[str, object]:
        """What was paid for, without the progress of opening it."""
        return {
            "account": self.account,
            "tariff": self.tariff.id,
            "name": self.name,
            "ip": self.ip,
            "remote_id": self.remote_id,
            "expires_on": self.expires_on.isoformat() if self.expires_on else None,
            "addons": dict(self.addons),
            "suspended": self.status == SUSPENDED,
        }


def amount(minor: int) -> str:
    """Minor units as the seller writes amounts, without floats."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02}"


def new_key(license_id: str) -> str:
    return f"{license_id}-{secrets.token_hex(8)}"


def end_of(start: date, period: str) -> date | None:
    """The expiry of a period that starts on ``start``; None for a lifetime."""
    if period == TRIAL_PERIOD:
        return start + timedelta(days=TRIAL_DAYS)
    if period == "0":
        return None
    month = start.month - 1 + int(period)
    year, month = start.year + month // 12, month % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
