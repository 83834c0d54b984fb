"""What connections are told; passwords are masked in every repr."""

from typing import Final

from billing_hookspecs import FieldKind, FormField

USERNAME: Final = FormField(
    "username",
    {"en": "Username", "ru": "Имя пользователя"},
    hint={"en": "A user-level account of the panel"},
)
PASSWORD: Final = FormField("password", {"en": "Password", "ru": "Пароль"}, FieldKind.SECRET)


def url_field(example: str) -> FormField:
    return FormField(
        "url",
        {"en": "URL", "ru": "Адрес"},
        FieldKind.URL,
        hint={"en": f"Such as {example}", "ru": f"Например, {example}"},
    )


def function_field(default: str) -> FormField:
    """Names of functions are part of a panel's configuration, so its log has the last word."""
    return FormField(
        "address_function",
        {"en": "Function of the address list", "ru": "Функция списка адресов"},
        default=default,
        length_max=64,
    )
