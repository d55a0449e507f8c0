"""Draws a blank: background, patterns, items, overprints and portrait style."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.documents import lines
from img_super.lab.synthesis.documents.blank import Blank, PortraitStyle
from img_super.lab.synthesis.documents.design import PROCEDURAL, Design, Item, PortraitSpec, family_names, read_design
from img_super.lab.synthesis.documents.items import draw_item
from img_super.lab.synthesis.documents.overprints import draw_overprints
from img_super.lab.synthesis.documents.page import Colour, Page, mixed
from img_super.lab.synthesis.documents.people import draw_person
from img_super.lab.synthesis.documents.procedural import draw_design
from img_super.lab.synthesis.geometry import Box4
from img_super.lab.synthesis.portraits.tones import draw_tone

_PROCEDURAL_SHARE: Final = 0.25
_STICKER_SHARE: Final = 0.1
_COARSE: Final = 24


def draw_blank(rng: np.random.Generator, frame_width_px: int, designs: Sequence[str] | None = None) -> Blank:
    """Draw a blank of one of the families; its portrait's frame is about `frame_width_px` wide."""
    names = tuple(designs) if designs else family_names()
    procedural = PROCEDURAL in names and (len(names) == 1 or rng.random() < _PROCEDURAL_SHARE)
    families = tuple(name for name in names if name != PROCEDURAL)
    design = draw_design(rng) if procedural else read_design(families[int(rng.integers(len(families)))])
    return blank_of(rng, design, frame_width_px)


def blank_of(rng: np.random.Generator, design: Design, frame_width_px: int) -> Blank:
    """Draw one blank of a design."""
    width = round(frame_width_px / design.frame[2])
    height = round(width / rng.uniform(*design.aspect))
    frame = _frame(rng, design, (width, height), frame_width_px)
    inks = _inks(rng, design)
    canvas = _ground(rng, design, (height, width))
    page = Page(canvas, frame, draw_person(rng, pick(rng, dict.fromkeys(design.locales, 1.0))), rng, inks, {},
                float(rng.uniform(0.8, 1.15)))  # fmt: skip
    _draw_patterns(page, design)
    for item in (*design.items, _sticker(rng)):
        draw_item(page, item)
    overprints = draw_overprints(page, design.overprints)
    ghost = page.box_px(design.ghost) if design.ghost and rng.random() < design.ghost_chance else None
    material = pick(rng, design.material)
    facts: Facts = {
        "design": design.family, "locale": page.person.locale, "material": material, "ghost": ghost is not None,
        "overprints": " ".join(overprint.kind for overprint in overprints),
    }  # fmt: skip
    style = draw_style(rng, design.portrait)
    return Blank(design.family, page.canvas, frame, overprints, ghost, style, material, facts)


def _sticker(rng: np.random.Generator) -> Item:
    """Sometimes add a sticker; the portrait covers it where they overlap."""
    x, y, wide, high = rng.uniform((0.02, 0.05, 0.08, 0.05), (0.75, 0.85, 0.25, 0.13))
    return Item("sticker", (float(x), float(y), float(x + wide), float(y + high)), _STICKER_SHARE)


def pick(rng: np.random.Generator, chances: dict[str, float]) -> str:
    """One of the names, with its probability."""
    names = tuple(chances)
    weights = np.array([chances[name] for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def draw_style(rng: np.random.Generator, spec: PortraitSpec) -> PortraitStyle:
    """Draw a blank's portrait style."""
    border = pick(rng, spec.borders)
    tint = rng.uniform(20, 170, 3)
    white = float(rng.uniform(228, 255))
    return PortraitStyle(
        shape=pick(rng, spec.shapes),
        corner_share=float(rng.uniform(0.03, 0.18)),
        softness_share=float(rng.uniform(0.01, 0.07)) if rng.random() < spec.faded else 0.0,
        background=pick(rng, spec.backgrounds),
        tone=draw_tone(rng, (pick(rng, spec.tones),)),
        border=border,
        border_share=float(rng.uniform(0.015, 0.055) if border == "white" else rng.uniform(0.004, 0.012)),
        border_rgb=(white, white, white) if border == "white" else (float(tint[0]), float(tint[1]), float(tint[2])),
        opacity=float(1.0 if rng.random() < 0.75 else rng.uniform(0.8, 1.0)),
        glued=bool(rng.random() < spec.glued),
    )


def _frame(rng: np.random.Generator, design: Design, wh: tuple[int, int], frame_width: int) -> Box4:
    height = min(round(frame_width / rng.uniform(*design.frame_aspect)), round(0.94 * wh[1]))
    x = round((design.frame[0] + rng.normal(0, 0.006)) * wh[0])
    y = round((design.frame[1] + rng.normal(0, 0.012)) * wh[1])
    x, y = min(max(1, x), wh[0] - frame_width - 1), min(max(1, y), wh[1] - height - 1)
    return x, y, x + frame_width, y + height


def rgb_of(colour: str) -> Colour:
    """Hexadecimal digits as RGB."""
    return float(int(colour[0:2], 16)), float(int(colour[2:4], 16)), float(int(colour[4:6], 16))


def _inks(rng: np.random.Generator, design: Design) -> tuple[Colour, ...]:
    inks = []
    for ink in design.inks:
        red, green, blue = np.clip(np.asarray(rgb_of(ink)) + rng.normal(0, design.colour_jitter, 3), 0, 255)
        inks.append((float(red), float(green), float(blue)))
    return tuple(inks)


def _ground(rng: np.random.Generator, design: Design, hw: tuple[int, int]) -> RgbImage:
    """Soft colour gradients (rainbow print), painted small and enlarged, with a little paper grain."""
    colours = np.array([rgb_of(colour) for colour in design.palette])
    colours = np.clip(colours + rng.normal(0, design.colour_jitter, colours.shape), 0, 255)
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.linspace(-0.5, 0.5, _COARSE), np.linspace(-0.5, 0.5, _COARSE)
    along = np.add.outer(y * np.sin(angle), x * np.cos(angle)) + 0.5
    along = along + 0.12 * rng.standard_normal() * np.sin(6.3 * np.add.outer(y, x) + rng.uniform(0, 6.3))
    stops = np.linspace(0, 1, len(colours))
    small = np.stack([np.interp(along, stops, colours[:, channel]) for channel in range(3)], -1).astype(np.float32)
    small += 2.5 * rng.standard_normal((_COARSE, _COARSE, 1)).astype(np.float32)
    large = cv2.resize(small, hw[::-1], interpolation=cv2.INTER_LINEAR)
    grain = pixels.grain(rng, hw, float(rng.choice([0.45, 1.0, 2.5])), float(max(0.0, rng.uniform(-1, 2.5))))
    large = cv2.add(large, cv2.cvtColor(grain, cv2.COLOR_GRAY2RGB))
    return np.asarray(np.clip(large, 0, 255), np.uint8)


def _draw_patterns(page: Page, design: Design) -> None:
    hw = page.canvas.shape[:2]
    red, green, blue = page.canvas[::8, ::8].reshape(-1, 3).mean(0)
    mean = (float(red), float(green), float(blue))
    for kind, chance in design.patterns.items():
        if page.rng.random() >= chance:
            continue
        strength = float(page.rng.uniform(0.12, 0.55))
        pair = [mixed(mean, page.some_ink(), strength) for _ in range(2)]
        lines.draw_curves(page.canvas, lines.draw_pattern(page.rng, kind, (hw[0], hw[1])), pair)
