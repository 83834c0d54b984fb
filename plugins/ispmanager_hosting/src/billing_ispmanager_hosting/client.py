"""The panel's functions and their parameters; nothing else in this plugin knows them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from billing_hookspecs import Context, UpstreamRefusedError
from billing_ispmanager_hosting.limits import whole_number
from billing_ispmanager_hosting.users import PanelUser, is_hosting_user, user_of_row
from billing_ispsystem_api.client import PanelClient
from billing_ispsystem_api.document import Node
from billing_ispsystem_api.errors import PanelRefusedError

NO_PRESET: Final = "#custom"


@dataclass(frozen=True, slots=True)
class Licence:
    """``product`` is such as "ispmanager Host"."""

    product: str
    is_ispmanager: bool


@dataclass(frozen=True, slots=True)
class NewUser:
    """``limits`` are the panel's fields; ``domain`` "" makes neither site nor mail domain."""

    name: str
    full_name: str
    comment: str
    preset: str
    limits: Mapping[str, str]
    domain: str = ""


class HostingPanel:
    """One ispmanager, as the connection's account sees it.

    Raises what PanelClient raises: UpstreamRefusedError, UpstreamBusyError, and
    OutcomeUnknownError where something may have been changed.
    """

    def __init__(self, context: Context) -> None:
        self._panel = connected(context)

    def licence(self) -> Licence:
        document = self._panel.read("license.info")
        product = document.text("panel_name", "mgr")
        return Licence(product, "isp" in product.lower())

    def own_name(self) -> str:
        return account_name(self._panel)

    def presets(self) -> tuple[str, ...]:
        return tuple(row.text("name") for row in self._panel.rows("preset"))

    def preset_fields(self, preset: str) -> dict[str, str]:
        """The fields that a user made from ``preset`` has; empty for NO_PRESET.

        Raises:  UpstreamRefusedError("template_missing") where the panel has none of that name.
        """
        if preset == NO_PRESET:
            return {}
        if preset not in self.presets():
            raise UpstreamRefusedError(
                "template_missing", f"the panel has no user template called {preset!r}"
            )
        document = self._panel.read("preset.edit", {"elid": preset})
        return _limits_in(document)

    def users(self) -> tuple[PanelUser, ...]:
        return tuple(user_of_row(row) for row in self._panel.rows("user") if is_hosting_user(row))

    def user(self, name: str) -> PanelUser | None:
        return next((user for user in self.users() if user.name == name), None)

    def user_for(self, reference: str) -> PanelUser | None:
        return next((user for user in self.users() if user.is_marked(reference)), None)

    def user_limits(self, name: str) -> dict[str, str]:
        """Limits as they are stored now."""
        document = self._panel.read("user.edit", {"elid": name})
        # Some versions answer a form of defaults for a user that they don't have.
        if document.text("name") != name:
            raise UpstreamRefusedError("missing", f"the panel has no user {name}")
        return _limits_in(document)

    def add_user(self, user: NewUser) -> None:
        """Create a user, and a site and a mail domain where it has a domain.

        The password is random and told to nobody: clients come in by panel link, or set one.
        """
        password = secrets.token_urlsafe(24)
        self._panel.execute(
            "user.add.finish",
            {
                **user.limits,
                "name": user.name,
                "fullname": user.full_name,
                "comment": user.comment,
                "passwd": password,
                "confirm": password,
                "preset": user.preset,
                "addinfo": "on",
                "ftp_user": "on",
                "ftp_user_name": user.name,
                "webdomain_name" if user.domain else "webdomain": user.domain or "off",
                "emaildomain_name" if user.domain else "emaildomain": user.domain or "off",
            },
        )

    def change_user(self, name: str, fields: Mapping[str, str]) -> None:
        self._panel.execute("user.edit", {**fields, "elid": name})

    def set_password(self, name: str, password: str) -> None:
        self.change_user(name, {"passwd": password, "confirm": password})

    def suspend_user(self, name: str) -> None:
        self._panel.execute("user.suspend", {"elid": name})

    def resume_user(self, name: str) -> None:
        self._panel.execute("user.resume", {"elid": name})

    def delete_user(self, name: str) -> None:
        self._panel.execute("user.delete", {"elid": name})

    def first_site(self, name: str) -> tuple[str, str]:
        """Domain and address of the user's first site, "" and "" where it has none."""
        for row in self._panel.rows("webdomain", {"su": name}):
            return row.text("name"), row.text("ipaddr")
        return "", ""

    def usage(self, name: str) -> dict[str, int]:
        """Limit's field → amount in use, for what the panel counts."""
        used = {}
        for row in self._panel.rows("userstat", {"su": name}):
            number = whole_number(row.text("usages_used"))
            if number is not None:
                used[row.code("name")] = number
        return used

    def log_in_link(self, name: str) -> str:
        """An address that logs ``name`` in once, within the hour."""
        key = secrets.token_hex(32)
        self._panel.read("session.newkey", {"username": name, "key": key})
        query = {"func": "auth", "username": name, "key": key, "checkcookie": "no"}
        return f"{self._panel.address}?{urlencode(query)}"


def connected(context: Context) -> PanelClient:
    """The panel of a connection, with its account."""
    username, password = context.settings["username"], context.settings["password"]
    return PanelClient(context.http, username, password, manager="ispmgr")


def account_name(panel: PanelClient) -> str:
    """The user that the panel takes the connection's account for."""
    document = panel.read("whoami")
    return next((node.attributes.get("name", "") for node in document.find("user")), "")


def _limits_in(form: Node) -> dict[str, str]:
    return {
        field.name: field.value
        for field in form.children
        if field.name.startswith("limit_") and field.value
    }


def taken(refusal: PanelRefusedError) -> str:
    """What a new user collided with: "user", "name" (its domain), or "" for another refusal."""
    return refusal.refusal.object if refusal.refusal.type == "exists" else ""
