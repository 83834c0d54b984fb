"""Employees, their rights, business hours; services that wait for their parameters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ONE_PERSON = (
    "(client_id IS NOT NULL AND administrator_id IS NULL AND employee_id IS NULL)"
    " OR (client_id IS NULL AND administrator_id IS NOT NULL AND employee_id IS NULL)"
    " OR (client_id IS NULL AND administrator_id IS NULL AND employee_id IS NOT NULL)"
)


def upgrade() -> None:
    op.create_table(
        "business_hours",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("intervals", DOCUMENT, nullable=False),
        sa.Column("holidays", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_table(
        "employees",
        sa.Column("id", ID, primary_key=True),
        sa.Column("email", sa.String(255), nullable=False, unique=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("rights", DOCUMENT, nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_table(
        "employee_departments",
        sa.Column("id", ID, primary_key=True),
        sa.Column("employee_id", ID, sa.ForeignKey("employees.id"), nullable=False),
        sa.Column("department_id", ID, sa.ForeignKey("departments.id"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("employee_id", "department_id"),
    )
    op.create_index(
        "ix_employee_departments_department_id", "employee_departments", ["department_id"]
    )
    _refer("departments", "business_hours_id", "business_hours")
    _refer("departments", "head_id", "employees")
    _refer("tasks", "assignee_id", "employees")
    _refer("tasks", "completed_by_employee_id", "employees")
    _let_employees_in()
    op.execute("ALTER TABLE services ADD awaits_parameters BOOLEAN NOT NULL DEFAULT FALSE")


def _refer(table: str, column: str, other: str) -> None:
    """By hand: the common way would copy SQLite's table."""
    number = ID.compile(op.get_bind().dialect)
    key = f"CONSTRAINT fk_{table}_{column}_{other} REFERENCES {other} (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {number} {key}")


def _let_employees_in() -> None:
    """Copies SQLite's table: nothing points to it, nothing guards it."""
    with op.batch_alter_table("sessions") as sessions:
        if op.get_bind().dialect.name == "postgresql":
            sessions.drop_constraint(op.f("ck_sessions_one_person"), type_="check")
        sessions.add_column(sa.Column("employee_id", ID, nullable=True))
        sessions.create_foreign_key(
            op.f("fk_sessions_employee_id_employees"), "employees", ["employee_id"], ["id"]
        )
        sessions.create_check_constraint(op.f("ck_sessions_one_person"), ONE_PERSON)
    op.create_index("ix_sessions_employee_id", "sessions", ["employee_id"])


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
