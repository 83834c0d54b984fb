"""Standard policies for services that go over to another tariff plan."""

from fractions import Fraction
from typing import ClassVar

from billing_hookspecs import (
    Choice,
    FieldKind,
    FormField,
    LocalizedText,
    Money,
    Objection,
    Step,
    TariffChange,
    TariffChangePolicy,
    TariffChangeSituation,
    round_half_up,
)
from billing_kernel.domain.periods import LAST_DAY, days_after, days_between


class ChangePeriod(TariffChangePolicy):
    """What is left is spent on the new tariff: dearer ends sooner, cheaper later."""

    key: ClassVar[str] = "change_period"
    title: ClassVar[LocalizedText] = {"en": "Change period", "ru": "Изменить период"}

    def decide(self, situation: TariffChangeSituation) -> TariffChange:
        currency = situation.new_price.currency
        value, daily = _remaining_value(situation), _new_daily_cost(situation)
        if daily == 0:
            step = Step(
                "tariff_change.change_period",
                "the new tariff is free: what is left can't be spent on it, and the period stays",
                {"remaining_value_minor": str(value)},
                0,
            )
            return TariffChange(Money.zero(currency), situation.expires_on, None, (step,))
        days = min(int(value // daily), days_between(situation.today, LAST_DAY))
        residue = Money(round_half_up(value - days * daily), currency)
        step = Step(
            "tariff_change.change_period",
            f"what is left pays for {days} days of the new tariff; "
            f"the residue of {residue} returns to the balance",
            {
                "remaining_days": situation.remaining_days,
                "remaining_value_minor": str(value),
                "new_daily_cost_minor": str(daily),
                "days": days,
            },
            -residue.amount_minor,
        )
        return TariffChange(-residue, days_after(situation.today, days), None, (step,))


class RefundDifference(TariffChangePolicy):
    """The difference for the remaining days is paid, or returns to the balance."""

    key: ClassVar[str] = "refund_difference"
    title: ClassVar[LocalizedText] = {"en": "Add funds or refund", "ru": "Доплата или возврат"}

    def decide(self, situation: TariffChangeSituation) -> TariffChange:
        return _difference(situation, self.key, refunds=True)


class ForbiddenChange(TariffChangePolicy):
    """The tariff can't be changed."""

    key: ClassVar[str] = "forbidden"
    title: ClassVar[LocalizedText] = {
        "en": "Tariff cannot be changed",
        "ru": "Тариф изменить нельзя",
    }

    def decide(self, situation: TariffChangeSituation) -> Objection:
        return Objection("tariff_change.forbidden", "The tariff of this service can't be changed.")


class ChargeOnly(TariffChangePolicy):
    """A dearer tariff is charged for, a cheaper one isn't refunded; the way back is free."""

    key: ClassVar[str] = "charge_only"
    title: ClassVar[LocalizedText] = {
        "en": "Extra charge only, no refund upon downgrade",
        "ru": "Только доплата, без возврата",
    }

    def decide(self, situation: TariffChangeSituation) -> TariffChange:
        if situation.is_way_back:
            text = "the way back is free until the period ends"
            step = Step("tariff_change.way_back", text, {}, 0)
            zero = Money.zero(situation.new_price.currency)
            return TariffChange(zero, situation.expires_on, None, (step,))
        return _difference(situation, self.key, refunds=False)


class FullPayment(TariffChangePolicy):
    """The new tariff is paid in full for a new period."""

    key: ClassVar[str] = "full_payment"
    title: ClassVar[LocalizedText] = {
        "en": "Full payment for a new tariff plan",
        "ru": "Полная оплата нового тарифа",
    }
    parameters: ClassVar[tuple[FormField, ...]] = (
        FormField(
            "renew_from",
            {"en": "Renew from"},
            FieldKind.CHOICE,
            required=False,
            default="current_date",
            choices=(
                Choice("current_date", {"en": "Current date"}),
                Choice("expiration_date", {"en": "Service expiration date"}),
            ),
        ),
    )

    def decide(self, situation: TariffChangeSituation) -> TariffChange:
        at_expiry = situation.parameters.get("renew_from") == "expiration_date"
        starts_on = situation.expires_on if at_expiry else situation.today
        expires_on = situation.expires_if_next if at_expiry else situation.expires_if_new
        price = situation.next_price if at_expiry else None
        price = situation.new_price if price is None else price
        step = Step(
            "tariff_change.full_payment",
            f"{price} in full, from {starts_on} to {expires_on}",
            {"starts_on": starts_on.isoformat(), "expires_on": expires_on.isoformat()},
            price.amount_minor,
        )
        return TariffChange(price, expires_on, starts_on, (step,))


def _remaining_value(situation: TariffChangeSituation) -> Fraction:
    return situation.remaining_days * situation.paid.daily_cost_minor()


def _new_daily_cost(situation: TariffChangeSituation) -> Fraction:
    return Fraction(situation.new_price.amount_minor, situation.new_period_days)


def _difference(situation: TariffChangeSituation, rule: str, *, refunds: bool) -> TariffChange:
    old, new = situation.paid.daily_cost_minor(), _new_daily_cost(situation)
    minor = round_half_up(situation.remaining_days * (new - old))
    amount = Money(minor if refunds else max(0, minor), situation.new_price.currency)
    step = Step(
        f"tariff_change.{rule}",
        f"{situation.remaining_days} days at the new daily cost instead of the old one: "
        f"{amount}, rounded half up",
        {
            "remaining_days": situation.remaining_days,
            "old_daily_cost_minor": str(old),
            "new_daily_cost_minor": str(new),
        },
        amount.amount_minor,
    )
    return TariffChange(amount, situation.expires_on, None, (step,))
