"""Amounts, rates and dates as people of a language write them (CLDR, through Babel)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, get_currency_symbol, parse_pattern

from billing_hookspecs import Money, Period, minor_units

RATE_DECIMALS_MAX = 4


@dataclass(frozen=True, slots=True)
class Formats:
    """How one language writes; ``period_format`` is a length of CLDR dates."""

    locale: Locale
    period_format: str

    def amount(self, money: Money) -> str:
        """``1,234.50``: what columns hold that name their currency."""
        return self._write(self.locale.decimal_formats[None].pattern, money)

    def money(self, money: Money) -> str:
        """``€1,234.50`` or ``RUB 1,234.50``."""
        pattern: str = self.locale.currency_formats["standard"].pattern
        if get_currency_symbol(money.currency, self.locale)[-1].isalpha():
            pattern = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#")
        return self._write(pattern, money)

    def percent(self, rate: str) -> str:
        """``20%`` from ``0.20``."""
        pattern = _pattern(self.locale.percent_formats[None].pattern, 0, RATE_DECIMALS_MAX)
        return str(pattern.apply(Decimal(rate), self.locale))

    def day(self, day: date) -> str:
        """``31 January 2026``."""
        written = format_date(day, "long", locale=self.locale)
        # Our font has no narrow space of its own, and sets it without any width.
        return written.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")

    def period(self, period: Period) -> str:
        """First and last day; the day on which a half-open period ends isn't served any more."""
        last_on = max(period.start_on, period.end_on - timedelta(days=1))
        first, last = (
            format_date(day, self.period_format, locale=self.locale)
            for day in (period.start_on, last_on)
        )
        return first if first == last else f"{first} – {last}"

    def country(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))

    def _write(self, pattern: str, money: Money) -> str:
        # Decimals are ISO 4217's: CLDR has others for a dozen currencies.
        decimals = minor_units(money.currency)
        written = _pattern(pattern, decimals, decimals).apply(
            money.to_decimal(), self.locale, currency=money.currency, currency_digits=False
        )
        return str(written)


def _pattern(text: str, decimals_min: int, decimals_max: int) -> NumberPattern:
    pattern = parse_pattern(text)
    pattern.frac_prec = (decimals_min, decimals_max)
    return pattern
