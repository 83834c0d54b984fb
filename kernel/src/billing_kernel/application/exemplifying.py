"""Work out the examples of tariff plans, and keep from selling what comes out otherwise."""

from collections.abc import Sequence

import msgspec
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError, LateFeeSituation, Occasion
from billing_kernel.application.checking import check_addons, default_addons
from billing_kernel.application.consulting import InstalledPolicies
from billing_kernel.application.delaying import delay_of, keeping
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import described, version_in_force, view_of_sale
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.examples import (
    Example,
    ExampleSituation,
    Worked,
    differing,
    examples_document,
    judged,
    read_examples,
    situation_errors,
    worked,
)
from billing_kernel.domain.paid import Paid
from billing_kernel.domain.pricing import Sale, price_renewal
from billing_kernel.domain.tariffs import TariffTerms, read_terms
from billing_kernel.extensions import PluginFaultError, UnknownDriverError
from billing_kernel.models import TariffPlan

log = structlog.get_logger(__name__)


class ExampleDiffersError(RuleError):
    """An example of the tariff plan comes to something else than what is expected of it."""

    code = "tariff.example_differs"

    def __init__(self, differences: Sequence[Example]) -> None:
        names = ", ".join(example.name for example in differences)
        super().__init__(f"these examples come to something else: {names}")
        self.differences = tuple(differences)


def set_examples(
    session: Session, kernel: Kernel, plan: TariffPlan, terms: TariffTerms, given: Sequence[Example]
) -> None:
    """Give a plan its examples, worked out under the terms that it is to have.

    Raises InvalidInputError with pointers below ``/examples``, ExampleDiffersError.
    """
    errors = _naming_errors(given)
    for index, example in enumerate(given):
        errors += _example_errors(terms, example, f"/examples/{index}")
    if errors:
        raise InvalidInputError(errors)
    _agree(session, kernel, plan, terms, _with_history(plan, given))


def require_agreement(
    session: Session, kernel: Kernel, plan: TariffPlan, terms: TariffTerms
) -> None:
    """Work a plan's own examples out under terms that it is to have; ExampleDiffersError."""
    _agree(session, kernel, plan, terms, read_examples(plan.examples))


def check_plan(session: Session, kernel: Kernel, plan_id: int) -> tuple[Example, ...]:
    """Work a plan's examples out anew; while one of them differs, the plan isn't for sale."""
    plan = find(session, TariffPlan, plan_id, lock=True)
    terms = read_terms(version_in_force(session, plan).terms)
    examples = _work_out(session, kernel, plan, terms, read_examples(plan.examples))
    _keep(plan, examples)
    return examples


def recheck_plan(kernel: Kernel, plan_id: int) -> tuple[Example, ...]:
    """``check_plan`` in a transaction of its own."""
    return kernel.database.run(lambda session: check_plan(session, kernel, plan_id))


def check_every_plan(kernel: Kernel) -> dict[int, list[Example]]:
    """Work out all examples, as after a change of plugins; plans with what differs."""
    with kernel.database.reading() as session:
        plans = session.execute(select(TariffPlan.id, TariffPlan.examples)).all()
    found: dict[int, list[Example]] = {}
    for plan_id, documents in plans:
        if not documents:
            continue
        if differences := differing(recheck_plan(kernel, plan_id)):
            found[plan_id] = differences
            names = [example.name for example in differences]
            log.error("tariff.example_differs", tariff_plan_id=plan_id, examples=names)
    return found


def _agree(
    session: Session,
    kernel: Kernel,
    plan: TariffPlan,
    terms: TariffTerms,
    examples: Sequence[Example],
) -> None:
    examples = _work_out(session, kernel, plan, terms, examples)
    if differences := differing(examples):
        raise ExampleDiffersError(differences)
    _keep(plan, examples)


def _work_out(
    session: Session,
    kernel: Kernel,
    plan: TariffPlan,
    terms: TariffTerms,
    examples: Sequence[Example],
) -> tuple[Example, ...]:
    return tuple(
        judged(example, _outcome(session, kernel, plan, terms, example.situation))
        for example in examples
    )


def _outcome(
    session: Session,
    kernel: Kernel,
    plan: TariffPlan,
    terms: TariffTerms,
    situation: ExampleSituation,
) -> Worked:
    if errors := check_addons(terms, situation.addons)[1]:
        return Worked(error="; ".join(f"{it.pointer} {it.detail}" for it in errors))
    occasion, months = Occasion(situation.occasion), situation.period_months
    start_on = situation.expires_on or situation.on
    sale = Sale(
        occasion,
        months,
        start_on,
        situation.anchor_on or start_on,
        described(plan, "", None),
        view_of_sale(plan, terms, None, occasion, months),
        {**default_addons(terms), **situation.addons},
    )
    delay = _delay(session, kernel, plan, terms, situation)
    try:
        return worked(price_renewal(terms, sale, delay, InstalledPolicies(kernel)))
    except (RuleError, PluginFaultError, UnknownDriverError) as error:
        return Worked(error=error.message)


def _with_history(plan: TariffPlan, given: Sequence[Example]) -> list[Example]:
    """The examples with how those of the same name last agreed, to be shown beside a difference."""
    agreed = {example.name: example.agreed for example in read_examples(plan.examples)}
    return [msgspec.structs.replace(example, agreed=agreed.get(example.name)) for example in given]


def _delay(
    session: Session,
    kernel: Kernel,
    plan: TariffPlan,
    terms: TariffTerms,
    situation: ExampleSituation,
) -> LateFeeSituation | None:
    expired_on, paid = situation.expires_on, situation.paid
    if expired_on is None or paid is None or situation.on <= expired_on:
        return None
    last = Paid(paid.start_on, expired_on, paid.period_months, paid.price)
    keeps = keeping(session, kernel, plan.product_type, terms)
    return delay_of(terms, last, expired_on, situation.on, keeps)


def _naming_errors(given: Sequence[Example]) -> list[FieldError]:
    names = [example.name for example in given]
    return [
        FieldError(f"/examples/{index}/name", "is the name of another example too")
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def _example_errors(terms: TariffTerms, example: Example, pointer: str) -> list[FieldError]:
    errors = situation_errors(example.situation, f"{pointer}/situation")
    return errors + check_addons(terms, example.situation.addons, f"{pointer}/situation/addons")[1]


def _keep(plan: TariffPlan, examples: Sequence[Example]) -> None:
    documents = examples_document(examples)
    if documents != plan.examples:
        plan.examples = documents
    plan.examples_differ = bool(differing(examples))
