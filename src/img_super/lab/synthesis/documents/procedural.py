"""The `procedural` family: a random layout for every blank."""

import colorsys
from typing import Final

import numpy as np

from img_super.lab.synthesis.documents.design import PROCEDURAL, Chances, Design, Item, PortraitSpec, Share4

_LOCALES: Final = (
    "es_ES", "es_MX", "es_CO", "pt_BR", "en_US", "fr_FR", "pl_PL", "cs_CZ", "tr_TR", "ru_RU", "el_GR", "de_DE",
)  # fmt: skip
_PATTERNS: Final = ("waves", "net", "rays", "rosettes", "bands", "contours")
_ASPECTS: Final = (1.585, 1.42, 1.40, 1.30, 0.63, 1.0)
_KINDS: Final = ("id", "licence", "residence", "student")
_PASSES: Final = ("student", "press", "club")
_MRZ_FORMS: Final = ("td1", "td2", "td3")


def draw_design(rng: np.random.Generator) -> Design:
    """Draw a random design."""
    aspect = float(_ASPECTS[int(rng.choice(len(_ASPECTS), p=(0.4, 0.18, 0.2, 0.1, 0.07, 0.05)))])
    wide = float(rng.uniform(0.2, 0.34) if aspect > 1.2 else rng.uniform(0.3, 0.5))
    x = float(rng.uniform(0.015, 0.09) if rng.random() < 0.75 else rng.uniform(0.4, 0.97 - wide))
    ratio = float(rng.uniform(0.68, 0.9))
    high = min(wide * aspect / ratio, 0.85)
    y = float(rng.uniform(0.05, 0.95 - high))
    return Design(
        family=PROCEDURAL,
        aspect=(aspect, aspect),
        frame=(x, y, wide),
        frame_aspect=(ratio, ratio),
        palette=_palette(rng),
        inks=tuple(_hex(rng, (0.2, 0.9), (0.05, 0.5)) for _ in range(3)),
        patterns={kind: float(rng.uniform(0, 1) * 0.6) for kind in _PATTERNS},
        overprints=_overprints(rng),
        locales=(_LOCALES[int(rng.integers(len(_LOCALES)))],),
        items=_items(rng, (x, y, x + wide, y + high), aspect),
        material={"paper": 0.35, "plastic": 0.4, "laminate": 0.25},
        portrait=_portrait(rng),
        ghost=_ghost(rng, x, wide) if aspect > 1.2 else None,
        ghost_chance=0.35,
        colour_jitter=3.0,
    )


def _overprints(rng: np.random.Generator) -> Chances:
    """Random frequencies; some designs have no overprints."""
    if rng.random() < 0.2:
        return {}
    usual = {"lines": 0.5, "rosette": 0.2, "microtext": 0.2, "text": 0.1, "stamp": 0.15, "dry_stamp": 0.1,
             "hologram": 0.2, "laminate": 0.15, "signature": 0.06}  # fmt: skip
    return {kind: float(min(1.0, chance * rng.uniform(0.3, 1.8))) for kind, chance in usual.items()}


def _palette(rng: np.random.Generator) -> tuple[str, ...]:
    hue = rng.uniform(0, 1)
    saturation = (0.0, 0.06) if rng.random() < 0.3 else (0.04, 0.35)
    return tuple(
        _hex(rng, saturation, (0.72, 1.0), (hue + rng.normal(0, 0.12)) % 1) for _ in range(int(rng.integers(2, 5)))
    )


def _hex(
    rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float], hue: float | None = None
) -> str:
    red, green, blue = colorsys.hsv_to_rgb(
        rng.uniform(0, 1) if hue is None else hue, rng.uniform(*saturation), rng.uniform(*value)
    )
    return f"{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _portrait(rng: np.random.Generator) -> PortraitSpec:
    return PortraitSpec(
        shapes={"rectangle": 0.7, "rounded": 0.2, "oval": 0.07, "arch": 0.03},
        backgrounds={"photo": 0.45, "plain": 0.25, "transparent": 0.2, "multiply": 0.1},
        tones={
            "colour": 0.6,
            "grey": 0.2,
            "sepia": 0.03,
            "duotone": 0.05,
            "toned": 0.05,
            "engraved": 0.03,
            "halftoned": 0.04,
        },
        borders={"none": 0.6, "white": 0.2, "line": 0.2},
        faded=0.3,
        glued=0.12,
    )


