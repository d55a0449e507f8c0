"""Items on a card besides background and portrait: texts, MRZ, barcodes, emblem, chip, signature..."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from img_super.lab.synthesis.documents import codes, lines, words
from img_super.lab.synthesis.documents.design import Item
from img_super.lab.synthesis.documents.page import Colour, Page, fill, lay_mask, mixed, write_line
from img_super.lab.synthesis.documents.typefaces import Mask, text_mask
from img_super.lab.synthesis.geometry import Box4

_GOLD: Final = ((206, 170, 92), (222, 196, 130), (196, 198, 200), (182, 150, 84))
_LEAVES: Final = 9


def draw_item(page: Page, item: Item) -> None:
    """Draw one item, or leave it out by its frequency."""
    if page.rng.random() < item.chance:
        DRAWERS[item.kind](page, item, page.box_px(item.box))


def _title(page: Page, item: Item, box: Box4) -> None:
    text = page.person.state if item.form == "state" else words.title(page.rng, page.person, item.form)
    face = page.face(item.font or "sans", item.bold)
    ink = page.inks[-1] if item.form == "state" else None
    write_line(page, text, box, face, ink=ink, turn=item.turn, align=item.align)


def _value(page: Page, item: Item, box: Box4) -> None:
    """One value: a number, upright or along the portrait, or a name."""
    text = str(getattr(page.person, item.form or "number"))
    if item.form in ("", "number") and page.rng.random() < 0.3:
        text = " ".join((text[:2], text[2:5], text[5:]))
    ink = page.inks[-1] if page.rng.random() < 0.4 else page.ink
    write_line(page, text, box, page.face(item.font or "sans", item.bold), ink=ink, turn=item.turn, align=item.align)


def _fields(page: Page, item: Item, box: Box4) -> None:
    """Rows of a small label and a larger value; labels above, beside, numbered or none."""
    rows = words.fields(page.rng, page.person)[: item.rows or 8]
    step = (box[3] - box[1]) / max(len(rows), 1)
    label_face, value_face = page.face("sans"), page.face(item.font or "sans", item.bold)
    label_ink = mixed(page.inks[-1], (255, 255, 255), 0.1)
    gap = round((box[2] - box[0]) * 0.26)
    size = step * page.text_scale
    for number, (label, value) in enumerate(rows):
        y = round(box[1] + number * step)
        if item.form == "beside":
            label_box = box[0], y, box[0] + gap - 2, round(y + 0.42 * size)
            value_box = box[0] + gap, y, box[2], round(y + 0.56 * size)
        else:
            label_box = box[0], y, box[2], round(y + 0.2 * size)
            value_box = box[0], round(y + 0.32 * size), box[2], round(y + 0.74 * size)
        if item.form == "numbered":
            value_box = box[0] + gap // 4, label_box[1], box[2], round(y + 0.5 * size)
        if item.form != "bare" and label_box[3] - label_box[1] >= 3:
            caption = f"{number + 1}." if item.form == "numbered" else label
            write_line(page, caption, label_box, label_face, ink=label_ink)
        write_line(page, value, value_box, value_face, align=item.align)


def _rules(page: Page, item: Item, box: Box4) -> None:
    for y in np.linspace(box[1], box[3], max(2, item.rows or 5)):
        at = round(float(y))
        cv2.line(page.canvas, (box[0], at), (box[2], at), mixed(page.inks[-1], (255, 255, 255), 0.35), 1, cv2.LINE_AA)


def _mrz(page: Page, item: Item, box: Box4) -> None:
    text = codes.mrz_lines(page.person, item.form or "td1")
    if page.rng.random() < 0.7:
        zone = (0, box[1] - (box[3] - box[1]) // 8, page.wh[0], page.wh[1])
        fill(page, zone, (248, 248, 246), page.rng.uniform(0, 0.9))
    step = (box[3] - box[1]) / len(text)
    ink = page.ink if page.rng.random() < 0.3 else (24.0, 24.0, 28.0)
    for number, line in enumerate(text):
        top = round(box[1] + number * step)
        write_line(page, line, (box[0], top, box[2], round(top + 0.8 * step)), page.face("mono"), ink=ink)


def _barcode(page: Page, item: Item, box: Box4) -> None:
    text = f"{page.person.number}{page.person.personal}{page.person.surname_mrz}"
    code = codes.barcode(item.form or "pdf417", text if item.form in ("pdf417", "qr") else page.person.number)
    if item.turn % 180 == 90:
        code = np.ascontiguousarray(np.rot90(code))
    wh = box[2] - box[0], box[3] - box[1]
    if item.form in ("qr", "aztec", "datamatrix"):
        wh = (min(wh), min(wh))
    mask = np.asarray(255 - cv2.resize(code, wh, interpolation=cv2.INTER_AREA), np.uint8)
    if page.rng.random() < 0.6:
        fill(page, (box[0] - 3, box[1] - 3, box[0] + wh[0] + 3, box[1] + wh[1] + 3), (250, 250, 250), 0.9)
    lay_mask(page.canvas, mask, box[:2], (20, 20, 24))


def _chip(page: Page, _: Item, box: Box4) -> None:
    gold = tuple(float(value) for value in _GOLD[int(page.rng.integers(len(_GOLD)))])
    wh = box[2] - box[0], box[3] - box[1]
    mask = np.zeros((wh[1], wh[0]), np.uint8)
    radius = max(1, round(0.16 * wh[0]))
    cv2.rectangle(mask, (radius, radius), (wh[0] - radius - 1, wh[1] - radius - 1), 255, 2 * radius, cv2.LINE_AA)
    cv2.rectangle(mask, (radius, radius), (wh[0] - radius - 1, wh[1] - radius - 1), 255, -1)
    lay_mask(page.canvas, mask, box[:2], (gold[0], gold[1], gold[2]))
    dark = mixed((gold[0], gold[1], gold[2]), (60, 45, 20), 0.6)
    x, y = np.linspace(box[0], box[2], 4).astype(int), np.linspace(box[1], box[3], 4).astype(int)
    for place in (1, 2):
        cv2.line(page.canvas, (int(x[0]), int(y[place])), (int(x[3]), int(y[place])), dark, 1, cv2.LINE_AA)
        cv2.line(page.canvas, (int(x[place]), int(y[0])), (int(x[place]), int(y[3])), dark, 1, cv2.LINE_AA)
    cv2.rectangle(page.canvas, (int(x[1]), int(y[1])), (int(x[2]), int(y[2])), (gold[0], gold[1], gold[2]), -1)


def _emblem(page: Page, _: Item, box: Box4) -> None:
    """An invented emblem: a shield or a disc with a rosette, between leaves."""
    ink = page.some_ink()
    centre = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    size = min(box[2] - box[0], box[3] - box[1]) / 2
    draw = lines.rosette if page.rng.random() < 0.5 else lines.hypotrochoid
    lines.draw_curves(page.canvas, draw(centre, size * 0.6, page.rng), [ink])
    middle = (round(centre[0]), round(centre[1]))
    if page.rng.random() < 0.5:
        cv2.circle(page.canvas, middle, round(size * 0.66), ink, max(1, round(size * 0.05)), cv2.LINE_AA)
    else:
        _shield(page, centre, size * 0.7, ink)
    if page.rng.random() < 0.6:
        _leaves(page, centre, size, ink)


def _shield(page: Page, centre: tuple[float, float], size: float, ink: Colour) -> None:
    shape = np.array([[-0.8, -0.9], [0.8, -0.9], [0.8, 0.1], [0.5, 0.65], [0, 1], [-0.5, 0.65], [-0.8, 0.1]])
    points = np.round((shape * size + centre) * 16).astype(np.int32)
    cv2.polylines(page.canvas, [points], True, ink, max(1, round(size * 0.07)), cv2.LINE_AA, 4)
    if page.rng.random() < 0.6:
        half = points[[0, 1, 2, 6]] if page.rng.random() < 0.5 else points[[0, 1, 3]]
        cv2.fillPoly(page.canvas, [half], mixed(page.some_ink(), (255, 255, 255), 0.4), cv2.LINE_AA, 4)


def _leaves(page: Page, centre: tuple[float, float], size: float, ink: Colour) -> None:
    for side in (-1, 1):
        for angle in np.linspace(0.35, 2.4, _LEAVES):
            at = (round(centre[0] + side * size * 0.86 * np.sin(angle)), round(centre[1] + size * 0.86 * np.cos(angle)))
            axes = (max(1, round(size * 0.12)), max(1, round(size * 0.045)))
            cv2.ellipse(page.canvas, at, axes, side * (60 - float(np.rad2deg(angle))), 0, 360, ink, -1, cv2.LINE_AA)


def _ovi(page: Page, _: Item, box: Box4) -> None:
    """A patch of colour-shifting ink: two hues across a filled shape."""
    hw = box[3] - box[1], box[2] - box[0]
    mask = np.zeros(hw, np.uint8)
    if page.rng.random() < 0.5:
        cv2.ellipse(mask, (hw[1] // 2, hw[0] // 2), (hw[1] // 2 - 1, hw[0] // 2 - 1), 0, 0, 360, 255, -1, cv2.LINE_AA)
    else:
        lines.draw_curves(mask, lines.rosette((hw[1] / 2, hw[0] / 2), min(hw) / 2.4, page.rng), [(255,)], 2)
    ramp = np.tile(np.linspace(0, 255, hw[1], dtype=np.float32), (hw[0], 1))
    hues = page.rng.uniform(0, 255, (2, 3)) * 0.75
    lay_mask(page.canvas, mask, box[:2], (float(hues[0][0]), float(hues[0][1]), float(hues[0][2])))
    over = np.asarray(mask * (ramp / 255), np.uint8)
    lay_mask(page.canvas, over, box[:2], (float(hues[1][0]), float(hues[1][1]), float(hues[1][2])))


def signature_mask(rng: np.random.Generator, wh: tuple[int, int]) -> Mask:
    """A pen signature: one or two sweeping strokes of uneven pressure."""
    mask = np.zeros((wh[1], wh[0]), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        knots = int(rng.integers(7, 18))
        x = np.sort(rng.uniform(0.04, 0.96, knots)) + rng.normal(0, 0.035, knots)
        y = 0.5 + np.cumsum(rng.normal(0, 0.2, knots)) * np.linspace(1, 0.5, knots)
        y = 0.1 + 0.8 * (y - y.min()) / (np.ptp(y) + 1e-6)
        rough = np.stack([x * wh[0], y * wh[1]], -1).astype(np.float32)
        dense = cv2.resize(rough, (2, knots * 14), interpolation=cv2.INTER_LINEAR)
        smooth = cv2.GaussianBlur(dense, (1, 41), 0, borderType=cv2.BORDER_REPLICATE)
        points = np.round(smooth * 16).astype(np.int32)
        half = len(points) // 2
        cv2.polylines(mask, [points], False, 255, max(1, wh[1] // 45), cv2.LINE_AA, 4)
        cv2.polylines(mask, [points[half : half + half // 2]], False, 255, max(1, wh[1] // 28), cv2.LINE_AA, 4)
    return mask


def _signature(page: Page, item: Item, box: Box4) -> None:
    wh = box[2] - box[0], box[3] - box[1]
    if wh[0] < 8 or wh[1] < 5:
        return
    ink = (20.0, 24.0, 60.0 + 80 * float(page.rng.random())) if page.rng.random() < 0.5 else (28.0, 28.0, 32.0)
    mask = signature_mask(page.rng, wh)
    lay_mask(page.canvas, np.ascontiguousarray(np.rot90(mask, item.turn // 90)), box[:2], ink, page.rng.uniform(0.6, 1))


def _stripe(page: Page, item: Item, box: Box4) -> None:
    mask = np.full((box[3] - box[1], box[2] - box[0]), 255, np.uint8)
    if item.form == "fading":
        ramp = np.linspace(255, 0, mask.shape[1])
        mask = np.tile(ramp if page.rng.random() < 0.5 else ramp[::-1], (mask.shape[0], 1)).astype(np.uint8)
    lay_mask(page.canvas, mask, box[:2], page.some_ink(), float(page.rng.uniform(0.35, 1)))


def _flag(page: Page, _: Item, box: Box4) -> None:
    vertical = page.rng.random() < 0.5
    edges = np.linspace(box[0] if vertical else box[1], box[2] if vertical else box[3], 4).astype(int)
    for start, end in pairwise(edges):
        colour = page.rng.uniform(0, 255, 3)
        part = (int(start), box[1], int(end), box[3]) if vertical else (box[0], int(start), box[2], int(end))
        fill(page, part, (float(colour[0]), float(colour[1]), float(colour[2])), 0.9)


def _microtext(page: Page, item: Item, box: Box4) -> None:
    text = (page.person.state + " · ") * 30
    size, long = max(4.0, float(box[3] - box[1])), box[2] - box[0]
    mask = text_mask(text[: max(4, int(long / size * 2.2))], page.face("sans").at(size))[:, :long]
    lay_mask(page.canvas, np.ascontiguousarray(np.rot90(mask, item.turn // 90)), box[:2], page.some_ink(), 0.8)


def _border(page: Page, _: Item, box: Box4) -> None:
    """A printed ornamental border of loops, as around photos in old passports."""
    step = max(6.0, 0.012 * page.wh[0] * page.rng.uniform(0.7, 1.6))
    ink = mixed(page.some_ink(), (255, 255, 255), float(page.rng.uniform(0, 0.4)))
    corners = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]), (box[0], box[1])]
    curves = []
    for (x_0, y_0), (x_1, y_1) in pairwise(corners):
        length = float(np.hypot(x_1 - x_0, y_1 - y_0))
        along = np.linspace(0, length, max(8, int(length / step * 10)))
        dx, dy = (x_1 - x_0) / max(length, 1), (y_1 - y_0) / max(length, 1)
        for phase in (0.0, np.pi):
            swing = 0.45 * step * np.sin(along / step * np.pi + phase)
            run = along + 0.5 * step * np.sin(2 * along / step * np.pi)
            curves.append(np.stack([x_0 + dx * run - dy * swing, y_0 + dy * run + dx * swing], -1).astype(np.float32))
    lines.draw_curves(page.canvas, curves, [ink])


def _rosette(page: Page, _: Item, box: Box4) -> None:
    centre, size = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), (box[3] - box[1]) / 2
    light = [mixed(page.some_ink(), (255, 255, 255), float(page.rng.uniform(0.1, 0.6))) for _ in range(2)]
    lines.draw_curves(page.canvas, lines.rosette(centre, size, page.rng), light)


def _panel(page: Page, _: Item, box: Box4) -> None:
    fill(page, box, (252, 252, 250), float(page.rng.uniform(0.2, 0.8)))


def _sticker(page: Page, _: Item, box: Box4) -> None:
    """A sticker or an overtyped field, unrelated to the portrait."""
    light = page.rng.uniform(215, 255, 3)
    colour = (float(light[0]), float(light[1]), float(light[2]))
    fill(page, (box[0] + 1, box[1] + 2, box[2] + 2, box[3] + 2), (40, 40, 40), float(page.rng.uniform(0, 0.35)))
    fill(page, box, colour, float(page.rng.uniform(0.9, 1)))
    inset = (box[3] - box[1]) // 4
    inner = (box[0] + inset, box[1] + inset, box[2] - inset, box[3] - inset)
    style = ("sans", "mono", "hand")[int(page.rng.integers(3))]
    write_line(page, (page.person.number, page.person.place, page.person.surname)[int(page.rng.integers(3))], inner,
               page.face(style), ink=(30, 30, 40))  # fmt: skip


DRAWERS: Final[dict[str, Callable[[Page, Item, Box4], None]]] = {
    "title": _title,
    "value": _value,
    "fields": _fields,
    "rules": _rules,
    "mrz": _mrz,
    "barcode": _barcode,
    "chip": _chip,
    "emblem": _emblem,
    "ovi": _ovi,
    "signature": _signature,
    "stripe": _stripe,
    "flag": _flag,
    "microtext": _microtext,
    "border": _border,
    "rosette": _rosette,
    "panel": _panel,
    "sticker": _sticker,
}
