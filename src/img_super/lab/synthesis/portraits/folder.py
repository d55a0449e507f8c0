"""Portraits from a folder of pictures; the networks' results are cached."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from img_super.detector.yunet import YuNet
from img_super.domain import RgbImage
from img_super.durable import replace_durably
from img_super.lab.dataset.splits import source_of
from img_super.lab.synthesis.pixels import opened
from img_super.lab.synthesis.portraits.landmarks import FaceLandmarker, outline_of
from img_super.lab.synthesis.portraits.matte import PersonMatter
from img_super.lab.synthesis.portraits.pack import read_pack, write_pack
from img_super.lab.synthesis.portraits.portrait import LONGEST_SIDE_PX, Portrait

VERSION: Final = "2"  # raised whenever matte, landmarks or outline change; invalidates old caches
_MOST_TURN: Final = 0.5  # ID photos are frontal, and a profile has no usable outline
PACK_VERSION: Final = f"{VERSION}-{_MOST_TURN}"
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})

Progress = Callable[[int, int], None]
"""Told after each portrait: how many are done, how many there are."""


class PortraitNetworks:
    """The networks for face, outline and matte; loaded on first use, because a full cache needs none."""

    def __init__(self) -> None:
        self._loaded: tuple[YuNet, FaceLandmarker, PersonMatter] | None = None

    def examine(self, identity: str, image: RgbImage) -> Portrait | None:
        """The portrait in a picture; None if no face is found. Raises `BadWeights`."""
        if self._loaded is None:
            self._loaded = YuNet(), FaceLandmarker(), PersonMatter()
        yunet, landmarker, matter = self._loaded
        face = max(yunet.find(image), key=lambda face: float(face.xywh[2] * face.xywh[3]), default=None)
        if face is None:
            return None
        landmarks = face.landmarks
        x, y, width, height = (float(value) for value in face.xywh)
        face_xywh = (x, y, width, height)
        outline = outline_of(landmarker.points(image, face_xywh, landmarks[:2]))
        matte = matter.matte(image, (float(landmarks[2, 0]), float(landmarks[2, 1])))
        return Portrait(identity, source_of(identity), image, matte, landmarks, outline, face_xywh)


def read_portraits(folder: Path, source: str, cache: Path, progress: Progress | None = None) -> list[Portrait]:
    """Every portrait of a folder and its subfolders, sorted by name; fills the cache.

    Identities are `source/path without suffix`. Pictures without a frontal face are skipped. Raises `BadWeights`: the
    cache is not full and a network is missing; `FileNotFoundError`: a picture cannot be read.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    pictures = [(path, f"{source}/{path.relative_to(folder).with_suffix('').as_posix()}") for path in paths]
    return packed(pictures, cache / f"{source}-{_fingerprint(pictures)}.pack", cache, progress)


def packed(
    pictures: Sequence[tuple[Path, str]], pack: Path, cache: Path, progress: Progress | None = None
) -> list[Portrait]:
    """The portraits of these (picture, identity) from their pack, which is written if missing."""
    portraits = read_pack(pack)
    if portraits is not None or not pictures:
        return portraits or []
    networks, prepared = PortraitNetworks(), []
    for count, (path, identity) in enumerate(pictures, start=1):
        prepared.append(prepare_portrait(path, identity, cache, networks))
        if progress is not None:
            progress(count, len(pictures))
    write_pack(pack, [portrait for portrait in prepared if portrait is not None])
    return read_pack(pack) or []


def prepare_portrait(path: Path, identity: str, cache: Path, networks: PortraitNetworks) -> Portrait | None:
    """One portrait with its cached matte and points; None if no face is found or it is turned away.

    Fills the cache.
    """
    content = path.read_bytes()
    name = identity.replace("/", "-")
    cached = cache / source_of(identity) / f"{name}-{sha256(content).hexdigest()[:12]}-{VERSION}.npz"
    image = reduced(decode_rgb(content, path))
    if cached.exists():
        portrait = _read_cached(cached, identity, image)
    else:
        portrait = networks.examine(identity, image)
        cached.parent.mkdir(parents=True, exist_ok=True)
        replace_durably(cached, _encoded(portrait))
    return portrait if portrait is not None and abs(portrait.turn) <= _MOST_TURN else None


def reduced(image: RgbImage) -> RgbImage:
    """The picture with its longest side at most 448 px."""
    scale = LONGEST_SIDE_PX / max(image.shape[:2])
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def decode_rgb(content: bytes, path: Path) -> RgbImage:
    """The picture in a file's bytes as RGB uint8. Raises `FileNotFoundError` if it is not a picture."""
    try:
        return opened(content)
    except ValueError as error:
        raise FileNotFoundError(path) from error


def _encoded(portrait: Portrait | None) -> bytes:
    stream = BytesIO()
    if portrait is None:
        np.savez_compressed(stream, found=np.array(False))
    else:
        np.savez_compressed(
            stream,
            found=np.array(True),
            matte=portrait.matte,
            landmarks=portrait.landmarks,
            outline=portrait.outline,
            face_xywh=np.array(portrait.face_xywh),
        )
    return stream.getvalue()


def _read_cached(cached: Path, identity: str, image: RgbImage) -> Portrait | None:
    with np.load(cached) as arrays:
        if not arrays["found"]:
            return None
        x, y, width, height = (float(value) for value in arrays["face_xywh"])
        points = arrays["landmarks"], arrays["outline"]
        return Portrait(identity, source_of(identity), image, arrays["matte"], *points, (x, y, width, height))


def _fingerprint(pictures: Sequence[tuple[Path, str]]) -> str:
    """Changes with the pictures' names and sizes and with `PACK_VERSION`."""
    digest = sha256(PACK_VERSION.encode())
    for path, identity in pictures:
        digest.update(f"{identity}\0{path.stat().st_size}\n".encode())
    return digest.hexdigest()[:12]
