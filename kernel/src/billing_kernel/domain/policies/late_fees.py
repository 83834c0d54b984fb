"""Standard policies for services that are renewed after they expired."""

from fractions import Fraction
from typing import ClassVar

from billing_hookspecs import (
    FieldKind,
    FormField,
    LateFee,
    LateFeePolicy,
    LateFeeSituation,
    LocalizedText,
    Money,
    Step,
)
from billing_kernel.domain.rounding import round_half_up


class NoLateFee(LateFeePolicy):
    """The delay is free; the new period starts on the renewal day."""

    key: ClassVar[str] = "none"
    title: ClassVar[LocalizedText] = {"en": "Without fee", "ru": "Без пени"}

    def decide(self, situation: LateFeeSituation) -> LateFee:
        return LateFee(Money.zero(situation.paid.amount.currency), situation.today)


class FixedLateFee(LateFeePolicy):
    """A fixed amount, and days served over a weekend in full."""

    key: ClassVar[str] = "fixed"
    title: ClassVar[LocalizedText] = {"en": "Fixed amount", "ru": "Фиксированная сумма"}
    parameters: ClassVar[tuple[FormField, ...]] = (
        FormField("amount_minor", {"en": "Amount"}, FieldKind.INTEGER, minimum=0),
    )

    def decide(self, situation: LateFeeSituation) -> LateFee:
        currency = situation.paid.amount.currency
        fixed = Money(int(situation.parameters["amount_minor"]), currency)
        step = Step("late_fee.fixed", f"a fixed fee of {fixed}", {}, fixed.amount_minor)
        kept, steps = _kept_days(situation)
        return LateFee(fixed + kept, situation.today, (step, *steps))


class PercentLateFee(LateFeePolicy):
    """A percentage of the daily cost for each overdue day; days served over a weekend in full."""

    key: ClassVar[str] = "percent"
    title: ClassVar[LocalizedText] = {"en": "Percentage", "ru": "Процент"}
    parameters: ClassVar[tuple[FormField, ...]] = (FormField("percent", {"en": "Percent"}),)

    def decide(self, situation: LateFeeSituation) -> LateFee:
        daily = situation.paid.daily_cost_minor()
        percent = Fraction(str(situation.parameters["percent"]))
        fined_days = max(0, situation.overdue_days - situation.kept_days)
        exact = percent / 100 * fined_days * daily + situation.kept_days * daily
        fee = Money(round_half_up(exact), situation.paid.amount.currency)
        step = Step(
            "late_fee.percent",
            f"{percent} % of the daily cost for {fined_days} overdue days and the whole of it for "
            f"{situation.kept_days} days served: {fee}, rounded half up",
            {
                "percent": str(percent),
                "overdue_days": situation.overdue_days,
                "kept_days": situation.kept_days,
                "daily_cost_minor": str(daily),
            },
            fee.amount_minor,
        )
        return LateFee(fee, situation.today, (step,))


class RenewFromSuspensionDate(LateFeePolicy):
    """No fee: the new period starts where the old one ended, and covers the delay."""

    key: ClassVar[str] = "from_suspension_date"
    title: ClassVar[LocalizedText] = {
        "en": "Renew from suspension date",
        "ru": "Продлевать с даты остановки",
    }

    def decide(self, situation: LateFeeSituation) -> LateFee:
        return LateFee(Money.zero(situation.paid.amount.currency), situation.expired_on)


def _kept_days(situation: LateFeeSituation) -> tuple[Money, tuple[Step, ...]]:
    if not situation.kept_days:
        return Money.zero(situation.paid.amount.currency), ()
    daily = situation.paid.daily_cost_minor()
    cost = Money(round_half_up(situation.kept_days * daily), situation.paid.amount.currency)
    step = Step(
        "late_fee.kept_days",
        f"{situation.kept_days} days served over a weekend: {cost}, rounded half up",
        {"kept_days": situation.kept_days, "daily_cost_minor": str(daily)},
        cost.amount_minor,
    )
    return cost, (step,)
