"""Days charged without an invoice, and clients whom automatic work leaves alone.

Services that are charged daily and run already have paid for their first day only. They are
charged from the day of this migration on; the days before are written down as free.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

POSTGRESQL = """
ALTER TABLE billed_periods ADD CONSTRAINT ck_billed_periods_one_source
    CHECK (invoice_id IS NULL OR daily_charge_id IS NULL);
--
CREATE TRIGGER refuse_daily_charges_update BEFORE UPDATE ON daily_charges
    FOR EACH ROW EXECUTE FUNCTION billing_refuse();
--
CREATE TRIGGER refuse_daily_charges_delete BEFORE DELETE ON daily_charges
    FOR EACH ROW EXECUTE FUNCTION billing_refuse();
--
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON daily_charges EXECUTE FUNCTION billing_refuse()
"""

SQLITE = """
CREATE TRIGGER guard_billed_period_source BEFORE INSERT ON billed_periods
WHEN NEW.invoice_id IS NOT NULL AND NEW.daily_charge_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'ck_billed_periods_one_source'); END
--
CREATE TRIGGER guard_billed_periods_charge BEFORE UPDATE ON billed_periods
WHEN NEW.daily_charge_id IS NOT OLD.daily_charge_id
BEGIN SELECT RAISE(ABORT, 'billed_periods keeps what it was written with'); END
--
CREATE TRIGGER refuse_daily_charges_update BEFORE UPDATE ON daily_charges
BEGIN SELECT RAISE(ABORT, 'daily_charges is append-only'); END
--
CREATE TRIGGER refuse_daily_charges_delete BEFORE DELETE ON daily_charges
BEGIN SELECT RAISE(ABORT, 'daily_charges is append-only'); END
"""

CHARGED_DAILY = """
SELECT s.id AS service_id, s.status, max(b.end_on) AS charged_until, max(b.currency) AS currency
FROM services s JOIN billed_periods b ON b.service_id = s.id AND b.line_no = 0 AND NOT b.reversed
WHERE s.expires_on IS NULL AND s.period_months > 0 AND s.parent_service_id IS NULL
AND s.status IN ('active', 'suspended') GROUP BY s.id, s.status
"""

FREE = f"""
INSERT INTO billed_periods (service_id, line_no, kind, start_on, end_on, amount_minor, currency,
    reversed, created_at)
SELECT d.service_id, 0, 'free', d.charged_until, CURRENT_DATE, 0, d.currency, (1 = 0),
    CURRENT_TIMESTAMP
FROM ({CHARGED_DAILY}) AS d WHERE d.status = 'active' AND d.charged_until < CURRENT_DATE
"""

CHARGED_UNTIL = f"""
UPDATE services SET charged_until = d.charged_until,
    served_until = CASE d.status WHEN 'suspended' THEN d.charged_until END
FROM ({CHARGED_DAILY}) AS d WHERE services.id = d.service_id
"""


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "daily_charges",
        sa.Column("id", ID, primary_key=True),
        sa.Column("service_id", ID, sa.ForeignKey("services.id"), nullable=False),
        sa.Column("client_id", ID, sa.ForeignKey("clients.id"), nullable=False),
        sa.Column("provider_id", ID, sa.ForeignKey("providers.id"), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=False),
        sa.Column("charged_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.String(16), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("lines", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint(
            "service_id", "start_on", name=op.f("uq_daily_charges_service_id_start_on")
        ),
        sa.CheckConstraint("end_on > start_on", name=op.f("ck_daily_charges_not_empty")),
        sa.CheckConstraint(
            "total_minor = net_minor + tax_minor", name=op.f("ck_daily_charges_adds_up")
        ),
        sa.CheckConstraint(
            "net_minor >= 0 AND tax_minor >= 0", name=op.f("ck_daily_charges_amounts")
        ),
    )
    op.create_index(
        "ix_daily_charges_client_id_charged_on", "daily_charges", ["client_id", "charged_on"]
    )
    _add_columns()
    for statement in (POSTGRESQL if on_postgresql else SQLITE).split("\n--\n"):
        op.execute(statement)
    op.execute(FREE)
    op.execute(CHARGED_UNTIL)


def _add_columns() -> None:
    """By hand: the common way would copy SQLite's tables, and lose their guards."""
    number = ID.compile(op.get_bind().dialect)
    key = "CONSTRAINT fk_billed_periods_daily_charge_id_daily_charges REFERENCES daily_charges (id)"
    op.execute(f"ALTER TABLE billed_periods ADD COLUMN daily_charge_id {number} {key}")
    op.create_index("ix_billed_periods_daily_charge_id", "billed_periods", ["daily_charge_id"])
    op.add_column("services", sa.Column("charged_until", sa.Date(), nullable=True))
    op.add_column("services", sa.Column("served_until", sa.Date(), nullable=True))
    op.create_index(
        "ix_services_status_charged_until_id", "services", ["status", "charged_until", "id"]
    )
    op.add_column("clients", sa.Column("parked_at", INSTANT, nullable=True))
    op.add_column(
        "clients", sa.Column("parked_reason", sa.String(500), nullable=False, server_default="")
    )
    op.add_column("clients", sa.Column("charges_per_run_max", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_clients_parked",
        "clients",
        ["id"],
        sqlite_where=sa.text("parked_at IS NOT NULL"),
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
