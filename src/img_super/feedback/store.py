"""The database of judgements and labels: SQLite in a file, or PostgreSQL by its URL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, or_, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from img_super.domain import Label
from img_super.errors import BadStore
from img_super.feedback.tables import JUDGEMENTS, LABELS

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MIGRATION_KEY: Final = 0x696D675F
"""PostgreSQL's advisory locks are shared by the whole server: a number that others are unlikely to use."""

_MIGRATING: Final = Lock()
"""Alembic keeps module-level state, so two threads must not migrate at once either."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was answered to a request; `at_s` is Unix time, `quality` codes separated by spaces.

    `request_id` may be the caller's own; `name` is generated here. `owner` is empty if no keys are required, and None
    for judgements from before owners were recorded.
    """

    request_id: str
    at_s: float
    model_name: str
    model_version: str
    model_sha256: str
    score: float
    threshold: float
    verdict: str
    quality: str
    owner: str | None = ""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A judgement and its label, None without one."""

    judgement: Judgement
    label: Label | None


class Store:
    """Safe to share between threads and processes."""

    def __init__(self, place: str) -> None:
        """Open or create the database and migrate its tables.

        `place`: the path of a file for SQLite, or a URL such as `postgresql://user:password@host/name`. Raises
        `BadStore`: it cannot be opened.
        """
        try:
            self._engine = engine_of(place)
            with _MIGRATING, self._engine.begin() as connection:
                _alone(connection)
                config = Config()
                config.set_main_option("script_location", str(_MIGRATIONS))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except (SQLAlchemyError, OSError) as error:
            raise BadStore(f"The feedback database cannot be opened ({type(error).__name__}).") from error

    def add(self, judgements: Sequence[Judgement]) -> None:
        """Store judgements. Raises `BadStore`."""
        with _raising_bad_store(), self._engine.begin() as connection:
            connection.execute(insert(JUDGEMENTS), [asdict(judgement) for judgement in judgements])

    def label(self, owner: str, name: str, label: Label, at_s: float) -> Judgement | None:
        """Label a request's document; None if this owner has no request of this name. Raises `BadStore`.

        An earlier label is replaced, so that repeated ones cannot fill the disk.
        """
        columns = JUDGEMENTS.c
        is_named = or_(columns.name == name, columns.request_id == name)
        is_owned = func.coalesce(columns.owner, "") == owner
        latest = select(JUDGEMENTS).where(is_owned, is_named).order_by(columns.id.desc())
        with _raising_bad_store(), self._engine.begin() as connection:
            row = connection.execute(latest.limit(1)).mappings().first()
            if row is None:
                return None
            row_of_label = {"judgement_id": row["id"], "at_s": at_s, "label": label.name.lower()}
            connection.execute(delete(LABELS).where(LABELS.c.judgement_id == row["id"]))
            connection.execute(insert(LABELS), row_of_label)
            return _judgement(row)

    def between(self, from_s: float, to_s: float) -> list[Labelled]:
        """Judgements from one Unix time until before another, in order. Raises `BadStore`."""
        last = select(LABELS.c.judgement_id, func.max(LABELS.c.id).label("id")).group_by(LABELS.c.judgement_id)
        newest = last.subquery()
        query = (
            select(JUDGEMENTS, LABELS.c.label)
            .outerjoin(newest, newest.c.judgement_id == JUDGEMENTS.c.id)
            .outerjoin(LABELS, LABELS.c.id == newest.c.id)
            .where(JUDGEMENTS.c.at_s >= from_s, JUDGEMENTS.c.at_s < to_s)
            .order_by(JUDGEMENTS.c.id)
        )
        with _raising_bad_store(), self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [Labelled(_judgement(row), Label[row["label"].upper()] if row["label"] else None) for row in rows]

    def forget_before(self, at_s: float) -> int:
        """Delete older judgements with their labels; returns how many. Raises `BadStore`."""
        outdated = select(JUDGEMENTS.c.id).where(JUDGEMENTS.c.at_s < at_s)
        with _raising_bad_store(), self._engine.begin() as connection:
            connection.execute(delete(LABELS).where(LABELS.c.judgement_id.in_(outdated)))
            return connection.execute(delete(JUDGEMENTS).where(JUDGEMENTS.c.at_s < at_s)).rowcount

    def close(self) -> None:
        self._engine.dispose()


@contextmanager
def _raising_bad_store() -> Iterator[None]:
    """Turn database errors into `BadStore`, without the statement and its values."""
    try:
        yield
    except SQLAlchemyError as error:
        raise BadStore(f"The feedback database does not respond ({type(error).__name__}).") from error


def engine_of(place: str) -> Engine:
    """The engine for the database that `Store` opens. Raises `BadStore`."""
    if "://" not in place:
        place = f"sqlite:///{place}"
    try:
        url = make_url(place)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+pg8000")
        engine = create_engine(url, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise BadStore("The feedback database must be an SQLite file or a URL of SQLite or PostgreSQL.") from error
    if url.get_backend_name() == "sqlite":
        _make_private(Path(url.database or ""))
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _make_private(path: Path) -> None:
    """Restrict the file to its owner, even an existing one; SQLite creates related files with the same mode."""
    with suppress(OSError):  # the database reports it
        path.touch(mode=0o600)
    for file in (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal"))):
        with suppress(OSError):  # it does not exist, or belongs to another user
            file.chmod(0o600)


def _alone(connection: Connection) -> None:
    """Lock migrations until the transaction ends: workers start simultaneously on a new database."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_KEY)))


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Allow readers alongside one writer, also across processes."""
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _judgement(row: Any) -> Judgement:
    return Judgement(**{name: row[name] for name in Judgement.__dataclass_fields__})
