"""Run by Alembic: upgrades over the connection that `hubbub.store.sql.migrate` hands in."""

from alembic import context

from hubbub.store.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
