"""Photos labelled by the folder in which they lie, each with its annotation beside it if there is one."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from img_super.domain import Box, Label
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.truth import OwnPhoto
from img_super.lab.own_documents.voc import marked_boxes
from img_super.sources.errors import FileError
from img_super.sources.found import Failed, Found, Reader, Storage
from img_super.sources.search import find_photos

_NO_PHOTOS: Final = frozenset({".csv", ".db", ".json", ".jsonl", ".md", ".txt"})


def photos_in(sources: Sequence[str], label: Label, storage: Storage) -> Iterator[OwnPhoto]:
    """Every file in the sources that may be a photo, with this label.

    A source is a folder, a glob, an archive or a URL. Photos of the same name without its ending, such as `TRUE/7.jpg`
    and `FALSE/7.png`, count as the same document. Raises `SourceError`: a source is not there; `BadLabels`: an
    annotation cannot be read.
    """
    reader = Reader(storage)
    files = list(find_photos(sources, storage))
    annotations = {_stem(file): file for file in files if _suffix(file) == ".xml"}
    for file in files:
        if _suffix(file) not in _NO_PHOTOS | {".xml"}:
            annotation = annotations.get(_stem(file))
            marked = () if annotation is None else _boxes(annotation, reader)
            yield OwnPhoto(file, label, document=PurePosixPath(_stem(file)).name, marked=marked)


def _boxes(annotation: Found, reader: Reader) -> tuple[Box, ...]:
    if isinstance(annotation, Failed):
        raise BadLabels(f"The annotation {annotation.name} cannot be read: {annotation.detail}")
    try:
        return marked_boxes(reader.read(annotation), annotation.name)
    except FileError as error:
        raise BadLabels(f"The annotation {annotation.name} cannot be read: {error.detail}") from error


def _suffix(file: Found) -> str:
    return PurePosixPath(file.name).suffix.lower()


def _stem(file: Found) -> str:
    return str(PurePosixPath(file.name).with_suffix(""))
