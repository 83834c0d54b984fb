"""What a connection is told; the password is masked in every repr."""

from typing import Final

from billing_hookspecs import Context, FieldKind, FormField

CONNECTION: Final = (
    FormField(
        "url",
        {"en": "URL", "ru": "Адрес"},
        FieldKind.URL,
        hint={"en": "Such as https://example.com:1500/ispmgr/"},
    ),
    FormField("username", {"en": "Username", "ru": "Имя пользователя"}),
    FormField("password", {"en": "Password", "ru": "Пароль"}, FieldKind.SECRET),
)

SETTINGS: Final = (
    *CONNECTION,
    FormField(
        "cpu_load_limit",
        {"en": "Name of the CloudLinux CPU limit", "ru": "Имя лимита CPU CloudLinux"},
        required=False,
        length_max=64,
        hint={"en": "As the panel's log shows it; without it cpu_load can't be sold"},
    ),
)


def cpu_load_field(context: Context) -> str:
    """The panel's name of the CloudLinux limit; "" where the connection gives none."""
    return str(context.settings.get("cpu_load_limit") or "")
