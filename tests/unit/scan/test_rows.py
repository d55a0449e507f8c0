"""Rows of photos, and files, counts and a report of rows."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from img_super.domain import ModelIdentity
from img_super.errors import input_errors
from img_super.pipeline.pipeline import Pipeline
from img_super.scan.errors import ScanError, file_errors
from img_super.scan.journal import Journal
from img_super.scan.judge import THUMBNAIL_SIDE_PX, Judged, judge
from img_super.scan.report import Report, write_report
from img_super.scan.report_words import WORDS, Language
from img_super.scan.results import writer_for
from img_super.scan.rows import COLUMNS, ScanRow
from img_super.scan.summary import Summary
from img_super.sources.errors import FileTooLarge
from tests.conftest import WITH_OWNER, FakeDetector, FakeValidator
from tests.languages import english_in

MODELS = (ModelIdentity("detector", "1", "a" * 64), ModelIdentity("validator", "2", "b" * 64))
JPEG = b"\xff\xd8thumbnail"


def row(photo: str, score: float | None = None, verdict: str | None = None, error: str | None = None) -> ScanRow:
    return ScanRow(
        photo=photo,
        score=score,
        verdict=verdict,
        error_code=error,
        quality="" if error is None else None,
        threshold=None if score is None else 0.6,
    )


ROWS = [
    row("a, \"quoted\" 'ñ'.jpg", 0.25, "bona_fide"),
    replace(row("b.jpg", 1.0, "attack"), x_min=-3, quality="blurred dark", outside=2),
    row("c.jpg", error="no_face"),
]


# One photo -------------------------------------------------------------------------------------------------------


def test_answer_becomes_a_row(pipeline: Pipeline, photo_bytes: bytes) -> None:
    found = judge(pipeline, "p.png", lambda: photo_bytes)
    assert found.thumbnail is None
    assert asdict(found.row) | {"quality": None} == {
        "photo": "p.png", "score": 0.75, "reco": "TRUE", "verdict": "attack", "threshold": 0.6,
        "y_min": 30, "x_min": 40, "y_max": 110, "x_max": 100, "confidence": 0.9, "faces": 2, "rotation": 0,
        "quality": None, "error_code": None, "error_detail": None, "size_bytes": len(photo_bytes),
        "sha256": sha256(photo_bytes).hexdigest(), "model": "fake_validator 2",
            "reasons": "score_high", "documents": 1, "outside": 0,
    }  # fmt: skip


def test_row_has_faces_outside_every_document(pipeline: Pipeline, detector: FakeDetector, photo_bytes: bytes) -> None:
    detector.answer = WITH_OWNER
    assert judge(pipeline, "p.png", lambda: photo_bytes).row.outside == 1


def test_error_becomes_a_row_with_its_code(pipeline: Pipeline, detector: FakeDetector, photo_bytes: bytes) -> None:
    detector.answer = None
    found = judge(pipeline, "p.png", lambda: photo_bytes).row
    assert (found.error_code, found.score, found.size_bytes) == ("no_face", None, len(photo_bytes))
    assert found.error_detail

    def unreadable() -> bytes:
        raise FileTooLarge()

    assert judge(pipeline, "p.png", unreadable).row == ScanRow(
        photo="p.png", error_code="file_too_large", error_detail=FileTooLarge.advice
    )


def test_unexpected_failure_is_a_row(pipeline: Pipeline, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(pipeline.detector, "detect", fail)
    found = judge(pipeline, "p.png", lambda: photo_bytes).row
    assert found.error_code == "internal_error"
    assert "secret" not in str(found)


@pytest.mark.parametrize(("score", "suspicious"), [(0.1, False), (0.5, True), (0.9, True)])
def test_thumbnails_are_made_on_request_for_suspicious_photos(
    pipeline: Pipeline, validator: FakeValidator, photo_bytes: bytes, score: float, suspicious: bool
) -> None:
    validator.score = score
    assert judge(pipeline, "p.png", lambda: photo_bytes).thumbnail is None
    thumbnail = judge(pipeline, "p.png", lambda: photo_bytes, thumbnails=True).thumbnail
    assert (thumbnail is not None) == suspicious
    if thumbnail:
        picture = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX, 3)


# The journal -----------------------------------------------------------------------------------------------------


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal", {"model": "m"}, thumbnails_kept=2) as journal:
        yield journal


def test_rows_come_back_sorted_and_once(journal: Journal) -> None:
    for kept in (*reversed(ROWS), replace(ROWS[0], score=0.9)):
        journal.add(Judged(kept))
    assert list(journal.rows()) == ROWS
    assert len(journal) == 3
    assert "b.jpg" in journal
    assert "d.jpg" not in journal


def test_most_suspicious_come_first_and_keep_thumbnails(journal: Journal) -> None:
    for place, score in enumerate((0.3, 0.9, 0.5, 0.9, 0.1)):
        journal.add(Judged(row(f"{place}.jpg", score), JPEG))
    journal.add(Judged(ROWS[2]))
    journal.commit()
    assert [found.photo for found in journal.most_suspicious(3)] == ["1.jpg", "3.jpg", "2.jpg"]
    assert [journal.thumbnail(f"{place}.jpg") for place in range(5)] == [None, JPEG, None, JPEG, None]


def test_journal_resumes(tmp_path: Path) -> None:
    for kept in ROWS:
        with Journal(tmp_path / "journal", {"model": "m"}) as journal:
            journal.add(Judged(kept))
    with Journal(tmp_path / "journal", {"model": "m"}) as journal:
        assert list(journal.rows()) == ROWS


def test_other_model_or_options_do_not_resume(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path, {"model": "m", "source": ["a"]}) as journal:
        journal.add(Judged(ROWS[0]))
    with pytest.raises(ScanError, match=r"different model\. .*--restart"):
        Journal(path, {"model": "n", "source": ["a"]})
    with pytest.raises(ScanError, match="different model and another source"):
        Journal(path, {"model": "n", "source": ["b"]})
    with Journal(path, {"model": "m", "source": ["a"]}) as journal:
        assert len(journal) == 1


def test_restart_discards_the_journal_unless_a_scan_is_running(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path, {"model": "m"}) as journal:
        journal.add(Judged(ROWS[0]))
        with pytest.raises(ScanError, match="Another scan is writing"):
            Journal(path, {"model": "n"}, restart=True)
    with Journal(path, {"model": "n"}, restart=True) as journal:
        assert len(journal) == 0


def test_full_disk_is_reported_and_committed_rows_kept(tmp_path: Path) -> None:
    def fill(journal: Journal) -> None:
        for number in range(10_000):
            journal.add(Judged(row(f"{number}.jpg", 0.5), b"x" * 1000))

    path = tmp_path / "journal"
    with Journal(path, {}) as journal:
        journal.add(Judged(ROWS[0]))
        journal.commit()
        journal._database.execute("PRAGMA max_page_count = 30")  # SQLite's own full disk
        with pytest.raises(ScanError, match="cannot be written: database or disk is full"):
            fill(journal)
    with Journal(path, {}) as journal:
        assert ROWS[0].photo in journal


def test_journal_has_one_writer(journal: Journal) -> None:
    with pytest.raises(ScanError, match="Another scan is writing"):
        Journal(journal.path, {"model": "m"})


def test_foreign_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("my notes, " * 100)
    with pytest.raises(ScanError, match="not the journal"):
        Journal(path, {})
    assert path.read_text().startswith("my notes")


# The results -----------------------------------------------------------------------------------------------------


def _read_csv(path: Path) -> list[dict[str, object]]:
    """An empty cell means None or an empty text."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {name: COLUMNS[name](value) if value else None for name, value in line.items()}
            for line in csv.DictReader(file)
        ]


