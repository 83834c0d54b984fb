"""Messages to people, the channels that carry them, and reminders that were given."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "notification_channels",
        sa.Column("id", ID, primary_key=True),
        sa.Column("provider_id", ID, sa.ForeignKey("providers.id")),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("driver", sa.String(64), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False, unique=True),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("sealed_secrets", sa.LargeBinary(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("sort", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_index(
        "ix_notification_channels_provider_id", "notification_channels", ["provider_id"]
    )
    op.create_table(
        "messages",
        sa.Column("id", ID, primary_key=True),
        sa.Column("provider_id", ID, sa.ForeignKey("providers.id"), nullable=False),
        sa.Column("client_id", ID, sa.ForeignKey("clients.id")),
        sa.Column("department_id", ID, sa.ForeignKey("departments.id")),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("event_id", ID, sa.ForeignKey("events.id")),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("notification_channel_id", ID, sa.ForeignKey("notification_channels.id")),
        sa.Column("recipient", sa.String(255), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.Column("failure", sa.String(500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'failed', 'kept')", name=op.f("ck_messages_state")
        ),
        sa.UniqueConstraint("key", "recipient"),
    )
    op.create_index("ix_messages_client_id_id", "messages", ["client_id", "id"])
    op.create_index("ix_messages_event_id", "messages", ["event_id"])
    op.create_index(
        "ix_messages_waiting_due_at",
        "messages",
        ["due_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_table(
        "reminders",
        sa.Column("id", ID, primary_key=True),
        sa.Column("service_id", ID, sa.ForeignKey("services.id"), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("service_id", "expires_on", "stage"),
    )
    # By hand: the common way would copy SQLite's table, and lose its guards.
    document = DOCUMENT.compile(op.get_bind().dialect)
    op.execute(f"ALTER TABLE providers ADD COLUMN reminder_days {document}")


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
