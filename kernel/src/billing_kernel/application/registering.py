"""Register clients and administrators, and let people in."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from email_validator import EmailNotValidError, validate_email
from pwdlib import PasswordHash
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as DatabaseSession

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import record_event
from billing_kernel.application.spending import ask_to_spend
from billing_kernel.domain.countries import country_complaint
from billing_kernel.domain.errors import (
    ConflictError,
    ForbiddenError,
    LoginRequiredError,
    TooManyError,
)
from billing_kernel.domain.passwords import password_errors
from billing_kernel.domain.rights import Right
from billing_kernel.models import (
    Administrator,
    Client,
    ClientGroup,
    Employee,
    LoginAttempt,
    Provider,
    Session,
    wall_clock,
)

SESSION_HOURS = 24
TRIES_MAX = 10
TRIES_WINDOW = timedelta(minutes=15)

Person: TypeAlias = Client | Employee | Administrator
ROLES: Mapping[type[Person], str] = {
    Client: "client",
    Employee: "employee",
    Administrator: "administrator",
}
_HELD_BY = {
    Client: Session.client_id,
    Employee: Session.employee_id,
    Administrator: Session.administrator_id,
}

_hasher = PasswordHash.recommended()
_NOBODY = _hasher.hash("the password of nobody, so that unknown logins take as long as known ones")


class EmailTakenError(ConflictError):
    """The e-mail address already logs somebody in."""

    code = "client.email_taken"


class BadCredentialsError(LoginRequiredError):
    """Login and password don't belong together."""

    code = "login.bad_credentials"


@dataclass(frozen=True, slots=True)
class RegisterClient:
    name: str
    email: str
    password: str
    country: str
    provider_id: int | None = None
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A login that was opened; ``token`` is known only now, its hash is stored."""

    token: str
    role: str
    session: Session
    rights: frozenset[Right]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking; ``rights`` are an employee's, administrators have all of them."""

    role: str
    id: int
    session_id: int
    rights: frozenset[Right] = frozenset()

    @property
    def principal(self) -> str:
        return f"{self.role}:{self.id}"

    def require(self, right: Right) -> None:
        """Raise ForbiddenError unless this caller has the right."""
        if right not in self.rights:
            raise ForbiddenError(f"this needs the right {right}")


def hash_password(password: str) -> str:
    """A slow hash; call it outside of transactions."""
    return _hasher.hash(password)


def checked_email(text: str, pointer: str) -> str:
    """A deliverable-looking address in lower case; InvalidInputError at ``pointer``."""
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidInputError([FieldError(pointer, str(error))]) from None
    return checked.normalized.lower()


def checked_country(code: str, pointer: str) -> str:
    """A country of ISO 3166-1 in capitals; InvalidInputError at ``pointer``."""
    if complaint := country_complaint(code.upper()):
        raise InvalidInputError([FieldError(pointer, complaint)])
    return code.upper()


def register_client(
    session: DatabaseSession, kernel: Kernel, command: RegisterClient, password_hash: str
) -> Client:
    """Create a client of a provider, the only one where none is named.

    Raises InvalidInputError, MissingError for an unknown provider, EmailTakenError.
    """
    provider = _provider(session, command.provider_id)
    email = checked_email(command.email, "/email")
    refuse_taken_email(session, email)
    client = Client(
        provider_id=provider.id,
        email=email,
        name=command.name,
        password_hash=password_hash,
        country=checked_country(command.country, "/country"),
        phone=command.phone,
        language=command.language or provider.default_language,
    )
    session.add(client)
    session.flush()
    record_event(session, kernel, "ClientRegistered", {"client_id": client.id}, client.id)
    return client


def change_client(session: DatabaseSession, client_id: int, columns: Mapping[str, Any]) -> Client:
    """Give a client other columns; raises MissingError, InvalidInputError, EmailTakenError."""
    client = find(session, Client, client_id, lock=True)
    changes = dict(columns)
    if "country" in changes:
        changes["country"] = checked_country(changes["country"], "/country")
    if "email" in changes:
        changes["email"] = checked_email(changes["email"], "/email")
        if changes["email"] != client.email:
            refuse_taken_email(session, changes["email"])
    group_id = changes.get("client_group_id")
    if group_id is not None and session.get(ClientGroup, group_id) is None:
        raise InvalidInputError([FieldError("/client_group_id", "is not a client group")])
    for name, value in changes.items():
        setattr(client, name, value)
    session.flush()
    ask_to_spend(session, client)
    return client


def refuse_taken_email(session: DatabaseSession, email: str) -> None:
    """Raise EmailTakenError where the address logs somebody in, in whatever role."""
    if _person(session, email) is not None:
        raise EmailTakenError(f"{email} is registered already: log in, or reset the password")


def check_password(password: str, pointer: str = "/password") -> None:
    """Raise InvalidInputError unless the password is one that we accept."""
    if errors := password_errors(password):
        raise InvalidInputError([FieldError(pointer, error) for error in errors])


def create_administrator(
    session: DatabaseSession, email: str, name: str, password_hash: str
) -> Administrator:
    """Create an administrator, or give the one with this address a new password.

    Raises InvalidInputError, EmailTakenError for the address of a client or an employee.
    """
    address = checked_email(email, "/email")
    administrator = session.scalar(select(Administrator).where(Administrator.email == address))
    if administrator is None:
        refuse_taken_email(session, address)
        administrator = Administrator(email=address, name=name, password_hash=password_hash)
        session.add(administrator)
    else:
        administrator.password_hash = password_hash
        session.execute(delete(Session).where(Session.administrator_id == administrator.id))
    session.flush()
    return administrator


