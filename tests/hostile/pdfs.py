"""PDFs made byte by byte: scanned pages and costly ones."""

from __future__ import annotations

import zlib

import numpy as np

from img_super.domain import RgbImage

A4 = (0, 0, 595, 842)


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A file of these objects, numbered from 1; the first is the catalogue."""
    data, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    tail = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, trailer, len(data))
    return data + head + table + tail


def stream(head: bytes, data: bytes) -> bytes:
    """A stream and its dictionary."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (head, len(data), data)


def page(content: bytes, *objects: bytes, box: tuple[float, ...] = A4, more: bytes = b"") -> bytes:
    """One page that draws `content`; `objects` are numbered from 5, and the fifth is its image `Im`."""
    media = " ".join(map(str, box)).encode()
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<</XObject<</Im 5 0 R>>>>%s>>" % (media, more),
        stream(b"", content),
        *objects,
    )


def image(wh: tuple[int, int], data: bytes, filters: bytes, more: bytes = b"/ColorSpace/DeviceRGB") -> bytes:
    """An image of 8 bits per component."""
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8" % wh
    return stream(head + b"/Filter/" + filters + more, data)


def scan(pixels: RgbImage, dpi: float = 300, more: bytes = b"") -> bytes:
    """A scanner's page: one image over the whole page."""
    height, width = pixels.shape[:2]
    deflated = image((width, height), zlib.compress(np.ascontiguousarray(pixels).tobytes(), 1), b"FlateDecode")
    wide, high = width * 72 / dpi, height * 72 / dpi
    return page(b"q %f 0 0 %f 0 0 cm /Im Do Q" % (wide, high), deflated, box=(0, 0, wide, high), more=more)


def jpeg_scan(jpeg: bytes, wh: tuple[int, int], dpi: float = 300) -> bytes:
    """A phone app's page: the camera's JPEG over the whole page."""
    wide, high = wh[0] * 72 / dpi, wh[1] * 72 / dpi
    content = b"q %f 0 0 %f 0 0 cm /Im Do Q" % (wide, high)
    return page(content, image(wh, jpeg, b"DCTDecode"), box=(0, 0, wide, high))


def form(content: bytes, drawn: int, matrix: tuple[float, ...] = (1, 0, 0, 1, 0, 0)) -> bytes:
    """A form; `drawn` is the number of its `Im`."""
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 1000 1000]/Resources<</XObject<</Im %d 0 R>>>>" % drawn
    return stream(head + b"/Matrix[%s]" % " ".join(map(str, matrix)).encode(), content)


NO_PAGES = pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
ENCRYPTED = pdf(
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    trailer=b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (b"11" * 32, b"22" * 32),
)
"""NO_PAGES has none; ENCRYPTED cannot be opened without a password that nobody has."""
