"""What the schema refuses of catalogue, changes, carts and runs, whoever asks by plain SQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from tests.integration.kernel.attacks import Sold

NOW = "'2026-01-31 12:00:00'"
CHANGE = (
    "INSERT INTO service_changes (service_id, state, tariff_plan_id, tariff_version_id, "
    "period_months, addons, start_on, net_minor, returns_minor, is_returned, currency, seen, "
    "lines, line_ids, created_at, updated_at) SELECT id, {state}, tariff_plan_id, "
    "tariff_version_id, 1, '{{}}', '2026-01-31', 0, {returns}, FALSE, 'RUB', '{{}}', '[]', "
    f"'[]', {NOW}, {NOW} FROM services LIMIT 1"
)
CART = (
    "INSERT INTO cart_items (client_id, kind, service_id, item, total_minor, currency, "
    "created_at, updated_at) SELECT client_id, {kind}, {service}, '{{}}', 0, 'RUB', "
    f"{NOW}, {NOW} FROM services LIMIT 1"
)
RUN = (
    "INSERT INTO runs (kind, state, is_dry, done, total, counts, would_charge, created_at, "
    f"updated_at) VALUES ('nightly', {{state}}, FALSE, 0, 0, '{{{{}}}}', '[]', {NOW}, {NOW})"
)
GROUP = (
    "INSERT INTO client_groups (name, allow_suspension, allow_deletion, ignore_service_limit, "
    f"created_at, updated_at) VALUES ('Same', FALSE, FALSE, FALSE, {NOW}, {NOW})"
)
SETTINGS = (
    "INSERT INTO product_type_settings (key, weekend_suspension, created_at, updated_at) "
    f"VALUES ('thing', TRUE, {NOW}, {NOW})"
)
ADDON = (
    "INSERT INTO tariff_addons (tariff_plan_id, resource_type, created_at) "
    f"SELECT id, 'disk', {NOW} FROM tariff_plans LIMIT 1"
)
ENUMERATION = (
    f"INSERT INTO enumerations (name, created_at, updated_at) VALUES ('{{}}', {NOW}, {NOW})"
)
VALUE = (
    "INSERT INTO enumeration_values (enumeration_id, name, internal_name, sort, created_at, "
    f"updated_at) SELECT id, '{{}}', 'lite', 1, {NOW}, {NOW} FROM enumerations LIMIT 1"
)
REFUSED = "CHECK constraint failed|check constraint|UNIQUE constraint failed|duplicate key"


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([CHANGE.format(state="'lost'", returns=0)], id="change-in-no-state"),
        pytest.param([CHANGE.format(state="'asked'", returns=-1)], id="change-that-takes-back"),
        pytest.param([CART.format(kind="'gift'", service="id")], id="cart-item-of-no-kind"),
        pytest.param([CART.format(kind="'order'", service="id")], id="order-of-a-service"),
        pytest.param([CART.format(kind="'renewal'", service="NULL")], id="renewal-of-nothing"),
        pytest.param([RUN.format(state="'paused'")], id="run-in-no-state"),
        pytest.param([GROUP, GROUP], id="two-groups-of-one-name"),
        pytest.param([SETTINGS, SETTINGS], id="two-settings-of-a-product-type"),
        pytest.param([ADDON, ADDON], id="two-addons-of-a-resource"),
        pytest.param([ENUMERATION, VALUE, VALUE], id="two-values-of-an-internal-name"),
    ],
)
def test_it_is_refused(sold: Sold, statements: list[str]) -> None:
    """All statements but the last are fine by themselves."""
    with sold.engine.connect() as connection, connection.begin():
        for statement in statements[:-1]:
            connection.execute(text(statement))
        with pytest.raises(IntegrityError, match=REFUSED):
            connection.exec_driver_sql(statements[-1])


@pytest.mark.parametrize(
    "statement",
    [
        CHANGE.format(state="'asked'", returns=0),
        CART.format(kind="'order'", service="NULL"),
        CART.format(kind="'renewal'", service="id"),
        RUN.format(state="'queued'"),
    ],
)
def test_what_the_kernel_writes_passes(sold: Sold, statement: str) -> None:
    """The attacks fail for what they attack, not for a typing error of theirs."""
    with sold.engine.begin() as connection:
        assert connection.exec_driver_sql(statement).rowcount == 1
