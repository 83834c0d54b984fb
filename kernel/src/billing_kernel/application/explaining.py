"""Make the amounts of an invoice line again, from what they were made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from billing_hookspecs import Money, Step
from billing_kernel.application.consulting import InstalledPolicies
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.derivations import Derivation, derive, read_derivation
from billing_kernel.domain.errors import RuleError
from billing_kernel.extensions import PluginFaultError, UnknownDriverError
from billing_kernel.models import Invoice, InvoiceLine


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

    ``recomputed`` is None where nothing can be made of it: the line was written by hand, or
    its policy isn't installed any more; ``reason`` says which, or why the amounts differ.
    """

    line: InvoiceLine
    stored: Amounts
    derivation: Derivation | None
    recomputed: Amounts | None
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
    if line.derivation is None:
        return Explanation(line, stored, None, None, "the amount was entered, not computed")
    derivation = read_derivation(line.derivation)
    try:
        derived = derive(derivation, InstalledPolicies(kernel))
    except (UnknownDriverError, PluginFaultError, RuleError) as error:
        return Explanation(line, stored, derivation, None, error.message)
    taxed = derived.taxed
    recomputed = Amounts(taxed.net, taxed.tax, taxed.total, derived.steps)
    return Explanation(line, stored, derivation, recomputed, _difference(kernel, derivation))


def _difference(kernel: Kernel, derivation: Derivation) -> str:
    """Why amounts may differ: the policy was changed since."""
    asked = derivation.asked
    if asked is None:
        return ""
    installed = InstalledPolicies(kernel).version(asked.kind, asked.key)
    if installed == asked.version:
        return ""
    return f"{asked.kind}.{asked.key} was version {asked.version}, now it is {installed}"