def _read_jsonl(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _read_parquet(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pq.read_table(path).to_pylist()
    return found


@pytest.mark.parametrize(
    ("name", "read"), [("r.csv", _read_csv), ("r.jsonl", _read_jsonl), ("r.parquet", _read_parquet)]
)
def test_every_format_round_trips(tmp_path: Path, name: str, read: Callable[[Path], list[dict[str, object]]]) -> None:
    writer_for(tmp_path / name)(iter(ROWS), tmp_path / name)
    found = read(tmp_path / name)
    assert [list(line) for line in found] == [list(COLUMNS)] * 3
    wanted = [asdict(row) for row in ROWS]
    if name == "r.csv":
        wanted = [{key: None if value == "" else value for key, value in line.items()} for line in wanted]
    assert found == wanted


def test_empty_table_has_its_columns(tmp_path: Path) -> None:
    writer_for(tmp_path / "r.parquet")(iter([]), tmp_path / "r.parquet")
    assert pq.read_table(tmp_path / "r.parquet").column_names == list(COLUMNS)


def test_unknown_extension_and_missing_package_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ScanError, match=r"\.parquet, \.csv, \.jsonl"):
        writer_for(Path("r.xlsx"))
    monkeypatch.setattr("img_super.scan.results.find_spec", lambda _: None)
    with pytest.raises(ScanError, match=r"pip install '\.\[scan\]'"):
        writer_for(Path("r.parquet"))
    assert callable(writer_for(Path("r.CSV")))


# What people read ------------------------------------------------------------------------------------------------


def counted(rows: list[ScanRow]) -> Summary:
    summary = Summary()
    assert list(summary.counting(rows)) == rows
    return summary


def test_summary_counts() -> None:
    summary = counted(ROWS)
    assert summary.as_json() == {
        "photos": 3,
        "verdicts": {"bona_fide": 1, "attack": 1, "undetermined": 0},
        "errors": {"no_face": 1},
        "quality": {"blurred": 1, "dark": 1},
    }
    assert (summary.suspicious, summary.failed) == (1, 1)
    assert [place for place, count in enumerate(summary.scores) if count] == [5, 19]


class _Page(HTMLParser):
    """The report as a browser would parse it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href", "action", "data")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "code"):
            self.words.append(data)


@pytest.mark.parametrize("language", WORDS)
def test_report_lists_the_most_suspicious_first_and_loads_nothing_external(
    journal: Journal, tmp_path: Path, language: Language
) -> None:
    hostile = row("<script>alert(1)</script>.jpg", 0.5, "undetermined")
    for kept in (*ROWS, hostile):
        journal.add(Judged(kept, JPEG if kept.score else None))
    report = Report(("<b>in</b>",), counted([*ROWS, hostile]), journal, MODELS, thumbnails=True, language=language)
    write_report(report, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    page = _Page(text)
    assert page.open == []
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert text.index("b.jpg") < text.index("&lt;script&gt;") < text.index("a, &quot;quoted&quot;")
    assert page.addresses
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert "default-src 'none'" in text
    assert not re.search(r"https?:|url\(|@import", text)
    assert "no_face" in text
    assert "validator 2" in text
    assert text.count(WORDS[language]["outside"].format(count=2)) == 1
    assert f"{WORDS[language]['threshold']} {'0,6' if language == 'es' else '0.6'}<" in text
    for verdict in ("attack", "undetermined", "bona_fide"):
        assert f'id="show-{verdict}"' in text
        assert f"#show-{verdict}:not(:checked)" in text
        assert f'<rect class="{verdict}"' in text


def test_report_without_thumbnails_has_no_pictures(journal: Journal, tmp_path: Path) -> None:
    journal.add(Judged(ROWS[1], JPEG))
    write_report(Report(("in",), counted([ROWS[1]]), journal, MODELS), tmp_path / "r.html")
    assert "img" not in _Page((tmp_path / "r.html").read_text(encoding="utf-8")).tags


def test_spanish_report_has_no_english(journal: Journal, tmp_path: Path) -> None:
    """Even if everything failed."""
    codes = {kind.code for kind in (*input_errors(), *file_errors())}
    rows = [*ROWS[:2], *(row(f"{code}.jpg", error=code) for code in codes)]
    for kept in rows:
        journal.add(Judged(kept, None))
    told = {}
    for language in WORDS:
        write_report(Report(("fotos",), counted(rows), journal, MODELS, language=language), tmp_path / "r.html")
        told[language] = english_in(" ".join(_Page((tmp_path / "r.html").read_text(encoding="utf-8")).words))
    assert told["es"] == set()
    assert len(told["en"]) > 10


def test_languages_have_the_same_texts() -> None:
    assert {name for name in WORDS["es"] if not name.startswith("advice.")} == WORDS["en"].keys()
    assert {f"advice.{kind.code}" for kind in (*input_errors(), *file_errors())} <= WORDS["es"].keys()
