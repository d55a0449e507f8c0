"""Error rates by group of people: of genuine documents with their portrait, and of attacks that show them."""

import numpy as np

from img_super.domain import BoolArray, StrArray
from img_super.figures import Figure, GroupFigures
from img_super.lab.dataset.groups import GROUPS, ShownFaces
from img_super.lab.evaluation import resampling
from img_super.lab.evaluation.report import Scored


def group_figures(scored: Scored, faces: ShownFaces, threshold: float) -> dict[str, dict[str, GroupFigures]]:
    """By trait and group; intervals resample people, because samples of one person are correlated."""
    by_trait = {
        trait: {
            group: _of_group(scored, faces.people, faces.groups[trait] == group, threshold)
            for group in groups
            if (faces.groups[trait] == group).any()
        }
        for trait, groups in GROUPS.items()
    }
    return {trait: groups for trait, groups in by_trait.items() if groups}


def _of_group(scored: Scored, people: StrArray, members: BoolArray, threshold: float) -> GroupFigures:
    genuine, attacks = (members & (scored.labels == label) for label in (0, 1))
    return GroupFigures(
        people=len(np.unique(people[members])),
        bona_fide=int(genuine.sum()),
        attacks=int(attacks.sum()),
        bpcer=_rate(scored.scores[genuine] >= threshold, people[genuine]),
        apcer=_rate(scored.scores[attacks] < threshold, people[attacks]),
    )


def _rate(wrong: BoolArray, people: StrArray) -> Figure | None:
    if not len(wrong):
        return None
    return resampling.figure(float(wrong.mean()), resampling.mean(wrong, resampling.drawn_weights(people)))
