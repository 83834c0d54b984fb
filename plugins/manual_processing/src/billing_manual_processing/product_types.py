"""Servers as they are sold here: what can be ordered, counted and chosen."""

from billing_hookspecs import FieldKind, FormField, ProductType, ResourceType, ValueType

HOSTNAME = FormField(
    name="hostname",
    title={"en": "Host name", "ru": "Имя сервера"},
    kind=FieldKind.DOMAIN,
    required=False,
    length_max=253,
    hint={"en": "Such as server.example.com", "ru": "Например, server.example.com"},
)
OPERATING_SYSTEM = FormField(
    name="operating_system",
    title={"en": "Operating system", "ru": "Операционная система"},
    required=False,
    length_max=64,
    hint={
        "en": "Name and version, such as Debian 12",
        "ru": "Название и версия, например Debian 12",
    },
)

# Values are named by tariff codes of the module that the server's own module is linked to.
CONTROL_PANEL = ResourceType(
    key="control_panel",
    title={"en": "Control panel", "ru": "Панель управления"},
    value_type=ValueType.ENUMERATION,
    orders_product_type="isp_license",
)
IPV6_ADDRESSES = ResourceType(
    key="ipv6_addresses", title={"en": "IPv6 addresses", "ru": "IPv6-адреса"}, maximum=65536
)


def _disk_space(default: int, maximum: int) -> ResourceType:
    title = {"en": "Disk space", "ru": "Дисковое пространство"}
    return ResourceType(
        "disk_space", title, unit="GiB", default=default, minimum=1, maximum=maximum
    )


def _ram(default: int, maximum: int) -> ResourceType:
    title = {"en": "RAM", "ru": "Оперативная память"}
    return ResourceType(
        "ram", title, unit="MiB", default=default, minimum=512, maximum=maximum, step=512
    )


def _cpu(default: int, maximum: int) -> ResourceType:
    title = {"en": "Processor cores", "ru": "Ядра процессора"}
    return ResourceType("cpu", title, default=default, minimum=1, maximum=maximum)


def _ipv4_addresses(maximum: int) -> ResourceType:
    title = {"en": "Public IPv4 addresses", "ru": "Публичные IPv4-адреса"}
    return ResourceType("public_ipv4_addresses", title, default=1, minimum=1, maximum=maximum)


def _traffic(default: int) -> ResourceType:
    return ResourceType(
        "traffic", {"en": "Traffic", "ru": "Трафик"}, unit="GiB", default=default, maximum=1048576
    )


def _port_speed(default: int) -> ResourceType:
    title = {"en": "Port speed", "ru": "Скорость порта"}
    return ResourceType(
        "port_speed", title, unit="Mbit/s", default=default, minimum=10, maximum=100000
    )


VPS = ProductType(
    key="vps",
    title={"en": "VPS", "ru": "Виртуальный сервер"},
    order_form=(HOSTNAME, OPERATING_SYSTEM),
    resource_types=(
        _disk_space(default=20, maximum=4096),
        _ram(default=1024, maximum=262144),
        _cpu(default=1, maximum=64),
        _ipv4_addresses(maximum=64),
        IPV6_ADDRESSES,
        _traffic(default=1024),
        _port_speed(default=100),
        CONTROL_PANEL,
    ),
    default_addons=("disk_space", "ram", "cpu", "public_ipv4_addresses"),
)
DEDICATED_SERVER = ProductType(
    key="dedicated_server",
    title={"en": "Dedicated server", "ru": "Выделенный сервер"},
    order_form=(HOSTNAME, OPERATING_SYSTEM),
    resource_types=(
        _disk_space(default=480, maximum=262144),
        _ram(default=32768, maximum=4194304),
        _cpu(default=8, maximum=512),
        _ipv4_addresses(maximum=256),
        IPV6_ADDRESSES,
        _traffic(default=10240),
        _port_speed(default=1000),
        CONTROL_PANEL,
    ),
    # A machine's own parts are fixed by its tariff plan; what a client adds to it is this.
    default_addons=("public_ipv4_addresses", "traffic"),
)
