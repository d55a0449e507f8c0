"""The unavoidable parts of any service, each by the fastest known means: `python -m benchmarks.ways.limit`.

Base64 by pybase64 on raw bytes; the JPEG by libjpeg-turbo at the smallest scale from which the portrait may be cropped;
one inference of each network, on existing pixels. HTTP is added by `echo`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from math import ceil

import cv2
import numpy as np
import pybase64
import simplejpeg

from benchmarks.ways.worker import work_on_lines
from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.domain import RgbImage
from img_super.model_card import DetectorCard, read_card, read_card_as, read_weights
from img_super.pipeline.crop import enough_px
from img_super.pipeline.decode import DEFAULT_LIMITS
from img_super.pipeline.load import SHIPPED_DETECTOR, SHIPPED_MODEL, load_pipeline
from img_super.pipeline.photo import open_photo
from img_super.validator.litert import LiteRtNetwork


def main() -> None:
    """Load both networks and wait for photos."""
    pipeline, card = load_pipeline(), read_card(SHIPPED_MODEL)
    validator = LiteRtNetwork(read_weights(SHIPPED_MODEL, card, card.serves))
    detect = one_detection()
    crop = np.full((card.input_side_px, card.input_side_px, 3), 128, np.uint8)

    def prepare(photo: bytes) -> Callable[[], object]:
        size_wh, crop_px = open_photo(photo, DEFAULT_LIMITS).size_wh, pipeline.super(photo).crop.width
        text = base64.b64encode(photo)
        decode = decoder(size_wh, crop_px / enough_px(card.input_side_px))
        return lambda: (decode(pybase64.b64decode(text, validate=True)), detect(), validator.run(crop))

    work_on_lines(prepare)


def decoder(size_wh: tuple[int, int], pixels_to_spare: float) -> Callable[[bytes], RgbImage]:
    """Decodes a JPEG reduced, where the portrait has so many times what is enough; anything else by OpenCV."""
    scale = next(scale for scale in (8, 4, 2, 1) if scale == 1 or pixels_to_spare >= scale)
    width, height = (ceil(side / scale) for side in size_wh)

    def decode(data: bytes) -> RgbImage:
        if simplejpeg.is_jpeg(data):
            pixels: RgbImage = simplejpeg.decode_jpeg(data, min_height=height, min_width=width)
            return pixels
        return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)

    return decode


def one_detection() -> Callable[[], object]:
    """One inference of the one-pass network on a photo that is small already."""
    card = read_card_as(DetectorCard, SHIPPED_DETECTOR)
    network = LiteRtDetectionNetwork(read_weights(SHIPPED_DETECTOR, card, "litert"))
    small = np.full((card.input_wh[1], card.input_wh[0], 3), 128, np.uint8)
    return lambda: network.run(small)


if __name__ == "__main__":
    main()
