"""Pure readings: amounts, dates, price lists, marks and the proof of a renewal."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money, ServiceView, ValueType
from billing_hookspecs.testing import sample_service
from billing_isp_licenses.amounts import available, cost, currency_of, decimal_of, is_about_money
from billing_isp_licenses.identity import belongs_to, carries_mark, marked_name
from billing_isp_licenses.price_list import tariffs_of
from billing_isp_licenses.renewals import Progress, progress_of
from billing_isp_licenses.wire import License, LicenseStatus, date_of, license_of, same_address
from billing_ispsystem_api import parse

cents = st.integers(-(10**11), 10**11)
references = st.from_regex(r"[A-Za-z0-9_.:-]{1,24}", fullmatch=True)
names = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=40)


def written(minor: int, point: str, group: str) -> str:
    whole, rest = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole:,}".replace(",", group) + f"{point}{rest:02}"


# --- amounts ------------------------------------------------------------------------------


@given(
    minor=cents,
    style=st.sampled_from(
        [(".", ""), (".", ","), (".", " "), (",", "."), (",", "\u00a0"), (".", "'")]
    ),
    around=st.sampled_from(["{}", "{} EUR", "EUR {}", "{} €", " {} "]),
)
def test_amounts_are_read_to_the_cent(minor: int, style: tuple[str, str], around: str) -> None:
    """Sellers group and point as their country does; a cent read wrong is money."""
    text = around.format(written(minor, *style))
    amount = decimal_of(text)
    assert amount is not None
    assert available(amount, "EUR") == cost(amount, "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("913.9286", "913.9286"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1,5", "1.5"),
        ("−3.50", "-3.50"),
        ("0", "0"),
        ("12 EUR", "12"),
    ],
)
def test_amounts_at_the_edges(text: str, amount: str) -> None:
    """A lone comma before three digits groups; a lone point is what machines write."""
    assert decimal_of(text) == Decimal(amount)


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_amounts(text: str) -> None:
    amount = decimal_of(text)
    assert amount is None or amount.is_finite()
    assert len(currency_of(text)) in (0, 3)


def test_amounts_are_rounded_at_one_place_each() -> None:
    """A balance never up, a price half up."""
    assert available(Decimal("0.999"), "EUR") == Money(99, "EUR")
    assert available(Decimal("-0.001"), "EUR") == Money(-1, "EUR")
    assert cost(Decimal("913.925"), "EUR") == Money(91393, "EUR")
    assert cost(Decimal("100.5"), "JPY") == Money(101, "JPY")


@pytest.mark.parametrize(
    ("texts", "currency"),
    [
        (("EUR",), "EUR"),
        (("", "usd"), "USD"),
        (("9.00 RUB",), "RUB"),
        (("150 руб.",), "RUB"),
        (("€5",), "EUR"),
        (("XYZ",), ""),
        (("", ""), ""),
        (("abc", "GBP"), "GBP"),
    ],
)
def test_currencies_are_codes_or_known_signs(texts: tuple[str, ...], currency: str) -> None:
    assert currency_of(*texts) == currency


@pytest.mark.parametrize(
    ("text", "is_funds"),
    [
        ("Insufficient funds", True),
        ("not_enough_money", True),
        ("There is not enough money on the account", True),
        ("Недостаточно средств", True),
        ("На лицевом счете недостаточно денежных средств", True),
        ("не хватает средств", True),
        ("The license for this IP already exists", False),
        ("Not enough rights", False),
        ("Insufficient privileges", False),
        ("", False),
    ],
)
def test_want_of_money_is_told_from_other_refusals(text: str, is_funds: bool) -> None:
    """One waits for the provider, the other gives the client's money back."""
    assert is_about_money(text) is is_funds


# --- licences -----------------------------------------------------------------------------


def test_a_licence_is_read_from_forms_and_rows() -> None:
    """The form names the tariff by id, the row by name and id; changes nest the object."""
    row = license_of(
        parse(
            b"<doc><elem><id>5</id><licname>n</licname><pricelist>ispmanager 6 lite</pricelist>"
            b"<pricelist_id>55227</pricelist_id><ip>192.0.2.1</ip>"
            b'<item_status orig="2">Active</item_status>'
            b"<expiredate>daily</expiredate><real_expiredate>2026-05-01</real_expiredate>"
            b"</elem></doc>"
        ).rows()[0]
    )
    assert (row.id, row.tariff_code, row.status) == ("5", "55227", LicenseStatus.ACTIVE)
    assert row.expires_on == date(2026, 5, 1)
    for body in (
        b"<doc><elid>5</elid><lickey>5-x</lickey><status>3</status><addon_9>2</addon_9></doc>",
        b"<doc><ok/><doc><elid>5</elid><lickey>5-x</lickey><status>3</status><addon_9>2</addon_9>"
        b"</doc></doc>",
        b'{"doc":{"model":{"elid":"5","lickey":"5-x","status":"3","addon_9":"2"}}}',
    ):
        form = license_of(parse(body))
        assert (form.id, form.key, form.status) == ("5", "5-x", LicenseStatus.SUSPENDED)
        assert dict(form.addons) == {"addon_9": "2"}


def test_unknown_statuses_are_not_guessed() -> None:
    assert license_of(parse(b"<doc><status>77</status></doc>")).status is LicenseStatus.UNKNOWN
    assert license_of(parse(b"<doc><id>1</id></doc>")).status is None


