"""User names and domains by templates: read once, cut where it does no harm, never the same."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import ascii_domain
from billing_kernel.domain.service_names import (
    DOMAIN_TEMPLATE,
    USERNAME_MAX,
    USERNAME_TEMPLATE,
    NamedService,
    domain_template_error,
    domains,
    plain_login,
    username_template_error,
    usernames,
)

SERVICE = NamedService(510, 7, "Ann.Example+x@client.test", "shared_hosting")
LOGINS = st.text("abz019.@ID_-", max_size=40)
IDS = st.integers(1, 10**12)
PIECES = st.sampled_from(["@USERNAME@", "@DOMAIN@", "@ID@", "@ACCOUNT_ID@", "a", "b-", "9", "_"])
USERNAME_TEMPLATES = (
    st.lists(PIECES, max_size=6).map("".join).filter(lambda text: len(text) <= USERNAME_MAX)
)


def test_the_example_of_the_documentation() -> None:
    """``user@ID@`` of service 510."""
    assert next(usernames(USERNAME_TEMPLATE, SERVICE, "")) == "user510"
    admin = NamedService(1, 1, "admin@client.test", "vps")
    assert next(domains(DOMAIN_TEMPLATE, admin)) == "admin.example.com"


def test_a_template_is_read_once() -> None:
    """A login that looks like a macro is a login: nobody makes an id of another service so."""
    tricky = NamedService(5, 7, "@ID@@client.test", "vps")
    assert next(usernames("@USERNAME@x", tricky, "")) == "userx"
    assert plain_login('"@ID@"@client.test') == "user"


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("@USERNAME@@ID@", "abcdefghijklm510"),
        ("@DOMAIN@@DOMAIN@", "shopexamshopexam"),
        ("aaaaaaaaaaaa@ID@", "aaaaaaaaaaaa510"),
        ("aaaaaa@DOMAIN@", "aaaaaashopexampl"),
    ],
)
def test_the_longest_value_is_cut_and_never_an_id(template: str, name: str) -> None:
    """The rest of an id would be the id of somebody else's service."""
    service = NamedService(510, 7, "abcdefghijklmnopqrstuvwxyz@client.test", "vps")
    assert next(usernames(template, service, "shop.example.org")) == name


@given(USERNAME_TEMPLATES, LOGINS, IDS, IDS)
def test_user_names_fit_are_plain_and_differ(
    template: str, login: str, service_id: int, client_id: int
) -> None:
    """Whatever the template and the login are; ids stay whole while they fit at all."""
    service = NamedService(service_id, client_id, login, "vps")
    made = list(islice(usernames(template, service, "shop.example.org"), 5))
    assert username_template_error(template) is None
    # Two ids of twelve digits don't fit; everything else does.
    ids = template.count("@ID@") * len(str(service_id))
    ids += template.count("@ACCOUNT_ID@") * len(str(client_id))
    for name in made:
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        assert len(name) <= max(USERNAME_MAX, ids + 1)
        assert ("@ID@" not in template) or str(service_id) in name
    assert len(set(made)) == 5


@given(LOGINS, IDS, st.sampled_from(["vps", "shared_hosting", "x" * 64]))
def test_domains_are_domains_and_differ(login: str, service_id: int, product_type: str) -> None:
    """A name that no server can be called by would be refused by the panel, after payment."""
    service = NamedService(service_id, 7, login, product_type)
    for template in (DOMAIN_TEMPLATE, "@USERNAME@-@TYPE@-@ID@.@TYPE@.example.com", "@ID@.net"):
        made = list(islice(domains(template, service), 5))
        assert [ascii_domain(name) for name in made] == made
        assert len(set(made)) == 5


@pytest.mark.parametrize(
    "template",
    ["x" * 17, "@TYPE@", "@USER@", "user@", "User@ID@", "user @ID@", "@ID@.com", "юзер", "@id@"],
)
def test_templates_of_user_names_that_make_none(template: str) -> None:
    """Found when the tariff plan is saved, not when somebody has paid."""
    assert username_template_error(template)


@pytest.mark.parametrize(
    "template",
    ["localhost", "@DOMAIN@.com", "@ACCOUNT_ID@.com", "a b.com", "-@ID@.com", "x@y.com", "A.com",
     "@USERNAME@..com", "@ID@." + "a" * 190],
)  # fmt: skip
def test_templates_of_domains_that_make_none(template: str) -> None:
    """Found when the tariff plan is saved, not when somebody has paid."""
    assert domain_template_error(template)
