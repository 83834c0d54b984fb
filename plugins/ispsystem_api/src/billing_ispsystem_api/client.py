"""Calls functions of a panel: one HTTP request, one document or one error of the contract."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, quote_plus

import httpx

from billing_hookspecs import OutcomeUnknownError, UpstreamBusyError
from billing_hookspecs.values import Secret
from billing_ispsystem_api import errors
from billing_ispsystem_api.document import DocumentError, Node, Refusal, parse

BODY_BYTES_MAX: Final = 5 * 1024 * 1024
PAGES_MAX: Final = 200


def endpoint(base_url: httpx.URL | str, manager: str) -> str:
    """The address that all functions are called at, from what people enter as an address.

    ``https://panel.example.com:1500`` and ``…/manager`` get ``manager`` (such as ``billmgr``)
    appended; an address that already ends with a manager's name is kept, whichever it is.
    """
    url = httpx.URL(base_url)
    path = url.path.rstrip("/")
    if not path.rpartition("/")[2].endswith("mgr"):
        path = f"{path}/{manager}"
    return str(url.copy_with(path=path, query=None, fragment=None))


class PanelClient:
    """One panel, one account: the credentials go with every request, in its body.

    ``http``     an ``httpx.Client`` bound to the base address, as a call's context has it.
    ``manager``  the panel's short name: ``billmgr``, ``ispmgr``, ``ipmgr``, ``dnsmgr``.
    ``out``      the form of answers to ask for: ``xml``, ``json``, ``sjson`` or ``bjson``.
    """

    def __init__(
        self,
        http: httpx.Client,
        username: str,
        password: str,
        *,
        manager: str,
        out: str = "xml",
        language: str = "en",
    ) -> None:
        self._http = http
        self._username = username
        self._password = Secret(password)
        self._out = out
        self._language = language
        self.address = endpoint(http.base_url, manager)

    def read(self, function: str, parameters: Mapping[str, str] | None = None) -> Node:
        """Call a function that changes nothing.

        Raises:  UpstreamRefusedError (PanelRefusedError where the panel itself says no) or
                 UpstreamBusyError (PanelSetupError where the connection is wrong).
        """
        return self._call(function, dict(parameters or {}), effects=False)

    def execute(self, function: str, parameters: Mapping[str, str] | None = None) -> Node:
        """Call a function that changes something; ``sok=ok`` is sent along.

        Raises:  as read, and OutcomeUnknownError where it may have been done.
        """
        document = self._call(function, {"sok": "ok", **(parameters or {})}, effects=True)
        if not document.accepted:
            raise OutcomeUnknownError(f"{function} was answered with neither a yes nor a no")
        return document

    def rows(self, function: str, parameters: Mapping[str, str] | None = None) -> tuple[Node, ...]:
        """Every row of a list, whatever filter people saved for it in the panel.

        Raises:  as read; UpstreamBusyError also where the panel keeps rows back, so that
                 a row that isn't among the answer really isn't in the list.
        """
        asked = {"filter": "off", **(parameters or {})}
        document = self.read(function, asked)
        rows = list(document.rows())
        total = document.text("p_elems")
        expected = int(total) if total.isascii() and total.isdigit() else len(rows)
        for page in range(2, PAGES_MAX + 1):
            if len(rows) >= expected:
                break
            more = self.read(function, {**asked, "p_num": str(page)}).rows()
            if not more or more[0] == rows[0]:
                break
            rows.extend(more)
        if len(rows) < expected:
            raise UpstreamBusyError(f"{function} listed {len(rows)} of {expected} rows")
        return tuple(rows)

    def _call(self, function: str, parameters: dict[str, str], *, effects: bool) -> Node:
        if ":" in self._username or not self._username:
            raise errors.PanelSetupError("credentials", "the user name must not contain a colon")
        document = self._send(function, parameters, effects=effects)
        refusal = document.error
        if refusal and refusal.type == "auth" and refusal.object != "badpassword":
            # Refused before any work because of a session that ended; this client holds none,
            # so the same request is as good as a new log-in. Once.
            document = self._send(function, parameters, effects=effects)
            refusal = document.error
        if refusal:
            raise errors.from_refusal(self._without_secrets(refusal), effects=effects)
        return document

    def _send(self, function: str, parameters: dict[str, str], *, effects: bool) -> Node:
        form = {
            **parameters,
            "func": function,
            "out": self._out,
            "lang": self._language,
            "authinfo": f"{self._username}:{self._password}",
        }
        try:
            with self._http.stream("POST", self.address, data=form) as response:
                if response.status_code != 200:
                    raise errors.from_status(
                        response.status_code,
                        response.headers.get("Retry-After", "").strip(),
                        effects=effects,
                    )
                return parse(_bounded(response))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise errors.from_transport(error, effects=effects) from error
        except DocumentError as error:
            raise errors.from_document(error, effects=effects) from error

    def _without_secrets(self, refusal: Refusal) -> Refusal:
        def masked(text: str) -> str:
            for secret in (
                self._password,
                quote(self._password, safe=""),
                quote_plus(self._password),
            ):
                text = text.replace(secret, "***") if secret else text
            return text

        return Refusal(
            refusal.type, refusal.object, masked(refusal.value), masked(refusal.message)[:500]
        )


def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise DocumentError("too long")
    return bytes(body)
