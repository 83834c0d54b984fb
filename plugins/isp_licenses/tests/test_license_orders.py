"""Ordering: one licence for one service, whatever happens to the answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing_hookspecs import (
    Context,
    Done,
    FindOperation,
    NotFound,
    OpenService,
    OperationKind,
    OutcomeUnknownError,
    Pending,
    ServiceView,
    UpstreamBusyError,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import make_context
from billing_isp_licenses.processing import IspLicenses
from billing_isp_licenses.simulator import PanelServer, SellingPanel
from billing_ispsystem_api.simulator import Call, Reply, function

NewService = Callable[..., ServiceView]
ORDER = "soft.order.param"
LITE_MINOR = 450


def finding(service: ServiceView, upstream_id: str = "", minutes_ago: int = 0) -> FindOperation:
    started_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return FindOperation(OperationKind.OPEN, service, started_at, upstream_id)


def spent(seller: SellingPanel) -> int:
    (account,) = seller.shop.accounts.values()
    return 100_000 - account.balance_minor


def test_an_order_says_all_that_the_seller_needs(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Charged at once, never renewed by the seller itself, marked with our reference."""
    driver.open_service(OpenService(new_service(7, tariff_code="55228")), context)
    (order,) = seller.requests.executed(ORDER)
    assert order.in_url == ()
    sent = {k: v for k, v in order.parameters.items() if k not in ("out", "lang", "authinfo")}
    assert sent == {
        "func": ORDER,
        "sok": "ok",
        "clicked_button": "finish",
        "skipbasket": "on",
        "pricelist": "55228",
        "period": "1",
        "ip": "192.0.2.7",
        "licname": "billing-7 Web server",
        "autoprolong": "null",
        "remoteid": "billing-7",
    }


