"""The bulk scan on Ray Data: a crew of processes on every node, the journal where the scan was started.

    sources -> units -> Ray Data -> crew on a node [read -> pipeline] -> rows -> journal -> results, report
               (names, never bytes)                                     (fsync'd, here)

Photos are read where they are judged, so every node must have access to the sources. A dead node's work is redone.
"""

import pickle
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext, Dataset
from ray.exceptions import RayError

from img_super.scan.crew import Crew, Work
from img_super.scan.errors import ScanError
from img_super.scan.judge import Judged
from img_super.scan.scan import Judging, ScanJob
from img_super.sources.archives import is_tar, is_zip, photos_in_tar, photos_in_zip
from img_super.sources.found import Found, InFile
from img_super.sources.search import find_files

UNITS_A_BLOCK: Final = 64
"""Photos (or whole TAR archives) given to a crew at a time; decides what a dying node costs, and a scan's tail."""

UNITS_AT_ONCE: Final = 1_000_000
"""Listed and judged before the next ones are listed; their names take about 200 MB of the object store."""

_ROWS_A_BLOCK: Final = 1000

_Column = npt.NDArray[np.object_]
T = TypeVar("T")


def judging_on_ray(crews: int | None = None) -> Judging:
    """Judging on the cluster for `scan.scan`, with at most this many processes; None for all cores, even ones added
    later.

    Raises `ScanError`: there is no cluster.
    """
    connect()
    return partial(_judge, crews)


def _judge(crews: int | None, job: ScanJob, is_done: Callable[[str], bool]) -> Generator[Judged]:
    """A row for every photo of the job that is not `is_done`; rows of a TAR archive may be repeated, unchanged."""
    for units in _in_parts(_units(job, is_done), UNITS_AT_ONCE):
        yield from _judged(job.work, crews, units)


def connect() -> None:
    """Join the cluster at `RAY_ADDRESS`, or this machine's. Raises `ScanError` without one."""
    if ray.is_initialized():
        return
    try:
        ray.init(address="auto", log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ScanError("There is no Ray cluster here; start one (`ray start --head`) or set RAY_ADDRESS.") from error


def _units(job: ScanJob, is_done: Callable[[str], bool]) -> Iterator[Found]:
    """What can be judged independently: photos, members of ZIP archives, and whole TAR archives, read in order."""
    for file in find_files(job.sources, job.work.storage):
        members = photos_in_zip(file, job.work.storage) if isinstance(file, InFile) and is_zip(file.path) else (file,)
        for unit in members:
            if not is_done(unit.name) and not job.is_target(unit):
                yield unit


def _judged(work: Work, crews: int | None, units: tuple[Found, ...]) -> Iterator[Judged]:
    rows = _data(units).map_batches(
        NodeCrew,
        fn_constructor_args=(work,),
        batch_size=UNITS_A_BLOCK,
        num_cpus=1,
        compute=ActorPoolStrategy(min_size=1, max_size=crews),
    )
    try:
        for batch in rows.iter_batches(batch_size=None, prefetch_batches=0):
            yield from map(pickle.loads, batch["judged"])
    except RayError as error:
        raise ScanError("The Ray cluster failed; the rows so far are kept. Fix it and scan again.") from error


def _data(units: tuple[Found, ...]) -> Dataset:
    context = DataContext.get_current()
    context.enable_progress_bars = False
    blocks = [pa.table({"unit": list(map(pickle.dumps, part))}) for part in _in_parts(units, UNITS_A_BLOCK)]
    return ray.data.from_arrow(blocks)


class NodeCrew:
    """One process that judges, supervised by this one, which replaces it when a photo crashes it."""

    def __init__(self, work: Work) -> None:
        """Raises `ScanError` when the process cannot start."""
        self._work = work
        self._crew = Crew(work, processes=1)

    def __call__(self, batch: dict[str, _Column]) -> Iterator[dict[str, _Column]]:
        units: Iterator[Found] = map(pickle.loads, batch["unit"])
        photos = chain.from_iterable(self._opened(unit) for unit in units)
        for part in _in_parts(self._crew.judge(photos), _ROWS_A_BLOCK):
            yield {"judged": np.array([*map(pickle.dumps, part), None], dtype=object)[:-1]}

    def _opened(self, unit: Found) -> Iterator[Found]:
        if isinstance(unit, InFile) and is_tar(unit.path):
            return photos_in_tar(unit, self._work.storage, self._work.max_file_bytes, lambda _: False)
        return iter((unit,))


def _in_parts(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    remaining = iter(items)
    return iter(lambda: tuple(islice(remaining, size)), ())
