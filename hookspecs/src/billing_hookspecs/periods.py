"""Half-open stretches of calendar days."""

from dataclasses import dataclass
from datetime import date

from billing_hookspecs.values import Value


@dataclass(frozen=True, slots=True)
class Period(Value):
    """Dates ``[start_on, end_on)`` in the provider's time zone; ``end_on`` is not served."""

    start_on: date
    end_on: date

    def __post_init__(self) -> None:
        if self.end_on < self.start_on:
            raise ValueError(
                f"a period can't end ({self.end_on}) before it starts ({self.start_on})"
            )

    @property
    def days(self) -> int:
        return (self.end_on - self.start_on).days

    def __contains__(self, day: date) -> bool:
        return self.start_on <= day < self.end_on

    def overlaps(self, other: "Period") -> bool:
        return max(self.start_on, other.start_on) < min(self.end_on, other.end_on)
