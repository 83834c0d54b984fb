"""Runs migrations on the connection that ``migrating.py`` hands over."""

from typing import Any

from alembic import context

from billing_kernel.models import Base


def is_ours(_object: Any, name: str | None, kind: str, *_others: Any) -> bool:
    """Whether a thing is to be compared with the models; guards have tables of their own."""
    return (kind, name) != ("table", "unsealed_entries")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    include_object=is_ours,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
