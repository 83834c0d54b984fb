"""How the amounts of a line came about, and whether they come out again."""

from typing import Any, Self

import msgspec

from billing_hookspecs import Money
from billing_kernel.application.explaining import Amounts, Explanation
from billing_kernel.http.shapes.base import Answer
from billing_kernel.http.shapes.invoices import StepAnswer


class AmountsAnswer(Answer):
    """Amounts with the steps that lead to them."""

    net: Money
    tax: Money
    total: Money
    explanation: list[StepAnswer]

    @classmethod
    def of(cls, amounts: Amounts) -> Self:
        steps = msgspec.convert(msgspec.to_builtins(amounts.steps), list[StepAnswer])
        return cls(net=amounts.net, tax=amounts.tax, total=amounts.total, explanation=steps)


class ExplanationAnswer(Answer):
    """A line as it was issued, and as the same facts make it today.

    ``derivation`` is what the amounts were made from: the policy with its version and what it
    saw, the tax decision. ``same`` says that the amounts come out again to the last minor unit;
    ``reason`` why they don't or can't.
    """

    line_id: int
    kind: str
    description: str
    stored: AmountsAnswer
    derivation: dict[str, Any] | None
    recomputed: AmountsAnswer | None
    same: bool
    reason: str

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        made = explanation.recomputed
        return cls(
            line_id=explanation.line_id,
            kind=explanation.kind,
            description=explanation.description,
            stored=AmountsAnswer.of(explanation.stored),
            derivation=dict(explanation.document) if explanation.document else None,
            recomputed=AmountsAnswer.of(made) if made else None,
            same=explanation.is_same,
            reason=explanation.reason,
        )
