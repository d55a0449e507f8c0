"""Run by Alembic with the connection that `Store` passes."""

from alembic import context

from img_super.feedback.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
