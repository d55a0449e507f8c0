from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from img_super.domain import Label
from img_super.feedback.store import Judgement, Store
from img_super.feedback.tables import METADATA


def judgement(request_id: str, at_s: float = 1.0) -> Judgement:
    return Judgement(request_id, at_s, "m", "1", "0" * 64, 0.5, 0.6, "bona_fide", "blurred cut_off")


def test_the_migrations_lead_to_the_tables(tmp_path: Path) -> None:
    Store(str(tmp_path / "f.db")).close()
    with create_engine(f"sqlite:///{tmp_path / 'f.db'}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_database_is_opened_again_as_it_was_left(tmp_path: Path) -> None:
    for number in range(2):
        store = Store(str(tmp_path / "f.db"))
        store.add([judgement(str(number))])
        store.close()
    assert [kept.judgement for kept in Store(str(tmp_path / "f.db")).between(0, 2)] == [judgement("0"), judgement("1")]


def test_what_is_kept_comes_back_with_its_last_label(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'f.db'}")
    store.add([judgement("a"), judgement("b", 5.0)])
    assert store.label("a", Label.ATTACK, 2.0) == judgement("a")
    assert store.label("a", Label.BONA_FIDE, 3.0) == judgement("a")
    assert store.label("c", Label.ATTACK, 2.0) is None
    assert [(kept.judgement.request_id, kept.label) for kept in store.between(0, 9)] == [
        ("a", Label.BONA_FIDE), ("b", None),
    ]  # fmt: skip
    assert [kept.judgement.request_id for kept in store.between(5, 9)] == ["b"]
    assert store.forget_before(2.0) == 1
    assert [kept.judgement.request_id for kept in store.between(0, 9)] == ["b"]


def test_several_writers_do_not_lock_each_other_out(tmp_path: Path) -> None:
    """Each with a store of its own, as workers have."""
    stores = [Store(str(tmp_path / "f.db")) for _ in range(4)]

    def write(store: Store) -> None:
        for _ in range(5):
            store.add([judgement("a", time.time())])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, stores))
    assert len(stores[0].between(0, time.time() + 1)) == 20
