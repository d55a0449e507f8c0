"""What an attack leaves: the photo, where it is covered, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass

from img_super.domain import Float32Array


@dataclass(frozen=True, slots=True)
class Laid:
    """A forged photo.

    Attributes:
        photo: float32 RGB, 0 to 255.
        mask: float32 height x width, 0 to 1: what was laid over.
        species: the attack's name.
    """

    photo: Float32Array
    mask: Float32Array
    species: str
