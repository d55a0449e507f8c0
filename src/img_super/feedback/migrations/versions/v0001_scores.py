"""Judgements and labels."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "judgements",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("at_s", sa.Float, nullable=False),
        sa.Column("model_name", sa.String(64), nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("model_sha256", sa.String(64), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("quality", sa.String(256), nullable=False),
    )
    op.create_index("judgements_request_id", "judgements", ["request_id"])
    op.create_index("judgements_at_s", "judgements", ["at_s"])
    op.create_table(
        "labels",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("judgement_id", sa.Integer, sa.ForeignKey("judgements.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at_s", sa.Float, nullable=False),
        sa.Column("label", sa.String(16), nullable=False),
    )
    op.create_index("labels_judgement_id", "labels", ["judgement_id"])
