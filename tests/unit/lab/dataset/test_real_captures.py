from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.lab.dataset.forged_photos import CAREFUL, EXCHANGED
from img_super.lab.dataset.forgeries.forge import SPECIES, forge
from img_super.lab.dataset.forgeries.landmarked_face import LandmarkedFace
from img_super.lab.dataset.manifest import BadDataSet
from img_super.lab.dataset.measured_sets import other_hands_set
from img_super.lab.dataset.real_captures import real_crops
from img_super.lab.dataset.splits import held_out

SAMPLES = Path(__file__).parents[4] / "src" / "img_super" / "samples"


def drawn(tone: int, scale: float) -> LandmarkedFace:
    rng = np.random.default_rng(tone)
    image = (rng.uniform(0, 60, (160, 160, 3)) + tone).astype(np.uint8)
    landmarks = np.array([[68, 62], [92, 62], [80, 75], [70, 90], [90, 90]], np.float32) * scale
    return LandmarkedFace(image, landmarks, (50.0, 32.0, 60.0, 78.0))


@pytest.mark.parametrize("species", SPECIES)
def test_forgery_changes_only_the_face(species: str) -> None:
    host, donor = drawn(100, 1.0), drawn(40, 1.0)
    forged = forge(np.random.default_rng(1), species, host.image, host, donor)
    assert forged.shape == host.image.shape
    assert (forged[60:90, 65:95] != host.image[60:90, 65:95]).mean() > 0.3
    assert (forged[:10, :10] == host.image[:10, :10]).all()


def test_forgery_on_a_grey_copy_is_grey() -> None:
    host, donor = drawn(100, 1.0), drawn(40, 1.0)
    grey = np.repeat(host.image[:, :, :1], 3, axis=2)
    forged = forge(np.random.default_rng(1), "pasted_photo_careful", grey, host, donor).astype(int)
    assert np.abs(forged[..., 0] - forged[..., 2]).max() <= 4


def test_unknown_species_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown species"):
        forge(np.random.default_rng(1), "mask", np.zeros((160, 160, 3), np.uint8), drawn(1, 1.0), drawn(2, 1.0))


def with_donor(folder: Path) -> Path:
    """A folder of people, one of them held out of training."""
    number = next(n for n in range(99) if held_out(Path(f"female/{n}.jpg")))
    (folder / "people" / "female").mkdir(parents=True)
    donor = cv2.imread(str(SAMPLES / "attack.jpg"))
    assert donor is not None
    cv2.imwrite(str(folder / "people" / "female" / f"{number}.jpg"), donor[60:270, 10:220])
    return folder / "people"


def genuine(path: Path) -> None:
    """The sample, large enough that its face is found after reduction."""
    sample = cv2.imread(str(SAMPLES / "bona_fide.jpg"))
    assert sample is not None
    cv2.imwrite(str(path), cv2.resize(sample, None, fx=2, fy=2))


def test_each_frame_is_shown_genuine_and_forged(tmp_path: Path) -> None:
    labels = {f"{kind}.jpg": {"doc_id": f"{kind}/1", "doc_type": kind} for kind in ("card", "passport")}
    for frame in labels:
        genuine(tmp_path / frame)
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    people = with_donor(tmp_path)
    for choosing, document in ((True, "card/1"), (False, "passport/1")):
        crops = list(real_crops([tmp_path], people, 64, choosing))
        assert [crop.species for crop in crops] == ["", "", "", *SPECIES]
        assert {crop.document for crop in crops} == {document}
        assert all(crop.crop.shape == (64, 64, 3) for crop in crops)
        (donor,) = people.glob("*/*.jpg")
        assert {crop.donor for crop in crops[3:]} == {f"cc0/female/{donor.stem}"}
        assert not np.array_equal(crops[0].crop, crops[1].crop)


def test_portraits_are_exchanged_within_a_set(tmp_path: Path) -> None:
    labels = {f"{kind}.jpg": {"doc_id": kind, "doc_type": "card"} for kind in ("first", "second")}
    for frame in labels:
        genuine(tmp_path / frame)
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    crops = list(real_crops([tmp_path], with_donor(tmp_path), 64, choosing=True))
    exchanged = [crop for crop in crops if crop.species.startswith(EXCHANGED)]
    assert {crop.document for crop in exchanged} == {"first", "second"}
    assert len(exchanged) == 2 * len(CAREFUL)
    assert {crop.donor for crop in exchanged} == {""}


def test_genuine_generated_photos_are_forged_anew(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    rows = []
    for label, species in enumerate(("", "pasted_head")):
        genuine(tmp_path / f"photos/{label}.jpg")
        rows.append({"shard": "s", "position": label, "label": label, "species": species, "document": f"1-{label}"})
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("\n".join(json.dumps({**row, "photo": f"photos/{row['label']}.jpg"}) for row in rows))
    measured = other_hands_set(tmp_path, with_donor(tmp_path), 64)
    assert measured.species.tolist() == ["", "", "", *SPECIES]
    assert set(measured.documents.tolist()) == {"1-0"}
    assert measured.photos.paths == (tmp_path / "photos/0.jpg",)
    assert measured.masks is None
    manifest.write_text("\n".join(json.dumps(row) for row in rows))
    with pytest.raises(BadDataSet, match="no genuine photos"):
        other_hands_set(tmp_path, tmp_path / "people", 64)
