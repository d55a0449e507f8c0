"""Losses of the one-pass network. Targets carry their weights after the answers (`targets.WEIGHTS`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from keras import ops

SHARES: Final = {"centres": 1.0, "boxes": 1.0, "corners": 0.4, "rotations": 0.5}
"""How much each output counts in the sum."""

_SURE: Final = 0.999
_AXES: Final = (1, 2, 3)


def centres_loss(truth: Any, answer: Any) -> Any:
    """Focal loss, reduced for cells near a centre. Source: CenterNet, 2019, equation 1."""
    likely, counts = truth[..., :2], truth[..., 2:]
    answer = ops.clip(answer, 1e-5, 1 - 1e-5)
    here = ops.cast(likely > _SURE, answer.dtype)
    found = here * (1 - answer) ** 2 * ops.log(answer)
    absent = (1 - here) * (1 - likely) ** 4 * answer**2 * ops.log(1 - answer)
    return -ops.sum(counts * (found + absent), axis=_AXES)


def boxes_loss(truth: Any, answer: Any) -> Any:
    """The absolute error of the face's box, and half of the frame's."""
    error = ops.abs(truth[..., :8] - answer)
    face = _mean(ops.sum(error[..., :4], axis=-1, keepdims=True), truth[..., 8:9])
    return face + 0.5 * _mean(ops.sum(error[..., 4:], axis=-1, keepdims=True), truth[..., 9:])


def corners_loss(truth: Any, answer: Any) -> Any:
    """The absolute error of the corners, in `CORNER_UNIT_PX`."""
    return _mean(ops.mean(ops.abs(truth[..., :8] - answer), axis=-1, keepdims=True), truth[..., 8:])


def rotations_loss(truth: Any, answer: Any) -> Any:
    """Cross-entropy of the four rotations."""
    shares = ops.log_softmax(answer, axis=-1)
    return _mean(-ops.sum(truth[..., :4] * shares, axis=-1, keepdims=True), truth[..., 4:])


def _mean(error: Any, weight: Any) -> Any:
    """Per photo, over the weighted cells; zero if there are none."""
    return ops.sum(error * weight, axis=_AXES) / ops.maximum(ops.sum(weight, axis=_AXES), 1e-3)


LOSSES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "centres": centres_loss, "boxes": boxes_loss, "corners": corners_loss, "rotations": rotations_loss
}  # fmt: skip
