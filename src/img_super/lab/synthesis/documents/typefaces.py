"""Free fonts (OFL, Apache) from installed packages: found once, cached, rendered with Pillow."""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from img_super.domain import UInt8Array

Mask = UInt8Array

_FILES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "sans": (
        ("font_roboto", "Roboto-Regular.ttf"),
        ("font_roboto", "Roboto-Medium.ttf"),
        ("font_roboto", "Roboto-Light.ttf"),
        ("font_source_sans_pro", "SourceSansPro-Regular.ttf"),
        ("font_source_sans_pro", "SourceSansPro-Semibold.ttf"),
    ),
    "sans_bold": (
        ("font_roboto", "Roboto-Bold.ttf"),
        ("font_roboto", "Roboto-Black.ttf"),
        ("font_source_sans_pro", "SourceSansPro-Bold.ttf"),
        ("font_source_sans_pro", "SourceSansPro-Black.ttf"),
    ),
    "sans_latin": (
        ("font_manrope", "Manrope-Regular.ttf"),
        ("font_manrope", "Manrope-Bold.ttf"),
        ("font_hanken_grotesk", "HankenGrotesk-Medium.otf"),
        ("font_hanken_grotesk", "HankenGrotesk-Bold.otf"),
    ),
    "serif": (
        ("font_source_serif_pro", "SourceSerifPro-Regular.ttf"),
        ("font_source_serif_pro", "SourceSerifPro-Semibold.ttf"),
    ),
    "serif_bold": (
        ("font_source_serif_pro", "SourceSerifPro-Bold.ttf"),
        ("font_source_serif_pro", "SourceSerifPro-Black.ttf"),
    ),
    "serif_latin": (
        ("font_caladea", "Caladea-Regular.ttf"),
        ("font_caladea", "Caladea-Bold.ttf"),
        ("font_caladea", "Caladea-Italic.ttf"),
    ),
    "mono": (("captcha", "DroidSansMono.ttf"),),
    "hand": (("font_intuitive", "Intuitive.ttf"),),
}
_FOLDERS: Final = {"captcha": "data"}


@dataclass(frozen=True, slots=True)
class Typeface:
    """One font file."""

    package: str
    file: str

    def at(self, size_px: float) -> ImageFont.FreeTypeFont:
        """The font at a size, cached."""
        return _opened(self.package, self.file, max(4, round(size_px * 2)) / 2)


def draw_typeface(rng: np.random.Generator, style: str, bold: bool, latin: bool) -> Typeface:
    """A font of a style (`sans`, `serif`, `mono`, `hand`); those without Cyrillic and Greek only if `latin`."""
    names = [style + "_bold" if bold and style + "_bold" in _FILES else style]
    if latin and style + "_latin" in _FILES and not bold:
        names.append(style + "_latin")
    files = [file for name in names for file in _FILES[name]]
    return Typeface(*files[int(rng.integers(len(files)))])


@cache
def _opened(package: str, file: str, size_px: float) -> ImageFont.FreeTypeFont:
    path = resources.files(package) / _FOLDERS.get(package, "files") / file
    with resources.as_file(path) as file_path:
        return ImageFont.truetype(str(file_path), size_px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(4096)
def width_at_100(face: Typeface, text: str) -> float:
    """The width of a text at 100 px."""
    return float(face.at(100).getlength(text))


def text_mask(text: str, font: ImageFont.FreeTypeFont, turn_deg: float = 0.0) -> Mask:
    """The text as a tight uint8 mask, rotated counter-clockwise."""
    x_min, y_min, x_max, y_max = font.getbbox(text)
    mask = Image.new("L", (max(1, round(x_max - x_min) + 2), max(1, round(y_max - y_min) + 2)))
    ImageDraw.Draw(mask).text((1 - x_min, 1 - y_min), text, font=font, fill=255)
    if turn_deg % 90 == 0:
        return np.rot90(np.asarray(mask), round(turn_deg / 90) % 4)
    return np.asarray(mask.rotate(turn_deg, expand=True, resample=Image.Resampling.BICUBIC))
