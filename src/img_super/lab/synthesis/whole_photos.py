"""Whole photos for the one-pass detector: small, with labels for everything that it must find.

Layout of a data set: `manifest.jsonl`, `photos/`, and `faces.npz`: faces of the same split, to place beside the card
in training. `shard-00000.jsonl` are the rows of a finished shard.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final

import cv2
import numpy as np

from img_super.detector.yunet import YuNet
from img_super.domain import Box, Float32Array, Label, UInt8Array
from img_super.lab.dataset.manifest import GENERATOR, write_rows
from img_super.lab.dataset.whole_photos import FACES_FILE, Corners, WholePhotoRow
from img_super.lab.synthesis.crew import RenderJob, Write, prepare, render_shards
from img_super.lab.synthesis.geometry import corners_of, onto
from img_super.lab.synthesis.pair import Options, SamplePair, draw_group_blank, draw_pair
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.render import Photo, render_pair
from img_super.lab.synthesis.samples import find_portrait
from img_super.lab.synthesis.sources import Sources

FACE_ON_CARD_PX: Final = (44.0, 100.0)
FACE_IN_PHOTO_PX: Final = (26.0, 130.0)
SIDES: Final = (3.4, 20.0)
"""How many faces the photo is wide: from a crop of the portrait's side of a card to a card that lies far away."""

FACE_SIDE_PX: Final = 112
_WIDTH_PX: Final = (340.0, 540.0)
_PAIRS_A_BLANK: Final = 5
_MOST_FACES: Final = 400
_FACE_SIZES: Final = 2.2
"""Side of a face's picture in face sizes."""


def render_photos(job: RenderJob, processes: int) -> Iterator[int]:
    """Render the missing shards, yielding each one's number of photos; then write manifest and faces."""
    (job.out / "photos").mkdir(parents=True, exist_ok=True)
    yield from render_shards(job, _start, processes)
    write_faces(job, prepare(job))


def _start(job: RenderJob) -> Write:
    return partial(write_shard, job, prepare(job), YuNet())


def write_shard(job: RenderJob, sources: Sources, yunet: YuNet, shard: int) -> None:
    """Render a shard's photos, then write its rows: a shard without rows is unfinished."""
    members = islice(photos(job.seed, shard, sources, yunet), job.size(shard))
    rows = []
    for place, (photo, pair, face) in enumerate(members):
        name = f"photos/{job.name(shard)}-{place:03d}.{photo.format}"
        (job.out / name).write_bytes(photo.data)
        rows.append(row_of(photo, pair, face, job.seed, name))
    write_rows(job.rows_path(shard), rows)


def photos(seed: int, shard: int, sources: Sources, yunet: YuNet) -> Iterator[tuple[Photo, SamplePair, Box]]:
    """Endless alternation of genuine photos and attacks, without pairs in which YuNet finds no face."""
    index = 0
    while True:
        blank = draw_group_blank(seed, shard, index // _PAIRS_A_BLANK, sources, FACE_ON_CARD_PX)
        for _ in range(_PAIRS_A_BLANK):
            pair = _smaller(draw_pair((seed, shard, index), sources, Options(whole_card=True), *blank))
            background = sources.backgrounds[pair.seeds["background"] % len(sources.backgrounds)]
            faces = [(photo, find_portrait(photo, yunet)) for photo in render_pair(pair, background)]
            index += 1
            if all(face is not None for _, face in faces):
                yield from ((photo, pair, face) for photo, face in faces if face is not None)


def _smaller(pair: SamplePair) -> SamplePair:
    rng = np.random.default_rng([pair.seeds["view"], 7])
    width, sides = rng.uniform(*_WIDTH_PX), np.exp(rng.uniform(*np.log(SIDES)))
    face = float(np.clip(width / sides, *FACE_IN_PHOTO_PX))
    return replace(pair, face_width_px=face, sides=float(max(SIDES[0], width / face)))


def row_of(photo: Photo, pair: SamplePair, face: Box, seed: int, name: str) -> WholePhotoRow:
    """The manifest's row of a photo that shows the whole card."""
    wh, frame = pair.blank.image.shape[1::-1], corners_of(pair.blank.frame)
    view = np.asarray(cv2.getPerspectiveTransform(frame, photo.frame_quad), np.float32)
    forged = photo.label is Label.ATTACK
    return WholePhotoRow(
        photo=name, document=pair.document, design=pair.blank.design, portrait=pair.portrait.identity,
        donor=pair.donor.identity if forged else "", label=int(photo.label), species=pair.species if forged else "",
        face_xyxy=(face.x_min, face.y_min, face.x_max, face.y_max),
        frame_quad=_corners(photo.frame_quad), card_quad=_corners(onto(view, corners_of((0, 0, wh[0], wh[1])))),
        ghost_xyxy=_ghost(pair, view, face),
        photo_wh=(photo.image.shape[1], photo.image.shape[0]), seed=seed, generator=GENERATOR,
    )  # fmt: skip


def _corners(quad: Float32Array) -> Corners:
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in quad)


def _ghost(pair: SamplePair, view: Float32Array, face: Box) -> tuple[float, float, float, float] | None:
    """The face's place in the ghost: the same position in a smaller frame."""
    ghost = pair.blank.ghost
    if ghost is None:
        return None
    frame = pair.blank.frame
    scale = (ghost[2] - ghost[0]) / (frame[2] - frame[0])
    on_card = onto(np.linalg.inv(view).astype(np.float32), corners_of((face.x_min, face.y_min, face.x_max, face.y_max)))
    corners = (on_card - np.array(frame[:2])) * scale + np.array(ghost[:2])
    if (corners.mean(0) > pair.blank.image.shape[1::-1]).any():
        return None  # the card ends before the face does
    low, high = onto(view, corners.astype(np.float32)).min(0), onto(view, corners.astype(np.float32)).max(0)
    return round(float(low[0]), 1), round(float(low[1]), 1), round(float(high[0]), 1), round(float(high[1]), 1)


def write_faces(job: RenderJob, sources: Sources) -> None:
    """`faces` uint8 [n, 112, 112, 3] and `boxes` float32 [n, 4], x, y, width, height relative to the side."""
    people = sources.portraits
    chosen = np.random.default_rng([job.seed, 9]).permutation(len(people))[:_MOST_FACES]
    cut = [_face_of(people[int(number)]) for number in chosen]
    np.savez(job.out / FACES_FILE, faces=np.stack([face for face, _ in cut]), boxes=np.stack([box for _, box in cut]))


def _face_of(person: Portrait) -> tuple[UInt8Array, Float32Array]:
    x, y, width, height = person.face_xywh
    side = _FACE_SIZES * float(np.sqrt(width * height))
    low = np.array([x + width / 2 - side / 2, y + height / 2 - side / 2])
    scale = FACE_SIDE_PX / side
    matrix = np.array([[scale, 0, -scale * low[0]], [0, scale, -scale * low[1]]])
    face = cv2.warpAffine(
        person.image, matrix, (FACE_SIDE_PX, FACE_SIDE_PX), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    box = np.array([(x - low[0]) / side, (y - low[1]) / side, width / side, height / side], np.float32)
    return face.astype(np.uint8, copy=False), box
