"""What a running service costs when it changes: another tariff plan, more or less of an addon."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import msgspec

from billing_hookspecs import (
    AddonSituation,
    Money,
    Occasion,
    Period,
    PolicyKind,
    TariffChange,
    TariffChangeSituation,
    ValueType,
)
from billing_kernel.domain.addons import AddonTerm, addon_price, amount_error, default_amount
from billing_kernel.domain.derivations import Derivation, Policies, derive
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.paid import Paid
from billing_kernel.domain.periods import days_between
from billing_kernel.domain.pricing import (
    PricedLine,
    Sale,
    addon_text,
    call_policy,
    charging,
    offered_addons,
    parameters_of,
    priced_line,
)
from billing_kernel.domain.returns import Bought, BoughtLine, given_up, return_lines
from billing_kernel.domain.tariffs import TariffTerms, price_for


class ChangeImpossibleError(RuleError):
    """The new tariff plan can't take the service over as it is."""

    code = "tariff_change.impossible"


@dataclass(frozen=True, slots=True)
class Running:
    """A service within a paid period, and the invoice lines that paid for it."""

    terms: TariffTerms
    paid: Paid
    addons: Mapping[str, Any]
    expires_on: date
    anchor_on: date
    tariff_plan_id: int
    bought: tuple[BoughtLine, ...] = ()


@dataclass(frozen=True, slots=True)
class PricedChange:
    """What a change costs (negative: what returns), and how the service is after it.

    ``paid`` is what the service counts as paid for from then on; ``restarts_on`` is the day
    that a new period begins, None where the old one goes on.
    """

    lines: tuple[PricedLine, ...]
    expires_on: date | None
    addons: dict[str, Any] = field(default_factory=dict)
    paid: Paid | None = None
    restarts_on: date | None = None
    tax_note: str = ""


def price_tariff_change(
    running: Running, new_terms: TariffTerms, new_plan_id: int, sale: Sale, policies: Policies
) -> PricedChange:
    """Price the way to another tariff plan; ``sale`` is the new tariff's, beginning today.

    Addons that the new tariff has too keep their amount within its limits, the others end by
    the present tariff's cancellation policy. Raises PolicyObjectsError, PeriodNotSoldError,
    AddonNotSoldError, ChangeImpossibleError.
    """
    if new_terms.currency != running.paid.price.currency:
        raise ChangeImpossibleError(f"the service was paid in {running.paid.price.currency}")
    addons = kept_addons(new_terms, running.addons)
    ended = [name for name in running.addons if name not in addons]
    kept = running.paid.each(lambda paid: _with_addons(paid, dict.fromkeys(ended)))
    new = fresh_paid(new_terms, replace(sale, addons=addons), policies)
    following = _following(running, new_terms, replace(sale, addons=addons), policies)
    situation = _situation(running, kept, new, following, sale.start_on)
    situation = replace(situation, is_way_back=running.paid.way_back_plan_id == new_plan_id)
    choice = running.terms.policies.tariff_change
    call = call_policy(policies, PolicyKind.TARIFF_CHANGE, choice, situation)
    derivation = Derivation(sale.tax, sale.prices_include_tax, call)
    derived = derive(derivation, policies)
    change = derived.decision
    if not isinstance(change, TariffChange):
        raise TypeError(f"{call.key} is no tariff-change policy")
    line = priced_line(
        "change", sale.description, derivation, derived, period_months=sale.period_months
    )
    lines, bought = [line], Bought(list(running.bought))
    if line.total.amount_minor < 0:
        new_daily = new.period().daily_cost_minor()
        returned = given_up(kept, -derived.price, sale.start_on, running.expires_on, new_daily)
        lines = return_lines(line, derivation, derived, returned, bought)
    for addon in running.terms.addons:
        if addon.resource_type in ended:
            before = running.addons[addon.resource_type]
            lines += _addon_lines(running, addon, before, None, sale, policies, bought)
    paid = msgspec.structs.replace(new, way_back_plan_id=_way_back(running, situation, change))
    if change.restarts_on is not None and change.restarts_on > sale.start_on:
        paid = following.after(kept, sale.start_on)
    return PricedChange(
        tuple(lines), change.expires_on, addons, paid, change.restarts_on, sale.tax.note
    )


