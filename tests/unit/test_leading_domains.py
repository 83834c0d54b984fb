"""What is asked of a name server next, and what is known after each of its answers."""

import pytest

from billing_hookspecs import (
    DomainFound,
    DomainPointed,
    DomainRemoved,
    NotFound,
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.domain.free_domains import DomainCall, Leading, address_in, is_free

OLD, NEW = "192.0.2.1", "192.0.2.2"


def test_a_domain_is_pointed_until_it_leads_there() -> None:
    """Its former address goes along, so that it leads there no longer."""
    leading = Leading(NEW, (OLD,))
    assert (leading.call, leading.is_settled) == (DomainCall.POINT, False)
    assert leading.after(DomainPointed()) == Leading(NEW, (NEW,))
    assert leading.after(DomainPointed()).is_settled


def test_a_domain_that_shall_lead_nowhere_is_removed() -> None:
    """And counts as gone only after the name server said so."""
    leading = Leading("", (OLD, NEW))
    assert (leading.call, leading.is_settled) == (DomainCall.REMOVE, False)
    assert leading.after(DomainRemoved()).is_settled


@pytest.mark.parametrize("address", [NEW, ""])
def test_after_a_lost_answer_it_is_looked_up(address: str) -> None:
    """Whether the record was made isn't known, so both addresses have to be thought of."""
    doubtful = Leading(address, (OLD,)).after(OutcomeUnknownError("lost"))
    assert doubtful.in_doubt
    assert doubtful.call is DomainCall.FIND
    assert set(doubtful.led) == {OLD, address} - {""}
    assert doubtful.after(OutcomeUnknownError("again")) == doubtful


@pytest.mark.parametrize(
    ("found", "led"),
    [
        (DomainFound((NEW,)), (NEW,)),
        (DomainFound((OLD,)), (OLD,)),
        (DomainFound((NEW, OLD)), (OLD, NEW)),
        (DomainFound(("203.0.113.9",)), ()),
        (NotFound(), ()),
    ],
)
def test_a_look_up_ends_the_doubt(found: DomainFound | NotFound, led: tuple[str, ...]) -> None:
    """What isn't there any more is forgotten; what somebody else put there isn't ours."""
    doubtful = Leading(NEW, (OLD, NEW), in_doubt=True)
    known = doubtful.after(found)
    assert known == Leading(NEW, led)
    assert known.is_settled is (led == (NEW,))


@pytest.mark.parametrize("error", [UpstreamBusyError("later"), UpstreamRefusedError("no")])
def test_what_surely_was_not_done_changes_nothing(
    error: UpstreamBusyError | UpstreamRefusedError,
) -> None:
    """A name that was refused as somebody else's must not be removed later as ours."""
    for leading in (Leading(NEW), Leading(NEW, (OLD,)), Leading(NEW, (OLD,), in_doubt=True)):
        assert leading.after(error) == leading


@pytest.mark.parametrize(
    ("facts", "address"),
    [
        ({"ip": "192.0.2.1"}, "192.0.2.1"),
        ({"ip": " 2001:DB8::0:1 "}, "2001:db8::1"),
        ({"ip": "server.test"}, ""),
        ({"ip": None}, ""),
        ({}, ""),
    ],
)
def test_addresses_are_canonical_or_none(facts: dict[str, str | None], address: str) -> None:
    """Two spellings of one address would look like a move."""
    assert address_in(facts) == address


def test_a_domain_is_free_unless_its_client_gave_it() -> None:
    """The client's own domain is answered by the client's name servers."""
    assert is_free("ann.hosting.test", {"domain": "", "name": "ann"})
    assert not is_free("shop.test", {"domain": "shop.test"})
    assert not is_free("", {})
