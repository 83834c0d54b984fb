"""Standard policies for services that would be suspended on a weekend."""

from typing import ClassVar, Final

from billing_hookspecs import (
    LocalizedText,
    Step,
    WeekendDecision,
    WeekendPolicy,
    WeekendSituation,
)

SATURDAY: Final = 5
"""As ``date.weekday`` counts: Monday is 0."""


class ProductTypeWeekend(WeekendPolicy):
    """As the product type says."""

    key: ClassVar[str] = "product_type"
    title: ClassVar[LocalizedText] = {
        "en": "Use product type settings",
        "ru": "Использовать настройки типа продукта",
    }

    def decide(self, situation: WeekendSituation) -> WeekendDecision:
        return _decided(situation, self.key, on_weekends=situation.product_type_suspends)


class SuspendOnWeekends(WeekendPolicy):
    """Saturdays and Sundays are days like any other."""

    key: ClassVar[str] = "suspend"
    title: ClassVar[LocalizedText] = {
        "en": "Suspend services",
        "ru": "Останавливать услуги",
    }

    def decide(self, situation: WeekendSituation) -> WeekendDecision:
        return _decided(situation, self.key, on_weekends=True)


class KeepOverWeekends(WeekendPolicy):
    """Nobody is stopped on a Saturday or Sunday; the suspension waits for Monday."""

    key: ClassVar[str] = "keep"
    title: ClassVar[LocalizedText] = {
        "en": "Do not suspend services",
        "ru": "Не останавливать услуги",
    }

    def decide(self, situation: WeekendSituation) -> WeekendDecision:
        return _decided(situation, self.key, on_weekends=False)


def _decided(situation: WeekendSituation, key: str, *, on_weekends: bool) -> WeekendDecision:
    is_weekend = situation.day.weekday() >= SATURDAY
    suspends = on_weekends or not is_weekend
    step = Step(
        f"weekend.{key}",
        f"{situation.day}, {'a weekend' if is_weekend else 'not a weekend'}: "
        f"{'suspended' if suspends else 'kept'}",
        {
            "day": situation.day.isoformat(),
            "product_type_suspends": situation.product_type_suspends,
        },
        suspends,
    )
    return WeekendDecision(suspends, (step,))
