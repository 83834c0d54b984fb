"""The Litestar application: routes, who may call them, and what holds for all of them."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.types import Message, Scope

from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.rights import Right
from billing_kernel.http import (
    admin,
    balances,
    capabilities,
    cart,
    clients,
    daily_charges,
    documents,
    health,
    invoices,
    me,
    messages,
    notifications,
    orders,
    panels,
    payers,
    payment_methods,
    payments,
    product_types,
    quotes,
    service_actions,
    service_changes,
    services,
    sessions,
    stored_payment_methods,
    subscriptions,
    tariff_plans,
)
from billing_kernel.http.auth import Access, check_access, provide_caller, provide_visitor
from billing_kernel.http.bodies import StrictRequest
from billing_kernel.http.health import WorkerHere
from billing_kernel.http.idempotency import provide_once
from billing_kernel.http.languages import provide_languages
from billing_kernel.http.pagination import provide_paging
from billing_kernel.http.problems import EXCEPTION_HANDLERS
from billing_kernel.http.schema_page import SECURITY, needing, openapi_config

PREFIX = "/api/v1"
ADMIN_PREFIX = f"{PREFIX}/admin"
BODY_MAX_BYTES = 1_000_000
REQUEST_THREADS = 32

EVERYONE = [
    capabilities.list_capabilities,
    clients.register,
    sessions.open_session,
    product_types.list_product_types,
    *notifications.HANDLERS,
    panels.return_from_panel,
]
VISITORS = [
    tariff_plans.list_tariff_plans,
    tariff_plans.get_tariff_plan,
    quotes.quote,
]
LOGGED_IN = [sessions.close_session, me.change_password]
CLIENT_AREA = [
    me.get_me,
    me.change_me,
    orders.place,
    orders.list_orders,
    orders.get_order,
    orders.cancel,
    services.list_services,
    services.get_service,
    services.change_service,
    services.renew,
    services.list_operations,
    *daily_charges.HANDLERS,
    *service_actions.HANDLERS,
    *service_changes.HANDLERS,
    *panels.HANDLERS,
    *cart.HANDLERS,
    invoices.list_invoices,
    invoices.get_invoice,
    invoices.explain_line,
    invoices.pay,
    documents.get_document,
    payments.pay_in_advance,
    payments.list_payments,
    payments.get_payment,
    payment_methods.list_payment_methods,
    *stored_payment_methods.HANDLERS,
    *subscriptions.HANDLERS,
    *payers.HANDLERS,
    messages.list_messages,
    balances.list_balances,
    balances.list_statement,
]


def create_app(kernel: Kernel, worker: WorkerHere | None = None) -> Litestar:
    """The HTTP API of an installation.

    ``worker`` is the one of this process; None where workers run elsewhere. Both are in the
    application's state and nowhere else in it.
    """
    state = State({"kernel": kernel, "worker": worker})
    return Litestar(
        route_handlers=[
            Router(
                "/",
                route_handlers=[health.check_liveness, health.check_readiness],
                opt={"access": Access.EVERYONE},
            ),
            _router(Access.EVERYONE, EVERYONE),
            _router(Access.VISITOR, VISITORS, [{}, *SECURITY]),
            _router(Access.LOGGED_IN, LOGGED_IN, SECURITY),
            _router(Access.CLIENT, CLIENT_AREA, SECURITY),
            _router(Access.ADMINISTRATOR, admin.HANDLERS, SECURITY, prefix=ADMIN_PREFIX),
            *(_router_of_right(right, handlers) for right, handlers in admin.BY_RIGHT.items()),
        ],
        guards=[check_access],
        request_class=StrictRequest,
        dependencies={
            "kernel": Provide(lambda: state.kernel, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
            "visitor": Provide(provide_visitor, sync_to_thread=False),
            "languages": Provide(provide_languages, sync_to_thread=False),
            "paging": Provide(provide_paging, sync_to_thread=False),
            "once": Provide(provide_once),
        },
        exception_handlers=dict(EXCEPTION_HANDLERS),
        before_send=[harden],
        on_startup=[widen],
        request_max_body_size=BODY_MAX_BYTES,
        state=state,
        openapi_config=openapi_config(version("billing-kernel")),
        logging_config=None,
    )


async def widen(app: Litestar) -> None:
    """Give requests more threads than there are cores: most of the time they wait.

    A few that wait for slow upstreams must not keep all the others out.
    """
    threads = ThreadPoolExecutor(REQUEST_THREADS, thread_name_prefix="request")
    asyncio.get_running_loop().set_default_executor(threads)


async def harden(message: Message, scope: Scope) -> None:
    """Headers of every answer: it is what it says it is, and nobody keeps a copy."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"


def _router(
    access: Access,
    handlers: Sequence[Any],
    security: Sequence[dict[str, list[str]]] | None = None,
    prefix: str = PREFIX,
    **opt: Any,
) -> Router:
    return Router(
        prefix,
        route_handlers=list(handlers),
        opt={"access": access, **opt},
        security=list(security) if security else None,
    )


def _router_of_right(right: Right, handlers: Sequence[Any]) -> Router:
    return _router(Access.EMPLOYEE, handlers, needing(right), prefix=ADMIN_PREFIX, right=right)
