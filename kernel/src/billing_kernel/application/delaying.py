"""What a late renewal is judged by: the days since expiry, and those served over a weekend."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from billing_hookspecs import LateFeeSituation, WeekendPolicy, WeekendSituation
from billing_kernel.application.defaulting import settings_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.paid import Paid
from billing_kernel.domain.periods import kept_days, overdue_days
from billing_kernel.domain.pricing import parameters_of
from billing_kernel.domain.tariffs import TariffTerms


def delay_of(
    terms: TariffTerms, paid: Paid, expired_on: date, today: date, keeps: Callable[[date], bool]
) -> LateFeeSituation:
    """The situation that the late-fee policy of a tariff is asked about.

    ``keeps`` says of a day whether the weekend policy keeps unpaid services running.
    """
    return LateFeeSituation(
        expired_on,
        today,
        overdue_days(expired_on, today),
        paid.period(),
        kept_days(expired_on, today, keeps),
        parameters_of(terms.policies.late_renewal_fee),
    )


def keeping(
    session: Session, kernel: Kernel, product_type: str, terms: TariffTerms
) -> Callable[[date], bool]:
    """Whether the tariff's weekend policy keeps an unpaid service running on a day."""
    choice = terms.policies.weekend_suspension
    policy = kernel.extensions.pricing_policies.find_policy(WeekendPolicy, choice["policy"])
    suspends = settings_of(session, kernel, product_type).weekend_suspension

    def keeps(day: date) -> bool:
        situation = WeekendSituation(day, suspends, parameters_of(choice))
        return not kernel.extensions.consult(policy.decide, situation).suspends

    return keeps
