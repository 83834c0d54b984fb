"""The environment from which another process reads the same settings."""

from billing_kernel.settings import Settings


def environment(settings: Settings) -> dict[str, str]:
    given = {
        "DATABASE_URL": settings.database_url,
        "BROKER_URL": settings.broker_url,
        "SECRET_KEYS": ",".join(settings.secret_keys),
        "ALLOWED_NETWORKS": ",".join(settings.allowed_networks),
        "WORKER_THREADS": settings.worker_threads,
        "LEASE_S": settings.lease_s,
        "SWEEP_S": settings.sweep_s,
        "CALL_TIMEOUT_S": settings.call_timeout_s,
        "QUIET_PERIOD_S": "" if settings.quiet_period_s is None else settings.quiet_period_s,
    }
    return {f"BILLING_{name}": str(value) for name, value in given.items()}
