"""Selects the attacks to learn from: those whose traces are still visible in a photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from img_super.lab.dataset.manifest import BadDataSet, SampleRow


def learnable(rows: Sequence[SampleRow], kept_care: Mapping[str, float]) -> npt.NDArray[np.int64]:
    """Positions of the attacks up to this care of each stage, each with the genuine sample of its document.

    All positions if no stage is named. What was changed before printing is printed and photographed like the rest:
    hardly a trace is left in a crop, and a network forced to detect it learns the generator instead.

    Raises:
        BadDataSet: no attack is left.
    """
    if not kept_care:
        return np.arange(len(rows))
    kept = {row.document for row in rows if row.label and row.care <= kept_care.get(row.stage, -1.0)}
    if not kept:
        raise BadDataSet(f"No attack is of the stages {', '.join(kept_care)}, which the recipe learns from.")
    return np.array([place for place, row in enumerate(rows) if row.document in kept])
