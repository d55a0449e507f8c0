"""The benchmarks' photos: sample documents, or your own, at a given size."""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

import img_super

KINDS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
SAMPLE = Path(img_super.__file__).parent / "samples" / "bona_fide.jpg"

DOCUMENTS = Path(__file__).parent / "documents"
EXAMPLES = (SAMPLE, *sorted(DOCUMENTS.glob("*.jpg")))
"""Seven documents, each once, where one says little: on the sample the detector looks at the ghost first, which it
does on few photos. Those in `documents` are people and documents that do not exist, every other genuine photo of
`img-super synthesize --count 24 --drawn 16 --seed 5 --photos`, not chosen, reduced to 900 pixels."""

GRAIN = 5.0
"""Noise of a sensor (sigma, of 255): with it a photo has as many bytes as phones write, 2 to 3 MB at 12 megapixels."""


def photo_arguments(
    description: str | None, size: str = "1920x1080", photo: Path | None = SAMPLE
) -> argparse.ArgumentParser:
    """A parser that takes the photo, its size (width x height) and who finds the portrait."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, default=photo)
    parser.add_argument("--size", default=size)
    parser.add_argument("--detector", default="fast", help="who finds the portrait: fast or precise")
    return parser


def photos_in(folder: Path) -> list[Path]:
    """The photos of a folder, and of those in it, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)


def photos_at(path: Path | None) -> list[Path]:
    """The examples when nothing is named; a photo, or all photos of a folder."""
    if path is None:
        return list(EXAMPLES)
    return photos_in(path) if path.is_dir() else [path]


def photo_of(arguments: argparse.Namespace) -> bytes:
    """The photo that was asked for, with a sensor's grain."""
    width, height = map(int, arguments.size.split("x"))
    return photo_at(arguments.photo, width, height, GRAIN)


def photos_of(arguments: argparse.Namespace) -> list[bytes]:
    """The photo that was asked for, all of a folder, or the examples; with a sensor's grain."""
    width, height = map(int, arguments.size.split("x"))
    return [photo_at(path, width, height, GRAIN) for path in photos_at(arguments.photo)]


def photo_at(path: Path, width: int, height: int, grain: float = 0, image_format: str = "JPEG") -> bytes:
    """A photo fitted into width x height pixels on a grey ground, as JPEG (quality 90) or another format.

    One that stands upright is fitted into height x width pixels.
    """
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    if photo.height > photo.width:
        width, height = height, width
    fitted = ImageOps.pad(photo, (width, height), color="grey")
    if grain:
        noise = np.random.default_rng(1).normal(0, grain, (height, width, 1)).astype(np.float32)
        fitted = Image.fromarray(np.clip(np.asarray(fitted) + noise, 0, 255).astype(np.uint8))
    file = BytesIO()
    fitted.save(file, image_format, **({"quality": 90} if image_format == "JPEG" else {}))
    return file.getvalue()
