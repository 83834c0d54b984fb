"""Families of errors: what a caller can do about them. Only ``http`` knows status codes."""

from billing_hookspecs import BillingError


class MissingError(BillingError):
    """There is no such thing, or not for this caller."""

    code = "not_found"


class RuleError(BillingError):
    """A business rule refuses these values."""

    code = "rule.refused"


class ConflictError(BillingError):
    """The present state is in the way; reload and decide again."""

    code = "conflict"


class ForbiddenError(BillingError):
    """This caller may not do that."""

    code = "forbidden"


class LoginRequiredError(BillingError):
    """Nobody, or nobody valid, is logged in."""

    code = "login.required"


class TooManyError(BillingError):
    """Too many attempts; wait ``retry_after_s`` seconds."""

    code = "too_many"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
