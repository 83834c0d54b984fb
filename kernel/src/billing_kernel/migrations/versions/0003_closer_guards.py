"""Guards that were missing.

What belongs to clients stays guarded; an issued invoice gets no more lines; on SQLite, too, an
entry that isn't sealed can't be committed, even if it has no postings.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COUNT_LINES = (
    "UPDATE invoices SET line_count ="
    " (SELECT count(*) FROM invoice_lines WHERE invoice_lines.invoice_id = invoices.id)"
)

POSTGRESQL = """
CREATE OR REPLACE FUNCTION billing_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.kind IN ('client_balance', 'held') AND NOT NEW.guarded THEN
            RAISE EXCEPTION 'what belongs to a client is guarded' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.currency <> OLD.currency OR NEW.kind <> OLD.kind OR NEW.provider_id <> OLD.provider_id
       OR NEW.client_id IS DISTINCT FROM OLD.client_id
       OR NEW.payment_method_id IS DISTINCT FROM OLD.payment_method_id
       OR NEW.guarded <> OLD.guarded OR NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'a ledger account keeps its owner, its currency and its guard'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
DROP TRIGGER guard_account ON ledger_accounts;
--
CREATE TRIGGER guard_account BEFORE INSERT OR UPDATE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION billing_guard_account();
--
CREATE FUNCTION billing_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM invoices WHERE id = NEW.invoice_id AND NEW.position BETWEEN 1 AND line_count
    ) THEN
        RAISE EXCEPTION 'an issued invoice gets no more lines'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE TRIGGER guard_line BEFORE INSERT ON invoice_lines
    FOR EACH ROW EXECUTE FUNCTION billing_guard_line();
--
ALTER TABLE billed_periods ADD CONSTRAINT ck_billed_periods_line_no
    CHECK (line_no BETWEEN 0 AND 255);
"""

SQLITE = """
CREATE TRIGGER guard_account_insert BEFORE INSERT ON ledger_accounts
WHEN NEW.kind IN ('client_balance', 'held') AND NOT NEW.guarded
BEGIN SELECT RAISE(ABORT, 'what belongs to a client is guarded'); END;
--
CREATE TRIGGER guard_account_guarded BEFORE UPDATE ON ledger_accounts
WHEN NEW.guarded IS NOT OLD.guarded OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'a ledger account keeps its owner, its currency and its guard'); END;
--
CREATE TRIGGER guard_invoice_line_count BEFORE UPDATE OF line_count ON invoices
WHEN NEW.line_count IS NOT OLD.line_count
BEGIN SELECT RAISE(ABORT, 'invoices keeps what it was written with'); END;
--
CREATE TRIGGER guard_line BEFORE INSERT ON invoice_lines WHEN NOT EXISTS (
    SELECT 1 FROM invoices WHERE id = NEW.invoice_id AND NEW.position BETWEEN 1 AND line_count)
BEGIN SELECT RAISE(ABORT, 'an issued invoice gets no more lines'); END;
--
CREATE TRIGGER guard_billed_period_line_no BEFORE INSERT ON billed_periods
WHEN NEW.line_no NOT BETWEEN 0 AND 255
BEGIN SELECT RAISE(ABORT, 'ck_billed_periods_line_no'); END;
--
CREATE TRIGGER guard_sold_terms BEFORE DELETE ON tariff_versions
WHEN EXISTS (SELECT 1 FROM services WHERE tariff_version_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'tariff_versions is append-only'); END;
--
CREATE TABLE unsealed_entries (
    entry_id INTEGER NOT NULL PRIMARY KEY,
    seal INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT fk_unsealed_entries_entry_id_seal_ledger_entries
        FOREIGN KEY (entry_id, seal) REFERENCES ledger_entries (id, sealed)
        DEFERRABLE INITIALLY DEFERRED
);
--
CREATE TRIGGER guard_unsealed_update BEFORE UPDATE ON unsealed_entries
BEGIN SELECT RAISE(ABORT, 'unsealed_entries is kept by the schema'); END;
--
CREATE TRIGGER guard_unsealed_delete BEFORE DELETE ON unsealed_entries
WHEN EXISTS (SELECT 1 FROM ledger_entries WHERE id = OLD.entry_id AND sealed = 0)
BEGIN SELECT RAISE(ABORT, 'unsealed_entries is kept by the schema'); END;
--
CREATE TRIGGER guard_entry_begun AFTER INSERT ON ledger_entries
BEGIN INSERT INTO unsealed_entries (entry_id) VALUES (NEW.id); END;
--
CREATE TRIGGER guard_entry_sealed AFTER UPDATE OF sealed ON ledger_entries
BEGIN DELETE FROM unsealed_entries WHERE entry_id = NEW.id; END;
"""
"""SQLite has no trigger at commit, but checks deferred foreign keys there: a row of
``unsealed_entries`` refers to its entry as sealed, and is gone once that is.
"""


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column(
        "invoices", sa.Column("line_count", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column(
        "payments", sa.Column("returned_minor", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index(
        "ix_outbox_queue_due_at_id",
        "outbox",
        ["queue", "due_at", "id"],
        sqlite_where=sa.text("died_at IS NULL"),
        postgresql_where=sa.text("died_at IS NULL"),
    )
    _count_lines_of_issued(on_postgresql)
    for statement in (POSTGRESQL if on_postgresql else SQLITE).split("\n--\n"):
        op.execute(statement)


def _count_lines_of_issued(on_postgresql: bool) -> None:
    """Past the guard that keeps issued invoices as they are."""
    if on_postgresql:
        op.execute("ALTER TABLE invoices DISABLE TRIGGER guard_invoice")
        op.execute(COUNT_LINES)
        op.execute("ALTER TABLE invoices ENABLE TRIGGER guard_invoice")
        return
    kept = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'guard_invoice_status'"
    guard = op.get_bind().execute(sa.text(kept)).scalar_one()
    op.execute("DROP TRIGGER guard_invoice_status")
    op.execute(COUNT_LINES)
    op.execute(guard)


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
