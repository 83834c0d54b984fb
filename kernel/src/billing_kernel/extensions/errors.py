"""What can go wrong between kernel and plugins, as the rest of the kernel sees it."""

from collections.abc import Iterable

from billing_hookspecs import BillingError, OutcomeUnknownError, UpstreamBusyError


class PluginFaultError(BillingError):
    """A plugin broke its contract while deciding something; ``detail`` is for employees only."""

    code = "plugin.fault"

    def __init__(self, plugin: str, call: str, detail: str) -> None:
        super().__init__(f"the plugin {plugin!r} failed in {call}")
        self.plugin = plugin
        self.call = call
        self.detail = detail


class DriverFaultError(OutcomeUnknownError):
    """A driver broke its contract in a call that may have had an effect upstream."""

    code = "plugin.driver_fault"

    def __init__(self, plugin: str, call: str, detail: str) -> None:
        super().__init__(f"plugin fault of {plugin!r} in {call}: {detail}")
        self.plugin = plugin
        self.call = call
        self.detail = detail


class PluginQuarantinedError(UpstreamBusyError):
    """The driver was not called: its plugin failed too often and awaits an administrator."""

    code = "plugin.quarantined"

    def __init__(self, plugin: str, retry_after_s: int = 300) -> None:
        super().__init__(
            f"the plugin {plugin!r} is quarantined after repeated faults", retry_after_s
        )
        self.plugin = plugin


class UnknownPluginError(BillingError):
    """No plugin of this name is installed, or it doesn't do what was asked of it."""

    code = "plugin.unknown"


class NotReleasableError(BillingError):
    """The plugin was quarantined while it was loaded: mend the cause and restart."""

    code = "plugin.not_releasable"


class UnknownDriverError(BillingError):
    """A look-up named a driver that isn't there.

    ``choices`` are the valid keys; ``quarantined`` names plugins that have the driver or may
    have it, but are in quarantine.
    """

    code = "driver.unknown"

    def __init__(
        self, noun: str, key: str, choices: Iterable[str], quarantined: Iterable[str] = ()
    ) -> None:
        self.key = key
        self.choices = tuple(choices)
        self.quarantined = tuple(quarantined)
        message = f"there is no {noun} {key!r}; valid: {', '.join(self.choices) or 'none'}"
        if self.quarantined:
            message += f"; in quarantine: {', '.join(self.quarantined)}"
        super().__init__(message)
