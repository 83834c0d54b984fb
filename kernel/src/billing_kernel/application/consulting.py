"""Ask the installed pricing policies, each by its kind and key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from billing_hookspecs import (
    AddonCancellationPolicy,
    AddonOrderPolicy,
    Adjustment,
    ChargingPolicy,
    LateFeePolicy,
    Objection,
    PolicyKind,
    PricingPolicy,
    QuoteView,
    TariffChangePolicy,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.derivations import Decision, Situation

CONTRACTS: Final[Mapping[PolicyKind, type[PricingPolicy]]] = {
    PolicyKind.CHARGING: ChargingPolicy,
    PolicyKind.LATE_FEE: LateFeePolicy,
    PolicyKind.TARIFF_CHANGE: TariffChangePolicy,
    PolicyKind.ADDON_ORDER: AddonOrderPolicy,
    PolicyKind.ADDON_CANCELLATION: AddonCancellationPolicy,
}


@dataclass(frozen=True, slots=True)
class InstalledPolicies:
    """What pricing asks: standard policies and those of plugins alike.

    Every method raises UnknownDriverError for a policy that isn't installed, and
    PluginFaultError where a plugin fails: a price is never guessed.
    """

    kernel: Kernel

    def version(self, kind: PolicyKind, key: str) -> int:
        return self._find(kind, key).version

    def decide(self, kind: PolicyKind, key: str, situation: Situation) -> Decision | Objection:
        policy: Any = self._find(kind, key)
        method = policy.charge if isinstance(policy, ChargingPolicy) else policy.decide
        decide = cast(Callable[[Situation], Decision | Objection], method)
        return self.kernel.extensions.consult(decide, situation)

    def adjust(self, view: QuoteView) -> Sequence[tuple[str, Adjustment]]:
        return self.kernel.extensions.adjust_price(view)

    def _find(self, kind: PolicyKind, key: str) -> PricingPolicy:
        return self.kernel.extensions.pricing_policies.find_policy(CONTRACTS[kind], key)


def charging_policy(kernel: Kernel, choice: Mapping[str, Any]) -> ChargingPolicy:
    """The charging policy that a tariff chose; raises UnknownDriverError."""
    return kernel.extensions.pricing_policies.find_policy(ChargingPolicy, choice["policy"])
