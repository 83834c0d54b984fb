"""What employees may do; administrators may do everything."""

from enum import StrEnum


class Right(StrEnum):
    """One right opens whole resources, to read and to change."""

    TASKS = "tasks"
    CLIENTS = "clients"
    SERVICES = "services"
    PAYMENTS = "payments"
    TARIFFS = "tariffs"
    SETTINGS = "settings"
    REPORTS = "reports"
