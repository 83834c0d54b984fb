"""The functions of ispmanager 6 that a billing calls, over the dialect all panels share."""

import re
from typing import Any

from billing_ispmanager_hosting.simulator.records import LIMIT_PREFIX, HostedUser, Site
from billing_ispmanager_hosting.simulator.zones import NamePanel
from billing_ispsystem_api.simulator import (
    ADMINISTRATOR,
    RESELLER,
    USER,
    Call,
    RefusalError,
    Reply,
    Text,
    function,
)
from billing_ispsystem_api.simulator.replies import Fields

USER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
NO_PRESET = "#custom"


class IspmanagerPanel(NamePanel):
    """One server. What isn't documented is a switch, so that tests can try both ways.

    ``product``               the edition, as license.info names it.
    ``keeps_comments``        whether user.add.finish takes a comment.
    ``shows_empty_forms``     whether user.edit of an unknown user shows a form of defaults.
    ``address``               what sites get by default.
    """

    manager = "ispmgr"

    def __init__(self, *, product: str = "ispmanager Host", address: str = "192.0.2.80") -> None:
        super().__init__()
        self.product = product
        self.keeps_comments = True
        self.shows_empty_forms = False
        self.address = address
        self.presets: dict[str, dict[str, str]] = {}
        self.hosted: dict[str, HostedUser] = {}
        self.sites: dict[str, Site] = {}

    def state(self) -> dict[str, Any]:
        users = {
            user.name: {
                "owner": user.owner,
                "comment": user.comment,
                "preset": user.preset,
                "is_active": user.is_active,
                "limits": dict(user.limits),
            }
            for user in self.hosted.values()
        }
        sites = {site.domain: site.owner for site in self.sites.values()}
        return {"users": users, "sites": sites, "zones": self.zone_state()}

    # --- the panel itself -----------------------------------------------------------------

    @function("license.info")
    def license_info(self, call: Call) -> Reply:
        return Reply(fields={"panel_name": self.product, "os": "Debian-12-x86_64"})

    @function("preset", level=RESELLER)
    def preset_list(self, call: Call) -> Reply:
        return Reply(rows=[{"name": name} for name in sorted(self.presets)], key="name")

    @function("preset.edit", level=RESELLER)
    def preset_edit(self, call: Call) -> Reply:
        name = call.text("elid") or call.required("name")
        if call.executes:
            self.presets[name] = {**self.presets.get(name, {}), **_limits(call)}
            return Reply(done=True, fields={"id": name})
        if name not in self.presets:
            raise RefusalError("missed", "preset", name, f"There is no template '{name}'")
        return Reply(fields={"name": name, **self.presets[name]})

    @function("preset.delete", level=RESELLER)
    def preset_delete(self, call: Call) -> Reply:
        names = call.keys()
        for name in names:
            self.presets.pop(name, None)
        return Reply(done=True)

    # --- users ----------------------------------------------------------------------------

    @function("user", level=RESELLER)
    def user_list(self, call: Call) -> Reply:
        return Reply(rows=[_row(user) for user in self._seen_by(call)], key="name")

    @function("user.add.finish", "user.add", level=RESELLER)
    def user_add(self, call: Call) -> Reply:
        """The last step of the wizard: everything is made, or nothing."""
        self._refuse_taken_or_wrong(call)
        user = HostedUser(
            name=call.required("name"),
            owner=call.user,
            full_name=call.text("fullname"),
            comment=call.text("comment") if self.keeps_comments else "",
            preset=call.text("preset") or NO_PRESET,
        )
        user.set_limits(_limits(call))
        if call.text("ftp_user") == "on":
            user.ftp_users.append(call.text("ftp_user_name") or user.name)
        self.hosted[user.name] = user
        self.add_user(user.name, call.required("passwd"), USER)
        if domain := _domain(call):
            self.sites[domain] = Site(domain, user.name, self.address)
        return Reply(done=True, fields={"id": user.name})

    @function("user.edit", level=RESELLER)
    def user_edit(self, call: Call) -> Reply:
        if not call.text("elid"):
            return self.user_add(call)
        name = call.required("elid")
        if not call.executes:
            if name not in self.hosted and self.shows_empty_forms:
                return Reply(fields={"limit_quota": "1024", "active": "on"})
            return Reply(fields=_form(self._hosted(name)))
        user = self._hosted(name)
        self._refuse_wrong_password(call)
        self._refuse_unknown_preset(call)
        user.set_limits(_limits(call))
        user.preset = call.text("preset") or user.preset
        user.full_name = call.text("fullname", user.full_name)
        user.comment = call.text("comment", user.comment)
        if password := call.text("passwd"):
            self.add_user(name, password, USER)
        return Reply(done=True, nested={"name": name})

    @function("user.suspend", level=RESELLER)
    def user_suspend(self, call: Call) -> Reply:
        return self._switched(call, is_active=False)

    @function("user.resume", level=RESELLER)
    def user_resume(self, call: Call) -> Reply:
        return self._switched(call, is_active=True)

    @function("user.delete", level=RESELLER)
    def user_delete(self, call: Call) -> Reply:
        for user in self._named(call):
            del self.hosted[user.name]
            del self.sessions.users[user.name]
            self.sites = {key: it for key, it in self.sites.items() if it.owner != user.name}
        return Reply(done=True)

    @function("usrparam")
    def user_parameters(self, call: Call) -> Reply:
        """The caller's own password; with ``su``, that of the user who is impersonated."""
        if not call.executes:
            return Reply(fields={"name": call.user})
        self._refuse_wrong_password(call)
        self.sessions.users[call.user].password = call.required("passwd")
        return Reply(done=True)

    @function("userstat")
    def user_statistics(self, call: Call) -> Reply:
        user = self._hosted(call.user)
        rows: list[Fields] = [
            {
                "name": Text.coded(limit, limit.removeprefix(LIMIT_PREFIX).capitalize()),
                "usages_used": str(user.used.get(limit, 0)),
                "usages_total": total,
            }
            for limit, total in sorted(user.limits.items())
            if total.isdigit()
        ]
        return Reply(rows=rows, key="name")

    @function("reseller", "admin", level=ADMINISTRATOR)
    def other_levels(self, call: Call) -> Reply:
        level = RESELLER if call.function == "reseller" else ADMINISTRATOR
        users = self.sessions.users.values()
        return Reply(rows=[{"name": it.name} for it in users if it.level == level], key="name")

    # --- what users have ------------------------------------------------------------------

    @function("webdomain")
    def site_list(self, call: Call) -> Reply:
        owners = {user.name for user in self._seen_by(call)} | {call.user}
        rows: list[Fields] = [
            {
                "id": str(number),
                "name": site.domain,
                "owner": site.owner,
                "docroot": f"/www/{site.domain}",
                "ipaddr": site.address,
                "active": "on",
            }
            for number, site in enumerate(self.sites.values(), 1)
            if site.owner in owners
        ]
        return Reply(rows=rows, key="name")

    @function("webdomain.delete")
    def site_delete(self, call: Call) -> Reply:
        domains = call.keys()
        for domain in domains:
            if domain not in self.sites:
                raise RefusalError("missed", "webdomain", domain, f"There is no site '{domain}'")
            del self.sites[domain]
        return Reply(done=True)

    @function("ftp.user")
    def ftp_users(self, call: Call) -> Reply:
        names = [name for user in self._seen_by(call) for name in user.ftp_users]
        return Reply(rows=[{"name": name} for name in names], key="name")

    # --- rules ----------------------------------------------------------------------------

    def _seen_by(self, call: Call) -> list[HostedUser]:
        """Users whom the caller may see: administrators all, resellers theirs, others none."""
        users = sorted(self.hosted.values(), key=lambda user: user.name)
        if call.level >= ADMINISTRATOR:
            return users
        return [user for user in users if call.user in (user.owner, user.name)]

    def _hosted(self, name: str) -> HostedUser:
        if name not in self.hosted:
            raise RefusalError("missed", "user", name, f"User '{name}' not found")
        return self.hosted[name]

    def _named(self, call: Call) -> list[HostedUser]:
        """The users that ``elid`` names, all of them or a refusal."""
        names = call.keys()
        return [self._hosted(name) for name in names]

    def _switched(self, call: Call, *, is_active: bool) -> Reply:
        for user in self._named(call):
            user.is_active = is_active
        return Reply(done=True)

    def _refuse_taken_or_wrong(self, call: Call) -> None:
        name = call.required("name")
        if not USER_NAME.fullmatch(name):
            raise RefusalError("value", "name", name, f"'{name}' is no name for a user")
        if name in self.sessions.users:
            raise RefusalError("exists", "user", name, f"User '{name}' already exists")
        if (domain := _domain(call)) in self.sites:
            raise RefusalError("exists", "name", domain, f"Domain '{domain}' already exists")
        call.required("passwd")
        self._refuse_wrong_password(call)
        self._refuse_unknown_preset(call)

    def _refuse_wrong_password(self, call: Call) -> None:
        password = call.text("passwd")
        if len(password) > 128:
            raise RefusalError("value", "passwd", "", "The password is too long")
        if "confirm" in call.parameters and call.text("confirm") != password:
            raise RefusalError("value", "confirm", "", "The passwords don't match")

    def _refuse_unknown_preset(self, call: Call) -> None:
        preset = call.text("preset") or NO_PRESET
        if preset != NO_PRESET and preset not in self.presets:
            raise RefusalError("value", "preset", preset, f"There is no template '{preset}'")


def _domain(call: Call) -> str:
    return "" if call.text("webdomain") == "off" else call.text("webdomain_name")


def _limits(call: Call) -> dict[str, str]:
    given = call.parameters.items()
    return {name: value for name, value in given if name.startswith(LIMIT_PREFIX) and value}


def _row(user: HostedUser) -> Fields:
    quota = user.limits.get("limit_quota", "0")
    return {
        "name": user.name,
        "fullname": user.full_name,
        "owner": user.owner,
        "level": str(USER),
        "active": Text.coded("on" if user.is_active else "off", "Yes" if user.is_active else "No"),
        "preset": user.preset,
        "quota_total": quota,
        "quota_used": str(user.used.get("limit_quota", 0)),
        "limit_quota": quota,
        "comment": user.comment,
    }


def _form(user: HostedUser) -> Fields:
    return {
        "name": user.name,
        "fullname": user.full_name,
        "owner": user.owner,
        "active": "on" if user.is_active else "off",
        "preset": user.preset,
        "comment": user.comment,
        **user.limits,
    }
