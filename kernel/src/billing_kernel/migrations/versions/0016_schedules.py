"""Leaders, schedules and the test clock."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create(
        "leaders",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.UniqueConstraint("name", name=op.f("uq_leaders_name")),
    )
    _create(
        "schedules",
        sa.Column("job", sa.String(32), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.UniqueConstraint("job", name=op.f("uq_schedules_job")),
    )
    _create("moved_clocks", sa.Column("instant", INSTANT, nullable=False))


def _create(table: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", ID, primary_key=True),
        *parts,
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
