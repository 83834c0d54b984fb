"""Reading the seller: connection, tariffs, services and balance."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from billing_hookspecs import (
    Context,
    Done,
    Money,
    OpenService,
    Pending,
    RenewService,
    ServiceView,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import through_json
from billing_isp_licenses.processing import IspLicenses
from billing_isp_licenses.simulator import SellingPanel

NewService = Callable[..., ServiceView]
MakeContext = Callable[..., Context]


@contextmanager
def answering(context: Context, answers: dict[str, str]) -> Iterator[Context]:
    """A context whose seller answers each function with the given document."""

    def answer(request: httpx.Request) -> httpx.Response:
        form = dict(item.split("=", 1) for item in request.content.decode().split("&"))
        return httpx.Response(200, text=answers[form["func"]])

    transport = httpx.MockTransport(answer)
    with httpx.Client(base_url="http://seller.test", transport=transport) as http:
        yield replace(context, http=http)


def test_a_checked_connection_says_what_it_found(
    driver: IspLicenses, context: Context, new_service: NewService
) -> None:
    driver.open_service(OpenService(new_service()), context)
    report = driver.check_connection(context)
    assert report.facts == {"licenses": 1}
    assert "995.50 EUR" in report.summary


@pytest.mark.parametrize("details", [{"password": "wrong"}, {"base_url": "/elsewhere/"}])
def test_a_wrong_connection_is_refused_while_somebody_looks(
    driver: IspLicenses, make: MakeContext, settings: dict[str, str], details: dict[str, str]
) -> None:
    """The administrator is there to put it right; waiting would help nobody."""
    if "base_url" in details:
        details = {"base_url": settings["url"] + details["base_url"]}
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.check_connection(make(**details))
    assert caught.value.reason in ("credentials", "address")


def test_a_hidden_balance_is_no_reason_to_turn_a_connection_away(
    driver: IspLicenses, context: Context, seller: SellingPanel
) -> None:
    """Some panels don't show balances to ordinary accounts; licences can be sold all the same."""
    for name in ("subaccount", "account"):
        seller.faults.add("refused", name, type="access", message="Not enough rights")
    assert "Not enough rights" in driver.check_connection(context).summary


def test_all_tariffs_that_are_sold_by_the_month_are_offered(
    driver: IspLicenses, context: Context
) -> None:
    """The vendor's four codes with prices by period; the trial has no month and is left out."""
    tariffs = {tariff.external_id: tariff for tariff in driver.importable_tariffs(context)}
    assert set(tariffs) == {"55227", "55228", "55229", "55230"}
    lite = tariffs["55227"]
    assert lite.product_type == "isp_license"
    assert lite.title["en"] == "ispmanager 6 lite"
    assert {it.period_months for it in lite.periods} == {0, 1, 3, 6, 12, 24, 36}
    costs = {it.period_months: it.cost for it in lite.periods}
    assert (costs[1], costs[12]) == (Money(450, "EUR"), Money(5400, "EUR"))
    (nodes,) = tariffs["55230"].addons
    assert (nodes.external_id, nodes.resource_type) == ("55236", "addon_55236")
    assert nodes.costs["1"] == Money(900, "EUR")
    assert all(through_json(tariff) == tariff for tariff in tariffs.values())


