"""Files as written by real phones, scanners and programs."""

from __future__ import annotations

import base64
import struct

import numpy as np
from PIL import Image

from tests.hostile.files import END_OF_IMAGE, START_OF_SCAN, image_file, tiff, tiff_strip
from tests.variants import raw_tiff, samples_of

RNG = np.random.default_rng(5)
ROUGH = RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
PHOTO = Image.fromarray(ROUGH)
JPEG = image_file(PHOTO, "JPEG", quality=92)
SCAN = JPEG.index(START_OF_SCAN)
SCAN_BEGINS = SCAN + 14

HARMLESS = {
    "no end": JPEG[:-2],
    "a few bytes before the end": JPEG[:-2] + b"\0\1" + END_OF_IMAGE,
    "padding before the end": JPEG[:-2] + b"\0" * 500 + END_OF_IMAGE,
    "bytes before a segment": JPEG[:SCAN] + b"abcdefgh" + JPEG[SCAN:],
    "more behind the end": JPEG + RNG.bytes(9000),
    "the parameters of some phones": JPEG[: SCAN_BEGINS - 3] + b"\0\0\0" + JPEG[SCAN_BEGINS:],
    "several at once": JPEG[:SCAN] + b"abc" + JPEG[SCAN : SCAN_BEGINS - 3] + b"\0\0\0" + JPEG[SCAN_BEGINS:-2],
}

UNSUPPORTED = {
    "two deep bands": raw_tiff(samples_of(2, 16), 1, 16, "<", "strip"),
    "12 bits, the higher byte first": raw_tiff(samples_of(1, 8) * 16, 1, 12, ">", "strip"),
    "deep planes": raw_tiff(samples_of(3, 16), 2, 16, "<", "planes"),
    "32-bit whole numbers": tiff_strip(10, 10, b"\0" * 400, 1).replace(
        struct.pack("<HHII", 258, 3, 1, 8), struct.pack("<HHII", 258, 3, 1, 32)
    ),
    "12 bits": JPEG.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"),
    "lossless": JPEG.replace(b"\xff\xc0\0\x11", b"\xff\xc3\0\x11"),
    "JPEG-LS": JPEG.replace(b"\xff\xc0\0\x11", b"\xff\xf7\0\x11"),
    "JPEG 2000 in TIFF": tiff_strip(10, 10, b"\0" * 100, 34712),
    "lossless JPEG in TIFF": tiff_strip(10, 10, b"\xff\xd8\xff\xc3" + b"\0" * 100, 7),
    "half floats in TIFF": tiff(*((t, 3, v) for t, v in [(256, 8), (257, 8), (258, 16), (259, 1), (262, 1)]),
                                (273, 4, 0), (277, 3, 1), (278, 4, 8), (279, 4, 128), (339, 3, 3), data=bytes(128)),
}  # fmt: skip

HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9j"
    "AAAAAERAAAEAAQAAAAABegABAAAAAAAAAJ0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlw"
    "cnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AA"
    "AAMAkAAAAwAAAwAeoDCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAA"
    "AABgAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAAKVtZGF0AAAAmSgBrwng4wucuq///elP//4b95D92Yqk"
    "glP/9VZcd8Qcf/0z4axZTMgPPNe5gr1uJ8pYr4Cr2QWfZeM1K40+Tbxs9psP+HLs5iyXRLChVmNUNa32kM6YgW7//9M4+R80gV/7gaFly1or"
    "8RgNb9UkFdmi27PCdxXYFpQvi54poGHU76O9xCbW9wH+h6MzKXwyJ6WZERkncKUm4A=="
)
"""96 x 64, dark with red in the upper left; made with pillow-heif, since what decodes here cannot encode."""
