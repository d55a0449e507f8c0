"""Makes crops from photos, with the detection and cropping functions of serving."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.detector.yunet import YuNet
from img_super.domain import Box, Float32Array, Label, RgbImage, UInt8Array
from img_super.lab.dataset.manifest import GENERATOR, Row, SavedFile
from img_super.lab.synthesis.capture.camera import facts_of
from img_super.lab.synthesis.documents.blank import Blank
from img_super.lab.synthesis.geometry import overlap
from img_super.lab.synthesis.pair import PAIRS_A_BLANK, Options, SamplePair, draw_group_blank, draw_pair
from img_super.lab.synthesis.render import Photo, render_pair
from img_super.lab.synthesis.sources import Sources
from img_super.pipeline.crop import crop_box, crop_portrait, resize_to_input

MASK_SIDE_PX: Final = 56
_DETECTION_SIDE_PX: Final = 160
"""About as large as the surroundings of a portrait are to the detector when the card fills the photo."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The network's crop (uint8 [side, side, 3]), its mask (uint8 [56, 56]), and their origin."""

    crop: RgbImage
    mask: UInt8Array
    face: Box
    photo: Photo
    pair: SamplePair


class Renderer:
    """Renders the samples of shards; holds the face finder and the current blank."""

    def __init__(self, sources: Sources, seed: int, side_px: int, options: Options) -> None:
        self._sources, self._seed, self._side_px, self._options = sources, seed, side_px, options
        self._yunet = YuNet()

    def pairs(self, shard: int) -> Iterator[tuple[Sample, Sample]]:
        """Endless pairs of a genuine sample and its attack, without those in which a face is not found."""
        index = 0
        while True:
            blank, face_px = draw_group_blank(self._seed, shard, index // PAIRS_A_BLANK, self._sources)
            for _ in range(PAIRS_A_BLANK):
                pair = self._pair(shard, index, blank, face_px)
                index += 1
                if pair is not None:
                    yield pair

    def _pair(self, shard: int, index: int, blank: Blank, face_px: float) -> tuple[Sample, Sample] | None:
        pair = draw_pair((self._seed, shard, index), self._sources, self._options, blank, face_px)
        genuine, forged = (self._sample(photo, pair) for photo in render_pair(pair, self._background(pair)))
        return None if genuine is None or forged is None else (genuine, forged)

    def _background(self, pair: SamplePair) -> RgbImage:
        backgrounds = self._sources.backgrounds
        return backgrounds[pair.seeds["background"] % len(backgrounds)]

    def _sample(self, photo: Photo, pair: SamplePair) -> Sample | None:
        face = find_portrait(photo, self._yunet)
        if face is None:
            return None
        crop = resize_to_input(crop_portrait(photo.image, face, 0), self._side_px)
        return Sample(crop, _mask_of(photo, face), face, photo, pair)


def _mask_of(photo: Photo, face: Box) -> UInt8Array:
    if photo.label is Label.BONA_FIDE:
        return np.zeros((MASK_SIDE_PX, MASK_SIDE_PX), np.uint8)
    covered = np.asarray(cv2.convertScaleAbs(photo.mask, alpha=255), np.uint8)
    return resize_to_input(crop_portrait(covered, face, 0), MASK_SIDE_PX)


def find_portrait(photo: Photo, yunet: YuNet) -> Box | None:
    """The largest face inside the portrait's frame, or None."""
    wh = photo.image.shape[1], photo.image.shape[0]
    frame = photo.frame_quad
    span = float(np.ptp(frame, axis=0).max())
    low, high = frame.min(0) - 0.2 * span, frame.max(0) + 0.2 * span
    x_min, y_min, x_max, y_max = overlap((int(low[0]), int(low[1]), int(high[0]), int(high[1])), wh)
    scale = min(1.0, _DETECTION_SIDE_PX / (1.4 * span))
    part = cv2.resize(photo.image[y_min:y_max, x_min:x_max], None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    boxes = []
    for face in yunet.find(np.asarray(part, np.uint8)):
        x, y, width, height = (float(value) / scale for value in face.xywh)
        boxes.append(Box.from_xywh(x + x_min, y + y_min, width, height))
    inside = [box for box in boxes if cv2.pointPolygonTest(frame, box.centre_xy, False) >= 0 and box.width > 0.2 * span]
    return max(inside, key=lambda box: box.area).clipped(wh) if inside else None


def row_of(sample: Sample, shard: str, position: int, seed: int, photo_name: str) -> Row:
    """The manifest's row of a sample."""
    photo, pair, face = sample.photo, sample.pair, sample.face
    forged = photo.label is Label.ATTACK
    return Row(
        shard=shard, position=position, label=int(photo.label), species=pair.species if forged else "",
        document=pair.document, design=pair.blank.design,
        portrait=pair.portrait.identity, portrait_source=pair.portrait.source,
        donor=pair.donor.identity if forged else "", donor_source=pair.donor.source if forged else "",
        stage=photo.stage, care=photo.care, face_xyxy=(face.x_min, face.y_min, face.x_max, face.y_max),
        photo_wh=(photo.image.shape[1], photo.image.shape[0]),
        frame_quad=tuple((float(x), float(y)) for x, y in _in_crop(photo.frame_quad, face, sample.crop.shape[0])),
        file=SavedFile(photo.format, len(photo.data), photo.quality, photo.subsampled), photo=photo_name,
        card=photo.card, attack=photo.attack, capture=photo.capture, passing=facts_of(pair.passing),
        seed=seed, generator=GENERATOR,
    )  # fmt: skip


def _in_crop(points: Float32Array, face: Box, side_px: int) -> Float32Array:
    box = crop_box(face)
    points_in_crop = (points - np.array([box.x_min, box.y_min], np.float32)) * (side_px / max(1, box.width))
    return np.round(points_in_crop, 1).astype(np.float32)
