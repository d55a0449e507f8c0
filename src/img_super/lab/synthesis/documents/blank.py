"""Document types: a drawn blank without its portrait, and the printed genuine card."""

from dataclasses import dataclass

from img_super.domain import Float32Array, RgbImage, UInt8Array
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis.geometry import Box4
from img_super.lab.synthesis.portraits.tones import Tone
from img_super.lab.synthesis.printing import PrintProcess


@dataclass(frozen=True, slots=True)
class Overprint:
    """Something printed or laminated over card AND portrait alike.

    `kind`: `lines`, `microtext`, `rosette`, `stamp`, `signature`, `hologram`, `text`; `alpha`: uint8, of the blank's
    size (in a `Card`: of the card's image); `colour`: RGB, 0 to 255.
    """

    kind: str
    alpha: UInt8Array
    colour: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PortraitStyle:
    """How a design shows its portrait."""

    shape: str  # `rectangle`, `rounded`, `oval` or `arch`
    corner_share: float  # corner radius relative to the frame's width
    softness_share: float  # width of the fading edge relative to the frame's width
    background: str  # `photo` (the photo's own, of any kind), `plain`, `transparent` (only the person) or `multiply`
    tone: Tone  # colour, grey, sepia..
    border: str  # `none`, `white`, `line` or `ornament`
    border_share: float  # its width relative to the frame's
    border_rgb: tuple[float, float, float]  # its colour
    opacity: float  # 1 covers the card's background completely
    glued: bool  # a paper photo under the laminate, printed separately


@dataclass(frozen=True, slots=True)
class Blank:
    """A drawn document without its portrait."""

    design: str  # the family's name, which determines the split
    image: RgbImage  # the whole card, RGB uint8
    frame: Box4  # the portrait's place, pixels
    overprints: tuple[Overprint, ...]
    ghost: Box4 | None  # the second portrait's place, or None
    portrait_style: PortraitStyle
    material: str  # `paper`, `plastic` or `laminate`
    facts: Facts


@dataclass(frozen=True, slots=True)
class Card:
    """A printed genuine card, or the region of it around the portrait."""

    image: Float32Array  # float32 RGB, 0 to 255
    gloss: Float32Array  # float32 height x width, 0 to 1: the surface's gloss
    frame: Box4  # the portrait's place in this image
    landmarks: Float32Array  # float32 [5, 2] of the genuine portrait in this image
    outline: Float32Array  # float32 [36, 2] of its face
    face_width_px: float  # width of its face
    grey: bool  # without colour (photocopy, grey print)
    overprints: tuple[Overprint, ...]  # cropped to this image, for careful forgers who reprint them
    process: PrintProcess  # how the card was printed
    facts: Facts  # drawn parameters, for the manifest
