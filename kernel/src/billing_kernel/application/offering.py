"""Set up payment methods: which gateway, with which settings, for which providers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.connecting import ConnectionSettings, checked_settings, gateway_of
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.models import PaymentMethod, PaymentMethodProvider, Provider


def create_method(
    session: Session,
    kernel: Kernel,
    driver: str,
    settings: Mapping[str, Any],
    provider_ids: Sequence[int],
    columns: Mapping[str, Any],
) -> PaymentMethod:
    """A new payment method; raises UnknownDriverError, InvalidInputError."""
    kernel.extensions.payment_gateways.find(driver)
    method = PaymentMethod(driver=driver, uid=str(uuid4()), settings={}, sealed_secrets=b"")
    _describe(method, columns)
    _connect(kernel, method, _checked(kernel, method, settings, None))
    _offer(session, method, provider_ids)
    session.add(method)
    session.flush()
    return method


def change_method(
    session: Session,
    kernel: Kernel,
    method_id: int,
    settings: Mapping[str, Any] | None,
    provider_ids: Sequence[int] | None,
    columns: Mapping[str, Any],
) -> PaymentMethod:
    """Change a payment method; None leaves settings or providers as they are."""
    method = find(session, PaymentMethod, method_id, lock=True)
    _describe(method, columns)
    if settings is not None:
        kept = {**method.settings, **kernel.keys.unseal(method.sealed_secrets, method.uid)}
        _connect(kernel, method, _checked(kernel, method, settings, kept))
    if provider_ids is not None:
        _offer(session, method, provider_ids)
    session.flush()
    return method


def _describe(method: PaymentMethod, columns: Mapping[str, Any]) -> None:
    if "name" in columns and not any(text.strip() for text in columns["name"].values()):
        raise InvalidInputError([FieldError("/name", "is required in at least one language")])
    for name, value in columns.items():
        setattr(method, name, value)


def _checked(
    kernel: Kernel,
    method: PaymentMethod,
    given: Mapping[str, Any],
    kept: Mapping[str, Any] | None,
) -> ConnectionSettings:
    gateway = gateway_of(kernel, method)
    settings = checked_settings(gateway.settings, given, kept)
    errors = kernel.extensions.consult(gateway.check_settings, settings.all)
    if errors:
        raise InvalidInputError(
            [FieldError(f"/settings{error.pointer}", error.detail) for error in errors]
        )
    return settings


def _connect(kernel: Kernel, method: PaymentMethod, settings: ConnectionSettings) -> None:
    method.settings = settings.open
    method.sealed_secrets = kernel.keys.seal(settings.secrets, method.uid)


def _offer(session: Session, method: PaymentMethod, provider_ids: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(provider_ids))
    errors = [
        FieldError(f"/provider_ids/{index}", "is not a provider")
        for index, provider_id in enumerate(wanted)
        if session.get(Provider, provider_id) is None
    ]
    if errors:
        raise InvalidInputError(errors)
    present = {row.provider_id: row for row in method.providers}
    method.providers = [
        present.get(provider_id) or PaymentMethodProvider(provider_id=provider_id)
        for provider_id in wanted
    ]
