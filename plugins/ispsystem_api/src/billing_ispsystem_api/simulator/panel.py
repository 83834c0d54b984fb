"""A simulated panel without its network: users, functions, and who may call them."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from billing_ispsystem_api.simulator.faults import FaultBoard
from billing_ispsystem_api.simulator.rendering import Occasion, render
from billing_ispsystem_api.simulator.replies import Branch, RefusalError, Reply, Text
from billing_ispsystem_api.simulator.request_log import LoggedRequest, RequestLog
from billing_ispsystem_api.simulator.sessions import PanelUser, Sessions

ANYBODY: Final = 0
USER: Final = 16
RESELLER: Final = 24
ADMINISTRATOR: Final = 29

_F = TypeVar("_F", bound=Callable[..., Reply])


def function(*names: str, level: int = USER) -> Callable[[_F], _F]:
    """Mark a method of a panel as the function(s) called ``names``; takes a Call."""

    def mark(method: _F) -> _F:
        method._panel_functions = tuple((name, level) for name in names)  # type: ignore[attr-defined]
        return method

    return mark


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one function by somebody who may make it."""

    function: str
    parameters: Mapping[str, str]
    user: str
    level: int
    host: str

    @property
    def executes(self) -> bool:
        """True where the caller wants the work done, not the form shown."""
        return bool(self.parameters.get("sok"))

    def text(self, name: str, default: str = "") -> str:
        return self.parameters.get(name, default)

    def required(self, name: str) -> str:
        value = self.parameters.get(name, "")
        if not value:
            raise RefusalError("value", name, "", f"The field '{name}' must not be empty")
        return value

    def keys(self) -> list[str]:
        """The objects named by ``elid``, several of them joined by commas."""
        return [key.strip() for key in self.required("elid").split(",") if key.strip()]


class Panel:
    """Base of the simulated products. All functions run under one lock, one at a time.

    ``now`` is the panel's clock; ``set_clock`` moves it.
    """

    manager: ClassVar[str] = "core"

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.faults = FaultBoard()
        self.requests = RequestLog()
        self.page_size = 1000
        self._clock_offset = timedelta()
        self.sessions = Sessions(self.manager, self.now)
        self._functions: dict[str, tuple[int, Callable[[Call], Reply]]] = {}
        for attribute in dir(type(self)):
            for name, level in getattr(getattr(type(self), attribute), "_panel_functions", ()):
                self._functions[name] = (level, getattr(self, attribute))

    def now(self) -> datetime:
        return datetime.now(UTC) + self._clock_offset

    def set_clock(self, instant: datetime) -> None:
        self._clock_offset = instant - datetime.now(UTC)

    def add_user(self, name: str, password: str, level: int = USER) -> None:
        self.sessions.users[name] = PanelUser(name, password, level)

    def state(self) -> dict[str, Any]:
        """What this panel holds, as plain JSON, for tests that run in another process."""
        return {"users": sorted(self.sessions.users)}

    def answer(
        self,
        parameters: Mapping[str, str],
        cookies: Mapping[str, str],
        host: str,
        logged: LoggedRequest,
        *,
        bare_row: bool = False,
        refusal: RefusalError | None = None,
    ) -> tuple[bytes, str]:
        """Do what is asked and write the answer down: body and content type."""
        with self.lock:
            outcome: Reply | RefusalError
            try:
                if refusal:
                    raise refusal
                outcome = self._called(parameters, cookies, host, logged)
            except RefusalError as error:
                outcome = error
            total, page = 0, 1
            if isinstance(outcome, Reply) and outcome.rows is not None:
                total, page = len(outcome.rows), _number(parameters.get("p_num", ""))
                outcome = self._page(outcome, page)
            occasion = Occasion(
                self.manager,
                parameters.get("func", ""),
                parameters.get("out", ""),
                parameters.get("lang", "en"),
                host,
                parameters,
                page,
                self.page_size,
                total,
                bare_row,
            )
            self.requests.finish(
                logged, refusal=outcome.type if isinstance(outcome, RefusalError) else ""
            )
            return render(outcome, occasion)

    def _called(
        self,
        parameters: Mapping[str, str],
        cookies: Mapping[str, str],
        host: str,
        logged: LoggedRequest,
    ) -> Reply:
        name = parameters.get("func", "")
        if name == "auth":
            session, user = self.sessions.log_in(parameters)
            logged.user = user.name
            return Reply(fields={"auth": _session_text(session, user)})
        caller = self.sessions.identify(parameters, cookies)
        logged.user = caller.name if caller else ""
        level, method = self._functions.get(name, (ANYBODY, None))
        if (caller.level if caller else ANYBODY) < level:
            raise RefusalError("access", name, "", "Not enough rights")
        if method is None:
            raise RefusalError("missed", "func", name, f"The module '{name}' is not loaded")
        acting = self._impersonated(caller, parameters.get("su", ""))
        logged.user = acting.name if acting else ""
        return method(
            Call(
                name,
                parameters,
                acting.name if acting else "",
                acting.level if acting else ANYBODY,
                host,
            )
        )

    def _impersonated(self, caller: PanelUser | None, name: str) -> PanelUser | None:
        if not name or caller is None:
            return caller
        user = self.sessions.users.get(name)
        if user is None:
            raise RefusalError("missed", "user", name, f"User '{name}' not found")
        if user.level >= caller.level:
            raise RefusalError("access", "su", name, "Not enough rights")
        return user

    def _page(self, reply: Reply, page: int) -> Reply:
        start = (page - 1) * self.page_size
        rows = (reply.rows or ())[start : start + self.page_size]
        return Reply(rows=rows, key=reply.key, fields=reply.fields, branches=reply.branches)

    @function("whoami")
    def whoami(self, call: Call) -> Reply:
        user = Branch("user", attributes={"name": call.user, "level": str(call.level)})
        return Reply(fields={"pid": "1"}, branches=(user,))

    @function("session.newkey")
    def new_key(self, call: Call) -> Reply:
        """A key for the named user, made up by the caller; below the caller or himself."""
        name = call.text("username") or call.user
        user = self.sessions.users.get(name)
        if user is None or (name != call.user and user.level >= call.level):
            raise RefusalError("access", "user", name, "Not enough rights")
        self.sessions.keep_key(name, call.required("key"))
        return Reply(done=True)


def _session_text(session: str, user: PanelUser) -> Text:
    return Text(session, {"id": session, "level": str(user.level)})


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() else 1
