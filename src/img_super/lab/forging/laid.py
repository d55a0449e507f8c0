"""What an attack leaves: the photo, where it is covered, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass

from img_super.lab.forging.base import FloatArray


@dataclass(frozen=True, slots=True)
class Laid:
    """A forged photo.

    Attributes:
        photo: float32 RGB, 0 to 255.
        mask: float32 height x width, 0 to 1: what was laid over.
        species: the attack's name.
    """

    photo: FloatArray
    mask: FloatArray
    species: str
