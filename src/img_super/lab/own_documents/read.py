"""From labelled photos to what the network sees of them. Nothing is dropped in silence: what is left out says why."""

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

Advance = Callable[[], object]


@dataclass(frozen=True, slots=True)
class OwnCrop:
    """What the network sees of one photo."""

    name: str
    sha256: str  # of the file
    label: Label
    species: str
    document: str  # photos with the same value must stay in one split: the same card, copies, near-duplicates
    crop: RgbImage  # uint8 [side, side, 3], upright
    quality: tuple[str, ...] = ()  # codes of what makes the photo's answer less certain


@dataclass(frozen=True, slots=True)
class OwnDocuments:
    """A team's own photos, read."""

    crops: tuple[OwnCrop, ...]
    left_out: tuple[Failed, ...]

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
class _ReadPhoto:
    crop: OwnCrop
    hash: Hash


class Reading:
    """Reads labelled photos through the service's own pipeline: what is learned from is what it will see."""

    def __init__(self, pipeline: Pipeline, storage: Storage, threads: int = 1) -> None:
        self._pipeline, self._threads, self._reader = pipeline, threads, Reader(storage)

    def read(self, photos: Sequence[OwnPhoto], advance: Advance = lambda: None) -> OwnDocuments:
        """Read every photo; `advance` is called after each. Raises `BadLabels`: not a single photo can be used."""

        def read_photo(photo: OwnPhoto) -> _ReadPhoto | Failed:
            try:
                return self._read(photo)
            except Refusal as error:
                return Failed(photo.found.name, error.code, error.detail)
            finally:
                advance()

        with ThreadPoolExecutor(self._threads) as pool:
            entries = list(pool.map(read_photo, photos))
        usable, doubles = _once([entry for entry in entries if isinstance(entry, _ReadPhoto)])
        left_out = (*(entry for entry in entries if isinstance(entry, Failed)), *doubles)
        if not usable:
            reasons = ", ".join(f"{count} {code}" for code, count in Counter(entry.code for entry in left_out).items())
            raise BadLabels(f"None of the {len(photos)} photos can be used: {reasons}.")
        numbers = groups([entry.hash for entry in usable], [entry.crop.document for entry in usable])
        crops = (replace(entry.crop, document=f"own-{number}") for entry, number in zip(usable, numbers, strict=True))
        return OwnDocuments(tuple(crops), left_out)

    def _read(self, photo: OwnPhoto) -> _ReadPhoto | Failed:
        file = photo.found
        if isinstance(file, Failed):
            return file
        data = self._reader.read(file)
        look = self._pipeline.look(data)
        face = look.detection.portrait.box
        if photo.marked and not any(box.contains(*face.centre_xy) for box in photo.marked):
            raise OtherFace()
        crop, quality = look.network_input, tuple(warning.code for warning in look.quality)
        digest = sha256(data).hexdigest()
        own_crop = OwnCrop(file.name, digest, photo.label, photo.species, photo.document, crop, quality)
        return _ReadPhoto(own_crop, difference_hash(crop))


def _once(photos: Iterable[_ReadPhoto]) -> tuple[list[_ReadPhoto], list[Failed]]:
    by_file: dict[str, list[_ReadPhoto]] = {}
    for photo in photos:
        by_file.setdefault(photo.crop.sha256, []).append(photo)
    usable, left_out = [], []
    for copies in by_file.values():
        contradict = len({photo.crop.label for photo in copies}) > 1
        reason = Contradiction if contradict else DuplicateFile
        if not contradict:
            usable.append(copies[0])
        left_out += [Failed(photo.crop.name, reason.code, reason.advice) for photo in copies[0 if contradict else 1 :]]
    return usable, left_out
