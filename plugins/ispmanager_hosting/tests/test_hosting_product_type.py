"""Shared hosting as tariff plans start from it, and its resources in the panel's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import UpstreamRefusedError
from billing_ispmanager_hosting.limits import agree, limit_fields, resources_of, whole_number
from billing_ispmanager_hosting.product_types import SHARED_HOSTING

RESOURCES = {resource.key: resource for resource in SHARED_HOSTING.resource_types}


def test_there_are_the_twelve_resource_types() -> None:
    """Addons are created by these keys; a missing one can't be sold."""
    assert set(RESOURCES) == {
        "database",
        "ipv6_addresses",
        "disk_space",
        "web_domain_limit",
        "domain_limit",
        "email_domain_limit",
        "cpu_load",
        "ram",
        "mailbox",
        "cpu_time",
        "public_ipv4_addresses",
        "traffic",
    }


@pytest.mark.parametrize(
    ("key", "unit", "default", "minimum", "maximum"),
    [("disk_space", "MiB", 1024, 1024, 10240), ("web_domain_limit", "pcs", 10, 10, 100)],
)
def test_bounded_addons_have_the_documented_bounds(
    key: str, unit: str, default: int, minimum: int, maximum: int
) -> None:
    """Order forms show these unless a tariff plan says otherwise."""
    resource = RESOURCES[key]
    assert (resource.unit, resource.default) == (unit, default)
    assert (resource.minimum, resource.maximum) == (minimum, maximum)


def test_new_tariff_plans_get_traffic_disk_and_web_domains() -> None:
    """The three addons that appear by themselves."""
    assert set(SHARED_HOSTING.default_addons) == {"traffic", "disk_space", "web_domain_limit"}
    assert (RESOURCES["traffic"].unit, RESOURCES["traffic"].default) == ("GiB", 5120)


AMOUNTS = st.dictionaries(
    st.sampled_from(sorted(set(RESOURCES) - {"public_ipv4_addresses", "ipv6_addresses"})),
    st.integers(0, 10**9),
)


@given(amounts=AMOUNTS)
def test_what_is_told_to_the_panel_is_read_back_as_what_was_sold(amounts: dict[str, int]) -> None:
    """A unit that got lost on the way sells a thousandth, or a thousand times, of a resource."""
    assert resources_of(limit_fields(amounts, "limit_lve"), "limit_lve") == amounts


def test_a_resource_that_nobody_knows_is_refused() -> None:
    """A tariff plan of a later version must not be opened with a part of it missing."""
    with pytest.raises(UpstreamRefusedError):
        limit_fields({"gpu": 1})


@pytest.mark.parametrize(
    ("text", "number"), [("1024", 1024), ("1024 MiB", 1024), ("", None), ("on", None)]
)
def test_numbers_are_read_with_or_without_a_unit(text: str, number: int | None) -> None:
    """Panels append units to some columns."""
    assert whole_number(text) == number


def test_limits_agree_only_where_every_wanted_one_is_there() -> None:
    """A limit that the panel doesn't show isn't proof that it was set."""
    assert agree({"limit_db": "10", "limit_ssl": "on"}, {"limit_db": "10 pcs", "limit_ssl": "on"})
    assert not agree({"limit_db": "10"}, {})
    assert not agree({"limit_db": "10"}, {"limit_db": "100"})
