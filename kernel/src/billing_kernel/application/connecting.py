"""Configure connections to upstreams and payment gateways, and call them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    ConnectionReport,
    Context,
    FieldError,
    FieldKind,
    FormField,
    InvalidInputError,
    PaymentGateway,
    check_fields,
)
from billing_hookspecs import NameServer as NameServerDriver
from billing_hookspecs import ProcessingModule as ProcessingDriver
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.errors import ConflictError
from billing_kernel.extensions import open_context
from billing_kernel.models import (
    NameServer,
    NotificationChannel,
    PaymentMethod,
    ProcessingModule,
    TariffPlan,
)

R = TypeVar("R")

PATIENCE_S = 20
"""How long a person waits for a quick call."""

HOST = "host"
"""The name of a setting that is an address, where the connection isn't HTTP."""

DEFAULT_PORTS = {"http": 80, "https": 443}


class AccountInUseError(ConflictError):
    """Another processing module uses this upstream account already."""

    code = "processing_module.account_in_use"


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Checked settings of a driver, the secret ones apart."""

    open: dict[str, Any]
    secrets: dict[str, str] = field(repr=False)

    @property
    def all(self) -> dict[str, Any]:
        return {**self.open, **self.secrets}


def checked_settings(
    fields: tuple[FormField, ...], given: Mapping[str, Any], kept: Mapping[str, Any] | None = None
) -> ConnectionSettings:
    """Settings by the driver's form; ``kept`` are the present ones that ``given`` changes.

    A changed base address needs the secrets again: they are never sent to another host.
    Raises InvalidInputError with pointers under /settings.
    """
    merged = dict(given) if kept is None else {**kept, **given}
    if kept is not None:
        for address in (f.name for f in fields if f.kind is FieldKind.URL or f.name == HOST):
            if address in given and given[address] != kept.get(address):
                for secret in (f.name for f in fields if f.kind is FieldKind.SECRET):
                    if secret not in given:
                        merged.pop(secret, None)
    values, errors = check_fields(fields, merged, "/settings")
    if errors:
        raise InvalidInputError(errors)
    secret_names = {field.name for field in fields if field.kind is FieldKind.SECRET}
    return ConnectionSettings(
        {name: value for name, value in values.items() if name not in secret_names},
        {name: value for name, value in values.items() if name in secret_names},
    )


@dataclass(frozen=True, slots=True)
class ConfigureModule:
    """A processing module as an administrator describes it."""

    driver: str
    product_types: tuple[str, ...]
    name: Mapping[str, str]
    settings: Mapping[str, Any] = field(repr=False)
    data_center_id: int | None = None
    department_id: int | None = None
    sort: int = 1
    minimal_balance_minor: int | None = None
    minimal_balance_currency: str | None = None
    license_module_id: int | None = None


def check_module(kernel: Kernel, command: ConfigureModule) -> tuple[ConnectionSettings, str | None]:
    """Check a new module's fields; its settings and the key of its upstream account.

    Raises UnknownDriverError, InvalidInputError.
    """
    driver = kernel.extensions.processing_modules.find(command.driver)
    errors = [
        FieldError(f"/product_types/{index}", f"must be one of {', '.join(driver.product_types)}")
        for index, key in enumerate(command.product_types)
        if key not in driver.product_types
    ]
    if not command.product_types:
        errors.append(FieldError("/product_types", "must name at least one product type"))
    if not any(command.name.values()):
        errors.append(FieldError("/name", "is required in at least one language"))
    if command.sort < 1:
        errors.append(FieldError("/sort", "must be a natural number; the lowest is tried first"))
    if errors:
        raise InvalidInputError(errors)
    settings = checked_settings(driver.settings, command.settings)
    return settings, account_key(driver, settings.all)


def add_module(
    session: Session,
    kernel: Kernel,
    command: ConfigureModule,
    settings: ConnectionSettings,
    account: str | None,
) -> ProcessingModule:
    """Store a module whose connection was checked; it is enabled at once.

    Raises AccountInUseError where another module uses the same upstream account: events and
    look-ups of the two would mix.
    """
    refuse_shared_account(session, account)
    uid = str(uuid4())
    module = ProcessingModule(
        driver=command.driver,
        product_types=list(command.product_types),
        name=dict(command.name),
        uid=uid,
        settings=settings.open,
        sealed_secrets=kernel.keys.seal(settings.secrets, uid),
        account_key=account,
        data_center_id=command.data_center_id,
        department_id=command.department_id,
        sort=command.sort,
        minimal_balance_minor=command.minimal_balance_minor,
        minimal_balance_currency=command.minimal_balance_currency,
        license_module_id=command.license_module_id,
    )
    session.add(module)
    session.flush()
    return module


def refuse_shared_account(session: Session, account: str | None, but_id: int = 0) -> None:
    """Raise AccountInUseError if another module has this upstream account."""
    other = session.scalar(
        select(ProcessingModule).where(
            ProcessingModule.account_key == account, ProcessingModule.id != but_id
        )
    )
    if account is not None and other is not None:
        raise AccountInUseError(
            f"processing module {other.id} uses this upstream account already; "
            "create a separate account there for each module"
        )


def account_key(driver: ProcessingDriver, settings: Mapping[str, Any]) -> str | None:
    """Identifies the upstream account of a connection; None where a driver has no such rule."""
    if not driver.account_identity:
        return None
    kinds = {field.name: field.kind for field in driver.settings}
    parts = [driver.key]
    for name in driver.account_identity:
        value = str(settings.get(name, ""))
        is_address = kinds.get(name) is FieldKind.URL
        parts.append(normalised_url(value) if is_address else value.strip().lower())
    return sha256("\n".join(parts).encode()).hexdigest()


def normalised_url(text: str) -> str:
    """An address without what doesn't make a difference: case, default port, final slash."""
    parts = urlsplit(text.strip())
    host = (parts.hostname or "").rstrip(".").lower()
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    return f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"


