"""A database that is away is not a fault of ours, and a fault of ours is not a database away."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from tests.servers.applications import served

from billing_hookspecs import Secret
from billing_kernel.application.kernel import Kernel
from billing_kernel.database import Database
from billing_kernel.settings import Settings

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/nothing?connect_timeout=2"


@pytest.fixture
def cut_off(kernel: Kernel) -> Iterator[Kernel]:
    """The same installation after its database server has gone."""
    gone = Database(Settings(database_url=Secret(NOWHERE)))
    yield Kernel(kernel.settings, gone, kernel.extensions, kernel.clock, kernel.keys)
    gone.close()


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_database_that_is_away_is_told_as_such(cut_off: Kernel):
    """A load balancer takes the process out, and clients know that trying again may help."""
    with served(cut_off) as http:
        answer = http.get("/api/v1/tariff-plans")
        assert (answer.status_code, answer.json()["code"]) == (503, "database.unavailable")
        assert answer.headers["retry-after"]
        token = {"Authorization": "Bearer x"}
        assert http.get("/api/v1/me", headers=token).status_code == 503
        ready = http.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["database"]["ok"] is False
        assert http.get("/health/live").status_code == 200


def test_a_schema_that_does_not_fit_is_our_own_fault(kernel: Kernel, http, client):
    """Telling people to try again later would hide that somebody must act."""
    kernel.database.run(lambda session: session.execute(text("DROP TABLE login_attempts")))
    answer = http.post("/api/v1/sessions", json={"email": "a@b.test", "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
