"""Guards: what the schema itself refuses, whoever asks.

Ledger entries balance before they are sealed and never change; postings, invoices and rendered
documents never change, nor does what a payment brought or a refund returns; no two charges of
one line of a service share a day.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

POSTGRESQL = """
CREATE FUNCTION billing_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
--
CREATE FUNCTION billing_guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.sealed <> 0 THEN
            RAISE EXCEPTION 'a ledger entry begins unsealed' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.sealed = 1 OR NEW.sealed <> 1
       OR (to_jsonb(NEW) - 'sealed') <> (to_jsonb(OLD) - 'sealed') THEN
        RAISE EXCEPTION 'ledger_entries is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (SELECT count(*) FROM postings WHERE entry_id = NEW.id) < 2 OR EXISTS (
        SELECT 1 FROM postings WHERE entry_id = NEW.id GROUP BY currency
        HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger entry % does not balance', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE FUNCTION billing_guard_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_entries WHERE id = NEW.id AND sealed = 0) THEN
        RAISE EXCEPTION 'ledger entry % was not sealed', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
--
CREATE FUNCTION billing_guard_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sealed FROM ledger_entries WHERE id = NEW.entry_id) <> 0 THEN
        RAISE EXCEPTION 'ledger entry % is sealed', NEW.entry_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (SELECT currency FROM ledger_accounts WHERE id = NEW.ledger_account_id) <> NEW.currency THEN
        RAISE EXCEPTION 'posting in another currency than its account'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE FUNCTION billing_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.currency <> OLD.currency OR NEW.kind <> OLD.kind OR NEW.provider_id <> OLD.provider_id
       OR NEW.client_id IS DISTINCT FROM OLD.client_id THEN
        RAISE EXCEPTION 'a ledger account keeps its owner and currency'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE FUNCTION billing_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'status' - 'paid_at') <> (to_jsonb(OLD) - 'status' - 'paid_at')
       OR OLD.status <> 'new' THEN
        RAISE EXCEPTION 'an issued invoice never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE FUNCTION billing_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.client_id <> OLD.client_id OR NEW.provider_id <> OLD.provider_id
       OR NEW.invoice_id IS DISTINCT FROM OLD.invoice_id
       OR NEW.payment_method_id IS DISTINCT FROM OLD.payment_method_id
       OR NEW.reference <> OLD.reference OR NEW.amount_minor <> OLD.amount_minor
       OR NEW.currency <> OLD.currency OR (OLD.captured_minor > 0 AND (
           NEW.captured_minor <> OLD.captured_minor
           OR NEW.captured_currency <> OLD.captured_currency
           OR NEW.state <> OLD.state
           OR NEW.external_id IS DISTINCT FROM coalesce(OLD.external_id, NEW.external_id))) THEN
        RAISE EXCEPTION 'a payment keeps what it is for and what it brought'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE FUNCTION billing_guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.payment_id <> OLD.payment_id OR NEW.amount_minor <> OLD.amount_minor
       OR NEW.credited_minor <> OLD.credited_minor OR NEW.currency <> OLD.currency
       OR NEW.destination <> OLD.destination OR NEW.reference <> OLD.reference
       OR (OLD.state IN ('done', 'failed') AND NEW.state <> OLD.state) THEN
        RAISE EXCEPTION 'a refund keeps what it returns and how it ended'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE FUNCTION billing_guard_amount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency THEN
        RAISE EXCEPTION '% keeps its amount', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE FUNCTION billing_guard_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.content IS NOT NULL THEN
        RAISE EXCEPTION 'a rendered document never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE FUNCTION billing_guard_billed_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.reversed OR NOT NEW.reversed
       OR (to_jsonb(NEW) - 'reversed') <> (to_jsonb(OLD) - 'reversed') THEN
        RAISE EXCEPTION 'a billed period can only be reversed, once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
--
CREATE TRIGGER guard_entry BEFORE INSERT OR UPDATE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION billing_guard_entry();
--
CREATE CONSTRAINT TRIGGER guard_seal AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_guard_seal();
--
CREATE TRIGGER guard_posting BEFORE INSERT ON postings
    FOR EACH ROW EXECUTE FUNCTION billing_guard_posting();
