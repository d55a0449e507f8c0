"""The genuine card: portrait, ghost and overprints on a blank, printed together, laminated and worn."""

from dataclasses import dataclass

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels, printing
from img_super.lab.synthesis.documents.blank import Blank, Card, Overprint, PortraitStyle
from img_super.lab.synthesis.documents.overprints import AFTER_PRINTING
from img_super.lab.synthesis.documents.wear import draw_gloss, draw_wear, worn
from img_super.lab.synthesis.geometry import Box4, overlap, slid
from img_super.lab.synthesis.portraits.backgrounds import PLAIN, Background, draw_background
from img_super.lab.synthesis.portraits.framed import Framed, framed
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.portraits.tones import apply_tone
from img_super.lab.synthesis.printing import PrintProcess


@dataclass(frozen=True, slots=True)
class _Photo:
    """The portrait as the design shows it: image and alpha, with a margin around the frame."""

    image: Float32Array
    alpha: Float32Array
    margin_px: int
    source: Framed


def make_card(rng: np.random.Generator, blank: Blank, portrait: Portrait, region: Box4 | None = None) -> Card:
    """Place the portrait on the blank; print, laminate and wear the region (None: the whole card)."""
    wh = blank.image.shape[1], blank.image.shape[0]
    box = (0, 0, *wh) if region is None else overlap(region, wh)
    canvas = pixels.as_float(np.ascontiguousarray(blank.image[box[1] : box[3], box[0] : box[2]]))
    at = blank.frame[0] - box[0], blank.frame[1] - box[1]
    photo = _photo(rng, blank, portrait)
    process = printing.draw_print_process(rng)
    overprints = _cut(blank.overprints, box)
    canvas = _lay_ghost(rng, canvas, blank, photo, box)
    if not blank.portrait_style.glued:
        canvas = _lay(canvas, photo, at, blank.portrait_style)
    canvas = _overprinted(canvas, overprints, after=False)
    canvas = printing.print_picture(canvas, process, rng)
    if blank.portrait_style.glued:
        canvas = _lay_glued(rng, canvas, photo, at, process)
    canvas = _overprinted(canvas, overprints, after=True, grey=process.photocopy)
    wear = draw_wear(rng, blank.material)
    gloss = draw_gloss(rng, canvas.shape[:2], "paper" if process.photocopy else blank.material, overprints)
    canvas, gloss = worn(rng, canvas, gloss, wear)
    shift = np.array(at, np.float32)
    scale = float(photo.source.to_frame[0, 0])
    frame = (at[0], at[1], at[0] + blank.frame[2] - blank.frame[0], at[1] + blank.frame[3] - blank.frame[1])
    grey = process.photocopy or _is_grey(blank)
    facts = blank.facts | {
        "print": process.kind, "photocopy": process.photocopy, "grey": grey, "glued": blank.portrait_style.glued,
        "tone": blank.portrait_style.tone.kind, "shape": blank.portrait_style.shape,
        "border": blank.portrait_style.border, "background": blank.portrait_style.background, "wear": wear.strength,
    }  # fmt: skip
    return Card(
        canvas, gloss, frame, photo.source.landmarks + shift, photo.source.outline + shift,
        portrait.face_xywh[2] * scale, grey, overprints, process, facts,
    )  # fmt: skip


def _is_grey(blank: Blank) -> bool:
    """Whether neither background nor portrait has colour."""
    part = blank.image[::8, ::8].astype(np.int16)
    return blank.portrait_style.tone.kind == "grey" and int(np.ptp(part, axis=2).mean()) < 8


