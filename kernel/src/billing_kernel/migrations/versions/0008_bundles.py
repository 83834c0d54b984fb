"""Bundled services: whose addon each is, and who provides them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # By hand: the common way would copy SQLite's tables, and lose their guards.
    number = ID.compile(op.get_bind().dialect)
    key = "CONSTRAINT fk_services_parent_service_id_services REFERENCES services (id)"
    op.execute(f"ALTER TABLE services ADD COLUMN parent_service_id {number} {key}")
    for name, length in (("bundled_as", 64), ("tariff_code", 255)):
        op.execute(f"ALTER TABLE services ADD COLUMN {name} VARCHAR({length}) NOT NULL DEFAULT ''")
    op.create_index("ix_services_parent_service_id", "services", ["parent_service_id"])
    name = "fk_processing_modules_license_module_id_processing_modules"
    key = f"CONSTRAINT {name} REFERENCES processing_modules (id)"
    op.execute(f"ALTER TABLE processing_modules ADD COLUMN license_module_id {number} {key}")


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
