"""Where labelled photos lie, as a person says it, and which folder means what.

`TRUE` and `FALSE` are the folders of the old system: TRUE held genuine documents. In the service's answers `reco` is
"TRUE" when a portrait is superimposed, which is the opposite; so these two names are never believed unasked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from img_super.domain import Label
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.folders import photos_in
from img_super.lab.own_documents.tables import is_table, photos_of
from img_super.lab.own_documents.truth import OwnPhoto
from img_super.sources.errors import SourceError
from img_super.sources.found import Storage
from img_super.sources.names import printable
from img_super.sources.search import check_sources

_CLEAR: Final = (("bona_fide", "attack"), ("genuine", "attack"), ("genuine", "superimposed"))
_UNCLEAR: Final = ("TRUE", "FALSE")
_MANIFEST: Final = "manifest.jsonl"

Confirm = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Places:
    """Sources by label, or one table that says the label of every photo."""

    genuine: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    table: str | None = None

    def in_words(self) -> str:
        """What is about to be believed, for a person to read before it is."""
        if self.table is not None:
            return f"GENUINE and SUPERIMPOSED: according to the column `label` of {printable(self.table)}"
        genuine, attack = (", ".join(map(printable, sources)) or "none" for sources in (self.genuine, self.attack))
        return f"GENUINE documents:      {genuine}\nSUPERIMPOSED portraits: {attack}"

    def photos(self, storage: Storage) -> list[OwnPhoto]:
        """Every labelled photo.

        Raises `BadLabels`: there is none, or what says the labels cannot be read; `SourceError`: a source is not there.
        """
        if self.table is not None:
            photos = list(photos_of(self.table, storage))
        else:
            genuine = photos_in(self.genuine, Label.BONA_FIDE, storage)
            photos = list(chain(genuine, photos_in(self.attack, Label.ATTACK, storage)))
        if not photos:
            raise BadLabels("There are no labelled photos:\n" + self.in_words())
        return photos


def find_places(
    data: str | None, genuine: Sequence[str], attack: Sequence[str], storage: Storage, confirm: Confirm
) -> Places:
    """Which folders hold what.

    Args:
        data: a folder with one folder for each class, a folder with `manifest.jsonl`, or a table (.csv, .jsonl).
        genuine, attack: folders, globs, archives or URLs; with `data`, names of folders in it.
        confirm: asks a person whether `TRUE` means genuine; false when nobody can be asked.

    Raises `BadLabels`: nothing was named, or nobody said what TRUE and FALSE mean.
    """
    if data is None:
        if not genuine and not attack:
            raise BadLabels("Say where the photos are: --data DIR, or --genuine DIR and --attack DIR.")
        return Places(tuple(genuine), tuple(attack))
    data = data.rstrip("/")
    if genuine or attack:
        return Places(tuple(f"{data}/{name}" for name in genuine), tuple(f"{data}/{name}" for name in attack))
    if is_table(data):
        return Places(table=data)
    if _is_there(f"{data}/{_MANIFEST}", storage):
        return Places(table=f"{data}/{_MANIFEST}")
    return _by_names(data, storage, confirm)


def _by_names(data: str, storage: Storage, confirm: Confirm) -> Places:
    for names in _CLEAR:
        if _are_there(data, names, storage):
            return Places((f"{data}/{names[0]}",), (f"{data}/{names[1]}",))
    if not _are_there(data, _UNCLEAR, storage):
        raise BadLabels(
            f"{printable(data)} has no pair of folders such as genuine and attack, and no {_MANIFEST}; "
            "name them with --genuine and --attack."
        )
    places = Places((f"{data}/TRUE",), (f"{data}/FALSE",))
    if not confirm(f"{places.in_words()}\nIs that right?"):
        raise BadLabels(
            "TRUE and FALSE mean different things to different people. Say which is which: "
            "--genuine TRUE --attack FALSE, or the other way round."
        )
    return places


def _are_there(data: str, names: tuple[str, ...], storage: Storage) -> bool:
    return all(_is_there(f"{data}/{name}", storage) for name in names)


def _is_there(source: str, storage: Storage) -> bool:
    try:
        check_sources([source], storage)
    except SourceError:
        return False
    return True
