"""Passwords that wait to be set upstream."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operations", sa.Column("sealed_secrets", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
