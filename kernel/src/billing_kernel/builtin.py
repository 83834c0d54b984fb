"""The kernel's own plugins: what every installation has comes through the same hooks."""

from collections.abc import Sequence
from typing import ClassVar

from billing_hookspecs import (
    API_VERSION,
    NotificationChannel,
    PluginManifest,
    PricingPolicy,
    impl,
)
from billing_kernel.channels import ConsoleChannel, SmtpChannel
from billing_kernel.domain.policies.addons import (
    FullPeriod,
    KeepAddonMoney,
    RefundAddon,
    UntilExpiration,
)
from billing_kernel.domain.policies.charging import (
    CalendarCharging,
    DailyCharging,
    PeriodCharging,
)
from billing_kernel.domain.policies.late_fees import (
    FixedLateFee,
    NoLateFee,
    PercentLateFee,
    RenewFromSuspensionDate,
)
from billing_kernel.domain.policies.tariff_changes import (
    ChangePeriod,
    ChargeOnly,
    ForbiddenChange,
    FullPayment,
    RefundDifference,
)
from billing_kernel.domain.policies.taxing import NoTax, StandardTax
from billing_kernel.domain.policies.weekends import (
    KeepOverWeekends,
    ProductTypeWeekend,
    SuspendOnWeekends,
)


class StandardPolicies:
    """Pricing policies that every installation has."""

    MANIFEST: ClassVar[PluginManifest] = PluginManifest(
        "standard", "Standard policies", f">={API_VERSION},<2"
    )

    @impl
    def billing_pricing_policies(self) -> Sequence[PricingPolicy]:
        return (
            PeriodCharging(),
            CalendarCharging(),
            DailyCharging(),
            NoTax(),
            StandardTax(),
            NoLateFee(),
            FixedLateFee(),
            PercentLateFee(),
            RenewFromSuspensionDate(),
            ChangePeriod(),
            RefundDifference(),
            ForbiddenChange(),
            ChargeOnly(),
            FullPayment(),
            UntilExpiration(),
            FullPeriod(),
            RefundAddon(),
            KeepAddonMoney(),
            ProductTypeWeekend(),
            SuspendOnWeekends(),
            KeepOverWeekends(),
        )


class StandardChannels:
    """Notification channels that every installation has."""

    MANIFEST: ClassVar[PluginManifest] = PluginManifest(
        "standard_channels", "Standard channels", f">={API_VERSION},<2"
    )

    @impl
    def billing_notification_channels(self) -> Sequence[NotificationChannel]:
        return (SmtpChannel(), ConsoleChannel())


def standard_plugins() -> tuple[object, ...]:
    """An instance of each."""
    return StandardPolicies(), StandardChannels()
