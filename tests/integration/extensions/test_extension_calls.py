"""Decisions, news and look-ups through the public face of the installed plugins."""

import inspect
from collections.abc import Callable
from datetime import date
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from billing_hookspecs import (
    Adjustment,
    ChargingPolicy,
    ChargingSituation,
    Event,
    Money,
    NotificationChannel,
    Objection,
    Occasion,
    OrderView,
    PluginManifest,
    PolicyKind,
    PricingPolicy,
    ProductType,
    QuoteView,
    hooks,
    impl,
)
from billing_kernel.boundaries import unit_of_work
from billing_kernel.extensions import (
    DriverName,
    Extensions,
    NotReleasableError,
    PluginFaultError,
    PluginStatus,
    Reason,
    UnknownDriverError,
    UnknownPluginError,
    load_extensions,
)
from billing_kernel.extensions.registries import DRIVER_KINDS

Answer = Callable[[Any], Any]


def plugin(name: str, **answers: Answer) -> object:
    """A built-in plugin: ``adjusts``, ``screens``, ``hears`` and ``types`` are its hooks."""
    body: dict[str, Any] = {"MANIFEST": PluginManifest(name=name, title=name, api=">=1.0,<2")}
    if "adjusts" in answers:
        body["billing_adjust_price"] = impl(lambda self, quote: answers["adjusts"](quote))
    if "screens" in answers:
        body["billing_screen_order"] = impl(lambda self, order: answers["screens"](order))
    if "hears" in answers:
        body["billing_on_event"] = impl(lambda self, event: answers["hears"](event))
    if "types" in answers:
        body["billing_product_types"] = impl(lambda self: answers["types"](None))
    if "policies" in answers:
        body["billing_pricing_policies"] = impl(lambda self: answers["policies"](None))
    instance: object = type(name, (), body)()
    return instance


def loaded(*plugins: object) -> Extensions:
    return load_extensions(plugins, entry_points=())


def fails(_: object) -> Any:
    raise ZeroDivisionError("rate of the day")


def leaves(_: object) -> Any:
    raise SystemExit(3)


def test_built_in_plugins_answer_in_the_order_in_which_they_are_given(quote: QuoteView) -> None:
    """The kernel's own rules come first, whatever they are called."""
    extensions = loaded(
        plugin("zebra", adjusts=lambda _: (Adjustment(1, "Z", "z"), Adjustment(2, "Z", "z"))),
        plugin("aardvark", adjusts=lambda _: [Adjustment(3, "A", "a")]),
    )

    answers = [(name, each.amount_minor) for name, each in extensions.adjust_price(quote)]

    assert answers == [("zebra", 1), ("zebra", 2), ("aardvark", 3)]


def test_the_manager_calls_in_the_same_order(quote: QuoteView) -> None:
    """pluggy by itself would call what was registered last first."""
    extensions = loaded(
        plugin("zebra", adjusts=lambda _: "z"), plugin("aardvark", adjusts=lambda _: "a")
    )

    assert extensions.manager.hook.billing_adjust_price(quote=quote) == ["z", "a"]


def test_without_plugins_there_are_no_answers(quote: QuoteView, order: OrderView) -> None:
    """An empty installation prices and sells as well."""
    extensions = loaded()

    assert extensions.adjust_price(quote) == []
    assert extensions.screen_order(order) == []
    assert extensions.event_listeners() == ()


@pytest.mark.parametrize(
    "broken",
    [
        fails,
        leaves,
        lambda _: Adjustment(1, "alone", "alone"),
        lambda _: "",
        lambda _: (Adjustment(0.5, "half a cent", "float"),),  # type: ignore[arg-type]
        lambda _: (Adjustment(True, "a boolean", "boolean"),),
    ],
)
def test_a_faulty_adjustment_refuses_the_quote_naming_the_plugin(
    quote: QuoteView, broken: Answer
) -> None:
    """A price is never guessed, and somebody must learn whose fault it is."""
    extensions = loaded(
        plugin("sound", adjusts=lambda _: (Adjustment(1, "one", "one"),)),
        plugin("faulty", adjusts=broken),
    )

    with pytest.raises(PluginFaultError) as raised:
        extensions.adjust_price(quote)

    assert raised.value.plugin == "faulty"
    assert raised.value.code == "plugin.fault"


