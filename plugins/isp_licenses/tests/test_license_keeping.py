"""Renewing, suspending, changing and giving back: once each, and only what is ours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from billing_hookspecs import (
    ChangeService,
    CloseService,
    Context,
    Done,
    FindOperation,
    NotFound,
    OpenService,
    OperationKind,
    OutcomeUnknownError,
    Pending,
    RenewService,
    ResumeService,
    ServiceView,
    SuspendService,
    UpstreamError,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_isp_licenses.processing import IspLicenses
from billing_isp_licenses.simulator import SellingPanel, SoldLicense
from billing_isp_licenses.simulator.goods import end_of

NewService = Callable[..., ServiceView]
Opened = Callable[..., ServiceView]
PROLONG = "service.prolong"


@pytest.fixture
def opened(driver: IspLicenses, context: Context, new_service: NewService) -> Opened:
    """Opens a licence; the service as the kernel keeps it afterwards."""

    def open_one(number: int = 1, **changes: Any) -> ServiceView:
        service = new_service(number, **changes)
        done = driver.open_service(OpenService(service), context)
        assert isinstance(done, Done)
        return replace(
            service,
            upstream_id=done.upstream_id,
            facts=done.facts,
            paid_until=done.expires_on,
        )

    return open_one


def sold(seller: SellingPanel, service: ServiceView) -> SoldLicense:
    return seller.shop.licenses[service.upstream_id]


def charged(seller: SellingPanel) -> list[str]:
    (account,) = seller.shop.accounts.values()
    return [what.partition(" ")[0] for what, _ in account.charges]


def renewal(service: ServiceView, months: int = 1) -> RenewService:
    assert service.paid_until
    return RenewService(service, months, end_of(service.paid_until, str(months)))


def finding(
    kind: OperationKind, service: ServiceView, upstream_id: str = "", expires_on: date | None = None
) -> FindOperation:
    return FindOperation(kind, service, datetime.now(UTC), upstream_id, expires_on)


# --- renewing -----------------------------------------------------------------------------


@pytest.mark.parametrize("months", [1, 3, 12, 36])
def test_a_renewal_moves_the_expiry(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened, months: int
) -> None:
    service = opened()
    request = renewal(service, months)
    done = driver.renew_service(request, context)
    assert isinstance(done, Done)
    assert done.expires_on == request.expires_on == sold(seller, service).expires_on
    assert charged(seller) == ["order", "prolong"]


def test_a_renewal_given_again_buys_nothing(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """The goal is an expiry, not one more period."""
    request = renewal(opened())
    first = driver.renew_service(request, context)
    for attempt in (1, 2):
        assert driver.renew_service(request, replace(context, attempt=attempt)) == first
    assert charged(seller) == ["order", "prolong"]


@pytest.mark.parametrize("kind", ["answer_lost", "truncated", "html", "server_error"])
def test_a_renewal_whose_answer_was_lost_is_seen_by_its_expiry(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened, kind: str
) -> None:
    request = renewal(opened())
    seller.faults.add(kind, PROLONG, after_work=True)
    with pytest.raises(OutcomeUnknownError):
        driver.renew_service(request, context)
    look = finding(OperationKind.RENEW, request.service, expires_on=request.expires_on)
    found = driver.find_operation(look, context)
    assert isinstance(found, Done)
    assert found.expires_on == request.expires_on
    assert charged(seller) == ["order", "prolong"]


def test_a_renewal_that_never_arrived_may_be_sent_again(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    request = renewal(opened())
    seller.faults.add("dropped", PROLONG)
    with pytest.raises(OutcomeUnknownError):
        driver.renew_service(request, context)
    look = finding(OperationKind.RENEW, request.service, expires_on=request.expires_on)
    assert driver.find_operation(look, context) == NotFound()
    assert isinstance(driver.renew_service(request, replace(context, attempt=2)), Done)
    assert charged(seller) == ["order", "prolong"]


@pytest.mark.parametrize("days_off", [-6, -1, 0, 1, 6])
def test_dates_some_days_off_don_t_buy_twice(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened, days_off: int
) -> None:
    """The seller counts from its own activation day, and months have different lengths."""
    service = opened()
    assert service.paid_until
    shifted = replace(service, paid_until=service.paid_until + timedelta(days=days_off))
    request = renewal(shifted)
    assert isinstance(driver.renew_service(request, context), Done)
    assert isinstance(driver.renew_service(request, replace(context, attempt=2)), Done)
    assert charged(seller) == ["order", "prolong"]


def test_an_expiry_in_the_middle_proves_nothing(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """Somebody prolonged by hand or the books differ: only a first attempt may still act."""
    service = opened()
    assert service.paid_until
    astray = replace(service, paid_until=service.paid_until - timedelta(days=15))
    request = renewal(astray)
    look = finding(OperationKind.RENEW, astray, expires_on=request.expires_on)
    with pytest.raises(OutcomeUnknownError):
        driver.find_operation(look, context)
    with pytest.raises(OutcomeUnknownError):
        driver.renew_service(request, replace(context, attempt=2))
    assert charged(seller) == ["order"]
    assert isinstance(driver.renew_service(request, context), Done)
    assert charged(seller) == ["order", "prolong"]


def test_time_that_is_paid_for_already_isn_t_bought_again(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """Prolonged by hand for a year: the client's month is covered."""
    service = opened()
    seller.shop.prolong(sold(seller, service), "12")
    done = driver.renew_service(renewal(service), context)
    assert isinstance(done, Done)
    assert done.expires_on == sold(seller, service).expires_on
    assert charged(seller) == ["order", "prolong"]


