"""Remember which tariff plans are gone upstream, and which cost something unexpected."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # By hand: the common way would copy SQLite's tables, and lose their guards.
    op.execute("ALTER TABLE tariff_plans ADD COLUMN upstream_gone_on DATE")
    column = "examples_differ BOOLEAN NOT NULL DEFAULT FALSE"
    op.execute(f"ALTER TABLE tariff_plans ADD COLUMN {column}")


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
