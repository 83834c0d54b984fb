"""Opening: one user per service, never somebody else's, with exactly what was sold."""

from collections.abc import Callable

import pytest

from billing_hookspecs import (
    Context,
    Done,
    FindOperation,
    NotFound,
    OpenService,
    OperationKind,
    OutcomeUnknownError,
    ServiceView,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_ispmanager_hosting.processing import IspmanagerHosting
from billing_ispmanager_hosting.simulator import HostedUser, IspmanagerPanel, Site
from billing_ispsystem_api.simulator import (
    ADMINISTRATOR,
    RESELLER,
    USER,
    Call,
    PanelServer,
    Reply,
    function,
)

OTHERS_PASSWORD = "somebody else's password"


def somebody_else(panel: IspmanagerPanel, name: str) -> None:
    panel.hosted[name] = HostedUser(name, owner="root", comment="not from the billing")
    panel.add_user(name, OTHERS_PASSWORD, USER)


def test_a_user_gets_the_template_s_limits_and_then_what_was_sold(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView]
) -> None:
    """The panel applies no template by itself to a user whose limits are given."""
    service = opened(username="user510")
    user = panel.hosted["user510"]
    assert service.upstream_id == "user510"
    assert user.preset == "start"
    assert user.limits == {
        "limit_db": "10",
        "limit_ssl": "on",
        "limit_quota": "2048",
        "limit_webdomains": "10",
        "limit_traff": str(5120 * 1024),
    }


def test_the_client_learns_login_domain_and_address(opened: Callable[..., ServiceView]) -> None:
    """These facts are what the client area shows of a hosting service."""
    service = opened(username="user510", domain="shop.example.com")
    assert service.facts == {"login": "user510", "domain": "shop.example.com", "ip": "192.0.2.80"}
    assert set(service.facts) == set(IspmanagerHosting.client_facts)


def test_the_domain_of_the_order_form_is_used_where_the_kernel_gives_none(
    opened: Callable[..., ServiceView],
) -> None:
    """A service without a domain of its own still has the answer to the order form."""
    service = opened(domain="", parameters={"domain": "shop.example.com"})
    assert service.facts["domain"] == "shop.example.com"


def test_no_domain_opens_a_user_without_a_site(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView]
) -> None:
    """The domain is optional in the order form."""
    assert opened(domain="").facts["domain"] == ""
    assert panel.sites == {}


def test_a_name_that_somebody_holds_is_never_adopted(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView]
) -> None:
    """Adopting it would give the client somebody else's files; the next number is tried."""
    somebody_else(panel, "user510")
    somebody_else(panel, "user5101")
    service = opened(username="user510")
    assert service.upstream_id == "user5102"
    assert panel.hosted["user510"].comment == "not from the billing"
    assert panel.sessions.users["user510"].password == OTHERS_PASSWORD


def test_names_without_end_are_not_tried_for_ever(
    panel: IspmanagerPanel, service_of: Callable[..., ServiceView], context: Context
) -> None:
    """A person sees sooner than a loop that something is wrong with the template."""
    for number in ["", *range(1, 20)]:
        somebody_else(panel, f"user{number}")
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerHosting().open_service(OpenService(service_of(username="user")), context)
    assert refused.value.reason == "names_exhausted"


@pytest.mark.parametrize(
    ("username", "name"),
    [("", "user510"), ("Ann.Example", "annexample"), ("510", "u510"), ("x" * 40, "x" * 32)],
)
def test_every_template_result_becomes_a_name_that_the_panel_takes(
    username: str, name: str, opened: Callable[..., ServiceView]
) -> None:
    """A refused name would cost the client the whole order."""
    assert opened(username=username).upstream_id == name


def test_a_domain_that_exists_on_the_panel_costs_the_site_not_the_service(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView]
) -> None:
    """The domain may be another client's; this one gets hosting without a site."""
    panel.sites["taken.example.com"] = Site("taken.example.com", "neighbour", "192.0.2.80")
    service = opened(username="user510", domain="taken.example.com")
    assert service.upstream_id == "user510"
    assert service.facts["domain"] == ""
    assert panel.sites["taken.example.com"].owner == "neighbour"


@pytest.mark.parametrize("keeps_comments", [True, False])
def test_a_lost_answer_is_found_by_the_mark(
    keeps_comments: bool,
    panel: IspmanagerPanel,
    service_of: Callable[..., ServiceView],
    context: Context,
) -> None:
    """Whether panels keep comments of new users isn't sure, so the full name is marked too."""
    panel.keeps_comments = keeps_comments
    module, service = IspmanagerHosting(), service_of()
    panel.faults.add("answer_lost", "user.add.finish")
    with pytest.raises(OutcomeUnknownError):
        module.open_service(OpenService(service), context)
    asked = FindOperation(OperationKind.OPEN, service, context.deadline)
    found = module.find_operation(asked, context)
    assert isinstance(found, Done)
    assert found.facts["login"] == found.upstream_id
    assert module.open_service(OpenService(service), context).upstream_id == found.upstream_id
    assert list(panel.hosted) == [found.upstream_id]


class OvertakenPanel(IspmanagerPanel):
    """Does an earlier, identical request first: the one whose sender gave up on it."""

    @function("user.add.finish", level=RESELLER)
    def user_add(self, call: Call) -> Reply:
        super().user_add(call)
        return super().user_add(call)


