"""A team's own crops, small enough for instant training."""

from __future__ import annotations

import numpy as np

from img_super.domain import Label
from img_super.lab.dataset.crops import CropSet
from img_super.lab.own_documents.read import OwnCrop, OwnDocuments


def own(documents: int = 20) -> CropSet:
    """Each document once genuine and once as an attack with a bright square."""
    from img_super.lab.own_documents.fine_tune import own_crops

    rng = np.random.default_rng(4)
    crops = []
    for number in range(documents):
        for label in Label:
            crop = rng.integers(0, 120, (32, 32, 3), dtype=np.uint8)
            if label is Label.ATTACK:
                crop[8:24, 8:24] = 250
            crops.append(OwnCrop(f"{number}-{label}.jpg", f"{2 * number + label:064x}", label, "", f"d{number}", crop))
    return own_crops(OwnDocuments(tuple(crops), ()))
