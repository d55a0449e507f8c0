from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.detector.yunet import YuNet
from img_super.domain import Box
from img_super.lab.dataset.whole_photos import read_faces, read_photos
from img_super.lab.synthesis import whole_photos
from img_super.lab.synthesis.crew import RenderJob
from img_super.lab.synthesis.render import Photo
from img_super.lab.synthesis.sources import Sources
from img_super.lab.synthesis.whole_photos import FACE_SIDE_PX, photos, render_photos, row_of


def middle_of_the_frame(photo: Photo, _: YuNet) -> Box:
    x, y = photo.frame_quad.mean(0)
    reach = 0.2 * float(np.ptp(photo.frame_quad, axis=0).max())
    return Box.from_xywh(x - reach, y - reach, 2 * reach, 2 * reach)


@pytest.fixture
def yunet(monkeypatch: pytest.MonkeyPatch) -> YuNet:
    """Finds a face in the centre of every frame, because the tests' people are ellipses."""
    monkeypatch.setattr(whole_photos, "find_portrait", middle_of_the_frame)
    return YuNet()


def test_labels_match_the_photo(sources: Sources, yunet: YuNet) -> None:
    ghosts = 0
    for photo, pair, face in islice(photos(3, 0, sources, yunet), 24):
        row = row_of(photo, pair, face, 3, "a.jpeg")
        card, frame = (np.array(quad, np.float32) for quad in (row.card_quad, row.frame_quad))
        reach = 0.02 * float(np.ptp(card, axis=0).max())
        for x, y in frame:
            assert cv2.pointPolygonTest(card, (float(x), float(y)), True) > -reach
        assert row.photo_wh == (photo.image.shape[1], photo.image.shape[0])
        assert max(row.photo_wh) < 1100
        if row.ghost_xyxy is not None:
            ghosts += 1
            x_min, y_min, x_max, y_max = row.ghost_xyxy
            assert x_max - x_min < row.face_xyxy[2] - row.face_xyxy[0]
            assert cv2.pointPolygonTest(card, ((x_min + x_max) / 2, (y_min + y_max) / 2), True) > -reach
    assert ghosts < 24


@pytest.mark.usefixtures("yunet", "in_this_process")
def test_data_set_round_trips_and_resumes(sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_photos, "prepare", lambda _: sources)
    job = RenderJob(tmp_path, tmp_path / "cache", "train", 4, 5)
    assert list(render_photos(job, 1)) == [4]
    read = read_photos(tmp_path)
    assert len(read) == 4
    assert [photo.image.shape for photo in read][::2] == [photo.image.shape for photo in read][1::2]
    assert all(0 < photo.face.x < photo.image.shape[1] for photo in read)
    faces = read_faces(tmp_path)
    assert faces.pictures.shape == (3, FACE_SIDE_PX, FACE_SIDE_PX, 3)
    assert ((faces.boxes > 0) & (faces.boxes < 1)).all()
    first = (tmp_path / "manifest.jsonl").read_bytes()
    job.rows_path(0).unlink()
    assert list(render_photos(job, 1)) == [4]
    assert (tmp_path / "manifest.jsonl").read_bytes() == first
