"""Renewal from stored methods, what upstream accounts have, deletion after a grace period."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _widen_services()
    op.execute(
        "ALTER TABLE product_type_settings ADD COLUMN deletion_grace_days BIGINT NOT NULL DEFAULT 0"
    )
    _subscriptions()
    _collections()
    _upstream_balances()


def _widen_services() -> None:
    # By hand: the common way would copy SQLite's tables, and lose their guards.
    number = ID.compile(op.get_bind().dialect)
    key = "CONSTRAINT fk_services_renewal_method_id_stored_methods REFERENCES stored_methods (id)"
    op.execute(f"ALTER TABLE services ADD COLUMN renewal_method_id {number} {key}")
    op.execute("ALTER TABLE services ADD COLUMN deletes_on DATE")
    op.execute("ALTER TABLE services ADD COLUMN deletion_asked_by VARCHAR(16) NOT NULL DEFAULT ''")
    planned = sa.text("deletes_on IS NOT NULL")
    op.create_index(
        "ix_services_deletes_on_id",
        "services",
        ["deletes_on", "id"],
        sqlite_where=planned,
        postgresql_where=planned,
    )


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("client_id", ID, sa.ForeignKey("clients.id"), nullable=False),
        sa.Column("service_id", ID, sa.ForeignKey("services.id"), nullable=False),
        sa.Column("stored_method_id", ID, sa.ForeignKey("stored_methods.id"), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("end_reason", sa.String(32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason = '')", name=op.f("ck_subscriptions_ended")
        ),
    )
    lasting = sa.text("ended_at IS NULL")
    for name, column, unique in (
        ("uq_subscriptions_open_service_id", "service_id", True),
        ("ix_subscriptions_open_stored_method_id", "stored_method_id", False),
    ):
        op.create_index(
            name,
            "subscriptions",
            [column],
            unique=unique,
            sqlite_where=lasting,
            postgresql_where=lasting,
        )
    op.create_index("ix_subscriptions_client_id_id", "subscriptions", ["client_id", "id"])


def _collections() -> None:
    op.create_table(
        "collections",
        sa.Column("id", ID, primary_key=True),
        sa.Column("service_id", ID, sa.ForeignKey("services.id"), nullable=False),
        sa.Column("payment_id", ID, sa.ForeignKey("payments.id"), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("collected_on", sa.Date(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("payment_id", name=op.f("uq_collections_payment_id")),
        sa.UniqueConstraint(
            "service_id", "collected_on", name=op.f("uq_collections_service_id_collected_on")
        ),
    )


def _upstream_balances() -> None:
    op.create_table(
        "upstream_balances",
        sa.Column("id", ID, primary_key=True),
        sa.Column(
            "processing_module_id", ID, sa.ForeignKey("processing_modules.id"), nullable=False
        ),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("problem", sa.String(500), nullable=False),
        sa.Column("is_refused", sa.Boolean(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.UniqueConstraint(
            "processing_module_id", name=op.f("uq_upstream_balances_processing_module_id")
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
