"""Attacks made from a team's own genuine photos by exchanging portraits among them.

Most teams have genuine photos of their card and hardly an attack on it. A portrait of one photo laid over that of
another leaves what every attack leaves: an outline, and a face that was not printed and saved with what is around it.
Everything else varies, so that no single way of forging is learned. Beside each attack stands its host, saved alike.

Source of the idea: K. Shiohara, T. Yamasaki, "Detecting Deepfakes with Self-Blended Images", 2022; gradients: P. Perez,
M. Gangnet, A. Blake, "Poisson Image Editing", 2003; colours: E. Reinhard et al., "Color Transfer between Images", 2001.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import Int64Array, Label, RgbImage, UInt8Array
from img_super.lab.dataset.crops import CropSet
from img_super.lab.dataset.jpeg import saved
from img_super.lab.dataset.manifest import SampleRow
from img_super.pipeline.crop import CROP_FACE_SIZES

Random = np.random.Generator

SHARD: Final = "exchanged"
"""Stands in the rows of what was made here, whose species are such as `exchanged_face`."""

_KINDS: Final = ("face", "head", "photo")
_SHARES: Final = (0.4, 0.35, 0.25)
_FACE_WIDTH, _FACE_HEIGHT = 0.87 / CROP_FACE_SIZES, 1.15 / CROP_FACE_SIZES
"""In sides of a crop, in whose middle the face is (`pipeline.crop`); a crop tells the product of the two only."""

_CORNERS: Final = 72


@dataclass(frozen=True, slots=True)
class ExchangedPair:
    """A genuine crop and what a forger makes of it, saved alike.

    `genuine`, `attack`: RGB uint8 [side, side, 3]; `mask`: uint8 [side, side], 255 where the donor lies; `kind`: what
    was exchanged, one of `face`, `head`, `photo`.
    """

    genuine: RgbImage
    attack: RgbImage
    mask: UInt8Array
    kind: str


def exchanges(team: CropSet, parts: Int64Array, times: int, seed: int, mask_side_px: int) -> tuple[CropSet, Int64Array]:
    """Pairs of genuine crops and attacks on them, and the part of each, for whoever leaves parts out.

    Args:
        team: crops, of which the genuine ones are hosts and donors.
        parts: one a crop of `team`. A donor is of its host's part, and of another document.
        times: how many pairs each genuine crop is the host of; none where its part has no other document.
        seed: the same pairs for the same seed.

    Returns crops with their masks, a genuine one before each attack, with the host's document; and the part of each.
    """
    crops: list[RgbImage] = []
    masks: list[npt.NDArray[np.generic]] = []
    rows: list[SampleRow] = []
    made_in: list[int] = []
    for host, donor in _couples(team, parts, times, np.random.default_rng(seed)):
        rng = np.random.default_rng((seed, len(rows)))
        pair = exchange(team.crops[host], team.crops[donor], rng)
        mask = cv2.resize(pair.mask, (mask_side_px, mask_side_px), interpolation=cv2.INTER_AREA)
        document = team.rows[host].document
        crops += [pair.genuine, pair.attack]
        masks += [np.zeros_like(mask), mask]
        for label in Label:
            species = f"exchanged_{pair.kind}" if label is Label.ATTACK else ""
            rows.append(SampleRow(SHARD, len(rows), int(label), species, document))
            made_in.append(int(parts[host]))
    side = team.crops.shape[1]
    return CropSet(
        np.array(crops, np.uint8).reshape(-1, side, side, 3),
        np.array(masks, np.uint8).reshape(-1, mask_side_px, mask_side_px),
        tuple(rows),
    ), np.array(made_in, np.int64)


def _couples(team: CropSet, parts: Int64Array, times: int, rng: Random) -> list[tuple[int, int]]:
    genuine = np.flatnonzero(team.labels == Label.BONA_FIDE)
    documents = team.documents
    couples = []
    for host in genuine:
        donors_allowed = genuine[(parts[genuine] == parts[host]) & (documents[genuine] != documents[host])]
        if len(donors_allowed):
            donors = rng.choice(donors_allowed, times, replace=len(donors_allowed) < times)
            couples += [(int(host), int(donor)) for donor in donors]
    return couples


def exchange(host: RgbImage, donor: RgbImage, rng: Random) -> ExchangedPair:
    """Lay the portrait of one crop over that of another. Crops [side, side, 3], faces in their middle."""
    kind = str(rng.choice(_KINDS, p=_SHARES))
    mask = _outline(kind, host.shape[0], rng)
    patch = _prepared(donor, rng)
    if rng.random() < 0.85:
        patch = in_its_colours(patch, host, mask)
    by_gradients = rng.random() < (0.45 if kind == "face" else 0.1)
    attack = _by_gradients(patch, host, mask) if by_gradients else _feathered(patch, host, mask, kind, rng)
    genuine, attack = _saved_alike(host, attack, rng)
    return ExchangedPair(genuine, attack, mask, kind)


def in_its_colours(patch: RgbImage, host: RgbImage, mask: UInt8Array) -> RgbImage:
    """Mean and spread of what is laid become those of the host in Lab, both measured inside of the mask."""
    patch_lab, host_lab = (cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32) for image in (patch, host))
    covered = mask > 127
    stretch = np.clip(host_lab[covered].std(0) / (patch_lab[covered].std(0) + 1e-3), 0.3, 1.6)
    matched = (patch_lab - patch_lab[covered].mean(0)) * stretch + host_lab[covered].mean(0)
    return cv2.cvtColor(_bytes(matched), cv2.COLOR_LAB2RGB).astype(np.uint8, copy=False)


def _outline(kind: str, side: int, rng: Random) -> UInt8Array:
    """255 inside of what is exchanged."""
    mask = np.zeros((side, side), np.uint8)
    if kind == "face":
        return _filled(mask, _oval((0, 0.02), rng.uniform(0.36, 0.5, 2), rng))
    if kind == "head":
        _filled(mask, _oval((0, -0.03), rng.uniform(0.62, 0.78, 2), rng))
        with_shoulders = rng.random() < 0.6
        return _filled(mask, _oval((0, 0.52), (rng.uniform(0.85, 1.1), 0.54), rng)) if with_shoulders else mask
    left, right, top = rng.uniform(0.75, 0.95, 3)
    corners = np.array([(-left, -top), (right, -top), (right, bottom := rng.uniform(0.8, 1.05)), (-left, bottom)])
    return _filled(mask, (corners + rng.normal(0, 0.012, (4, 2))) * (_FACE_WIDTH, _FACE_HEIGHT))


def _oval(
    centre: tuple[float, float], radii: npt.NDArray[np.float64] | tuple[float, float], rng: Random
) -> npt.NDArray[np.float64]:
    """A closed line around a centre in sides of a crop, with radii in faces; uneven, as hand and scissors are."""
    angle = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    waves = np.arange(2, 6)
    uneven = (rng.normal(0, 0.05, 4) / waves * 2) @ np.cos(waves[:, None] * angle + rng.uniform(0, 2 * np.pi, (4, 1)))
    round_ = np.column_stack([np.cos(angle) * _FACE_WIDTH, np.sin(angle) * _FACE_HEIGHT]) * radii
    return round_ * (1 + uneven[:, None]) + centre


def _filled(mask: UInt8Array, corners: npt.NDArray[np.float64]) -> UInt8Array:
    """Corners are in sides of the mask, from its middle."""
    pixels = np.round((corners + 0.5) * mask.shape[0]).astype(np.int32)
    return cv2.fillPoly(mask, [pixels], 255, cv2.LINE_AA).astype(np.uint8, copy=False)


def _prepared(donor: RgbImage, rng: Random) -> RgbImage:
    """As a forger has it: mirrored, moved a little, from a softer or a saved file."""
    side = donor.shape[0]
    if rng.random() < 0.5:
        donor = donor[:, ::-1]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.normal(0, 2)), float(np.exp(rng.normal(0, 0.06))))
    shift = rng.normal(0, 0.012, 2)
    matrix[:, 2] += shift * side
    source = np.ascontiguousarray(donor)
    warped = cv2.warpAffine(source, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    if rng.random() < 0.3:
        warped = cv2.GaussianBlur(warped, (0, 0), float(rng.uniform(0.4, 1.2)))
    prepared = warped.astype(np.uint8, copy=False)
    return saved(prepared, int(rng.integers(50, 92))) if rng.random() < 0.3 else prepared


def _by_gradients(patch: RgbImage, host: RgbImage, mask: UInt8Array) -> RgbImage:
    left, top, width, height = cv2.boundingRect(mask)
    centre = (left + width // 2, top + height // 2)
    # OpenCV writes into the mask that it is given.
    clone = cv2.seamlessClone(patch, np.ascontiguousarray(host), mask.copy(), centre, cv2.NORMAL_CLONE)
    return clone.astype(np.uint8, copy=False)


def _feathered(patch: RgbImage, host: RgbImage, mask: UInt8Array, kind: str, rng: Random) -> RgbImage:
    softness_px = float(rng.choice([0.5, 1, 2, 4] if kind == "face" else [0.4, 0.8, 1.6])) * host.shape[0] / 288
    share = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), softness_px)[:, :, None]
    return _bytes(host * (1 - share) + patch * share)


def _saved_alike(genuine: RgbImage, attack: RgbImage, rng: Random) -> tuple[RgbImage, RgbImage]:
    if rng.random() < 0.4:
        return genuine, attack
    quality = int(rng.integers(60, 96))
    return saved(genuine, quality), saved(attack, quality)


def _bytes(image: npt.NDArray[np.floating]) -> RgbImage:
    return np.round(image).clip(0, 255).astype(np.uint8)
