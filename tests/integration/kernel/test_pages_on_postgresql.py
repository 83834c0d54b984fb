"""How pages of a night behave on PostgreSQL: what they lock, and by which way they read."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, select, text
from tests.factories import FakeModule, make_kernel, make_shop
from tests.nights import EXPIRES_ON, NIGHT, Crowd, seed
from tests.servers.databases import PostgresqlDatabases

from billing_hookspecs import Secret
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.nightly import STEPS, Step
from billing_kernel.application.paging.claiming import PAGE, Due, Place, claim_page, spots_after
from billing_kernel.application.paging.renewing import renew_next
from billing_kernel.bulk import look_up_by_key
from billing_kernel.clock import FixedClock
from billing_kernel.models import Provider, Service
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

CROWD = Crowd(6, 2)


@pytest.fixture(scope="module")
def kernel(postgresql_databases: PostgresqlDatabases) -> Iterator[Kernel]:
    with postgresql_databases.migrated() as url:
        at = Settings(database_url=Secret(url), secret_keys=(Secret(new_key()),))
        made = make_kernel(at, FakeModule(), clock=FixedClock(NIGHT))
        seed(made, make_shop(made, time_zone="UTC"), CROWD)
        yield made
        made.database.close()


@pytest.fixture
def due(kernel: Kernel) -> Due:
    step = next(each for each in STEPS if each.name == "renewed")
    with kernel.database.reading() as session:
        return step.due_at(session.scalars(select(Provider.id)).one(), EXPIRES_ON)


def test_what_somebody_holds_is_left_with_all_that_its_client_has_due(
    kernel: Kernel, due: Due
) -> None:
    """Nobody is waited for; and nothing is paid before what is due longer, which may be held."""
    with kernel.database.reading() as session:
        services = session.scalars(select(Service).order_by(Service.id)).all()
    held, brother = services[2:4]
    assert held.client_id == brother.client_id
    taken: list[Any] = []

    def beside(other: Any) -> None:
        find(other, Service, held.id, lock=True)
        taken.append(kernel.database.run(lambda session: claim_page(session, due, Place())))

    kernel.database.run(beside)
    [first] = taken
    expected = [each.id for each in services if each.client_id != held.client_id]
    assert [spot.service_id for spot in first.spots] == expected
    assert set(first.next.left) == {held.id, brother.id}
    assert first.next.is_over
    later = kernel.database.run(lambda session: claim_page(session, due, first.next))
    assert [spot.service_id for spot in later.spots] == [held.id, brother.id]
    assert not later.next.left


def test_two_pages_at_once_share_the_work(
    kernel: Kernel, due: Due, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one takes what comes after the first one's, and looks back later."""
    monkeypatch.setattr("billing_kernel.application.paging.claiming.PAGE", 4)
    taken: list[Any] = []

    def beside(other: Any) -> None:
        taken.append(claim_page(other, due, Place()))
        taken.append(kernel.database.run(lambda session: claim_page(session, due, Place())))

    kernel.database.run(beside)
    one, other = taken
    assert len(one.spots) == len(other.spots) == 4
    assert one.spots[-1] < other.spots[0]
    assert sorted(other.next.left.values()) == list(one.spots)


def test_what_is_under_way_is_looked_up_for_each_service(kernel: Kernel) -> None:
    """As a join, thousands of operations that a night began would be compared with each of
    thousands of services, until the table is analysed again.
    """
    step = next(each for each in STEPS if each.name == "suspended")
    plan = explain_next(kernel, step, Place())
    assert "Index Scan using uq_operations_open_service_id" in plan
    assert "Join" not in plan


def test_every_statement_of_a_page_reads_by_an_index(kernel: Kernel, due: Due) -> None:
    """A page that read a whole table would cost more with every service that is sold."""
    asked: list[tuple[str, Any]] = []

    def listen(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> None:
        if statement.startswith(("SELECT ", "UPDATE ")) and "FROM " in statement:
            asked.append((statement, parameters))

    class TakenBack(Exception):
        """So that every test finds the same crowd."""

    def work(session: Any) -> None:
        renew_next(session, kernel, due, Place())
        raise TakenBack

    event.listen(kernel.database.engine, "before_cursor_execute", listen)
    with pytest.raises(TakenBack):
        kernel.database.run(work)
    event.remove(kernel.database.engine, "before_cursor_execute", listen)

    def plans(session: Any) -> list[str]:
        look_up_by_key(session)
        cursor = session.connection().connection.cursor()
        found = []
        for statement, parameters in asked:
            cursor.execute(f"EXPLAIN {statement}", parameters)
            found.append("\n".join(row[0] for row in cursor.fetchall()))
        return found

    explained = kernel.database.run(plans)
    claim = explained[[" SKIP LOCKED" in statement for statement, _ in asked].index(True)]
    assert "ix_services_present_expires_on" in claim
    assert "Sort" not in claim
    large = ("services", "clients", "invoices", "invoice_lines", "operations", "ledger_")
    for plan in explained:
        assert not any(f"Seq Scan on {table}" in plan for table in large), plan
    assert len(explained) > 10


def explain_next(kernel: Kernel, step: Step, place: Place) -> str:
    with kernel.database.reading() as session:
        provider_id = session.scalars(select(Provider.id)).one()
        asked = spots_after(step.due_at(provider_id, EXPIRES_ON), place).limit(PAGE)
        statement = asked.compile(kernel.database.engine, compile_kwargs={"literal_binds": True})
        look_up_by_key(session)
        return "\n".join(session.scalars(text(f"EXPLAIN {statement}")))


FEW = ("parked", "asked_deletion", "asked_parameters")
"""Steps that find a handful of services on any night."""


@pytest.mark.parametrize(
    "step", [step for step in STEPS if step.name not in FEW], ids=lambda step: str(step.name)
)
def test_every_step_reads_its_services_in_the_order_of_an_index(kernel: Kernel, step: Step) -> None:
    """Sorting all that is left for each page would take hours where there is a lot."""
    plan = explain_next(kernel, step, Place((EXPIRES_ON, 1)))
    assert "Sort" not in plan, plan
    assert "Seq Scan on services" not in plan, plan


def test_looking_for_clients_to_park_reads_what_is_due_alone(kernel: Kernel) -> None:
    """On a quiet night that is nothing, however many services there are."""
    plan = explain_next(kernel, STEPS[0], Place()).splitlines()
    found = [line for line in plan if "Index Cond: " in line]
    assert [line for line in found if "expires_on <= " in line], plan
    assert [line for line in found if "charged_until <= " in line], plan
