"""Damage in a JPEG that its decoder cannot notice, found in the pixels.

Each block's brightness is stored relative to the block before. Where data are lost, all later blocks are lighter or
darker: a step between two rows of blocks from some column to the right edge, and one row further down from
the left edge to that column. No edge in a photographed scene has that shape, and none is as sharp.
"""

from functools import lru_cache
from typing import Final, NamedTuple

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

_NOISE_FROM_EVERY: Final = 5

_MOST_LOOKS: Final = 8
_LEAST_COLUMNS: Final = 8
_END_SHARE: Final = 0.05
"""So close to its ends, one half of the step is too short to be told from an edge across the whole photo."""


class _Blocks(NamedTuple):
    """An image by its rows of blocks (MCUs)."""

    image: RgbImage
    block_wh: tuple[int, int]
    columns: int

    def steps_at(self, rows: Int64Array) -> Int16Array:
        """The sum of two pixels of each block: [rows, columns]."""
        (width, height), columns = self.block_wh, self.columns
        above, below = (self.image[(rows + 1) * height + at, : columns * width, 1].astype(np.int16) for at in (-1, 0))
        steps: Int16Array = (below - above)[:, width // 4 :: width]
        return steps + (below - above)[:, width - 1 - width // 4 :: width]

    def colours(self, offset: int, row: int) -> Float32Array:
        """Each block's mean colour this far below the upper boundary of `row` and of the next: [2, columns, 3]."""
        (width, height), columns = self.block_wh, self.columns
        rows = self.image[row * height + offset : (row + 1) * height + offset + 1 : height, : columns * width]
        means: Float32Array = rows.reshape(2, columns, width, 3).mean(axis=2, dtype=np.float32)
        return means


def has_step(image: RgbImage, mcu_wh: tuple[int, int], scale: int = 1) -> bool:
    """Whether a decoded JPEG, in stored orientation, shows the step of lost data.

    `image`: at 1/`scale` of its size; `mcu_wh`: width and height of an MCU, in pixels of the whole
    image.
    """
    width, height = mcu_wh[0] // scale, mcu_wh[1] // scale
    if width < 2 or height < 2:
        return False
    rows, columns = (image.shape[0] - 2) // height, image.shape[1] // width
    if columns < _LEAST_COLUMNS or rows < 2:
        return False
    samples, sampled_columns = _samples(image, (width, height), rows, columns)
    noise = _NOISE * _median(samples[::_NOISE_FROM_EVERY].translate(_SIZES)) + 0.5
    least = max(LEAST_STEP, 2 * noise)
    rows_tilted = _tilted(samples.translate(_signs(int(least))), sampled_columns)
    if not rows_tilted:
        return False
    blocks, tilted = _Blocks(image, (width, height), columns), np.array(rows_tilted)
    likely = tilted[_likely(blocks.steps_at(tilted), blocks.steps_at(tilted + 1), int(2 * least))]
    return any(
        _is_step(blocks, int(row) + 1, (least, max(6, 4 * noise), 12 + 4 * noise)) for row in likely[:_MOST_LOOKS]
    )


def _samples(image: RgbImage, block_wh: tuple[int, int], rows: int, columns: int) -> tuple[bytes, int]:
    """The steps at each boundary, of one pixel of some blocks: green, a negative one as 256 more; and of how many.

    `rows`: how many boundaries lie between two rows that have two rows of pixels beyond it.
    """
    width, height = block_wh
    last, every = rows * height, max(1, round(columns / _ENOUGH_COLUMNS))
    sampled = slice(width // 2, columns * width, every * width)
    steps: UInt8Array = image[height : last + 1 : height, sampled, 1] - image[height - 1 : last : height, sampled, 1]
    return steps.tobytes(), steps.shape[1]


def _tilted(signs: bytes, columns: int) -> list[int]:
    """The boundaries at which, and at the next one, far more columns go up than down, or down than up.

    Most photos have none. Right after decoding, NumPy functions that are no longer cached cost as much as reading the
    pixels, so integer bits are counted instead.
    """
    two, enough = 2 * columns, _TILTED * columns
    return [
        begin // columns
        for begin in range(0, len(signs) - columns, columns)
        if abs(int.from_bytes(signs[begin : begin + two]).bit_count() - two) >= enough
    ]


_SIZES: Final = bytes(min(step, 256 - step) for step in range(256))
"""Of each step, without its sign."""


@lru_cache(maxsize=256)
def _signs(bound: int) -> bytes:
    """For each step, a byte with two bits set if it rises by more than `bound`, none if it falls, else one."""
    return bytes(3 if bound < step < 128 else 0 if 128 < step < 256 - bound else 1 for step in range(256))


def _likely(steps: Int16Array, next_steps: Int16Array, bound: int) -> BoolArray:
    """The rows that may have a step, whose colours are checked next."""
    pairs = np.stack([steps, next_steps], axis=1)
    shares = [_shares(stepped, np.ones_like(stepped)) for stepped in (pairs > bound, pairs < -bound)]
    likely: BoolArray = np.maximum(*shares) >= _WORTH_A_LOOK
    return likely


def _median(sizes: bytes) -> int:
    """By counting upwards, because a photo's values are small."""
    middle, size = len(sizes) // 2, 0
    below = sizes.count(0)
    while below <= middle:
        size += 1
        below += sizes.count(size)
    return size


def _is_step(blocks: _Blocks, row: int, levels: tuple[float, ...]) -> bool:
    """Whether a step begins at the upper boundary of this row; `levels` are tried as its least height."""
    above2, above, below, below2 = (blocks.colours(offset, row) for offset in (-2, -1, 0, 1))
    step = below - above
    sign = np.sign(step)
    gradual = np.maximum(0, sign * (above - above2 + below2 - below))  # the slope of a real edge, blurred by a lens
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
