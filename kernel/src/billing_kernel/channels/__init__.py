"""Notification channels that every installation has."""

from billing_kernel.channels.console import ConsoleChannel
from billing_kernel.channels.smtp import SmtpChannel

__all__ = ["ConsoleChannel", "SmtpChannel"]
