from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient

import img_super
from img_super.api.app import create_app
from img_super.api.keys import hash_of, new_key
from img_super.errors import BadStore
from img_super.feedback.store import Store
from img_super.feedback.writer import Writer
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeValidator

PNG = {"content-type": "image/png"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "feedback.db"


@pytest.fixture
def client(place: Path, pipeline: Pipeline) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(threads=2, feedback=str(place)), pipeline)) as client:
        yield client


def judged(client: TestClient, photo: bytes, **headers: str) -> str:
    answer = client.post("/super", content=photo, headers=PNG | headers)
    assert answer.status_code == 200
    return answer.headers["x-request-id"]


def say(client: TestClient, request_id: str, label: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/feedback", json={"request_id": request_id, "label": label})
    return answer.status_code, answer.json()


def test_label_is_stored_with_the_score(client: TestClient, photo_bytes: bytes, place: Path) -> None:
    request_id = judged(client, photo_bytes)
    assert say(client, request_id, "attack") == (
        200,
        {"request_id": request_id, "label": "attack", "score": 0.75, "threshold": 0.6, "model_version": "2"},
    )
    say(client, request_id, "bona_fide")
    (kept,) = Store(str(place)).between(0, time.time() + 1)
    assert (kept.judgement.request_id, kept.judgement.verdict) == (request_id, "attack")
    assert kept.label is not None
    assert kept.label.name == "BONA_FIDE"
    assert kept.judgement.quality == "small_portrait cut_off"


def test_client_request_id_is_accepted_and_the_last_wins(
    client: TestClient, validator: FakeValidator, photo_bytes: bytes
) -> None:
    judged(client, photo_bytes, **{"x-request-id": "case-7"})
    validator.score = 0.2
    judged(client, photo_bytes, **{"x-request-id": "case-7"})
    assert say(client, "case-7", "bona_fide")[1]["score"] == 0.2


def test_answer_ids_are_unguessable(client: TestClient, photo_bytes: bytes) -> None:
    names = set()
    for _ in range(2):
        answer = client.post("/super", content=photo_bytes, headers=PNG | {"x-request-id": "case-7"})
        names.add(answer.json()["judgement_id"])
    assert len(names) == 2
    assert "case-7" not in names
    for name in names:
        assert say(client, name, "attack")[0] == 200


def test_answers_of_another_key_can_be_neither_labelled_nor_seen(
    place: Path, pipeline: Pipeline, photo_bytes: bytes, tmp_path: Path
) -> None:
    """Request ids are chosen by callers and easily guessed."""
    bank, new_key_of_bank, thief = new_key(), new_key(), new_key()
    keys_file = tmp_path / "keys"
    lines = [f"{name} {hash_of(key)}" for name, key in (("bank", bank), ("bank", new_key_of_bank), ("thief", thief))]
    keys_file.write_text("\n".join(lines))
    with TestClient(create_app(Settings(threads=1, feedback=str(place), keys_file=keys_file), pipeline)) as client:

        def label(name: str, key: str) -> int:
            said = {"request_id": name, "label": "attack"}
            return client.post("/feedback", json=said, headers={"x-api-key": key}).status_code

        answer = client.post("/super", content=photo_bytes, headers=PNG | {"x-request-id": "1", "x-api-key": bank})
        for name in ("1", answer.json()["judgement_id"]):
            assert [label(name, key) for key in (thief, bank, new_key_of_bank)] == [404, 200, 200]


def test_rows_without_an_owner_can_be_labelled_when_keys_are_off(
    client: TestClient, photo_bytes: bytes, place: Path
) -> None:
    request_id = judged(client, photo_bytes)
    say(client, request_id, "attack")
    with sqlite3.connect(place) as database:
        database.execute("UPDATE judgements SET owner = NULL, name = NULL")
    assert say(client, request_id, "attack")[0] == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{" * 4000])
def test_invalid_feedback_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/feedback", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


def test_long_body_is_refused(client: TestClient) -> None:
    answer = client.post("/feedback", content=iter([b"x" * 4000] * 2))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_database_file_is_owner_only(client: TestClient, photo_bytes: bytes, place: Path) -> None:
    say(client, judged(client, photo_bytes), "attack")
    files = list(place.parent.glob("feedback.db*"))
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_no_byte_of_a_photo_is_stored(client: TestClient, photo_bytes: bytes, place: Path) -> None:
    judged(client, photo_bytes)
    say(client, "nothing", "attack")
    with sqlite3.connect(place) as database:
        columns = [row[1:3] for row in database.execute("PRAGMA table_info(judgements)")]
    assert {kind for _, kind in columns} <= {"INTEGER", "FLOAT", "VARCHAR(16)", "VARCHAR(64)", "VARCHAR(256)"}
    everything = b"".join(path.read_bytes() for path in place.parent.glob("feedback.db*"))
    assert photo_bytes[1000:1032] not in everything


@pytest.mark.parametrize(
    ("request_id", "label", "status", "code"),
    [
        ("unheard", "attack", 404, "unknown_request"),
        ("a b", "attack", 400, "bad_parameter"),
        ("x", "TRUE", 400, "bad_parameter"),
        ("x" * 65, "attack", 400, "bad_parameter"),
    ],
)
def test_invalid_labels_are_refused(client: TestClient, request_id: str, label: str, status: int, code: str) -> None:
    answered, told = say(client, request_id, label)
    assert (answered, told["code"]) == (status, code)


def test_feedback_is_off_by_default(pipeline: Pipeline, photo_bytes: bytes) -> None:
    with TestClient(create_app(Settings(threads=1), pipeline)) as client:
        status, told = say(client, judged(client, photo_bytes), "attack")
    assert (status, told["code"]) == (404, "switched_off")
    assert "IMG_SUPER_FEEDBACK" in str(told["detail"])


def test_no_database_is_imported_when_feedback_is_off() -> None:
    code = "import sys, img_super.main, img_super.api.app; sys.exit('sqlalchemy' in sys.modules)"
    where = {"PYTHONPATH": str(Path(img_super.__file__).parents[1])}
    found = subprocess.run([sys.executable, "-c", code], env=where, check=False, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")


def test_database_failures_do_not_affect_answers(
    client: TestClient, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise BadStore("full")

    monkeypatch.setattr(Store, "add", full)
    monkeypatch.setattr(Store, "label", full)
    request_id = judged(client, photo_bytes)
    status, told = say(client, request_id, "attack")
    assert (status, told["code"]) == (503, "overloaded")


def test_old_rows_are_deleted(place: Path) -> None:
    from img_super.feedback.store import Judgement

    store, now_s = Store(str(place)), time.time()
    old, new = (Judgement(name, at, "m", "1", "0" * 64, 0.5, 0.6, "bona_fide", "") for name, at in
                (("old", now_s - 3 * 86_400), ("new", now_s)))  # fmt: skip
    store.add([old])
    writer = Writer(store, keep_days=2)
    writer.write(new)
    writer.flush()
    assert [kept.judgement.request_id for kept in store.between(0, now_s + 1)] == ["new"]
    writer.close()


@pytest.mark.parametrize("waiting", [1, 11_000], ids=["some wait", "no more can"])
def test_slow_database_is_reported(place: Path, monkeypatch: pytest.MonkeyPatch, waiting: int) -> None:
    from img_super.feedback.store import Judgement

    store, goes_on = Store(str(place)), Event()
    monkeypatch.setattr(store, "add", lambda _: goes_on.wait())
    writer = Writer(store, keep_days=2)
    for _ in range(waiting):
        writer.write(Judgement("a", time.time(), "m", "1", "0" * 64, 0.5, 0.6, "bona_fide", ""))
    with pytest.raises(BadStore):
        writer.flush(timeout_s=0.01)
    goes_on.set()
    writer.close()


@pytest.mark.parametrize("place", ["nosuch://x", "sqlite:////nowhere/at/all.db", "postgresql://u:p@127.0.0.1:1/x"])
def test_connection_error_hides_the_password(place: str) -> None:
    with pytest.raises(BadStore) as caught:
        Store(place)
    assert "u:p" not in str(caught.value)
