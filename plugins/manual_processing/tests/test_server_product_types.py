"""VPS and dedicated servers as tariff plans will start from them."""

import pytest
from pluggy import PluginManager

from billing_hookspecs import PROJECT, ProductType, ValueType, check_fields, hooks, json_schema
from billing_manual_processing.plugin import ManualProcessingPlugin
from billing_manual_processing.product_types import DEDICATED_SERVER, VPS

BOTH = pytest.mark.parametrize("product_type", [VPS, DEDICATED_SERVER], ids=lambda it: it.key)


def test_the_plugin_hands_over_two_product_types_and_the_driver_that_serves_them() -> None:
    """The kernel refuses a module for a product type that its driver doesn't list."""
    manager = PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(ManualProcessingPlugin())
    manager.check_pending()
    (types,) = manager.hook.billing_product_types()
    ((driver,),) = manager.hook.billing_processing_modules()
    assert {it.key for it in types} == set(driver.product_types) == {"vps", "dedicated_server"}


@BOTH
def test_every_default_lies_within_its_own_bounds_and_steps(product_type: ProductType) -> None:
    """A tariff plan that takes the defaults as they are must be a valid one."""
    for resource in product_type.resource_types:
        if resource.value_type is ValueType.INTEGER:
            assert resource.maximum is not None
            assert resource.minimum <= resource.default <= resource.maximum
            assert (resource.default - resource.minimum) % resource.step == 0


@BOTH
def test_default_addons_are_resources_of_the_type(product_type: ProductType) -> None:
    """New tariff plans get these addons by themselves, so each must exist."""
    keys = [resource.key for resource in product_type.resource_types]
    assert len(keys) == len(set(keys))
    assert set(product_type.default_addons) <= set(keys)


@BOTH
def test_a_licence_can_be_bundled_through_the_control_panel(product_type: ProductType) -> None:
    """Bundled licences are sold as values of an enumeration under exactly this key."""
    (panel,) = [it for it in product_type.resource_types if it.key == "control_panel"]
    assert panel.value_type is ValueType.ENUMERATION


@BOTH
def test_a_server_can_be_ordered_without_answering_anything(product_type: ProductType) -> None:
    """Quick orders leave the form empty; the department asks for what it needs."""
    assert json_schema(product_type.order_form)["required"] == []
    assert check_fields(product_type.order_form, {}) == ({}, [])


@BOTH
def test_a_host_name_is_checked_when_it_is_given(product_type: ProductType) -> None:
    """A typing error is cheaper at the order than at the machine."""
    _, errors = check_fields(product_type.order_form, {"hostname": "not a name"}, "/parameters")
    assert [error.pointer for error in errors] == ["/parameters/hostname"]
