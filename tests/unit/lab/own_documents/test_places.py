from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest

from img_super.domain import Box, Label
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.places import Places, find_places
from img_super.lab.own_documents.truth import OwnPhoto, label_of
from img_super.lab.own_documents.voc import marked_boxes

VOC = b"""<annotation><filename>1.jpg</filename><object><name>face</name>
<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30.5</xmax><ymax>60</ymax></bndbox></object></annotation>"""


def yes(_: str) -> bool:
    return True


def no(_: str) -> bool:
    return False


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"photo " + name.encode())
    return folder


def by_name(photos: list[OwnPhoto]) -> dict[str, OwnPhoto]:
    return {Path(photo.found.name).name: photo for photo in photos}


def test_legacy_layout_is_read_with_its_annotations(tmp_path: Path) -> None:
    fill(tmp_path, "TRUE/1.jpg", "TRUE/2.jpg", "FALSE/1.png", "FALSE/notes.txt")
    (tmp_path / "TRUE" / "1.xml").write_bytes(VOC)
    photos = by_name(find_places(str(tmp_path), ["TRUE"], ["FALSE"], {}, no).photos({}))
    assert {name: photo.label for name, photo in photos.items()} == {
        "1.jpg": Label.BONA_FIDE, "2.jpg": Label.BONA_FIDE, "1.png": Label.ATTACK,
    }  # fmt: skip
    assert photos["1.jpg"].marked == (Box(10, 20, 31, 60),)
    assert photos["2.jpg"].marked == ()
    assert photos["1.jpg"].document == photos["1.png"].document != photos["2.jpg"].document


def test_meaning_of_true_and_false_must_be_stated(tmp_path: Path) -> None:
    fill(tmp_path, "TRUE/1.jpg", "FALSE/1.png")
    asked: list[str] = []

    def ask(answer: bool) -> Callable[[str], bool]:
        return lambda question: asked.append(question) or answer  # type: ignore[func-returns-value]

    with pytest.raises(BadLabels, match="--genuine TRUE --attack FALSE"):
        find_places(str(tmp_path), (), (), {}, ask(False))
    assert find_places(str(tmp_path), (), (), {}, ask(True)).genuine == (f"{tmp_path}/TRUE",)
    assert all("GENUINE documents:" in question and "TRUE" in question for question in asked)


def test_labels_may_be_inverted(tmp_path: Path) -> None:
    fill(tmp_path, "TRUE/1.jpg", "FALSE/1.png")
    places = find_places(str(tmp_path), ["FALSE"], ["TRUE"], {}, no)
    assert by_name(places.photos({}))["1.jpg"].label is Label.ATTACK
    assert f"GENUINE documents:      {tmp_path}/FALSE" in places.in_words()


def test_unambiguous_names_need_no_option(tmp_path: Path) -> None:
    fill(tmp_path, "genuine/1.jpg", "attack/2.jpg")
    places = find_places(f"{tmp_path}/", (), (), {}, no)
    assert (places.genuine, places.attack) == ((f"{tmp_path}/genuine",), (f"{tmp_path}/attack",))


def test_folders_may_be_unrelated(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    places = find_places(None, [f"{tmp_path}/a", f"{tmp_path}/b"], [f"{tmp_path}/c/*.jpg"], {}, no)
    assert [photo.label for photo in places.photos({})] == [Label.BONA_FIDE, Label.BONA_FIDE, Label.ATTACK]


def test_bucket_is_read_like_a_folder() -> None:
    files = fsspec.filesystem("memory")
    for name in ("bucket/genuine/1.jpg", "bucket/attack/1.jpg"):
        files.pipe(name, b"photo")
    files.pipe("bucket/attack/1.xml", VOC)
    photos = find_places("memory://bucket", (), (), {}, no).photos({})
    assert [(photo.label, len(photo.marked)) for photo in photos] == [(Label.BONA_FIDE, 0), (Label.ATTACK, 1)]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_table_gives_label_document_and_box(tmp_path: Path, ending: str) -> None:
    rows: list[dict[str, object]] = [
        {"photo": "in/1.jpg", "label": "bona_fide", "document": "d1", "x_min": 1, "y_min": 2, "x_max": 3, "y_max": 4},
        {"photo": "s3://b/2.jpg", "label": "attack", "species": "pasted_head"},
    ]
    table = tmp_path / f"labels.{ending}"
    if ending == "csv":
        columns = [*rows[0], "species"]
        lines = [",".join(str(row.get(name, "")) for name in columns) for row in rows]
        table.write_text("\n".join([",".join(columns), *lines]))
    else:
        table.write_text("\n".join(map(json.dumps, rows)))
    one, two = find_places(str(table), (), (), {}, no).photos({})
    assert (one.found.path, one.label, one.document) == (f"{tmp_path}/in/1.jpg", Label.BONA_FIDE, "d1")  # type: ignore[union-attr]
    assert one.marked == (Box(1, 2, 3, 4),)
    assert (two.found.name, two.label, two.species, two.marked) == ("s3://b/2.jpg", Label.ATTACK, "pasted_head", ())


def test_generator_manifest_is_a_table(tmp_path: Path) -> None:
    row = {"shard": "shard-00000", "position": 0, "label": 1, "species": "face_swap", "document": "1-0-0"}
    lines = [row | {"photo": "photos/1.jpg"}, row | {"photo": ""}]
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (photo,) = find_places(str(tmp_path), (), (), {}, no).photos({})
    assert (photo.label, photo.document) == (Label.ATTACK, "1-0-0")


@pytest.mark.parametrize("word", ["TRUE", "false", "", "real"])
def test_ambiguous_word_is_not_a_label(word: str) -> None:
    with pytest.raises(BadLabels, match="bona_fide"):
        label_of(word, "Row 1")


@pytest.mark.parametrize(
    "xml",
    [
        b"no xml",
        b"<annotation><object><bndbox><xmin>1</xmin></bndbox></object></annotation>",
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><annotation>&b;</annotation>',
    ],
    ids=["no XML", "half a box", "entities"],
)
def test_unreadable_annotation_is_named(xml: bytes) -> None:
    with pytest.raises(BadLabels, match=r"7\.xml"):
        marked_boxes(xml, "7.xml")


@pytest.mark.parametrize(
    "line", ["{", "[1]", '{"photo": "1.jpg", "label": "0", "x_min": "a", "y_min": 1, "x_max": 2, "y_max": 3}']
)
def test_bad_row_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "labels.jsonl").write_text(line)
    with pytest.raises(BadLabels, match="Row 1"):
        Places(table=str(tmp_path / "labels.jsonl")).photos({})


def test_empty_source_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match="no pair of folders"):
        find_places(str(tmp_path), (), (), {}, yes)
    with pytest.raises(BadLabels, match="--data DIR"):
        find_places(None, (), (), {}, yes)
    (tmp_path / "genuine").mkdir()
    with pytest.raises(BadLabels, match="no labelled photos"):
        find_places(None, [str(tmp_path / "genuine")], (), {}, yes).photos({})


def test_chained_file_systems_are_refused(tmp_path: Path) -> None:
    """fsspec would fetch anything: `simplecache::https://...`."""
    (tmp_path / "table.csv").write_text("photo,label\nsimplecache::file:///etc/passwd,bona_fide\n")
    with pytest.raises(BadLabels, match="Row 1"):
        find_places(f"{tmp_path}/table.csv", (), (), {}, lambda _: True).photos({})
