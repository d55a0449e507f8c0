"""What a careful forger does: the donor in the colours, the sharpness and the grain of what it covers."""

from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage
from img_super.lab.dataset.forgeries.landmarked_face import Mask

_BLURS_PX: Final = (0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2)
_MAD_TO_SIGMA: Final = 1.4826


def in_its_light(patch: RgbImage, photo: RgbImage, mask: Mask, strength: float = 1.0) -> RgbImage:
    """Lightness and colours moved to those of what is covered; colourless where that is colourless."""
    covered = mask > 127
    if not covered.any():
        return patch
    patch_lab = cv2.cvtColor(patch, cv2.COLOR_RGB2LAB).astype(np.float32)
    photo_lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    stretch = np.minimum(photo_lab[covered].std(0) / (patch_lab[covered].std(0) + 1e-3), 1.5)
    matched = (patch_lab - patch_lab[covered].mean(0)) * stretch + photo_lab[covered].mean(0)
    mixed = np.clip(patch_lab + strength * (matched - patch_lab), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(mixed, cv2.COLOR_LAB2RGB), np.uint8)


def in_its_focus(patch: RgbImage, photo: RgbImage, mask: Mask) -> RgbImage:
    """Blurred until it is no sharper than what is covered."""
    sharpness, blurred = _sharpness(photo, mask), patch
    for sigma in _BLURS_PX:
        if _sharpness(blurred, mask) <= sharpness:
            break
        blurred = np.asarray(cv2.GaussianBlur(patch, (0, 0), sigma), np.uint8)
    return blurred


def in_its_grain(rng: np.random.Generator, patch: RgbImage, photo: RgbImage, mask: Mask) -> RgbImage:
    """With as much noise as what is covered."""
    sigma = np.sqrt(max(0.0, _grain(photo, mask) ** 2 - _grain(patch, mask) ** 2))
    noise = rng.standard_normal(patch.shape[:2])[:, :, None] * sigma
    return np.asarray(np.round(patch + noise).clip(0, 255), np.uint8)


def fitted_in(rng: np.random.Generator, patch: RgbImage, photo: RgbImage, mask: Mask) -> RgbImage:
    """All three."""
    return in_its_grain(rng, in_its_focus(in_its_light(patch, photo, mask), photo, mask), photo, mask)


def _sharpness(image: RgbImage, mask: Mask) -> float:
    edges = np.abs(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), cv2.CV_32F))
    inside = edges[mask > 127]
    return float(inside.mean()) if len(inside) else 0.0


def _grain(image: RgbImage, mask: Mask) -> float:
    detail = np.abs(image.astype(np.float32) - cv2.GaussianBlur(image, (0, 0), 1.2))[mask > 127]
    return _MAD_TO_SIGMA * float(np.median(detail)) if len(detail) else 0.0
