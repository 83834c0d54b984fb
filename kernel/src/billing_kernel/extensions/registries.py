"""Registries of drivers: what is installed, by kind and key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, Final, Generic, TypeVar, get_args, get_origin, get_type_hints

from billing_hookspecs import (
    IpAllocator,
    NameServer,
    NotificationChannel,
    PaymentGateway,
    PolicyKind,
    PricingPolicy,
    ProcessingModule,
    ProductType,
    policies,
    pricing,
)
from billing_kernel.extensions.errors import UnknownDriverError

D = TypeVar("D")
P = TypeVar("P", bound=PricingPolicy)


@dataclass(frozen=True, slots=True)
class Entry(Generic[D]):
    """A driver and the plugin that handed it over."""

    plugin: str
    driver: D


class Registry(Generic[D]):
    """The drivers of one kind, in the order of their plugins; never changes.

    ``lost`` maps keys to the quarantined plugin that would have had them; ``unseen`` names the
    plugins of which nobody could tell, because they failed before they were asked.
    """

    def __init__(
        self,
        noun: str,
        entries: Mapping[str, Entry[D]],
        lost: Mapping[str, str] | None = None,
        unseen: tuple[str, ...] = (),
    ) -> None:
        self.noun = noun
        self._entries = dict(entries)
        self._lost = dict(lost or {})
        self._unseen = unseen

    def find(self, key: str) -> D:
        """The driver; UnknownDriverError lists the valid keys."""
        return self._entry(key).driver

    def owner(self, key: str) -> str:
        """The name of the plugin that handed the driver over; UnknownDriverError as ``find``."""
        return self._entry(key).plugin

    def keys(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def entries(self) -> tuple[Entry[D], ...]:
        return tuple(self._entries.values())

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[D]:
        return (entry.driver for entry in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def _entry(self, key: str) -> Entry[D]:
        try:
            return self._entries[key]
        except KeyError:
            raise self.unknown(key) from None

    def unknown(self, key: str) -> UnknownDriverError:
        culprits = (self._lost[key],) if key in self._lost else self._unseen
        return UnknownDriverError(self.noun, key, self._entries, culprits)


class PolicyRegistry(Registry[PricingPolicy]):
    """Pricing policies, unique by kind and key: ``charging.period``."""

    def find_policy(self, kind: type[P], key: str) -> P:
        """The policy of a kind, such as ``find_policy(ChargingPolicy, "period")``."""
        name = f"{kind.kind}.{key}"
        policy = self._entries[name].driver if name in self._entries else None
        if not isinstance(policy, kind):
            unknown = self.unknown(name)
            raise UnknownDriverError(
                f"{kind.kind} policy", key, self.of_kind(kind), unknown.quarantined
            ) from None
        return policy

    def of_kind(self, kind: type[P]) -> dict[str, P]:
        """Every policy of a kind by its key."""
        return {policy.key: policy for policy in self if isinstance(policy, kind)}


@dataclass(frozen=True, slots=True)
class Of:
    """What a registry holds: its name for people, and the contract of its drivers."""

    noun: str
    contract: type


@dataclass(frozen=True, kw_only=True)
class Registries:
    """One registry for each kind of driver; a new kind is one more line.

    Plugins fill the field ``payment_gateways`` through the hook ``billing_payment_gateways``,
    and so on.
    """

    product_types: Annotated[Registry[ProductType], Of("product type", ProductType)]
    processing_modules: Annotated[
        Registry[ProcessingModule], Of("processing module", ProcessingModule)
    ]
    pricing_policies: Annotated[PolicyRegistry, Of("pricing policy", PricingPolicy)]
    payment_gateways: Annotated[Registry[PaymentGateway], Of("payment gateway", PaymentGateway)]
    ip_allocators: Annotated[Registry[IpAllocator], Of("IP allocator", IpAllocator)]
    name_servers: Annotated[Registry[NameServer], Of("name server", NameServer)]
    notification_channels: Annotated[
        Registry[NotificationChannel], Of("notification channel", NotificationChannel)
    ]


@dataclass(frozen=True, slots=True)
class DriverKind:
    """What the loader must know of a kind: its field in Registries, its hook, its contract."""

    name: str
    hook: str
    noun: str
    contract: type
    registry: type[Registry[Any]]


def _driver_kinds() -> Iterator[DriverKind]:
    hints = get_type_hints(Registries, include_extras=True)
    for field in fields(Registries):
        registry, of = get_args(hints[field.name])
        yield DriverKind(
            name=field.name,
            hook=f"billing_{field.name}",
            noun=of.noun,
            contract=of.contract,
            registry=get_origin(registry) or registry,
        )


DRIVER_KINDS: Final = tuple(_driver_kinds())


def registry_key(driver: Any) -> str:
    """The key of a driver in its registry."""
    return f"{driver.kind}.{driver.key}" if isinstance(driver, PricingPolicy) else str(driver.key)


@cache
def policy_contracts() -> Mapping[PolicyKind, type[PricingPolicy]]:
    """The contract's abstract class for each kind of policy."""
    return {
        contract.kind: contract
        for contract in (*vars(pricing).values(), *vars(policies).values())
        if isinstance(contract, type)
        and issubclass(contract, PricingPolicy)
        and "kind" in vars(contract)
    }
