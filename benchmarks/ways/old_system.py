"""How the system before this one did it: `python -m benchmarks.ways.old_system`.

The whole photo is decoded by OpenCV twice, once to find the face and once to cut it out; a TensorFlow detector gets the
whole frame; the portrait is written as PNG and read again; `predict` of the CNN with 74 million parameters judges it.
Random weights: they take the same time. The detector stands for a MobileNet-SSD: a MobileNetV2 over 640 x 640 pixels
with a head of boxes, compiled by `tf.function`, which is kind to it; the face is then taken from where it really is.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import keras
import numpy as np
import tensorflow as tf

from benchmarks.ways.worker import work_on_lines
from img_super.domain import Box, RgbImage
from img_super.pipeline.crop import crop_portrait, resize_to_input
from img_super.pipeline.load import load_pipeline
from img_super.training.baselines import build_old_system

DETECTOR_SIDE_PX = 640
CROP_SIDE_PX = 288


def main() -> None:
    """Build both networks and wait for photos."""
    finder = load_pipeline()
    detector, judge = build_detector(), build_old_system(CROP_SIDE_PX)
    find = tf.function(lambda frame: detector(tf.image.resize(frame, (DETECTOR_SIDE_PX, DETECTOR_SIDE_PX))))

    def prepare(photo: bytes) -> Callable[[], object]:
        face = finder.face(photo).portrait.box
        text = base64.b64encode(photo)
        return lambda: old_way(text, face, find, judge, Path(folder))

    with TemporaryDirectory() as folder:
        work_on_lines(prepare)


def build_detector() -> keras.Model:
    """MobileNetV2 with a convolution that gives six anchors of a box and a confidence in each cell."""
    backbone = keras.applications.MobileNetV2((DETECTOR_SIDE_PX, DETECTOR_SIDE_PX, 3), include_top=False, weights=None)
    return keras.Model(backbone.input, keras.layers.Conv2D(6 * 5, 3, padding="same")(backbone.output))


def old_way(text: bytes, face: Box, find: Callable[[tf.Tensor], tf.Tensor], judge: keras.Model, folder: Path) -> object:
    """One photo; `face` is where the portrait lies."""
    find(tf.constant(decoded(text)[None]))
    crop = resize_to_input(crop_portrait(decoded(text), face, 0), CROP_SIDE_PX)
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
