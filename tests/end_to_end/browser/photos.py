"""Photos for the page, made from the samples."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload, Page

from tests.conftest import SAMPLES, encode


def sample(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": (SAMPLES / name).read_bytes()}


def jpeg(name: str, image: Image.Image, **options: Any) -> FilePayload:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=95, **options)
    return {"name": name, "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def faceless() -> FilePayload:
    return {"name": "mesa.png", "mimeType": "image/png", "buffer": encode(np.full((300, 400, 3), 200, np.uint8))}


def broken() -> FilePayload:
    whole = sample("bona_fide.jpg")
    return {**whole, "name": "cortada.jpg", "buffer": whole["buffer"][: len(whole["buffer"]) // 2]}


def no_image() -> FilePayload:
    return {"name": "contrato.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 a contract"}


def small() -> FilePayload:
    """A face too small to be judged, large enough to be found."""
    photo = Image.open(SAMPLES / "bona_fide.jpg")
    return jpeg("lejos.jpg", photo.resize((photo.width * 2 // 5, photo.height * 2 // 5)))


def turned() -> FilePayload:
    """Stored sideways, with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate 90 degrees clockwise to display
    lying = Image.open(SAMPLES / "attack.jpg").transpose(Image.Transpose.ROTATE_90)
    return jpeg("girada.jpg", lying, exif=exif)


def tall() -> FilePayload:
    """The document on a table, by a phone in portrait orientation."""
    document = Image.open(SAMPLES / "attack.jpg").convert("RGB")
    photo = Image.new("RGB", (document.width, document.width * 2), (120, 110, 100))
    photo.paste(document, (0, document.width - document.height // 2))
    return jpeg("parada.jpg", photo)


def with_ghost() -> FilePayload:
    """The portrait again, smaller, at the right of the document."""
    photo = Image.open(SAMPLES / "bona_fide.jpg").convert("RGB")
    photo = photo.resize((photo.width * 2, photo.height * 2))
    portrait = photo.crop((70, 160, 340, 490))
    photo.paste(portrait.resize((150, 183)), (740, 260))
    return jpeg("fantasma.jpg", photo)


def give(page: Page, *photos: FilePayload) -> None:
    page.locator("#files").set_input_files(list(photos))
