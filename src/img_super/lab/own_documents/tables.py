"""Photos labelled in a table: JSON lines (also the manifest of `img-super synthesize --photos`) or CSV.

A row has `photo` (a path or URL; a path is relative to the table's own folder) and `label`; and, where known,
`document`, `species`, and the face as `x_min`, `y_min`, `x_max`, `y_max`.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from img_super.domain import Box
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.truth import OwnPhoto, label_of
from img_super.sources.errors import FileError
from img_super.sources.found import InFile, Reader, Storage, beside, file_at, is_remote
from img_super.sources.names import printable

_CORNERS: Final = ("x_min", "y_min", "x_max", "y_max")
_CHAIN: Final = "::"
"""What fsspec takes for one file system inside another: a table from elsewhere could ask for anything with it."""

_MAX_BYTES: Final = 256 * 1024 * 1024


def is_table(url: str) -> bool:
    """By the name alone."""
    return url.lower().endswith((".csv", ".jsonl"))


def photos_of(table: str, storage: Storage) -> Iterator[OwnPhoto]:
    """The photos of a table, in its order; a row without a photo is left out.

    Raises `BadLabels`: the table cannot be read, or a row says no label.
    """
    folder = table.rpartition("/")[0]
    for number, row in enumerate(_rows(table, _read(table, storage)), 1):
        photo, place = str(row.get("photo") or ""), f"Row {number} of {printable(table)}"
        if not photo:
            continue
        file = _file(photo, folder, place, storage)
        label = label_of(str(row.get("label", "")), place)
        document, species = (str(row.get(name) or "") for name in ("document", "species"))
        yield OwnPhoto(file, label, document, species, _marked(row, place))


def _file(photo: str, folder: str, place: str, storage: Storage) -> InFile:
    if is_remote(photo) and _CHAIN in photo:
        raise BadLabels(f"{place} names a photo by several addresses at once: {printable(photo)}.")
    absolute = is_remote(photo) or photo.startswith("/") or not folder
    try:
        return file_at(photo, storage) if absolute else beside(folder, photo, storage)
    except FileError as error:
        raise BadLabels(f"{place} names a photo that cannot be read: {error.detail}") from error


def _read(table: str, storage: Storage) -> str:
    try:
        return Reader(storage, _MAX_BYTES).read(file_at(table, storage)).decode("utf-8-sig")
    except FileError as error:
        raise BadLabels(f"The table {printable(table)} cannot be read: {error.detail}") from error
    except UnicodeDecodeError as error:
        raise BadLabels(f"The table {printable(table)} is not written in UTF-8.") from error


def _rows(table: str, text: str) -> Iterator[Mapping[str, Any]]:
    if table.lower().endswith(".csv"):
        try:
            yield from csv.DictReader(io.StringIO(text))
        except csv.Error as error:
            raise BadLabels(f"The table {printable(table)} is no CSV: {error}.") from error
        return
    for number, line in enumerate(filter(str.strip, text.splitlines()), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadLabels(f"Row {number} of {printable(table)} is no JSON.") from error
        if not isinstance(row, dict):
            raise BadLabels(f"Row {number} of {printable(table)} is no JSON object.")
        yield row


def _marked(row: Mapping[str, Any], place: str) -> tuple[Box, ...]:
    corners = [row.get(name) for name in _CORNERS]
    if any(corner in (None, "") for corner in corners):
        return ()
    try:
        x_min, y_min, x_max, y_max = (float(str(corner)) for corner in corners)
        return (Box.from_xywh(x_min, y_min, x_max - x_min, y_max - y_min),)
    except (ValueError, OverflowError) as error:  # the second one of numbers without an end
        raise BadLabels(f"{place} has a box that is not four numbers.") from error
