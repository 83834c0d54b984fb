"""The schema of the first version"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "administrators",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrators")),
        sa.UniqueConstraint("email", name=op.f("uq_administrators_email")),
    )
    op.create_table(
        "companies",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("tax_id", sa.String(length=32), nullable=False),
        sa.Column("registration_code", sa.String(length=32), nullable=False),
        sa.Column("vat_number", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("bank", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
    )
    op.create_table(
        "data_centers",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("sort", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_centers")),
    )
    op.create_table(
        "departments",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("sort", sa.BigInteger(), nullable=False),
        sa.Column("show_in_support_center", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
    )
    op.create_table(
        "events",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_client_id"), "events", ["client_id"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("principal", sa.String(length=64), nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("answer", DOCUMENT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint(
            "principal", "route", "key", name=op.f("uq_idempotency_keys_principal_route_key")
        ),
    )
    op.create_table(
        "login_attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
    )
    op.create_index(
        "ix_login_attempts_subject_created_at",
        "login_attempts",
        ["subject", "created_at"],
        unique=False,
    )

    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("arguments", DOCUMENT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("died_at", INSTANT, nullable=True),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due_at_id",
        "outbox",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("died_at IS NULL"),
        postgresql_where=sa.text("died_at IS NULL"),
    )

    op.create_table(
        "payment_methods",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("driver", sa.String(length=64), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("sealed_secrets", sa.LargeBinary(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("sort", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
        sa.UniqueConstraint("uid", name=op.f("uq_payment_methods_uid")),
    )
    op.create_table(
        "tax_rates",
        sa.Column("id", ID, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("customer_kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("rate", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "customer_kind IN ('individual', 'company', 'any')",
            name=op.f("ck_tax_rates_customer_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rates")),
        sa.UniqueConstraint(
            "country",
            "customer_kind",
            "valid_from",
            name=op.f("uq_tax_rates_country_customer_kind_valid_from"),
        ),
    )
    op.create_table(
        "event_deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_deliveries_event_id_events")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_deliveries")),
        sa.UniqueConstraint("event_id", "plugin", name=op.f("uq_event_deliveries_event_id_plugin")),
    )
    op.create_table(
        "gateway_notifications",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_method_id", ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("query", DOCUMENT, nullable=False),
        sa.Column("raw_body", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_method_id"],
            ["payment_methods.id"],
            name=op.f("fk_gateway_notifications_payment_method_id_payment_methods"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_notifications")),
        sa.UniqueConstraint(
            "payment_method_id",
            "fingerprint",
            name=op.f("uq_gateway_notifications_payment_method_id_fingerprint"),
        ),
    )
    op.create_table(
        "processing_modules",
        sa.Column("id", ID, nullable=False),
        sa.Column("driver", sa.String(length=64), nullable=False),
        sa.Column("product_types", DOCUMENT, nullable=False),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("sealed_secrets", sa.LargeBinary(), nullable=False),
        sa.Column("account_key", sa.String(length=64), nullable=True),
        sa.Column("data_center_id", ID, nullable=True),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("sort", sa.BigInteger(), nullable=False),
        sa.Column("minimal_balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("minimal_balance_currency", sa.String(length=3), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["data_center_id"],
            ["data_centers.id"],
            name=op.f("fk_processing_modules_data_center_id_data_centers"),
        ),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_processing_modules_department_id_departments"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processing_modules")),
        sa.UniqueConstraint("account_key", name=op.f("uq_processing_modules_account_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_processing_modules_uid")),
    )
    op.create_table(
        "providers",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("default_country", sa.String(length=2), nullable=False),
        sa.Column("default_language", sa.String(length=8), nullable=False),
        sa.Column("notification_email", sa.String(length=255), nullable=False),
        sa.Column("support_email", sa.String(length=255), nullable=False),
        sa.Column("site_url", sa.String(length=255), nullable=False),
        sa.Column("billing_url", sa.String(length=255), nullable=False),
        sa.Column("help_url", sa.String(length=255), nullable=False),
        sa.Column("company_id", ID, nullable=True),
        sa.Column("tax", DOCUMENT, nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_providers_company_id_companies")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
    )
    op.create_table(
        "clients",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("pays_from_balance", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_clients_provider_id_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("email", name=op.f("uq_clients_email")),
    )
    op.create_index(op.f("ix_clients_provider_id"), "clients", ["provider_id"], unique=False)

    op.create_table(
        "invoice_series",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_invoice_series_provider_id_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_series")),
        sa.UniqueConstraint(
            "provider_id", "series", name=op.f("uq_invoice_series_provider_id_series")
        ),
    )
    op.create_table(
        "payment_method_providers",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_method_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_method_id"],
            ["payment_methods.id"],
            name=op.f("fk_payment_method_providers_payment_method_id_payment_methods"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["providers.id"],
            name=op.f("fk_payment_method_providers_provider_id_providers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_method_providers")),
        sa.UniqueConstraint(
            "payment_method_id",
            "provider_id",
            name=op.f("uq_payment_method_providers_payment_method_id_provider_id"),
        ),
    )
    op.create_table(
        "tariff_plans",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("product_type", sa.String(length=64), nullable=False),
        sa.Column("processing_module_id", ID, nullable=True),
        sa.Column("external_id", sa.String(length=64), nullable=True),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("description", DOCUMENT, nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("sort", sa.BigInteger(), nullable=False),
        sa.Column("labels", DOCUMENT, nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("upstream_costs", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["processing_module_id"],
            ["processing_modules.id"],
            name=op.f("fk_tariff_plans_processing_module_id_processing_modules"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_tariff_plans_provider_id_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_plans")),
        sa.UniqueConstraint(
            "provider_id",
            "processing_module_id",
            "product_type",
            "external_id",
            name=op.f("uq_tariff_plans_provider_id_processing_module_id_product_type_external_id"),
        ),
    )
    op.create_index(
        "ix_tariff_plans_provider_id_product_type",
        "tariff_plans",
        ["provider_id", "product_type"],
        unique=False,
    )

    op.create_table(
        "adjustments",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("administrator_id", ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["administrator_id"],
            ["administrators.id"],
            name=op.f("fk_adjustments_administrator_id_administrators"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_adjustments_client_id_clients")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_adjustments_provider_id_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
    )
    op.create_index(op.f("ix_adjustments_client_id"), "adjustments", ["client_id"], unique=False)

    op.create_table(
        "ledger_accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("payment_method_id", ID, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("guarded", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('client_balance', 'held', 'revenue', 'tax_payable', 'gateway_clearing', 'suspense', 'rounding', 'adjustment', 'disputed')",
            name=op.f("ck_ledger_accounts_kind"),
        ),
        sa.CheckConstraint(
            "NOT guarded OR balance_minor + credit_limit_minor >= 0",
            name=op.f("ck_ledger_accounts_guard"),
        ),
        sa.CheckConstraint("credit_limit_minor >= 0", name=op.f("ck_ledger_accounts_credit_limit")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_ledger_accounts_client_id_clients")
        ),
        sa.ForeignKeyConstraint(
            ["payment_method_id"],
            ["payment_methods.id"],
            name=op.f("fk_ledger_accounts_payment_method_id_payment_methods"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_ledger_accounts_provider_id_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
    )
    op.create_index(
        op.f("ix_ledger_accounts_client_id"), "ledger_accounts", ["client_id"], unique=False
    )
    op.create_index(
        "uq_ledger_accounts_client",
        "ledger_accounts",
        ["kind", "provider_id", "currency", "client_id"],
        unique=True,
        sqlite_where=sa.text("client_id IS NOT NULL"),
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )
    op.create_index(
        "uq_ledger_accounts_method",
        "ledger_accounts",
        ["kind", "provider_id", "currency", "payment_method_id"],
        unique=True,
        sqlite_where=sa.text("payment_method_id IS NOT NULL"),
        postgresql_where=sa.text("payment_method_id IS NOT NULL"),
    )
    op.create_index(
        "uq_ledger_accounts_provider",
        "ledger_accounts",
        ["kind", "provider_id", "currency"],
        unique=True,
        sqlite_where=sa.text("client_id IS NULL AND payment_method_id IS NULL"),
        postgresql_where=sa.text("client_id IS NULL AND payment_method_id IS NULL"),
    )

    op.create_table(
        "orders",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("tariff_plan_id", ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("item", DOCUMENT, nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('new', 'paid', 'cancelled')", name=op.f("ck_orders_status")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_orders_client_id_clients")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_orders_provider_id_providers")
        ),
        sa.ForeignKeyConstraint(
            ["tariff_plan_id"],
            ["tariff_plans.id"],
            name=op.f("fk_orders_tariff_plan_id_tariff_plans"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_client_id"), "orders", ["client_id"], unique=False)

    op.create_table(
        "payers",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("tax_id", sa.String(length=32), nullable=False),
        sa.Column("registration_code", sa.String(length=32), nullable=False),
        sa.Column("vat_number", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("bank", DOCUMENT, nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('individual', 'company')", name=op.f("ck_payers_kind")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_payers_client_id_clients")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payers")),
    )
    op.create_index(op.f("ix_payers_client_id"), "payers", ["client_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("administrator_id", ID, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(client_id IS NULL) <> (administrator_id IS NULL)", name=op.f("ck_sessions_one_person")
        ),
        sa.ForeignKeyConstraint(
            ["administrator_id"],
            ["administrators.id"],
            name=op.f("fk_sessions_administrator_id_administrators"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_sessions_client_id_clients")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(
        op.f("ix_sessions_administrator_id"), "sessions", ["administrator_id"], unique=False
    )
    op.create_index(op.f("ix_sessions_client_id"), "sessions", ["client_id"], unique=False)

    op.create_table(
        "stored_methods",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("payment_method_id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("expires_on", sa.String(length=16), nullable=False),
        sa.Column("is_forgotten", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_stored_methods_client_id_clients")
        ),
        sa.ForeignKeyConstraint(
            ["payment_method_id"],
            ["payment_methods.id"],
            name=op.f("fk_stored_methods_payment_method_id_payment_methods"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_methods")),
        sa.UniqueConstraint("uid", name=op.f("uq_stored_methods_uid")),
    )
    op.create_index(
        "ix_stored_methods_client_id_id", "stored_methods", ["client_id", "id"], unique=False
    )
    op.create_index(
        "ix_stored_methods_unforgotten",
        "stored_methods",
        ["id"],
        unique=False,
        sqlite_where=sa.text("is_forgotten AND sealed_token IS NOT NULL"),
        postgresql_where=sa.text("is_forgotten AND sealed_token IS NOT NULL"),
    )

    op.create_table(
        "tariff_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("tariff_plan_id", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("terms", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["tariff_plan_id"],
            ["tariff_plans.id"],
            name=op.f("fk_tariff_versions_tariff_plan_id_tariff_plans"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_versions")),
        sa.UniqueConstraint(
            "tariff_plan_id", "version", name=op.f("uq_tariff_versions_tariff_plan_id_version")
        ),
    )
    op.create_table(
        "invoices",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=True),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("series_number", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("payer_id", ID, nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("payer", DOCUMENT, nullable=False),
        sa.Column("company", DOCUMENT, nullable=False),
        sa.Column("tax_note", sa.String(length=255), nullable=False),
        sa.Column("corrects_invoice_id", ID, nullable=True),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(status = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_invoices_paid_at")
        ),
        sa.CheckConstraint(
            "status IN ('new', 'paid', 'cancelled')", name=op.f("ck_invoices_status")
        ),
        sa.CheckConstraint("total_minor = net_minor + tax_minor", name=op.f("ck_invoices_adds_up")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_invoices_client_id_clients")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_invoice_id"],
            ["invoices.id"],
            name=op.f("fk_invoices_corrects_invoice_id_invoices"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_invoices_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["payers.id"], name=op.f("fk_invoices_payer_id_payers")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_invoices_provider_id_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint(
            "provider_id",
            "series",
            "series_number",
            name=op.f("uq_invoices_provider_id_series_series_number"),
        ),
    )
    op.create_index("ix_invoices_client_id_id", "invoices", ["client_id", "id"], unique=False)
    op.create_index(op.f("ix_invoices_order_id"), "invoices", ["order_id"], unique=False)
    op.create_index(op.f("ix_invoices_payer_id"), "invoices", ["payer_id"], unique=False)

    op.create_table(
        "services",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("product_type", sa.String(length=64), nullable=False),
        sa.Column("tariff_plan_id", ID, nullable=False),
        sa.Column("tariff_version_id", ID, nullable=False),
        sa.Column("processing_module_id", ID, nullable=True),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("period_months", sa.BigInteger(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("auto_renewal", sa.Boolean(), nullable=False),
        sa.Column("parameters", DOCUMENT, nullable=False),
        sa.Column("addons", DOCUMENT, nullable=False),
        sa.Column("upstream_id", sa.String(length=255), nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "status IN ('ordered', 'opening', 'active', 'suspended', 'failed', 'deleted')",
            name=op.f("ck_services_status"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_services_client_id_clients")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_services_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["processing_module_id"],
            ["processing_modules.id"],
            name=op.f("fk_services_processing_module_id_processing_modules"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_services_provider_id_providers")
        ),
        sa.ForeignKeyConstraint(
            ["tariff_plan_id"],
            ["tariff_plans.id"],
            name=op.f("fk_services_tariff_plan_id_tariff_plans"),
        ),
        sa.ForeignKeyConstraint(
            ["tariff_version_id"],
            ["tariff_versions.id"],
            name=op.f("fk_services_tariff_version_id_tariff_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("reference", name=op.f("uq_services_reference")),
    )
    op.create_index(op.f("ix_services_client_id"), "services", ["client_id"], unique=False)
    op.create_index(op.f("ix_services_order_id"), "services", ["order_id"], unique=False)
    op.create_index(
        op.f("ix_services_processing_module_id"), "services", ["processing_module_id"], unique=False
    )
    op.create_index(
        "ix_services_status_expires_on_id", "services", ["status", "expires_on", "id"], unique=False
    )
    op.create_index(
        op.f("ix_services_tariff_plan_id"), "services", ["tariff_plan_id"], unique=False
    )

    op.create_table(
        "billed_periods",
        sa.Column("id", ID, nullable=False),
        sa.Column("service_id", ID, nullable=False),
        sa.Column("line_no", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("resource_type", sa.String(length=64), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("invoice_id", ID, nullable=True),
        sa.Column("reversed", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("end_on > start_on", name=op.f("ck_billed_periods_not_empty")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_billed_periods_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_billed_periods_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billed_periods")),
    )
    op.create_index(
        op.f("ix_billed_periods_invoice_id"), "billed_periods", ["invoice_id"], unique=False
    )
    op.create_index(
        "uq_billed_periods_service_id_line_no_start_on",
        "billed_periods",
        ["service_id", "line_no", "start_on"],
        unique=True,
        sqlite_where=sa.text("NOT reversed"),
        postgresql_where=sa.text("NOT reversed"),
    )

    op.create_table(
        "documents",
        sa.Column("id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "status IN ('new', 'paid', 'cancelled')", name=op.f("ck_documents_status")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_documents_invoice_id_invoices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint(
            "invoice_id",
            "media_type",
            "status",
            name=op.f("uq_documents_invoice_id_media_type_status"),
        ),
    )
    op.create_table(
        "invoice_lines",
        sa.Column("id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("service_id", ID, nullable=True),
        sa.Column("tariff_plan_id", ID, nullable=True),
        sa.Column("period_months", sa.BigInteger(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.String(length=16), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("explanation", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "total_minor = net_minor + tax_minor", name=op.f("ck_invoice_lines_adds_up")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_lines_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_invoice_lines_service_id_services")
        ),
        sa.ForeignKeyConstraint(
            ["tariff_plan_id"],
            ["tariff_plans.id"],
            name=op.f("fk_invoice_lines_tariff_plan_id_tariff_plans"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_lines")),
        sa.UniqueConstraint(
            "invoice_id", "position", name=op.f("uq_invoice_lines_invoice_id_position")
        ),
    )
    op.create_index(
        op.f("ix_invoice_lines_service_id"), "invoice_lines", ["service_id"], unique=False
    )

    op.create_table(
        "ledger_entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("source_type", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("invoice_id", ID, nullable=True),
        sa.Column("service_id", ID, nullable=True),
        sa.Column("reverses_entry_id", ID, nullable=True),
        sa.Column("sealed", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("sealed IN (0, 1)", name=op.f("ck_ledger_entries_sealed")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_ledger_entries_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_entry_id"],
            ["ledger_entries.id"],
            name=op.f("fk_ledger_entries_reverses_entry_id_ledger_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_ledger_entries_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("id", "sealed", name=op.f("uq_ledger_entries_id_sealed")),
        sa.UniqueConstraint("reverses_entry_id", name=op.f("uq_ledger_entries_reverses_entry_id")),
        sa.UniqueConstraint(
            "source_type",
            "source_id",
            "kind",
            name=op.f("uq_ledger_entries_source_type_source_id_kind"),
        ),
    )
    op.create_index(
        op.f("ix_ledger_entries_invoice_id"), "ledger_entries", ["invoice_id"], unique=False
    )
    op.create_index(
        op.f("ix_ledger_entries_service_id"), "ledger_entries", ["service_id"], unique=False
    )

    op.create_table(
        "operations",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("service_id", ID, nullable=False),
        sa.Column("processing_module_id", ID, nullable=True),
        sa.Column("invoice_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("request", DOCUMENT, nullable=False),
        sa.Column("request_version", sa.BigInteger(), nullable=False),
        sa.Column("last_answer", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("look_ups", sa.BigInteger(), nullable=False),
        sa.Column("upstream_id", sa.String(length=255), nullable=False),
        sa.Column("outcome", DOCUMENT, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("quiet_until", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'waiting', 'unknown', 'failed', 'done', 'refused')",
            name=op.f("ck_operations_state"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_operations_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["processing_module_id"],
            ["processing_modules.id"],
            name=op.f("fk_operations_processing_module_id_processing_modules"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_operations_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
        sa.UniqueConstraint("uid", name=op.f("uq_operations_uid")),
    )
    op.create_index(
        "ix_operations_open_due_at",
        "operations",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'running', 'waiting', 'unknown', 'failed')"),
        postgresql_where=sa.text("state IN ('queued', 'running', 'waiting', 'unknown', 'failed')"),
    )
    op.create_index(op.f("ix_operations_service_id"), "operations", ["service_id"], unique=False)
    op.create_index(
        "uq_operations_open_service_id",
        "operations",
        ["service_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'running', 'waiting', 'unknown', 'failed')"),
        postgresql_where=sa.text("state IN ('queued', 'running', 'waiting', 'unknown', 'failed')"),
    )

    op.create_table(
        "payments",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=True),
        sa.Column("payment_method_id", ID, nullable=True),
        sa.Column("payer_id", ID, nullable=True),
        sa.Column("stored_method_id", ID, nullable=True),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_currency", sa.String(length=3), nullable=True),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("told_refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("disputed_minor", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("redirect_url", sa.String(length=2000), nullable=True),
        sa.Column("settles_invoice", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("check_at", INSTANT, nullable=True),
        sa.Column("instructions", sa.String(), nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('new', 'pending', 'unknown', 'done', 'failed', 'cancelled')",
            name=op.f("ck_payments_state"),
        ),
        sa.CheckConstraint(
            "(captured_minor > 0) = (captured_currency IS NOT NULL)",
            name=op.f("ck_payments_captured_currency"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount")),
        sa.CheckConstraint("captured_minor >= 0", name=op.f("ck_payments_captured")),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= captured_minor",
            name=op.f("ck_payments_refunded"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_payments_client_id_clients")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_payments_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["payers.id"], name=op.f("fk_payments_payer_id_payers")
        ),
        sa.ForeignKeyConstraint(
            ["payment_method_id"],
            ["payment_methods.id"],
            name=op.f("fk_payments_payment_method_id_payment_methods"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_payments_provider_id_providers")
        ),
        sa.ForeignKeyConstraint(
            ["stored_method_id"],
            ["stored_methods.id"],
            name=op.f("fk_payments_stored_method_id_stored_methods"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("reference", name=op.f("uq_payments_reference")),
    )
    op.create_index(
        "ix_payments_check_at",
        "payments",
        ["check_at"],
        unique=False,
        sqlite_where=sa.text("check_at IS NOT NULL"),
        postgresql_where=sa.text("check_at IS NOT NULL"),
    )
    op.create_index("ix_payments_client_id_id", "payments", ["client_id", "id"], unique=False)
    op.create_index(op.f("ix_payments_invoice_id"), "payments", ["invoice_id"], unique=False)
    op.create_index(
        "uq_payments_open_invoice_id",
        "payments",
        ["invoice_id"],
        unique=True,
        sqlite_where=sa.text("invoice_id IS NOT NULL AND state IN ('new', 'pending', 'unknown')"),
        postgresql_where=sa.text(
            "invoice_id IS NOT NULL AND state IN ('new', 'pending', 'unknown')"
        ),
    )
    op.create_index(
        "uq_payments_payment_method_id_external_id",
        "payments",
        ["payment_method_id", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )

    op.create_table(
        "disputes",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_disputes_amount")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_disputes_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    op.create_index(op.f("ix_disputes_payment_id"), "disputes", ["payment_id"], unique=False)
    op.create_index(
        "uq_disputes_open_payment_id",
        "disputes",
        ["payment_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "operation_attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("operation_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.String(length=16), nullable=False),
        sa.Column("processing_module_id", ID, nullable=True),
        sa.Column("deadline_at", INSTANT, nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operations.id"],
            name=op.f("fk_operation_attempts_operation_id_operations"),
        ),
        sa.ForeignKeyConstraint(
            ["processing_module_id"],
            ["processing_modules.id"],
            name=op.f("fk_operation_attempts_processing_module_id_processing_modules"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation_attempts")),
        sa.UniqueConstraint(
            "operation_id", "number", name=op.f("uq_operation_attempts_operation_id_number")
        ),
    )
    op.create_table(
        "postings",
        sa.Column("id", ID, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.SmallInteger(), nullable=False),
        sa.Column("ledger_account_id", ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance_after_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "amount_minor <> 0 AND abs(amount_minor) < 9007199254740992",
            name=op.f("ck_postings_amount"),
        ),
        sa.CheckConstraint("seal = 1", name=op.f("ck_postings_seal")),
        sa.ForeignKeyConstraint(
            ["entry_id", "seal"],
            ["ledger_entries.id", "ledger_entries.sealed"],
            name="fk_postings_entry_id_seal_ledger_entries",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["ledger_account_id"],
            ["ledger_accounts.id"],
            name=op.f("fk_postings_ledger_account_id_ledger_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
    )
    op.create_index("ix_postings_entry_id", "postings", ["entry_id"], unique=False)
    op.create_index(
        "ix_postings_ledger_account_id_id", "postings", ["ledger_account_id", "id"], unique=False
    )

    op.create_table(
        "refunds",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("credit_note_id", ID, nullable=True),
        sa.Column("destination", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "destination IN ('gateway', 'balance')", name=op.f("ck_refunds_destination")
        ),
        sa.CheckConstraint(
            "state IN ('new', 'pending', 'unknown', 'done', 'failed', 'cancelled')",
            name=op.f("ck_refunds_state"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount")),
        sa.CheckConstraint(
            "credited_minor >= 0 AND credited_minor <= amount_minor",
            name=op.f("ck_refunds_credited"),
        ),
        sa.ForeignKeyConstraint(
            ["credit_note_id"], ["invoices.id"], name=op.f("fk_refunds_credit_note_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("reference", name=op.f("uq_refunds_reference")),
    )
    op.create_index(
        "ix_refunds_open_due_at",
        "refunds",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('new', 'pending', 'unknown')"),
        postgresql_where=sa.text("state IN ('new', 'pending', 'unknown')"),
    )
    op.create_index(op.f("ix_refunds_payment_id"), "refunds", ["payment_id"], unique=False)

    op.create_table(
        "tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("service_id", ID, nullable=True),
        sa.Column("operation_id", ID, nullable=True),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("completed_by_id", ID, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('open', 'done', 'cancelled')", name=op.f("ck_tasks_status")),
        sa.ForeignKeyConstraint(
            ["completed_by_id"],
            ["administrators.id"],
            name=op.f("fk_tasks_completed_by_id_administrators"),
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_tasks_department_id_departments")
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["operations.id"], name=op.f("fk_tasks_operation_id_operations")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_tasks_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_tasks_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_department_id"), "tasks", ["department_id"], unique=False)
    op.create_index(
        "uq_tasks_open_subject",
        "tasks",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )

    op.create_table(
        "unmatched_receipts",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("payment_method_id", ID, nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("assigned_client_id", ID, nullable=True),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_unmatched_receipts_amount")),
        sa.CheckConstraint(
            "assigned_client_id IS NULL OR payment_id IS NULL",
            name=op.f("ck_unmatched_receipts_one_purpose"),
        ),
        sa.ForeignKeyConstraint(
            ["assigned_client_id"],
            ["clients.id"],
            name=op.f("fk_unmatched_receipts_assigned_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_unmatched_receipts_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["payment_method_id"],
            ["payment_methods.id"],
            name=op.f("fk_unmatched_receipts_payment_method_id_payment_methods"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["providers.id"],
            name=op.f("fk_unmatched_receipts_provider_id_providers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmatched_receipts")),
        sa.UniqueConstraint(
            "payment_method_id",
            "external_id",
            name=op.f("uq_unmatched_receipts_payment_method_id_external_id"),
        ),
    )
    op.create_table(
        "refund_lines",
        sa.Column("id", ID, nullable=False),
        sa.Column("refund_id", ID, nullable=False),
        sa.Column("invoice_line_id", ID, nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_line_id"],
            ["invoice_lines.id"],
            name=op.f("fk_refund_lines_invoice_line_id_invoice_lines"),
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_refund_lines_refund_id_refunds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_lines")),
        sa.UniqueConstraint(
            "refund_id", "invoice_line_id", name=op.f("uq_refund_lines_refund_id_invoice_line_id")
        ),
    )
    op.create_index(
        op.f("ix_refund_lines_invoice_line_id"), "refund_lines", ["invoice_line_id"], unique=False
    )


def downgrade() -> None:
    raise NotImplementedError("money is never migrated backwards; restore a backup")
