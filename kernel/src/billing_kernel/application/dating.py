"""Which day it is, for whom."""

from datetime import date

from sqlalchemy.orm import Session

from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.periods import business_date
from billing_kernel.models import Provider, Service


def today_of(session: Session, kernel: Kernel, service: Service) -> date:
    """The business date of a service's provider."""
    provider = session.get_one(Provider, service.provider_id)
    return business_date(kernel.clock.now(), provider.time_zone)
