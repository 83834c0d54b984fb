"""Who is asking: users, sessions and one-time keys of a simulated panel."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing_ispsystem_api.simulator.replies import RefusalError

SESSION_LIFE = timedelta(hours=1)
KEY_LIFE = timedelta(hours=1)
KEY_LENGTH_MIN = 16


@dataclass(slots=True)
class PanelUser:
    """Somebody who can log in. ``level``: 16 user, 24 reseller, 29 administrator, 30 root."""

    name: str
    password: str
    level: int


class Sessions:
    """Users and what they can show at the door; every refusal is of type ``auth``."""

    def __init__(self, manager: str, now: Callable[[], datetime]) -> None:
        self._manager = manager
        self._now = now
        self.users: dict[str, PanelUser] = {}
        self._sessions: dict[str, tuple[str, datetime]] = {}
        self._keys: dict[tuple[str, str], datetime] = {}

    def identify(
        self, parameters: Mapping[str, str], cookies: Mapping[str, str]
    ) -> PanelUser | None:
        """The user of a request by authinfo, session or cookie; None for an anonymous one."""
        if "authinfo" in parameters:
            name, _, password = parameters["authinfo"].partition(":")
            return self._with_password(name, password)
        session = parameters.get("auth") or cookies.get(f"{self._manager}ses5", "")
        if not session:
            return None
        name, seen_at = self._sessions.get(session, ("", self._now()))
        if name not in self.users or self._now() - seen_at > SESSION_LIFE:
            self._sessions.pop(session, None)
            raise RefusalError("auth", "session", "", "Session expired")
        self._sessions[session] = (name, self._now())
        return self.users[name]

    def log_in(self, parameters: Mapping[str, str]) -> tuple[str, PanelUser]:
        """Open a session by password, by authinfo or by a key that is thereby used up."""
        name = parameters.get("username", "")
        if "key" in parameters:
            made_at = self._keys.pop((name, parameters["key"]), None)
            if made_at is None or self._now() - made_at > KEY_LIFE or name not in self.users:
                raise RefusalError("auth", "badkey", "", "The key is invalid or already used")
            return self._open(self.users[name])
        if "authinfo" in parameters:
            name, _, password = parameters["authinfo"].partition(":")
            return self._open(self._with_password(name, password))
        return self._open(self._with_password(name, parameters.get("password", "")))

    def open_for(self, user: PanelUser) -> str:
        return self._open(user)[0]

    def keep_key(self, name: str, key: str) -> None:
        if len(key) < KEY_LENGTH_MIN:
            raise RefusalError("value", "key", "", "The key is too short")
        self._keys[name, key] = self._now()

    def expire(self) -> None:
        """End every session now."""
        self._sessions.clear()

    def _open(self, user: PanelUser) -> tuple[str, PanelUser]:
        session = secrets.token_hex(12)
        self._sessions[session] = (user.name, self._now())
        return session, user

    def _with_password(self, name: str, password: str) -> PanelUser:
        user = self.users.get(name)
        if user is None or not secrets.compare_digest(user.password.encode(), password.encode()):
            raise RefusalError("auth", "badpassword", "", "Invalid username or password ")
        return user
