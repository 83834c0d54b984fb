"""What a driver may raise, and the few errors of the values themselves.

Every class has a dotted ``code`` that never changes; ``message`` is for people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class BillingError(Exception):
    """Base of every error that this contract names."""

    code: ClassVar[str] = "billing.error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.code)
        self.message = message or self.code


class CurrencyMismatchError(BillingError):
    """Two currencies met where one was needed."""

    code = "money.currency_mismatch"

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"amounts in {one} and {other} can't be combined")


class UnknownCurrencyError(BillingError):
    """The code is not in ISO 4217."""

    code = "money.unknown_currency"

    def __init__(self, currency: str) -> None:
        super().__init__(f"{currency!r} is not a currency of ISO 4217")
        self.currency = currency


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with an input: ``pointer`` is a JSON pointer such as ``/parameters/ip``."""

    pointer: str
    detail: str


class InvalidInputError(BillingError):
    """Input that breaks the rules of its fields; carries every field at once."""

    code = "input.invalid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in errors))
        self.errors = tuple(errors)


class UpstreamError(BillingError):
    """Base of the three ways in which a call can fail to be done."""

    code = "upstream.error"


class UpstreamRefusedError(UpstreamError):
    """A final no: nothing was done and asking again won't help.

    ``reason`` is a short stable word of the driver's own, such as ``insufficient_funds``.
    """

    code = "upstream.refused"

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason


class UpstreamBusyError(UpstreamError):
    """Nothing was done; the same call may be made again after ``retry_after_s`` seconds."""

    code = "upstream.busy"

    def __init__(self, message: str = "", retry_after_s: int = 60) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UpstreamFundsError(UpstreamBusyError):
    """Nothing was done: the provider's own balance upstream is too small for it."""

    code = "upstream.funds"

    def __init__(self, message: str = "", retry_after_s: int = 900) -> None:
        super().__init__(message, retry_after_s)


class OutcomeUnknownError(UpstreamError):
    """It may have been done: the answer was lost. Nobody resends; the kernel looks it up."""

    code = "upstream.unknown"


class CapabilityMissingError(BillingError):
    """An optional operation was called that the driver doesn't declare."""

    code = "driver.capability_missing"


class NotificationRejectedError(BillingError):
    """A gateway's notification is not authentic or not readable; it must have no effect."""

    code = "notification.rejected"
