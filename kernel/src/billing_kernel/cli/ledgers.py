"""`billing ledger`: the books."""

import json
from dataclasses import asdict

import rich_click as click

from billing_kernel.application.verifying import verify_ledger
from billing_kernel.database import Database
from billing_kernel.settings import read_settings


@click.group("ledger")
def ledger_command() -> None:
    """Check the books."""


@ledger_command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(as_json: bool) -> None:
    """Check every promise about money; exit code 1 and the rows if one is broken."""
    with Database(read_settings()).reading() as session:
        verdict = verify_ledger(session)
    if as_json:
        click.echo(json.dumps({"ok": verdict.ok, **asdict(verdict)}))
    else:
        click.echo(", ".join(f"{count} {name}" for name, count in verdict.checked.items()))
        for problem in verdict.problems:
            ids = ", ".join(map(str, problem.ids))
            broken = f"{problem.invariant}: {problem.detail}; broken by {problem.table} {ids}"
            click.secho(broken, fg="red")
        click.echo("the books are right" if verdict.ok else "the books are WRONG")
    raise SystemExit(not verdict.ok)
