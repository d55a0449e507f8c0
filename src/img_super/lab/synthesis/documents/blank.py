"""What a document is: a drawn blank that waits for its portrait, and the printed genuine card."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from img_super.domain import Float32Array, RgbImage
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis.geometry import Box4
from img_super.lab.synthesis.portraits.tones import Tone
from img_super.lab.synthesis.printing import PrintProcess


@dataclass(frozen=True, slots=True)
class Overprint:
    """Something printed or laminated over card AND portrait alike.

    `kind`: `lines`, `microtext`, `rosette`, `stamp`, `signature`, `hologram`, `text`; `alpha`: uint8, as large as the
    blank (in a `Card`: as the card's image); `colour`: RGB, 0 to 255.
    """

    kind: str
    alpha: npt.NDArray[np.uint8]
    colour: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PortraitStyle:
    """How a design shows its portrait.

    Attributes:
        shape: `rectangle`, `rounded`, `oval` or `arch`.
        corner_share: radius of round corners as a share of the frame's width.
        softness_share: how far the edge fades into the card, as a share of the frame's width.
        background: `photo` (the photo's own, of any kind), `plain`, `transparent` (only the person) or `multiply`.
        tone: colour, grey, sepia...
        border: `none`, `white`, `line` or `ornament`.
        border_share: its width as a share of the frame's.
        border_rgb: its colour.
        opacity: 1 covers the card's ground wholly.
        glued: a paper photo under the laminate, printed by another process than the card.
    """

    shape: str
    corner_share: float
    softness_share: float
    background: str
    tone: Tone
    border: str
    border_share: float
    border_rgb: tuple[float, float, float]
    opacity: float
    glued: bool


@dataclass(frozen=True, slots=True)
class Blank:
    """A drawn document without its portrait.

    Attributes:
        design: the family's name; splits are made by it.
        image: the whole card, RGB uint8.
        frame: the portrait's place, pixels.
        ghost: the second portrait's place, or None.
        material: `paper`, `plastic` or `laminate`.
    """

    design: str
    image: RgbImage
    frame: Box4
    overprints: tuple[Overprint, ...]
    ghost: Box4 | None
    portrait_style: PortraitStyle
    material: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Card:
    """A printed genuine card, or the region of it around the portrait.

    Attributes:
        image: float32 RGB, 0 to 255.
        gloss: float32 height x width, 0 to 1: how strongly the surface mirrors light.
        frame: the portrait's place in this image.
        landmarks: float32 [5, 2] of the genuine portrait in this image.
        outline: float32 [36, 2] of its face.
        face_width_px: width of its face.
        grey: it shows no colour (photocopy, grey print).
        overprints: cut to this image, so that a careful forger can print them again.
        process: how the card was printed.
        facts: what was drawn, for the manifest.
    """

    image: Float32Array
    gloss: Float32Array
    frame: Box4
    landmarks: Float32Array
    outline: Float32Array
    face_width_px: float
    grey: bool
    overprints: tuple[Overprint, ...]
    process: PrintProcess
    facts: Facts
