from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import func, select

import img_super.feedback.store
from img_super.domain import Label
from img_super.feedback.store import Judgement, Store, engine_of
from img_super.feedback.tables import LABELS, METADATA
from tests.waiting import PATIENCE_S


def judgement(request_id: str, at_s: float = 1.0) -> Judgement:
    return Judgement(request_id, at_s, "m", "1", "0" * 64, 0.5, 0.6, "bona_fide", "blurred cut_off")


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    with closing(Store(place)) as store:
        yield store


def test_migrations_match_the_tables(store: Store, place: str) -> None:
    engine = engine_of(place)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_database_is_reopened_unchanged(place: str) -> None:
    for number in range(2):
        with closing(Store(place)) as store:
            store.add([judgement(str(number))])
    with closing(Store(place)) as store:
        assert [kept.judgement for kept in store.between(0, 2)] == [judgement("0"), judgement("1")]


def test_world_readable_file_becomes_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "feedback.db"
    Store(str(file)).close()
    file.chmod(0o644)
    with closing(Store(str(file))):
        assert {kept.stat().st_mode & 0o777 for kept in tmp_path.iterdir()} == {0o600}


def test_rows_come_back_with_their_last_label(store: Store) -> None:
    store.add([judgement("a"), judgement("b", 5.0)])
    assert store.label("", "a", Label.ATTACK, 2.0) == judgement("a")
    assert store.label("", "a", Label.BONA_FIDE, 3.0) == judgement("a")
    assert store.label("", "c", Label.ATTACK, 2.0) is None
    assert [(kept.judgement.request_id, kept.label) for kept in store.between(0, 9)] == [
        ("a", Label.BONA_FIDE), ("b", None),
    ]  # fmt: skip
    assert [kept.judgement.request_id for kept in store.between(5, 9)] == ["b"]
    assert store.forget_before(2.0) == 1
    assert [kept.judgement.request_id for kept in store.between(0, 9)] == ["b"]


def test_repeated_labels_do_not_fill_the_disk(store: Store, place: str) -> None:
    store.add([judgement("a"), judgement("b")])
    for number in range(9):
        store.label("", "ab"[number % 2], Label.ATTACK, 2.0)
    engine = engine_of(place)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(LABELS)).scalar() == 2
    engine.dispose()


def test_concurrent_writers_do_not_block_each_other(store: Store, place: str) -> None:
    """Each with its own store, like workers."""

    def write(_: int) -> None:
        with closing(Store(place)) as own:
            for _ in range(5):
                own.add([judgement("a", time.time())])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert len(store.between(0, time.time() + 1)) == 20


SECOND_WORKER = """
import sys
from sqlalchemy import Engine, event
from img_super.feedback.store import Store
event.listen(Engine, "before_cursor_execute", lambda *said: print(" ".join(said[2].split()), flush=True))
Store(sys.argv[1]).close()
"""


def test_second_worker_waits_for_the_migrations(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made, may_end = Event(), Event()

    def upgrade(config: Config, revision: str) -> None:
        command.upgrade(config, revision)
        made.set()
        may_end.wait(PATIENCE_S)

    monkeypatch.setattr(img_super.feedback.store, "command", SimpleNamespace(upgrade=upgrade))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(Store, place)
        assert made.wait(PATIENCE_S)
        with subprocess.Popen(
            [sys.executable, "-c", SECOND_WORKER, place], stdout=subprocess.PIPE, text=True
        ) as second:
            assert second.stdout is not None
            asks_for_lock = any(said.startswith(("BEGIN IMMEDIATE", "SELECT pg_advisory")) for said in second.stdout)
            may_end.set()
            first.result().close()
            said = second.stdout.read()
    assert asks_for_lock
    assert second.returncode == 0
    assert "CREATE TABLE judgements" not in said
