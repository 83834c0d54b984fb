"""Calling drivers: their circumstances, and one of a few known outcomes whatever happens."""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ParamSpec, TypeVar

import httpx

from billing_hookspecs import (
    CapabilityMissingError,
    Context,
    FrozenDict,
    Notification,
    NotificationRejectedError,
    OutcomeUnknownError,
    Secret,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.boundaries import forbid_inside_transaction
from billing_kernel.extensions.addresses import networks
from billing_kernel.extensions.dialing import Dialer
from billing_kernel.extensions.errors import (
    DriverFaultError,
    PluginFaultError,
    PluginQuarantinedError,
)
from billing_kernel.extensions.faults import FaultCounter
from billing_kernel.extensions.masking import MaskingLogger, SecretMask, secrets_in
from billing_kernel.extensions.outbound import BoundClient, CallBounds, OutboundTransport
from billing_kernel.extensions.quarantine import described
from billing_kernel.extensions.shapes import complaint, hints_of

A = TypeVar("A")
P = ParamSpec("P")

DRIVER_LOG = "billing.driver"
CONTRACT = "billing_hookspecs."

KNOWN_OUTCOMES = (
    UpstreamRefusedError,
    UpstreamBusyError,
    OutcomeUnknownError,
    NotificationRejectedError,
    CapabilityMissingError,
)
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@contextmanager
def open_context(
    *,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
    base_url: str = "",
    operation_id: str = "",
    attempt: int = 1,
    timeout_s: float,
    allowed_networks: Sequence[str] = (),
    language: str = "en",
    tls: ssl.SSLContext | None = None,
) -> Iterator[Context]:
    """The circumstances of one driver call; its HTTP client is closed when the block ends.

    ``secrets``           settings to add as ``Secret``; they are masked in ``context.log``, as
                          is every ``Secret`` among ``settings``.
    ``base_url``          the only origin that ``context.http`` reaches; "" means none.
    ``timeout_s``         for the whole call, with everything that it asks.
    ``allowed_networks``  private networks that may be reached, such as ``10.20.0.0/16``.
    ``tls``               instead of the usual authorities, for an upstream with its own.
    """
    forbid_inside_transaction("a driver call")
    known = FrozenDict({**settings, **{key: Secret(it) for key, it in (secrets or {}).items()}})
    bounds = CallBounds(timeout_s)
    allowed = networks(tuple(allowed_networks))
    transport = OutboundTransport(base_url, bounds, allowed, tls)
    with BoundClient(base_url, bounds, transport) as http, Dialer(bounds, allowed) as dial:
        yield Context(
            operation_id=operation_id,
            deadline=datetime.now(UTC) + timedelta(seconds=timeout_s),
            settings=known,
            http=http,
            log=MaskingLogger(DRIVER_LOG, SecretMask(secrets_in(known))),
            attempt=attempt,
            language=language,
            dial=dial,
        )


def call_driver(
    plugin: str,
    faults: FaultCounter,
    function: Callable[P, A],
    *args: P.args,
    **kwargs: P.kwargs,
) -> A:
    """What the driver's method returned, if that is what the contract promises.

    Raises: UpstreamRefusedError, UpstreamBusyError, UpstreamFundsError, OutcomeUnknownError,
            NotificationRejectedError, CapabilityMissingError  as the driver raised them.
            UpstreamBusyError       also for errors of httpx that show that nothing was sent.
            OutcomeUnknownError     also for every other error of httpx.
            DriverFaultError        an OutcomeUnknownError, for anything else; counted.
            PluginQuarantinedError  an UpstreamBusyError: the driver was not called.
            RuntimeError            inside a database transaction.
    No message carries a secret of the arguments.
    """
    forbid_inside_transaction("a driver call")
    if faults.quarantine_text(plugin):
        raise PluginQuarantinedError(plugin)
    promise, call = _promise_of(function), _named(function)
    given = (*args, *kwargs.values())
    log = _masking_log(given)
    try:
        answer = function(*args, **kwargs)
    except KNOWN_OUTCOMES as error:
        faults.clear(plugin)
        log.mask.error(error)
        raise error from None
    except httpx.HTTPError as error:
        faults.clear(plugin)
        raise _outcome_of(error, given, log.mask) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        log.exception("the plugin %s failed in %s", plugin, call)
        detail = log.mask.text(described(error))
        # What is no Exception may have come from outside, such as a worker being stopped.
        counts = isinstance(error, Exception | SystemExit)
    else:
        detail = complaint(answer, promise, "the answer")
        if not detail:
            faults.clear(plugin)
            return answer
        log.error("the plugin %s failed in %s: %s", plugin, call, detail)
        counts = True
    # Strangers send notifications: what they write must not take the gateway away.
    stranger = any(isinstance(argument, Notification) for argument in given)
    if counts and not stranger and faults.count(plugin, f"{call}: {detail}"):
        log.error("the plugin %s is quarantined: %s", plugin, faults.quarantine_text(plugin))
    raise DriverFaultError(plugin, call, detail)


def consult(plugin: str, function: Callable[P, A], *args: P.args, **kwargs: P.kwargs) -> A:
    """What a pure method of a driver returned; PluginFaultError if it broke its contract.

    Not counted towards quarantine: its arguments are often a stranger's, and leaving a policy
    out would change prices.
    """
    promise, call = _promise_of(function), _named(function)
    log = _masking_log((*args, *kwargs.values()))
    try:
        answer = function(*args, **kwargs)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        log.exception("the plugin %s failed in %s", plugin, call)
        detail = log.mask.text(described(error))
    else:
        detail = complaint(answer, promise, "the answer")
        if not detail:
            return answer
        log.error("the plugin %s failed in %s: %s", plugin, call, detail)
    raise PluginFaultError(plugin, call, detail)


def _outcome_of(
    error: httpx.HTTPError, given: Sequence[object], mask: SecretMask
) -> UpstreamBusyError | OutcomeUnknownError:
    """What an error that the driver let through says about the whole call.

    A connection that can't be made proves that its own request wasn't sent, but not that an
    earlier request of the same call wasn't.
    """
    text = mask.text(described(error))
    if isinstance(error, NOT_SENT) and not any(map(_has_sent, given)):
        return UpstreamBusyError(text)
    return OutcomeUnknownError(text)


def _has_sent(argument: object) -> bool:
    return (
        isinstance(argument, Context)
        and isinstance(argument.http, BoundClient)
        and argument.http.has_sent
    )


def _masking_log(given: Sequence[object]) -> MaskingLogger:
    """A logger that masks every secret of the arguments; from now on the context's does too."""
    secrets = tuple(secrets_in(tuple(given)))
    for argument in given:
        if isinstance(argument, Context) and isinstance(argument.log, MaskingLogger):
            argument.log.mask.add(secrets)
    return MaskingLogger(DRIVER_LOG, SecretMask(secrets))


def _named(function: Callable[..., object]) -> str:
    return f"{type(getattr(function, '__self__', None)).__name__}.{_method_name(function)}"


def _method_name(function: Callable[..., object]) -> str:
    return str(getattr(function, "__name__", function))


def _promise_of(function: Callable[..., object]) -> Any:
    """What the contract says that the bound method of a driver returns."""
    driver: Any = type(getattr(function, "__self__", None))
    return _promise(driver, _method_name(function))


@cache
def _promise(driver: type, method: str) -> Any:
    for base in driver.__mro__:
        if base.__module__.startswith(CONTRACT) and method in vars(base):
            return hints_of(vars(base)[method])["return"]
    raise TypeError(f"the contract of {driver.__name__} has no method {method}")
