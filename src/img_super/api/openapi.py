"""The request body of both endpoints for the OpenAPI document, with an example that really works."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pybase64

EXAMPLE_PHOTO: Final = Path(__file__).parent.parent / "samples" / "example.jpg"


def _image_request() -> dict[str, Any]:
    example = "data:image/jpeg;base64," + pybase64.b64encode(EXAMPLE_PHOTO.read_bytes()).decode()
    text = {
        "type": "string",
        "description": "Base64 of a JPEG, PNG, WebP, HEIC, AVIF, BMP or TIFF file; a `data:` prefix is accepted.",
    }
    as_json = {"type": "object", "required": ["image"], "properties": {"image": text}}
    file = {"type": "string", "format": "binary"}
    as_form = {"type": "object", "required": ["image"], "properties": {"image": file}}
    content = {
        "application/json": {"schema": as_json, "example": {"image": example}},
        "multipart/form-data": {"schema": as_form},
        "image/*": {"schema": file},
    }
    return {"requestBody": {"required": True, "content": content}}


IMAGE_REQUEST: Final = _image_request()
