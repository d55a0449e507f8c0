"""Ghost or another document's portrait: a look from far, from which ghosts fade. Pure functions.

Where a large head fills much of the photo, a ghost that is engraved in the document looks like another one's portrait,
from near, too. 1.6 times as small, a portrait keeps a document around it (measured: log, November 30).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from img_super.detector.closer_look import is_same_face
from img_super.detector.standing import Standing

TIMES: Final = 1.6
LEAST_CONFIDENCE: Final = 0.05

_FADED: Final = 1.5
"""So much of a document is seen from far around 103 of 104 second documents' portraits, and around few ghosts."""


def fades(face: Standing, far: Sequence[Standing]) -> bool:
    """Whether hardly any document is seen from far around a face; not where it is too small to be seen at all."""
    twin = next((other for other in far if is_same_face(face, other)), None)
    return twin is not None and twin.document < _FADED
