"""What a change of tariff costs: the whole difference up, a part of it down."""

from fractions import Fraction

from billing_hookspecs import (
    FieldKind,
    FormField,
    Money,
    Step,
    TariffChange,
    TariffChangePolicy,
    TariffChangeSituation,
    round_half_up,
)


class PartRefund(TariffChangePolicy):
    """A dearer tariff is charged for; of a cheaper one's difference a percentage returns."""

    key = "part_refund"
    title = {"en": "Charge in full, refund in part"}
    parameters = (
        FormField(
            name="percent",
            title={"en": "Percentage that is refunded"},
            kind=FieldKind.DECIMAL,
            required=False,
            default="50",
            minimum=0,
            maximum=100,
        ),
    )

    def decide(self, situation: TariffChangeSituation) -> TariffChange:
        percent = situation.parameters["percent"]
        old = situation.paid.daily_cost_minor()
        new = Fraction(situation.new_price.amount_minor, situation.new_period_days)
        difference = situation.remaining_days * (new - old)
        if difference < 0:
            difference *= Fraction(percent) / 100
        amount = Money(round_half_up(difference), situation.new_price.currency)
        step = Step(
            rule="part_refund.difference",
            text=f"{amount} for {situation.remaining_days} days at the new daily cost, "
            f"{percent} % of it where it is a refund, rounded half up",
            inputs={
                "remaining_days": situation.remaining_days,
                "old_daily_cost_minor": str(old),
                "new_daily_cost_minor": str(new),
                "percent": percent,
            },
            result=amount.amount_minor,
        )
        return TariffChange(amount, situation.expires_on, None, (step,))
