"""Conformance of name servers: inherit the suite, write its fixtures, run pytest."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from billing_hookspecs.errors import OutcomeUnknownError, UpstreamBusyError, UpstreamRefusedError
from billing_hookspecs.name_servers import DomainFound, DomainPointed, DomainRemoved, NameServer
from billing_hookspecs.processing import ConnectionReport, NotFound
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
from billing_hookspecs.testing.name_servers.fixtures import NameServerRehearsal, RehearsedNameServer
from billing_hookspecs.testing.secrecy import listening, secrets_of
from billing_hookspecs.testing.wire import assert_plain

EVERY_FAULT = pytest.mark.parametrize("fault", list(Fault))
ONE, OTHER, SIXTH = "192.0.2.10", "192.0.2.11", "2001:db8::10"
ELSEWHERE = "sample.zone-of-nobody.invalid"


class NameServerConformance(RehearsedNameServer):
    """What every name server does: a name leads where it was told, and others' names stay.

    Fixtures to write:

    ``name_server``       an instance of the driver.
    ``upstream``          a running simulator, new for each test, with a zone.
    ``settings``          the connection's settings as an administrator would enter them; ``url``
                          is the simulator's address.
    ``zone``              the name of a zone of the account, without other names under ``sample``.
    ``upstream_records``  a function that reads the zone's records there, as something comparable
                          with ``==``. Left out, it is ``upstream.records``.

    And where the default doesn't fit: ``wrong_settings``, which the upstream turns away.
    """

    def test_the_driver_declares_what_it_is(self, name_server: NameServer) -> None:
        """Configurations name it by its key; its settings make a form; its times have bounds."""
        what = f"driver {name_server.key}"
        assert_key(name_server.key, "driver")
        assert_title(name_server.title, what)
        assert_form(name_server.settings, what)
        assert_settings(name_server.settings, what)
        timeout_s, quiet_s = name_server.call_timeout_s, name_server.quiet_period_s
        assert 0 < timeout_s <= CALL_TIMEOUT_MAX_S, f"call_timeout_s is {timeout_s}"
        assert quiet_s >= 0, f"quiet_period_s is {quiet_s}"

    def test_checking_the_connection_changes_nothing(self, rehearsal: NameServerRehearsal) -> None:
        """Administrators press the button as often as they like."""
        before = rehearsal.seen()
        report = rehearsal.name_server.check_connection(rehearsal.context())
        assert isinstance(report, ConnectionReport)
        assert report.summary.strip()
        assert rehearsal.seen() == before, "checking the connection changed the upstream"

    def test_wrong_credentials_are_refused(
        self, rehearsal: NameServerRehearsal, proxy: FaultProxy, wrong_settings: Mapping[str, Any]
    ) -> None:
        """A person waits for this answer; busy would send them away without one."""
        given = {**wrong_settings, "url": proxy.url}
        wrong = rehearsal.with_settings(checked_settings(rehearsal.name_server.settings, given))
        with pytest.raises(UpstreamRefusedError):
            wrong.name_server.check_connection(wrong.context())

    @pytest.mark.parametrize("address", [ONE, SIXTH])
    def test_a_name_leads_where_it_was_told(
        self, rehearsal: NameServerRehearsal, address: str
    ) -> None:
        """The driver finds it, and so does whoever reads the zone."""
        domain, before = next(rehearsal.domains), rehearsal.seen()
        pointed = rehearsal.point(domain, address)
        assert isinstance(pointed, DomainPointed)
        assert rehearsal.seen() != before, "no record was made"
        found = rehearsal.find(domain)
        assert isinstance(found, DomainFound), "a name that leads somewhere isn't found"
        assert found.addresses == (address,), f"it leads to {found.addresses}"
        for answer in (pointed, found):
            assert_plain(answer, type(answer).__name__)

    def test_pointing_twice_makes_one_record(self, rehearsal: NameServerRehearsal) -> None:
        """A worker that died after the call makes it again."""
        domain = next(rehearsal.domains)
        rehearsal.point(domain, ONE)
        once = rehearsal.seen()
        rehearsal.point(domain, ONE)
        assert rehearsal.seen() == once, "pointing again changed the upstream"

    def test_a_name_that_leads_elsewhere_stays(self, rehearsal: NameServerRehearsal) -> None:
        """A client who is called mail must not get the provider's mail server's name."""
        domain = next(rehearsal.domains)
        rehearsal.point(domain, OTHER)
        before = rehearsal.seen()
        refused = heard_from(lambda _: rehearsal.point(domain, ONE), READ_TIMEOUT_S)
        assert isinstance(refused, UpstreamRefusedError), f"a taken name was answered {refused!r}"
        assert refused.reason == "name_taken", f"the reason is {refused.reason}"
        assert rehearsal.seen() == before, "somebody else's name was changed"

    def test_a_name_moves_from_where_it_was(self, rehearsal: NameServerRehearsal) -> None:
        """Half of the visitors would be sent to the former address."""
        for previous, address in ((ONE, OTHER), (ONE, SIXTH)):
            domain = next(rehearsal.domains)
            rehearsal.point(domain, previous)
            rehearsal.point(domain, address, (previous,))
            assert rehearsal.addresses(domain) == {address}, "it still leads where it did"

    def test_a_name_without_a_zone_is_refused(self, rehearsal: NameServerRehearsal) -> None:
        """A zone that a driver made by itself would take a domain that is somebody's."""
        before = rehearsal.seen()
        refused = heard_from(lambda _: rehearsal.point(ELSEWHERE, ONE), READ_TIMEOUT_S)
        assert isinstance(refused, UpstreamRefusedError), f"without a zone: {refused!r}"
        assert refused.reason == "zone_missing", f"the reason is {refused.reason}"
        assert isinstance(rehearsal.find(ELSEWHERE), NotFound)
        assert isinstance(rehearsal.remove(ELSEWHERE, ONE), DomainRemoved)
        assert rehearsal.seen() == before

    def test_removing_twice_removes_once(self, rehearsal: NameServerRehearsal) -> None:
        """And leaves nothing behind that the name was made with."""
        domain, before = next(rehearsal.domains), rehearsal.seen()
        rehearsal.point(domain, ONE)
        assert isinstance(rehearsal.remove(domain, ONE), DomainRemoved)
        assert rehearsal.seen() == before, "removing left something behind"
        rehearsal.remove(domain, ONE)
        assert rehearsal.seen() == before, "removing again changed the upstream"
        assert isinstance(rehearsal.find(domain), NotFound)

    def test_only_what_is_named_is_removed(self, rehearsal: NameServerRehearsal) -> None:
        """By then the name may lead where somebody else needs it, and neighbours always do."""
        domain, neighbour = next(rehearsal.domains), next(rehearsal.domains)
        rehearsal.point(domain, OTHER)
        rehearsal.point(neighbour, ONE)
        before = rehearsal.seen()
        rehearsal.remove(domain, ONE)
        assert rehearsal.seen() == before, "somebody else's record was removed"
        rehearsal.remove(domain, ONE, OTHER)
        assert rehearsal.addresses(domain) == set(), "not every address was removed"
        assert rehearsal.addresses(neighbour) == {ONE}, "the neighbour's record was removed"

    def test_a_refused_connection_is_busy(self, rehearsal: NameServerRehearsal) -> None:
        """Nothing left this machine, so the kernel may safely try again."""
        nowhere = {**rehearsal.settings, "url": unused_url(rehearsal.settings["url"])}
        with pytest.raises(UpstreamBusyError):
            rehearsal.with_settings(nowhere).point(next(rehearsal.domains), ONE)

    @EVERY_FAULT
    def test_a_fault_while_pointing_makes_one_record(
        self, rehearsal: NameServerRehearsal, proxy: FaultProxy, fault: Fault
    ) -> None:
        """However the line fails, in the end the name leads to one address."""
        used = list[str]()

        def prepare() -> Call:
            used.append(next(rehearsal.domains))
            return lambda timeout_s: rehearsal.point(used[-1], ONE, (), timeout_s)

        for clean, struck in strike_each(proxy, rehearsal.seen, "pointing", prepare, fault):
            assert_honest(clean, struck)
            rehearsal.recover(used[-1], struck.heard, partial(struck.subject, READ_TIMEOUT_S))
            assert rehearsal.addresses(used[-1]) == {ONE}, f"{struck}: it leads elsewhere"
            rehearsal.remove(used[-1], ONE)
            assert rehearsal.seen() == struck.before, f"{struck}: more than one record was made"

    @EVERY_FAULT
    def test_a_fault_while_removing_leaves_nothing_in_the_end(
        self, rehearsal: NameServerRehearsal, proxy: FaultProxy, fault: Fault
    ) -> None:
        """A name that still leads to the address shows the next client's site as this one's."""
        used = list[str]()

        def prepare() -> Call:
            used.append(next(rehearsal.domains))
            rehearsal.point(used[-1], ONE)
            return lambda timeout_s: rehearsal.remove(used[-1], ONE, timeout_s=timeout_s)

        for clean, struck in strike_each(proxy, rehearsal.seen, "removing", prepare, fault):
            assert_honest(clean, struck)
            struck.subject(READ_TIMEOUT_S)
            assert rehearsal.addresses(used[-1]) == set(), f"{struck}: it still leads somewhere"

    @EVERY_FAULT
    def test_a_fault_while_looking_up_decides_nothing(
        self, rehearsal: NameServerRehearsal, proxy: FaultProxy, fault: Fault
    ) -> None:
        """NotFound after a failed look-up would forget a record that is there."""
        domain = next(rehearsal.domains)
        rehearsal.point(domain, ONE)
        looking = partial(rehearsal.find, domain)
        for _, struck in strike_each(proxy, rehearsal.seen, "looking", lambda: looking, fault):
            known = (DomainFound, UpstreamBusyError, OutcomeUnknownError)
            assert isinstance(struck.heard, known), f"{struck}: {struck.heard!r}"

    def test_secrets_stay_out_of_logs_answers_and_errors(
        self, rehearsal: NameServerRehearsal, proxy: FaultProxy, wrong_settings: Mapping[str, Any]
    ) -> None:
        """Logs are read by more people than settings are, and are kept longer."""
        given = {**wrong_settings, "url": proxy.url}
        wrong = checked_settings(rehearsal.name_server.settings, given)
        with listening() as ear:
            ear.answer(rehearsal.name_server)
            for connection in (rehearsal, rehearsal.with_settings(wrong)):
                with ear.catching():
                    ear.answer(connection.name_server.check_connection(connection.context()))
                with ear.catching():
                    ear.answer(connection.point(next(rehearsal.domains), ONE))
            for fault in set(Fault) - {Fault.SILENCE}:
                proxy.heal()
                proxy.strike(fault)
                call = partial(rehearsal.point, next(rehearsal.domains), ONE, ())
                with ear.catching():
                    ear.answer(heard_from(call, read_timeout_s(fault)))
        ear.assert_not_heard({*secrets_of(rehearsal.settings), *secrets_of(wrong)})