def _ghost(rng: np.random.Generator, x: float, wide: float) -> Share4:
    size = float(rng.uniform(0.08, 0.15))
    left = float(rng.uniform(0.74, 0.98 - size) if x + wide / 2 < 0.5 else rng.uniform(0.02, 0.2))
    top = float(rng.uniform(0.2, 0.6))
    return left, top, left + size, top + 0.3


def _items(rng: np.random.Generator, frame: Share4, aspect: float) -> tuple[Item, ...]:
    fonts = ("sans", "sans", "serif", "mono")
    font = fonts[int(rng.integers(len(fonts)))]
    bold = bool(rng.random() < 0.5)
    x, right = (frame[2] + 0.03, 0.97) if frame[0] < 0.4 else (0.03, max(0.25, frame[0] - 0.03))
    if aspect <= 1.0 and rng.random() < 0.7:
        return _below(rng, frame, font)
    has_mrz = frame[3] < 0.8 and rng.random() < 0.6
    bottom = 0.76 if has_mrz else 0.96
    forms = ("above", "beside", "numbered", "bare")
    items = [
        Item("title", (x, 0.03, right, 0.09), 0.8, form="state", bold=True, align=_one_of(rng, ("left", "centre"))),
        Item("title", (x, 0.1, right, 0.15), 0.8, form=_one_of(rng, _KINDS)),
        Item("fields", (x, 0.19, right - 0.1 * float(rng.random()), bottom - 0.03), rows=int(rng.integers(4, 9)),
             form=forms[int(rng.integers(4))], font=font, bold=bold),
        Item("value", (frame[0], max(0.0, frame[1] - 0.07), frame[2], frame[1] - 0.015), 0.25),
        Item("value", (frame[2] + 0.006, frame[1], frame[2] + 0.025, frame[3]), 0.15, turn=90),
        _somewhere(rng, "emblem", 0.12, 0.4), _somewhere(rng, "chip", 0.12, 0.25), _somewhere(rng, "ovi", 0.1, 0.3),
        _somewhere(rng, "rosette", 0.4, 0.5), _somewhere(rng, "flag", 0.08, 0.25),
        _somewhere(rng, "signature", 0.2, 0.5),
        Item("stripe", (0.0, 0.0, 1.0, float(rng.uniform(0.02, 0.14))), 0.25, form=_one_of(rng, ("fading", ""))),
        Item("microtext", (0.02, bottom, 0.98, bottom + 0.008), 0.4),
        Item("border", (frame[0] - 0.01, frame[1] - 0.015, frame[2] + 0.01, frame[3] + 0.015), 0.12),
    ]  # fmt: skip
    if has_mrz:
        items.append(Item("mrz", (0.03, 0.82, 0.97, 0.96), form=_MRZ_FORMS[int(rng.integers(3))], font="mono"))
    codes = ("pdf417", "qr", "code128", "datamatrix")
    items.append(_somewhere(rng, "barcode", 0.16, 0.3, codes[int(rng.integers(4))]))
    return tuple(items)


def _one_of(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]


def _below(rng: np.random.Generator, frame: Share4, font: str) -> tuple[Item, ...]:
    return (
        Item("title", (0.06, 0.02, 0.94, 0.09), 0.9, form=_one_of(rng, _PASSES), bold=True, align="centre"),
        Item("fields", (0.1, min(0.8, frame[3] + 0.03), 0.9, 0.96), rows=int(rng.integers(2, 5)), form="bare",
             font=font, align="centre"),
        _somewhere(rng, "emblem", 0.16, 0.5), _somewhere(rng, "barcode", 0.3, 0.3, "code128"),
        Item("stripe", (0.0, 0.0, 1.0, float(rng.uniform(0.05, 0.2))), 0.5),
    )  # fmt: skip


def _somewhere(rng: np.random.Generator, kind: str, size: float, chance: float, form: str = "") -> Item:
    wide = size * float(rng.uniform(0.6, 1.3))
    x, y = float(rng.uniform(0.02, 0.98 - wide)), float(rng.uniform(0.02, 0.8))
    high = {"signature": 0.6, "barcode": 0.5}.get(kind, 1.4) * wide
    return Item(kind, (x, y, x + wide, min(0.98, y + high)), chance, form=form)