def test_a_licence_that_works_at_once_is_done(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """The client gets key and address; the kernel the id and the seller's expiry."""
    done = driver.open_service(OpenService(new_service()), context)
    assert isinstance(done, Done)
    (sold,) = seller.shop.licenses.values()
    assert done.upstream_id == sold.id == done.facts["license_id"]
    assert done.facts["license_key"] == sold.key
    assert done.facts["license_key"].startswith(f"{sold.id}-")
    assert done.facts["ip"] == "192.0.2.1"
    assert done.expires_on == sold.expires_on
    assert spent(seller) == LITE_MINOR
    assert set(driver.client_facts) <= done.facts.keys()


def test_a_licence_that_takes_its_time_is_waited_for(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Status 5 and an empty key mean: paid, and not usable yet."""
    seller.shop.activation_polls = 2
    service = new_service()
    pending = driver.open_service(OpenService(service), context)
    assert isinstance(pending, Pending)
    assert pending.check_after_s == 5
    again = driver.find_operation(finding(service, pending.upstream_id), context)
    assert isinstance(again, Pending)
    done = driver.find_operation(finding(service, pending.upstream_id), context)
    assert isinstance(done, Done)
    assert done.upstream_id == pending.upstream_id
    assert done.facts["license_key"]


@pytest.mark.parametrize(("minutes", "pause_s"), [(0, 5), (2, 30), (60, 300)])
def test_the_longer_it_takes_the_seldomer_it_is_asked(
    driver: IspLicenses,
    context: Context,
    seller: SellingPanel,
    new_service: NewService,
    minutes: int,
    pause_s: int,
) -> None:
    """A seller paced at one request a second must not be asked by every service every second."""
    seller.shop.activation_polls = 99
    service = new_service()
    pending = driver.open_service(OpenService(service), context)
    assert isinstance(pending, Pending)
    for upstream_id in ("", pending.upstream_id):
        found = driver.find_operation(finding(service, upstream_id, minutes), context)
        assert isinstance(found, Pending)
        assert found.check_after_s == pause_s


@pytest.mark.parametrize(
    "kind", ["answer_lost", "html", "truncated", "cut_off", "empty", "server_error", "oversized"]
)
def test_a_lost_answer_costs_one_licence(
    driver: IspLicenses,
    context: Context,
    seller: SellingPanel,
    new_service: NewService,
    kind: str,
) -> None:
    """The heart of it: the licence is found by its mark, and nobody orders another."""
    service = new_service()
    seller.faults.add(kind, ORDER, after_work=True)
    with pytest.raises(OutcomeUnknownError):
        driver.open_service(OpenService(service), context)
    found = driver.find_operation(finding(service), context)
    assert isinstance(found, Done)
    repeated = driver.open_service(OpenService(service), replace(context, attempt=2))
    assert repeated == found
    assert len(seller.requests.executed(ORDER)) == 1
    assert spent(seller) == LITE_MINOR


def test_an_order_that_never_arrived_is_not_found(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Only then may the kernel order again."""
    service = new_service()
    seller.faults.add("dropped", ORDER)
    with pytest.raises(OutcomeUnknownError):
        driver.open_service(OpenService(service), context)
    assert driver.find_operation(finding(service), context) == NotFound()
    done = driver.open_service(OpenService(service), replace(context, attempt=2))
    assert isinstance(done, Done)
    assert spent(seller) == LITE_MINOR


def test_an_order_that_arrives_late_is_found_late(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Why the driver declares a quiet period: a look-up can be too early."""
    service = new_service()
    seller.faults.add("late", ORDER, delay_s=0.2)
    with pytest.raises(OutcomeUnknownError):
        driver.open_service(OpenService(service), context)
    assert driver.find_operation(finding(service), context) == NotFound()
    assert seller.requests.wait_for_executed(ORDER)
    assert isinstance(driver.find_operation(finding(service), context), Done)
    assert driver.quiet_period_s >= 60


def test_a_late_order_that_took_the_address_is_adopted(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """The repeat is refused because of our own licence: giving the money back would be wrong."""
    service = new_service()
    seller.faults.add("late", ORDER, delay_s=0.3)
    with pytest.raises(OutcomeUnknownError):
        driver.open_service(OpenService(service), context)
    seller.faults.add("slow", ORDER, delay_s=1.0)
    done = driver.open_service(OpenService(service), replace(context, attempt=2))
    assert isinstance(done, Done)
    assert [it.refusal for it in seller.requests.all(ORDER)] == ["", "exists"]
    assert spent(seller) == LITE_MINOR


def test_two_services_that_look_alike_are_two_licences(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Same name, tariff and (parked) address: only the mark tells them apart."""
    one, other = new_service(1, ip="0.0.0.0"), new_service(12, ip="0.0.0.0")
    first = driver.open_service(OpenService(one), context)
    assert isinstance(first, Done)
    assert driver.find_operation(finding(other), context) == NotFound()
    second = driver.open_service(OpenService(other), context)
    assert isinstance(second, Done)
    assert first.upstream_id != second.upstream_id
    for service, done in ((one, first), (other, second)):
        assert driver.find_operation(finding(service), context) == done


def test_a_visible_label_settles_whose_it_is(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Should the seller show our remote id after all, it counts, whatever the name became."""
    seller.list_shows_remote_id = True
    service = new_service()
    done = driver.open_service(OpenService(service), context)
    assert isinstance(done, Done)
    seller.shop.licenses[done.upstream_id].name = "renamed by hand"
    found = driver.find_operation(finding(service), context)
    assert isinstance(found, Done)
    assert found.upstream_id == done.upstream_id


@pytest.mark.parametrize("change", [{"tariff_code": "55229"}, {"ip": "192.0.2.99"}])
def test_our_mark_on_another_order_is_left_to_people(
    driver: IspLicenses,
    context: Context,
    seller: SellingPanel,
    new_service: NewService,
    change: dict[str, str],
) -> None:
    """A second installation on the account: neither adopted nor bought again."""
    driver.open_service(OpenService(new_service(5)), context)
    alike = new_service(5, **change)
    with pytest.raises(OutcomeUnknownError):
        driver.find_operation(finding(alike), context)
    with pytest.raises(OutcomeUnknownError):
        driver.open_service(OpenService(alike), context)
    assert len(seller.requests.executed(ORDER)) == 1


def test_a_licence_that_was_bought_twice_is_told(
    driver: IspLicenses,
    context: Context,
    seller: SellingPanel,
    new_service: NewService,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The older one is kept; the other is money for people to claim back."""
    service = new_service(ip="0.0.0.0")
    first = driver.open_service(OpenService(service), context)
    assert isinstance(first, Done)
    tariff = seller.shop.tariffs["55227"]
    (account,) = seller.shop.accounts
    seller.shop.sell(account, tariff, "1", "0.0.0.0", "billing-1 Web server", {})
    found = driver.find_operation(finding(service), context)
    assert isinstance(found, Done)
    assert found.upstream_id == first.upstream_id
    assert "bought more than once" in caplog.text


@pytest.mark.parametrize("keeps_deleted", [False, True])
def test_a_licence_given_back_is_no_answer_to_a_new_order(
    driver: IspLicenses,
    context: Context,
    seller: SellingPanel,
    new_service: NewService,
    keeps_deleted: bool,
) -> None:
    """Deleted rows may linger in the list; they are not what was ordered."""
    service = new_service()
    done = driver.open_service(OpenService(service), context)
    assert isinstance(done, Done)
    seller.shop.keeps_deleted = keeps_deleted
    seller.shop.licenses[done.upstream_id].status = "4"
    assert driver.find_operation(finding(service), context) == NotFound()
    again = driver.open_service(OpenService(service), context)
    assert isinstance(again, Done)
    assert again.upstream_id != done.upstream_id


@pytest.mark.parametrize(
    "error",
    [
        ("balance", "balance", "Insufficient funds on the balance"),
        ("limit", "", "Not enough money on the account"),
        ("value", "account", "На счёте недостаточно средств"),
        ("not_enough_money", "subaccount", ""),
    ],
)
def test_an_empty_account_is_waited_for_not_refused(
    driver: IspLicenses,
    context: Context,
    seller: SellingPanel,
    new_service: NewService,
    error: tuple[str, str, str],
) -> None:
    """The provider forgot to top up; the client did nothing wrong."""
    seller.shop.funds_error = error
    (account,) = seller.shop.accounts.values()
    account.balance_minor = LITE_MINOR - 1
    with pytest.raises(UpstreamFundsError):
        driver.open_service(OpenService(new_service()), context)
    account.balance_minor = LITE_MINOR
    assert isinstance(driver.open_service(OpenService(new_service()), context), Done)
    assert account.balance_minor == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tariff_code": "1"}, "missing"),
        ({"tariff_code": ""}, "tariff_missing"),
        ({"tariff_code": "55239"}, "invalid"),
        ({"period_months": 7}, "invalid"),
        ({"ip": "192.0.2.200"}, "exists"),
    ],
)
def test_what_the_seller_refuses_is_final_and_free(
    driver: IspLicenses,
    context: Context,
    seller: SellingPanel,
    new_service: NewService,
    change: dict[str, Any],
    reason: str,
) -> None:
    """Unknown tariffs, trials by the month, strange periods, addresses that are licensed."""
    (account,) = seller.shop.accounts
    seller.shop.sell(account, seller.shop.tariffs["55227"], "1", "192.0.2.200", "other", {})
    before = spent(seller)
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.open_service(OpenService(new_service(**change)), context)
    assert caught.value.reason == reason
    assert spent(seller) == before
    assert len(seller.services()) == 1


def test_addons_are_ordered_with_the_licence(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Business is sold with nodes; resources of other kinds are not the seller's."""
    service = new_service(tariff_code="55230", resources={"addon_55236": 3, "other": 1})
    driver.open_service(OpenService(service), context)
    (sold,) = seller.shop.licenses.values()
    assert sold.addons == {"55236": 3}
    assert spent(seller) == 1800 + 3 * 900


def test_an_id_that_was_heard_is_never_lost(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """The look after the order is a courtesy: its failure changes nothing about the order."""
    seller.faults.add("html", "soft.edit")
    pending = driver.open_service(OpenService(new_service()), context)
    assert isinstance(pending, Pending)
    assert pending.upstream_id in seller.services()


def test_a_promised_licence_that_is_missing_gets_an_hour(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """It may not be listed yet; but a licence that the seller took back will never come."""
    service = new_service()
    early = driver.find_operation(finding(service, "900777"), context)
    assert isinstance(early, Pending)
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.find_operation(finding(service, "900777", minutes_ago=61), context)
    assert caught.value.reason == "deleted"


def test_wrong_credentials_leave_the_order_waiting(
    driver: IspLicenses, make: Callable[..., Context], seller: SellingPanel, new_service: NewService
) -> None:
    """A changed password at the seller must not send clients' money back one by one."""
    with pytest.raises(UpstreamBusyError):
        driver.open_service(OpenService(new_service()), make(password="yesterday's password"))
    assert seller.services() == {}


def test_an_ended_session_is_no_obstacle(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    for name in ("soft", ORDER, "soft.edit"):
        seller.faults.add("expired_session", name)
    assert isinstance(driver.open_service(OpenService(new_service()), context), Done)
    assert len(seller.requests.executed(ORDER)) == 1


def test_a_saved_filter_hides_nothing_from_the_look_up(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Somebody filtered the list in the panel's interface; the licence is there all the same."""
    service = new_service()
    done = driver.open_service(OpenService(service), context)
    seller.saved_filters.update(seller.shop.accounts)
    assert driver.find_operation(finding(service), context) == done


def test_the_second_page_of_the_list_is_looked_at(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """Resellers have thousands of licences."""
    (account,) = seller.shop.accounts
    for number in range(5):
        seller.shop.sell(
            account, seller.shop.tariffs["55227"], "1", "0.0.0.0", f"other-{number}", {}
        )
    seller.page_size = 2
    service = new_service()
    done = driver.open_service(OpenService(service), context)
    assert driver.find_operation(finding(service), context) == done


def test_an_acceptance_without_an_id_is_unknown(
    driver: IspLicenses, new_service: NewService
) -> None:
    """Something was accepted, but nobody can say what: the look-up must."""

    class Mute(SellingPanel):
        @function(ORDER)
        def order(self, call: Call) -> Reply:
            return Reply(done=True)

    panel = Mute()
    panel.open_account("a@example.com", "long enough")
    with PanelServer(panel) as server:
        settings = {"url": server.url, "username": "a@example.com", "password": "long enough"}
        context = make_context(settings)
        with context.http, pytest.raises(OutcomeUnknownError):
            driver.open_service(OpenService(new_service()), context)


@pytest.mark.parametrize(
    ("parameters", "pointers"),
    [
        ({"name": "n", "ip": "192.0.2.1"}, []),
        ({"name": "n", "ip": "2001:db8::1"}, []),
        ({"name": "n", "ip": "0.0.0.0"}, ["/parameters/ip"]),
        ({"name": "n", "ip": "127.0.0.1"}, ["/parameters/ip"]),
        ({"name": "n", "ip": "224.0.0.1"}, ["/parameters/ip"]),
        ({"name": "n", "ip": "169.254.169.254"}, ["/parameters/ip"]),
        ({"name": "n", "ip": "nonsense"}, ["/parameters/ip"]),
        ({"name": "n"}, ["/parameters/ip"]),
    ],
)
def test_addresses_that_no_server_can_have_are_refused_before_payment(
    driver: IspLicenses,
    new_service: NewService,
    parameters: dict[str, str],
    pointers: list[str],
) -> None:
    """Better an error beside the field than a refund after the seller's no."""
    errors = driver.validate_order(new_service(parameters=parameters))
    assert [error.pointer for error in errors] == pointers


def test_a_tariff_plan_without_a_code_is_refused_before_payment(
    driver: IspLicenses, new_service: NewService
) -> None:
    (error,) = driver.validate_order(new_service(tariff_code=""))
    assert error.pointer == "/tariff_plan_id"
