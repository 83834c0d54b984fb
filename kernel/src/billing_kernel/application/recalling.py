"""Answers that many prices of one transaction share, each asked for once."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from billing_hookspecs import Objection, PolicyKind, TaxDecision
from billing_kernel.application.consulting import InstalledPolicies
from billing_kernel.application.defaulting import settings_of
from billing_kernel.application.delaying import keeping
from billing_kernel.application.finding import terms_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.taxing import decide_tax
from billing_kernel.domain.derivations import Decision, Situation
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.tariffs import TariffTerms
from billing_kernel.models import Client, Payer, ProductTypeSettings, Provider, TariffPlan

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class RecallingPolicies(InstalledPolicies):
    """Installed policies, which are pure: the same situation gets the answer that it got."""

    _decisions: dict[Hashable, Decision | Objection] = field(default_factory=dict)

    def decide(self, kind: PolicyKind, key: str, situation: Situation) -> Decision | Objection:
        asked = (kind, key, situation)
        decision = self._decisions.get(asked)
        if decision is None:
            decision = InstalledPolicies.decide(self, kind, key, situation)
            self._decisions[asked] = decision
        return decision


@dataclass(slots=True)
class Answers:
    """What prices are made from, beside the tariff and the service, in one transaction."""

    session: Session
    kernel: Kernel
    policies: RecallingPolicies = field(init=False)
    _given: dict[Hashable, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.policies = RecallingPolicies(self.kernel)

    def plan(self, plan_id: int) -> TariffPlan:
        return self._once(("plan", plan_id), lambda: self.session.get_one(TariffPlan, plan_id))

    def provider(self, provider_id: int) -> Provider:
        return self._once(
            ("provider", provider_id), lambda: self.session.get_one(Provider, provider_id)
        )

    def terms(self, version_id: int) -> TariffTerms:
        return self._once(("terms", version_id), lambda: terms_of(self.session, version_id))

    def today(self, provider: Provider) -> date:
        """The business date; a transaction has one."""
        return self._once(
            ("today", provider.id),
            lambda: business_date(self.kernel.clock.now(), provider.time_zone),
        )

    def tax(
        self, provider: Provider, client: Client, payer: Payer | None, today: date
    ) -> TaxDecision:
        """As ``decide_tax``: whoever lives in the same country is taxed alike without a payer."""
        key = ("tax", provider.id, payer and payer.id, client.country, today)
        return self._once(
            key, lambda: decide_tax(self.session, self.kernel, provider, client, payer, today)
        )

    def keeping(self, product_type: str, terms: TariffTerms) -> Callable[[date], bool]:
        """As ``keeping``: which days an unpaid service of a tariff is kept running on."""
        choice = tuple(sorted(terms.policies.weekend_suspension.items()))
        return self._once(
            ("keeping", product_type, repr(choice)),
            lambda: keeping(self.session, self.kernel, product_type, terms),
        )

    def settings(self, product_type: str) -> ProductTypeSettings:
        """As ``settings_of``: what tariffs of a product type fall back to."""
        return self._once(
            ("settings", product_type),
            lambda: settings_of(self.session, self.kernel, product_type),
        )

    def _once(self, key: Hashable, ask: Callable[[], A]) -> A:
        if key not in self._given:
            self._given[key] = ask()
        answer: A = self._given[key]
        return answer
