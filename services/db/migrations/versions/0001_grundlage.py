"""Foundation: Mandant, people, engine tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_grundlage"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table("anmeldeversuch",
    sa.Column("login", sa.Text(), nullable=False),
    sa.Column("fehlversuche", sa.Integer(), nullable=False),
    sa.Column("zuletzt", sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint("login", name=op.f("pk_anmeldeversuch")),
    schema="etappe"
    )
    op.create_table("audit",
    sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("chain", sa.Text(), nullable=False),
    sa.Column("number", sa.BigInteger(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("actor", sa.Text(), nullable=False),
    sa.Column("on_behalf_of", sa.Text(), nullable=True),
    sa.Column("command", sa.Text(), nullable=False),
    sa.Column("subject", sa.Text(), nullable=False),
    sa.Column("reason", sa.Text(), nullable=True),
    sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column("previous", sa.LargeBinary(), nullable=True),
    sa.Column("hash", sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    sa.UniqueConstraint("mandant", "chain", "number", name=op.f("uq_audit_mandant_chain_number")),
    schema="etappe"
    )
    op.create_index("ix_audit_at", "audit", ["mandant", "at"], unique=False, schema="etappe")
    op.create_table("decision_log",
    sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("instance_key", sa.BigInteger(), nullable=False),
    sa.Column("decision_id", sa.Text(), nullable=False),
    sa.Column("decision_key", sa.BigInteger(), nullable=False),
    sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column("matched", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_log")),
    schema="etappe"
    )
    op.create_index("ix_decision_log_instance", "decision_log", ["instance_key", "id"], unique=False, schema="etappe")
    op.create_table("deployment",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("erstellt", sa.DateTime(timezone=True), nullable=False),
    sa.Column("erstellt_von", sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_deployment")),
    schema="etappe"
    )
    op.create_table("element_log",
    sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("instance_key", sa.BigInteger(), nullable=False),
    sa.Column("process_id", sa.Text(), nullable=False),
    sa.Column("element_id", sa.Text(), nullable=False),
    sa.Column("task_id", sa.Text(), nullable=False),
    sa.Column("what", sa.Text(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_element_log")),
    schema="etappe"
    )
    op.create_index("ix_element_log_heat", "element_log", ["mandant", "process_id", "element_id", "at"], unique=False, schema="etappe")
    op.create_index("ix_element_log_instance", "element_log", ["instance_key", "id"], unique=False, schema="etappe")
    op.create_index("ix_element_log_task", "element_log", ["task_id"], unique=False, schema="etappe")
    op.create_table("mandant",
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("profil", sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint("mandant", name=op.f("pk_mandant")),
    schema="etappe"
    )
    op.create_table("message",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("correlation_key", sa.Text(), nullable=True),
    sa.Column("message_id", sa.Text(), nullable=True),
    sa.Column("variables", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
    sa.Column("pending", sa.Boolean(), nullable=False),
    sa.Column("failures", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_message")),
    schema="etappe"
    )
    op.create_index("ix_message_expires", "message", ["expires"], unique=False, schema="etappe")
    op.create_index("ix_message_match", "message", ["mandant", "name", "correlation_key"], unique=False, schema="etappe")
    op.create_index("ix_message_pending", "message", ["created"], unique=False, schema="etappe", postgresql_where=sa.text("pending"))
    op.create_index("uq_message_id", "message", ["mandant", "name", "correlation_key", "message_id"], unique=True, schema="etappe", postgresql_where=sa.text("message_id is not null"))
    op.create_table("message_subscription",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("correlation_key", sa.Text(), nullable=True),
    sa.Column("definition_key", sa.BigInteger(), nullable=False),
    sa.Column("process_id", sa.Text(), nullable=False),
    sa.Column("instance_key", sa.BigInteger(), nullable=True),
    sa.Column("root_key", sa.BigInteger(), nullable=True),
    sa.Column("task_id", sa.Text(), nullable=True),
    sa.Column("element_id", sa.Text(), nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_message_subscription")),
    schema="etappe"
    )
    op.create_index("ix_message_subscription_definition", "message_subscription", ["definition_key"], unique=False, schema="etappe", postgresql_where=sa.text("instance_key is null"))
    op.create_index("ix_message_subscription_instance", "message_subscription", ["instance_key", "task_id"], unique=False, schema="etappe")
    op.create_index("ix_message_subscription_match", "message_subscription", ["mandant", "name", "correlation_key"], unique=False, schema="etappe")
    op.create_table("organisation",
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("key", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("sort_key", sa.Text(), nullable=False),
    sa.Column("art", sa.Text(), nullable=False),
    sa.Column("rechtskreis", sa.Text(), nullable=True),
    sa.Column("mail", sa.Text(), nullable=True),
    sa.Column("angebote", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column("sprachen", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column("kapazitaet", sa.Integer(), nullable=True),
    sa.Column("aktiv", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    sa.PrimaryKeyConstraint("mandant", "key", name=op.f("pk_organisation")),
    schema="etappe"
    )
    op.create_table("testuhr",
    sa.Column("einzige", sa.Boolean(), nullable=False),
    sa.Column("zeit", sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint("einzige", name=op.f("pk_testuhr")),
    schema="etappe"
    )
    op.create_table("timer",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("instance_key", sa.BigInteger(), nullable=True),
    sa.Column("root_key", sa.BigInteger(), nullable=True),
    sa.Column("definition_key", sa.BigInteger(), nullable=False),
    sa.Column("task_id", sa.Text(), nullable=False),
    sa.Column("element_id", sa.Text(), nullable=False),
    sa.Column("due", sa.DateTime(timezone=True), nullable=False),
    sa.Column("status", sa.SmallInteger(), nullable=False),
    sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
    sa.Column("failures", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_timer")),
    schema="etappe"
    )
    op.create_index("ix_timer_instance", "timer", ["instance_key", "task_id"], unique=False, schema="etappe", postgresql_where=sa.text("status = 0"))
    op.create_index("ix_timer_root", "timer", ["root_key"], unique=False, schema="etappe", postgresql_where=sa.text("status = 0"))
    op.create_index("ix_timer_waiting", "timer", ["due"], unique=False, schema="etappe", postgresql_where=sa.text("status = 0"))
    op.create_table("benutzer",
    sa.Column("login", sa.Text(), nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("sort_key", sa.Text(), nullable=False),
    sa.Column("mail", sa.Text(), nullable=True),
    sa.Column("organisation", sa.Text(), nullable=False),
    sa.Column("rollen", postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column("funktionen", postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column("passwort_hash", sa.Text(), nullable=False),
    sa.Column("aktiv", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    sa.Column("einstellungen", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.ForeignKeyConstraint(["mandant", "organisation"], ["etappe.organisation.mandant", "etappe.organisation.key"], name=op.f("fk_benutzer_mandant_organisation")),
    sa.PrimaryKeyConstraint("login", name=op.f("pk_benutzer")),
    schema="etappe"
    )
    op.create_index("ix_benutzer_mandant", "benutzer", ["mandant"], unique=False, schema="etappe")
    op.create_table("decision_definition",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("deployment_key", sa.BigInteger(), nullable=False),
    sa.Column("decision_id", sa.Text(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("version_tag", sa.Text(), nullable=True),
    sa.Column("name", sa.Text(), nullable=True),
    sa.Column("requirements_id", sa.Text(), nullable=False),
    sa.Column("requirements_name", sa.Text(), nullable=True),
    sa.Column("requirements_key", sa.BigInteger(), nullable=False),
    sa.Column("resource_name", sa.Text(), nullable=False),
    sa.Column("xml", sa.LargeBinary(), nullable=False),
    sa.Column("checksum", sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(["deployment_key"], ["etappe.deployment.key"], name=op.f("fk_decision_definition_deployment_key")),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_decision_definition")),
    sa.UniqueConstraint("mandant", "decision_id", "version", name=op.f("uq_decision_definition_mandant_decision_id_version")),
    schema="etappe"
    )
    op.create_table("form_definition",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("deployment_key", sa.BigInteger(), nullable=False),
    sa.Column("form_id", sa.Text(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("resource_name", sa.Text(), nullable=False),
    sa.Column("body", sa.LargeBinary(), nullable=False),
    sa.Column("checksum", sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(["deployment_key"], ["etappe.deployment.key"], name=op.f("fk_form_definition_deployment_key")),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_form_definition")),
    sa.UniqueConstraint("mandant", "form_id", "version", name=op.f("uq_form_definition_mandant_form_id_version")),
    schema="etappe"
    )
    op.create_table("message_delivery",
    sa.Column("message_key", sa.BigInteger(), nullable=False),
    sa.Column("process_id", sa.Text(), nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(["message_key"], ["etappe.message.key"], name=op.f("fk_message_delivery_message_key"), ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("message_key", "process_id", name=op.f("pk_message_delivery")),
    schema="etappe"
    )
    op.create_table("process_definition",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("deployment_key", sa.BigInteger(), nullable=False),
    sa.Column("process_id", sa.Text(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("version_tag", sa.Text(), nullable=True),
    sa.Column("name", sa.Text(), nullable=True),
    sa.Column("resource_name", sa.Text(), nullable=False),
    sa.Column("xml", sa.LargeBinary(), nullable=False),
    sa.Column("checksum", sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(["deployment_key"], ["etappe.deployment.key"], name=op.f("fk_process_definition_deployment_key")),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_process_definition")),
    sa.UniqueConstraint("mandant", "process_id", "version", name=op.f("uq_process_definition_mandant_process_id_version")),
    schema="etappe"
    )
    op.create_table("process_instance",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("definition_key", sa.BigInteger(), nullable=False),
    sa.Column("process_id", sa.Text(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("rev", sa.Integer(), nullable=False),
    sa.Column("state", sa.LargeBinary(), nullable=True),
    sa.Column("variables", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column("business_id", sa.Text(), nullable=True),
    sa.Column("parent_key", sa.BigInteger(), nullable=True),
    sa.Column("parent_task", sa.Text(), nullable=True),
    sa.Column("root_key", sa.BigInteger(), nullable=False),
    sa.Column("started", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
    sa.Column("end_element", sa.Text(), nullable=True),
    sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.ForeignKeyConstraint(["definition_key"], ["etappe.process_definition.key"], name=op.f("fk_process_instance_definition_key")),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_process_instance")),
    schema="etappe"
    )
    op.create_index("ix_process_instance_business", "process_instance", ["mandant", "business_id"], unique=False, schema="etappe")
    op.create_index("ix_process_instance_definition", "process_instance", ["definition_key", "status"], unique=False, schema="etappe")
    op.create_index("ix_process_instance_list", "process_instance", ["mandant", "status", "key"], unique=False, schema="etappe")
    op.create_index("ix_process_instance_parent", "process_instance", ["parent_key"], unique=False, schema="etappe")
    op.create_index("ix_process_instance_root", "process_instance", ["root_key"], unique=False, schema="etappe")
    op.create_table("sitzung",
    sa.Column("token_hash", sa.LargeBinary(), nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("login", sa.Text(), nullable=False),
    sa.Column("erstellt", sa.DateTime(timezone=True), nullable=False),
    sa.Column("laeuft_ab", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["login"], ["etappe.benutzer.login"], name=op.f("fk_sitzung_login"), ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sitzung")),
    schema="etappe"
    )
    op.create_index("ix_sitzung_login", "sitzung", ["login"], unique=False, schema="etappe")
    op.create_table("incident",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("instance_key", sa.BigInteger(), nullable=False),
    sa.Column("root_key", sa.BigInteger(), nullable=False),
    sa.Column("definition_key", sa.BigInteger(), nullable=False),
    sa.Column("process_id", sa.Text(), nullable=False),
    sa.Column("business_id", sa.Text(), nullable=True),
    sa.Column("task_id", sa.Text(), nullable=False),
    sa.Column("element_id", sa.Text(), nullable=False),
    sa.Column("element_name", sa.Text(), nullable=True),
    sa.Column("phase", sa.Text(), nullable=False),
    sa.Column("type", sa.Text(), nullable=False),
    sa.Column("message", sa.Text(), nullable=False),
    sa.Column("job_key", sa.BigInteger(), nullable=True),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(["instance_key"], ["etappe.process_instance.key"], name=op.f("fk_incident_instance_key")),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_incident")),
    schema="etappe"
    )
    op.create_index("ix_incident_instance", "incident", ["instance_key", "task_id"], unique=False, schema="etappe", postgresql_where=sa.text("status = 'ACTIVE'"))
    op.create_index("ix_incident_open", "incident", ["mandant", "key"], unique=False, schema="etappe", postgresql_where=sa.text("status = 'ACTIVE'"))
    op.create_index("ix_incident_root", "incident", ["root_key"], unique=False, schema="etappe")
    op.create_table("job",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("instance_key", sa.BigInteger(), nullable=False),
    sa.Column("root_key", sa.BigInteger(), nullable=False),
    sa.Column("definition_key", sa.BigInteger(), nullable=False),
    sa.Column("process_id", sa.Text(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("business_id", sa.Text(), nullable=True),
    sa.Column("task_id", sa.Text(), nullable=False),
    sa.Column("element_id", sa.Text(), nullable=False),
    sa.Column("type", sa.Text(), nullable=False),
    sa.Column("retries", sa.Integer(), nullable=False),
    sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("worker", sa.Text(), nullable=True),
    sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
    sa.Column("lease_token", sa.Text(), nullable=True),
    sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
    sa.Column("error_code", sa.Text(), nullable=True),
    sa.Column("error_message", sa.Text(), nullable=True),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(["instance_key"], ["etappe.process_instance.key"], name=op.f("fk_job_instance_key")),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_job")),
    sa.UniqueConstraint("instance_key", "task_id", name=op.f("uq_job_instance_key_task_id")),
    schema="etappe"
    )
    op.create_index("ix_job_activatable", "job", ["mandant", "type", "key"], unique=False, schema="etappe", postgresql_where=sa.text("status in ('CREATED', 'FAILED')"))
    op.create_index("ix_job_root", "job", ["root_key"], unique=False, schema="etappe")
    op.create_table("user_task",
    sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("instance_key", sa.BigInteger(), nullable=False),
    sa.Column("root_key", sa.BigInteger(), nullable=False),
    sa.Column("definition_key", sa.BigInteger(), nullable=False),
    sa.Column("process_id", sa.Text(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("business_id", sa.Text(), nullable=True),
    sa.Column("task_id", sa.Text(), nullable=False),
    sa.Column("element_id", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=True),
    sa.Column("form_id", sa.Text(), nullable=True),
    sa.Column("form_key", sa.Text(), nullable=True),
    sa.Column("assignee", sa.Text(), nullable=True),
    sa.Column("candidate_groups", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column("candidate_users", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column("due", sa.DateTime(timezone=True), nullable=True),
    sa.Column("follow_up", sa.DateTime(timezone=True), nullable=True),
    sa.Column("priority", sa.SmallInteger(), server_default=sa.text("50"), nullable=False),
    sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("assigned", sa.DateTime(timezone=True), nullable=True),
    sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
    sa.Column("completed_by", sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(["instance_key"], ["etappe.process_instance.key"], name=op.f("fk_user_task_instance_key")),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_user_task")),
    sa.UniqueConstraint("instance_key", "task_id", name=op.f("uq_user_task_instance_key_task_id")),
    schema="etappe"
    )
    op.create_index("ix_user_task_assignee", "user_task", ["mandant", "assignee", "due", "key"], unique=False, schema="etappe", postgresql_where=sa.text("status = 'CREATED'"))
    op.create_index("ix_user_task_business", "user_task", ["mandant", "business_id"], unique=False, schema="etappe")
    op.create_index("ix_user_task_due", "user_task", ["mandant", "due", "key"], unique=False, schema="etappe", postgresql_where=sa.text("status = 'CREATED'"))
    op.create_index("ix_user_task_groups", "user_task", ["candidate_groups"], unique=False, schema="etappe", postgresql_using="gin", postgresql_where=sa.text("status = 'CREATED'"))
    op.create_index("ix_user_task_root", "user_task", ["root_key"], unique=False, schema="etappe")
    op.create_table("entwurf",
    sa.Column("task_key", sa.BigInteger(), nullable=False),
    sa.Column("login", sa.Text(), nullable=False),
    sa.Column("mandant", sa.Text(), nullable=False),
    sa.Column("inhalt", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column("gespeichert", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["task_key"], ["etappe.user_task.key"], name=op.f("fk_entwurf_task_key"), ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("task_key", "login", name=op.f("pk_entwurf")),
    schema="etappe"
    )

    protect()
    open_doors()


APP = "etappe_app"
WITHOUT_MANDANT = ("anmeldeversuch", "testuhr")
APPEND_ONLY = ("audit", "element_log", "decision_log")
WITH_MANDANT = (
    "audit", "benutzer", "decision_definition", "decision_log", "deployment", "element_log", "entwurf", "form_definition", "incident",
    "job", "mandant", "message", "message_delivery", "message_subscription", "organisation", "process_definition",
    "process_instance", "sitzung", "timer", "user_task",
)


def protect() -> None:
    """Row-level security for every table with a Mandant; the application role owns nothing (decision D12)."""
    op.execute(f"grant usage on schema etappe to {APP}")
    for table in WITH_MANDANT:
        op.execute(f"alter table etappe.{table} enable row level security")
        op.execute(
            f"create policy mandant on etappe.{table} using (mandant = current_setting('app.mandant')) "
            f"with check (mandant = current_setting('app.mandant'))"
        )
    for table in (*WITH_MANDANT, *WITHOUT_MANDANT):
        rights = "select, insert" if table in APPEND_ONLY else "select, insert, update, delete"
        op.execute(f"grant {rights} on etappe.{table} to {APP}")
    # Keys are handed out in blocks, so that a command needs no round trip for them.
    op.execute("create sequence etappe.schluessel as bigint start 1000 increment 1000")
    op.execute(f"grant usage on sequence etappe.schluessel to {APP}")


FUNCTIONS = (
    # The log-in of a browser: reads the person and sets the Mandant of this transaction, in one statement.
    """
    create function etappe.sitzung_oeffnen(hash bytea, jetzt timestamptz)
    returns table (login text, mandant text, name text, organisation text, rollen text[], funktionen text[], einstellungen jsonb)
    language plpgsql security definer set search_path = etappe, pg_temp as $$
    declare gefunden record;
    begin
        select b.* into gefunden from sitzung s join benutzer b on b.login = s.login
        where s.token_hash = hash and s.laeuft_ab > jetzt and b.aktiv;
        perform set_config('app.mandant', coalesce(gefunden.mandant, ''), true);
        if gefunden.login is not null then
            return query select gefunden.login, gefunden.mandant, gefunden.name, gefunden.organisation, gefunden.rollen,
                                gefunden.funktionen, gefunden.einstellungen;
        end if;
    end $$
    """,
    # The log-in by name: the same, with the password's hash for the comparison.
    """
    create function etappe.benutzer_oeffnen(gesucht text)
    returns table (login text, mandant text, name text, organisation text, rollen text[], funktionen text[], einstellungen jsonb,
                   passwort_hash text)
    language plpgsql security definer set search_path = etappe, pg_temp as $$
    declare gefunden record;
    begin
        select b.* into gefunden from benutzer b where b.login = gesucht and b.aktiv;
        perform set_config('app.mandant', coalesce(gefunden.mandant, ''), true);
        if gefunden.login is not null then
            return query select gefunden.login, gefunden.mandant, gefunden.name, gefunden.organisation, gefunden.rollen,
                                gefunden.funktionen, gefunden.einstellungen, gefunden.passwort_hash;
        end if;
    end $$
    """,
    """
    create function etappe.alle_mandanten() returns table (mandant text, name text, profil text)
    language sql stable security definer set search_path = etappe, pg_temp as
    $$ select m.mandant, m.name, m.profil from mandant m order by m.mandant $$
    """,
    # Candidates only: the command locks the family's root and looks again.
    """
    create function etappe.faellige_timer(bis timestamptz, anzahl int) returns table (mandant text, key bigint, root_key bigint)
    language sql stable security definer set search_path = etappe, pg_temp as
    $$ select t.mandant, t.key, t.root_key from timer t left join process_instance r on r.key = t.root_key
       where t.status = 0 and t.due <= bis and (r.key is null or r.status = 'ACTIVE')
         and (t.not_before is null or t.not_before <= bis)
       order by t.due, t.key limit anzahl $$
    """,
    """
    create function etappe.wartende_nachrichten(jetzt timestamptz, anzahl int) returns table (mandant text, key bigint)
    language sql stable security definer set search_path = etappe, pg_temp as
    $$ select m.mandant, m.key from message m where m.pending and (m.not_before is null or m.not_before <= jetzt) order by m.created, m.key limit anzahl $$
    """,
    """
    create function etappe.abgelaufenes_loeschen(jetzt timestamptz) returns bigint
    language plpgsql security definer set search_path = etappe, pg_temp as $$
    declare anzahl bigint;
    begin
        delete from message where expires <= jetzt and not pending;
        get diagnostics anzahl = row_count;
        delete from sitzung where laeuft_ab <= jetzt;
        return anzahl;
    end $$
    """,
)


def open_doors() -> None:
    """What must cross Mandanten: the short list that a catalogue test compares with the database."""
    for statement in FUNCTIONS:
        op.execute(statement)
        name = statement.split("etappe.")[1].split("(")[0]
        op.execute(f"revoke all on function etappe.{name} from public")
        op.execute(f"grant execute on function etappe.{name} to {APP}")
