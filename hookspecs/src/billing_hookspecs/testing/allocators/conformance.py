"""Conformance of IP allocators: inherit the suite, write its fixtures, run pytest."""

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from billing_hookspecs.allocators import AddressAllocated, AddressReleased, IpAllocator, IpFamily
from billing_hookspecs.errors import OutcomeUnknownError, UpstreamBusyError, UpstreamRefusedError
from billing_hookspecs.processing import ConnectionReport, NotFound
from billing_hookspecs.testing.allocators.fixtures import AllocatorRehearsal, RehearsedAllocator
from billing_hookspecs.testing.contexts import READ_TIMEOUT_S
from billing_hookspecs.testing.declarations import (
    CALL_TIMEOUT_MAX_S,
    assert_form,
    assert_key,
    assert_settings,
    assert_title,
    checked_settings,
)
from billing_hookspecs.testing.fault_proxy import Fault, FaultProxy, unused_url
from billing_hookspecs.testing.faults import (
    Call,
    assert_honest,
    heard_from,
    read_timeout_s,
    strike_each,
)
from billing_hookspecs.testing.secrecy import listening, secrets_of
from billing_hookspecs.testing.wire import assert_plain

EVERY_FAULT = pytest.mark.parametrize("fault", list(Fault))
VERSIONS = {IpFamily.IPV4: 4, IpFamily.IPV6: 6}