def test_a_renewal_waits_for_the_provider_s_money(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    service = opened()
    (account,) = seller.shop.accounts.values()
    account.balance_minor = 0
    with pytest.raises(UpstreamFundsError):
        driver.renew_service(renewal(service), context)


def test_what_can_t_be_prolonged_is_refused(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    service = opened()
    sold(seller, service).tariff = seller.shop.tariffs["55239"]
    with pytest.raises(UpstreamRefusedError):
        driver.renew_service(renewal(service), context)


def test_a_renewal_that_can_t_be_seen_is_waited_for(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """It was accepted; asking again later is harmless, sending again is not."""
    service = opened()
    request = renewal(service)
    seller.faults.add("slow", PROLONG)
    seller.faults.add("slow", "soft.edit")
    seller.faults.add("busy", "soft.edit")
    pending = driver.renew_service(request, context)
    assert isinstance(pending, Pending)
    look = finding(OperationKind.RENEW, service, pending.upstream_id, request.expires_on)
    assert isinstance(driver.find_operation(look, context), Done)
    sold(seller, service).expires_on = service.paid_until
    with pytest.raises(OutcomeUnknownError):
        driver.find_operation(look, context)


def test_an_expired_licence_is_stopped_and_comes_back_with_its_renewal(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    service = opened()
    seller.set_clock(seller.now() + timedelta(days=35))
    assert driver.sync_service(service, context).facts["license_status"] == "active"
    assert driver.sync_service(service, context).facts["license_status"] == "suspended"
    driver.renew_service(renewal(service, 3), context)
    assert driver.sync_service(service, context).facts["license_status"] == "active"


# --- suspending and giving back -----------------------------------------------------------


def test_a_licence_is_stopped_and_started(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    service = opened()
    for _ in range(2):
        assert isinstance(driver.suspend_service(SuspendService(service), context), Done)
    assert sold(seller, service).status == "3"
    for _ in range(2):
        assert isinstance(driver.resume_service(ResumeService(service), context), Done)
    assert sold(seller, service).status == "2"
    assert len(seller.requests.executed("soft.suspend")) == 1
    assert len(seller.requests.executed("soft.resume")) == 1


def test_lost_answers_of_stopping_are_seen_by_the_status(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    service = opened()
    suspend, resume = OperationKind.SUSPEND, OperationKind.RESUME
    assert driver.find_operation(finding(suspend, service), context) == NotFound()
    seller.faults.add("answer_lost", "soft.suspend")
    with pytest.raises(OutcomeUnknownError):
        driver.suspend_service(SuspendService(service), context)
    assert isinstance(driver.find_operation(finding(suspend, service), context), Done)
    assert driver.find_operation(finding(resume, service), context) == NotFound()


@pytest.mark.parametrize("keeps_deleted", [False, True])
def test_a_licence_is_given_back_once(
    driver: IspLicenses,
    context: Context,
    seller: SellingPanel,
    opened: Opened,
    keeps_deleted: bool,
) -> None:
    """Panels differ in whether deleted licences can still be read."""
    seller.shop.keeps_deleted = keeps_deleted
    service = opened()
    assert driver.find_operation(finding(OperationKind.CLOSE, service), context) == NotFound()
    for _ in range(2):
        assert isinstance(driver.close_service(CloseService(service), context), Done)
    assert isinstance(driver.find_operation(finding(OperationKind.CLOSE, service), context), Done)
    assert len(seller.requests.executed("soft.delete")) == 1
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.sync_service(service, context)
    assert caught.value.reason == "missing"


def test_absence_is_believed_only_when_the_list_confirms_it(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """An error of unknown type about a licence that is listed doesn't mean that it is gone."""
    service = opened()
    seller.faults.add("refused", "soft.edit", type="missed", message="not now")
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.close_service(CloseService(service), context)
    assert "not now" in caught.value.message
    assert service.upstream_id in seller.services()


def test_somebody_else_s_licence_is_never_touched(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """A wrong id in our books must not delete a neighbour's licence."""
    ours, theirs = opened(1), opened(2)
    mixed_up = replace(ours, upstream_id=theirs.upstream_id)
    calls: list[Callable[[], object]] = [
        lambda: driver.close_service(CloseService(mixed_up), context),
        lambda: driver.suspend_service(SuspendService(mixed_up), context),
        lambda: driver.resume_service(ResumeService(mixed_up), context),
        lambda: driver.renew_service(renewal(mixed_up), context),
        lambda: driver.change_service(ChangeService(mixed_up, before=ours), context),
        lambda: driver.sync_service(mixed_up, context),
        lambda: driver.find_operation(finding(OperationKind.CLOSE, mixed_up), context),
    ]
    before = seller.services()
    for call in calls:
        with pytest.raises(UpstreamRefusedError) as caught:
            call()
        assert caught.value.reason == "not_ours"
    assert seller.services() == before


def test_an_imported_licence_is_known_by_its_key(
    driver: IspLicenses, context: Context, seller: SellingPanel, new_service: NewService
) -> None:
    """It was bought before this installation and carries no mark of ours."""
    (account,) = seller.shop.accounts
    old = seller.shop.sell(account, seller.shop.tariffs["55227"], "1", "192.0.2.9", "old one", {})
    service = new_service(upstream_id=old.id, facts={"license_key": old.key})
    assert isinstance(driver.suspend_service(SuspendService(service), context), Done)
    by_name = new_service(upstream_id=old.id, facts={"license_name": "old one"})
    assert isinstance(driver.resume_service(ResumeService(by_name), context), Done)
    stranger = new_service(upstream_id=old.id, facts={"license_key": "another"})
    with pytest.raises(UpstreamRefusedError):
        driver.suspend_service(SuspendService(stranger), context)


def test_a_service_without_a_licence_is_refused(
    driver: IspLicenses, context: Context, new_service: NewService
) -> None:
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.suspend_service(SuspendService(new_service()), context)
    assert caught.value.reason == "missing"


# --- changing -----------------------------------------------------------------------------


def moved(service: ServiceView, ip: str, name: str = "Web server") -> ServiceView:
    return replace(service, parameters={"name": name, "ip": ip})


def test_name_and_address_change_together(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """The mark stays in front of the new name, or the licence would be nobody's."""
    before = opened()
    request = ChangeService(moved(before, "192.0.2.77", "Mail"), before=before)
    for attempt in (1, 2):
        done = driver.change_service(request, replace(context, attempt=attempt))
        assert isinstance(done, Done)
        assert done.facts["ip"] == "192.0.2.77"
    assert sold(seller, before).name == "billing-1 Mail"
    assert len(seller.requests.executed("soft.edit")) == 1


def test_a_change_whose_answer_was_lost_is_seen_in_the_licence(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    before = opened()
    after = moved(before, "192.0.2.77")
    assert driver.find_operation(finding(OperationKind.CHANGE, after), context) == NotFound()
    seller.faults.add("slow", "soft.edit")
    seller.faults.add("answer_lost", "soft.edit")
    with pytest.raises(OutcomeUnknownError):
        driver.change_service(ChangeService(after, before=before), context)
    assert isinstance(driver.find_operation(finding(OperationKind.CHANGE, after), context), Done)


def test_an_address_moves_once_a_month(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """The seller's rule: refused within 31 days, allowed after."""
    first = opened(period_months=12)
    second, third = moved(first, "192.0.2.50"), moved(first, "192.0.2.51")
    driver.change_service(ChangeService(second, before=first), context)
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.change_service(ChangeService(third, before=second), context)
    assert "31 days" in caught.value.message
    seller.set_clock(seller.now() + timedelta(days=32))
    done = driver.change_service(ChangeService(third, before=second), context)
    assert isinstance(done, Done)
    assert done.facts["ip"] == "192.0.2.51"


def test_a_tariff_changes_by_itself(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    before = opened(tariff_code="55230", resources={"addon_55236": 2})
    after = replace(before, tariff_code="55227", resources={})
    done = driver.change_service(ChangeService(after, before=before), context)
    assert isinstance(done, Done)
    assert sold(seller, before).tariff.id == "55227"
    assert seller.requests.executed("soft.edit") == []


def test_half_a_change_is_never_made(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """Two functions at the seller: if the second is refused, the first can't be taken back."""
    before = opened()
    after = replace(moved(before, "192.0.2.60"), tariff_code="55228")
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.change_service(ChangeService(after, before=before), context)
    assert caught.value.reason == "one_change_at_a_time"
    assert sold(seller, before).ip == "192.0.2.1"
    assert sold(seller, before).tariff.id == "55227"


def test_addons_are_changed_and_given_back(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    two = opened(tariff_code="55230", resources={"addon_55236": 2})
    five, none = replace(two, resources={"addon_55236": 5}), replace(two, resources={})
    assert isinstance(driver.change_service(ChangeService(five, before=two), context), Done)
    assert sold(seller, two).addons == {"55236": 5}
    assert isinstance(driver.change_service(ChangeService(none, before=five), context), Done)
    assert sold(seller, two).addons == {"55236": 0}


def test_a_look_that_fails_after_the_work_is_not_a_failure(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """Each instruction looks, acts and looks again; the last look proves nothing by failing."""
    service = opened()
    calls: dict[OperationKind, Callable[[], object]] = {
        OperationKind.SUSPEND: lambda: driver.suspend_service(SuspendService(service), context),
        OperationKind.RESUME: lambda: driver.resume_service(ResumeService(service), context),
        OperationKind.CLOSE: lambda: driver.close_service(CloseService(service), context),
    }
    for kind, call in calls.items():
        seller.faults.add("slow", "soft.edit")
        seller.faults.add("busy", "soft.edit")
        pending = call()
        assert isinstance(pending, Pending)
        look = finding(kind, service, pending.upstream_id)
        assert isinstance(driver.find_operation(look, context), Done)


def test_errors_of_every_instruction_are_of_the_contract(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """A stray exception would count as a fault of the plugin and quarantine it."""
    service = opened()
    seller.faults.add("html", times=0, after_work=False)
    for call in (
        lambda: driver.check_connection(context),
        lambda: driver.sync_service(service, context),
        lambda: driver.balance(context),
        lambda: driver.importable_tariffs(context),
        lambda: driver.import_services(context),
        lambda: driver.renew_service(renewal(service), context),
    ):
        with pytest.raises(UpstreamError):
            call()


def test_an_accepted_instruction_that_doesn_t_show_is_for_people(
    driver: IspLicenses, context: Context, seller: SellingPanel, opened: Opened
) -> None:
    """The seller said yes: sending it again could be once too often."""
    service = opened()
    look = finding(OperationKind.SUSPEND, service, service.upstream_id)
    with pytest.raises(OutcomeUnknownError):
        driver.find_operation(look, context)
    sold(seller, service).status = "5"
    sold(seller, service).polls_left = 9
    assert isinstance(driver.find_operation(look, context), Pending)


def test_an_instruction_that_licences_don_t_have_is_refused(
    driver: IspLicenses, context: Context, opened: Opened
) -> None:
    with pytest.raises(UpstreamRefusedError) as caught:
        driver.find_operation(finding(OperationKind.CHANGE_PASSWORD, opened()), context)
    assert caught.value.reason == "unsupported"
