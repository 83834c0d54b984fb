"""Name servers, and the free domains that they make lead to services."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WORKING = sa.text("state = 'working'")


def upgrade() -> None:
    op.create_table(
        "name_servers",
        sa.Column("id", ID, primary_key=True),
        sa.Column("provider_id", ID, sa.ForeignKey("providers.id"), nullable=False),
        sa.Column("driver", sa.String(64), nullable=False),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("uid", sa.String(36), nullable=False, unique=True),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("sealed_secrets", sa.LargeBinary(), nullable=False),
        sa.Column("is_for_free_domains", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_index("ix_name_servers_provider_id", "name_servers", ["provider_id"])
    op.create_table(
        "service_domains",
        sa.Column("id", ID, primary_key=True),
        sa.Column("service_id", ID, sa.ForeignKey("services.id"), nullable=False, unique=True),
        sa.Column("name_server_id", ID, sa.ForeignKey("name_servers.id"), nullable=False),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("led", DOCUMENT, nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'working', 'settled', 'failed')",
            name=op.f("ck_service_domains_state"),
        ),
    )
    op.create_index("ix_service_domains_name_server_id", "service_domains", ["name_server_id"])
    op.create_index("ix_service_domains_domain", "service_domains", ["domain"])
    op.create_index(
        "ix_service_domains_working_due_at",
        "service_domains",
        ["due_at"],
        sqlite_where=WORKING,
        postgresql_where=WORKING,
    )
    # By hand: the common way would copy SQLite's table, and lose its guards.
    number = ID.compile(op.get_bind().dialect)
    key = "CONSTRAINT fk_tariff_plans_name_server_id_name_servers REFERENCES name_servers (id)"
    op.execute(f"ALTER TABLE tariff_plans ADD COLUMN name_server_id {number} {key}")


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
