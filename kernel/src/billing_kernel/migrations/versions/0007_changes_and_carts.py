"""Changes of running services that wait for money or the upstream, and carts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "service_changes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("service_id", ID, sa.ForeignKey("services.id"), nullable=False),
        sa.Column("invoice_id", ID, sa.ForeignKey("invoices.id"), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tariff_plan_id", ID, sa.ForeignKey("tariff_plans.id"), nullable=False),
        sa.Column("tariff_version_id", ID, sa.ForeignKey("tariff_versions.id"), nullable=False),
        sa.Column("period_months", sa.BigInteger(), nullable=False),
        sa.Column("addons", DOCUMENT, nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("restarts_on", sa.Date(), nullable=True),
        sa.Column("paid", DOCUMENT, nullable=True),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("returns_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_returned", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("seen", DOCUMENT, nullable=False),
        sa.Column("lines", DOCUMENT, nullable=False),
        sa.Column("line_ids", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'begun', 'done', 'refused', 'withdrawn')",
            name=op.f("ck_service_changes_state"),
        ),
        sa.CheckConstraint("returns_minor >= 0", name=op.f("ck_service_changes_returns")),
    )
    op.create_index("ix_service_changes_service_id", "service_changes", ["service_id"])
    op.create_index("ix_service_changes_invoice_id", "service_changes", ["invoice_id"])
    op.create_table(
        "cart_items",
        sa.Column("id", ID, primary_key=True),
        sa.Column("client_id", ID, sa.ForeignKey("clients.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("service_id", ID, sa.ForeignKey("services.id"), nullable=True),
        sa.Column("tariff_plan_id", ID, sa.ForeignKey("tariff_plans.id"), nullable=True),
        sa.Column("item", DOCUMENT, nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('order', 'renewal', 'change')", name=op.f("ck_cart_items_kind")
        ),
        sa.CheckConstraint(
            "(kind = 'order') = (service_id IS NULL)", name=op.f("ck_cart_items_service")
        ),
    )
    op.create_index("ix_cart_items_client_id", "cart_items", ["client_id"])
    op.create_index("ix_cart_items_service_id", "cart_items", ["service_id"])


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
