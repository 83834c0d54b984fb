"""The command line, `billing`. Commands import what they need when they run."""

import atexit
import gc
from importlib import import_module

import rich_click as click

from billing_hookspecs import BillingError

COMMANDS = {
    "serve": "serving",
    "worker": "serving",
    "run": "running",
    "db": "databases",
    "plugins": "plugins",
    "ledger": "ledgers",
    "create-administrator": "administrators",
    "config": "configuration",
    "openapi": "configuration",
}
"""Command → the module of this package that has it."""


class LazyGroup(click.RichGroup):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"billing_kernel.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
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
    except BillingError as error:
        click.secho(f"{error.code}: {error.message}", fg="red", err=True)
        raise SystemExit(1) from None
