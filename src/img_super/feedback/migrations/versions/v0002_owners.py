"""Owners of judgements, and unguessable IDs for them.

Older judgements have no owner and can be labelled only if no keys are required.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both columns."""
    op.add_column("judgements", sa.Column("owner", sa.String(64)))
    op.add_column("judgements", sa.Column("name", sa.String(64)))
    op.create_index("judgements_name", "judgements", ["name"])
