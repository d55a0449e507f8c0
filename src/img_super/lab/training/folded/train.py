"""The training loop: pairs of a genuine crop and its attack, a running mean of the weights, checkpoints."""

from __future__ import annotations

import ctypes
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from torch.nn import functional

from img_super.lab.training.folded.attention import PREFIXES
from img_super.lab.training.folded.carry import save_weights
from img_super.lab.training.folded.network import Answers, answers, to_keras, to_torch

Tensor = Any
RECIPES: Final = Path(__file__).parent / "recipes"
LAST_FILE: Final = "last.pt"
_KEPT_MEMORY: Final = {-4: 0, -1: 2**31 - 1, -2: 2**26}
"""Of mallopt(3): M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD."""
_CLIPPED_NORM: Final = 2.0
_LEAST_RATE: Final = 0.05
"""Of the learning rate, at the end of its cosine."""


class Batch(Protocol):
    """Crops uint8 [2n, side, side, 3], genuine ones first, their attacks in the same order; masks of the attacks."""

    @property
    def crops(self) -> npt.NDArray[np.uint8]: ...
    @property
    def masks(self) -> npt.NDArray[np.uint8]: ...
    @property
    def species(self) -> list[str]: ...


class FoldedRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a training needs.

    Attributes:
        pairs: of a batch; steps: of the whole training; learning_rate: of AdamW, warmed up, then under a cosine.
        attention_rate_factor: of the learning rate, for the self-attention, which begins with random weights.
        frozen_blocks: this many blocks, and the stem, are not trained.
        ema_momentum: of the running mean of the weights, which is what ships.
        rank_weight: of the loss that ranks each attack above its own genuine crop.
        tail_weight: of the loss that ranks each attack above the highest genuine crops of its batch.
        real_share: of the bases, real captures instead of rendered ones.
        autoencoder_steps: of the networks that redraw some swapped faces; 0: none.
        variants: of each portrait drawn here, whose face they replace.
        sides_px: one is drawn per batch.
        threads: of PyTorch; `workers`: processes that make batches.
    """

    name: str
    steps: int
    pairs: int = 16
    learning_rate: float = 1.5e-4
    attention_rate_factor: float = 6.0
    warm_up_steps: int = 150
    weight_decay: float = 1e-4
    frozen_blocks: int = 3
    ema_momentum: float = 0.998
    label_smoothing: float = 0.04
    rank_weight: float = 0.4
    tail_weight: float = 0.0
    heat_map_weight: float = 0.5
    dropout: float = 0.2
    real_share: float = 0.35
    donors_from_bases: float = 0.35
    autoencoder_steps: int = 1600
    variants: int = 2
    sides_px: tuple[int, ...] = (224, 224, 256, 288, 288)
    seed: int = 1
    threads: int = 2
    workers: int = 2
    kept_every_steps: int = 250

    @property
    def loss_weights(self) -> tuple[float, float, float, float]:
        """In the order of `losses_of`."""
        return 1.0, self.rank_weight, self.heat_map_weight, self.tail_weight


@dataclass(slots=True)
class State:
    """The state of a training: weights, their running mean, optimiser, steps done."""

    weights: dict[str, Tensor]
    mean: dict[str, Tensor]
    optimiser: Any
    step: int = 0


def train(
    recipe: FoldedRecipe, first: Mapping[str, npt.NDArray[np.float32]], batches: Iterator[Batch], folder: Path
) -> dict[str, npt.NDArray[np.float32]]:
    """Train from the folded weights `first`, or resume a training in `folder`; return the mean of the weights."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    _keep_freed_memory()
    folder.mkdir(parents=True, exist_ok=True)
    state = resumed(recipe, first, folder)
    progress = _Progress(recipe.pairs)
    for batch in batches:
        if state.step >= recipe.steps:
            break
        found, losses = _step(recipe, state, batch)
        progress.tell(state.step, batch, found, losses)
        if state.step % recipe.kept_every_steps == 0:
            _keep(state, folder)
    return to_keras(state.mean)