def test_the_message_for_people_keeps_the_detail_to_employees(quote: QuoteView) -> None:
    """What a plugin's exception says may be anything; a client sees the message."""
    with pytest.raises(PluginFaultError) as raised:
        loaded(plugin("faulty", adjusts=fails)).adjust_price(quote)

    assert "rate of the day" not in raised.value.message
    assert raised.value.detail == "ZeroDivisionError: rate of the day"


def test_every_objection_is_collected_and_a_fault_is_one(order: OrderView) -> None:
    """A screening that crashes must not let the order pass, nor hide what the others say."""
    extensions = loaded(
        plugin("first", screens=lambda _: Objection("stock.none", "Sold out")),
        plugin("content", screens=lambda _: None),
        plugin("crashes", screens=leaves),
        plugin("babbles", screens=lambda _: "no"),
        plugin("last", screens=lambda _: Objection("limit.reached", "Enough")),
    )

    found = [(name, objection.code) for name, objection in extensions.screen_order(order)]

    assert found == [
        ("first", "stock.none"),
        ("crashes", "plugin.fault"),
        ("babbles", "plugin.fault"),
        ("last", "limit.reached"),
    ]


def test_news_is_told_to_one_plugin_alone(event: Event) -> None:
    """A second delivery to one plugin must not be a second delivery to all."""
    heard: list[str] = []
    extensions = loaded(
        plugin("one", hears=lambda _: heard.append("one")),
        plugin("deaf"),
        plugin("two", hears=lambda _: heard.append("two")),
    )

    extensions.tell("two", event)

    assert extensions.event_listeners() == ("one", "two")
    assert heard == ["two"]


@pytest.mark.parametrize("broken", [fails, leaves])
def test_a_listener_that_fails_is_told_again_by_whoever_delivers(
    event: Event, broken: Answer
) -> None:
    """The delivery has to fail for its caller, in one way, or it would not be repeated."""
    with pytest.raises(PluginFaultError, match="'one' failed in billing_on_event"):
        loaded(plugin("one", hears=broken)).tell("one", event)


def test_news_for_a_plugin_that_is_gone_is_refused(event: Event) -> None:
    """Deliveries outlive plugins; the worker must be able to tell and to drop them."""
    with pytest.raises(UnknownPluginError):
        loaded(plugin("deaf")).tell("deaf", event)


def test_news_is_not_told_inside_a_transaction(event: Event) -> None:
    """A listener may use the network, and its effects stay when the transaction is undone."""
    heard: list[Event] = []
    extensions = loaded(plugin("one", hears=heard.append))

    with unit_of_work(), pytest.raises(RuntimeError, match="transaction"):
        extensions.tell("one", event)

    assert heard == []


def test_an_unknown_key_is_answered_with_the_valid_ones() -> None:
    """A typing mistake in a configuration should take seconds to find."""
    extensions = loaded(
        plugin("shop", types=lambda _: (ProductType("vps", {"en": "VPS"}),)),
    )

    with pytest.raises(UnknownDriverError, match=r"no product type 'vpn'; valid: vps$") as raised:
        extensions.product_types.find("vpn")

    assert raised.value.choices == ("vps",)
    assert raised.value.code == "driver.unknown"


def test_a_look_up_names_the_quarantined_plugin_that_has_the_key() -> None:
    """The tariff is right and the plugin is broken: the message must not blame the tariff."""
    vps, vpn = ProductType("vps", {"en": "VPS"}), ProductType("vpn", {"en": "VPN"})
    extensions = loaded(
        plugin("shop", types=lambda _: (vps,)),
        plugin("copy", types=lambda _: (vps, vpn)),
        plugin("crashing", types=fails),
    )

    with pytest.raises(UnknownDriverError) as known:
        extensions.product_types.find("vpn")
    with pytest.raises(UnknownDriverError) as guessed:
        extensions.product_types.find("ssl")

    assert known.value.quarantined == ("copy",)
    assert guessed.value.quarantined == ("crashing",)
    assert extensions.product_types.owner("vps") == "shop"


def test_every_registration_hook_fills_a_registry() -> None:
    """Drivers handed over through a hook that nobody reads would vanish without a word."""
    registration_hooks = {
        name
        for name, hook in vars(hooks).items()
        if name.startswith("billing_") and not inspect.signature(hook).parameters
    }

    assert registration_hooks == {kind.hook for kind in DRIVER_KINDS}


