"""Standard charging policies."""

from fractions import Fraction
from typing import ClassVar

from billing_hookspecs import (
    Charge,
    ChargingPolicy,
    ChargingSituation,
    FieldKind,
    FormField,
    LocalizedText,
    Occasion,
    Period,
    Step,
)
from billing_kernel.domain.periods import days_between, first_of_month, next_expiry
from billing_kernel.domain.rounding import fraction_of


class PeriodCharging(ChargingPolicy):
    """The price of the period, paid in advance for whole months from the anchor day."""

    key: ClassVar[str] = "period"
    title: ClassVar[LocalizedText] = {"en": "By period", "ru": "За период"}

    def charge(self, situation: ChargingSituation) -> Charge:
        if situation.period_months == 0:
            period = None
            text = f"{situation.price} once, without end"
        else:
            end_on = next_expiry(situation.anchor_on, situation.start_on, situation.period_months)
            period = Period(situation.start_on, end_on)
            months = situation.period_months
            text = f"{situation.price} for {months} {'month' if months == 1 else 'months'}"
        step = Step(
            "charging.period",
            text,
            {
                "price_minor": situation.price.amount_minor,
                "period_months": situation.period_months,
                "start_on": situation.start_on.isoformat(),
                "anchor_on": situation.anchor_on.isoformat(),
                "end_on": period.end_on.isoformat() if period else None,
            },
            situation.price.amount_minor,
        )
        return Charge(situation.price, period, (step,))


class CalendarCharging(ChargingPolicy):
    """Periods end with calendar months; the first one is as long as the order's day makes it.

    Ordered before the pro-rata day, what is left of the month is the first of the months
    that were bought; from that day on it comes before them.
    """

    key: ClassVar[str] = "calendar"
    title: ClassVar[LocalizedText] = {"en": "By calendar month", "ru": "Календарный месяц"}
    starts_when_active: ClassVar[bool] = False
    parameters: ClassVar[tuple[FormField, ...]] = (
        FormField(
            "pro_rata_day",
            {"en": "Pro-rata day"},
            FieldKind.INTEGER,
            required=False,
            default=15,
            minimum=1,
            maximum=28,
        ),
    )

    def charge(self, situation: ChargingSituation) -> Charge:
        start_on, months = situation.start_on, situation.period_months
        turn = int(situation.parameters.get("pro_rata_day", 15))
        is_renewal_in_step = situation.occasion is Occasion.RENEWAL and start_on.day == 1
        whole_months = months - 1 if start_on.day < turn or is_renewal_in_step else months
        next_month = first_of_month(start_on, 1)
        days, month_days = (
            days_between(start_on, next_month),
            days_between(first_of_month(start_on), next_month),
        )
        share = (Fraction(days, month_days) + whole_months) / months
        amount = fraction_of(situation.price, share)
        period = Period(start_on, first_of_month(start_on, 1 + whole_months))
        step = Step(
            "charging.calendar",
            f"{days} of {month_days} days and {whole_months} whole months, of {situation.price} "
            f"for {months}: {amount}, rounded half up",
            {
                "price_minor": situation.price.amount_minor,
                "period_months": months,
                "pro_rata_day": turn,
                "partial_days": days,
                "month_days": month_days,
                "whole_months": whole_months,
                "start_on": start_on.isoformat(),
                "end_on": period.end_on.isoformat(),
            },
            amount.amount_minor,
        )
        return Charge(amount, period, (step,))
