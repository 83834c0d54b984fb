"""What an administrator enters to connect a selling BILLmanager."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from billing_hookspecs import FieldKind, FormField
from billing_hookspecs.values import Secret

SETTINGS = (
    FormField(
        name="url",
        title={"en": "URL", "ru": "URL"},
        kind=FieldKind.URL,
        hint={
            "en": "Address of the BILLmanager that sells the licences, such as "
            "https://api.ispmanager.com",
            "ru": "Адрес BILLmanager, который продаёт лицензии, например https://api.ispmanager.com",
        },
    ),
    FormField(
        name="username",
        title={"en": "Username", "ru": "Логин"},
        hint={
            "en": "A client's account there, used by this installation alone",
            "ru": "Учётная запись клиента, которой пользуется только эта установка",
        },
    ),
    FormField(name="password", title={"en": "Password", "ru": "Пароль"}, kind=FieldKind.SECRET),
)


@dataclass(frozen=True, slots=True)
class Connection:
    """Settings in use; the address is already bound to the context's HTTP client."""

    username: str
    password: Secret = field(repr=False)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Connection":
        return cls(settings["username"], Secret(settings["password"]))
