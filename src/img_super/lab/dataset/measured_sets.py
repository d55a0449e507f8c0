"""The evaluation sets: generated crops, and real captures with our own forgeries."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from img_super.domain import Int64Array, RgbImage, StrArray, UInt8Array
from img_super.lab.dataset.crops import read_crops
from img_super.lab.dataset.forged_photos import ForgedCrop, GenuinePhoto, forged_crops
from img_super.lab.dataset.groups import ShownFaces, shown_faces
from img_super.lab.dataset.manifest import BadDataSet, PeopleRow, SampleRow, read_manifest
from img_super.lab.dataset.real_captures import labelled_frames, real_crops
from img_super.pipeline.decode import decode_image

GENERATED: Final = "generated_validation"
"""The set of generated documents among the validation sets."""
REAL: Final = "real_captures"
OTHER_HANDS: Final = "other_hands"
"""Generated genuine photos, forged by the code that forges on real captures and not by the generator."""

_OTHER_HANDS_SEED: Final = 11


@dataclass(frozen=True, slots=True)
class Photos:
    """Whole photos: read when asked for, with their label and document."""

    paths: tuple[Path, ...]
    labels: Int64Array
    documents: StrArray

    def images(self) -> Iterator[RgbImage]:
        for path in self.paths:
            yield decode_image(path.read_bytes())

    def spread(self, count: int) -> "Photos":
        """At most `count` of them, from beginning to end."""
        at = spread(len(self.paths), count)
        return Photos(tuple(self.paths[index] for index in at), self.labels[at], self.documents[at])


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """Crops with their labels, and the photos that they come from if known."""

    name: str
    crops: UInt8Array  # RGB uint8, square, all of one side
    species: StrArray  # empty when genuine
    documents: StrArray
    masks: UInt8Array | None  # uint8 [n, side, side]; None if unknown
    photos: Photos
    personal: bool  # whether it shows real people's documents, whose pixels reports contain only on request
    faces: ShownFaces | None = None  # whose faces the crops show; None if unknown

    @property
    def labels(self) -> Int64Array:
        return np.asarray(self.species != "", np.int64)


def generated_set(folder: Path, limit: int | None = None, portraits: Path | None = None) -> MeasuredSet:
    """A folder made by `synthesize`, with its photos if `--photos` was used. Raises `BadDataSet`.

    `portraits`: of the people shown, whose groups are then known.
    """
    crops = read_crops(folder, limit, SampleRow if portraits is None else PeopleRow)
    rows = [row for row in crops.rows if row.photo]
    photos = Photos(
        tuple(folder / row.photo for row in rows),
        np.array([row.label for row in rows], np.int64),
        np.array([row.document for row in rows], dtype=np.str_),
    )
    people = [row.donor or row.portrait for row in crops.rows if isinstance(row, PeopleRow)]
    faces = None if portraits is None else shown_faces(people, portraits)
    return MeasuredSet(
        GENERATED, crops.crops, crops.species, crops.documents, crops.masks, photos, personal=False, faces=faces
    )


def real_set(folders: Sequence[Path], donors: Path, side_px: int) -> MeasuredSet:
    """Real captures of the reported document types, genuine and forged; the photos are untouched."""
    photos = _genuine([frame for folder in folders for frame in labelled_frames(folder, choosing=False)])
    return _forged(REAL, real_crops(folders, donors, side_px, choosing=False), photos, donors, personal=True)


def other_hands_set(folder: Path, donors: Path, side_px: int) -> MeasuredSet:
    """The genuine photos of a folder made by `synthesize --photos`, untouched and forged by other code than training's.

    Raises `BadDataSet`: no manifest, a damaged row, or no photos.
    """
    rows = [row for row in read_manifest(folder, SampleRow) if row.photo and not row.label]
    if not rows:
        raise BadDataSet(f"{folder} has no genuine photos; run `img-super synthesize --photos`.")
    frames = [GenuinePhoto(number, folder / row.photo, row.document) for number, row in enumerate(rows)]
    crops = forged_crops(frames, donors, side_px, (1.0,), _OTHER_HANDS_SEED)
    return _forged(OTHER_HANDS, crops, _genuine(frames), donors, personal=False)


def _genuine(photos: Sequence[GenuinePhoto]) -> Photos:
    documents = np.array([photo.document for photo in photos], dtype=np.str_)
    return Photos(tuple(photo.path for photo in photos), np.zeros(len(photos), np.int64), documents)


def _forged(name: str, forged: Iterable[ForgedCrop], photos: Photos, portraits: Path, personal: bool) -> MeasuredSet:
    crops = list(forged)
    species = np.array([crop.species for crop in crops], dtype=np.str_)
    documents = np.array([crop.document for crop in crops], dtype=np.str_)
    faces = shown_faces([crop.donor for crop in crops], portraits)
    return MeasuredSet(name, np.stack([crop.crop for crop in crops]), species, documents, None, photos, personal, faces)


def spread(length: int, count: int) -> Int64Array:
    """At most `count` positions, evenly from the first to the last."""
    return np.unique(np.linspace(0, max(0, length - 1), min(count, length)).round().astype(np.int64))
