"""Standard policies for addons that are bought or given up within a paid period."""

from fractions import Fraction
from typing import ClassVar

from billing_hookspecs import (
    AddonAmount,
    AddonCancellationPolicy,
    AddonOrderPolicy,
    AddonSituation,
    LocalizedText,
    Money,
    Step,
)
from billing_kernel.domain.rounding import fraction_of


class UntilExpiration(AddonOrderPolicy):
    """Only the days that are left of the paid period are charged."""

    key: ClassVar[str] = "until_expiration"
    title: ClassVar[LocalizedText] = {
        "en": "Price before a service expiration date",
        "ru": "Цена до окончания действия услуги",
    }

    def decide(self, situation: AddonSituation) -> AddonAmount:
        if situation.rest is None:
            return _share(situation, "addon_order.until_expiration")
        step = Step(
            "addon_order.until_expiration",
            f"{situation.rest} for {situation.remaining_days} days, each by the price of the "
            "period that it was paid in, rounded half up",
            {"remaining_days": situation.remaining_days},
            situation.rest.amount_minor,
        )
        return AddonAmount(situation.rest, (step,))


class FullPeriod(AddonOrderPolicy):
    """A whole period as long as the last paid one is charged, however little of it is left."""

    key: ClassVar[str] = "full_period"
    title: ClassVar[LocalizedText] = {
        "en": "Full price over the whole period",
        "ru": "Полная цена за весь период",
    }

    def decide(self, situation: AddonSituation) -> AddonAmount:
        step = Step(
            "addon_order.full_period",
            f"{situation.price} for {situation.paid.months} months, as the service was last paid",
            {"period_months": situation.paid.months},
            situation.price.amount_minor,
        )
        return AddonAmount(situation.price, (step,))


class RefundAddon(AddonCancellationPolicy):
    """What was paid for the remaining days returns."""

    key: ClassVar[str] = "refund"
    title: ClassVar[LocalizedText] = {"en": "Refund", "ru": "Возврат средств"}

    def decide(self, situation: AddonSituation) -> AddonAmount:
        return _share(situation, "addon_cancellation.refund")


class KeepAddonMoney(AddonCancellationPolicy):
    """The addon ends without compensation."""

    key: ClassVar[str] = "no_refund"
    title: ClassVar[LocalizedText] = {"en": "No refund", "ru": "Без возврата"}

    def decide(self, situation: AddonSituation) -> AddonAmount:
        step = Step("addon_cancellation.no_refund", "removed without compensation", {}, 0)
        return AddonAmount(Money.zero(situation.price.currency), (step,))


def _share(situation: AddonSituation, rule: str) -> AddonAmount:
    days, whole = situation.remaining_days, situation.paid.period.days
    amount = fraction_of(situation.price, Fraction(days, whole))
    step = Step(
        rule,
        f"{days} of {whole} days of {situation.price}: {amount}, rounded half up",
        {"remaining_days": days, "period_days": whole, "price_minor": situation.price.amount_minor},
        amount.amount_minor,
    )
    return AddonAmount(amount, (step,))
