"""Shared hosting: what can be ordered, and the twelve resources that tariff plans price."""

from billing_hookspecs import FieldKind, FormField, ProductType, ResourceType

DOMAIN = FormField(
    name="domain",
    title={"en": "Domain name", "ru": "Доменное имя"},
    kind=FieldKind.DOMAIN,
    required=False,
    length_max=253,
    hint={
        "en": "Created in the panel; left empty, the tariff plan's template names it",
        "ru": "Создаётся в панели; если не указано, имя даёт шаблон тарифа",
    },
)

SHARED_HOSTING = ProductType(
    key="shared_hosting",
    title={"en": "Shared hosting", "ru": "Виртуальный хостинг"},
    order_form=(DOMAIN,),
    resource_types=(
        ResourceType(
            "database", {"en": "Databases", "ru": "Базы данных"}, default=10, maximum=1000
        ),
        ResourceType("ipv6_addresses", {"en": "IPv6 addresses", "ru": "IPv6-адреса"}, maximum=1024),
        ResourceType(
            "disk_space",
            {"en": "Disk space", "ru": "Дисковое пространство"},
            unit="MiB",
            default=1024,
            minimum=1024,
            maximum=10240,
        ),
        ResourceType(
            "web_domain_limit",
            {"en": "Web domain limit", "ru": "Веб-домены"},
            default=10,
            minimum=10,
            maximum=100,
        ),
        ResourceType(
            "domain_limit", {"en": "Domain limit", "ru": "Домены"}, default=10, maximum=1000
        ),
        ResourceType(
            "email_domain_limit",
            {"en": "Email domain limit", "ru": "Почтовые домены"},
            default=10,
            maximum=1000,
        ),
        ResourceType(
            "cpu_load",
            {"en": "Maximum CPU load (CloudLinux)", "ru": "Нагрузка на процессор (CloudLinux)"},
            unit="%",
            default=100,
            minimum=1,
            maximum=6400,
        ),
        ResourceType(
            "ram",
            {"en": "RAM", "ru": "Оперативная память"},
            unit="MiB",
            default=1024,
            minimum=128,
            maximum=262144,
        ),
        ResourceType(
            "mailbox", {"en": "Mailboxes", "ru": "Почтовые ящики"}, default=100, maximum=10000
        ),
        ResourceType(
            "cpu_time",
            {"en": "CPU time", "ru": "Процессорное время"},
            unit="s",
            default=3600,
            minimum=1,
            maximum=86400,
        ),
        ResourceType(
            "public_ipv4_addresses",
            {"en": "Public IPv4 addresses", "ru": "Публичные IPv4-адреса"},
            maximum=256,
        ),
        ResourceType(
            "traffic",
            {"en": "Traffic", "ru": "Трафик"},
            unit="GiB",
            default=5120,
            minimum=0,
            maximum=1048576,
        ),
    ),
    default_addons=("traffic", "disk_space", "web_domain_limit"),
)