--
CREATE TRIGGER guard_account BEFORE UPDATE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION billing_guard_account();
--
CREATE TRIGGER guard_invoice BEFORE UPDATE ON invoices
    FOR EACH ROW EXECUTE FUNCTION billing_guard_invoice();
--
CREATE TRIGGER guard_payment BEFORE UPDATE ON payments
    FOR EACH ROW EXECUTE FUNCTION billing_guard_payment();
--
CREATE TRIGGER guard_refund BEFORE UPDATE ON refunds
    FOR EACH ROW EXECUTE FUNCTION billing_guard_refund();
--
CREATE TRIGGER guard_dispute BEFORE UPDATE ON disputes
    FOR EACH ROW EXECUTE FUNCTION billing_guard_amount();
--
CREATE TRIGGER guard_receipt BEFORE UPDATE ON unmatched_receipts
    FOR EACH ROW EXECUTE FUNCTION billing_guard_amount();
--
CREATE TRIGGER guard_document BEFORE UPDATE ON documents
    FOR EACH ROW EXECUTE FUNCTION billing_guard_document();
--
CREATE TRIGGER guard_billed_period BEFORE UPDATE ON billed_periods
    FOR EACH ROW EXECUTE FUNCTION billing_guard_billed_period();
--
ALTER TABLE billed_periods ADD CONSTRAINT ex_billed_periods_one_charge_a_day EXCLUDE USING gist (
    int8range(
        (service_id * 256 + line_no) * 4194304 + (start_on - DATE '0001-01-01'),
        (service_id * 256 + line_no) * 4194304 + (end_on - DATE '0001-01-01')
    ) WITH &&
) WHERE (NOT reversed);
"""

APPEND_ONLY = {
    "ledger_entries": ("DELETE",),
    "postings": ("UPDATE", "DELETE"),
    "ledger_accounts": ("DELETE",),
    "invoices": ("DELETE",),
    "invoice_lines": ("UPDATE", "DELETE"),
    "documents": ("DELETE",),
    "payments": ("DELETE",),
    "refunds": ("DELETE",),
    "refund_lines": ("UPDATE", "DELETE"),
    "disputes": ("DELETE",),
    "unmatched_receipts": ("DELETE",),
    "adjustments": ("UPDATE", "DELETE"),
    "billed_periods": ("DELETE",),
    "tariff_versions": ("UPDATE",),
    "events": ("UPDATE",),
}

SQLITE_UNCHANGED = {
    "ledger_accounts": ("kind", "provider_id", "client_id", "payment_method_id", "currency"),
    "ledger_entries": (
        "id", "kind", "source_type", "source_id", "description", "invoice_id", "service_id",
        "reverses_entry_id", "created_at",
    ),
    "invoices": (
        "id", "provider_id", "client_id", "order_id", "series", "series_number", "number", "kind",
        "issued_on",
        "payer_id",
        "language",
        "payer",
        "company",
        "tax_note", "currency", "net_minor", "tax_minor", "total_minor", "corrects_invoice_id",
        "created_at",
    ),
    "payments": (
        "id", "client_id", "provider_id", "invoice_id", "payment_method_id", "reference",
        "amount_minor", "currency", "created_at",
    ),
    "refunds": (
        "id", "payment_id", "amount_minor", "credited_minor", "currency", "destination",
        "reference", "created_at",
    ),
    "disputes": ("id", "payment_id", "amount_minor", "currency", "created_at"),
    "unmatched_receipts": (
        "id", "provider_id", "payment_method_id", "external_id", "amount_minor", "currency",
        "created_at",
    ),
    "billed_periods": (
        "id", "service_id", "line_no", "kind", "resource_type", "start_on", "end_on",
        "amount_minor", "currency", "invoice_id", "created_at",
    ),
}  # fmt: skip

SQLITE = """
CREATE TRIGGER guard_entry_insert BEFORE INSERT ON ledger_entries WHEN NEW.sealed <> 0
BEGIN SELECT RAISE(ABORT, 'a ledger entry begins unsealed'); END;
--
CREATE TRIGGER guard_entry_seal BEFORE UPDATE OF sealed ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'ledger_entries is append-only') WHERE OLD.sealed = 1 OR NEW.sealed <> 1;
    SELECT RAISE(ABORT, 'ledger entry does not balance')
        WHERE (SELECT count(*) FROM postings WHERE entry_id = NEW.id) < 2 OR EXISTS (
            SELECT 1 FROM postings WHERE entry_id = NEW.id GROUP BY currency
            HAVING sum(amount_minor) <> 0);
