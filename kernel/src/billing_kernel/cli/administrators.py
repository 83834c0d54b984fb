"""`billing create-administrator`."""

import json

import rich_click as click

from billing_kernel.application.registering import (
    check_password,
    create_administrator,
    hash_password,
)
from billing_kernel.database import Database
from billing_kernel.migrating import check_schema, upgrade_schema
from billing_kernel.settings import read_settings


@click.command("create-administrator")
@click.option("--email", required=True, help="The login.")
@click.option("--name", default="Administrator", show_default=True)
@click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    envvar="BILLING_ADMINISTRATOR_PASSWORD",
    help="Asked for, or taken from BILLING_ADMINISTRATOR_PASSWORD, where it isn't given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def create_administrator_command(email: str, name: str, password: str, as_json: bool) -> None:
    """Create an administrator, or give the one with this address a new password."""
    check_password(password)
    settings = read_settings()
    database = Database(settings)
    if settings.is_sqlite:
        upgrade_schema(database.engine)
    check_schema(database.engine)
    hashed = hash_password(password)
    person = database.run(lambda session: create_administrator(session, email, name, hashed))
    if as_json:
        click.echo(json.dumps({"id": person.id, "email": person.email}))
    else:
        click.echo(f"administrator {person.id} logs in as {person.email}")
