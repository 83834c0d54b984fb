"""What a driver doesn't override says so, and nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from billing_hookspecs import (
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
from billing_hookspecs.testing.processing.operations import METHODS as MODULE_METHODS
from billing_hookspecs.testing.processing.operations import call_optional as call_module


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


@pytest.mark.parametrize("method", _methods(MODULE_METHODS))
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
    assert set(MODULE_METHODS) == set(Capability)
    assert set(GATEWAY_METHODS) == set(GatewayCapability)


@pytest.mark.parametrize("call", [call_module, call_gateway])
def test_the_tables_know_no_other_methods(call: Callable[..., object]) -> None:
    """A misspelt row must not pass for a refusal."""
    arguments = (LeastModule(), "dance", sample_service(), make_context({}))
    with pytest.raises(LookupError, match="dance"):
        call(*arguments[: 4 if call is call_module else 2])


def test_by_default_nothing_is_objected_to() -> None:
    """Checks beyond the fields are an offer, not a duty."""
    assert LeastModule().validate_order(sample_service()) == ()
    assert LeastGateway().check_settings({}) == ()
