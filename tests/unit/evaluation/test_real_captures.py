from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.evaluation.forgeries import SPECIES, Person, forge
from img_super.evaluation.held_out import held_out
from img_super.evaluation.real_captures import real_crops

SAMPLES = Path(__file__).parents[3] / "src" / "img_super" / "samples"


def drawn(tone: int, scale: float) -> Person:
    rng = np.random.default_rng(tone)
    image = (rng.uniform(0, 60, (160, 160, 3)) + tone).astype(np.uint8)
    landmarks = np.array([[68, 62], [92, 62], [80, 75], [70, 90], [90, 90]], np.float32) * scale
    return Person(image, landmarks, (50.0, 32.0, 60.0, 78.0))


@pytest.mark.parametrize("species", SPECIES)
def test_a_forgery_changes_the_face_and_not_the_corners(species: str) -> None:
    host, donor = drawn(100, 1.0), drawn(40, 1.0)
    forged = forge(np.random.default_rng(1), species, host.image, host, donor)
    assert forged.shape == host.image.shape
    assert (forged[60:90, 65:95] != host.image[60:90, 65:95]).mean() > 0.3
    assert (forged[:10, :10] == host.image[:10, :10]).all()


def test_on_a_grey_copy_the_forgery_has_no_colour_of_its_own() -> None:
    host, donor = drawn(100, 1.0), drawn(40, 1.0)
    grey = np.repeat(host.image[:, :, :1], 3, axis=2)
    forged = forge(np.random.default_rng(1), "pasted_photo", grey, host, donor).astype(int)
    assert np.abs(forged[..., 0] - forged[..., 2]).max() <= 4


def test_an_unknown_species_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown species"):
        forge(np.random.default_rng(1), "mask", np.zeros((160, 160, 3), np.uint8), drawn(1, 1.0), drawn(2, 1.0))


def test_each_frame_is_seen_untouched_and_forged(tmp_path: Path) -> None:
    labels = {f"{kind}.jpg": {"doc_id": f"{kind}/1", "doc_type": kind} for kind in ("card", "passport")}
    sample = cv2.imread(str(SAMPLES / "bona_fide.jpg"))
    assert sample is not None
    for frame in labels:  # frames are taken smaller at random; the face must stay large enough
        cv2.imwrite(str(tmp_path / frame), cv2.resize(sample, None, fx=2, fy=2))
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    number = next(n for n in range(99) if held_out(Path(f"female/{n}.jpg")))
    (tmp_path / "people" / "female").mkdir(parents=True)
    donor = cv2.imread(str(SAMPLES / "attack.jpg"))
    assert donor is not None
    cv2.imwrite(str(tmp_path / "people" / "female" / f"{number}.jpg"), donor[60:270, 10:220])
    for choosing, document in ((True, "card/1"), (False, "passport/1")):
        crops = list(real_crops(tmp_path, tmp_path / "people", 64, choosing))
        assert [crop.species for crop in crops] == ["", *SPECIES]
        assert {crop.document for crop in crops} == {document}
        assert all(crop.crop.shape == (64, 64, 3) for crop in crops)
        assert not np.array_equal(crops[0].crop, crops[1].crop)
