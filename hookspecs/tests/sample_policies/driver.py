"""Honest policies; tests plant bugs in copies of them."""

from datetime import timedelta

from billing_hookspecs import (
    Charge,
    ChargingPolicy,
    FieldError,
    FieldKind,
    FormField,
    LateFee,
    LateFeePolicy,
    Money,
    Objection,
    Period,
    Step,
    TariffChange,
    TariffChangePolicy,
    TaxDecision,
    TaxPolicy,
)


class Weekly(ChargingPolicy):
    key = "weekly"
    title = {"en": "By the week"}
    parameters = (FormField("weeks", {"en": "Weeks"}, FieldKind.INTEGER, minimum=1, maximum=52),)

    def charge(self, situation):
        weeks = situation.parameters["weeks"]
        amount = situation.price
        period = Period(situation.start_on, situation.start_on + timedelta(weeks=weeks))
        step = Step("weekly.weeks", f"{weeks} weeks", {"weeks": weeks}, amount.amount_minor)
        return Charge(amount, period, (step,))


class LateShare(LateFeePolicy):
    key = "late_share"
    title = {"en": "A share of what was paid"}
    parameters = (
        FormField("share", {"en": "One in"}, FieldKind.INTEGER, minimum=1),
        FormField("least", {"en": "At least"}, FieldKind.MONEY, required=False, minimum=0),
        FormField("free", {"en": "Free"}, FieldKind.BOOLEAN, required=False, default=False),
    )

    def check_parameters(self, parameters):
        if parameters["free"] and "least" in parameters:
            return [FieldError("/least", "means nothing where the delay is free")]
        return []

    def decide(self, situation):
        paid = situation.paid.amount
        least = situation.parameters.get("least", {"amount_minor": 0})["amount_minor"]
        minor = max(least, paid.amount_minor // situation.parameters["share"])
        if situation.parameters["free"]:
            minor = 0
        step = Step("late_share.share", "a share", {}, minor)
        return LateFee(Money(minor, paid.currency), situation.today, (step,))


class Fortnight(TariffChangePolicy):
    key = "fortnight"
    title = {"en": "Only in the last fortnight"}

    def decide(self, situation):
        if situation.remaining_days > 14:
            return Objection("fortnight.too_early", "Come back in the last two weeks.")
        zero = Money.zero(situation.new_price.currency)
        step = Step("fortnight.free", "free", {}, 0)
        return TariffChange(zero, situation.expires_on, None, (step,))


class MarketTax(TaxPolicy):
    key = "market"
    title = {"en": "The highest rate on record"}

    def decide(self, situation):
        rates = [rate.rate for rate in situation.rates]
        return TaxDecision(max(rates, key=float, default="0"))
