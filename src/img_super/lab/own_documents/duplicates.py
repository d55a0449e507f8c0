"""Photos that show the same: the same file, a resized or re-saved copy, a genuine photo and the forgery made of it.

A difference hash says of each of 16 x 16 places of a grey picture whether it is darker than the next one to its right.
Source: N. Krawetz, "Kind of Like That", 2013.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from img_super.domain import RgbImage

Hash = npt.NDArray[np.uint8]
"""256 bits in 32 bytes."""

SIDE: Final = 16
MAX_DIFFERENT_BITS: Final = 40
"""Of 256; see docs/own_documents.md for how far apart copies and different cards lie."""


def difference_hash(image: RgbImage) -> Hash:
    """The hash of an RGB picture of any size."""
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA)
    return np.packbits(small[:, 1:] > small[:, :-1])


def groups(hashes: Sequence[Hash], names: Sequence[str], max_different_bits: int = MAX_DIFFERENT_BITS) -> list[int]:
    """Which photos belong together: equal numbers for near-duplicates and for equal names, also by way of a third.

    `names`: one a photo, such as its document; an empty one is like no other.
    """
    first_of_name: dict[str, int] = {}
    stacked = np.stack(hashes) if len(hashes) else np.empty((0, SIDE * SIDE // 8), np.uint8)
    pairs: list[tuple[int, int]] = []
    for index, name in enumerate(names):
        if name:
            pairs.append((index, first_of_name.setdefault(name, index)))
        different = np.bitwise_count(stacked[:index] ^ stacked[index]).sum(axis=1)
        pairs += [(index, int(twin)) for twin in np.flatnonzero(different <= max_different_bits)]
    links = np.array(pairs, np.int64).reshape(-1, 2)
    alike = coo_array((np.ones(len(links)), links.T), shape=(len(hashes), len(hashes)))
    return list(map(int, connected_components(alike, directed=False)[1]))
