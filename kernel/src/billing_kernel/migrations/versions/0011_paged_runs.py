"""What paged nightly runs need: the next services to renew, and clients' unpaid invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RENEWING = sa.text("auto_renewal AND status IN ('active', 'suspended')")
NEW = sa.text("status = 'new'")


def upgrade() -> None:
    op.create_index(
        "ix_services_renewing",
        "services",
        ["provider_id", "expires_on", "id"],
        sqlite_where=RENEWING,
        postgresql_where=RENEWING,
    )
    op.create_index(
        "ix_invoices_new_client_id",
        "invoices",
        ["client_id"],
        sqlite_where=NEW,
        postgresql_where=NEW,
    )
    op.add_column(
        "runs",
        sa.Column("would_charge_count", sa.BigInteger(), nullable=False, server_default="0"),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
