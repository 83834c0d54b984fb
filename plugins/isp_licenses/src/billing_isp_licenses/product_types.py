"""What this plugin sells."""

from billing_hookspecs import FieldKind, FormField, ProductType

ISP_LICENSE = ProductType(
    key="isp_license",
    title={"en": "ISPsystem licenses", "ru": "Лицензии ISPsystem"},
    order_form=(
        FormField(
            name="name",
            title={"en": "License name", "ru": "Название лицензии"},
            length_max=64,
            hint={
                "en": "The license name displayed in the list of licenses",
                "ru": "Название лицензии в списке лицензий",
            },
        ),
        FormField(
            name="ip",
            title={"en": "IP address", "ru": "IP-адрес"},
            kind=FieldKind.IP_ADDRESS,
            hint={
                "en": "Server address required for automatic license activation",
                "ru": "Адрес сервера, нужен для автоматической активации лицензии",
            },
        ),
    ),
    periods_months=(1, 3, 6, 12, 24, 36, 0),
)