def test_every_licence_of_the_account_is_offered(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """With and without a status in the list; what was given back is not offered."""
    for number in (1, 2, 3):
        driver.open_service(OpenService(new_service(number)), context)
    first, second, third = seller.shop.licenses.values()
    second.status, third.status = "3", "4"
    for seller.list_shows_status in (False, True):
        for seller.shop.keeps_deleted in (False, True):
            found = driver.import_services(context)
            assert [(it.upstream_id, it.is_active) for it in found] == [
                (first.id, True),
                (second.id, False),
            ]
            assert found[0].tariff_code == "55227"
            assert found[0].expires_on == first.expires_on
            assert found[0].facts["ip"] == "192.0.2.1"


def test_an_import_that_runs_out_of_time_is_not_cut_short(
    driver: IspLicenses, make: MakeContext, context: Context, new_service: NewService
) -> None:
    """Half a list would make reconciliation miss licences that exist."""
    driver.open_service(OpenService(new_service()), context)
    late = make(deadline=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(UpstreamBusyError):
        driver.import_services(late)


def test_reading_a_licence_gives_fresh_facts(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    done = driver.open_service(OpenService(new_service()), context)
    assert isinstance(done, Done)
    sold = seller.shop.licenses[done.upstream_id]
    sold.key = f"{sold.id}-new"
    synced = driver.sync_service(new_service(upstream_id=done.upstream_id), context)
    assert synced.facts["license_key"] == f"{sold.id}-new"
    assert synced.expires_on == sold.expires_on


def test_the_balance_is_the_account_s(
    driver: IspLicenses, context: Context, seller: SellingPanel
) -> None:
    assert driver.balance(context) == Money(100_000, "EUR")
    seller.faults.add("refused", "subaccount", type="access")
    assert driver.balance(context) == Money(100_000, "EUR")


@pytest.mark.parametrize(
    ("rows", "balance"),
    [
        ("<elem><balance>10.50</balance><currency>EUR</currency></elem>", Money(1050, "EUR")),
        ("<elem><balance>1 234,50 руб.</balance></elem>", Money(123_450, "RUB")),
        ("<elem><balance>-3.00 EUR</balance></elem>", Money(-300, "EUR")),
        ("<elem><balance>0.019</balance><currency>EUR</currency></elem>", Money(1, "EUR")),
        (
            "<elem><balance>9.00 EUR</balance></elem><elem><balance>4.00 EUR</balance></elem>",
            Money(400, "EUR"),
        ),
    ],
)
def test_balances_are_read_as_they_are_written(
    driver: IspLicenses, context: Context, rows: str, balance: Money
) -> None:
    """Never more than there is: rounded down, and the smallest of several."""
    with answering(context, {"subaccount": f"<doc>{rows}</doc>"}) as told:
        assert driver.balance(told) == balance


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (
            "<elem><balance>9 EUR</balance></elem><elem><balance>4 USD</balance></elem>",
            "balance_ambiguous",
        ),
        ("<elem><balance>plenty</balance><currency>EUR</currency></elem>", "balance_unknown"),
        ("<elem><balance>5.00</balance></elem>", "balance_unknown"),
    ],
)
def test_balances_that_can_t_be_told_are_refused(
    driver: IspLicenses, context: Context, rows: str, reason: str
) -> None:
    """A guessed balance would let renewals run into an empty account."""
    with (
        answering(context, {"subaccount": f"<doc>{rows}</doc>"}) as told,
        pytest.raises(UpstreamRefusedError) as caught,
    ):
        driver.balance(told)
    assert caught.value.reason == reason


def test_a_form_without_a_status_is_no_licence(
    driver: IspLicenses, context: Context, new_service: NewService
) -> None:
    """Some panels answer an empty form for an unknown id: the list decides."""
    empty = "<doc><elid>5</elid><licname/></doc>"
    service = new_service(upstream_id="5")
    with (
        answering(context, {"soft.edit": empty, "soft": "<doc/>"}) as told,
        pytest.raises(UpstreamRefusedError) as caught,
    ):
        driver.sync_service(service, told)
    assert caught.value.reason == "missing"
    listed = "<doc><elem><id>5</id><licname>billing-1 x</licname></elem></doc>"
    with (
        answering(context, {"soft.edit": empty, "soft": listed}) as told,
        pytest.raises(UpstreamBusyError),
    ):
        driver.sync_service(service, told)


def test_an_expiry_that_is_a_phrase_leaves_the_renewal_s_own_word(
    driver: IspLicenses, context: Context, new_service: NewService
) -> None:
    """Where the form shows no date, the answer of the renewal itself is the only one."""
    form = (
        "<doc><elid>5</elid><licname>billing-1 x</licname><status>2</status>"
        "<expiredate>while there is money</expiredate></doc>"
    )
    prolonged = "<doc><ok/><doc><newexpiredate>2030-03-01</newexpiredate></doc></doc>"
    service = new_service(upstream_id="5", paid_until=date(2030, 2, 1))
    request = RenewService(service, 1, date(2030, 3, 1))
    with answering(context, {"soft.edit": form, "service.prolong": prolonged}) as told:
        done = driver.renew_service(request, told)
    assert isinstance(done, Done)
    assert done.expires_on == date(2030, 3, 1)
    silent = "<doc><ok/></doc>"
    with answering(context, {"soft.edit": form, "service.prolong": silent}) as told:
        assert isinstance(driver.renew_service(request, told), Pending)


def test_a_price_list_is_asked_for_licences(
    driver: IspLicenses, context: Context, seller: SellingPanel
) -> None:
    """The seller's list has other products too; this plugin sells licences."""
    driver.importable_tariffs(context)
    (asked,) = seller.requests.all("pricelist.export")
    assert asked.parameters["itemtype"] == "soft"
