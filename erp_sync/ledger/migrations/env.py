"""Runs the migrations on the connection, and within the transaction, of erp_sync.ledger.versions."""

from alembic import context

from erp_sync.ledger.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the caller's transaction is the one
)
context.run_migrations()