def resumed(recipe: FoldedRecipe, first: Mapping[str, npt.NDArray[np.float32]], folder: Path) -> State:
    """The state of the folder's checkpoint, or a new one."""
    weights = to_torch(first)
    optimiser = torch.optim.AdamW(_groups(recipe, weights), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    state = State(weights, {name: tensor.detach().clone() for name, tensor in weights.items()}, optimiser)
    if (folder / LAST_FILE).exists():
        kept = torch.load(folder / LAST_FILE)
        with torch.no_grad():
            for name, tensor in state.weights.items():
                tensor.copy_(kept["weights"][name])
        state.mean, state.step = kept["mean"], kept["step"]
        optimiser.load_state_dict(kept["optimiser"])
    return state


def _groups(recipe: FoldedRecipe, weights: dict[str, Tensor]) -> list[dict[str, Any]]:
    """The learned weights, grouped by their factor of the learning rate."""
    learned: dict[float, list[Tensor]] = {}
    for name, tensor in weights.items():
        if not _is_frozen(name, recipe.frozen_blocks):
            factor = recipe.attention_rate_factor if name.startswith(PREFIXES) else 1.0
            learned.setdefault(factor, []).append(tensor.requires_grad_())
    return [{"params": tensors, "factor": factor} for factor, tensors in learned.items()]


def _keep_freed_memory() -> None:
    """Tell glibc to keep freed memory: requesting it from the system at every step cost a third of the time."""
    libc = ctypes.CDLL(None)
    for parameter, value in _KEPT_MEMORY.items():
        libc.mallopt(parameter, value)


def _is_frozen(name: str, blocks: int) -> bool:
    return blocks > 0 and name.startswith(("stem", *(f"block{number}_" for number in range(blocks))))


def _step(recipe: FoldedRecipe, state: State, batch: Batch) -> tuple[Answers, tuple[float, ...]]:
    crops = torch.from_numpy(batch.crops).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
    found = answers(state.weights, crops, recipe.frozen_blocks, recipe.dropout)
    losses = losses_of(recipe, found, torch.from_numpy(batch.masks))
    for group in state.optimiser.param_groups:
        group["lr"] = group["factor"] * _rate(recipe, state.step)
    state.optimiser.zero_grad(set_to_none=True)
    sum(weight * loss for weight, loss in zip(recipe.loss_weights, losses, strict=True)).backward()
    learned = [tensor for tensor in state.weights.values() if tensor.requires_grad]
    torch.nn.utils.clip_grad_norm_(learned, _CLIPPED_NORM)
    state.optimiser.step()
    state.step += 1
    momentum = min(recipe.ema_momentum, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        for name, tensor in state.weights.items():
            state.mean[name].lerp_(tensor, 1 - momentum)
    return found, tuple(loss.item() for loss in losses)


def losses_of(recipe: FoldedRecipe, found: Answers, masks: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of the labels, of the order within each pair, of the heat map, of the highest genuine crops.

    The first half of the batch is genuine.
    """
    count = len(masks)
    genuine, forged = found.logits[:count], found.logits[count:]
    smooth = recipe.label_smoothing / 2
    labels = torch.cat([torch.full((count,), smooth), torch.full((count,), 1 - smooth)])
    place = functional.interpolate(masks[:, None].float() / 255, size=found.heat_map.shape[1:], mode="area")[:, 0]
    places = torch.cat([torch.zeros_like(place), place])
    return (
        functional.binary_cross_entropy_with_logits(found.logits, labels),
        functional.softplus(genuine - forged).mean(),
        functional.binary_cross_entropy_with_logits(found.heat_map, places),
        functional.softplus(torch.logsumexp(genuine, 0) - forged).mean(),
    )


def _rate(recipe: FoldedRecipe, step: int) -> float:
    cosine = 0.5 * (1 + float(np.cos(np.pi * min(1.0, step / recipe.steps))))
    warm = min(1.0, (step + 1) / recipe.warm_up_steps)
    return recipe.learning_rate * warm * (_LEAST_RATE + (1 - _LEAST_RATE) * cosine)


def _keep(state: State, folder: Path) -> None:
    kept = {"weights": state.weights, "mean": state.mean, "optimiser": state.optimiser.state_dict(), "step": state.step}
    unfinished = folder / f"{LAST_FILE}.part"
    torch.save(kept, unfinished)
    unfinished.replace(folder / LAST_FILE)
    save_weights(folder / f"mean-{state.step:06d}.npz", to_keras(state.mean))


class _Progress:
    """Prints progress: speed, losses, and the share of pairs of each species in which the attack scores higher."""

    def __init__(self, pairs: int, every_steps: int = 50) -> None:
        self._pairs, self._every = pairs, every_steps
        self._since = time.monotonic()
        self._losses: list[tuple[float, ...]] = []
        self._right: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()

    def tell(self, step: int, batch: Batch, found: Answers, losses: tuple[float, ...]) -> None:
        count = len(batch.species)
        higher = (found.logits[count:] > found.logits[:count]).tolist()
        self._losses.append(losses)
        self._seen.update(batch.species)
        self._right.update(name for name, right in zip(batch.species, higher, strict=True) if right)
        if step % self._every == 0:
            self._print(step)

    def _print(self, step: int) -> None:
        speed = 2 * self._pairs * len(self._losses) / (time.monotonic() - self._since)
        told = [f"{name} {self._right[name] / seen:.2f}" for name, seen in sorted(self._seen.items())]
        Console().print(f"step {step}  {speed:.1f} crops/s  losses {np.round(np.mean(self._losses, 0), 3)}", *told)
        self._since, self._losses = time.monotonic(), []
        self._seen.clear()
        self._right.clear()
