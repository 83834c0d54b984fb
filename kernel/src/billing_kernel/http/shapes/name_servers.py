"""Name servers and free domains. Secrets never come back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from msgspec import UNSET, UnsetType

from billing_kernel import models
from billing_kernel.application.delegating import ConfigureNameServer
from billing_kernel.http.shapes.base import Answer, Body, FieldName, Fields, Localised, RowId


class CreateNameServer(Body):
    """A connection to a name server; the driver's form says what ``settings`` are."""

    EXAMPLE = {
        "provider_id": 1,
        "driver": "acme_dns",
        "name": {"en": "Names of clients"},
        "settings": {
            "url": "https://ns.example.com",
            "username": "dns",
            "password": "the account's password",
        },
        "for_free_domains": True,
    }

    provider_id: RowId
    driver: FieldName
    name: Localised
    settings: Fields = {}
    for_free_domains: bool = False
    enabled: bool = True

    def command(self) -> ConfigureNameServer:
        return ConfigureNameServer(
            provider_id=self.provider_id,
            driver=self.driver,
            name=self.name,
            settings=self.settings,
            is_for_free_domains=self.for_free_domains,
            is_enabled=self.enabled,
        )


class ChangeNameServer(Body):
    """What is to be another. Settings that are left out stay, secrets too.

    Another address needs its secrets again: they are never sent to a host they weren't for.
    """

    name: Localised | UnsetType = UNSET
    settings: Fields | UnsetType = UNSET
    for_free_domains: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET

    def columns(self) -> dict[str, Any]:
        """The model's columns that are to change; settings apart."""
        values = {
            "name": self.name,
            "is_for_free_domains": self.for_free_domains,
            "is_enabled": self.enabled,
        }
        return {name: value for name, value in values.items() if value is not UNSET}


class NameServer(Answer):
    """A connection to a name server; ``settings`` are those that aren't secret."""

    id: int
    provider_id: int
    driver: str
    name: Mapping[str, str]
    settings: Mapping[str, Any]
    for_free_domains: bool
    enabled: bool
    created_at: datetime

    @classmethod
    def of(cls, row: models.NameServer) -> Self:
        return cls(
            id=row.id,
            provider_id=row.provider_id,
            driver=row.driver,
            name=row.name,
            settings=row.settings,
            for_free_domains=row.is_for_free_domains,
            enabled=row.is_enabled,
            created_at=row.created_at,
        )


class ServiceDomain(Answer):
    """A free domain; ``address`` is where it shall lead, "" for nowhere."""

    service_id: int
    name_server_id: int
    domain: str
    state: str
    address: str
    tries: int
    reason: str

    @classmethod
    def of(cls, row: models.ServiceDomain) -> Self:
        return cls(
            service_id=row.service_id,
            name_server_id=row.name_server_id,
            domain=row.domain,
            state=row.state,
            address=row.address,
            tries=row.tries,
            reason=row.reason,
        )
