"""The current tables; `migrations` has their history. No column holds a photo."""

from typing import Final

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, String, Table

METADATA: Final = MetaData()

JUDGEMENTS: Final = Table(
    "judgements",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("request_id", String(64), nullable=False),
    Column("at_s", Float, nullable=False),
    Column("model_name", String(64), nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("model_sha256", String(64), nullable=False),
    Column("score", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("quality", String(256), nullable=False),
    Column("owner", String(64)),
    Column("name", String(64)),
    Index("judgements_request_id", "request_id"),
    Index("judgements_name", "name"),
    Index("judgements_at_s", "at_s"),
)
"""One row per answer of `/super`; `at_s` is Unix time, `quality` codes separated by spaces."""

LABELS: Final = Table(
    "labels",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("judgement_id", Integer, ForeignKey("judgements.id", ondelete="CASCADE"), nullable=False),
    Column("at_s", Float, nullable=False),
    Column("label", String(16), nullable=False),
    Index("labels_judgement_id", "judgement_id"),
)
"""What a judged document turned out to be; the last one counts."""
