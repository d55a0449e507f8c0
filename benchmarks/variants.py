"""How far pixels differ from libvips' on valid files of every supported kind: mean difference of 255 levels.

    python -m benchmarks.variants [--every 1]

Needs `apt install libvips-tools`. Each variant of `tests/variants.py` is decoded here and by `vipsthumbnail`, which
also applies EXIF and converts to sRGB; transparency becomes white. A kind that differs by 2 levels or more must have
its reason below, and vice versa; otherwise exits with 1. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.timing import print_table
from img_super.domain import RgbImage
from img_super.errors import InputError
from img_super.pipeline.decode import decode_image
from tests.variants import Variant, variants

_PROFILE_SIGNS: Final = (b"acsp", b"iCCP", b"ICCP")
MOST: Final = 2.0
REASONS: Final = {
    "JPEG CMYK": "no profile: libvips takes a press's, we take the inks as they are (0.3 from the original)",
    "TIFF CMYK": "as JPEG's",
    "AVIF": "libheif repeats colours of 4:2:0 and 4:2:2, libavif draws them out (1.9 from the original, libheif 3.7)",
    "TIFF YCbCr": "libvips takes YCbCr without JPEG for RGB (62 from the original, we 1.3)",
    "TIFF LAB": "libvips takes a and b for unsigned where Pillow has written them (5.8 from the original, we 0.9)",
}
"""By how the variant's name begins; the distances from the original are mean levels."""


def differences(chosen: Iterable[Variant]) -> Iterator[tuple[str, float | None]]:
    """Of each variant, by how much it differs; None where it is not decoded on one side."""
    with tempfile.TemporaryDirectory() as name:
        folder, chosen = Path(name), list(chosen)
        for number, (_, ending, data) in enumerate(chosen):
            (folder / f"{number}.{ending}").write_bytes(data)
        _decode_by_libvips(folder)
        for number, (kind, _, data) in enumerate(chosen):
            yield kind, _difference(data, folder / "out" / f"{number}.png")


def reason_of(name: str) -> str:
    """Why it may differ; empty where it must not."""
    return next((reason for begin, reason in REASONS.items() if name.startswith(begin)), "")


def _decode_by_libvips(folder: Path) -> None:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    out = folder / "out"
    out.mkdir()
    command = ["vipsthumbnail", "--size", "9999x9999>", "-o", f"{out}/%s.png"]
    with_profile = [path for path in files if any(sign in path.read_bytes() for sign in _PROFILE_SIGNS)]
    without = sorted({*files} - {*with_profile})
    for options, some in ((["--eprofile", "srgb"], with_profile), ([], without)):
        subprocess.run([*command, *options, *some], check=False, capture_output=True)


def _difference(data: bytes, theirs: Path) -> float | None:
    stored = cv2.imread(str(theirs), cv2.IMREAD_UNCHANGED)
    try:
        ours = decode_image(data)
    except InputError:
        return None
    if stored is None:
        return None
    expected = _shown(stored)
    return float(np.abs(ours.astype(int) - expected).mean()) if ours.shape == expected.shape else 255.0


def _shown(stored: cv2.typing.MatLike) -> RgbImage:
    """Of a PNG as OpenCV reads it: 8 bits, RGB, over white."""
    levels = np.asarray(stored, np.float64) / (257 if stored.dtype == np.uint16 else 1)
    levels = levels[..., None] if levels.ndim == 2 else levels
    bands = levels.shape[2]
    alpha = levels[..., -1:] / 255 if bands in (2, 4) else 1.0
    colours = levels[..., :3][..., ::-1] if bands > 2 else levels[..., :1].repeat(3, axis=2)
    return np.rint(colours * alpha + 255 * (1 - alpha)).astype(np.uint8)


def main() -> None:
    """Print a row for each kind of file, and the variants that differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    found = list(differences(islice(variants(), 0, None, parser.parse_args().every)))
    kinds: dict[str, list[float | None]] = defaultdict(list)
    for name, difference in found:
        kinds[name.split()[0]].append(difference)
    rows = [(kind, len(all_), *_figures(all_)) for kind, all_ in kinds.items()]
    print_table("differences from libvips", ("kind", "variants", "mean", "largest", "not compared"), rows)
    far = [(name, told) for name, told in found if told is None or told >= MOST]
    for name, told in far:
        print(name, "not decoded" if told is None else f"{told:.2f}", reason_of(name) or "NO REASON")
    wrong = [name for name, _ in far if not reason_of(name)]
    print(json.dumps({"variants": len(found), "far": len(far), "without_reason": len(wrong)}))
    sys.exit(bool(wrong))


def _figures(all_: list[float | None]) -> tuple[str, str, int]:
    told = [one for one in all_ if one is not None]
    return f"{np.mean(told):.3f}", f"{max(told):.3f}", len(all_) - len(told)


if __name__ == "__main__":
    main()
