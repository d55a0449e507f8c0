"""The superimposition as a binary mask, for pixelwise evaluation of localisation."""

from typing import Final

import cv2
import numpy as np

from img_super.domain import UInt8Array
from img_super.pipeline.pipeline import SuperResult

UNTOUCHED: Final = 255
_PROBABLE: Final = 0.5


def superimposed_mask(result: SuperResult) -> UInt8Array:
    """A mask of the displayed photo's size: 0 where a superimposition is likelier, else `UNTOUCHED`.

    It takes up to eight bytes per pixel, if a face fills the photo; decoding may take 15.
    """
    width, height = result.photo_wh
    mask = np.full((height, width), UNTOUCHED, np.uint8)
    for document in result.documents:
        crop, inside = document.crop, document.crop.clipped(result.photo_wh)
        small = np.rint(document.evidence.heat_map * 255).astype(np.uint8)
        heat = cv2.resize(small, (crop.width, crop.height), interpolation=cv2.INTER_LINEAR)
        left, top = inside.x_min - crop.x_min, inside.y_min - crop.y_min
        shown_heat = heat[top : top + inside.height, left : left + inside.width]
        mask[inside.y_min : inside.y_max, inside.x_min : inside.x_max][shown_heat >= _PROBABLE * 255] = 0
    return mask
