"""The seller's price list → tariffs that can be imported. Pure."""

from collections.abc import Iterator

from billing_hookspecs import ImportableAddon, ImportableTariff, Money, PeriodCost, ValueType
from billing_isp_licenses.amounts import cost, currency_of, decimal_of
from billing_isp_licenses.product_types import ISP_LICENSE
from billing_isp_licenses.wire import ADDON_PREFIX
from billing_ispsystem_api import Node

_MONTHS_IN = {"month": 1, "year": 12, "lifetime": 0}
_ADDON_TYPES = {"1": ValueType.BOOLEAN, "2": ValueType.INTEGER, "3": ValueType.ENUMERATION}


def tariffs_of(document: Node) -> tuple[ImportableTariff, ...]:
    """Every tariff with an id and a price by the month or for ever.

    Trials and days are left out: the kernel sells months. Of several currencies the first
    counts.
    """
    found = (_tariff(node) for node in document.find("pricelist"))
    return tuple(tariff for tariff in found if tariff is not None)


def _tariff(node: Node) -> ImportableTariff | None:
    code = node.text("id")
    costs = dict(_costs(node))
    if not code or not costs:
        return None
    return ImportableTariff(
        external_id=code,
        product_type=ISP_LICENSE.key,
        title=_title(node, code),
        periods=tuple(PeriodCost(months, costs[months]) for months in sorted(costs)),
        addons=tuple(_addons(node)),
    )


def _addons(node: Node) -> Iterator[ImportableAddon]:
    for addon in node.all("addon"):
        code = addon.text("id")
        value_type = _ADDON_TYPES.get(addon.code("addontype"))
        # Values of an enumeration are priced one by one, which an addon here can't say.
        if not code or value_type not in (ValueType.INTEGER, ValueType.BOOLEAN):
            continue
        yield ImportableAddon(
            external_id=code,
            resource_type=f"{ADDON_PREFIX}{code}",
            title=_title(addon, code),
            value_type=value_type,
            minimum=_whole(addon.text("addonmin"), 0),
            maximum=_whole(addon.text("addonmax"), 0) or None,
            step=_whole(addon.text("addonstep"), 1) or 1,
            costs={str(months): money for months, money in _costs(addon)},
        )


def _costs(node: Node) -> Iterator[tuple[int, Money]]:
    for price in node.all("price")[:1]:
        currency = currency_of(
            price.attributes.get("currency", ""), price.text("currency", "currency_iso")
        )
        for period in price.all("period"):
            kind, length = _said(period, "type"), _said(period, "length")
            amount = decimal_of(_said(period, "cost"))
            if currency and amount is not None and kind in _MONTHS_IN:
                yield _MONTHS_IN[kind] * _whole(length, 1), cost(amount, currency)


def _said(node: Node, name: str) -> str:
    return node.attributes.get(name) or node.text(name)


def _title(node: Node, code: str) -> dict[str, str]:
    names = {"en": node.text("name_en", "name", "intname"), "ru": node.text("name_ru")}
    return {language: name for language, name in names.items() if name} or {"en": code}


def _whole(text: str, default: int) -> int:
    digits = text.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else default
