"""Sold licences and prices as the simulated seller shows them. Pure."""

import ipaddress

from billing_isp_licenses.simulator.goods import SoldLicense, Tariff, amount
from billing_ispsystem_api.simulator import Branch, RefusalError, Text


def checked_ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise RefusalError("value", "ip", text, f"'{text}' is not an IP address") from None


def row_of(license: SoldLicense, currency: str) -> dict[str, str | Text]:
    """A row of the list, which has no key column for the licence key."""
    price = amount(license.tariff.price_minor(license.period, license.addons))
    expiry = license.expires_on.isoformat() if license.expires_on else ""
    return {
        "id": license.id,
        "account": license.account,
        "licname": license.name,
        "ip": license.ip,
        "pricelist": license.tariff.name,
        "pricelist_id": license.tariff.id,
        "createdate": license.created_on.isoformat(),
        "expiredate": expiry,
        "real_expiredate": expiry,
        "cost": f"{price} {currency}",
    }


def form_of(license: SoldLicense) -> dict[str, str | Text]:
    return {
        "id": license.id,
        "elid": license.id,
        "name": license.tariff.name,
        "licname": license.name,
        "ip": license.ip,
        "lickey": license.key,
        "status": license.status,
        "pricelist": license.tariff.id,
        "pricelist_name": license.tariff.name,
        "period": license.period,
        "autoprolong": "null",
        "createdate": license.created_on.isoformat(),
        "expiredate": license.expires_on.isoformat() if license.expires_on else "",
        "ip_change_date": license.ip_changed_on.isoformat() if license.ip_changed_on else "",
        "lickey_change_date": license.key_changed_on.isoformat() if license.key_changed_on else "",
        **{f"addon_{name}": str(count) for name, count in license.addons.items()},
    }


def pricelist_of(tariff: Tariff, currency: str) -> Branch:
    return Branch(
        "pricelist",
        children=(
            Branch("id", tariff.id),
            Branch("itemtype", "soft"),
            Branch("intname", tariff.internal_name),
            Branch("name", tariff.name),
            Branch("name_ru", tariff.name_ru),
            _price(currency, {it: tariff.price_minor(it, {}) for it in tariff.periods}),
            *(
                Branch(
                    "addon",
                    children=(
                        Branch("id", addon.id),
                        Branch("intname", addon.internal_name),
                        Branch("name", addon.name),
                        Branch("addontype", "2"),
                        Branch("addonmin", str(addon.minimum)),
                        Branch("addonmax", str(addon.maximum)),
                        Branch("addonstep", "1"),
                        _price(currency, {it: addon.month_minor * int(it) for it in ("1", "12")}),
                    ),
                )
                for addon in tariff.addons
            ),
        ),
    )


def _price(currency: str, costs: dict[str, int]) -> Branch:
    return Branch(
        "price",
        attributes={"currency": currency},
        children=tuple(_period(code, minor) for code, minor in costs.items()),
    )


def _period(code: str, minor: int) -> Branch:
    kinds = {"0": ("lifetime", "0"), "-100": ("trial", "0")}
    kind, length = kinds.get(code, ("month", code))
    # Prices carry more decimals than the currency has, as the vendor's own do.
    attributes = {"cost": f"{amount(minor)}00", "type": kind, "length": length}
    return Branch("period", "monthly" if code == "1" else "", attributes)
