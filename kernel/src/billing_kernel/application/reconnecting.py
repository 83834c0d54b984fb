"""Change processing modules that exist, and name what they refer to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_hookspecs import ProcessingModule as ProcessingDriver
from billing_kernel.application.connecting import (
    ConnectionSettings,
    account_key,
    checked_settings,
    refuse_shared_account,
)
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.organising import require
from billing_kernel.models import DataCenter, Department, ProcessingModule


@dataclass(frozen=True, slots=True)
class ChangedConnection:
    """New settings of a module, checked but not stored."""

    settings: ConnectionSettings
    account: str | None


def check_new_settings(
    session: Session, kernel: Kernel, module_id: int, given: Mapping[str, Any]
) -> tuple[ProcessingDriver, ChangedConnection]:
    """What a module's settings would be with ``given`` in place of the present ones.

    Raises MissingError, UnknownDriverError, InvalidInputError, AccountInUseError.
    """
    module = find(session, ProcessingModule, module_id)
    driver = kernel.extensions.processing_modules.find(module.driver)
    kept = {**module.settings, **kernel.keys.unseal(module.sealed_secrets, module.uid)}
    settings = checked_settings(driver.settings, given, kept)
    account = account_key(driver, settings.all)
    refuse_shared_account(session, account, but_id=module.id)
    return driver, ChangedConnection(settings, account)


def change_module(
    session: Session,
    kernel: Kernel,
    module_id: int,
    columns: Mapping[str, Any],
    connection: ChangedConnection | None,
) -> ProcessingModule:
    """Give a module other columns, and settings whose connection was checked.

    Raises MissingError, InvalidInputError, AccountInUseError.
    """
    module = find(session, ProcessingModule, module_id, lock=True)
    check_references(session, columns)
    if columns.get("license_module_id") == module.id:
        raise InvalidInputError([FieldError("/license_module_id", "must be another module")])
    if "product_types" in columns:
        _check_product_types(kernel, module, columns["product_types"])
    for name, value in columns.items():
        setattr(module, name, value)
    if connection is not None:
        refuse_shared_account(session, connection.account, but_id=module.id)
        module.settings = connection.settings.open
        module.sealed_secrets = kernel.keys.seal(connection.settings.secrets, module.uid)
        module.account_key = connection.account
    session.flush()
    return module


def check_references(session: Session, columns: Mapping[str, Any]) -> None:
    """Raise InvalidInputError for a data centre, department or module that doesn't exist."""
    require(session, DataCenter, columns.get("data_center_id"), "/data_center_id")
    require(session, Department, columns.get("department_id"), "/department_id")
    require(session, ProcessingModule, columns.get("license_module_id"), "/license_module_id")


def _check_product_types(kernel: Kernel, module: ProcessingModule, keys: list[str]) -> None:
    known = kernel.extensions.processing_modules.find(module.driver).product_types
    errors = [
        FieldError(f"/product_types/{index}", f"must be one of {', '.join(known)}")
        for index, key in enumerate(keys)
        if key not in known
    ]
    if errors or not keys:
        raise InvalidInputError(
            errors or [FieldError("/product_types", "must name at least one product type")]
        )
