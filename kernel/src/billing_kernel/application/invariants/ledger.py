"""Entries balance, nothing was changed afterwards, and each has a source."""

from typing import Final

from billing_kernel.application.invariants.shape import Invariant

LEDGER: Final = (
    Invariant(
        "entries_balance",
        "ledger_entries",
        "an entry sums to zero in each currency, and so does the whole ledger",
        "SELECT entry_id FROM postings GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0",
    ),
    Invariant(
        "entries_have_two_legs",
        "ledger_entries",
        "an entry is sealed and has at least two postings",
        """SELECT e.id FROM ledger_entries e LEFT JOIN postings p ON p.entry_id = e.id
        GROUP BY e.id, e.sealed HAVING count(p.id) < 2 OR e.sealed <> 1""",
    ),
    Invariant(
        "postings_have_entries",
        "postings",
        "a posting belongs to an entry",
        """SELECT p.id FROM postings p LEFT JOIN ledger_entries e ON e.id = p.entry_id
        WHERE e.id IS NULL""",
    ),
    Invariant(
        "amounts_are_whole",
        "postings",
        "an amount is a whole number of minor units, not zero, below 2 to the power of 53",
        """SELECT id FROM postings WHERE amount_minor = 0 OR abs(amount_minor) >= 9007199254740992
        OR cast(amount_minor AS BIGINT) <> amount_minor""",
    ),
    Invariant(
        "currencies_match",
        "postings",
        "a posting has the currency of its account",
        """SELECT p.id FROM postings p JOIN ledger_accounts a ON a.id = p.ledger_account_id
        WHERE a.currency <> p.currency""",
    ),
    Invariant(
        "entries_stay_at_one_provider",
        "ledger_entries",
        "an entry moves money of one provider",
        """SELECT p.entry_id FROM postings p JOIN ledger_accounts a ON a.id = p.ledger_account_id
        GROUP BY p.entry_id HAVING count(DISTINCT a.provider_id) > 1""",
    ),
    Invariant(
        "balances_equal_postings",
        "ledger_accounts",
        "an account's balance is the sum of its postings",
        """SELECT a.id FROM ledger_accounts a LEFT JOIN postings p ON p.ledger_account_id = a.id
        GROUP BY a.id, a.balance_minor
        HAVING a.balance_minor <> coalesce(sum(p.amount_minor), 0)""",
    ),
    Invariant(
        "balances_run_on",
        "postings",
        "the balance after a posting is the sum of all its account's postings up to it",
        """SELECT id FROM (SELECT id, balance_after_minor, sum(amount_minor) OVER (
            PARTITION BY ledger_account_id ORDER BY id) AS running FROM postings) AS history
        WHERE balance_after_minor <> running""",
    ),
    Invariant(
        "versions_count_postings",
        "ledger_accounts",
        "an account's version is the number of its postings",
        """SELECT a.id FROM ledger_accounts a LEFT JOIN postings p ON p.ledger_account_id = a.id
        GROUP BY a.id, a.version HAVING a.version <> count(p.id)""",
    ),
    Invariant(
        "balances_are_covered",
        "ledger_accounts",
        "what belongs to a client never falls below its limit",
        """SELECT id FROM ledger_accounts WHERE kind IN ('client_balance', 'held')
        AND balance_minor + credit_limit_minor < 0""",
    ),
    Invariant(
        "balances_are_guarded",
        "ledger_accounts",
        "the schema guards what belongs to clients",
        "SELECT id FROM ledger_accounts WHERE kind IN ('client_balance', 'held') AND NOT guarded",
    ),
    Invariant(
        "entries_have_sources",
        "ledger_entries",
        "an entry names the one thing that made it, and that exists",
        """SELECT e.id FROM ledger_entries e WHERE NOT CASE e.source_type
        WHEN 'payment' THEN EXISTS (SELECT 1 FROM payments s WHERE s.id = e.source_id)
        WHEN 'invoice' THEN EXISTS (SELECT 1 FROM invoices s WHERE s.id = e.source_id)
        WHEN 'invoice_line' THEN EXISTS (SELECT 1 FROM invoice_lines s WHERE s.id = e.source_id)
        WHEN 'daily_charge' THEN EXISTS (SELECT 1 FROM daily_charges s WHERE s.id = e.source_id)
        WHEN 'adjustment' THEN EXISTS (SELECT 1 FROM adjustments s WHERE s.id = e.source_id)
        WHEN 'refund' THEN EXISTS (SELECT 1 FROM refunds s WHERE s.id = e.source_id)
        WHEN 'dispute' THEN EXISTS (SELECT 1 FROM disputes s WHERE s.id = e.source_id)
        WHEN 'receipt' THEN EXISTS (SELECT 1 FROM unmatched_receipts s WHERE s.id = e.source_id)
        ELSE FALSE END""",
    ),
    Invariant(
        "reversals_name_what_they_reverse",
        "ledger_entries",
        "a reversal names an entry, and nothing else does",
        """SELECT id FROM ledger_entries
        WHERE (kind = 'reversal') <> (reverses_entry_id IS NOT NULL)""",
    ),
    Invariant(
        "reversals_undo",
        "ledger_entries",
        "a reversal and its entry together leave every account as it was",
        """SELECT e.id FROM ledger_entries e JOIN postings p ON p.entry_id IN
        (e.id, e.reverses_entry_id) WHERE e.reverses_entry_id IS NOT NULL
        GROUP BY e.id, p.ledger_account_id HAVING sum(p.amount_minor) <> 0""",
    ),
    Invariant(
        "adjustments_are_booked",
        "adjustments",
        "a correction moved its amount on its client's balance",
        """SELECT d.id FROM adjustments d WHERE d.amount_minor <> coalesce((
            SELECT sum(p.amount_minor) FROM ledger_entries e JOIN postings p ON p.entry_id = e.id
            JOIN ledger_accounts a ON a.id = p.ledger_account_id
            WHERE e.source_type = 'adjustment' AND e.source_id = d.id
            AND a.kind = 'client_balance' AND a.client_id = d.client_id
            AND a.provider_id = d.provider_id AND a.currency = d.currency), 0)""",
    ),
)
