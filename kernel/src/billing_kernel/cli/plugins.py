"""`billing plugins`: what is installed, what is wrong with it, and how to begin one."""

import json
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from billing_kernel.application.exemplifying import check_every_plan
from billing_kernel.bootstrap import build_kernel
from billing_kernel.builtin import standard_plugins
from billing_kernel.extensions import PluginRecord, PluginStatus, load_extensions
from billing_kernel.logs import configure_logs
from billing_kernel.migrating import check_schema
from billing_kernel.settings import read_settings


@click.group("plugins")
def plugins_command() -> None:
    """Show, check and create plugins."""


@plugins_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_plugins(as_json: bool) -> None:
    """Show every installed plugin with its drivers, and why one is set aside."""
    records = _records()
    if as_json:
        click.echo(json.dumps([describe_plugin(record) for record in records]))
        return
    table = Table("plugin", "version", "status", "drivers", "reason")
    for record in records:
        drivers = ", ".join(driver.key for driver in record.drivers)
        reason = f"{record.reason}: {record.reason_text}" if record.reason else ""
        table.add_row(record.name, record.version, str(record.status), drivers, reason)
    Console().print(table)


@plugins_command.command("check")
@click.option(
    "--examples",
    "with_examples",
    is_flag=True,
    help="Work the examples of all tariff plans out, too; those that differ go off sale.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check_plugins(with_examples: bool, as_json: bool) -> None:
    """Say whether all plugins loaded, and whether prices are as expected; exit code 1 if not."""
    broken = [record for record in _records() if record.status is PluginStatus.QUARANTINED]
    differing = _differing_examples() if with_examples else {}
    ok = not broken and not differing
    if as_json:
        answer: dict[str, object] = {"ok": ok, "quarantined": [*map(describe_plugin, broken)]}
        click.echo(json.dumps({**answer, "differing": differing} if with_examples else answer))
    else:
        for record in broken:
            click.secho(f"{record.name}: {record.reason}: {record.reason_text}", fg="red")
        for plan_id, names in differing.items():
            click.secho(f"tariff plan {plan_id} isn't for sale: {', '.join(names)}", fg="red")
        click.echo("all plugins are active" if not broken else "see docs/reference/quarantine.md")
    raise SystemExit(not ok)


@plugins_command.command("new")
@click.argument("name")
@click.option("--title", default="", help="What people call the vendor or panel.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to create the plugin's folder in.",
)
def new_plugin(name: str, title: str, into: Path) -> None:
    """Begin a plugin: a distribution with a driver whose conformance test already runs."""
    from billing_kernel.cli.skeleton import write_skeleton

    folder = write_skeleton(name, title, into)
    click.echo(f"{folder} is ready: install it with `pip install -e {folder}[testing]`,")
    click.echo(f"then run `pytest {folder}` and read docs/plugins/tutorial.md")


def describe_plugin(record: PluginRecord) -> dict[str, object]:
    """A plugin's record as JSON."""
    return {
        "name": record.name,
        "title": record.title,
        "version": record.version,
        "distribution": record.distribution,
        "api": record.api,
        "status": str(record.status),
        "reason": str(record.reason) if record.reason else None,
        "reason_text": record.reason_text,
        "hooks": list(record.hooks),
        "drivers": [{"kind": it.registry, "key": it.key} for it in record.drivers],
    }


def _differing_examples() -> dict[int, list[str]]:
    """The names of the examples that differ, by the id of their tariff plan."""
    configure_logs()
    kernel = build_kernel(read_settings())
    try:
        check_schema(kernel.database.engine)
        found = check_every_plan(kernel)
    finally:
        kernel.database.close()
    return {
        plan_id: [example.name for example in differing] for plan_id, differing in found.items()
    }


def _records() -> tuple[PluginRecord, ...]:
    settings = read_settings()
    return load_extensions(builtin=standard_plugins(), safe_mode=settings.safe_mode).plugins
