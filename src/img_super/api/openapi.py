"""Completes FastAPI's OpenAPI document: bodies by reference with a working example, and keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pybase64
from fastapi import FastAPI
from fastapi.routing import APIRoute

from img_super.api.schemas import Feedback, Problem

EXAMPLE_PHOTO: Final = Path(__file__).parent.parent / "samples" / "example.jpg"

_TYPES: Final = "JPEG, PNG, WebP, HEIC, AVIF, BMP or TIFF"
_TEXT: Final = {"type": "string", "description": f"Base64 of a {_TYPES} file; a `data:` prefix is accepted."}
_FILE: Final = {"type": "string", "format": "binary", "description": f"A {_TYPES} file."}


def reference(name: str) -> dict[str, str]:
    """A reference to the schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(field: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [field], "properties": {field: schema}}


# Named, so that generated clients have a type for each.
_SCHEMAS: Final = {
    "Feedback": Feedback.model_json_schema(),
    "ImageRequest": _object("image", _TEXT),
    "Problem": Problem.model_json_schema(),
}

_REQUEST_ID: Final = {
    "name": "X-Request-ID",
    "in": "header",
    "required": False,
    "description": "Your ID for this request; it is logged and returned in the response.",
    "schema": {"type": "string", "maxLength": 64},
}
"""openapi-python-client 0.29 generates broken code for several bodies unless there is an optional parameter."""

_KEYS: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
"""Either is enough."""


def body_of(*schemas: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The request body of a route that parses it itself: a schema per media type."""
    return {"requestBody": {"required": True, "content": {media: {"schema": schema} for media, schema in schemas}}}


def _image_request() -> dict[str, Any]:
    # openapi-generator uses the first body; for a form that comes later or by reference its code does not compile. It
    # does not know `image/*`, which the service accepts anyway.
    request = body_of(
        ("multipart/form-data", _object("image", _FILE)),
        ("application/json", reference("ImageRequest")),
        ("application/octet-stream", _FILE),
    )
    example = "data:image/jpeg;base64," + pybase64.b64encode(EXAMPLE_PHOTO.read_bytes()).decode()
    request["requestBody"]["content"]["application/json"]["example"] = {"image": example}
    return request | {"parameters": [_REQUEST_ID]}


IMAGE_REQUEST: Final = _image_request()
PHOTOS_REQUEST: Final = body_of(("multipart/form-data", _object("image", {"type": "array", "items": _FILE})))


def operation_id(route: APIRoute) -> str:
    """The name of the route's function, which generated clients use as method name."""
    return route.name


def complete_openapi(app: FastAPI, needs_key: Callable[[str], bool]) -> None:
    """Add schemas that no route returns, and which addresses need a key."""
    make = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(make(), needs_key)
        return make()

    app.openapi = document  # type: ignore[method-assign] # FastAPI's own way to change the document


def _without_fastapis_refusal(operation: dict[str, Any]) -> None:
    if "application/json" in operation["responses"].get("422", {}).get("content", {}):
        del operation["responses"]["422"]


def _complete(document: dict[str, Any], needs_key: Callable[[str], bool]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own error, which is never sent
        schemas.pop(name, None)
    schemas |= _SCHEMAS
    for item in document["paths"].values():
        for operation in item.values():
            _without_fastapis_refusal(operation)
    keyed = [item for path, item in document["paths"].items() if needs_key(path)]
    if keyed:
        document["components"]["securitySchemes"] = _KEYS
    for operations in keyed:
        for operation in operations.values():
            operation["security"] = [{name: []} for name in _KEYS]
