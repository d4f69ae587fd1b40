"""Alembic's environment: always on a connection that the caller opened."""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
    transactional_ddl=False,
)
with context.begin_transaction():
    context.run_migrations()
