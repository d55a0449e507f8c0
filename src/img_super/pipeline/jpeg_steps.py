"""Damage in a JPEG that its decoder cannot notice, found in the pixels.

Each block's brightness is stored as the difference from the block before. Where data are lost, all that follows is
lighter or darker: a step between two rows of blocks from some column to the right edge, and one row further down from
the left edge to that column. No edge in a photographed scene has that shape, and none is as sharp.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from img_super.domain import BoolArray, Float32Array, Int16Array, Int64Array, RgbImage, UInt8Array

LEAST_STEP: Final = 3.0
"""Levels of 255; a smaller step hides in what compression does to every block, and harms no verdict."""

LEAST_SHARE: Final = 0.7
"""Of the blocks along the step, beyond those beside it. Sound photos stay below: an edge is rarely that straight."""

_WORTH_A_LOOK: Final = 0.5
_TILTED: Final = 0.45
"""Of a row's and the next one's blocks together, those of one sign beyond those of the other."""

_ENOUGH_COLUMNS: Final = 64
"""Of blocks, to tell which rows are worth a look: two thirds of photos have none."""

_NOISE: Final = 1.06
"""By how much a pixel strays from its neighbour, for the median of how much it does."""

_SIGNS: Final = np.zeros(256, np.int8)
"""Of a difference of two bytes: 1 or -1 where it may be a step."""
_SIGNS[int(LEAST_STEP) + 1 : 128], _SIGNS[129 : 256 - int(LEAST_STEP)] = 1, -1

_MOST_LOOKS: Final = 8
_LEAST_COLUMNS: Final = 8
_END_SHARE: Final = 0.05
"""So close to its ends, one half of the step is too short to be told from an edge across the whole photo."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    """An image by its rows of blocks (MCUs, as they are coded)."""

    image: RgbImage
    block_wh: tuple[int, int]

    @property
    def rows(self) -> int:
        """How many boundaries lie between two rows that have two rows of pixels beyond it."""
        return int(self.image.shape[0] - 2) // self.block_wh[1]

    @property
    def columns(self) -> int:
        return int(self.image.shape[1]) // self.block_wh[0]

    def samples(self) -> tuple[UInt8Array, UInt8Array]:
        """Above each boundary and below it, one pixel of some blocks: green [rows, columns]."""
        width, height = self.block_wh
        last, every = self.rows * height, max(1, self.columns // _ENOUGH_COLUMNS)
        columns = slice(width // 2, self.columns * width, every * width)
        return self.image[height - 1 : last : height, columns, 1], self.image[height : last + 1 : height, columns, 1]

    def steps_at(self, rows: Int64Array) -> Int16Array:
        """Of two pixels of each block, the sum: [rows, columns]."""
        (width, height), columns = self.block_wh, self.columns
        above, below = (self.image[(rows + 1) * height + at, : columns * width, 1].astype(np.int16) for at in (-1, 0))
        steps: Int16Array = (below - above)[:, width // 4 :: width]
        return steps + (below - above)[:, width - 1 - width // 4 :: width]

    def colours(self, offset: int, row: int) -> Float32Array:
        """Each block's mean colour so far below the upper boundary of `row` and of the next one: [2, columns, 3]."""
        (width, height), columns = self.block_wh, self.columns
        rows = self.image[row * height + offset : (row + 1) * height + offset + 1 : height, : columns * width]
        means: Float32Array = rows.reshape(2, columns, width, 3).mean(axis=2, dtype=np.float32)
        return means


