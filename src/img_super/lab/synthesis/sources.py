"""Sources of samples, split so that validation shares no person, design or background with training."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, overload

import cv2
import numpy as np

from img_super.domain import RgbImage
from img_super.errors import ImgSuperError
from img_super.lab.dataset.splits import Split, backgrounds_of, designs_of, split_of_identity
from img_super.lab.synthesis.documents.design import family_names
from img_super.lab.synthesis.documents.docxpand import DOCXPAND_NAMES
from img_super.lab.synthesis.portraits.drawn import draw_portraits
from img_super.lab.synthesis.portraits.folder import Progress, read_portraits
from img_super.lab.synthesis.portraits.portrait import Portrait

PORTRAIT_FOLDERS: Final = {"cc0": "portraits-cc0", "gan": "portraits-gan"}


class NothingToDrawFrom(ImgSuperError):
    """Too few portraits, no designs or no backgrounds for the request."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that a split draws from.

    `designs`: families of our own designs; `docxpand`: names of DocXPand's designs, in `docxpand_folder`.
    """

    portraits: tuple[Portrait, ...]
    backgrounds: Sequence[RgbImage]
    designs: tuple[str, ...]
    docxpand: tuple[str, ...]
    docxpand_folder: Path


@dataclass(frozen=True, slots=True)
class Wanted:
    """The requested sources of a data set."""

    split: Split
    drawn: int = 0  # number of portraits to generate, in addition to the folder's
    portraits: tuple[str, ...] = ()  # only these sources; empty: all
    designs: tuple[str, ...] = ()  # families to choose from; empty: all of the split
    seed: int = 1  # of the drawn portraits


def load_sources(data: Path | None, cache: Path, selection: Wanted, progress: Progress | None = None) -> Sources:
    """Load a split's sources; results for portraits are kept in `cache`.

    Args:
        data: a folder with `portraits-cc0`, `portraits-gan`, `backgrounds` and `card-designs-docxpand`, each of which
            may be missing; without them, portraits are generated and tables are plain or procedural.
        progress: receives the number of finished portraits.

    Raises `NothingToDrawFrom`: fewer than two portraits, or a design outside the split; `BadWeights`: a
    network that the portraits need is not installed.
    """
    portraits = tuple(_portraits(data, cache, selection, progress))
    if len(portraits) < 2:
        raise NothingToDrawFrom("A pair needs two people: name a folder with portraits, or ask for more drawn ones.")
    docxpand_folder = (data or Path()) / "card-designs-docxpand"
    takes_docxpand = selection.split == "validation" and data is not None and docxpand_folder.is_dir()
    docxpand = DOCXPAND_NAMES if takes_docxpand and not selection.designs else ()
    designs = _designs(selection.split, selection.designs)
    return Sources(portraits, _backgrounds(data, selection.split), designs, docxpand, docxpand_folder)


def _portraits(data: Path | None, cache: Path, selection: Wanted, progress: Progress | None) -> list[Portrait]:
    people = [] if data is None else [
        portrait
        for source, folder in PORTRAIT_FOLDERS.items()
        if (data / folder).is_dir() and source in (selection.portraits or PORTRAIT_FOLDERS)
        for portrait in read_portraits(data / folder, source, cache, progress)
    ]  # fmt: skip
    if selection.drawn and "drawn" in (selection.portraits or ("drawn",)):
        people += draw_portraits(selection.drawn, selection.seed, cache, progress)
    return [portrait for portrait in people if split_of_identity(portrait.source, portrait.identity) == selection.split]


def _designs(split: Split, names: tuple[str, ...]) -> tuple[str, ...]:
    allowed = designs_of(split, family_names())
    strangers = [name for name in names if name not in allowed]
    if strangers:
        raise NothingToDrawFrom(f"{split} may not show {', '.join(strangers)}; choose from {', '.join(allowed)}.")
    return names or allowed


def _backgrounds(data: Path | None, split: Split) -> Sequence[RgbImage]:
    paths = {path.name: path for path in sorted((data / "backgrounds").glob("*.jpg"))} if data is not None else {}
    chosen = tuple(paths[name] for name in backgrounds_of(split, list(paths)))
    return _Pictures(chosen) if chosen else (np.full((512, 512, 3), 128, np.uint8),)


@dataclass(frozen=True, slots=True)
class _Pictures(Sequence[RgbImage]):
    """Pictures that are read on first use, because no process shows all of them."""

    paths: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, number: int) -> RgbImage: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[RgbImage]: ...
    def __getitem__(self, number: int | slice) -> RgbImage | Sequence[RgbImage]:
        return _Pictures(self.paths[number]) if isinstance(number, slice) else _read_small(self.paths[number])


@cache
def _read_small(path: Path) -> RgbImage:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise NothingToDrawFrom(f"The background {path.name} is no picture that can be read.")
    small = cv2.resize(bgr, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)
