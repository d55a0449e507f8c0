"""Groups of people, for error rates by group: sex and age as a portrait was ordered, skin tone as its pixels show it.

Only CC0 portraits are known: `prompts.tsv` beside them has a line such as "profile picture of a 22-year-old woman from
Malawi" for each. They show people who do not exist.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage, StrArray
from img_super.lab.dataset.forged_photos import Landmarks
from img_super.lab.dataset.forgeries.landmarked_face import LandmarkedFace

GROUPS: Final = {"sex": ("female", "male"), "age": ("18-34", "35-54", "55+"), "skin": ("light", "medium", "dark")}
"""The traits, and the groups of each."""

_AGES: Final = (35, 55)
_ANGLES: Final = (41, 10)
"""Individual typology angles above which skin is light, and medium (intermediate, tan); below: brown, dark.

Source: A. Chardon et al., "Skin colour typology and suntanning pathways", 1991."""

_PROMPTS: Final = "prompts.tsv"
_ORDERED: Final = re.compile(r"(\w+/\w+)\.jpg\t.*?(\d+)-year-old (man|woman)\b")
_CHEEK: Final = 0.15
"""Half the side of what is looked at below each eye, in distances between the eyes."""

Names = StrArray


@dataclass(frozen=True, slots=True)
class ShownFaces:
    """The person that each sample shows, and the group by trait; empty if unknown.

    For a genuine document it is the portrait's person, for an attack the donor.
    """

    people: Names
    groups: Mapping[str, Names]


def shown_faces(people: Sequence[str], portraits: Path) -> ShownFaces:
    """The groups of people named as `cc0/female/12`, whose pictures lie in `portraits/female/12.jpg`."""
    path = portraits / _PROMPTS
    ordered = _ORDERED.findall(path.read_text("utf-8")) if path.is_file() else []
    landmarks, shown = Landmarks(), set(people)
    traits = {
        name: {"sex": "female" if noun == "woman" else "male", "age": age_group(int(age)), "skin": _skin(face)}
        for number, age, noun in ordered
        if (name := f"cc0/{number}") in shown and (face := landmarks.person(portraits / f"{number}.jpg"))
    }
    of_trait = {trait: [traits[name][trait] if name in traits else "" for name in people] for trait in GROUPS}
    return ShownFaces(
        np.array(people, dtype=np.str_), {trait: np.array(groups, np.str_) for trait, groups in of_trait.items()}
    )


def age_group(years: int) -> str:
    """The group of this age."""
    return GROUPS["age"][sum(years >= limit for limit in _AGES)]


def skin_tone(cheeks: RgbImage) -> str:
    """The skin tone group of these pixels, under the portrait's own light."""
    lab = cv2.cvtColor(np.asarray(cheeks, np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    lightness, _, yellow = np.median(lab, axis=0)
    angle = float(np.degrees(np.arctan2(lightness - 50, yellow)))
    return GROUPS["skin"][sum(angle <= limit for limit in _ANGLES)]


def _skin(face: LandmarkedFace) -> str:
    """Below each eye, a little more than halfway to the corner of the mouth."""
    eyes, mouth = face.landmarks[:2], face.landmarks[3:]
    reach = max(1, round(_CHEEK * float(np.linalg.norm(eyes[0] - eyes[1]))))
    centres = (0.45 * eyes + 0.55 * mouth).round().astype(int)
    cheeks = [face.image[y - reach : y + reach, x - reach : x + reach].reshape(-1, 1, 3) for x, y in centres]
    return skin_tone(np.concatenate(cheeks))