def _situation(
    running: Running, kept: Paid, new: Paid, following: Paid, today: date
) -> TariffChangeSituation:
    """What the policy of a change may know; ``kept`` is what was paid without addons that end."""
    return TariffChangeSituation(
        today=today,
        expires_on=running.expires_on,
        remaining_days=max(0, days_between(today, running.expires_on)),
        paid=kept.rest(today, running.expires_on),
        new_price=new.period().amount,
        new_period_days=days_between(new.start_on, new.end_on),
        expires_if_new=new.end_on,
        expires_if_next=following.end_on,
        parameters=parameters_of(running.terms.policies.tariff_change),
        next_price=following.period().amount,
    )


def _following(running: Running, terms: TariffTerms, sale: Sale, policies: Policies) -> Paid:
    """What the service would count as paid for by a tariff from its expiry on."""
    later = replace(
        sale,
        occasion=Occasion.RENEWAL,
        start_on=running.expires_on,
        anchor_on=running.anchor_on,
    )
    return fresh_paid(terms, later, policies)


def price_addon_change(
    running: Running, wanted: Mapping[str, Any], sale: Sale, policies: Policies
) -> PricedChange:
    """Price other amounts of some addons until the paid period ends, as of ``sale.start_on``.

    Raises PolicyObjectsError, AddonNotSoldError.
    """
    lines: list[PricedLine] = []
    changed, bought = {}, Bought(list(running.bought))
    for addon in offered_addons(running.terms):
        name = addon.resource_type
        if name not in wanted or wanted[name] == running.addons.get(name):
            continue
        before = running.addons.get(name)
        lines += _addon_lines(running, addon, before, wanted[name], sale, policies, bought)
        changed[name] = addon
    paid = running.paid.each(
        lambda each: _with_addons(
            each, {name: _beyond(addon, wanted[name], each) for name, addon in changed.items()}
        )
    )
    return PricedChange(
        tuple(lines), running.expires_on, {**running.addons, **wanted}, paid, tax_note=sale.tax.note
    )


def paid_by(lines: Sequence[PricedLine]) -> Paid | None:
    """What a service will count as paid for by these lines; None if they have no end."""
    prices = {
        line.resource_type: msgspec.convert(line.derivation["price"], Money)
        for line in lines
        if line.kind in ("period", "addon") and line.derivation
    }
    main = next((line for line in lines if line.kind == "period"), None)
    if main is None or main.period is None or None not in prices:
        return None
    addons = {name: price for name, price in prices.items() if name is not None}
    period = main.period
    return Paid(period.start_on, period.end_on, main.period_months or 0, prices[None], addons)


def kept_addons(terms: TariffTerms, present: Mapping[str, Any]) -> dict[str, Any]:
    """The amounts that a tariff gives a service that comes from another one.

    At least what it includes, at most what it allows; what can't be kept becomes its default.
    """
    kept: dict[str, Any] = {}
    for addon in offered_addons(terms):
        amount = present.get(addon.resource_type)
        if addon.value_type is ValueType.INTEGER and type(amount) is int:
            amount = max(amount, addon.included, addon.min)
            if addon.max is not None:
                amount = min(amount, addon.max)
            amount -= (amount - addon.min) % addon.step
        if amount is None or amount_error(addon, amount):
            amount = default_amount(addon)
        kept[addon.resource_type] = amount
    return kept


def fresh_paid(terms: TariffTerms, sale: Sale, policies: Policies) -> Paid:
    """What a service would count as paid for had it just been renewed; ``sale`` says when."""
    price = price_for(terms, sale.period_months, renewal=True)
    _, derived, period = charging(terms, sale, policies, price)
    if period is None:
        raise ChangeImpossibleError("a period without end can't take a running one over")
    addons = {}
    for addon in offered_addons(terms):
        amount = sale.addons.get(addon.resource_type)
        beyond = None if amount is None else addon_price(addon, amount, sale.period_months)
        if beyond is not None:
            _, part, _ = charging(terms, sale, policies, beyond, addon.resource_type)
            addons[addon.resource_type] = part.price
    return Paid(period.start_on, period.end_on, sale.period_months, derived.price, addons)