def _photo(rng: np.random.Generator, blank: Blank, portrait: Portrait) -> _Photo:
    """The portrait framed as an ID photo, with its file history, in the design's tone and shape."""
    style = blank.portrait_style
    wh = blank.frame[2] - blank.frame[0], blank.frame[3] - blank.frame[1]
    source = framed(portrait, wh[0] / wh[1], rng, _background(rng, style), wh[1])
    image = printing.live_through(source.image, printing.draw_history(rng), rng)
    image = pixels.resize(image, wh) if image.shape[1::-1] != wh else image
    image = apply_tone(image, style.tone, rng)
    margin = 2 + round(2 * style.softness_share * wh[0])
    alpha = _shape_alpha(style, wh, margin)
    image = np.asarray(cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_REPLICATE), np.float32)
    matte = cv2.copyMakeBorder(source.matte, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    if style.background == "transparent":
        soft = pixels.blur(np.asarray(matte, np.float32), float(rng.choice([0.5, rng.uniform(0.5, 3)])))
        alpha = np.asarray(cv2.multiply(alpha, soft), np.float32)
    image = _bordered(image, style, wh, margin)
    return _Photo(image, np.asarray(alpha * np.float32(style.opacity), np.float32), margin, source)


def _background(rng: np.random.Generator, style: PortraitStyle) -> Background:
    if style.background == "photo":
        return draw_background(rng)
    if style.background in ("transparent", "multiply"):
        light = float(rng.uniform(236, 254))
        return Background("plain", (light, light, light), 0.1, 0.0, 4, 0.0, 0.0)
    return draw_background(rng, PLAIN)


def _shape_alpha(style: PortraitStyle, wh: tuple[int, int], margin: int) -> Float32Array:
    """1 in the frame, with the design's round corners and fading edges."""
    alpha = np.zeros((wh[1] + 2 * margin, wh[0] + 2 * margin), np.float32)
    low, high = (margin, margin), (margin + wh[0] - 1, margin + wh[1] - 1)
    middle = (margin + wh[0] // 2, margin + wh[1] // 2)
    if style.shape == "oval":
        cv2.ellipse(alpha, middle, (wh[0] // 2, wh[1] // 2), 0, 0, 360, 1.0, -1)
        alpha = pixels.blur(alpha, 0.6)
    elif style.shape == "arch":
        top = (middle[0], margin + wh[0] // 2)
        cv2.ellipse(alpha, top, (wh[0] // 2, wh[0] // 2), 0, 180, 360, 1.0, -1)
        cv2.rectangle(alpha, (margin, top[1]), high, 1.0, -1)
        alpha = pixels.blur(alpha, 0.6)
    elif style.shape == "rounded":
        radius = max(2, round(style.corner_share * wh[0]))
        inner = (low[0] + radius, low[1] + radius), (high[0] - radius, high[1] - radius)
        cv2.rectangle(alpha, *inner, 1.0, 2 * radius)
        cv2.rectangle(alpha, *inner, 1.0, -1)
        alpha = pixels.blur(alpha, 0.6)
    else:
        cv2.rectangle(alpha, low, high, 1.0, -1)
    if style.softness_share <= 0:
        return alpha
    sigma = style.softness_share * wh[0] / 2
    return pixels.blur(alpha, sigma)


def _bordered(image: Float32Array, style: PortraitStyle, wh: tuple[int, int], margin: int) -> Float32Array:
    """The design's white edge or thin line, which is no sign of superimposition."""
    if style.border == "none" or style.background in ("transparent", "multiply") or style.shape != "rectangle":
        return image
    thick = max(1, round(style.border_share * wh[0]))
    inset = margin + thick // 2
    high = (image.shape[1] - inset - 1, image.shape[0] - inset - 1)
    cv2.rectangle(image, (inset, inset), high, style.border_rgb, thick, cv2.LINE_8)
    return image


def _parts(canvas: Float32Array, photo: _Photo, at: tuple[int, int]) -> tuple[Box4, Box4]:
    """Where the photo meets the canvas: the box in the canvas and the box in the photo."""
    x, y = at[0] - photo.margin_px, at[1] - photo.margin_px
    outline = (x, y, x + photo.image.shape[1], y + photo.image.shape[0])
    box = overlap(outline, (canvas.shape[1], canvas.shape[0]))
    return box, (box[0] - x, box[1] - y, box[2] - x, box[3] - y)


def _lay(canvas: Float32Array, photo: _Photo, at: tuple[int, int], style: PortraitStyle) -> Float32Array:
    box, part = _parts(canvas, photo, at)
    base = np.ascontiguousarray(canvas[box[1] : box[3], box[0] : box[2]])
    image = np.ascontiguousarray(photo.image[part[1] : part[3], part[0] : part[2]])
    if style.background == "multiply":
        image = np.asarray(cv2.multiply(base, image, scale=1 / 245), np.float32)
    alpha = np.ascontiguousarray(photo.alpha[part[1] : part[3], part[0] : part[2]])
    canvas[box[1] : box[3], box[0] : box[2]] = pixels.blend(base, image, alpha)
    return canvas


def _lay_glued(
    rng: np.random.Generator, canvas: Float32Array, photo: _Photo, at: tuple[int, int], card: PrintProcess
) -> Float32Array:
    """The design's paper photo: printed separately, with a narrow shadow under the laminate."""
    process = printing.draw_print_process(rng, 1.0 if card.photocopy else 0.0)
    process = card if card.photocopy else process  # a photocopy affects photo and card alike
    image = printing.print_picture(photo.image.copy(), process, rng)
    box, part = _parts(canvas, photo, at)
    alpha = np.ascontiguousarray(photo.alpha[part[1] : part[3], part[0] : part[2]])
    base = np.ascontiguousarray(canvas[box[1] : box[3], box[0] : box[2]])
    if not card.photocopy:
        shade = pixels.blur(slid(alpha, *rng.uniform(-2.5, 2.5, 2)), float(rng.uniform(0.6, 2.0)))
        shade = shade * np.float32(rng.uniform(0, 0.4))
        base = pixels.modulate(base, np.asarray(1 - shade, np.float32))
    image = np.ascontiguousarray(image[part[1] : part[3], part[0] : part[2]])
    canvas[box[1] : box[3], box[0] : box[2]] = pixels.blend(base, image, alpha)
    return canvas


def _lay_ghost(rng: np.random.Generator, canvas: Float32Array, blank: Blank, photo: _Photo, box: Box4) -> Float32Array:
    """The portrait again, small and faint, in grey or one ink."""
    if blank.ghost is None:
        return canvas
    x, y = blank.ghost[0] - box[0], blank.ghost[1] - box[1]
    wide = blank.ghost[2] - blank.ghost[0]
    wh = max(8, wide), max(8, round(wide * photo.image.shape[0] / photo.image.shape[1]))
    visible = overlap((x, y, x + wh[0], y + wh[1]), (canvas.shape[1], canvas.shape[0]))
    light, tint, by_matte = rng.uniform(0.3, 0.8), rng.uniform(0.5, 1.0, 3), rng.random() < 0.7
    if visible[0] >= visible[2] or visible[1] >= visible[3]:
        return canvas
    margin = photo.margin_px
    inner = np.ascontiguousarray(photo.image[margin:-margin, margin:-margin])
    grey = pixels.grey(pixels.resize(inner, wh))
    ghost = np.asarray(cv2.addWeighted(grey, 0.75, grey, 0, 62), np.float32)
    ghost = pixels.scaled(ghost, 0.6 + 0.4 * tint)
    alpha = pixels.resize(photo.source.matte, wh) if by_matte else pixels.resize(
        np.ascontiguousarray(photo.alpha[margin:-margin, margin:-margin]), wh)  # fmt: skip
    part = np.s_[visible[1] - y : visible[3] - y, visible[0] - x : visible[2] - x]
    target = np.s_[visible[1] : visible[3], visible[0] : visible[2]]
    faint = np.ascontiguousarray(alpha[part] * np.float32(light))
    canvas[target] = pixels.blend(np.ascontiguousarray(canvas[target]), np.ascontiguousarray(ghost[part]), faint)
    return canvas


def _cut(overprints: tuple[Overprint, ...], box: Box4) -> tuple[Overprint, ...]:
    part = np.s_[box[1] : box[3], box[0] : box[2]]
    return tuple(Overprint(over.kind, np.ascontiguousarray(over.alpha[part]), over.colour) for over in overprints)


def _overprinted(
    canvas: Float32Array, overprints: tuple[Overprint, ...], *, after: bool, grey: bool = False
) -> Float32Array:
    for over in overprints:
        x, y, width, height = cv2.boundingRect(over.alpha)
        if (over.kind in AFTER_PRINTING) == after and width:
            colour = [float(np.mean(over.colour))] * 3 if grey else over.colour
            part = np.s_[y : y + height, x : x + width]
            alpha = np.asarray(over.alpha[part] * np.float32(1 / 255), np.float32)
            canvas[part] = pixels.blend(canvas[part], np.asarray(colour, np.float32), alpha)
    return canvas
