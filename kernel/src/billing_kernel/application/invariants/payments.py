"""Money that came: booked once, as it came, and used for what it was meant for."""

from typing import Final

from billing_kernel.application.invariants.shape import Invariant

PAYMENTS: Final = (
    Invariant(
        "captured_payments_are_booked",
        "payments",
        "what a payment brought through a method is on its client's balance, once",
        """SELECT p.id FROM payments p WHERE p.payment_method_id IS NOT NULL
        AND p.captured_minor <> coalesce((
            SELECT sum(x.amount_minor) FROM ledger_entries e JOIN postings x ON x.entry_id = e.id
            JOIN ledger_accounts a ON a.id = x.ledger_account_id
            WHERE e.source_type = 'payment' AND e.source_id = p.id AND e.kind = 'payment'
            AND a.kind = 'client_balance' AND a.client_id = p.client_id
            AND a.provider_id = p.provider_id AND a.currency = p.captured_currency), 0)""",
    ),
    Invariant(
        "balances_bring_nothing",
        "ledger_entries",
        "a payment from the balance brings no money",
        """SELECT e.id FROM ledger_entries e JOIN payments p ON p.id = e.source_id
        WHERE e.source_type = 'payment' AND p.payment_method_id IS NULL""",
    ),
    Invariant(
        "done_payments_brought_money",
        "payments",
        "a payment is done exactly when it brought something",
        "SELECT id FROM payments WHERE (state = 'done') <> (captured_minor > 0)",
    ),
    Invariant(
        "paid_invoices_were_paid_for",
        "invoices",
        "the payments that settled an invoice brought at least its total, in its currency",
        """SELECT i.id FROM invoices i LEFT JOIN payments p ON p.invoice_id = i.id
        AND p.settles_invoice AND p.captured_currency = i.currency
        WHERE i.status = 'paid' AND i.kind <> 'credit_note' AND i.total_minor > 0
        GROUP BY i.id, i.total_minor HAVING coalesce(sum(p.captured_minor), 0) < i.total_minor""",
    ),
    Invariant(
        "payments_settle_their_own_invoices",
        "payments",
        "a payment settles a paid invoice of its own client, in its own currency",
        """SELECT p.id FROM payments p LEFT JOIN invoices i ON i.id = p.invoice_id
        WHERE p.settles_invoice AND (i.id IS NULL OR i.status <> 'paid'
        OR i.client_id <> p.client_id OR i.currency <> p.captured_currency)""",
    ),
    Invariant(
        "one_open_attempt",
        "invoices",
        "an invoice has at most one open payment",
        """SELECT invoice_id FROM payments WHERE state IN ('new', 'pending', 'unknown')
        AND invoice_id IS NOT NULL GROUP BY invoice_id HAVING count(*) > 1""",
    ),
    Invariant(
        "gateway_payments_are_known_once",
        "payments",
        "one payment at a gateway is one payment here",
        """SELECT x.id FROM payments x JOIN payments y ON y.external_id = x.external_id
        AND y.payment_method_id = x.payment_method_id AND y.id > x.id""",
    ),
    Invariant(
        "receipts_are_not_payments",
        "unmatched_receipts",
        "money that a payment brought isn't kept as unmatched too",
        """SELECT u.id FROM unmatched_receipts u JOIN payments p ON p.external_id = u.external_id
        AND p.payment_method_id = u.payment_method_id
        WHERE p.captured_minor > 0 AND u.payment_id IS NULL""",
    ),
    Invariant(
        "receipts_are_booked",
        "unmatched_receipts",
        "unmatched money was booked once, and once more when it found its purpose",
        """SELECT u.id FROM unmatched_receipts u LEFT JOIN ledger_entries e
        ON e.source_type = 'receipt' AND e.source_id = u.id
        GROUP BY u.id, u.assigned_client_id, u.payment_id
        HAVING count(CASE WHEN e.kind = 'suspense' THEN 1 END) <> 1
        OR count(CASE WHEN e.kind = 'assignment' THEN 1 END)
            <> CASE WHEN u.assigned_client_id IS NULL THEN 0 ELSE 1 END
        OR count(CASE WHEN e.kind = 'reversal' THEN 1 END)
            <> CASE WHEN u.payment_id IS NULL THEN 0 ELSE 1 END""",
    ),
    Invariant(
        "suspense_is_explained",
        "ledger_accounts",
        "suspense holds the receipts that found no purpose",
        """SELECT a.id FROM ledger_accounts a WHERE a.kind = 'suspense' AND a.balance_minor <> (
            SELECT coalesce(sum(u.amount_minor), 0) FROM unmatched_receipts u
            WHERE u.provider_id = a.provider_id AND u.currency = a.currency
            AND u.assigned_client_id IS NULL AND u.payment_id IS NULL)""",
    ),
    Invariant(
        "clearing_is_explained",
        "ledger_accounts",
        "a method owes what it took, less what went back by it",
        """SELECT a.id FROM ledger_accounts a WHERE a.kind = 'gateway_clearing'
        AND a.balance_minor <> (
            SELECT coalesce(sum(p.disputed_minor - p.captured_minor), 0) FROM payments p
            WHERE p.payment_method_id = a.payment_method_id AND p.provider_id = a.provider_id
            AND p.captured_currency = a.currency
        ) + (
            SELECT coalesce(sum(r.amount_minor), 0) FROM refunds r
            JOIN payments p ON p.id = r.payment_id WHERE r.destination = 'gateway'
            AND r.state <> 'failed' AND r.currency = a.currency
            AND p.payment_method_id = a.payment_method_id AND p.provider_id = a.provider_id
        ) - (
            SELECT coalesce(sum(u.amount_minor), 0) FROM unmatched_receipts u
            WHERE u.payment_method_id = a.payment_method_id AND u.provider_id = a.provider_id
            AND u.currency = a.currency AND u.payment_id IS NULL)""",
    ),
    Invariant(
        "requests_were_answered",
        "idempotency_keys",
        "work that was done under a key was committed with its answer",
        "SELECT id FROM idempotency_keys WHERE status IS NULL OR answer IS NULL",
    ),
)
