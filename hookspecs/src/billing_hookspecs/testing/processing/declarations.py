"""The part of a processing module's conformance that needs no upstream."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from billing_hookspecs.processing import CAPABILITY_METHODS, ProcessingModule, ServiceView
from billing_hookspecs.testing.contexts import make_context
from billing_hookspecs.testing.declarations import (
    CALL_TIMEOUT_MAX_S,
    assert_form,
    assert_key,
    assert_refused,
    assert_settings,
    assert_title,
    is_overridden,
)
from billing_hookspecs.testing.processing.operations import call_optional
from billing_hookspecs.testing.samples import sample_service
from billing_hookspecs.testing.suite import ConformanceSuite


class ModuleDeclarations(ConformanceSuite):
    """What a processing module says of itself."""

    @pytest.fixture
    def module(self) -> ProcessingModule:
        raise NotImplementedError("write the fixture module: an instance of the driver")

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        raise NotImplementedError("write the fixture settings: the connection's, as entered")

    @pytest.fixture
    def new_service(self, module: ProcessingModule) -> Callable[[int], ServiceView]:
        """Number → a service that can be opened; another number is another service."""
        return partial(sample_service, product_type=module.product_types[0])

    def test_the_driver_has_a_key_a_title_and_product_types(self, module: ProcessingModule) -> None:
        """Configurations name it by its key, people choose it by its title."""
        assert_key(module.key, "driver")
        assert_title(module.title, f"driver {module.key}")
        assert module.product_types, "a driver without product types can't be chosen for a tariff"
        assert len(module.product_types) == len(set(module.product_types))

    def test_the_settings_make_a_form(self, module: ProcessingModule) -> None:
        """Administrators fill the form in before anything else works."""
        assert_form(module.settings, f"driver {module.key}")
        assert_form(module.task_facts, f"the tasks of driver {module.key}")

    def test_addresses_and_secrets_are_declared_as_such(self, module: ProcessingModule) -> None:
        """Only a declared secret is encrypted, masked and never read back."""
        assert_settings(module.settings, f"driver {module.key}")

    def test_the_account_is_named_by_settings_that_exist(self, module: ProcessingModule) -> None:
        """Two connections to one account would fight over it; the rule needs real names."""
        unknown = set(module.account_identity) - {field.name for field in module.settings}
        assert not unknown, f"account_identity names {sorted(unknown)}, which aren't settings"

    def test_times_are_within_the_contract(self, module: ProcessingModule) -> None:
        """A worker is held for the whole of a call."""
        timeout_s, quiet_s = module.call_timeout_s, module.quiet_period_s
        assert 0 < timeout_s <= CALL_TIMEOUT_MAX_S, f"call_timeout_s is {timeout_s}"
        assert quiet_s >= 0, f"quiet_period_s is {quiet_s}"

    def test_declared_capabilities_are_overridden(self, module: ProcessingModule) -> None:
        """What is declared is offered to clients at once."""
        for capability in module.capabilities:
            for method in CAPABILITY_METHODS[capability]:
                assert is_overridden(module, method), f"{capability} is declared without {method}"

    def test_undeclared_capabilities_are_refused(
        self, module: ProcessingModule, new_service: Callable[[int], ServiceView]
    ) -> None:
        """The kernel must be able to tell *can't* from *didn't*; a forgotten claim shows here."""
        context = make_context({}, operation_id="undeclared-1")
        for capability in set(CAPABILITY_METHODS) - module.capabilities:
            for method in CAPABILITY_METHODS[capability]:
                call = partial(call_optional, module, method, new_service(1), context)
                assert_refused(call, f"{capability} ({method})")
