"""Conformance of product types."""

from collections.abc import Sequence

import pytest

from billing_hookspecs.fields import FieldKind, check_fields
from billing_hookspecs.product_types import ProductType, ResourceType, ValueType
from billing_hookspecs.testing.declarations import assert_form, assert_key, assert_title
from billing_hookspecs.testing.suite import ConformanceSuite
from billing_hookspecs.testing.wire import assert_plain


class ProductTypeConformance(ConformanceSuite):
    """What holds for every product type. Fixture to write: ``product_types``."""

    @pytest.fixture
    def product_types(self) -> Sequence[ProductType]:
        raise NotImplementedError("write the fixture product_types")

    def test_product_types_have_keys_and_titles_of_their_own(
        self, product_types: Sequence[ProductType]
    ) -> None:
        """Two types of one key would quarantine a plugin."""
        assert product_types
        keys = [it.key for it in product_types]
        assert len(keys) == len(set(keys))
        for it in product_types:
            assert_key(it.key, "product type")
            assert_title(it.title, f"product type {it.key}")

    def test_order_forms_can_be_drawn_and_hold_no_secrets(
        self, product_types: Sequence[ProductType]
    ) -> None:
        """Answers to an order form are shown to employees and sent to upstreams in the clear."""
        for it in product_types:
            assert_form(it.order_form, f"the order form of {it.key}")
            for field in it.order_form:
                assert field.kind is not FieldKind.SECRET, f"{it.key}: {field.name} is a secret"
            check_fields(it.order_form, {})

    def test_resource_types_have_bounds_that_their_defaults_keep(
        self, product_types: Sequence[ProductType]
    ) -> None:
        """A tariff plan that takes the defaults as they are must be a valid one."""
        for it in product_types:
            keys = [resource.key for resource in it.resource_types]
            assert len(keys) == len(set(keys)), f"{it.key} has two resources of one key"
            for resource in it.resource_types:
                where = f"resource type {resource.key!r} of {it.key}"
                assert_key(resource.key, where)
                assert_title(resource.title, where)
                assert_bounds(resource, where)
                assert_bundle(resource, it.key, where)

    def test_default_addons_are_resources_of_the_type(
        self, product_types: Sequence[ProductType]
    ) -> None:
        """New tariff plans get these addons by themselves."""
        for it in product_types:
            unknown = set(it.default_addons) - {resource.key for resource in it.resource_types}
            assert not unknown, (
                f"default_addons of {it.key} names {sorted(unknown)}, which aren't resource types"
            )
            assert len(it.default_addons) == len(set(it.default_addons))

    def test_periods_are_distinct_months(self, product_types: Sequence[ProductType]) -> None:
        """Each becomes a column of the price list; 0 is a period without end."""
        for it in product_types:
            assert it.periods_months, f"{it.key} can't be priced"
            assert len(it.periods_months) == len(set(it.periods_months))
            assert all(months >= 0 for months in it.periods_months)
            assert it.auto_deletion_days is None or it.auto_deletion_days >= 0

    def test_product_types_are_plain_values(self, product_types: Sequence[ProductType]) -> None:
        """Frontends get them as JSON."""
        for it in product_types:
            assert_plain(it, f"product type {it.key}")


def assert_bounds(resource: ResourceType, where: str) -> None:
    if resource.value_type is not ValueType.INTEGER:
        return
    assert resource.step > 0, f"{where} has no step"
    assert resource.unit, f"{where} has no unit"
    assert resource.minimum <= resource.default, f"{where}: the default is below the minimum"
    if resource.maximum is not None:
        assert resource.default <= resource.maximum, f"{where}: the default is above the maximum"
    steps = (resource.default - resource.minimum) % resource.step
    assert steps == 0, f"{where}: the default is not a whole number of steps above the minimum"


def assert_bundle(resource: ResourceType, product_type: str, where: str) -> None:
    """Only a value of an enumeration names what is to be ordered, and never the type itself."""
    if not resource.orders_product_type:
        return
    assert_key(resource.orders_product_type, f"orders_product_type of {where}")
    assert resource.value_type is ValueType.ENUMERATION, f"{where} orders by no enumeration"
    assert resource.orders_product_type != product_type, f"{where} orders its own product type"
