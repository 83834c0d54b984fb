"""Find work that was left behind, by dead workers or by a broker that lost its messages."""

from datetime import timedelta

from sqlalchemy import BigInteger, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from billing_kernel.application.beginning import MESSAGE_GRACE, UNBEGUN
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.telling import DELIVERIES_MAX
from billing_kernel.domain.free_domains import DomainState
from billing_kernel.domain.messages import MessageState
from billing_kernel.domain.states import (
    OPEN_ATTEMPTS,
    OPEN_OPERATIONS,
    OperationState,
)
from billing_kernel.models import (
    EventDelivery,
    Message,
    Operation,
    OutboxMessage,
    Payment,
    Refund,
    ServiceDomain,
    StoredMethod,
    wall_clock,
)

PAGE = 500
GRACE = timedelta(seconds=5)
"""How long a due message may take before it counts as lost."""

DELIVERY_GRACE = timedelta(minutes=2)


def sweep(kernel: Kernel) -> int:
    """Put messages for all due work that nobody is at; how many were put."""
    return kernel.database.run(_sweep)


def _sweep(session: Session) -> int:
    put = 0
    for actor, argument, ids in (
        ("run_operation", "operation_id", _operations(session)),
        ("deliver_event", "delivery_id", _deliveries(session)),
        *((actor, "payment_id", ids) for actor, ids in _payments(session).items()),
        ("send_refund", "refund_id", _refunds(session)),
        ("forget_method", "stored_method_id", _unforgotten(session)),
        ("direct_domain", "service_domain_id", _undirected(session)),
        ("send_message", "message_id", _unsent(session)),
    ):
        for row_id in _without_message(session, actor, argument, ids):
            enqueue(session, actor, {argument: row_id})
            put += 1
    return put


def _without_message(session: Session, actor: str, argument: str, ids: list[int]) -> list[int]:
    """Those that no message waits for; of a long outbox only they are read."""
    if not ids:
        return []
    named = cast(OutboxMessage.arguments[argument].as_string(), BigInteger)
    waiting = set(
        session.scalars(
            select(named)
            .where(OutboxMessage.died_at.is_(None), OutboxMessage.actor == actor, named.in_(ids))
            .distinct()
        )
    )
    return [row_id for row_id in ids if row_id not in waiting]


def _operations(session: Session) -> list[int]:
    now = wall_clock()
    lease_is_over = or_(Operation.lease_until.is_(None), Operation.lease_until <= now)
    return list(
        session.scalars(
            select(Operation.id)
            .where(
                Operation.state.in_([s for s in OPEN_OPERATIONS if s != OperationState.FAILED]),
                or_(
                    (Operation.state == OperationState.RUNNING) & lease_is_over,
                    (Operation.state != OperationState.RUNNING) & (Operation.due_at <= now - GRACE),
                ),
            )
            .order_by(Operation.due_at)
            .limit(PAGE)
        )
    )


def _deliveries(session: Session) -> list[int]:
    return list(
        session.scalars(
            select(EventDelivery.id)
            .where(
                EventDelivery.delivered_at.is_(None),
                EventDelivery.attempts < DELIVERIES_MAX,
                EventDelivery.created_at <= wall_clock() - DELIVERY_GRACE,
            )
            .order_by(EventDelivery.id)
            .limit(PAGE)
        )
    )


def _payments(session: Session) -> dict[str, list[int]]:
    """Payments to look at, by who does that."""
    due = session.execute(
        select(Payment.id, Payment.state, Payment.stored_method_id)
        .where(Payment.check_at <= wall_clock())
        .order_by(Payment.check_at)
        .limit(PAGE)
    )
    found: dict[str, list[int]] = {"begin_payment": [], "charge_stored": [], "check_payment": []}
    for payment_id, state, stored_id in due:
        unbegun = "begin_payment" if stored_id is None else "charge_stored"
        found[unbegun if state in UNBEGUN else "check_payment"].append(payment_id)
    return found


def _refunds(session: Session) -> list[int]:
    """Refunds that a gateway is to send, and whose message was lost."""
    return list(
        session.scalars(
            select(Refund.id)
            .where(Refund.state.in_(OPEN_ATTEMPTS), Refund.due_at <= wall_clock() - MESSAGE_GRACE)
            .order_by(Refund.due_at)
            .limit(PAGE)
        )
    )


def _unforgotten(session: Session) -> list[int]:
    """Stored methods that clients removed and gateways still have."""
    return list(
        session.scalars(
            select(StoredMethod.id)
            .where(StoredMethod.is_forgotten, StoredMethod.sealed_token.is_not(None))
            .order_by(StoredMethod.id)
            .limit(PAGE)
        )
    )


def _undirected(session: Session) -> list[int]:
    """Free domains that don't lead yet where they shall, and whose message was lost."""
    return list(
        session.scalars(
            select(ServiceDomain.id)
            .where(
                ServiceDomain.state == DomainState.WORKING,
                ServiceDomain.due_at <= wall_clock() - GRACE,
            )
            .order_by(ServiceDomain.due_at)
            .limit(PAGE)
        )
    )


def _unsent(session: Session) -> list[int]:
    """Messages that wait to be sent, and whose own message was lost."""
    return list(
        session.scalars(
            select(Message.id)
            .where(
                Message.state == MessageState.WAITING,
                Message.due_at <= wall_clock() - MESSAGE_GRACE,
            )
            .order_by(Message.due_at)
            .limit(PAGE)
        )
    )


def backlog(session: Session) -> int:
    """How many messages are due and not worked on."""
    now = wall_clock()
    return (
        session.scalar(
            select(func.count(OutboxMessage.id)).where(
                OutboxMessage.died_at.is_(None), OutboxMessage.due_at <= now
            )
        )
        or 0
    )


def has_open_work(session: Session) -> bool:
    """True while any operation that isn't a person's is open."""
    states = [
        s for s in OPEN_OPERATIONS if s not in (OperationState.FAILED, OperationState.WAITING)
    ]
    return bool(session.scalar(select(exists().where(Operation.state.in_(states)))))
