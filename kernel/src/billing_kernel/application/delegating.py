"""Set up name servers: which driver, with which settings, for which domains."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import ConnectionReport, FieldError, InvalidInputError
from billing_hookspecs import NameServer as Driver
from billing_kernel.application.connecting import (
    ConnectionSettings,
    checked_settings,
    name_server_context,
)
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.organising import require
from billing_kernel.domain.errors import ConflictError
from billing_kernel.models import NameServer, Provider, TariffPlan


class ForTariffPlansError(ConflictError):
    """Tariff plans name the name server for their free domains."""

    code = "name_server.for_tariff_plans"


@dataclass(frozen=True, slots=True)
class ConfigureNameServer:
    """A name server as an administrator describes it."""

    provider_id: int
    driver: str
    name: Mapping[str, str]
    settings: Mapping[str, Any] = field(repr=False)
    is_for_free_domains: bool = False
    is_enabled: bool = True


def check_name_server(
    session: Session, kernel: Kernel, command: ConfigureNameServer
) -> tuple[Driver, ConnectionSettings]:
    """Check a new name server's fields; raises UnknownDriverError, InvalidInputError."""
    driver = kernel.extensions.name_servers.find(command.driver)
    require(session, Provider, command.provider_id, "/provider_id")
    _check_name(command.name)
    return driver, checked_settings(driver.settings, command.settings)


def add_name_server(
    session: Session, kernel: Kernel, command: ConfigureNameServer, settings: ConnectionSettings
) -> NameServer:
    """Store a name server whose connection was checked."""
    require(session, Provider, command.provider_id, "/provider_id")
    uid = str(uuid4())
    server = NameServer(
        provider_id=command.provider_id,
        driver=command.driver,
        name=dict(command.name),
        uid=uid,
        settings=settings.open,
        sealed_secrets=kernel.keys.seal(settings.secrets, uid),
        is_for_free_domains=command.is_for_free_domains,
        is_enabled=command.is_enabled,
    )
    session.add(server)
    session.flush()
    return server


def check_new_settings(
    session: Session, kernel: Kernel, server_id: int, given: Mapping[str, Any]
) -> tuple[Driver, ConnectionSettings]:
    """What a name server's settings would be with ``given`` in place of the present ones.

    Raises MissingError, UnknownDriverError, InvalidInputError.
    """
    server = find(session, NameServer, server_id)
    driver = kernel.extensions.name_servers.find(server.driver)
    kept = {**server.settings, **kernel.keys.unseal(server.sealed_secrets, server.uid)}
    return driver, checked_settings(driver.settings, given, kept)


def change_name_server(
    session: Session,
    kernel: Kernel,
    server_id: int,
    columns: Mapping[str, Any],
    settings: ConnectionSettings | None,
) -> NameServer:
    """Give a name server other columns, and settings whose connection was checked.

    Raises MissingError, InvalidInputError, ForTariffPlansError.
    """
    server = find(session, NameServer, server_id, lock=True)
    if "name" in columns:
        _check_name(columns["name"])
    if columns.get("is_for_free_domains") is False:
        _refuse_named(session, server)
    for name, value in columns.items():
        setattr(server, name, value)
    if settings is not None:
        server.settings = settings.open
        server.sealed_secrets = kernel.keys.seal(settings.secrets, server.uid)
    session.flush()
    return server


def check_connection(kernel: Kernel, server: NameServer) -> ConnectionReport:
    """Prove that a stored name server's address and credentials work."""
    driver = kernel.extensions.name_servers.find(server.driver)
    with name_server_context(kernel, server) as context:
        return kernel.extensions.call_driver(driver.check_connection, context)


def name_server_errors(
    session: Session, provider_id: int, server_id: int | None
) -> list[FieldError]:
    """What keeps a tariff plan of a provider from naming this name server."""
    if server_id is None:
        return []
    server = session.get(NameServer, server_id)
    if server is None or server.provider_id != provider_id:
        return [FieldError("/name_server_id", "is not a name server of the plan's provider")]
    if not server.is_for_free_domains:
        return [FieldError("/name_server_id", "is not for free domains")]
    return []


def _check_name(name: Mapping[str, str]) -> None:
    if not any(text.strip() for text in name.values()):
        raise InvalidInputError([FieldError("/name", "is required in at least one language")])


def _refuse_named(session: Session, server: NameServer) -> None:
    named = select(TariffPlan.id).where(TariffPlan.name_server_id == server.id).limit(5)
    if ids := sorted(session.scalars(named)):
        plans = ", ".join(map(str, ids))
        raise ForTariffPlansError(f"tariff plans name it for their free domains: {plans}")