def test_facts_hold_only_what_was_shown() -> None:
    """A list without keys must not wipe the key that the kernel knows."""
    assert License("5", ip="192.0.2.1").facts == {"license_id": "5", "ip": "192.0.2.1"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-28", date(2026, 2, 28)),
        ("2026-02-28 12:00:00", date(2026, 2, 28)),
        ("2026-02-30", None),
        ("while there is money", None),
        ("", None),
    ],
)
def test_dates_are_dates_or_nothing(text: str, day: date | None) -> None:
    assert date_of(text) == day


def test_addresses_are_compared_not_spelled() -> None:
    assert same_address("2001:db8::1", "2001:0DB8:0:0:0:0:0:1")
    assert not same_address("192.0.2.1", "192.0.2.11")
    assert same_address("odd", "odd")


# --- marks --------------------------------------------------------------------------------


def named(reference: str, name: str) -> ServiceView:
    return sample_service(reference=reference, parameters={"name": name})


@given(one=references, other=references, name=names)
def test_a_mark_names_one_service(one: str, other: str, name: str) -> None:
    """svc-1 must never be taken for svc-12, whatever clients call their licences."""
    license = License("1", name=marked_name(named(one, name)))
    assert carries_mark(license, named(one, "renamed"))
    assert carries_mark(license, named(other, name)) == (one == other)


@given(one=references, other=references)
def test_a_name_can_t_pretend_to_be_a_mark(one: str, other: str) -> None:
    """Clients choose the name; the mark stands before it."""
    license = License("1", name=marked_name(named(one, f"{other} name")))
    assert carries_mark(license, named(other, "")) == (one == other)


def test_nothing_known_means_not_ours() -> None:
    """An answer without name and key must not match a service without facts."""
    assert not belongs_to(License("1"), sample_service())
    assert not belongs_to(License("1", remote_id="another"), sample_service())


# --- renewals -----------------------------------------------------------------------------


@given(
    start=st.dates(date(2020, 1, 1), date(2060, 1, 1)),
    span=st.integers(28, 1100),
    drift=st.floats(-0.24, 0.24),
)
def test_before_and_after_a_renewal_are_told_apart(start: date, span: int, drift: float) -> None:
    """Whatever the seller's dates are off by, within a quarter of the period."""
    off = timedelta(days=int(span * drift))
    end = start + timedelta(days=span)
    assert progress_of(start + off, start, end, 1) is Progress.DUE
    assert progress_of(end + off, start, end, 1) is Progress.DONE


@given(
    start=st.dates(date(2020, 1, 1), date(2060, 1, 1)),
    span=st.integers(28, 1100),
    days=st.integers(-2000, 2000),
)
def test_more_time_never_looks_like_less(start: date, span: int, days: int) -> None:
    """The later the expiry, the nearer to done; a middle belongs to nobody."""
    order = [Progress.DUE, Progress.UNCLEAR, Progress.DONE]
    end = start + timedelta(days=span)
    shown = start + timedelta(days=days)
    earlier = progress_of(shown, start, end, 1)
    later = progress_of(shown + timedelta(days=1), start, end, 1)
    assert order.index(earlier) <= order.index(later)


def test_without_dates_nothing_is_proved() -> None:
    assert progress_of(None, date(2026, 1, 1), date(2026, 2, 1), 1) is Progress.UNCLEAR
    assert progress_of(date(2026, 1, 1), date(2026, 1, 1), None, 1) is Progress.UNCLEAR
    assert progress_of(date(2026, 2, 1), None, date(2026, 2, 1), 1) is Progress.DONE
    assert progress_of(date(2026, 1, 2), None, date(2026, 2, 1), 1) is Progress.DUE


# --- price lists --------------------------------------------------------------------------

JSON_LIST = """{"doc":{"pricelist":[{"id":"55230","name":"Business","name_ru":"Бизнес",
"price":{"$currency":"EUR","period":[{"$cost":"913.9286","$type":"month","$length":"1"},
{"$cost":"5","$type":"year","$length":"2"},{"$cost":"9","$type":"day","$length":"1"}]},
"addon":[{"id":"55236","name":"Nodes","addontype":"2","addonmin":"1","addonmax":"9",
"addonstep":"1","price":{"$currency":"EUR","period":{"$cost":"2","$type":"month","$length":"1"}}},
{"id":"7","addontype":"3","enumeration":[]},{"id":"8","name":"Switch","addontype":"1"}]}]}}"""


def test_price_lists_are_read_in_json() -> None:
    """The documented sample is XML, production clients read JSON, with bare single rows."""
    (tariff,) = tariffs_of(parse(JSON_LIST.encode()))
    assert tariff.title == {"en": "Business", "ru": "Бизнес"}
    assert {it.period_months: it.cost.amount_minor for it in tariff.periods} == {1: 91393, 24: 500}
    nodes, switch = tariff.addons
    assert (nodes.resource_type, nodes.minimum, nodes.maximum) == ("addon_55236", 1, 9)
    assert dict(nodes.costs) == {"1": Money(200, "EUR")}
    assert switch.value_type is ValueType.BOOLEAN


def test_price_lists_are_read_in_xml() -> None:
    body = (
        b'<doc><pricelist><id>277</id><additionintname>X</additionintname><price currency="EUR">'
        b'<period cost="913.9286" type="month" length="1">monthly</period></price></pricelist>'
        b"<pricelist><id>278</id></pricelist></doc>"
    )
    (tariff,) = tariffs_of(parse(body))
    assert tariff.external_id == "277"
    assert tariff.title == {"en": "277"}
    assert [(it.period_months, it.cost.amount_minor) for it in tariff.periods] == [(1, 91393)]
