"""The installed plugins, as the rest of the kernel sees and calls them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ParamSpec, TypeVar

from pluggy import HookCaller, PluginManager

from billing_hookspecs import Adjustment, Event, Objection, OrderView, QuoteView
from billing_kernel.boundaries import forbid_inside_transaction
from billing_kernel.extensions.calling import call_driver, consult
from billing_kernel.extensions.errors import (
    NotReleasableError,
    PluginFaultError,
    UnknownPluginError,
)
from billing_kernel.extensions.faults import FaultCounter
from billing_kernel.extensions.quarantine import Reason, described
from billing_kernel.extensions.records import PluginRecord, PluginStatus
from billing_kernel.extensions.registries import Registries
from billing_kernel.extensions.shapes import complaint

log = logging.getLogger(__name__)

A = TypeVar("A")
P = ParamSpec("P")

FAULT = Objection("plugin.fault", "The order can't be checked at the moment.")


@dataclass(frozen=True, slots=True)
class SoleCaller:
    """One plugin's implementation of a hook, found once: prices ask it for every line."""

    name: str
    function: Callable[..., Any]
    argnames: Sequence[str]

    @classmethod
    def of(cls, caller: HookCaller) -> "SoleCaller":
        [implementation] = caller.get_hookimpls()
        return cls(caller.name, implementation.function, implementation.argnames)

    def answers(self, given: Mapping[str, object]) -> list[Any]:
        """What it says, as the hook's caller would hand it over: None is no answer."""
        answer = self.function(*[given[name] for name in self.argnames])
        return [] if answer is None else [answer]


