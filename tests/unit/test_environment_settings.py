"""Settings from the environment: safe defaults, and errors that say what would do."""

from datetime import time

import pytest

from billing_hookspecs import Secret
from billing_kernel.settings import Settings, SettingsError, read_settings


def test_an_empty_environment_is_enough() -> None:
    """Nothing has to be configured to try it."""
    assert read_settings({}) == Settings()
    assert Settings().is_sqlite
    assert Settings().safe_mode is Settings().test_clock is False


def test_every_variable_arrives() -> None:
    """A variable that nothing reads would be a promise of the documentation only."""
    settings = read_settings(
        {
            "BILLING_DATABASE_URL": "postgresql://billing:s3cret@db.example/billing",
            "BILLING_BROKER_URL": "redis://:s3cret@redis.example/1",
            "BILLING_SECRET_KEYS": "one, two,,",
            "BILLING_ALLOWED_NETWORKS": "10.0.0.0/8, fd00::/8",
            "BILLING_PUBLIC_URL": "https://billing.example/",
            "BILLING_TEST_CLOCK": "1",
            "BILLING_SAFE_MODE": "true",
            "BILLING_WORKER_THREADS": "8",
            "BILLING_LEASE_S": "60",
            "BILLING_SWEEP_S": "7",
            "BILLING_NIGHTLY_AT": "03:30",
            "BILLING_CALL_TIMEOUT_S": "90",
            "BILLING_CHARGES_PER_RUN_MAX": "5000",
            "BILLING_QUIET_PERIOD_S": "0",
        }
    )
    assert settings == Settings(
        database_url=Secret("postgresql+psycopg://billing:s3cret@db.example/billing"),
        broker_url=Secret("redis://:s3cret@redis.example/1"),
        secret_keys=(Secret("one"), Secret("two")),
        allowed_networks=("10.0.0.0/8", "fd00::/8"),
        public_url="https://billing.example",
        test_clock=True,
        safe_mode=True,
        worker_threads=8,
        lease_s=60,
        sweep_s=7,
        nightly_at=time(3, 30),
        call_timeout_s=90,
        charges_per_run_max=5000,
        quiet_period_s=0,
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BILLING_DATABASE_URL", "mysql://db.example/billing"),
        ("BILLING_DATABASE_URL", "not a url"),
        ("BILLING_DATABASE_URL", "postgresql://billing:s3cret@db.example:port/billing"),
        ("BILLING_BROKER_URL", "kafka://broker.example"),
        ("BILLING_BROKER_URL", "redis://redis.example:port/0"),
        ("BILLING_BROKER_URL", "amqp:rabbit.example"),
        ("BILLING_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("BILLING_ALLOWED_NETWORKS", "everything"),
        ("BILLING_TEST_CLOCK", "yes please"),
        ("BILLING_SAFE_MODE", "2"),
        ("BILLING_WORKER_THREADS", "0"),
        ("BILLING_WORKER_THREADS", "65"),
        ("BILLING_LEASE_S", "1.5"),
        ("BILLING_NIGHTLY_AT", "24:00"),
        ("BILLING_NIGHTLY_AT", "3"),
        ("BILLING_SWEEP_S", "-1"),
        ("BILLING_CALL_TIMEOUT_S", "601"),
        ("BILLING_QUIET_PERIOD_S", "soon"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(variable: str, value: str) -> None:
    """A silently ignored setting is found out when it matters."""
    with pytest.raises(SettingsError, match=variable):
        read_settings({variable: value})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("BILLING_DATABASE_URL", "s3cret@host"),
        ("BILLING_DATABASE_URL", "postgresql:/billing:s3cret@host"),
        ("BILLING_DATABASE_URL", "postgresql://billing:s3cret@host:5432x/billing"),
        ("BILLING_BROKER_URL", "redis://:s3cret@host:6379x/0"),
    ],
)
def test_a_bad_address_is_not_repeated(variable: str, text: str) -> None:
    """It may have a password in it."""
    with pytest.raises(SettingsError) as refusal:
        read_settings({variable: text})
    assert "s3cret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_neither_repr_nor_overview_shows_a_secret() -> None:
    """Both are pasted into tickets."""
    settings = read_settings(
        {
            "BILLING_DATABASE_URL": "postgresql://billing:s3cret@db.example/billing",
            "BILLING_BROKER_URL": "redis://:s3cret@redis.example/1",
            "BILLING_SECRET_KEYS": "s3cret",
        }
    )
    assert "s3cret" not in repr(settings)
    shown = settings.masked()
    assert "s3cret" not in repr(shown)
    assert "db.example" in str(shown["database_url"])
    assert shown["secret_keys"] == "1 keys"


def test_the_overview_has_every_setting() -> None:
    """Whoever asks what is in force must not be told half of it."""
    assert set(Settings().masked()) == set(Settings.__slots__)


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///billing.sqlite3", "billing.sqlite3"),
        ("sqlite:////var/lib/billing.sqlite3", "/var/lib/billing.sqlite3"),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        ("postgresql://host/billing", None),
    ],
)
def test_the_embedded_database_knows_its_file(url: str, file: str | None) -> None:
    """The keys lie beside it; for a server or a database in memory there is no such place."""
    found = read_settings({"BILLING_DATABASE_URL": url}).sqlite_file
    assert (str(found) if found else None) == file
