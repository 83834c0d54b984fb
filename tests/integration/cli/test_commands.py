"""The command line as operators use it."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.servers.copies import run
from tests.servers.variables import environment

from billing_kernel.cli import COMMANDS, imported
from billing_kernel.database import Database
from billing_kernel.models import Administrator
from billing_kernel.settings import Settings


def billing(
    settings: Settings | None, *arguments: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    given = environment(settings) if settings else {}
    return run("billing_kernel.cli", *arguments, **{**given, **variables})


@pytest.mark.parametrize(
    "command",
    ["", "serve", "worker", "run", "db", "plugins", "ledger", "create-administrator", "config"],
)
def test_every_command_explains_itself(command: str) -> None:
    """People find their way with --help alone."""
    shown = billing(None, *command.split(), "--help")
    assert shown.returncode == 0
    assert "Usage" in shown.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(command: str) -> None:
    """The list is written beside, so that showing it imports nothing."""
    assert (imported(command).help or "").split("\n")[0] == COMMANDS[command][1]


def test_an_empty_database_is_brought_to_this_version(empty_database_url: str) -> None:
    """Upgrading is one command, safe to repeat."""
    variables = {"BILLING_DATABASE_URL": empty_database_url}
    before = billing(None, "db", "check", **variables)
    first = billing(None, "db", "upgrade", "--json", **variables)
    second = billing(None, "db", "upgrade", "--json", **variables)
    after = billing(None, "db", "check", "--json", **variables)
    assert (before.returncode, "billing db upgrade" in before.stderr) == (1, True)
    assert json.loads(first.stdout)["revision"]
    assert json.loads(second.stdout) == {"revision": None}
    assert (after.returncode, json.loads(after.stdout)) == (0, {"ok": True})


def test_the_books_of_a_new_installation_are_right(settings: Settings) -> None:
    """A nightly job calls this and looks at the exit code."""
    verified = billing(settings, "ledger", "verify", "--json")
    assert verified.returncode == 0
    assert json.loads(verified.stdout)["problems"] == []


def test_an_administrator_is_created_and_given_a_new_password(
    settings: Settings, database: Database
) -> None:
    """The first login comes from the command line, and so does a lost password."""
    for password in ("first-password-here", "second-password-here"):
        made = billing(
            settings, "create-administrator", "--email", "Ops@Provider.test",
            BILLING_ADMINISTRATOR_PASSWORD=password,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        assert password not in made.stdout + made.stderr
    with database.reading() as session:
        people = session.query(Administrator).all()
    assert [person.email for person in people] == ["ops@provider.test"]


def test_a_weak_password_is_refused_by_rule(settings: Settings) -> None:
    """The message says what would do."""
    refused = billing(
        settings, "create-administrator", "--email", "ops@provider.test",
        BILLING_ADMINISTRATOR_PASSWORD="short",
    )  # fmt: skip
    assert refused.returncode == 1
    assert "at least 8 characters" in refused.stderr


def test_settings_are_shown_without_their_secrets(tmp_path: Path) -> None:
    """What people paste into tickets must not give anything away."""
    shown = billing(
        None, "config", "--json",
        BILLING_DATABASE_URL="postgresql://billing:canary-secret@db.internal/billing",
        BILLING_SECRET_KEYS="canary-key", BILLING_BROKER_URL="redis://:canary-redis@r/0",
    )  # fmt: skip
    assert "canary" not in shown.stdout
    assert json.loads(shown.stdout)["database_url"].endswith("@db.internal/billing")


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    """A typo is found at start, not at night."""
    refused = billing(None, "config", BILLING_LEASE_S="soon")
    assert refused.returncode == 1
    assert "BILLING_LEASE_S must be a whole number" in refused.stderr


def test_the_openapi_document_is_printed(settings: Settings) -> None:
    """Frontend developers generate clients from it without a running server."""
    document = json.loads(billing(settings, "openapi").stdout)
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/orders" in document["paths"]


def test_work_that_was_left_behind_is_queued_once(settings: Settings) -> None:
    """For those who schedule the sweeper themselves."""
    swept = billing(settings, "run", "sweep", "--json")
    assert json.loads(swept.stdout) == {"queued": 0}