def log_in(kernel: Kernel, email: str, password: str, peer: str) -> NewSession:
    """Open a session for a client, an employee or an administrator.

    Raises BadCredentialsError, equally for unknown logins and wrong passwords, and
    TooManyError after ten failures within a quarter of an hour by login or by peer.
    """
    login = email.strip().lower()
    subjects = (f"login:{login}"[:255], f"peer:{peer}"[:255])
    with kernel.database.reading() as session:
        _refuse_guessing(session, subjects)
        person = _person(session, login)
    valid = _hasher.verify(password, person.password_hash if person else _NOBODY)
    if person is None or not valid or not person.is_enabled:
        _count_failure(kernel, subjects)
        raise BadCredentialsError("login or password is wrong")
    return kernel.database.run(lambda session: open_session(session, person))


def open_session(session: DatabaseSession, person: Person) -> NewSession:
    """A session for somebody whose identity is proven."""
    token = secrets.token_urlsafe(32)
    row = Session(
        token_hash=token_hash(token),
        client_id=person.id if isinstance(person, Client) else None,
        employee_id=person.id if isinstance(person, Employee) else None,
        administrator_id=person.id if isinstance(person, Administrator) else None,
        expires_at=wall_clock() + timedelta(hours=SESSION_HOURS),
    )
    session.add(row)
    session.flush()
    return NewSession(token, ROLES[type(person)], row, _rights(person))


def caller_of(session: DatabaseSession, token: str) -> Caller:
    """Who holds a token; LoginRequiredError for an unknown or expired one."""
    row = session.scalar(select(Session).where(Session.token_hash == token_hash(token)))
    if row is None or row.expires_at <= wall_clock():
        raise LoginRequiredError("the session is unknown or has expired: log in again")
    person = _holder(session, row)
    if not person.is_enabled:
        raise LoginRequiredError("this login is disabled")
    return Caller(ROLES[type(person)], person.id, row.id, _rights(person))


def check_own_password(kernel: Kernel, caller: Caller, password: str, pointer: str) -> None:
    """Prove that whoever is logged in knows the password.

    Raises InvalidInputError at ``pointer``, and TooManyError as ``log_in`` does.
    """
    with kernel.database.reading() as session:
        person = _themselves(session, caller)
        subjects = (f"login:{person.email}"[:255],)
        _refuse_guessing(session, subjects)
    if not _hasher.verify(password, person.password_hash):
        _count_failure(kernel, subjects)
        raise InvalidInputError([FieldError(pointer, "is not your present password")])


def set_password(session: DatabaseSession, caller: Caller, password_hash: str) -> None:
    """Give whoever is logged in another password and end the other sessions."""
    person = _themselves(session, caller, lock=True)
    person.password_hash = password_hash
    is_theirs = _HELD_BY[type(person)] == person.id
    session.execute(delete(Session).where(is_theirs, Session.id != caller.session_id))


def log_out(session: DatabaseSession, caller: Caller) -> None:
    """End the caller's session."""
    session.execute(delete(Session).where(Session.id == caller.session_id))


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _provider(session: DatabaseSession, provider_id: int | None) -> Provider:
    if provider_id is not None:
        return find(session, Provider, provider_id)
    providers = session.scalars(select(Provider).limit(2)).all()
    if len(providers) != 1:
        raise InvalidInputError(
            [FieldError("/provider_id", "is required where there is not exactly one provider")]
        )
    return providers[0]


def _person(session: DatabaseSession, login: str) -> Person | None:
    administrator = session.scalar(select(Administrator).where(Administrator.email == login))
    employee = session.scalar(select(Employee).where(Employee.email == login))
    return administrator or employee or session.scalar(select(Client).where(Client.email == login))


def _themselves(session: DatabaseSession, caller: Caller, *, lock: bool = False) -> Person:
    kind: Any = next(kind for kind, role in ROLES.items() if role == caller.role)
    person: Person = session.get_one(kind, caller.id, with_for_update=lock)
    return person


def _holder(session: DatabaseSession, row: Session) -> Person:
    if row.client_id is not None:
        return session.get_one(Client, row.client_id)
    if row.employee_id is not None:
        return session.get_one(Employee, row.employee_id)
    return session.get_one(Administrator, row.administrator_id)


def _rights(person: Person) -> frozenset[Right]:
    match person:
        case Administrator():
            return frozenset(Right)
        case Employee():
            return frozenset(map(Right, person.rights))
    return frozenset()


def _count_failure(kernel: Kernel, subjects: tuple[str, ...]) -> None:
    kernel.database.run(
        lambda session: session.add_all([LoginAttempt(subject=name) for name in subjects])
    )


def _refuse_guessing(session: DatabaseSession, subjects: tuple[str, ...]) -> None:
    since = wall_clock() - TRIES_WINDOW
    worst = session.scalar(
        select(func.count())
        .where(LoginAttempt.subject.in_(subjects), LoginAttempt.created_at > since)
        .group_by(LoginAttempt.subject)
        .order_by(func.count().desc())
        .limit(1)
    )
    if (worst or 0) >= TRIES_MAX:
        seconds = int(TRIES_WINDOW.total_seconds())
        raise TooManyError("too many failed logins; wait a quarter of an hour", seconds)
