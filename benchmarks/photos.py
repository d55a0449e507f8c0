"""The photo that the benchmarks send: a sample document, or one's own, at a given size."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

import img_super

SAMPLE = Path(img_super.__file__).parent / "samples" / "bona_fide.jpg"


def photo_at(path: Path, width: int, height: int) -> bytes:
    """A JPEG (quality 90) of the photo, fitted into width x height pixels on a grey ground."""
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    file = BytesIO()
    ImageOps.pad(photo, (width, height), color="grey").save(file, "JPEG", quality=90)
    return file.getvalue()
