"""Operating a service that is open: the right user, and what the panel then says of it."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from billing_hookspecs import (
    ChangePassword,
    ChangeService,
    CloseService,
    Context,
    Done,
    FindOperation,
    NotFound,
    OperationKind,
    ResumeService,
    Secret,
    ServiceView,
    SuspendService,
    UpstreamRefusedError,
)
from billing_ispmanager_hosting.processing import IspmanagerHosting
from billing_ispmanager_hosting.simulator import HostedUser, IspmanagerPanel

NEW_PASSWORD = Secret("a new & better: password")

CALLS: dict[str, Callable[[IspmanagerHosting, ServiceView, Context], object]] = {
    "suspend": lambda it, service, context: it.suspend_service(SuspendService(service), context),
    "resume": lambda it, service, context: it.resume_service(ResumeService(service), context),
    "change": lambda it, service, context: it.change_service(
        ChangeService(service, service), context
    ),
    "close": lambda it, service, context: it.close_service(CloseService(service), context),
    "password": lambda it, service, context: it.change_password(
        ChangePassword(service, NEW_PASSWORD), context
    ),
    "panel link": lambda it, service, context: it.panel_link(service, "", context),
    "sync": lambda it, service, context: it.sync_service(service, context),
    "usage": lambda it, service, context: it.collect_usage(service, context),
}
EVERY_CALL = pytest.mark.parametrize("call", CALLS)


@EVERY_CALL
def test_a_user_of_the_same_name_without_the_mark_is_left_alone(
    call: str, panel: IspmanagerPanel, opened: Callable[..., ServiceView], context: Context
) -> None:
    """The name may have been given to somebody else since; data can't be brought back."""
    service = opened(username="user510")
    panel.hosted["user510"] = HostedUser("user510", owner="root", comment="[sample-999]")
    before = panel.state()
    with pytest.raises(UpstreamRefusedError) as refused:
        CALLS[call](IspmanagerHosting(), service, context)
    assert refused.value.reason == "not_ours"
    assert panel.state() == before


@EVERY_CALL
def test_an_imported_user_is_operated_by_its_name(
    call: str, panel: IspmanagerPanel, service_of: Callable[..., ServiceView], context: Context
) -> None:
    """It was bound to the service by an administrator, and never carried a mark."""
    panel.hosted["oldie"] = HostedUser("oldie", owner="root", preset="start")
    panel.add_user("oldie", "as it always was")
    (imported,) = IspmanagerHosting().import_services(context)
    service = service_of(upstream_id=imported.upstream_id, facts=imported.facts)
    assert CALLS[call](IspmanagerHosting(), service, context) is not None


def test_suspending_and_resuming_switch_the_user(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView], context: Context
) -> None:
    """Sites and mail stop; data and limits stay."""
    service, module = opened(), IspmanagerHosting()
    module.suspend_service(SuspendService(service, "expired"), context)
    assert not panel.hosted[service.upstream_id].is_active
    module.resume_service(ResumeService(service), context)
    assert panel.hosted[service.upstream_id].is_active
    assert panel.hosted[service.upstream_id].limits["limit_quota"] == "2048"


def test_a_change_applies_the_new_template_and_what_is_sold_now(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView], context: Context
) -> None:
    """A limit that only the old tariff had would otherwise stay for free."""
    service = opened()
    changed = replace(service, account_template="pro", resources={"disk_space": 20480})
    IspmanagerHosting().change_service(ChangeService(changed, before=service), context)
    user = panel.hosted[service.upstream_id]
    assert user.preset == "pro"
    assert (user.limits["limit_quota"], user.limits["limit_db"]) == ("20480", "100")


def test_a_limit_below_what_is_used_is_refused(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView], context: Context
) -> None:
    """The kernel then rolls the change's price back; nothing may be half done."""
    service = opened()
    panel.hosted[service.upstream_id].used["limit_quota"] = 1500
    smaller = replace(service, resources={"disk_space": 1024})
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerHosting().change_service(ChangeService(smaller, before=service), context)
    assert refused.value.reason == "limit"
    assert panel.hosted[service.upstream_id].limits["limit_quota"] == "2048"


