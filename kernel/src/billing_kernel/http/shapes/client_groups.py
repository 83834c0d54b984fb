"""Client groups: clients with the same rights."""

from typing import Self

from msgspec import UNSET, UnsetType

from billing_kernel import models
from billing_kernel.http.shapes.base import Answer, Body, Line


class CreateClientGroup(Body):
    """A new client group; it allows nothing that isn't said."""

    EXAMPLE = {"name": "Resellers", "allow_suspension": True, "ignore_service_limit": True}

    name: Line
    allow_suspension: bool = False
    allow_deletion: bool = False
    ignore_service_limit: bool = False


class ChangeClientGroup(Body):
    """What is to be another; what is left out stays."""

    name: Line | UnsetType = UNSET
    allow_suspension: bool | UnsetType = UNSET
    allow_deletion: bool | UnsetType = UNSET
    ignore_service_limit: bool | UnsetType = UNSET


class ClientGroup(Answer):
    """Clients with the same rights.

    ``ignore_service_limit`` lifts ``services_per_client_max`` of tariff plans.
    """

    id: int
    name: str
    allow_suspension: bool
    allow_deletion: bool
    ignore_service_limit: bool

    @classmethod
    def of(cls, row: models.ClientGroup) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            allow_suspension=row.allow_suspension,
            allow_deletion=row.allow_deletion,
            ignore_service_limit=row.ignore_service_limit,
        )
