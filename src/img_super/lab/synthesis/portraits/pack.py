"""Many portraits in one memory-mapped file: loading is free, and processes share the memory.

Layout: the pixels of every picture and matte in sequence; an index (.npz); the index's length (8 bytes).
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np

from img_super.domain import Float32Array, UInt8Array
from img_super.durable import replacing
from img_super.lab.synthesis.portraits.portrait import Portrait

_LENGTH_BYTES: Final = 8


def write_pack(path: Path, portraits: Sequence[Portrait]) -> None:
    """Write the portraits of one source."""
    index = BytesIO()
    np.savez(
        index,
        identities=np.array([portrait.identity for portrait in portraits], dtype=np.str_),
        sources=np.array([portrait.source for portrait in portraits], dtype=np.str_),
        hw=np.array([portrait.image.shape[:2] for portrait in portraits], np.int64).reshape(-1, 2),
        landmarks=np.array([portrait.landmarks for portrait in portraits], np.float32).reshape(-1, 5, 2),
        outlines=np.array([portrait.outline for portrait in portraits], np.float32).reshape(-1, 36, 2),
        faces=np.array([portrait.face_xywh for portrait in portraits], np.float64).reshape(-1, 4),
    )
    pixels = [np.ascontiguousarray(array).data for portrait in portraits for array in (portrait.image, portrait.matte)]
    tail = index.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished, unfinished.open("wb") as stream:
        stream.writelines([*pixels, tail, len(tail).to_bytes(_LENGTH_BYTES, "little")])


def read_pack(path: Path) -> list[Portrait] | None:
    """The portraits of a pack, their pixels memory-mapped; None if the pack is missing or incomplete."""
    try:
        data = np.memmap(path, np.uint8, mode="r")
        length = int.from_bytes(data[-_LENGTH_BYTES:].tobytes(), "little")
        with np.load(BytesIO(data[-_LENGTH_BYTES - length : -_LENGTH_BYTES].tobytes())) as arrays:
            index = {name: arrays[name] for name in arrays.files}
    except (FileNotFoundError, ValueError, EOFError, BadZipFile):
        return None
    return _portraits(data, index)


def _portraits(data: UInt8Array, index: dict[str, Float32Array]) -> list[Portrait]:
    portraits, start = [], 0
    for row, identity in enumerate(index["identities"]):
        height, width = (int(side) for side in index["hw"][row])
        middle, end = start + 3 * height * width, start + 4 * height * width
        x, y, face_width, face_height = (float(value) for value in index["faces"][row])
        portraits.append(
            Portrait(
                identity=str(identity),
                source=str(index["sources"][row]),
                image=np.asarray(data[start:middle]).reshape(height, width, 3),
                matte=np.asarray(data[middle:end]).reshape(height, width),
                landmarks=index["landmarks"][row],
                outline=index["outlines"][row],
                face_xywh=(x, y, face_width, face_height),
            )
        )
        start = end
    return portraits
