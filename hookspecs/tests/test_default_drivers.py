"""What a driver doesn't override says so, and nothing else."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from billing_hookspecs import (
    CAPABILITY_METHODS,
    Capability,
    CapabilityMissingError,
    Context,
    FindOperation,
    GatewayCapability,
    OpenService,
    PaymentGateway,
    PaymentStarted,
    Pending,
    ProcessingModule,
    StartPayment,
)
from billing_hookspecs.testing import make_context, sample_service
from billing_hookspecs.testing.gateways.declarations import call_optional as call_gateway
from billing_hookspecs.testing.gateways.rehearsal import METHODS as GATEWAY_METHODS
from billing_hookspecs.testing.processing.operations import call_optional as call_module
from billing_hookspecs.testing.processing.operations import renewed_until


class LeastModule(ProcessingModule):
    key = "least"
    title = {"en": "Least"}
    product_types = ("least",)

    def check_connection(self, context: Context) -> None:  # type: ignore[override]
        raise NotImplementedError

    def open_service(self, request: OpenService, context: Context) -> Pending:
        raise NotImplementedError

    def close_service(self, request: object, context: Context) -> Pending:
        raise NotImplementedError

    def find_operation(self, request: FindOperation, context: Context) -> Pending:
        raise NotImplementedError


class LeastGateway(PaymentGateway):
    key = "least"
    title = {"en": "Least"}

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        raise NotImplementedError


def _methods(table: Mapping[Any, tuple[str, ...]]) -> list[str]:
    return [method for methods in table.values() for method in methods]


@pytest.mark.parametrize("method", _methods(CAPABILITY_METHODS))
def test_a_module_refuses_what_it_does_not_override(method: str) -> None:
    """The kernel tells *can't* from *didn't* by the class of the error."""
    with pytest.raises(CapabilityMissingError, match="least"):
        call_module(LeastModule(), method, sample_service(), make_context({}))


@pytest.mark.parametrize("method", _methods(GATEWAY_METHODS))
def test_a_gateway_refuses_what_it_does_not_override(method: str) -> None:
    """The kernel tells *can't* from *didn't* by the class of the error."""
    with pytest.raises(CapabilityMissingError, match="least"):
        call_gateway(LeastGateway(), method)


def test_every_capability_has_a_row_in_the_table_of_methods() -> None:
    """A capability that the suites don't know would never be checked."""
    assert set(CAPABILITY_METHODS) == set(Capability)
    assert set(GATEWAY_METHODS) == set(GatewayCapability)


def test_the_tables_know_no_other_methods() -> None:
    """A misspelt row must not pass for a refusal."""
    with pytest.raises(LookupError, match="dance"):
        call_module(LeastModule(), "dance", sample_service(), make_context({}))
    with pytest.raises(LookupError, match="dance"):
        call_gateway(LeastGateway(), "dance")


def test_by_default_nothing_is_objected_to() -> None:
    """Checks beyond the fields are an offer, not a duty."""
    assert LeastModule().validate_order(sample_service()) == ()
    assert LeastGateway().check_settings({}) == ()


@pytest.mark.parametrize(
    ("paid_until", "months", "expected"),
    [
        (date(2031, 1, 31), 1, date(2031, 2, 28)),
        (date(2031, 12, 1), 1, date(2032, 1, 1)),
        (date(2031, 6, 15), 36, date(2034, 6, 15)),
        (None, 1, None),
    ],
)
def test_a_rehearsed_renewal_reaches_what_the_kernel_would_ask_for(
    paid_until: date | None, months: int, expected: date | None
) -> None:
    """A driver compares the expiry with this day before it extends."""
    service = sample_service(paid_until=paid_until, period_months=months)
    assert renewed_until(service) == expected
