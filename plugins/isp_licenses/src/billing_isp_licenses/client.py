"""The selling BILLmanager: the only place that knows its functions and parameters."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from billing_hookspecs import (
    Context,
    ImportableTariff,
    Money,
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_isp_licenses.amounts import available, currency_of, decimal_of
from billing_isp_licenses.price_list import tariffs_of
from billing_isp_licenses.settings import Connection
from billing_isp_licenses.wire import License, date_of, is_short_of_funds, license_of
from billing_ispsystem_api import Node, PanelClient, PanelRefusedError


class LicenseServer:
    """One client's account at the seller, for the length of one call.

    Every method raises as ``PanelClient`` does; what charges the account also raises
    UpstreamFundsError, because nothing is bought and somebody has to top it up.
    """

    def __init__(self, context: Context) -> None:
        connection = Connection.of(context.settings)
        self._panel = PanelClient(
            context.http, connection.username, connection.password, manager="billmgr"
        )

    def licenses(self) -> tuple[License, ...]:
        """All rows of the account's list. Lists show no key and perhaps no status."""
        return tuple(license_of(row) for row in self._panel.rows("soft"))

    def license(self, license_id: str) -> License | None:
        """One licence with its key and status; None where the account has no such licence.

        The error for an unknown licence isn't documented, and some panels answer an empty
        form instead: absence is believed only when the list confirms it.
        """
        try:
            answer = self._panel.read("soft.edit", {"elid": license_id})
        except PanelRefusedError:
            if self._is_listed(license_id):
                raise
            return None
        license = replace(license_of(answer), id=license_id)
        if license.status is None:
            if self._is_listed(license_id):
                raise UpstreamBusyError(f"the seller shows no status of licence {license_id}")
            return None
        return license

    def order(
        self,
        *,
        tariff_code: str,
        period_months: int,
        ip: str,
        name: str,
        reference: str,
        addons: Mapping[str, str],
    ) -> str:
        """Buy a licence, charged at once; the id that it has from now on.

        It never renews itself: time is bought by ``prolong`` alone.
        """
        answer = self._charged(
            "soft.order.param",
            {
                "clicked_button": "finish",
                "skipbasket": "on",
                "pricelist": tariff_code,
                "period": str(period_months),
                "ip": ip,
                "licname": name,
                "autoprolong": "null",
                "remoteid": reference,
                **addons,
            },
        )
        license_id = answer.text("id", "item.id")
        if not license_id:
            raise OutcomeUnknownError("the order was accepted without naming a licence")
        return license_id

    def prolong(self, license_id: str, period_months: int) -> date | None:
        """Buy another period; the new expiry if the answer names it."""
        answer = self._charged(
            "service.prolong", {"elid": license_id, "period": str(period_months)}
        )
        return date_of(answer.text("newexpiredate", "expiredate"))

    def change_tariff(self, license_id: str, tariff_code: str, period_months: int) -> None:
        self._charged(
            "service.changepricelist",
            {"elid": license_id, "pricelist": tariff_code, "period": str(period_months)},
        )

    def change(self, license_id: str, fields: Mapping[str, str]) -> None:
        """Set ``licname``, ``ip`` or addons; an address may be changed once in 31 days."""
        self._charged("soft.edit", {"elid": license_id, **fields})

    def suspend(self, license_id: str) -> None:
        self._panel.execute("soft.suspend", {"elid": license_id})

    def resume(self, license_id: str) -> None:
        self._panel.execute("soft.resume", {"elid": license_id})

    def delete(self, license_id: str) -> None:
        self._panel.execute("soft.delete", {"elid": license_id})

    def tariffs(self) -> tuple[ImportableTariff, ...]:
        return tariffs_of(self._panel.read("pricelist.export", {"itemtype": "soft"}))

    def balance(self) -> Money:
        """What is left on the account, in its own currency.

        Of several sub-accounts in one currency the smallest counts: money of one can't be
        spent through another, and the list doesn't say which of them sells licences.
        """
        try:
            rows = self._panel.rows("subaccount")
        except PanelRefusedError:
            rows = ()
        balances = [_balance_of(row) for row in rows or self._account()]
        if not balances:
            raise UpstreamRefusedError("balance_unknown", "the seller shows no balance")
        if len({balance.currency for balance in balances}) > 1:
            raise UpstreamRefusedError(
                "balance_ambiguous", "the account has balances in several currencies"
            )
        return min(balances, key=lambda balance: balance.amount_minor)

    def _account(self) -> tuple[Node, ...]:
        answer = self._panel.read("account")
        return answer.rows() or (answer,)

    def _is_listed(self, license_id: str) -> bool:
        return any(row.id == license_id and row.exists for row in self.licenses())

    def _charged(self, function: str, parameters: Mapping[str, str]) -> Node:
        try:
            return self._panel.execute(function, parameters)
        except PanelRefusedError as error:
            if is_short_of_funds(error.refusal):
                raise UpstreamFundsError(error.message) from error
            raise


def _balance_of(node: Node) -> Money:
    text = node.text("balance", "balance_iso")
    amount = decimal_of(text)
    currency = currency_of(node.text("currency_iso"), node.text("currency"), text)
    if amount is None or not currency:
        raise UpstreamRefusedError("balance_unknown", "the seller's balance can't be read")
    return available(amount, currency)
