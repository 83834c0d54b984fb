"""Wire the kernel: settings to database, keys, plugins and clock."""

from collections.abc import Sequence

from billing_hookspecs import Secret
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.timekeeping import MovableClock
from billing_kernel.builtin import standard_plugins
from billing_kernel.clock import Clock, SystemClock
from billing_kernel.database import Database
from billing_kernel.extensions import load_extensions
from billing_kernel.migrating import upgrade_schema
from billing_kernel.sealing import KeyRing, keys_beside
from billing_kernel.settings import Settings, SettingsError


def build_kernel(
    settings: Settings, clock: Clock | None = None, plugins: Sequence[object] = ()
) -> Kernel:
    """A running installation. The embedded database is migrated by itself, a server's isn't.

    ``plugins`` are instances to load beside the installed ones.
    """
    database = Database(settings)
    if settings.is_sqlite:
        upgrade_schema(database.engine)
    extensions = load_extensions(
        builtin=(*standard_plugins(), *plugins), safe_mode=settings.safe_mode
    )
    clock = clock or SystemClock()
    if settings.test_clock:
        clock = MovableClock(database, clock)
    return Kernel(settings, database, extensions, clock, KeyRing(_keys(settings)))


def _keys(settings: Settings) -> tuple[Secret, ...]:
    if settings.secret_keys:
        return settings.secret_keys
    if settings.sqlite_file is not None:
        return keys_beside(settings.sqlite_file)
    raise SettingsError(
        "BILLING_SECRET_KEYS is not set: secrets of connections can't be kept without a key. "
        "Make one with `billing config --new-key` and keep it apart from the database"
    )
