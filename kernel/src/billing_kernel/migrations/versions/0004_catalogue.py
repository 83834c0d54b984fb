"""Addons, enumerations, client groups, templates, and everything else of a tariff plan."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

TABLES: dict[str, tuple[sa.Column[object] | sa.Constraint, ...]] = {
    "client_groups": (
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("allow_suspension", sa.Boolean(), nullable=False),
        sa.Column("allow_deletion", sa.Boolean(), nullable=False),
        sa.Column("ignore_service_limit", sa.Boolean(), nullable=False),
    ),
    "document_templates": (
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("body", DOCUMENT, nullable=False),
    ),
    "message_templates": (
        sa.Column("key", sa.String(64), nullable=True, unique=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("subject", DOCUMENT, nullable=False),
        sa.Column("body", DOCUMENT, nullable=False),
    ),
    "enumerations": (sa.Column("name", DOCUMENT, nullable=False),),
    "enumeration_values": (
        sa.Column("enumeration_id", ID, sa.ForeignKey("enumerations.id"), nullable=False),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("internal_name", sa.String(255), nullable=False),
        sa.Column("sort", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("enumeration_id", "internal_name"),
    ),
    "product_type_settings": (
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("auto_deletion_days", sa.BigInteger(), nullable=True),
        sa.Column("weekend_suspension", sa.Boolean(), nullable=False),
    ),
    "tariff_addons": (
        sa.Column("tariff_plan_id", ID, sa.ForeignKey("tariff_plans.id"), nullable=False),
        sa.Column("resource_type", sa.String(64), nullable=False),
        sa.UniqueConstraint("tariff_plan_id", "resource_type"),
    ),
}
NEVER_CHANGED = ("tariff_addons",)

COLUMNS = """
tariff_plans ADD icon TEXT NOT NULL DEFAULT ''
tariff_plans ADD show_addon_icons BOOLEAN NOT NULL DEFAULT FALSE
tariff_plans ADD site_info TEXT NOT NULL DEFAULT ''
tariff_plans ADD allowed_client_group_ids JSON NOT NULL DEFAULT '[]'
tariff_plans ADD forbidden_client_group_ids JSON NOT NULL DEFAULT '[]'
tariff_plans ADD account_template VARCHAR(255) NOT NULL DEFAULT ''
tariff_plans ADD username_template VARCHAR(64) NOT NULL DEFAULT 'user@ID@'
tariff_plans ADD domain_template VARCHAR(255) NOT NULL DEFAULT '@USERNAME@.example.com'
tariff_plans ADD quick_order BOOLEAN NOT NULL DEFAULT FALSE
tariff_plans ADD create_all_addons BOOLEAN NOT NULL DEFAULT TRUE
tariff_plans ADD activation_template_id ID {fk} REFERENCES message_templates (id)
tariff_plans ADD agreement_template_id ID {fk} REFERENCES document_templates (id)
tariff_plans ADD examples JSON NOT NULL DEFAULT '[]'
clients ADD client_group_id ID {fk} REFERENCES client_groups (id)
orders ADD agreement JSON
services ADD paid JSON
services ADD username VARCHAR(64) NOT NULL DEFAULT ''
services ADD domain VARCHAR(255) NOT NULL DEFAULT ''
invoice_lines ADD resource_type VARCHAR(64)
invoice_lines ADD derivation JSON
"""
"""Added by hand: the common way would copy SQLite's tables, and lose their guards."""

POSTGRESQL_TYPES = {"JSON": "JSONB", "ID": "BIGINT"}
SQLITE_TYPES = {"ID": "INTEGER"}

LAST_PAID = """UPDATE services SET paid = (
    SELECT {build}('start_on', b.start_on, 'end_on', b.end_on, 'months', services.period_months,
        'price', {build}('amount_minor', b.amount_minor, 'currency', b.currency),
        'addons', {build}())
    FROM billed_periods b WHERE b.service_id = services.id AND b.line_no = 0 AND NOT b.reversed
    ORDER BY b.end_on DESC LIMIT 1)"""
PAID = {
    True: LAST_PAID.format(build="jsonb_build_object"),
    False: LAST_PAID.format(build="json_object"),
}
"""What running services were last paid with, from the days that they were charged for."""


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.create_table(
            table,
            sa.Column("id", ID, primary_key=True),
            *columns,
            sa.Column("created_at", INSTANT, nullable=False),
            *([] if table in NEVER_CHANGED else [sa.Column("updated_at", INSTANT, nullable=False)]),
        )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for line in COLUMNS.strip().splitlines():
        table, _, column, kind, *rest = line.split()
        target = rest[rest.index("REFERENCES") + 1] if "REFERENCES" in rest else ""
        name = f"CONSTRAINT fk_{table}_{column}_{target}"
        kind = (POSTGRESQL_TYPES if is_postgresql else SQLITE_TYPES).get(kind, kind)
        words = [name if word == "{fk}" else word for word in rest]
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} {' '.join(words)}")
    op.execute(PAID[is_postgresql])
    op.create_index("ix_clients_client_group_id", "clients", ["client_group_id"])


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
