"""Make the amounts of an invoice line or a daily charge again, from what they were made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from billing_hookspecs import Money, Step
from billing_kernel.application.consulting import InstalledPolicies
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.derivations import Derivation, derive, read_derivation
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.extensions import PluginFaultError, UnknownDriverError
from billing_kernel.models import DailyCharge, Invoice, InvoiceLine


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of a line, and the steps that lead to them."""

    net: Money
    tax: Money
    total: Money
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a line says, what it was made from, and what that makes today.

    ``line_id`` is the invoice line's, or the position among the lines of a daily charge.
    ``document`` is the derivation as it is stored. ``recomputed`` is None where nothing can be
    made of it: the line was written by hand, or its policy isn't installed any more;
    ``reason`` says which, or why the amounts differ.
    """

    line_id: int
    kind: str
    description: str
    stored: Amounts
    document: Mapping[str, Any] | None
    recomputed: Amounts | None = None
    reason: str = ""

    @property
    def is_same(self) -> bool:
        """True if the line's amounts came out again, to the last minor unit."""
        made = self.recomputed
        return made is not None and (made.net, made.tax) == (self.stored.net, self.stored.tax)


def explain_line(
    session: Session, kernel: Kernel, invoice_id: int, line_id: int, **owned: Any
) -> Explanation:
    """Explain a line; MissingError if there is none, or its invoice is another's."""
    invoice = find(session, Invoice, invoice_id, **owned)
    line = find(session, InvoiceLine, line_id, invoice_id=invoice.id)
    currency = invoice.currency
    stored = Amounts(
        Money(line.net_minor, currency),
        Money(line.tax_minor, currency),
        Money(line.total_minor, currency),
        tuple(msgspec.convert(line.explanation, Sequence[Step])),
    )
    said = Explanation(line.id, line.kind, line.description, stored, line.derivation)
    return _recomputed(kernel, said)


def explain_charge(
    session: Session, kernel: Kernel, service_id: int, charge_id: int, **owned: Any
) -> list[Explanation]:
    """Explain the lines of a daily charge; MissingError if there is none, or it is another's."""
    charge = find(session, DailyCharge, charge_id, service_id=service_id, **owned)
    return [
        _recomputed(
            kernel,
            Explanation(
                position,
                line.kind,
                line.description,
                Amounts(line.net, line.tax, line.total, line.steps),
                line.derivation,
            ),
        )
        for position, line in enumerate(lines_of(charge), 1)
    ]


def lines_of(charge: DailyCharge) -> list[PricedLine]:
    """The lines of a daily charge, as they were priced."""
    return msgspec.convert(charge.lines, list[PricedLine])


def _recomputed(kernel: Kernel, said: Explanation) -> Explanation:
    if said.document is None:
        return replace(said, reason="the amount was entered, not computed")
    derivation = read_derivation(said.document)
    try:
        derived = derive(derivation, InstalledPolicies(kernel))
    except (UnknownDriverError, PluginFaultError, RuleError) as error:
        return replace(said, reason=error.message)
    taxed = derived.taxed
    recomputed = Amounts(taxed.net, taxed.tax, taxed.total, derived.steps)
    return replace(said, recomputed=recomputed, reason=_difference(kernel, derivation))


def _difference(kernel: Kernel, derivation: Derivation) -> str:
    """Why amounts may differ: the policy was changed since."""
    asked = derivation.asked
    if asked is None:
        return ""
    installed = InstalledPolicies(kernel).version(asked.kind, asked.key)
    if installed == asked.version:
        return ""
    return f"{asked.kind}.{asked.key} was version {asked.version}, now it is {installed}"