class IpAllocatorConformance(RehearsedAllocator):
    """What every IP allocator does: one reference holds one address.

    Fixtures to write:

    ``allocator``           an instance of the driver.
    ``upstream``            a running simulator, new for each test, with a dozen free addresses
                            or more of each family.
    ``settings``            the connection's settings as an administrator would enter them;
                            ``url`` is the simulator's address.
    ``upstream_addresses``  a function that reads what is held there: one entry for each holding,
                            comparable with ``==``. Left out, it is ``upstream.addresses``.

    And where the default doesn't fit: ``wrong_settings``, which the upstream turns away.
    """

    def test_the_driver_declares_what_it_is(self, allocator: IpAllocator) -> None:
        """Configurations name it by its key; its settings make a form; its times have bounds."""
        assert_key(allocator.key, "driver")
        assert_title(allocator.title, f"driver {allocator.key}")
        assert_form(allocator.settings, f"driver {allocator.key}")
        assert_settings(allocator.settings, f"driver {allocator.key}")
        unknown = set(allocator.account_identity) - {field.name for field in allocator.settings}
        assert not unknown, f"account_identity names {sorted(unknown)}, which aren't settings"
        assert allocator.families, "an allocator without families has nothing to hand out"
        timeout_s, quiet_s = allocator.call_timeout_s, allocator.quiet_period_s
        assert 0 < timeout_s <= CALL_TIMEOUT_MAX_S, f"call_timeout_s is {timeout_s}"
        assert quiet_s >= 0, f"quiet_period_s is {quiet_s}"

    def test_checking_the_connection_changes_nothing(self, rehearsal: AllocatorRehearsal) -> None:
        """Administrators press the button as often as they like."""
        before = rehearsal.seen()
        report = rehearsal.allocator.check_connection(rehearsal.context())
        assert isinstance(report, ConnectionReport)
        assert report.summary.strip()
        assert rehearsal.seen() == before, "checking the connection changed the upstream"

    def test_wrong_credentials_are_refused(
        self, rehearsal: AllocatorRehearsal, proxy: FaultProxy, wrong_settings: Mapping[str, Any]
    ) -> None:
        """Busy would let the kernel knock until the upstream locks the account."""
        given = {**wrong_settings, "url": proxy.url}
        wrong = checked_settings(rehearsal.allocator.settings, given)
        with pytest.raises(UpstreamRefusedError):
            rehearsal.allocator.check_connection(rehearsal.with_settings(wrong).context())

    def test_an_address_is_of_its_family_and_canonical(self, rehearsal: AllocatorRehearsal) -> None:
        """Two spellings of one address would be two addresses."""
        for family in rehearsal.families:
            allocated = rehearsal.allocate(next(rehearsal.references), family)
            assert isinstance(allocated, AddressAllocated)
            address = ipaddress.ip_address(allocated.address)
            assert address.version == VERSIONS[family], f"{address} is not {family}"
            assert str(address) == allocated.address, f"{allocated.address} is not canonical"
            assert_plain(allocated, "AddressAllocated")

    def test_allocating_twice_holds_one_address(self, rehearsal: AllocatorRehearsal) -> None:
        """A worker that died after the call makes it again, and addresses are scarce."""
        for family in rehearsal.families:
            reference, before = next(rehearsal.references), rehearsal.seen()
            first = rehearsal.allocate(reference, family)
            once = rehearsal.seen()
            again = rehearsal.allocate(reference, family)
            assert again.address == first.address, "one reference was given two addresses"
            assert rehearsal.seen() == once, "allocating again changed the upstream"
            assert once != before, "nothing is held after allocating"

    def test_two_references_hold_two_addresses(self, rehearsal: AllocatorRehearsal) -> None:
        """Two servers with one address are none."""
        for family in rehearsal.families:
            one, other = (rehearsal.allocate(next(rehearsal.references), family) for _ in "12")
            shared = rehearsal.allocator.shares_addresses
            assert shared or one.address != other.address, "one address was given away twice"

    def test_what_is_held_is_found_and_nothing_else(self, rehearsal: AllocatorRehearsal) -> None:
        """The look-up after a lost answer has nothing but the reference."""
        for family in rehearsal.families:
            reference = next(rehearsal.references)
            allocated = rehearsal.allocate(reference, family)
            found = rehearsal.find(reference, family)
            assert isinstance(found, AddressAllocated), "what is held isn't found"
            assert found.address == allocated.address
            foreign = rehearsal.find(next(rehearsal.references), family)
            assert isinstance(foreign, NotFound), f"adopted a foreign address: {foreign}"

    def test_releasing_twice_gives_back_once(self, rehearsal: AllocatorRehearsal) -> None:
        """In between, somebody else may have got it."""
        for family in rehearsal.families:
            reference, before = next(rehearsal.references), rehearsal.seen()
            address = rehearsal.allocate(reference, family).address
            released = rehearsal.release(reference, family, address)
            assert isinstance(released, AddressReleased)
            assert rehearsal.seen() == before, "releasing left something behind"
            rehearsal.release(reference, family, address)
            assert rehearsal.seen() == before, "releasing again changed the upstream"
            assert isinstance(rehearsal.find(reference, family), NotFound)

    def test_somebody_elses_address_is_never_released(self, rehearsal: AllocatorRehearsal) -> None:
        """A late release must not take the address from whoever has it now."""
        for family in rehearsal.families:
            owner, stranger = next(rehearsal.references), next(rehearsal.references)
            address = rehearsal.allocate(owner, family).address
            held = rehearsal.seen()
            with suppress(UpstreamRefusedError):
                rehearsal.release(stranger, family, address)
            assert rehearsal.seen() == held, "somebody else's address was released"

    def test_a_refused_connection_is_busy(self, rehearsal: AllocatorRehearsal) -> None:
        """Nothing left this machine, so the kernel may safely try again."""
        nowhere = {**rehearsal.settings, "url": unused_url(rehearsal.settings["url"])}
        with pytest.raises(UpstreamBusyError):
            rehearsal.with_settings(nowhere).allocate("sample-1-ip", rehearsal.families[0])

    @EVERY_FAULT
    def test_a_fault_while_allocating_holds_one_address(
        self, rehearsal: AllocatorRehearsal, proxy: FaultProxy, fault: Fault
    ) -> None:
        """However the line fails, in the end one address is held and known of."""
        family, used = rehearsal.families[0], list[str]()

        def prepare() -> Call:
            used.append(next(rehearsal.references))
            return partial(rehearsal.allocate, used[-1], family)

        for clean, struck in strike_each(proxy, rehearsal.seen, "allocating", prepare, fault):
            assert_honest(clean, struck)
            known = rehearsal.recover(used[-1], family, struck.heard)
            held = len(rehearsal.seen()) - len(struck.before)
            assert held == 1, f"{struck}: {held} addresses are held"
            assert rehearsal.find(used[-1], family) == known
            rehearsal.release(used[-1], family, known.address)

    @EVERY_FAULT
    def test_a_fault_while_releasing_gives_back_in_the_end(
        self, rehearsal: AllocatorRehearsal, proxy: FaultProxy, fault: Fault
    ) -> None:
        """An address that nobody uses and nobody can have is lost for good."""
        family = rehearsal.families[0]

        def prepare() -> Call:
            reference = next(rehearsal.references)
            address = rehearsal.allocate(reference, family).address
            return partial(rehearsal.release, reference, family, address)

        for clean, struck in strike_each(proxy, rehearsal.seen, "releasing", prepare, fault):
            assert_honest(clean, struck)
            struck.subject(READ_TIMEOUT_S)
            left = len(struck.before) - len(rehearsal.seen())
            assert left == 1, f"{struck}: {left} addresses were given back"

    @EVERY_FAULT
    def test_a_fault_while_looking_up_decides_nothing(
        self, rehearsal: AllocatorRehearsal, proxy: FaultProxy, fault: Fault
    ) -> None:
        """NotFound after a failed look-up makes the kernel take another address."""
        reference, family = next(rehearsal.references), rehearsal.families[0]
        rehearsal.allocate(reference, family)
        looking = partial(rehearsal.find, reference, family)
        for _, struck in strike_each(proxy, rehearsal.seen, "looking", lambda: looking, fault):
            known = (AddressAllocated, UpstreamBusyError, OutcomeUnknownError)
            assert isinstance(struck.heard, known), f"{struck}: {struck.heard!r}"

    def test_secrets_stay_out_of_logs_answers_and_errors(
        self, rehearsal: AllocatorRehearsal, proxy: FaultProxy, wrong_settings: Mapping[str, Any]
    ) -> None:
        """Logs are read by more people than settings are, and are kept longer."""
        given = {**wrong_settings, "url": proxy.url}
        wrong = checked_settings(rehearsal.allocator.settings, given)
        family = rehearsal.families[0]
        with listening() as ear:
            ear.answer(rehearsal.allocator)
            for connection in (rehearsal, rehearsal.with_settings(wrong)):
                with ear.catching():
                    ear.answer(connection.allocator.check_connection(connection.context()))
                with ear.catching():
                    ear.answer(connection.allocate(next(rehearsal.references), family))
            for fault in set(Fault) - {Fault.SILENCE}:
                proxy.heal()
                proxy.strike(fault)
                reference = next(rehearsal.references)
                with ear.catching():
                    call = partial(rehearsal.allocate, reference, family)
                    ear.answer(heard_from(call, read_timeout_s(fault)))
        ear.assert_not_heard({*secrets_of(rehearsal.settings), *secrets_of(wrong)})
