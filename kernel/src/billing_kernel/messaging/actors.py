"""What a worker can be asked to do: one line for each name that ``enqueue`` is given."""

import inspect
import traceback
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import structlog
from dramatiq import Actor, Broker

from billing_hookspecs import BillingError
from billing_kernel.application.beginning import begin_payment
from billing_kernel.application.catching_up import catch_up
from billing_kernel.application.charging import charge_stored, check_payment
from billing_kernel.application.collecting import stop_uncollected
from billing_kernel.application.documenting import render_document
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.notifying import notify
from billing_kernel.application.pointing import direct_domain
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.reconciling import reconcile_module
from billing_kernel.application.restoring import return_change
from billing_kernel.application.returning import send_refund
from billing_kernel.application.running import run_nightly
from billing_kernel.application.scheduling import check_books
from billing_kernel.application.sending import send_message
from billing_kernel.application.spending import spend_balance
from billing_kernel.application.storing import forget_method
from billing_kernel.application.telling import deliver_event
from billing_kernel.crashpoints import crashpoint
from billing_kernel.messaging.holding import Holder
from billing_kernel.messaging.outbox import Leased

QUEUE = "billing"
"""The only queue in a broker."""

LATER: Final = frozenset({"render_document"})
"""Of what a worker has fetched from a broker, these wait until the rest is done."""

Work: TypeAlias = Callable[..., None]
"""Takes the kernel and ids by name; harmless to repeat and to run at once with itself."""

ACTORS: Final[Mapping[str, Work]] = {
    "begin_payment": begin_payment,
    "catch_up": catch_up,
    "charge_stored": charge_stored,
    "check_books": check_books,
    "check_payment": check_payment,
    "deliver_event": deliver_event,
    "direct_domain": direct_domain,
    "forget_method": forget_method,
    "notify": notify,
    "reconcile_module": reconcile_module,
    "render_document": render_document,
    "return_change": return_change,
    "run_nightly": run_nightly,
    "run_operation": run_operation,
    "send_message": send_message,
    "send_refund": send_refund,
    "spend_balance": spend_balance,
    "stop_uncollected": stop_uncollected,
}

log = structlog.get_logger(__name__)


class Crew:
    """Actors that work on rows of the outbox; a message only points to a row."""

    def __init__(self, kernel: Kernel, actors: Mapping[str, Work] = ACTORS) -> None:
        self._kernel = kernel
        self._actors = dict(actors)
        self._parameters = {
            name: set(list(inspect.signature(work).parameters)[1:]) for name, work in actors.items()
        }

    def objection(self, actor: str, arguments: object) -> str:
        """Why this can't be worked on, now or ever; empty when it can."""
        if actor not in self._actors:
            return f"there is no actor {actor}"
        if not isinstance(arguments, dict) or set(arguments) != self._parameters[actor]:
            return f"{actor} takes {', '.join(sorted(self._parameters[actor]))}"
        if not all(type(value) is int for value in arguments.values()):
            return f"{actor} takes whole numbers"
        return ""

    def declare(self, broker: Broker, holder: Holder) -> None:
        """Make the actors known to a broker."""
        for name in self._actors:
            Actor(
                self._working_on(name, holder),
                broker=broker,
                actor_name=name,
                queue_name=QUEUE,
                priority=int(name in LATER),
                options={},
            )

    def _working_on(self, name: str, holder: Holder) -> Callable[[int, str], None]:
        def work(outbox_id: int, token: str) -> None:
            leased = holder.begin(outbox_id, token)
            if leased is None:
                log.info("outbox.stale_message", outbox_id=outbox_id, actor=name)
                return
            crashpoint("outbox.claimed")
            try:
                self._actors[leased.actor](self._kernel, **leased.arguments)
            except BaseException as error:  # noqa: BLE001 not even a plugin's SystemExit may keep the row
                holder.put_back(leased, _report(leased, error))
            else:
                holder.finish(leased)

        return work


def _report(leased: Leased, error: BaseException) -> str:
    """Log a failure with its ids and places; its text only where the kernel wrote it itself."""
    known = isinstance(error, BillingError)
    failure = f"{type(error).__name__}: {error}" if known else type(error).__name__
    log.error(
        "outbox.failed",
        outbox_id=leased.outbox_id,
        actor=leased.actor,
        arguments=leased.arguments,
        attempt=leased.attempt,
        failure=failure,
        places=[
            f"{frame.filename}:{frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)
        ],
    )
    return failure
