"""What samples are made from, split so that validation shares no person and no design with training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from img_super.domain import RgbImage
from img_super.evaluation.held_out import held_out
from img_super.synthesis.designs import DOCXPAND_FRAMES
from img_super.synthesis.portraits import FaceFinder, Portrait, prepare_portrait, read_rgb

Split = Literal["train", "validation"]


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a split draws from; `designs` is empty where designs are procedural."""

    portraits: tuple[Portrait, ...]
    backgrounds: tuple[RgbImage, ...]
    designs: tuple[str, ...]
    designs_folder: Path


def load_sources(data: Path, cache: Path, split: Split) -> Sources:
    """Load a split's sources from the data folder; cut-outs are cached in `cache`.

    Raises `FileNotFoundError` when the data folder has no portraits or no backgrounds.
    """
    finder = FaceFinder()
    paths = [("cc0", path) for path in sorted(data.glob("portraits-cc0/*/*.jpg"))]
    paths = [(source, path) for source, path in paths if held_out(path) == (split == "validation")]
    if split == "train":
        paths += [("gan", path) for path in sorted(data.glob("portraits-gan/*.jpg"))]
    portraits = [prepare_portrait(path, source, cache, finder) for source, path in paths]
    backgrounds = split_backgrounds(sorted(data.glob("backgrounds/*.jpg")), split)
    if not paths or not backgrounds:
        raise FileNotFoundError(f"{data} holds no portraits or no backgrounds")
    return Sources(
        tuple(portrait for portrait in portraits if portrait is not None),
        tuple(read_rgb(path) for path in backgrounds),
        tuple(DOCXPAND_FRAMES) if split == "validation" else (),
        data / "card-designs-docxpand",
    )


def split_backgrounds(paths: Sequence[Path], split: Split) -> list[Path]:
    """Every seventh background is validation's."""
    return [path for index, path in enumerate(paths) if (index % 7 == 3) == (split == "validation")]
