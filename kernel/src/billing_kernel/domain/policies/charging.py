"""Standard charging policies."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, Final

from billing_hookspecs import (
    Charge,
    ChargingPolicy,
    ChargingSituation,
    FieldError,
    FieldKind,
    FormField,
    Json,
    LocalizedText,
    Money,
    Occasion,
    Period,
    Step,
)
from billing_kernel.domain.periods import (
    day_after,
    days_between,
    first_of_month,
    next_expiry,
    period_around,
)
from billing_kernel.domain.rounding import fraction_of

NOMINAL_MONTH_DAYS: Final = 30
"""A year's 360 nominal days divide its price exactly as its months do."""


class PeriodCharging(ChargingPolicy):
    """The price of the period, paid in advance for whole months from the anchor day."""

    key: ClassVar[str] = "period"
    title: ClassVar[LocalizedText] = {"en": "By period", "ru": "За период"}

    def charge(self, situation: ChargingSituation) -> Charge:
        months = situation.period_months
        if months == 0:
            return _without_end(situation)
        end_on = next_expiry(situation.anchor_on, situation.start_on, months)
        text = f"{situation.price} for {months} {'month' if months == 1 else 'months'}"
        return _in_full(situation, Period(situation.start_on, end_on), text)


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
        if months == 0:
            return _without_end(situation)
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


class DailyCharging(ChargingPolicy):
    """Each day is paid when it begins, at a price of its own or as a share of the period's.

    Shares are those of nominal months. Every day of a period is charged the rounded-down
    share, the last one that is charged the rest, so that a period always costs its price:
    also in February, and in months of 31 days, whose last day is free.
    """

    key: ClassVar[str] = "daily"
    title: ClassVar[LocalizedText] = {"en": "Daily", "ru": "Посуточно"}
    charges_daily: ClassVar[bool] = True
    parameters: ClassVar[tuple[FormField, ...]] = (
        FormField(
            "price",
            {"en": "Price of a day", "ru": "Цена за день"},
            FieldKind.MONEY,
            required=False,
            minimum=0,
        ),
        FormField(
            "by_order_period",
            {
                "en": "Calculate daily cost depending on order period",
                "ru": "Рассчитывать стоимость дня по периоду заказа",
            },
            FieldKind.BOOLEAN,
            required=False,
            default=False,
        ),
        FormField(
            "clients_may_suspend",
            {
                "en": "Allow clients to suspend and resume services",
                "ru": "Разрешить клиентам останавливать и запускать услуги",
            },
            FieldKind.BOOLEAN,
            required=False,
            default=False,
        ),
        FormField(
            "charge_while_suspended",
            {
                "en": "Charge clients while services are suspended",
                "ru": "Списывать средства за время остановки",
            },
            FieldKind.BOOLEAN,
            required=False,
            default=False,
        ),
    )

    def check_parameters(self, parameters: Mapping[str, Json]) -> Sequence[FieldError]:
        is_spread, has_price = bool(parameters.get("by_order_period")), "price" in parameters
        if is_spread and has_price:
            detail = "must be left out where the price of the order period is spread over its days"
            return (FieldError("/price", detail),)
        if not is_spread and not has_price:
            return (FieldError("/price", "is required unless by_order_period is true"),)
        return ()

    def charge(self, situation: ChargingSituation) -> Charge:
        is_spread = bool(situation.parameters.get("by_order_period"))
        if is_spread or situation.resource_type:
            return _share_of_a_day(situation)
        price = Money(**situation.parameters["price"])
        return _for_a_day(situation, price, "charging.daily", f"{price} a day", {})


def _share_of_a_day(situation: ChargingSituation) -> Charge:
    price, day = situation.price, situation.start_on
    if situation.period_months == 0:
        charged_days, number = 1, days_between(situation.anchor_on, day)
    else:
        period = period_around(situation.anchor_on, day, situation.period_months)
        charged_days = min(period.days, NOMINAL_MONTH_DAYS * situation.period_months)
        number = days_between(period.start_on, day)
    nominal_days = max(1, NOMINAL_MONTH_DAYS * situation.period_months)
    share = price.amount_minor // nominal_days
    if number < charged_days - 1:
        amount, which = share, f"one of {nominal_days} equal days"
    elif number == charged_days - 1:
        amount, which = price.amount_minor - share * number, "what is left for the last paid day"
    else:
        amount, which = 0, f"nothing after {charged_days} days"
    money = Money(amount, price.currency)
    inputs = {
        "price_minor": price.amount_minor,
        "period_months": situation.period_months,
        "nominal_days": nominal_days,
        "charged_days": charged_days,
        "share_minor": share,
        "day": number + 1,
    }
    text = f"day {number + 1} of a period for {price}: {which}, {money}"
    return _for_a_day(situation, money, "charging.daily_share", text, inputs)


def _for_a_day(
    situation: ChargingSituation, amount: Money, rule: str, text: str, inputs: Mapping[str, Json]
) -> Charge:
    dates = {
        "start_on": situation.start_on.isoformat(),
        "anchor_on": situation.anchor_on.isoformat(),
    }
    step = Step(rule, text, {**inputs, **dates}, amount.amount_minor)
    return Charge(amount, Period(situation.start_on, day_after(situation.start_on)), (step,))


def _without_end(situation: ChargingSituation) -> Charge:
    return _in_full(situation, None, f"{situation.price} once, without end")


def _in_full(situation: ChargingSituation, period: Period | None, text: str) -> Charge:
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
