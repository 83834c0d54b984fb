"""Invoices and credit notes: what they say, and what was done with their money."""

from typing import Final

from billing_kernel.application.invariants.shape import Invariant

DOCUMENTS: Final = (
    Invariant(
        "invoices_add_up",
        "invoices",
        "an invoice's totals are the sums of its lines",
        """SELECT i.id FROM invoices i LEFT JOIN invoice_lines l ON l.invoice_id = i.id
        GROUP BY i.id, i.net_minor, i.tax_minor, i.total_minor
        HAVING i.net_minor <> coalesce(sum(l.net_minor), 0)
        OR i.tax_minor <> coalesce(sum(l.tax_minor), 0)
        OR i.total_minor <> coalesce(sum(l.total_minor), 0)""",
    ),
    Invariant(
        "invoices_keep_their_lines",
        "invoices",
        "an invoice has as many lines as it was issued with",
        """SELECT i.id FROM invoices i LEFT JOIN invoice_lines l ON l.invoice_id = i.id
        GROUP BY i.id, i.line_count HAVING count(l.id) <> i.line_count""",
    ),
    Invariant(
        "numbers_have_no_gaps",
        "invoice_series",
        "the numbers of a series run from 1 without a gap",
        """SELECT s.id FROM invoice_series s LEFT JOIN invoices i
        ON i.provider_id = s.provider_id AND i.series = s.series GROUP BY s.id, s.last_number
        HAVING count(i.id) <> s.last_number OR coalesce(min(i.series_number), 1) <> 1
        OR coalesce(max(i.series_number), 0) <> s.last_number""",
    ),
    Invariant(
        "numbers_belong_to_a_series",
        "invoices",
        "an invoice's number is of a series of its provider",
        """SELECT i.id FROM invoices i LEFT JOIN invoice_series s
        ON s.provider_id = i.provider_id AND s.series = i.series WHERE s.id IS NULL""",
    ),
    Invariant(
        "credit_notes_correct_invoices",
        "invoices",
        "a credit note names the invoice that it corrects and has a series of its own",
        """SELECT id FROM invoices WHERE (kind = 'credit_note') <> (series = 'CN')
        OR (kind = 'credit_note') <> (corrects_invoice_id IS NOT NULL)""",
    ),
    Invariant(
        "credit_notes_are_covered",
        "invoices",
        "the credit notes of an invoice never exceed it, neither net nor tax",
        """SELECT i.id FROM invoices i JOIN invoices n ON n.corrects_invoice_id = i.id
        GROUP BY i.id, i.net_minor, i.tax_minor
        HAVING i.net_minor + sum(n.net_minor) < 0 OR i.tax_minor + sum(n.tax_minor) < 0""",
    ),
    Invariant(
        "orders_cost_what_was_quoted",
        "orders",
        "an order's invoice asks for what the order was priced at",
        """SELECT o.id FROM orders o JOIN invoices i ON i.order_id = o.id AND i.kind = 'order'
        WHERE i.net_minor <> o.net_minor OR i.tax_minor <> o.tax_minor
        OR i.currency <> o.currency OR i.client_id <> o.client_id""",
    ),
    Invariant(
        "paid_invoices_were_held",
        "invoices",
        "a paid invoice moved its total to the held funds once; no other did",
        """SELECT i.id FROM invoices i WHERE i.kind NOT IN ('advance_payment', 'credit_note')
        AND CASE WHEN i.status = 'paid' THEN i.total_minor ELSE 0 END <> coalesce((
            SELECT sum(p.amount_minor) FROM ledger_entries e JOIN postings p ON p.entry_id = e.id
            JOIN ledger_accounts a ON a.id = p.ledger_account_id
            WHERE e.source_type = 'invoice' AND e.source_id = i.id AND e.kind = 'hold'
            AND a.kind = 'held' AND a.client_id = i.client_id AND a.provider_id = i.provider_id
            AND a.currency = i.currency), 0)""",
    ),
    Invariant(
        "advance_payments_stay_on_the_balance",
        "invoices",
        "money in advance is a client's money: nothing holds it for its own invoice",
        """SELECT i.id FROM invoices i JOIN ledger_entries e ON e.source_type = 'invoice'
        AND e.source_id = i.id WHERE i.kind IN ('advance_payment', 'credit_note')""",
    ),
    Invariant(
        "lines_end_once",
        "invoice_lines",
        "money of an invoice line is earned or released, not both",
        """SELECT source_id FROM ledger_entries WHERE source_type = 'invoice_line'
        AND kind IN ('earn', 'release') GROUP BY source_id HAVING count(*) > 1""",
    ),
    Invariant(
        "lines_end_with_their_amounts",
        "invoice_lines",
        "what is earned or released of a paid invoice's line is what the line says",
        """SELECT l.id FROM ledger_entries e JOIN invoice_lines l ON l.id = e.source_id
        JOIN invoices i ON i.id = l.invoice_id JOIN postings p ON p.entry_id = e.id
        JOIN ledger_accounts a ON a.id = p.ledger_account_id
        WHERE e.source_type = 'invoice_line' AND e.kind IN ('earn', 'release') AND (
            i.status <> 'paid' OR p.amount_minor <> CASE a.kind WHEN 'held' THEN -l.total_minor
            WHEN 'revenue' THEN l.net_minor WHEN 'tax_payable' THEN l.tax_minor
            WHEN 'client_balance' THEN l.total_minor ELSE 0 END)""",
    ),
    Invariant(
        "held_funds_are_explained",
        "ledger_accounts",
        "held funds are those of paid invoice lines that haven't ended",
        """SELECT a.id FROM ledger_accounts a WHERE a.kind = 'held' AND a.balance_minor <> (
            SELECT coalesce(sum(l.total_minor), 0) FROM invoice_lines l
            JOIN invoices i ON i.id = l.invoice_id WHERE i.status = 'paid'
            AND i.kind NOT IN ('advance_payment', 'credit_note') AND i.client_id = a.client_id
            AND i.provider_id = a.provider_id AND i.currency = a.currency AND NOT EXISTS (
                SELECT 1 FROM ledger_entries e WHERE e.source_type = 'invoice_line'
                AND e.source_id = l.id AND e.kind IN ('earn', 'release')))""",
    ),
    Invariant(
        "days_are_billed_once",
        "billed_periods",
        "no two charges of one line of a service share a day",
        """SELECT x.id FROM billed_periods x JOIN billed_periods y ON y.service_id = x.service_id
        AND y.line_no = x.line_no AND y.id > x.id AND x.start_on < y.end_on
        AND y.start_on < x.end_on WHERE NOT x.reversed AND NOT y.reversed""",
    ),
)