class Yearly(ChargingPolicy):
    key = "yearly"
    title = {"en": "By the year"}

    def charge(self, situation: ChargingSituation) -> Any:
        return "a lot"


class Pretender(PricingPolicy):
    """Says that it is a charging policy, but can't charge."""

    kind = PolicyKind.CHARGING
    key = "pretender"
    title = {"en": "Pretender"}


def test_policies_are_found_by_kind_and_key() -> None:
    """Two kinds may have policies of one name; a tariff names both parts."""
    extensions = loaded(plugin("rules", policies=lambda _: (Yearly(),)))

    assert isinstance(extensions.pricing_policies.find_policy(ChargingPolicy, "yearly"), Yearly)
    assert extensions.plugin("rules").drivers == (
        DriverName("pricing_policies", "charging.yearly"),
    )
    with pytest.raises(UnknownDriverError, match="no charging policy 'daily'; valid: yearly"):
        extensions.pricing_policies.find_policy(ChargingPolicy, "daily")


def test_a_policy_must_be_what_its_kind_says() -> None:
    """Otherwise the first order, not the start, would find that it can't charge."""
    extensions = loaded(plugin("rules", policies=lambda _: (Pretender(),)))

    assert extensions.plugin("rules").reason is Reason.DRIVER_INVALID
    assert len(extensions.pricing_policies) == 0


def test_a_policy_that_breaks_its_contract_is_a_plugin_fault() -> None:
    """An amount of the wrong kind must not reach an invoice."""
    extensions = loaded(plugin("rules", policies=lambda _: (Yearly(),)))
    policy = extensions.pricing_policies.find_policy(ChargingPolicy, "yearly")
    day = date(2026, 1, 31)
    situation = ChargingSituation(Occasion.ORDER, day, day, 12, Money(100, "EUR"))

    with unit_of_work(), pytest.raises(PluginFaultError) as raised:
        extensions.consult(policy.charge, situation)

    assert raised.value.detail == "the answer is str, not Charge"


def test_only_methods_of_registered_drivers_can_be_called() -> None:
    """What was not examined has no owner to be named when it fails."""
    with pytest.raises(UnknownPluginError):
        loaded().consult(Yearly().charge, None)  # type: ignore[arg-type]


def test_a_broken_built_in_plugin_is_quarantined_like_any_other() -> None:
    """One rule for all; and the kernel starts."""

    class Nameless:
        pass

    extensions = loaded(Nameless(), plugin("twin"), plugin("twin"))

    assert [(each.name, each.reason) for each in extensions.plugins] == [
        ("Nameless", Reason.MANIFEST_MISSING),
        ("twin", None),
        ("twin", Reason.NAME_REPEATED),
    ]


def test_an_installed_plugin_can_not_take_the_name_of_a_built_in_one() -> None:
    """Nobody replaces a part of the kernel by choosing a name."""
    impostor = EntryPoint("rules", "somewhere:Plugin", "billing.plugins")

    built_in, installed = load_extensions([plugin("rules")], entry_points=[impostor]).plugins

    assert built_in.status is PluginStatus.ACTIVE
    assert installed.reason is Reason.NAME_REPEATED
    assert "the kernel itself" in installed.reason_text


def test_a_plugin_that_failed_to_load_can_not_be_released() -> None:
    """Its code is as broken as before: only a restart with a mended one helps."""
    extensions = loaded(plugin("crashing", types=fails), plugin("sound"))

    with pytest.raises(NotReleasableError):
        extensions.release("crashing")
    with pytest.raises(UnknownPluginError):
        extensions.release("nobody")
    assert extensions.release("sound").status is PluginStatus.ACTIVE


def test_a_channel_without_a_title_leaves_its_plugin_out() -> None:
    """Every kind of driver is held to the attributes that its contract declares."""

    class Pigeon(NotificationChannel):
        key = "pigeon"

        def send(self, message: object, context: object) -> None:
            pass

    class Loft:
        MANIFEST = PluginManifest(name="loft", title="Loft", api=">=1.0,<2")

        @impl
        def billing_notification_channels(self) -> tuple[NotificationChannel, ...]:
            return (Pigeon(),)

    assert loaded(Loft()).plugin("loft").reason_text == (
        "the notification channel Pigeon has no 'title'"
    )
