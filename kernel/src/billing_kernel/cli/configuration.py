"""`billing config` and `billing openapi`."""

import json

import rich_click as click

from billing_kernel import sealing
from billing_kernel.settings import read_settings


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--new-key", is_flag=True, help="Print a fresh key for BILLING_SECRET_KEYS.")
def config_command(as_json: bool, new_key: bool) -> None:
    """Show the settings that are in force, secrets masked."""
    if new_key:
        click.echo(sealing.new_key())
        return
    settings = read_settings().masked()
    if as_json:
        click.echo(json.dumps(settings))
        return
    for name, value in settings.items():
        click.echo(f"BILLING_{name.upper():<20} {value}")


@click.command("openapi")
def openapi_command() -> None:
    """Print the OpenAPI document of this installation."""
    from billing_kernel.bootstrap import build_kernel
    from billing_kernel.http.app import create_app
    from billing_kernel.http.schema_page import described

    app = create_app(build_kernel(read_settings()))
    click.echo(json.dumps(described(app), indent=2))
