"""The first schema. ``if_not_exists``: MariaDB commits each table by itself, and a start cut short goes on here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.String(600).with_variant(sa.String(600, collation="C"), "postgresql")
LONG = sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_nopad_bin"}.items()
}


def upgrade() -> None:
    op.create_table(
        "erp_sync_dataset",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("digest", sa.String(100), nullable=False),
        sa.Column("watermark", LONG),
        sa.Column("since_full", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.String(27), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "erp_sync_event",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("entry", LONG, nullable=False),
        sa.Column("mission", sa.String(40), nullable=False),
        sa.Column("date", sa.String(60), nullable=False),
        sa.Column("data", LONG, nullable=False),
        sa.Column("stored_at", sa.String(27), nullable=False),
        sa.Column("done_at", sa.String(27)),
        sa.Column("handled_at", sa.String(27)),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index("erp_sync_event_done", "erp_sync_event", ["done_at"], if_not_exists=True)
    op.create_index("erp_sync_event_handled", "erp_sync_event", ["handled_at"], if_not_exists=True)
    op.create_index("erp_sync_event_id", "erp_sync_event", ["id"], unique=True, if_not_exists=True)
    op.create_table(
        "erp_sync_lease",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("token", sa.String(36)),
        sa.Column("purpose", sa.String(200)),
        sa.Column("host", sa.String(255)),
        sa.Column("pid", sa.BigInteger()),
        sa.Column("process", sa.String(200)),
        sa.Column("taken_at", sa.String(27)),
        sa.Column("beat_at", sa.String(27)),
        sa.Column("expires_at", sa.String(27)),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "erp_sync_meta",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("value", LONG, nullable=False),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "erp_sync_override",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("plan", sa.String(200), nullable=False),
        sa.Column("guard", sa.String(200), nullable=False),
        sa.Column("given_at", sa.String(27), nullable=False),
        sa.Column("given_by", sa.String(255), nullable=False),
        sa.Column("reason", LONG, nullable=False),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index("erp_sync_override_plan", "erp_sync_override", ["plan"], if_not_exists=True)
    op.create_table(
        "erp_sync_quarantine",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("entity", sa.String(40), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("parent_key", KEY, nullable=False),
        sa.Column("step", sa.String(100), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("reason", LONG, nullable=False),
        sa.Column("request_id", sa.String(200), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("origin", LONG, nullable=False),
        sa.Column("mapping_at", LONG, nullable=False),
        sa.Column("detail", LONG, nullable=False),
        sa.Column("first_at", sa.String(27), nullable=False),
        sa.Column("last_at", sa.String(27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index("erp_sync_quarantine_key", "erp_sync_quarantine", ["entity", "key"], if_not_exists=True)
    op.create_index("erp_sync_quarantine_parent", "erp_sync_quarantine", ["parent_key"], if_not_exists=True)
    op.create_table(
        "erp_sync_record",
        sa.Column("entity", sa.String(40), primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("fingerprint", sa.BigInteger()),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("absences", sa.Integer(), nullable=False),
        sa.Column("made_run", sa.BigInteger(), nullable=False),
        sa.Column("changed_run", sa.BigInteger(), nullable=False),
        sa.Column("own_id", KEY),
        sa.Column("origin", LONG),
        sa.Column("fields", LONG, nullable=False),
        sa.Column("doubtful", LONG, nullable=False),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index("erp_sync_record_own_id", "erp_sync_record", ["entity", "own_id"], if_not_exists=True)
    op.create_table(
        "erp_sync_run",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("plan", sa.String(200), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27)),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("counts", LONG, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("memory", LONG, nullable=False),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index("erp_sync_run_generation", "erp_sync_run", ["generation"], if_not_exists=True)
    op.create_index("erp_sync_run_plan", "erp_sync_run", ["plan"], if_not_exists=True)
    op.create_table(
        "erp_sync_batch",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("run", NUMBER, sa.ForeignKey("erp_sync_run.id"), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("closed_at", sa.String(27)),
        sa.Column("steps", LONG, nullable=False),
        sa.Column("outcomes", LONG),
        sa.Column("request_ids", LONG),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index("erp_sync_batch_closed", "erp_sync_batch", ["closed_at"], if_not_exists=True)
    op.create_index("erp_sync_batch_run", "erp_sync_batch", ["run"], if_not_exists=True)
