"""Real captures as bases: windows around portraits, with `labels.json` beside them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from img_super.domain import Float32Array, Rotation
from img_super.lab.forging.base import Base
from img_super.lab.synthesis.portraits.folder import PortraitNetworks, decode_rgb
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.turn import turn

_FRAME: Final = np.array([[-0.9, -1.0], [0.9, -1.0], [0.9, 1.3], [-0.9, 1.3]], np.float32)
"""Approximate extent of an ID photo, in face sizes from the face's centre."""


def real_bases(folder: Path, networks: PortraitNetworks, left_out: Collection[str]) -> Iterator[Base]:
    """The captures of `folder` in which the portrait is found, upright, except excluded documents."""
    for name, truth in json.loads((folder / "labels.json").read_text("utf-8")).items():
        if truth["document"] in left_out:
            continue
        image = turn(decode_rgb((folder / name).read_bytes(), folder / name), _upright(truth["rotation"]))
        person = networks.examine(f"{truth['document']}/{name}", np.ascontiguousarray(image))
        if person is not None:
            yield Base(truth["document"], "real", person, likely_frame(person))


def likely_frame(person: Portrait) -> Float32Array:
    """The likely corners of the ID photo around a face, float32 [4, 2], aligned with the eyes."""
    across = person.landmarks[1] - person.landmarks[0]
    angle = float(np.arctan2(across[1], across[0]))
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    x, y, width, height = person.face_xywh
    size = float(np.sqrt(width * height))
    return np.asarray(_FRAME * size @ turned + np.array([x + width / 2, y + height / 2]), np.float32)


def _upright(rotation: int) -> Rotation:
    if rotation not in (0, 90, 180, 270):
        raise ValueError(f"a rotation of {rotation} degrees")
    return rotation  # type: ignore[return-value]