END;
--
CREATE TRIGGER guard_posting BEFORE INSERT ON postings
BEGIN
    SELECT RAISE(ABORT, 'an amount is a whole number of minor units')
        WHERE typeof(NEW.amount_minor) <> 'integer';
    SELECT RAISE(ABORT, 'ledger entry is sealed')
        WHERE (SELECT sealed FROM ledger_entries WHERE id = NEW.entry_id) <> 0;
    SELECT RAISE(ABORT, 'posting in another currency than its account')
        WHERE (SELECT currency FROM ledger_accounts WHERE id = NEW.ledger_account_id)
              <> NEW.currency;
END;
--
CREATE TRIGGER guard_account_amount BEFORE UPDATE OF balance_minor ON ledger_accounts
BEGIN
    SELECT RAISE(ABORT, 'an amount is a whole number of minor units')
        WHERE typeof(NEW.balance_minor) <> 'integer';
END;
--
CREATE TRIGGER guard_invoice_status BEFORE UPDATE ON invoices WHEN OLD.status <> 'new'
BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END;
--
CREATE TRIGGER guard_payment_captured BEFORE UPDATE ON payments WHEN OLD.captured_minor > 0 AND (
    NEW.captured_minor <> OLD.captured_minor OR NEW.captured_currency <> OLD.captured_currency
    OR NEW.state <> OLD.state
    OR NEW.external_id IS NOT coalesce(OLD.external_id, NEW.external_id))
BEGIN SELECT RAISE(ABORT, 'a payment keeps what it is for and what it brought'); END;
--
CREATE TRIGGER guard_refund_end BEFORE UPDATE ON refunds
WHEN OLD.state IN ('done', 'failed') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'a refund keeps what it returns and how it ended'); END;
--
CREATE TRIGGER guard_document BEFORE UPDATE ON documents WHEN OLD.content IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a rendered document never changes'); END;
--
CREATE TRIGGER guard_billed_period_reversal BEFORE UPDATE OF reversed ON billed_periods
WHEN OLD.reversed OR NOT NEW.reversed
BEGIN SELECT RAISE(ABORT, 'a billed period can only be reversed, once'); END;
--
CREATE TRIGGER guard_billed_period_overlap BEFORE INSERT ON billed_periods WHEN NOT NEW.reversed
BEGIN
    SELECT RAISE(ABORT, 'ex_billed_periods_one_charge_a_day') WHERE EXISTS (
        SELECT 1 FROM billed_periods
        WHERE service_id = NEW.service_id AND line_no = NEW.line_no AND NOT reversed
          AND start_on < NEW.end_on AND NEW.start_on < end_on);
END;
"""


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in (POSTGRESQL if on_postgresql else SQLITE).split("\n--\n"):
        op.execute(statement)
    for table, events in APPEND_ONLY.items():
        for event in events:
            op.execute(_refusal(table, event, on_postgresql))
        if on_postgresql:
            op.execute(
                f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION billing_refuse()"
            )
    if not on_postgresql:
        for table, columns in SQLITE_UNCHANGED.items():
            changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in columns)
            op.execute(
                f"CREATE TRIGGER guard_{table}_unchanged BEFORE UPDATE ON {table} WHEN {changed} "
                f"BEGIN SELECT RAISE(ABORT, '{table} keeps what it was written with'); END"
            )


def _refusal(table: str, event: str, on_postgresql: bool) -> str:
    name = f"refuse_{table}_{event.lower()}"
    if on_postgresql:
        return (
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION billing_refuse()"
        )
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