@dataclass(frozen=True, kw_only=True, eq=False)
class Extensions(Registries):
    """What ``load_extensions`` found. It never changes, but for faults counted while it runs.

    ``faults`` belongs to this process: each worker counts, and releases, for itself.
    """

    records: tuple[PluginRecord, ...] = field(repr=False)
    manager: PluginManager = field(repr=False)
    admitted: tuple[tuple[str, object], ...] = field(repr=False)
    faults: FaultCounter = field(default_factory=FaultCounter, repr=False)
    _callers: dict[str, dict[str, "SoleCaller"]] = field(init=False, repr=False)
    _owners: dict[int, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hooks = ("billing_adjust_price", "billing_screen_order", "billing_on_event")
        callers = {hook: self._single_callers(hook) for hook in hooks}
        owners = {
            id(entry.driver): entry.plugin
            for registry in fields(Registries)
            for entry in getattr(self, registry.name).entries()
        }
        object.__setattr__(self, "_callers", callers)
        object.__setattr__(self, "_owners", owners)

    @property
    def plugins(self) -> tuple[PluginRecord, ...]:
        """Every installed plugin: built-in ones first, then by name."""
        return tuple(self._current(record) for record in self.records)

    def plugin(self, name: str) -> PluginRecord:
        """The record of one plugin; UnknownPluginError if none has this name."""
        for record in self.records:
            if record.name == name:
                return self._current(record)
        raise UnknownPluginError(f"there is no plugin {name!r}")

    def release(self, name: str) -> PluginRecord:
        """Let a plugin that was set aside for repeated faults be called again.

        Raises UnknownPluginError, or NotReleasableError for one that failed to load.
        """
        record = self.plugin(name)
        if record.reason not in (None, Reason.REPEATED_FAULTS):
            raise NotReleasableError(
                f"the plugin {name!r} was not loaded ({record.reason}): mend it and restart"
            )
        self.faults.release(name)
        return self.plugin(name)

    # Decision hooks go on being asked whatever a plugin's record: leaving one out would change
    # prices, or let orders pass, without anybody having decided so.

    def adjust_price(self, quote: QuoteView) -> list[tuple[str, Adjustment]]:
        """Adjustments with the plugins that made them, in the order of plugins.

        Raises PluginFaultError if one of them fails: a price is never guessed.
        """
        adjustments: list[tuple[str, Adjustment]] = []
        for plugin, caller in self._callers["billing_adjust_price"].items():
            answers = self._decision(plugin, caller, Sequence[Adjustment], quote=quote)
            adjustments += [(plugin, adjustment) for answer in answers for adjustment in answer]
        return adjustments

    def screen_order(self, order: OrderView) -> list[tuple[str, Objection]]:
        """Objections with the plugins that made them; a plugin that fails objects by that."""
        objections: list[tuple[str, Objection]] = []
        for plugin, caller in self._callers["billing_screen_order"].items():
            try:
                answers = self._decision(plugin, caller, Objection, order=order)
            except PluginFaultError:
                answers = [FAULT]
            objections += [(plugin, objection) for objection in answers]
        return objections

    def event_listeners(self) -> tuple[str, ...]:
        """The names of plugins that hear news; each is told by ``tell``, apart from the others."""
        return tuple(self._callers["billing_on_event"])

    def tell(self, plugin: str, event: Event) -> None:
        """Deliver one event to one plugin.

        Raises UnknownPluginError if it doesn't listen (any more), PluginFaultError if it fails.
        """
        forbid_inside_transaction("the delivery of an event")
        caller = self._callers["billing_on_event"].get(plugin)
        if caller is None:
            raise UnknownPluginError(f"no plugin {plugin!r} listens to events")
        self._decision(plugin, caller, Any, event=event)

    def call_driver(self, function: Callable[P, A], *args: P.args, **kwargs: P.kwargs) -> A:
        """Call a method of a registered driver that may reach its upstream.

        ``extensions.call_driver(module.open_service, request, context)``; see
        ``billing_kernel.extensions.calling.call_driver`` for what it returns and raises.
        """
        return call_driver(self._owner(function), self.faults, function, *args, **kwargs)

    def consult(self, function: Callable[P, A], *args: P.args, **kwargs: P.kwargs) -> A:
        """Ask a pure method of a registered driver, such as ``ChargingPolicy.charge``.

        Allowed inside a transaction. Raises PluginFaultError if it fails.
        """
        return consult(self._owner(function), function, *args, **kwargs)

    def _owner(self, function: Callable[..., object]) -> str:
        driver = getattr(function, "__self__", None)
        try:
            return self._owners[id(driver)]
        except KeyError:
            raise UnknownPluginError(f"{function!r} is no method of a registered driver") from None

    def _single_callers(self, hook: str) -> dict[str, "SoleCaller"]:
        """For each plugin that implements ``hook``, what calls this one plugin alone."""
        everyone = [plugin for _, plugin in self.admitted]
        implementing = {
            implementation.plugin_name
            for implementation in getattr(self.manager.hook, hook).get_hookimpls()
        }
        return {
            name: SoleCaller.of(
                self.manager.subset_hook_caller(
                    hook, [other for other in everyone if other is not plugin]
                )
            )
            for name, plugin in self.admitted
            if name in implementing
        }

    def _decision(self, plugin: str, caller: "SoleCaller", item: Any, **given: object) -> list[Any]:
        """The answers (none or one) of one plugin, each of them an ``item``."""
        try:
            answers = caller.answers(given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            log.exception("the plugin %s failed in %s", plugin, caller.name)
            raise PluginFaultError(plugin, caller.name, described(error)) from error
        for answer in answers:
            if wrong := complaint(answer, item, "the answer"):
                log.error("the plugin %s failed in %s: %s", plugin, caller.name, wrong)
                raise PluginFaultError(plugin, caller.name, wrong)
        return answers

    def _current(self, record: PluginRecord) -> PluginRecord:
        text = self.faults.quarantine_text(record.name)
        if not text or record.status is PluginStatus.QUARANTINED:
            return record
        return replace(
            record,
            status=PluginStatus.QUARANTINED,
            reason=Reason.REPEATED_FAULTS,
            reason_text=text,
        )
