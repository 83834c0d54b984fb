"""Money that went back: never more than came, and documents that say so."""

from typing import Final

from billing_kernel.application.invariants.shape import Invariant

REFUNDS: Final = (
    Invariant(
        "refunds_are_covered",
        "payments",
        "no more is refunded than was captured",
        "SELECT id FROM payments WHERE refunded_minor > captured_minor",
    ),
    Invariant(
        "refunds_equal_totals",
        "payments",
        "what a payment has refunded is the sum of its refunds that weren't refused or returned",
        """SELECT p.id FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id
        AND r.state <> 'failed' AND r.currency = p.captured_currency
        GROUP BY p.id, p.refunded_minor, p.returned_minor
        HAVING p.refunded_minor + p.returned_minor <> coalesce(sum(r.amount_minor), 0)""",
    ),
    Invariant(
        "refunds_are_booked_once",
        "refunds",
        "a refund is booked by one entry, which is reversed if it was refused",
        """SELECT r.id FROM refunds r LEFT JOIN ledger_entries e ON e.source_type = 'refund'
        AND e.source_id = r.id GROUP BY r.id, r.state
        HAVING count(CASE WHEN e.kind <> 'reversal' THEN 1 END) <> 1
        OR count(CASE WHEN e.kind = 'reversal' THEN 1 END)
            <> CASE WHEN r.state = 'failed' THEN 1 ELSE 0 END""",
    ),
    Invariant(
        "failed_refunds_are_on_the_balance",
        "payments",
        "what a gateway couldn't return after all was given to the payment's client",
        """SELECT p.id FROM payments p LEFT JOIN unmatched_receipts u
        ON u.payment_method_id = p.payment_method_id AND u.reference = p.reference
        AND u.external_id LIKE 'returned-%' AND u.assigned_client_id = p.client_id
        GROUP BY p.id, p.returned_minor
        HAVING p.returned_minor <> coalesce(sum(u.amount_minor), 0)""",
    ),
    Invariant(
        "refunds_move_their_amounts",
        "refunds",
        "a refund gives its receiver its amount, and takes back what it credits",
        """SELECT r.id FROM refunds r JOIN ledger_entries e ON e.source_type = 'refund'
        AND e.source_id = r.id AND e.kind <> 'reversal' JOIN postings p ON p.entry_id = e.id
        JOIN ledger_accounts a ON a.id = p.ledger_account_id
        GROUP BY r.id, r.destination, r.amount_minor, r.credited_minor
        HAVING r.amount_minor <> sum(CASE WHEN a.kind = CASE r.destination
            WHEN 'gateway' THEN 'gateway_clearing' ELSE 'client_balance' END
            THEN p.amount_minor ELSE 0 END)
        OR -r.credited_minor <> sum(CASE WHEN a.kind IN ('revenue', 'tax_payable')
            THEN p.amount_minor ELSE 0 END)""",
    ),
    Invariant(
        "refund_lines_add_up",
        "refunds",
        "what a refund credits is the sum of what it takes back of invoice lines",
        """SELECT r.id FROM refunds r LEFT JOIN refund_lines l ON l.refund_id = r.id
        GROUP BY r.id, r.credited_minor
        HAVING r.credited_minor <> coalesce(sum(l.net_minor + l.tax_minor), 0)""",
    ),
    Invariant(
        "lines_give_back_what_they_have",
        "invoice_lines",
        "no invoice line gives back more than its net and tax",
        """SELECT l.id FROM invoice_lines l JOIN refund_lines b ON b.invoice_line_id = l.id
        JOIN refunds r ON r.id = b.refund_id WHERE r.state <> 'failed'
        GROUP BY l.id, l.net_minor, l.tax_minor HAVING abs(sum(b.net_minor)) > abs(l.net_minor)
        OR abs(sum(b.tax_minor)) > abs(l.tax_minor)""",
    ),
    Invariant(
        "credits_have_documents",
        "refunds",
        "a refund that is done has a credit note over what it took back of an invoice",
        """SELECT r.id FROM refunds r LEFT JOIN invoices n ON n.id = r.credit_note_id
        WHERE CASE WHEN r.state = 'done' THEN r.credited_minor ELSE 0 END
        <> -coalesce(n.total_minor, 0)""",
    ),
    Invariant(
        "credits_sum_up_by_rate",
        "refunds",
        "a credit note has the net and tax of each rate that its refund took back",
        """SELECT r.id FROM refunds r JOIN refund_lines b ON b.refund_id = r.id
        JOIN invoice_lines l ON l.id = b.invoice_line_id WHERE r.credit_note_id IS NOT NULL
        GROUP BY r.id, r.credit_note_id, l.tax_rate HAVING sum(b.net_minor) <> -coalesce((
            SELECT sum(c.net_minor) FROM invoice_lines c
            WHERE c.invoice_id = r.credit_note_id AND c.tax_rate = l.tax_rate), 0)
        OR sum(b.tax_minor) <> -coalesce((
            SELECT sum(c.tax_minor) FROM invoice_lines c
            WHERE c.invoice_id = r.credit_note_id AND c.tax_rate = l.tax_rate), 0)""",
    ),
    Invariant(
        "disputes_equal_totals",
        "payments",
        "what of a payment is disputed is its open dispute",
        """SELECT p.id FROM payments p LEFT JOIN disputes d ON d.payment_id = p.id
        AND d.ended_at IS NULL AND d.currency = p.captured_currency
        GROUP BY p.id, p.disputed_minor
        HAVING p.disputed_minor <> coalesce(sum(d.amount_minor), 0)""",
    ),
    Invariant(
        "disputes_are_booked",
        "disputes",
        "a dispute is claimed from its client as long as it is open",
        """SELECT d.id FROM disputes d JOIN payments y ON y.id = d.payment_id
        WHERE CASE WHEN d.ended_at IS NULL THEN -d.amount_minor ELSE 0 END <> coalesce((
            SELECT sum(p.amount_minor) FROM ledger_entries e JOIN postings p ON p.entry_id = e.id
            JOIN ledger_accounts a ON a.id = p.ledger_account_id
            WHERE e.source_type = 'dispute' AND e.source_id = d.id AND a.kind = 'disputed'
            AND a.client_id = y.client_id AND a.currency = d.currency), 0)""",
    ),
)
