"""Stories begin on a day: a served installation with a worker, a provider and a client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.factories import make_kernel
from tests.people import Person
from tests.servers.applications import served
from tests.stories import DAY, Story, StoryModule

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.registering import create_administrator, open_session
from billing_kernel.clock import FixedClock
from billing_kernel.messaging.actors import ACTORS
from billing_kernel.messaging.worker import Worker
from billing_kernel.settings import Settings

PASSWORD = "correct horse battery"


@pytest.fixture
def begin(settings: Settings) -> Iterator[Callable[..., Story]]:
    """Begins a story at noon of a day; further words are of the provider."""
    with ExitStack() as until_the_end:

        def tell(day: str, **said: Any) -> Story:
            # Wherever the provider is, its noon of that day is still to come.
            clock = FixedClock(datetime.fromisoformat(day).replace(tzinfo=UTC) - DAY)
            # Moving the clock begins the nights; a scheduler that looks too would begin some twice.
            chosen = replace(settings, test_clock=True, sweep_s=3600)
            kernel = make_kernel(chosen, StoryModule(), clock=clock)
            until_the_end.callback(kernel.database.close)
            worker = Worker(kernel, {**ACTORS, "render_document": leave_unwritten})
            worker.start()
            until_the_end.callback(worker.stop)
            http = until_the_end.enter_context(served(kernel))
            administrator = kernel.database.run(
                lambda session: create_administrator(session, "root@provider.test", "Root", "-")
            )
            opened = kernel.database.run(lambda session: open_session(session, administrator))
            story = _settle(Person(http, opened.token, administrator.id), said)
            story.travel_to(day)
            return story

        yield tell


def leave_unwritten(kernel: Kernel, invoice_id: int) -> None:
    """Documents have tests of their own; making them would take longer than all the nights."""


def _settle(administrator: Person, said: dict[str, Any]) -> Story:
    """Have a provider sell to a client."""
    described = {
        "name": "Acme",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "default_country": "DE",
        "notification_email": "ops@acme.test",
        **said,
    }
    provider = administrator.done("POST", "/admin/providers", described)
    connected = {
        "driver": StoryModule.key,
        "product_types": list(StoryModule.product_types),
        "name": {"en": "Panel"},
    }
    module = administrator.done("POST", "/admin/processing-modules", connected)
    offered = {
        "name": {"en": "Transfer"},
        "driver": "manual",
        "provider_ids": [provider["id"]],
    }
    method = administrator.done("POST", "/admin/payment-methods", offered)
    registering = {
        "name": "Ann Example",
        "email": "ann@client.test",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "country": described["default_country"],
    }
    registered = administrator.done("POST", "/clients", registering)
    client = Person(administrator.http, registered["token"], registered["client"]["id"])
    return Story(
        administrator,
        client,
        provider["id"],
        module["id"],
        method["id"],
        provider["currency"],
        provider["time_zone"],
    )
