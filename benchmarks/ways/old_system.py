"""How the legacy system worked: `python -m benchmarks.ways.old_system mtcnn|mobilenet`.

OpenCV decodes the whole photo twice, to find the face and to crop it; a TensorFlow detector gets the whole frame; the
portrait is written as PNG and read again; a CNN with 74 million parameters predicts (random weights: they take the same
time). Its detector is unknown; there are two stand-ins:

- `mtcnn`: the usual choice of TensorFlow projects, the package `mtcnn` with its own weights and default settings, on
  the decoded frame. Never a dependency of the project: `pip install --no-deps mtcnn==1.0.0 lz4`.
- `mobilenet`: the lower bound for a detector of that time. A MobileNetV2 with a box head and random weights, compiled
  by `tf.function`, on the frame reduced to 640 x 640 pixels.

If the detector finds no face, the true portrait is used.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import cv2
import keras
import numpy as np
import tensorflow as tf

from benchmarks.ways.worker import work_on_lines
from img_super.domain import Box, RgbImage
from img_super.lab.training.baselines import build_old_system
from img_super.pipeline.crop import crop_portrait, resize_to_input
from img_super.pipeline.load import load_pipeline

DETECTOR_SIDE_PX = 640
CROP_SIDE_PX = 288

Find: TypeAlias = Callable[[RgbImage], Box | None]
"""Looks for the face in a whole frame, BGR as OpenCV reads it."""


def main() -> None:
    """Build both networks and wait for photos."""
    finder = load_pipeline()
    find, judge = DETECTORS[sys.argv[1]](), build_old_system(CROP_SIDE_PX)

    def prepare(photo: bytes) -> Callable[[], object]:
        face = finder.face(photo).portrait.box
        text = base64.b64encode(photo)
        return lambda: old_way(text, face, find, judge, Path(folder))

    with TemporaryDirectory() as folder:
        work_on_lines(prepare)


def mtcnn() -> Find:
    """The surest face of the package `mtcnn`, as its documentation calls it."""
    # Not installed with the project, so that what mypy has to say depends on the machine.
    from mtcnn import MTCNN  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415

    detector = MTCNN()

    def find(frame: RgbImage) -> Box | None:
        faces = detector.detect_faces(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
        surest = max(faces, key=lambda face: float(face["confidence"]), default=None)
        return Box.from_xywh(*map(float, surest["box"])) if surest else None

    return find


def mobilenet() -> Find:
    """A convolution on MobileNetV2 gives six anchors of a box and a confidence in each cell; nothing is found."""
    side_px = DETECTOR_SIDE_PX
    backbone = keras.applications.MobileNetV2((side_px, side_px, 3), include_top=False, weights=None)
    detector = keras.Model(backbone.input, keras.layers.Conv2D(6 * 5, 3, padding="same")(backbone.output))
    run = tf.function(lambda frame: detector(tf.image.resize(frame, (side_px, side_px))))

    def find(frame: RgbImage) -> None:
        run(tf.constant(frame[None]))

    return find


DETECTORS: Final[dict[str, Callable[[], Find]]] = {"mtcnn": mtcnn, "mobilenet": mobilenet}


def old_way(text: bytes, face: Box, find: Find, judge: keras.Model, folder: Path) -> object:
    """One photo; `face` is where the portrait lies."""
    found = find(decoded(text))
    crop = resize_to_input(crop_portrait(decoded(text), found or face, 0), CROP_SIDE_PX)
    portrait = str(folder / "portrait.png")
    cv2.imwrite(portrait, crop)
    again = cv2.imread(portrait)
    if again is None:
        raise OSError(portrait)
    return judge.predict(np.asarray(again)[None], verbose=0)


def decoded(text: bytes) -> RgbImage:
    """The whole photo, as OpenCV reads it."""
    image = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("no image")
    return image.astype(np.uint8, copy=False)


if __name__ == "__main__":
    main()
