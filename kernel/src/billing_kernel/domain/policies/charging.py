"""Standard charging policies."""

from typing import ClassVar

from billing_hookspecs import (
    Charge,
    ChargingPolicy,
    ChargingSituation,
    LocalizedText,
    Period,
    Step,
)
from billing_kernel.domain.periods import next_expiry


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
