"""`billing db`: the schema."""

import json

import rich_click as click

from billing_kernel.database import Database
from billing_kernel.migrating import check_schema, upgrade_schema
from billing_kernel.settings import read_settings


@click.group("db")
def db_command() -> None:
    """Bring the database to this version, or check it."""


@db_command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def upgrade(as_json: bool) -> None:
    """Apply the migrations that are missing; safe to repeat and to run at once."""
    applied = upgrade_schema(Database(read_settings()).engine)
    if as_json:
        click.echo(json.dumps({"revision": applied[-1] if applied else None}))
    else:
        click.echo(f"upgraded to {applied[-1]}" if applied else "the database is up to date")


@db_command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(as_json: bool) -> None:
    """Say whether the schema is this version's; exit code 1 if it isn't."""
    check_schema(Database(read_settings()).engine)
    click.echo(json.dumps({"ok": True}) if as_json else "the schema is this version's")
