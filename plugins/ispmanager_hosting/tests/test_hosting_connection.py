"""Checking a connection tells an administrator what is at the other end, and changes nothing."""

from collections.abc import Callable

import pytest

from billing_hookspecs import Context, UpstreamBusyError, UpstreamRefusedError
from billing_ispmanager_hosting.processing import IspmanagerHosting
from billing_ispmanager_hosting.simulator import IspmanagerPanel
from billing_ispsystem_api.simulator import USER, PanelServer


def test_the_report_names_edition_user_and_templates(context: Context) -> None:
    """These three tell whether it is the right server, the right login, and what to sell."""
    report = IspmanagerHosting().check_connection(context)
    assert report.summary == "ispmanager Host, user root, templates: pro, start"


@pytest.mark.parametrize("path", ["", "/", "/ispmgr", "/ispmgr/", "/manager/ispmgr"])
def test_the_address_is_understood_however_it_was_entered(
    path: str, server: PanelServer, context_with: Callable[..., Context]
) -> None:
    """People copy the address from the browser or from a letter; all of these are in use."""
    report = IspmanagerHosting().check_connection(context_with(url=f"{server.url}{path}"))
    assert "ispmanager" in report.summary


def test_a_wrong_password_is_refused_with_its_reason(context_with: Callable[..., Context]) -> None:
    """The administrator is waiting and can put it right at once."""
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerHosting().check_connection(context_with(password="not the password"))
    assert refused.value.reason == "credentials"


def test_an_account_without_rights_over_users_is_refused(
    panel: IspmanagerPanel, context_with: Callable[..., Context]
) -> None:
    """An ordinary user can log in and do nothing that selling needs."""
    panel.add_user("ann", "ordinary password", USER)
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerHosting().check_connection(
            context_with(username="ann", password="ordinary password")
        )
    assert refused.value.reason == "forbidden"


def test_another_product_at_the_address_is_refused(
    panel: IspmanagerPanel, context: Context
) -> None:
    """The panels of one vendor speak one dialect, so the wrong one answers as well."""
    panel.product = "BILLmanager Corporate"
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerHosting().check_connection(context)
    assert refused.value.reason == "wrong_panel"


def test_a_page_for_people_is_not_taken_for_the_panel(
    panel: IspmanagerPanel, context: Context
) -> None:
    """A firewall in front answers HTML with status 200."""
    panel.faults.add("html", times=0)
    with pytest.raises(UpstreamBusyError):
        IspmanagerHosting().check_connection(context)
