"""Settings from the environment; every one has a safe default."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from billing_hookspecs import BillingError, Secret

DEFAULT_DATABASE = "sqlite:///billing.sqlite3"


class SettingsError(BillingError):
    """A setting of the environment that can't be used; names it and says what would do."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force.

    ``database_url``      SQLAlchemy URL; SQLite or PostgreSQL.
    ``broker_url``        redis:// or amqp://; empty: the database is the queue.
    ``secret_keys``       base64 of 32 bytes each; the first one encrypts.
    ``allowed_networks``  private networks that drivers may reach.
    ``public_url``        where browsers and gateways reach the API.
    ``worker_threads``    threads of one worker process.
    ``lease_s``           how long a worker may be silent before another takes over.
    ``sweep_s``           pause between two looks for work that was left behind.
    ``nightly_at``        when the nightly run begins, in each provider's time zone.
    ``call_timeout_s``    upper bound of a driver's own deadline for one call.
    ``charges_per_run_max`` parks a client with more charges on one business date.
    ``quiet_period_s``    instead of the drivers' own quiet periods; None keeps theirs.
    """

    database_url: Secret = field(default=Secret(DEFAULT_DATABASE), repr=False)
    broker_url: Secret = field(default=Secret(""), repr=False)
    secret_keys: tuple[Secret, ...] = field(default=(), repr=False)
    allowed_networks: tuple[str, ...] = ()
    public_url: str = "http://127.0.0.1:8000"
    test_clock: bool = False
    safe_mode: bool = False
    worker_threads: int = 4
    lease_s: int = 30
    sweep_s: int = 5
    nightly_at: time = time(0, 10)
    call_timeout_s: int = 600
    charges_per_run_max: int = 1000
    quiet_period_s: int | None = None

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_file(self) -> Path | None:
        """The embedded database's file; None for a server or a database in memory."""
        name = make_url(str(self.database_url)).database if self.is_sqlite else None
        return Path(name) if name and name != ":memory:" else None

    def masked(self) -> dict[str, object]:
        """What is in force, for people: passwords and keys masked."""
        return {
            "database_url": make_url(str(self.database_url)).render_as_string(hide_password=True),
            "broker_url": _masked_url(str(self.broker_url)),
            "secret_keys": f"{len(self.secret_keys)} keys",
            "allowed_networks": list(self.allowed_networks),
            "public_url": self.public_url,
            "test_clock": self.test_clock,
            "safe_mode": self.safe_mode,
            "worker_threads": self.worker_threads,
            "lease_s": self.lease_s,
            "sweep_s": self.sweep_s,
            "nightly_at": self.nightly_at.isoformat("minutes"),
            "call_timeout_s": self.call_timeout_s,
            "charges_per_run_max": self.charges_per_run_max,
            "quiet_period_s": self.quiet_period_s,
        }


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``BILLING_*`` variables; raises SettingsError naming the first bad one."""
    given = os.environ if environment is None else environment
    return Settings(
        database_url=Secret(_database_url(given.get("BILLING_DATABASE_URL") or DEFAULT_DATABASE)),
        broker_url=Secret(_broker_url(given.get("BILLING_BROKER_URL", ""))),
        secret_keys=tuple(Secret(key) for key in _listed(given.get("BILLING_SECRET_KEYS", ""))),
        allowed_networks=_networks(given.get("BILLING_ALLOWED_NETWORKS", "")),
        public_url=given.get("BILLING_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        test_clock=_switch(given, "BILLING_TEST_CLOCK"),
        safe_mode=_switch(given, "BILLING_SAFE_MODE"),
        worker_threads=_number(given, "BILLING_WORKER_THREADS", 4, 1, 64),
        lease_s=_number(given, "BILLING_LEASE_S", 30, 1, 3600),
        sweep_s=_number(given, "BILLING_SWEEP_S", 5, 1, 3600),
        nightly_at=_hour(given, "BILLING_NIGHTLY_AT", "00:10"),
        call_timeout_s=_number(given, "BILLING_CALL_TIMEOUT_S", 600, 1, 600),
        charges_per_run_max=_number(given, "BILLING_CHARGES_PER_RUN_MAX", 1000, 100, 10**6),
        quiet_period_s=(
            _number(given, "BILLING_QUIET_PERIOD_S", 0, 0, 86400)
            if given.get("BILLING_QUIET_PERIOD_S")
            else None
        ),
    )


def _database_url(text: str) -> str:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SettingsError(
            "BILLING_DATABASE_URL is not a database URL; such as sqlite:///billing.sqlite3 or "
            "postgresql://user:password@host/database"
        ) from None
    backend = url.get_backend_name()
    if backend == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    elif backend != "sqlite":
        raise SettingsError(f"BILLING_DATABASE_URL: {backend} is not sqlite or postgresql")
    return url.render_as_string(hide_password=False)


def _broker_url(text: str) -> str:
    if text and text.split("://")[0] not in ("redis", "rediss", "amqp", "amqps"):
        raise SettingsError("BILLING_BROKER_URL must begin with redis:// or amqp://, or be empty")
    try:
        _masked_url(text)
    except (ArgumentError, ValueError):
        raise SettingsError(
            "BILLING_BROKER_URL is not a URL; such as redis://:password@host:6379/0"
        ) from None
    return text


def _networks(text: str) -> tuple[str, ...]:
    for network in (names := _listed(text)):
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise SettingsError(f"BILLING_ALLOWED_NETWORKS: {error}") from None
    return tuple(names)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _switch(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "").lower()
    if text not in ("", "0", "1", "true", "false"):
        raise SettingsError(f"{name} must be 1 or 0, not {text!r}")
    return text in ("1", "true")


def _number(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingsError(f"{name} must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _hour(given: Mapping[str, str], name: str, default: str) -> time:
    text = given.get(name) or default
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise SettingsError(f"{name} must be an hour such as 00:10, not {text!r}")
    return time.fromisoformat(text)


def _masked_url(text: str) -> str:
    return make_url(text).render_as_string(hide_password=True) if text else ""