def test_an_earlier_attempt_that_arrives_in_between_is_adopted(
    service_of: Callable[..., ServiceView], context_with: Callable[..., Context]
) -> None:
    """The panel says that the name exists, and it is this service's own by then."""
    panel = OvertakenPanel()
    panel.add_user("root", "another password", ADMINISTRATOR)
    panel.presets["start"] = {}
    with PanelServer(panel) as server:
        context = context_with(url=server.endpoint, password="another password")
        done = IspmanagerHosting().open_service(OpenService(service_of()), context)
    assert list(panel.hosted) == [done.upstream_id]


def test_a_look_up_without_a_trace_says_so(
    service_of: Callable[..., ServiceView], context: Context
) -> None:
    """Only then may the kernel send the order again."""
    asked = FindOperation(OperationKind.OPEN, service_of(), context.deadline)
    assert isinstance(IspmanagerHosting().find_operation(asked, context), NotFound)


def test_marks_are_whole_references(opened: Callable[..., ServiceView]) -> None:
    """Service 51 must not be found as the user of service 510."""
    assert opened(510).upstream_id != opened(51).upstream_id


def test_facts_that_could_not_be_read_leave_the_outcome_open(
    panel: IspmanagerPanel, service_of: Callable[..., ServiceView], context: Context
) -> None:
    """The user exists: "busy" would open the service a second time on the next module."""
    panel.faults.add("busy", "webdomain")
    with pytest.raises(OutcomeUnknownError):
        IspmanagerHosting().open_service(OpenService(service_of()), context)
    assert len(panel.hosted) == 1


def test_a_busy_panel_before_the_work_is_busy(
    panel: IspmanagerPanel, service_of: Callable[..., ServiceView], context: Context
) -> None:
    """Nothing was created, so another module may take the order."""
    panel.faults.add("busy", "user.add.finish")
    with pytest.raises(UpstreamBusyError):
        IspmanagerHosting().open_service(OpenService(service_of()), context)
    assert panel.hosted == {}


def test_the_password_of_a_new_user_is_long_random_and_told_to_nobody(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView]
) -> None:
    """Facts are stored and shown; the client comes in by panel link or sets a password."""
    first, second = opened(1), opened(2)
    passwords = {panel.sessions.users[it.upstream_id].password for it in (first, second)}
    assert len(passwords) == 2
    assert min(map(len, passwords)) >= 24
    assert not any(password in repr(it) for password in passwords for it in (first, second))


def test_credentials_never_travel_in_an_address(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView]
) -> None:
    """Addresses end up in the logs of every server on the way."""
    opened()
    requests = panel.requests.all()
    assert requests
    assert all(request.in_url == () for request in requests)


def test_without_a_template_the_user_gets_what_was_sold_and_nothing_else(
    panel: IspmanagerPanel, opened: Callable[..., ServiceView]
) -> None:
    """A tariff plan need not name a template."""
    service = opened(account_template="", tariff_code="", resources={"database": 3, "ram": 0})
    user = panel.hosted[service.upstream_id]
    assert user.preset == "#custom"
    assert user.limits == {"limit_db": "3", "limit_memory": "0"}


def test_any_other_refusal_of_a_new_user_is_final(
    panel: IspmanagerPanel, service_of: Callable[..., ServiceView], context: Context
) -> None:
    """Trying on with other names would only repeat it."""
    panel.faults.add("refused", "user.add.finish", type="limit", object="users")
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerHosting().open_service(OpenService(service_of()), context)
    assert refused.value.reason == "limit"
    assert len(panel.requests.all("user.add.finish")) == 1


@pytest.mark.parametrize("resource", ["cpu_load", "public_ipv4_addresses", "ipv6_addresses"])
def test_what_the_panel_can_t_be_told_is_refused_not_dropped(
    resource: str,
    panel: IspmanagerPanel,
    service_of: Callable[..., ServiceView],
    context: Context,
) -> None:
    """The client has paid for it and would never get it."""
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerHosting().open_service(OpenService(service_of(resources={resource: 1})), context)
    assert refused.value.reason == f"{resource}_unsupported"
    assert panel.hosted == {}


def test_addresses_are_objected_to_before_anybody_pays(
    service_of: Callable[..., ServiceView],
) -> None:
    """A refusal after the payment costs everybody time."""
    errors = IspmanagerHosting().validate_order(service_of(resources={"ipv6_addresses": 1}))
    assert [error.pointer for error in errors] == ["/addons/ipv6_addresses"]
    assert IspmanagerHosting().validate_order(service_of()) == ()


def test_cpu_load_is_sold_once_the_limit_s_name_is_known(
    panel: IspmanagerPanel,
    service_of: Callable[..., ServiceView],
    context_with: Callable[..., Context],
) -> None:
    """Its name isn't public; the panel's log shows it to the administrator."""
    service = service_of(resources={"cpu_load": 150})
    context = context_with(cpu_load_limit="limit_lve_cpu")
    done = IspmanagerHosting().open_service(OpenService(service), context)
    assert panel.hosted[done.upstream_id].limits["limit_lve_cpu"] == "150"
