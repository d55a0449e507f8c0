"""Tells ghosts from other documents' portraits by a wide view, in which ghosts fade. Pure functions.

If a large head fills much of the photo, an engraved ghost looks like another document's portrait, even in a close-up.
At 1.6 times smaller, a portrait keeps a document around it (measured: log, November 30).
"""

from collections.abc import Sequence
from typing import Final

from img_super.detector.closer_look import is_same_face
from img_super.detector.standing import Standing

TIMES: Final = 1.6
LEAST_CONFIDENCE: Final = 0.05

_FADED: Final = 1.5
"""So much of a document is seen from far around 103 of 104 second documents' portraits, and around few ghosts."""


def fades(face: Standing, far: Sequence[Standing]) -> bool:
    """Whether hardly any document is visible around a face in the wide view; false if the face is too small there."""
    twin = next((other for other in far if is_same_face(face, other)), None)
    return twin is not None and twin.document < _FADED
