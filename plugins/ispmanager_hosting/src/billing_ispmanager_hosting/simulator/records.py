"""What a simulated ispmanager keeps."""

from dataclasses import dataclass, field

from billing_ispsystem_api.simulator import RefusalError

LIMIT_PREFIX = "limit_"


@dataclass(slots=True)
class HostedUser:
    """A user of the hosting. ``used`` is what it uses now, by the limit's name."""

    name: str
    owner: str
    full_name: str = ""
    comment: str = ""
    preset: str = "#custom"
    is_active: bool = True
    limits: dict[str, str] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    ftp_users: list[str] = field(default_factory=list)

    def set_limits(self, fields: dict[str, str]) -> None:
        """Take the limits among ``fields``; the others keep their values.

        A limit below what is used is refused, as is one that isn't a number or a switch.
        """
        given = {name: value for name, value in fields.items() if name.startswith(LIMIT_PREFIX)}
        for name, value in given.items():
            if value in ("on", "off") or name.endswith("_mode"):
                continue
            if not (value.isascii() and value.isdigit()):
                raise RefusalError("value", name, value, f"'{value}' is not a number")
            if int(value) < self.used.get(name, 0):
                raise RefusalError("limit", name, value, f"More than {value} is in use")
        self.limits.update(given)


@dataclass(frozen=True, slots=True)
class Site:
    domain: str
    owner: str
    address: str
