"""What happens by the clock: who looks after it, when it was last begun, and a clock for tests."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow


class Leader(ChangingRow):
    """The process that does something for all of them, until its lease ends."""

    __tablename__ = "leaders"

    name: Mapped[str] = mapped_column(String(32), unique=True)
    owner: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]


class Schedule(ChangingRow):
    """When a job was last begun, as the business clock says."""

    __tablename__ = "schedules"

    job: Mapped[str] = mapped_column(String(32), unique=True)
    begun_at: Mapped[datetime]


class MovedClock(ChangingRow):
    """What a test clock was set to, at ``updated_at``; there is one row at most, with id 1."""

    __tablename__ = "moved_clocks"

    instant: Mapped[datetime]
