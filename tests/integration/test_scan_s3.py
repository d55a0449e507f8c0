"""A bucket as the source: the same rows as from a folder. The S3 server is moto's, on this machine."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.sources.errors import SourceError
from img_super.sources.found import Storage, file_system
from img_super.sources.search import count_photos, find_photos
from tests.conftest import SAMPLES


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {"endpoint_url": f"http://{host}:{port}", "key": "nobody", "secret": "nothing"}
    finally:
        server.stop()


@pytest.fixture(scope="module")
def bucket(storage: Storage) -> str:
    files, _ = file_system("s3://documents", storage)
    files.mkdir("documents")
    for path in SAMPLES.glob("*.jpg"):
        files.pipe_file(f"documents/2026/{path.name}", path.read_bytes())
    files.pipe_file("documents/2026/deep/empty.jpg", b"")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(SAMPLES / "attack.jpg", "attack.jpg")
    files.pipe_file("documents/2026/packed.zip", packed.getvalue())
    return "s3://documents/2026"


def test_bucket_gives_the_same_rows_as_a_folder(storage: Storage, bucket: str, tmp_path: Path) -> None:
    options = [f"--storage-option={name}={value}" for name, value in storage.items()]
    out = tmp_path / "s3.jsonl"
    told = CliRunner().invoke(app, ["scan", bucket, "--out", str(out), "--processes", "2", *options])
    assert told.exit_code == 0, told.output
    rows = {row["photo"]: row for row in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    assert rows.keys() == {
        *(f"{bucket}/{name}.jpg" for name in ("attack", "bona_fide", "example", "deep/empty")),
        f"{bucket}/packed.zip!/attack.jpg",
    }
    local = tmp_path / "local.jsonl"
    CliRunner().invoke(app, ["scan", str(SAMPLES / "*.jpg"), "--out", str(local), "--processes", "1"])
    for row in map(json.loads, local.read_text(encoding="utf-8").splitlines()):
        assert rows[f"{bucket}/{Path(row['photo']).name}"] | {"photo": ""} == row | {"photo": ""}
    assert rows[f"{bucket}/packed.zip!/attack.jpg"]["score"] == rows[f"{bucket}/attack.jpg"]["score"]
    assert rows[f"{bucket}/deep/empty.jpg"]["error_code"] == "not_an_image"


def test_globs_single_objects_and_counts(storage: Storage, bucket: str) -> None:
    assert {found.name for found in find_photos([f"{bucket}/*a*e*.jpg"], storage)} == {
        f"{bucket}/bona_fide.jpg",
        f"{bucket}/example.jpg",
    }
    assert [found.name for found in find_photos([f"{bucket}/attack.jpg"], storage)] == [f"{bucket}/attack.jpg"]
    assert count_photos([bucket], storage) == 5


def test_missing_bucket_is_one_line(storage: Storage) -> None:
    with pytest.raises(SourceError, match="s3://nobodys/in cannot be read") as raised:
        list(find_photos(["s3://nobodys/in"], storage))
    assert "\n" not in str(raised.value)
