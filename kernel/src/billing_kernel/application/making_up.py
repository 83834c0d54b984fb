"""Nights that were missed: nobody is late because no run was there to renew in time."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_kernel.domain.periods import business_date, day_after
from billing_kernel.models import Provider, Schedule, Service

FINISHED = "nightly.finished"
"""In the schedule: when the last nightly run that came to its end had begun."""


def remember_night(session: Session, begun_at: datetime) -> None:
    """A nightly run that began at an instant of the business clock came to its end."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Schedule)
        .values(job=FINISHED, begun_at=begun_at)
        .on_conflict_do_update(
            index_elements=[Schedule.job],
            set_={"begun_at": begun_at},
            where=Schedule.begun_at < begun_at,
        )
    )


def missed_from(session: Session, provider: Provider, today: date) -> date:
    """The first day that no finished run was for; today where all were, or nothing is known."""
    begun_at = session.scalar(select(Schedule.begun_at).where(Schedule.job == FINISHED))
    if begun_at is None:
        return today
    return min(today, day_after(business_date(begun_at, provider.time_zone)))


def in_time_on(service: Service, missed_on: date, today: date) -> date:
    """The day that a service's renewal by itself counts for.

    That of its expiry where no run was there on it; else today. ``missed_on`` is ``missed_from``.
    """
    expires_on = service.expires_on
    is_missed = expires_on is not None and missed_on <= expires_on <= today
    return expires_on if expires_on is not None and is_missed else today