def _addon_lines(
    running: Running,
    addon: AddonTerm,
    before: Any,
    after: Any,
    sale: Sale,
    policies: Policies,
    bought: Bought,
) -> list[PricedLine]:
    """More of an addon by the order policy, less of it by the cancellation policy.

    Never more than what was paid for it is given back.
    """
    less = running.paid.each(lambda each: _given_up(addon, before, after, each))
    difference = _beyond(addon, after, running.paid) - _beyond(addon, before, running.paid)
    is_less = difference.amount_minor < 0
    situation = (
        _less(running, sale, less)
        if is_less
        else _more(running, sale, difference, running.paid.each(_extra(addon, before, after)))
    )
    if not situation.price and not situation.rest:
        return []
    kind = PolicyKind.ADDON_CANCELLATION if is_less else PolicyKind.ADDON_ORDER
    policies_of = running.terms.policies
    choice = policies_of.addon_cancellation if is_less else policies_of.addon_order
    situation = replace(situation, parameters=parameters_of(choice))
    call = call_policy(policies, kind, choice, situation)
    derivation = Derivation(sale.tax, sale.prices_include_tax, call, gives_back=is_less)
    derived = derive(derivation, policies)
    text = addon_text(addon, after if after is not None else before)
    line = priced_line(
        "refund" if is_less else "addon",
        f"{sale.description}: {text}",
        derivation,
        derived,
        period=Period(sale.start_on, running.expires_on) if situation.remaining_days else None,
        resource_type=addon.resource_type,
    )
    if line.total.amount_minor >= 0:
        return [line]
    returned = given_up(less, -derived.price, sale.start_on, running.expires_on)
    return return_lines(line, derivation, derived, returned, bought)


def _less(running: Running, sale: Sale, less: Paid) -> AddonSituation:
    """Less of an addon: what is given up is worth what its days that are left were paid with."""
    today, expires_on = sale.start_on, running.expires_on
    days = max(0, days_between(today, expires_on))
    price = less.rest(today, expires_on).amount
    return AddonSituation(today, days, running.paid.rest(today, expires_on), price)


def _more(running: Running, sale: Sale, difference: Money, more: Paid) -> AddonSituation:
    """More of an addon: the period last paid has its price, days before it have their own."""
    today, expires_on = sale.start_on, running.expires_on
    days = max(0, days_between(today, expires_on))
    several = len(list(more.lasting(today, expires_on))) > 1
    rest = more.rest(today, expires_on).amount if several else None
    return AddonSituation(today, days, running.paid.period(), difference, rest=rest)


def _given_up(addon: AddonTerm, before: Any, after: Any, paid: Paid) -> Paid:
    """Of a paid period what less of an addon is worth, at most what was paid for it."""
    less = _beyond(addon, before, paid) - _beyond(addon, after, paid)
    most = paid.addons.get(addon.resource_type, Money.zero(less.currency))
    return msgspec.structs.replace(paid, price=min(less, most), addons={})


def _extra(addon: AddonTerm, before: Any, after: Any) -> Callable[[Paid], Paid]:
    """Of a paid period what more of an addon costs."""

    def extra(paid: Paid) -> Paid:
        more = _beyond(addon, after, paid) - _beyond(addon, before, paid)
        return msgspec.structs.replace(paid, price=more, addons={})

    return extra


def _with_addons(paid: Paid, prices: Mapping[str, Money | None]) -> Paid:
    """A paid period with other prices of addons; None takes one out."""
    addons = {name: price for name, price in {**paid.addons, **prices}.items() if price is not None}
    return msgspec.structs.replace(paid, addons=addons)


def _beyond(addon: AddonTerm, amount: Any, paid: Paid) -> Money:
    zero = Money.zero(paid.price.currency)
    return (addon_price(addon, amount, paid.months) if amount is not None else None) or zero


def _way_back(
    running: Running, situation: TariffChangeSituation, change: TariffChange
) -> int | None:
    """The plan that was left for a cheaper one without getting anything for it."""
    is_cheaper = (
        situation.new_price.amount_minor * situation.paid.period.days
        < situation.paid.amount.amount_minor * situation.new_period_days
    )
    gave_nothing = not change.amount and change.expires_on == situation.expires_on
    return running.tariff_plan_id if is_cheaper and gave_nothing else None
