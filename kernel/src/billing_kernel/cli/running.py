"""`billing run`: one round of background work, for those who schedule it themselves."""

import json
from datetime import datetime

import rich_click as click

from billing_hookspecs import Money
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


@run_command.command("nightly")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Make up for an earlier day.")
@click.option("--dry-run", is_flag=True, help="Only list what would be charged.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run_nightly(as_of: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Renew, suspend and delete what is due; safe to repeat and to run several at once."""
    from billing_kernel.application.running import carry_out, start_run

    configure_logs()
    kernel = build_kernel(read_settings())
    day = as_of.date() if as_of else None
    run = kernel.database.run(
        lambda session: start_run(session, kernel, as_of=day, is_dry=dry_run, is_queued=False)
    )
    with click.progressbar(length=1, label="nightly run", hidden=as_json) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        run = carry_out(kernel, run.id, show)
    if as_json:
        told = {"id": run.id, "done": run.done, "counts": run.counts}
        found = {"would_charge": run.would_charge, "would_charge_count": run.would_charge_count}
        click.echo(json.dumps(told | (found if dry_run else {})))
        return
    click.echo(", ".join(f"{count} {name}" for name, count in run.counts.items()))
    for line in run.would_charge:
        money = Money(line["total"]["amount_minor"], line["total"]["currency"])
        click.echo(f"  client {line['client_id']}: {line['description']}: {money}")
    if unlisted := run.would_charge_count - len(run.would_charge):
        click.echo(f"  and {unlisted} more")


@run_command.command("relay")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run_relay(as_json: bool) -> None:
    """Hand what is due in the outbox to the broker, once."""
    from billing_kernel.messaging.relay import relay_once

    configure_logs()
    handed = relay_once(build_kernel(read_settings()))
    click.echo(json.dumps({"handed_over": handed}) if as_json else f"{handed} handed to the broker")
