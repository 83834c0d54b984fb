"""Find out quickly whether a service's user name or domain is taken."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_services_username", "services", ["username"])
    op.create_index("ix_services_domain", "services", ["domain"])


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
