"""Standard policies for services that are renewed after they expired."""

from fractions import Fraction
from typing import ClassVar, Final

from billing_hookspecs import (
    FieldKind,
    FormField,
    LateFee,
    LateFeePolicy,
    LateFeeSituation,
    LocalizedText,
    Money,
    Step,
    round_half_up,
)

PERCENT_MAX: Final = 1000


class NoLateFee(LateFeePolicy):
    """The delay is free; the new period starts on the renewal day."""

    key: ClassVar[str] = "none"
    title: ClassVar[LocalizedText] = {"en": "Without fee", "ru": "Без пени"}

    def decide(self, situation: LateFeeSituation) -> LateFee:
        step = Step("late_fee.none", "the delay is free", {}, 0)
        return LateFee(Money.zero(situation.paid.amount.currency), situation.today, (step,))


class FixedLateFee(LateFeePolicy):
    """A fixed amount, and days served over a weekend in full."""

    key: ClassVar[str] = "fixed"
    title: ClassVar[LocalizedText] = {"en": "Fixed amount", "ru": "Фиксированная сумма"}
    parameters: ClassVar[tuple[FormField, ...]] = (
        FormField(
            "amount",
            {"en": "Amount", "ru": "Сумма"},
            FieldKind.MONEY,
            minimum=0,
        ),
    )

    def decide(self, situation: LateFeeSituation) -> LateFee:
        fixed = Money(**situation.parameters["amount"])
        step = Step("late_fee.fixed", f"a fixed fee of {fixed}", {}, fixed.amount_minor)
        kept, steps = _kept_days(situation, fixed)
        return LateFee(fixed + kept, situation.today, (step, *steps))


class PercentLateFee(LateFeePolicy):
    """A percentage of the daily cost for each overdue day; days served over a weekend in full."""

    key: ClassVar[str] = "percent"
    title: ClassVar[LocalizedText] = {"en": "Percentage", "ru": "Процент"}
    parameters: ClassVar[tuple[FormField, ...]] = (
        FormField(
            "percent",
            {"en": "Percent of the daily cost", "ru": "Процент от стоимости дня"},
            FieldKind.DECIMAL,
            minimum=0,
            maximum=PERCENT_MAX,
        ),
    )

    def decide(self, situation: LateFeeSituation) -> LateFee:
        daily = situation.paid.daily_cost_minor()
        given: str = situation.parameters["percent"]
        fined_days = max(0, situation.overdue_days - situation.kept_days)
        exact = Fraction(given) / 100 * fined_days * daily + situation.kept_days * daily
        fee = Money(round_half_up(exact), situation.paid.amount.currency)
        step = Step(
            "late_fee.percent",
            f"{given} % of the daily cost for {fined_days} overdue days and the whole of it for "
            f"{situation.kept_days} days served: {fee}, rounded half up",
            {
                "percent": given,
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
        text = f"no fee: the new period starts on {situation.expired_on}, where the old one ended"
        step = Step(
            "late_fee.from_suspension_date",
            text,
            {"expired_on": situation.expired_on.isoformat()},
            0,
        )
        zero = Money.zero(situation.paid.amount.currency)
        return LateFee(zero, situation.expired_on, (step,))


def _kept_days(situation: LateFeeSituation, fixed: Money) -> tuple[Money, tuple[Step, ...]]:
    """What days served over a weekend cost, and the step from the fixed fee to both together."""
    if not situation.kept_days:
        return Money.zero(fixed.currency), ()
    daily = situation.paid.daily_cost_minor()
    cost = Money(round_half_up(situation.kept_days * daily), situation.paid.amount.currency)
    step = Step(
        "late_fee.kept_days",
        f"and {cost} for {situation.kept_days} days served over a weekend, rounded half up",
        {
            "fixed_minor": fixed.amount_minor,
            "kept_days": situation.kept_days,
            "daily_cost_minor": str(daily),
        },
        (fixed + cost).amount_minor,
    )
    return cost, (step,)
