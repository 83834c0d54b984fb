"""Exact money: integer minor units and an ISO 4217 code. No floats, ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from typing import Final

from iso4217 import Currency

from billing_hookspecs.errors import CurrencyMismatchError, UnknownCurrencyError
from billing_hookspecs.values import Value

MAGNITUDE_MAX: Final = 30
"""Decimal digits before or after the point beyond which a number can't be money."""


RETIRED_CURRENCIES: Final[Mapping[str, int]] = {
    "ANG": 2, "BGN": 2, "BYR": 0, "CUC": 2, "EEK": 2, "HRK": 2, "LTL": 2, "LVL": 2, "MRO": 2,
    "SLL": 2, "STD": 2, "VEF": 2, "ZMK": 2, "ZWL": 2,
}  # fmt: skip
"""Codes that ISO 4217 has withdrawn since 2010, with their decimals.

Balances and documents of before have them for good; nobody begins to sell in one.
"""


@cache
def minor_units(currency: str) -> int:
    """Decimals of a currency by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD.

    Raises UnknownCurrencyError for a code that never was in ISO 4217 or has no minor unit.
    """
    if currency in RETIRED_CURRENCIES:
        return RETIRED_CURRENCIES[currency]
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        exponent = None
    if exponent is None:
        raise UnknownCurrencyError(currency)
    return exponent


def round_half_up(value: Fraction) -> int:
    """The nearest whole number of minor units; halves go away from zero.

    The one rounding: exact until here, and nothing is rounded a second time.
    """
    sign = -1 if value < 0 else 1
    doubled = 2 * abs(value.numerator) + value.denominator
    return sign * (doubled // (2 * value.denominator))


@dataclass(frozen=True, slots=True)
class Money(Value):
    """An amount in minor units (cents, kopecks) of one currency; may be negative."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"amount_minor must be an int, not {type(self.amount_minor).__name__}")

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(self.currency, other.currency)

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            raise TypeError("money is multiplied by integers; for shares use round_half_up")
        return Money(self.amount_minor * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount_minor <= other.amount_minor

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    @classmethod
    def from_decimal(cls, amount: Decimal | str, currency: str) -> "Money":
        """Exact conversion from major units, ``"12.90"`` EUR → 1290.

        Raises ValueError for what is no number, is absurdly large or small, or has more
        decimals than the currency.
        """
        try:
            exact = Decimal(amount)
        except InvalidOperation:
            raise ValueError(f"{amount!r} is not a decimal number") from None
        if not exact.is_finite() or abs(exact.adjusted()) > MAGNITUDE_MAX:
            raise ValueError(f"{amount!r} is not an amount of money")
        # Integers only: a decimal context, which anybody may change, would round.
        numerator, denominator = exact.as_integer_ratio()
        amount_minor, rest = divmod(numerator * 10 ** minor_units(currency), denominator)
        if rest:
            raise ValueError(f"{amount} has more decimals than {currency} allows")
        return cls(amount_minor, currency)

    def to_decimal(self) -> Decimal:
        """Major units, exact: 1290 EUR → ``Decimal("12.90")``."""
        return Decimal(f"{self.amount_minor}E-{minor_units(self.currency)}")

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Parts in proportion to ``weights`` that add up to the whole.

        What rounding down leaves over goes to the first parts with a weight, one minor unit
        each; a negative amount is split like its positive mirror.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must not be negative and one must be positive")
        sign = -1 if self.amount_minor < 0 else 1
        whole = abs(self.amount_minor)
        parts = [whole * weight // total for weight in weights]
        left = whole - sum(parts)
        for index, weight in enumerate(weights):
            if left and weight:
                parts[index] += 1
                left -= 1
        return tuple(Money(sign * part, self.currency) for part in parts)

    def __str__(self) -> str:
        return f"{self.to_decimal()} {self.currency}"
