"""Which people are kept out of training, in one place: the generator and the evaluation must agree on it."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from zlib import crc32

HELD_OUT_SHARE: Final = 0.35
"""Of the CC0 identities; chosen by a checksum of the name, so that the choice never moves."""


def held_out(portrait: Path) -> bool:
    """Whether a CC0 portrait (`.../<sex>/<number>.jpg`) is kept for validation."""
    return crc32(f"{portrait.parent.name}/{portrait.name}".encode()) / 2**32 < HELD_OUT_SHARE