def modules_for(session: Session, plan: TariffPlan) -> list[ProcessingModule]:
    """Who can provide a plan: the module that it names, else all that fit, by priority."""
    statement = select(ProcessingModule).where(ProcessingModule.is_enabled)
    if plan.processing_module_id is not None:
        statement = statement.where(ProcessingModule.id == plan.processing_module_id)
    ordered = statement.order_by(ProcessingModule.sort, ProcessingModule.id)
    return [
        module for module in session.scalars(ordered) if plan.product_type in module.product_types
    ]


def module_context(
    kernel: Kernel, module: ProcessingModule, *, operation_id: str, attempt: int, timeout_s: float
) -> AbstractContextManager[Context]:
    """A context for one call to a module's driver."""
    driver = kernel.extensions.processing_modules.find(module.driver)
    return _context(kernel, module, driver.settings, "", operation_id, attempt, min(timeout_s, 600))


def method_context(
    kernel: Kernel, method: PaymentMethod, *, operation_id: str = "", timeout_s: float = PATIENCE_S
) -> AbstractContextManager[Context]:
    """A context for one call to a payment method's gateway."""
    gateway = kernel.extensions.payment_gateways.find(method.driver)
    return _context(kernel, method, gateway.settings, gateway.base_url, operation_id, 1, timeout_s)


def name_server_context(
    kernel: Kernel,
    server: NameServer,
    *,
    operation_id: str = "",
    attempt: int = 1,
    timeout_s: float = PATIENCE_S,
) -> AbstractContextManager[Context]:
    """A context for one call to a name server's driver."""
    fields = kernel.extensions.name_servers.find(server.driver).settings
    return _context(kernel, server, fields, "", operation_id, attempt, min(timeout_s, 600))


def channel_context(
    kernel: Kernel,
    channel: NotificationChannel,
    *,
    operation_id: str = "",
    attempt: int = 1,
    timeout_s: float = PATIENCE_S,
) -> AbstractContextManager[Context]:
    """A context for one call to a channel's driver."""
    fields = kernel.extensions.notification_channels.find(channel.driver).settings
    return _context(kernel, channel, fields, "", operation_id, attempt, min(timeout_s, 600))


def ask_module(
    kernel: Kernel,
    driver: ProcessingDriver | NameServerDriver,
    settings: ConnectionSettings,
    question: Callable[[Context], R],
) -> R:
    """A quick call to a connection that is not stored yet, while a person waits."""
    with open_context(
        settings=settings.open,
        secrets=settings.secrets,
        base_url=_base_url(driver.settings, settings.all, ""),
        timeout_s=PATIENCE_S,
        allowed_networks=kernel.settings.allowed_networks,
    ) as context:
        return kernel.extensions.call_driver(question, context)


def check_connection(kernel: Kernel, module: ProcessingModule) -> ConnectionReport:
    """Prove that a stored module's address and credentials work."""
    driver = kernel.extensions.processing_modules.find(module.driver)
    with module_context(
        kernel, module, operation_id="", attempt=1, timeout_s=PATIENCE_S
    ) as context:
        return kernel.extensions.call_driver(driver.check_connection, context)


def gateway_of(kernel: Kernel, method: PaymentMethod) -> PaymentGateway:
    return kernel.extensions.payment_gateways.find(method.driver)


def _context(
    kernel: Kernel,
    connection: ProcessingModule | PaymentMethod | NameServer | NotificationChannel,
    fields: tuple[FormField, ...],
    base_url: str,
    operation_id: str,
    attempt: int,
    timeout_s: float,
) -> AbstractContextManager[Context]:
    secrets = kernel.keys.unseal(connection.sealed_secrets, connection.uid)
    settings = {**connection.settings, **secrets}
    return open_context(
        settings=connection.settings,
        secrets=secrets,
        base_url=_base_url(fields, settings, base_url),
        operation_id=operation_id,
        attempt=attempt,
        timeout_s=timeout_s,
        allowed_networks=kernel.settings.allowed_networks,
    )


def _base_url(fields: tuple[FormField, ...], settings: Mapping[str, Any], default: str) -> str:
    addresses = [field.name for field in fields if field.kind is FieldKind.URL]
    return next((str(settings[name]) for name in addresses if settings.get(name)), default)
