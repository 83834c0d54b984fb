"""The functions of the simulated seller."""

from typing import Any

from billing_isp_licenses.simulator import showing
from billing_isp_licenses.simulator.goods import (
    ACTIVE,
    DELETED,
    PROCESSING,
    STATUS_LABELS,
    SUSPENDED,
    Account,
    SoldLicense,
    Tariff,
    amount,
    new_key,
)
from billing_isp_licenses.simulator.shop import Shop
from billing_ispsystem_api.simulator import Call, Panel, RefusalError, Reply, Text, function


class SellingPanel(Panel):
    """A BILLmanager that sells licences to the accounts that are opened on it.

    ``activation_polls``, ``activation_s``  how many readings and seconds a licence stays in
        status 5 without a key.
    ``list_shows_status``, ``list_shows_remote_id``, ``keeps_deleted_rows``  what is not
        documented about lists; the defaults show the least.
    """

    manager = "billmgr"

    def __init__(
        self,
        *,
        activation_polls: int = 1,
        activation_s: float = 0.0,
        list_shows_status: bool = False,
        list_shows_remote_id: bool = False,
        keeps_deleted_rows: bool = False,
    ) -> None:
        super().__init__()
        self.shop = Shop(self.now, activation_polls=activation_polls, activation_s=activation_s)
        self.shop.keeps_deleted = keeps_deleted_rows
        self.list_shows_status = list_shows_status
        self.list_shows_remote_id = list_shows_remote_id
        self.saved_filters: set[str] = set()
        self.baskets: dict[str, int] = {}

    def open_account(
        self, name: str, password: str, balance_minor: int = 100_000, currency: str = "EUR"
    ) -> Account:
        self.add_user(name, password)
        self.shop.accounts[name] = Account(name, balance_minor, currency)
        return self.shop.accounts[name]

    def finish_opening(self) -> None:
        """Activate every licence that is still being opened."""
        with self.lock:
            for license in self.shop.licenses.values():
                if license.status == PROCESSING:
                    license.activate()

    def services(self) -> dict[str, dict[str, object]]:
        """What is sold and not given back: id → what was bought."""
        with self.lock:
            licenses = self.shop.licenses.values()
            return {license.id: license.bought for license in licenses if license.status != DELETED}

    def state(self) -> dict[str, Any]:
        return self.shop.as_json()

    @function("soft")
    def list_licenses(self, call: Call) -> Reply:
        """The account's licences; a filter that somebody saved hides them unless it is off."""
        if call.user in self.saved_filters and call.text("filter") != "off":
            return Reply(rows=())
        rows = []
        for license in self.shop.licenses.values():
            self.shop.pass_time(license)
            hidden = license.status == DELETED and not self.shop.keeps_deleted
            if license.account == call.user and not hidden:
                rows.append(self._row(call, license))
        return Reply(rows=rows)

    @function("soft.order.param")
    def order(self, call: Call) -> Reply:
        """Sell one; without ``skipbasket`` it only goes to the basket, from where nothing
        here buys it."""
        if not call.executes or call.text("clicked_button") != "finish":
            asked = {name: call.text(name) for name in ("pricelist", "period", "ip", "licname")}
            return Reply(fields=asked)
        tariff = self.shop.tariff(call.required("pricelist"))
        period, name = call.required("period"), call.required("licname")
        ip = showing.checked_ip(call.required("ip"))
        addons = _addons(call, tariff, {})
        if call.text("skipbasket") != "on":
            self.baskets[call.user] = self.baskets.get(call.user, 0) + 1
            return Reply(done=True)
        license = self.shop.sell(call.user, tariff, period, ip, name, addons)
        license.remote_id = call.text("remoteid")
        return Reply(done=True, fields={"id": license.id, "item.id": license.id})

    @function("soft.checkip")
    def check_ip(self, call: Call) -> Reply:
        self.shop.tariff(call.required("pricelist"))
        self.shop.refuse_taken(showing.checked_ip(call.required("ip")))
        return Reply(done=True)

    @function("soft.edit")
    def edit(self, call: Call) -> Reply:
        """Read, change or, with the button ``newkey``, give a new key."""
        license = self._license(call)
        if not call.executes:
            license.polls_left -= license.status == PROCESSING
            fields = showing.form_of(license)
            self.shop.pass_time(license)
            return Reply(fields=fields)
        if call.text("clicked_button") == "newkey":
            license.key, license.key_changed_on = new_key(license.id), self.now().date()
            return Reply(done=True, nested=showing.form_of(license))
        addons = _addons(call, license.tariff, license.addons)
        if call.text("ip"):
            self.shop.move(license, showing.checked_ip(call.text("ip")))
        license.name = call.text("licname", license.name)
        license.remote_id = call.text("remoteid", license.remote_id)
        license.addons = addons
        return Reply(done=True, nested=showing.form_of(license))

    @function("service.prolong")
    def prolong(self, call: Call) -> Reply:
        license = self._license(call)
        if not call.executes:
            return Reply(fields={"elid": license.id, "period": license.period})
        shown = self.shop.prolong(license, call.required("period"))
        return Reply(done=True, nested={"elid": license.id, "newexpiredate": shown})

    @function("service.changepricelist")
    def change_tariff(self, call: Call) -> Reply:
        license = self._license(call)
        tariff = self.shop.tariff(call.required("pricelist"))
        if call.text("period", license.period) not in tariff.periods:
            raise RefusalError("value", "period", call.text("period"), "No such period")
        if call.executes:
            self.shop.change_tariff(license, tariff)
        return Reply(done=call.executes, fields={"elid": license.id})

    @function("soft.suspend")
    def suspend(self, call: Call) -> Reply:
        return self._set_status(call, SUSPENDED)

    @function("soft.resume")
    def resume(self, call: Call) -> Reply:
        return self._set_status(call, ACTIVE)

    @function("soft.delete")
    def delete(self, call: Call) -> Reply:
        return self._set_status(call, DELETED)

    @function("pricelist.export", level=0)
    def export_prices(self, call: Call) -> Reply:
        """Public: whoever asks sees the prices, in the account's currency if there is one."""
        account = self.shop.accounts.get(call.user)
        currency = account.currency if account else "EUR"
        sold = self.shop.tariffs.values() if call.text("itemtype", "soft") == "soft" else ()
        return Reply(branches=tuple(showing.pricelist_of(tariff, currency) for tariff in sold))

    @function("subaccount")
    def list_balances(self, call: Call) -> Reply:
        account = self.shop.accounts[call.user]
        balance = f"{amount(account.balance_minor)} {account.currency}"
        row = {
            "id": "1",
            "project": "ISPsystem",
            "balance": balance,
            "currency": account.currency,
        }
        return Reply(rows=[row])

    @function("account")
    def list_accounts(self, call: Call) -> Reply:
        account = self.shop.accounts[call.user]
        balance = amount(account.balance_minor)
        row = {
            "id": "1",
            "name": account.name,
            "balance": balance,
            "currency": account.currency,
        }
        return Reply(rows=[row])

    def _license(self, call: Call) -> SoldLicense:
        return self.shop.license(call.required("elid"), call.user, to_change=call.executes)

    def _set_status(self, call: Call, status: str) -> Reply:
        """Of one or several licences: all of them or none."""
        ids = call.keys()
        for license in [self.shop.license(it, call.user, to_change=True) for it in ids]:
            license.status = status
        return Reply(done=True)

    def _row(self, call: Call, license: SoldLicense) -> dict[str, str | Text]:
        row = showing.row_of(license, self.shop.accounts[call.user].currency)
        if self.list_shows_status or license.status == DELETED:
            labels = STATUS_LABELS.get(call.text("lang"), STATUS_LABELS["en"])
            row["item_status"] = Text.coded(license.status, labels[license.status])
        if self.list_shows_remote_id:
            row["remoteid"] = license.remote_id
        return row


def _addons(call: Call, tariff: Tariff, had: dict[str, int]) -> dict[str, int]:
    """Addons after this call; a parameter for an addon that the tariff lacks is ignored."""
    addons = dict(had)
    for addon in tariff.addons:
        text = call.text(f"addon_{addon.id}")
        if not text:
            continue
        if not text.isdigit() or not addon.minimum <= int(text) <= addon.maximum:
            raise RefusalError("value", f"addon_{addon.id}", text, "Out of range")
        addons[addon.id] = int(text)
    return addons
