"""Which attacks a recipe learns from: those whose traces a photo still shows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from img_super.evaluation.crops import BadDataSet, CropSet


def learnable(crops: CropSet, kept_care: Mapping[str, float]) -> CropSet:
    """The attacks up to this care of each stage, each with the genuine sample of its document; all without a word.

    What was changed before printing is printed and photographed like the rest: hardly anything of it is left in a crop,
    and a network that must tell it apart all the same learns its generator.

    Raises:
        BadDataSet: nothing is left.
    """
    if not kept_care:
        return crops
    kept = {row.document for row in crops.rows if row.label and row.care <= kept_care.get(row.stage, -1.0)}
    if not kept:
        raise BadDataSet(f"No attack is of the stages {', '.join(kept_care)}, which the recipe learns from.")
    return crops.at(np.array([place for place, row in enumerate(crops.rows) if row.document in kept]))
