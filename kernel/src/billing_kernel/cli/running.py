"""`billing run`: one round of background work, for those who schedule it themselves."""

import json

import rich_click as click

from billing_kernel.application.sweeping import sweep
from billing_kernel.bootstrap import build_kernel
from billing_kernel.logs import configure_logs
from billing_kernel.settings import read_settings


@click.group("run")
def run_command() -> None:
    """Run one round of background work."""


@run_command.command("sweep")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run_sweep(as_json: bool) -> None:
    """Find work that dead workers or a lost broker left behind, and queue it."""
    configure_logs()
    put = sweep(build_kernel(read_settings()))
    click.echo(json.dumps({"queued": put}) if as_json else f"{put} messages queued")


@run_command.command("relay")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run_relay(as_json: bool) -> None:
    """Hand what is due in the outbox to the broker, once."""
    from billing_kernel.messaging.relay import relay_once

    configure_logs()
    handed = relay_once(build_kernel(read_settings()))
    click.echo(json.dumps({"handed_over": handed}) if as_json else f"{handed} handed to the broker")