def test_a_lost_change_is_judged_by_the_limits_that_are_there(
    opened: Callable[..., ServiceView], context: Context
) -> None:
    """Reading the limits back is the only proof that the change was done."""
    service, module = opened(), IspmanagerHosting()
    changed = replace(service, resources={"disk_space": 4096})
    asked = FindOperation(OperationKind.CHANGE, changed, context.deadline)
    assert isinstance(module.find_operation(asked, context), NotFound)
    module.change_service(ChangeService(changed, before=service), context)
    assert isinstance(module.find_operation(asked, context), Done)


@pytest.mark.parametrize("shows_empty_forms", [False, True])
def test_a_user_that_is_gone_is_missing_however_the_panel_says_so(
    shows_empty_forms: bool,
    panel: IspmanagerPanel,
    opened: Callable[..., ServiceView],
    context: Context,
) -> None:
    """Some versions refuse, others show a form of defaults; neither is the user's."""
    service = opened()
    panel.shows_empty_forms = shows_empty_forms
    del panel.hosted[service.upstream_id]
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerHosting().sync_service(service, context)
    assert refused.value.reason == "missing"


def test_the_limits_read_back_equal_what_was_sold(
    opened: Callable[..., ServiceView], context: Context
) -> None:
    """After an order the units in the panel must correspond to the tariff plan's."""
    service = opened()
    facts = IspmanagerHosting().sync_service(service, context).facts
    assert facts["resources"].items() >= service.resources.items()
    assert facts["is_active"] is True
    assert facts["preset"] == "start"


def test_closing_takes_the_site_along(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView], context: Context
) -> None:
    """A site that stays would keep the domain from being ordered again."""
    service = opened(domain="shop.example.com")
    IspmanagerHosting().close_service(CloseService(service), context)
    assert panel.state() == {"users": {}, "sites": {}, "zones": {}}


def test_a_new_password_is_set_as_it_is_and_heard_by_nobody(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView], context: Context
) -> None:
    """Characters that mean something in a form must reach the panel unharmed."""
    service = opened()
    done = IspmanagerHosting().change_password(ChangePassword(service, NEW_PASSWORD), context)
    assert panel.sessions.users[service.upstream_id].password == NEW_PASSWORD
    assert NEW_PASSWORD not in repr(done)


def test_a_panel_link_logs_the_client_in_once(
    opened: Callable[..., ServiceView], context: Context
) -> None:
    """A link that worked twice could be used by whoever reads the browser's history."""
    service = opened()
    link = IspmanagerHosting().panel_link(service, "https://billing.example.com/", context)
    query = parse_qs(urlsplit(link).query)
    assert query["username"] == [service.upstream_id]
    assert query["checkcookie"] == ["no"]
    answers = [httpx.get(link, params={**query, "out": "xml"}).text for _ in range(2)]
    assert "<auth " in answers[0]
    assert 'type="auth"' in answers[1]


def test_two_links_never_share_a_key(opened: Callable[..., ServiceView], context: Context) -> None:
    """A key that could be guessed from another is a way into somebody's account."""
    service, module = opened(), IspmanagerHosting()
    links = {module.panel_link(service, "", context) for _ in range(3)}
    keys = {parse_qs(urlsplit(link).query)["key"][0] for link in links}
    assert len(keys) == 3
    assert min(map(len, keys)) >= 32


def test_usage_is_told_in_units_of_the_resource_types(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView], context: Context
) -> None:
    """Traffic is counted in MiB there and sold in GiB here, started ones are free."""
    service = opened()
    panel.hosted[service.upstream_id].used = {"limit_quota": 300, "limit_traff": 5 * 1024 + 1023}
    usage = IspmanagerHosting().collect_usage(service, context)
    assert (usage["disk_space"], usage["traffic"]) == (300, 5)
    assert usage["web_domain_limit"] == 0


def test_every_user_can_be_imported_page_by_page(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView], context: Context
) -> None:
    """Reconciliation would take a user on the second page for a lost one."""
    panel.page_size = 2
    names = {opened(number).upstream_id for number in range(1, 6)}
    services = IspmanagerHosting().import_services(context)
    assert {it.upstream_id for it in services} == names
    assert {it.tariff_code for it in services} == {"start"}


def test_a_suspended_user_is_imported_as_such(
    opened: Callable[..., ServiceView], context: Context
) -> None:
    """The panel's language must not decide it: the column is translated, its code is not."""
    service, module = opened(), IspmanagerHosting()
    module.suspend_service(SuspendService(service), context)
    (imported,) = module.import_services(context)
    assert not imported.is_active
