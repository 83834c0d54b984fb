"""The command line, `billing`. Commands import what they need when they run."""

import atexit
import gc
from importlib import import_module

import rich_click as click

COMMANDS = {
    "serve": ("serving", "Serve the HTTP API."),
    "worker": ("serving", "Work on what the API left to do, until SIGTERM or Ctrl-C."),
    "run": ("running", "Run one round of background work."),
    "db": ("databases", "Bring the database to this version, or check it."),
    "plugins": ("plugins", "Show, check and create plugins."),
    "ledger": ("ledgers", "Check the books."),
    "create-administrator": (
        "administrators",
        "Create an administrator, or give the one with this address a new password.",
    ),
    "config": ("configuration", "Show the settings that are in force, secrets masked."),
    "openapi": ("configuration", "Print the OpenAPI document of this installation."),
}
"""Command → the module of this package that has it, and what it says of itself."""


class LazyGroup(click.RichGroup):
    """A group whose commands are imported when they are called, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return click.Command(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and imported(command.name or ""), rest


def imported(name: str) -> click.Command:
    """The command itself."""
    module = import_module(f"billing_kernel.cli.{COMMANDS[name][0]}")
    command: click.Command = getattr(module, f"{name.replace('-', '_')}_command")
    return command


@click.group(cls=LazyGroup)
@click.version_option(package_name="billing-kernel")
def billing() -> None:
    """Bills and provisions; plugins know the outside world.

    Settings come from BILLING_* variables; `billing config` shows them.
    """


def main() -> None:
    """The entry point: known errors end with one line and a code of 1."""
    # The last collection of an interpreter that ends has crashed in extension modules, after all
    # was done, and took the exit code with it. What is frozen it doesn't look at.
    atexit.register(gc.freeze)
    try:
        billing()
    except Exception as error:
        # Not above: the contract imports an HTTP client, and most of what `--help` takes.
        from billing_hookspecs import BillingError

        if not isinstance(error, BillingError):
            raise
        click.secho(f"{error.code}: {error.message}", fg="red", err=True)
        raise SystemExit(1) from None
