"""The driver hands every operation to people and pretends nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from billing_hookspecs import (
    Capability,
    CapabilityMissingError,
    ChangePassword,
    ChangeService,
    CloseService,
    Context,
    FindOperation,
    OpenService,
    OperationKind,
    Pending,
    RenewService,
    ResumeService,
    Secret,
    ServiceView,
    SuspendService,
    check_fields,
)
from billing_manual_processing.processing import ManualProcessing

CALLS: dict[str, Callable[[ServiceView], object]] = {
    "open_service": lambda service: OpenService(service),
    "suspend_service": lambda service: SuspendService(service, reason="expired"),
    "resume_service": lambda service: ResumeService(service),
    "change_service": lambda service: ChangeService(service, before=service),
    "close_service": lambda service: CloseService(service),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_operation_waits_for_a_person(
    call: str, service: ServiceView, context: Context
) -> None:
    """Done would make the kernel earn the money for a server that nobody has set up yet."""
    outcome = getattr(ManualProcessing(), call)(CALLS[call](service), context)
    assert isinstance(outcome, Pending)
    assert outcome.upstream_id == ""
    assert outcome.facts == {}


@pytest.mark.parametrize("kind", list(OperationKind))
def test_a_look_up_never_says_that_nothing_was_done(
    kind: OperationKind, service: ServiceView, context: Context
) -> None:
    """NotFound would let the kernel hand out the work twice; only the task's end is an answer."""
    asked = FindOperation(kind=kind, service=service, started_at=datetime.now(UTC))
    assert isinstance(ManualProcessing().find_operation(asked, context), Pending)


def test_the_pause_before_looking_again_is_one_that_the_contract_allows(
    service: ServiceView, context: Context
) -> None:
    """A pause out of 5 … 86400 seconds would be refused as a plugin fault."""
    outcome = ManualProcessing().open_service(OpenService(service), context)
    assert 5 <= outcome.check_after_s <= 86400


def test_connecting_needs_neither_settings_nor_network(context: Context) -> None:
    """An administrator must be able to start with this module before anything else exists."""
    assert ManualProcessing.settings == ()
    assert "department" in ManualProcessing().check_connection(context).summary


def test_renewals_and_passwords_never_become_tasks(service: ServiceView, context: Context) -> None:
    """A renewal changes no machine, and a password has no place in a department's list."""
    module = ManualProcessing()
    assert module.capabilities == {Capability.MANUAL, Capability.SUSPEND, Capability.CHANGE}
    with pytest.raises(CapabilityMissingError):
        module.renew_service(RenewService(service, period_months=1, expires_on=None), context)
    with pytest.raises(CapabilityMissingError):
        module.change_password(ChangePassword(service, password=Secret("hunter2")), context)


def test_the_person_who_opens_a_server_is_asked_for_its_address() -> None:
    """A bundled licence is ordered for this address: without one the sale can't go on."""
    _, errors = check_fields(ManualProcessing.task_facts, {}, "/facts")
    assert [error.pointer for error in errors] == ["/facts/ip"]
    facts, errors = check_fields(ManualProcessing.task_facts, {"ip": "192.0.2.10"})
    assert (facts, errors) == ({"ip": "192.0.2.10"}, [])


def test_the_client_sees_what_the_person_entered() -> None:
    """Facts outside client_facts stay with employees, and the address must not."""
    asked = {field.name for field in ManualProcessing.task_facts}
    assert asked == set(ManualProcessing.client_facts)
