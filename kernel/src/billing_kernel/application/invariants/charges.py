"""Days charged straight from the balance: each booked once, none left out, none twice."""

from typing import Final

from billing_kernel.application.invariants.shape import Invariant

CHARGES: Final = (
    Invariant(
        "charges_are_booked_once",
        "daily_charges",
        "a daily charge is booked by one entry; one that comes to nothing has none",
        """SELECT c.id FROM daily_charges c LEFT JOIN ledger_entries e
        ON e.source_type = 'daily_charge' AND e.source_id = c.id GROUP BY c.id, c.total_minor
        HAVING count(e.id) <> CASE WHEN c.total_minor = 0 THEN 0 ELSE 1 END""",
    ),
    Invariant(
        "charges_move_their_amounts",
        "daily_charges",
        "what a daily charge's entry takes from the balance and earns is what the charge says",
        """SELECT c.id FROM daily_charges c JOIN ledger_entries e
        ON e.source_type = 'daily_charge' AND e.source_id = c.id
        JOIN postings p ON p.entry_id = e.id JOIN ledger_accounts a ON a.id = p.ledger_account_id
        WHERE e.kind <> 'charge' OR a.provider_id <> c.provider_id OR a.currency <> c.currency
        OR coalesce(a.client_id, c.client_id) <> c.client_id
        OR p.amount_minor <> CASE a.kind WHEN 'client_balance' THEN -c.total_minor
            WHEN 'revenue' THEN c.net_minor WHEN 'tax_payable' THEN c.tax_minor ELSE 0 END""",
    ),
    Invariant(
        "charges_add_up",
        "daily_charges",
        "a daily charge's days are billed, once, at its net amount",
        """SELECT c.id FROM daily_charges c JOIN services s ON s.id = c.service_id
        LEFT JOIN billed_periods b ON b.daily_charge_id = c.id AND b.service_id = c.service_id
        AND b.start_on = c.start_on AND b.end_on = c.end_on AND b.currency = c.currency
        GROUP BY c.id, c.net_minor, c.client_id, c.provider_id, s.client_id, s.provider_id
        HAVING c.net_minor <> coalesce(sum(b.amount_minor), 0)
        OR sum(CASE WHEN b.line_no = 0 THEN 1 ELSE 0 END) <> 1
        OR c.client_id <> s.client_id OR c.provider_id <> s.provider_id""",
    ),
    Invariant(
        "charged_days_have_no_gap",
        "services",
        "every day of a service that is charged daily, up to the last one charged, is billed",
        """SELECT s.id FROM services s WHERE s.charged_until IS NOT NULL AND (
        s.charged_until <> coalesce((SELECT max(b.end_on) FROM billed_periods b
            WHERE b.service_id = s.id AND b.line_no = 0 AND NOT b.reversed
            AND b.start_on < s.charged_until), s.started_on)
        OR EXISTS (SELECT 1 FROM billed_periods b WHERE b.service_id = s.id AND b.line_no = 0
            AND NOT b.reversed AND b.start_on < s.charged_until AND b.start_on <> s.started_on
            AND NOT EXISTS (SELECT 1 FROM billed_periods x WHERE x.service_id = s.id
                AND x.line_no = 0 AND NOT x.reversed AND x.end_on = b.start_on)))""",
    ),
)
