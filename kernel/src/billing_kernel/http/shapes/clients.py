"""Clients and their logins."""

from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType, structs

from billing_kernel import models
from billing_kernel.application.parking import LOOKED_AT_FROM
from billing_kernel.application.registering import NewSession
from billing_kernel.domain.rights import Right
from billing_kernel.http.shapes.base import (
    Answer,
    Body,
    CountryCode,
    LanguageCode,
    Line,
    Password,
    Phone,
    RowId,
    given,
)

COLUMNS = {"automatic_payment": "pays_from_balance", "enabled": "is_enabled"}
"""Columns that are named otherwise here."""


class RegisterClient(Body):
    """A new client; ``provider_id`` may be left out where there is one provider."""

    EXAMPLE = {
        "name": "Ann Example",
        "email": "ann@example.com",
        "password": "correct horse battery",
        "password_confirmation": "correct horse battery",
        "country": "DE",
    }

    name: Line
    email: Line
    password: Password
    password_confirmation: Password
    country: CountryCode
    provider_id: RowId | None = None
    phone: Phone = ""
    language: LanguageCode | None = None


class LogIn(Body):
    """Login and password of a client, an employee or an administrator."""

    EXAMPLE = {"email": "ann@example.com", "password": "correct horse battery"}

    email: Line
    password: Password


class ChangeOwnProfile(Body):
    """What clients may change about themselves; what is left out stays.

    With ``automatic_payment`` open invoices are paid as soon as the balance covers them.
    """

    name: Line | UnsetType = UNSET
    country: CountryCode | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    language: LanguageCode | UnsetType = UNSET
    automatic_payment: bool | UnsetType = UNSET

    def columns(self) -> dict[str, Any]:
        """What was sent, by the names of the columns."""
        return {COLUMNS.get(name, name): value for name, value in given(self).items()}


class ChangePassword(Body):
    """The present password proves who is asking."""

    current_password: Password
    password: Password
    password_confirmation: Password


class ChangeClient(ChangeOwnProfile):
    """What administrators may change about a client; a disabled client can't log in."""

    email: Line | UnsetType = UNSET
    client_group_id: RowId | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class Client(Answer):
    """A registered customer; ``email`` is the login."""

    id: int
    provider_id: int
    name: str
    email: str
    country: str
    phone: str
    language: str
    client_group_id: int | None
    automatic_payment: bool
    enabled: bool
    created_at: datetime

    @classmethod
    def of(cls, row: models.Client) -> Self:
        return cls(
            id=row.id,
            provider_id=row.provider_id,
            name=row.name,
            email=row.email,
            country=row.country,
            phone=row.phone,
            language=row.language,
            client_group_id=row.client_group_id,
            automatic_payment=row.pays_from_balance,
            enabled=row.is_enabled,
            created_at=row.created_at,
        )


class ClientSeenWithin(Client):
    """A client as administrators see it.

    Since ``parked_at`` automatic work leaves it alone, for ``parked_reason``. More charges on
    one business date than ``charges_per_run_max`` are too many; null: as for everybody.
    """

    parked_at: datetime | None
    parked_reason: str
    charges_per_run_max: int | None

    @classmethod
    def of(cls, row: models.Client) -> Self:
        return cls(
            **structs.asdict(Client.of(row)),
            parked_at=row.parked_at,
            parked_reason=row.parked_reason,
            charges_per_run_max=row.charges_per_run_max,
        )


class ReleaseClient(Body):
    """``charges_per_run_max`` is how many charges of one date are all right for this client."""

    EXAMPLE = {"charges_per_run_max": 5000}

    charges_per_run_max: Annotated[int, Meta(ge=LOOKED_AT_FROM, le=10**6)] | None = None


class RegisteredClient(Answer):
    """The new client, and a token to go on with."""

    client: Client
    token: str


class OpenedSession(Answer):
    """A token for the Authorization header; it is shown only here.

    ``rights`` are those in administration; a client has none.
    """

    token: str
    role: str
    expires_at: datetime
    rights: list[Right]

    @classmethod
    def of(cls, opened: NewSession) -> Self:
        return cls(
            token=opened.token,
            role=opened.role,
            expires_at=opened.session.expires_at,
            rights=[right for right in Right if right in opened.rights],
        )
