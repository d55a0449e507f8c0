"""From labelled photos to what the network sees of them. Nothing is dropped in silence: what is left out says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from img_super.domain import Label, RgbImage
from img_super.errors import Refusal
from img_super.lab.own_documents.duplicates import Hash, difference_hash, groups
from img_super.lab.own_documents.errors import BadLabels, Contradiction, DuplicateFile, OtherFace
from img_super.lab.own_documents.truth import OwnPhoto
from img_super.model_card import quality_shares
from img_super.pipeline.pipeline import Pipeline
from img_super.sources.found import Failed, Reader, Storage

Told = Callable[[], object]


@dataclass(frozen=True, slots=True)
class OwnCrop:
    """What the network sees of one photo.

    Attributes:
        sha256: of the file.
        document: photos with the same value must stay in one split: the same card, copies, near-duplicates.
        crop: uint8 [side, side, 3], upright.
        quality: codes of what makes the photo's answer less certain.
    """

    name: str
    sha256: str
    label: Label
    species: str
    document: str
    crop: RgbImage
    quality: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A photo that is not used, and why."""

    name: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class OwnDocuments:
    """A team's own photos, read."""

    crops: tuple[OwnCrop, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        return np.array([crop.label for crop in self.crops], np.int64)

    @property
    def documents(self) -> npt.NDArray[np.str_]:
        return np.array([crop.document for crop in self.crops], dtype=np.str_)

    def count(self, label: Label) -> int:
        return sum(1 for crop in self.crops if crop.label is label)

    def quality_shares(self) -> dict[str, float]:
        """The share of the photos that have each warning of quality."""
        return quality_shares([crop.quality for crop in self.crops])

    def fingerprint(self) -> str:
        """Tells whether two models learned from the same photos with the same labels; nothing else."""
        lines = sorted(f"{crop.sha256} {int(crop.label)}\n" for crop in self.crops)
        return sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Seen:
    crop: OwnCrop
    hash: Hash


class Reading:
    """Reads labelled photos through the service's own pipeline: what is learned from is what it will see."""

    def __init__(self, pipeline: Pipeline, storage: Storage, threads: int = 1) -> None:
        self._pipeline, self._threads, self._reader = pipeline, threads, Reader(storage)

    def read(self, photos: Sequence[OwnPhoto], told: Told = lambda: None) -> OwnDocuments:
        """Read every photo; `told` is called after each.

        Raises:
            BadLabels: not a single photo can be used.
        """

        def seen(photo: OwnPhoto) -> _Seen | LeftOut:
            try:
                return self._see(photo)
            except Refusal as error:
                return LeftOut(photo.found.name, error.code, error.detail)
            finally:
                told()

        with ThreadPoolExecutor(self._threads) as pool:
            every = list(pool.map(seen, photos))
        kept, doubles = _once([one for one in every if isinstance(one, _Seen)])
        left_out = (*(one for one in every if isinstance(one, LeftOut)), *doubles)
        if not kept:
            reasons = ", ".join(f"{count} {code}" for code, count in Counter(one.code for one in left_out).items())
            raise BadLabels(f"None of the {len(photos)} photos can be used: {reasons}.")
        numbers = groups([one.hash for one in kept], [one.crop.document for one in kept])
        crops = (replace(one.crop, document=f"own-{number}") for one, number in zip(kept, numbers, strict=True))
        return OwnDocuments(tuple(crops), left_out)

    def _see(self, photo: OwnPhoto) -> _Seen | LeftOut:
        found = photo.found
        if isinstance(found, Failed):
            return LeftOut(found.name, found.code, found.detail)
        data = self._reader.read(found)
        look = self._pipeline.look(data)
        face = look.detection.portrait.box
        if photo.marked and not any(box.contains(*face.centre_xy) for box in photo.marked):
            raise OtherFace()
        crop, quality = look.network_input, tuple(warning.code for warning in look.quality)
        own = OwnCrop(found.name, sha256(data).hexdigest(), photo.label, photo.species, photo.document, crop, quality)
        return _Seen(own, difference_hash(crop))


def _once(seen: Iterable[_Seen]) -> tuple[list[_Seen], list[LeftOut]]:
    """Of equal files the first; none at all when they have different labels."""
    by_file: dict[str, list[_Seen]] = {}
    for one in seen:
        by_file.setdefault(one.crop.sha256, []).append(one)
    kept, left_out = [], []
    for same in by_file.values():
        contradict = len({one.crop.label for one in same}) > 1
        reason = Contradiction if contradict else DuplicateFile
        if not contradict:
            kept.append(same[0])
        left_out += [LeftOut(one.crop.name, reason.code, reason.advice) for one in same[0 if contradict else 1 :]]
    return kept, left_out
