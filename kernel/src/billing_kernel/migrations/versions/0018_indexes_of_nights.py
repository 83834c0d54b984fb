"""Indexes that nightly runs read services by, page after page in the order of their dates."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PRESENT = "status IN ('active', 'suspended')"


def upgrade() -> None:
    _create("ix_services_present_expires_on", "expires_on", PRESENT)
    _create("ix_services_lasting_expires_on", "expires_on", f"{PRESENT} AND period_months > 1")
    _create(
        "ix_services_present_charged_until",
        "charged_until",
        f"{PRESENT} AND charged_until IS NOT NULL",
    )
    op.drop_index("ix_services_renewing", "services")
    op.drop_index("ix_services_status_charged_until_id", "services")


def _create(name: str, column: str, condition: str) -> None:
    op.create_index(
        name,
        "services",
        ["provider_id", column, "id"],
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