def has_step(image: RgbImage, mcu_wh: tuple[int, int], scale: int = 1) -> bool:
    """Whether a decoded JPEG, as it is stored, shows the step of lost data.

    `image`: at 1/`scale` of its size; `mcu_wh`: width and height of what is coded together, in pixels of the whole
    image.
    """
    blocks = _Blocks(image, (mcu_wh[0] // scale, mcu_wh[1] // scale))
    if min(blocks.block_wh) < 2 or blocks.columns < _LEAST_COLUMNS or blocks.rows < 2:
        return False
    samples = blocks.samples()
    if not _may_have_step(*samples):
        return False
    above, below = samples
    steps = np.subtract(below, above, dtype=np.int16)
    noise = _NOISE * _median(np.abs(steps[::3, ::2])) + 0.5
    least = max(LEAST_STEP, 2 * noise)
    tilted = _tilted(steps, int(least))
    if tilted.max() < _TILTED * steps.shape[1]:
        return False
    rows = np.flatnonzero(tilted >= _TILTED * steps.shape[1])
    likely = rows[_likely(blocks.steps_at(rows), blocks.steps_at(rows + 1), int(2 * least))]
    return any(
        _is_step(blocks, int(row) + 1, (least, max(6, 4 * noise), 12 + 4 * noise)) for row in likely[:_MOST_LOOKS]
    )


def _may_have_step(above: UInt8Array, below: UInt8Array) -> bool:
    """Whether any two boundaries are tilted enough, whatever the noise is; half of sound photos end here.

    Right after decoding, the first call of each kind in NumPy costs as much as reading the pixels: here are three.
    """
    tilts = np.add.reduce(_SIGNS.take(below - above), 1, np.int16).tolist()
    return bool(max(abs(one + following) for one, following in pairwise(tilts)) >= _TILTED * above.shape[1])


def _tilted(steps: Int16Array, bound: int) -> Int16Array:
    """At each lower boundary and the next one, how many more columns go up than down, or down than up."""
    up, down = (np.add.reduce(steep, 1, np.int16) for steep in (steps > bound, steps < -bound))
    excess = np.abs(up - down)
    excess_of_two: Int16Array = excess[:-1] + excess[1:]
    return excess_of_two


def _likely(steps: Int16Array, next_steps: Int16Array, bound: int) -> BoolArray:
    """Which of these rows may have a step, so that its colours are worth a look."""
    pairs = np.stack([steps, next_steps], axis=1)
    shares = [_shares(stepped, np.ones_like(stepped)) for stepped in (pairs > bound, pairs < -bound)]
    likely: BoolArray = np.maximum(*shares) >= _WORTH_A_LOOK
    return likely


def _median(values: Int16Array) -> float:
    """As NumPy's, without what makes that one slow on few values."""
    flat, middle = values.ravel(), values.size // 2
    flat.partition(middle)
    return float(flat[middle])


def _is_step(blocks: _Blocks, row: int, levels: tuple[float, ...]) -> bool:
    """Whether a step begins at the upper boundary of this row; `levels` are tried as its least height."""
    above2, above, below, below2 = (blocks.colours(offset, row) for offset in (-2, -1, 0, 1))
    step = below - above
    sign = np.sign(step)
    gradual = np.maximum(0, sign * (above - above2 + below2 - below))  # the slope of an edge that a lens has seen
    sharp = sign * np.maximum(0, np.abs(step) - gradual)
    unclipped = ~(((above > 250) & (below > 250)) | ((above < 5) & (below < 5))).all(axis=2)
    light, hue = sharp.mean(axis=2), sharp[..., 2] - sharp[..., 1]
    differences = ((light, unclipped), (hue, np.ones_like(unclipped)))
    tries = [
        (direction * difference > level, counted)
        for difference, counted in differences
        for direction in (1, -1)
        for level in levels
    ]
    stepped, counted = (np.stack(arrays) for arrays in zip(*tries, strict=True))
    return bool(np.max(_shares(stepped, counted)) >= LEAST_SHARE)


def _shares(stepped: BoolArray, counted: BoolArray) -> Float32Array:
    """The best share of blocks on the step, less the share beside it, over all columns where the step may begin.

    `stepped`, `counted`: [n, 2, columns]: each boundary and the next one.
    """
    columns = counted.shape[-1]
    margin = max(3, int(_END_SHARE * columns))
    begins = np.arange(margin, columns - margin + 1)
    hits, totals = (
        np.pad(np.cumsum(blocks, axis=2), ((0, 0), (0, 0), (1, 0))) for blocks in (stepped & counted, counted)
    )
    hits_left, counted_left = hits[..., begins], totals[..., begins]
    hits_right: Int64Array = hits[..., -1:] - hits_left
    counted_right: Int64Array = totals[..., -1:] - counted_left
    share_on_step = np.minimum(
        hits_right[:, 0] / np.maximum(1, counted_right[:, 0]), hits_left[:, 1] / np.maximum(1, counted_left[:, 1])
    )
    share_beside = np.maximum(
        hits_left[:, 0] / np.maximum(3, counted_left[:, 0]), hits_right[:, 1] / np.maximum(3, counted_right[:, 1])
    )
    enough = np.minimum(counted_right[:, 0], counted_left[:, 1]) >= 3
    best: Float32Array = np.max(np.where(enough, share_on_step - share_beside, 0), axis=1, initial=0).astype(np.float32)
    return best
