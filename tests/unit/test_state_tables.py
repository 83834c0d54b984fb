"""The state tables, cell by cell: a move that nobody wrote down must be refused."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from typing import Any

import pytest

from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    INVOICE_TRANSITIONS,
    OPEN_ATTEMPTS,
    OPEN_OPERATIONS,
    OPERATION_TRANSITIONS,
    ORDER_TRANSITIONS,
    SERVICE_TRANSITIONS,
    AttemptEvent,
    AttemptState,
    IllegalTransitionError,
    InvoiceEvent,
    InvoiceState,
    OperationEvent,
    OperationState,
    OrderEvent,
    OrderState,
    ServiceEvent,
    ServiceState,
    advance,
    payment_status,
)

Table = Mapping[tuple[Any, Any], Any]

EXPECTED: dict[str, tuple[Table, type[StrEnum], type[StrEnum], str]] = {
    "order": (
        ORDER_TRANSITIONS,
        OrderState,
        OrderEvent,
        """
                   pay   cancel
        new        paid  cancelled
        paid       -     -
        cancelled  -     -
        """,
    ),
    "invoice": (
        INVOICE_TRANSITIONS,
        InvoiceState,
        InvoiceEvent,
        """
                   pay   cancel
        new        paid  cancelled
        paid       -     -
        cancelled  -     -
        """,
    ),
    "service": (
        SERVICE_TRANSITIONS,
        ServiceState,
        ServiceEvent,
        """
                   pay      opened  refused  suspended  resumed  closed   cancel
        ordered    opening  -       -        -          -        -        deleted
        opening    -        active  failed   -          -        -        deleted
        active     -        -       -        suspended  -        deleted  -
        suspended  -        -       -        -          active   deleted  -
        failed     -        -       -        -          -        -        deleted
        deleted    -        -       -        -          -        -        -
        """,
    ),
    "operation": (
        OPERATION_TRANSITIONS,
        OperationState,
        OperationEvent,
        """
                 claim    done  pending  busy    refused  lost     give_up  retry   resolve_done  resolve_not_done
        queued   running  -     -        -       -        -        -        -       done          refused
        running  running  done  waiting  queued  refused  unknown  failed   -       -             -
        waiting  running  -     -        -       -        -        -        -       done          refused
        unknown  running  -     -        -       -        -        -        -       done          refused
        failed   -        -     -        -       -        -        -        queued  done          refused
        done     -        -     -        -       -        -        -        -       -             -
        refused  -        -     -        -       -        -        -        -       -             -
        """,  # noqa: E501
    ),
    "payment attempt": (
        ATTEMPT_TRANSITIONS,
        AttemptState,
        AttemptEvent,
        """
                   started  lost     busy  captured  failed  cancel
        new        pending  unknown  new   done      failed  cancelled
        pending    pending  unknown  -     done      failed  cancelled
        unknown    pending  unknown  new   done      failed  cancelled
        done       -        -        -     -         -       -
        failed     -        -        -     done      -       -
        cancelled  -        -        -     done      -       -
        """,
    ),
}


def _read(drawing: str) -> dict[tuple[str, str], str]:
    events, *rows = [line.split() for line in drawing.strip().splitlines()]
    return {
        (state, event): target
        for state, *targets in rows
        for event, target in zip(events, targets, strict=True)
    }


CELLS = [
    (name, state, event)
    for name, (_, states, events, _) in EXPECTED.items()
    for state, event in product(states, events)
]


@pytest.mark.parametrize(("name", "state", "event"), CELLS)
def test_every_cell_moves_as_drawn_or_is_refused(name: str, state: Any, event: Any) -> None:
    """A slip in a table would let a paid order be cancelled or an ended operation run again."""
    table, _, _, drawing = EXPECTED[name]
    target = _read(drawing)[state, event]
    if target == "-":
        with pytest.raises(IllegalTransitionError) as refusal:
            advance(table, state, event)
        assert (refusal.value.state, refusal.value.event) == (state, event)
    else:
        assert advance(table, state, event) == target


@pytest.mark.parametrize("name", EXPECTED)
def test_a_drawing_names_every_state_and_event_once(name: str) -> None:
    """A state that is missing from its drawing would never be examined."""
    _, states, events, drawing = EXPECTED[name]
    cells = _read(drawing)
    assert {state for state, _ in cells} == set(states)
    assert {event for _, event in cells} == set(events)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_state_but_the_first_can_be_reached(name: str) -> None:
    """A state that nothing leads to is dead code, or its move was forgotten."""
    table, states, _, _ = EXPECTED[name]
    first, *others = states
    reached = {first}
    while more := {to for (state, _), to in table.items() if state in reached} - reached:
        reached |= more
    assert reached == {first, *others}


def test_an_operation_is_open_until_nothing_can_move_it() -> None:
    """The unique index on open operations lists these: one too few allows a second purchase."""
    movable = {state for state, _ in OPERATION_TRANSITIONS}
    assert movable == set(OPEN_OPERATIONS) == set(OperationState) - {"done", "refused"}


def test_a_payment_is_open_until_it_ended_though_money_may_still_come() -> None:
    """Money that comes after all is booked, whatever we thought of its payment by then."""
    movable = {state for state, _ in ATTEMPT_TRANSITIONS}
    late = movable - set(OPEN_ATTEMPTS)
    assert late == {AttemptState.FAILED, AttemptState.CANCELLED}
    moves = {event for state, event in ATTEMPT_TRANSITIONS if state in late}
    assert moves == {AttemptEvent.CAPTURED}


@pytest.mark.parametrize(
    ("state", "captured", "refunded", "shown"),
    [
        (AttemptState.NEW, 0, 0, "new"),
        (AttemptState.PENDING, 0, 0, "pending"),
        (AttemptState.UNKNOWN, 0, 0, "unknown"),
        (AttemptState.FAILED, 0, 0, "failed"),
        (AttemptState.CANCELLED, 0, 0, "cancelled"),
        (AttemptState.DONE, 0, 0, "paid"),
        (AttemptState.DONE, 1000, 0, "paid"),
        (AttemptState.DONE, 1000, 1, "partially_refunded"),
        (AttemptState.DONE, 1000, 999, "partially_refunded"),
        (AttemptState.DONE, 1000, 1000, "refunded"),
    ],
)
def test_a_payment_shows_what_its_totals_say(
    state: AttemptState, captured: int, refunded: int, shown: str
) -> None:
    """The status is computed, so it can't contradict the money that moved."""
    assert payment_status(state, captured, refunded) == shown
